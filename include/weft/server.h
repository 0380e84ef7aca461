/// The feature server: a feature store over HTTP, in Feast's protocol and in our own.
///
///   auto store = std::make_shared<FeatureStore>(Driver({module()}), options);
///   FeatureServer server(store, {.port = 6566});
///   server.start();
///   server.wait();
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/store.h"

namespace weft {

/// Lets somebody in who sends "Authorization: Bearer TOKEN".
struct AccessToken {
  std::string name;                        ///< whose it is, for the log
  std::string token = {};                  ///< as it is sent; or
  std::string sha256 = {};                 ///< its SHA-256 in hexadecimal digits
  bool may_write = false;                  ///< push, write and materialize, not only read
  std::vector<std::string> projects = {};  ///< empty: any
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 6566;                  ///< 0: any that is free
  int threads = 0;                  ///< that read and answer; 0: as many as the machine has
  std::string project = "default";  ///< of the store, for tokens

  std::string tls_certificate = {};  ///< PEM files; both or none. TLS 1.2 and newer
  std::string tls_key = {};
  /// Without tokens, in a list or a file, everybody may do everything.
  std::vector<AccessToken> tokens = {};
  std::string token_file = {};  ///< YAML; see docs/reference/http.md

  int64_t header_bytes_max = 16 << 10;  ///< 431 above
  int64_t body_bytes_max = 16 << 20;    ///< 413 above
  int64_t connections_max = 10'000;     ///< 503 above
  int64_t requests_max = 1'000;         ///< under way at a time; 503 above
  int64_t write_queue_max = 256;        ///< writes and large reads that wait; 503 above
  int write_threads = 4;
  int job_threads = 2;                   ///< materialize: each runs on one
  int64_t job_queue_max = 16;            ///< 503 above
  Duration request_timeout = 10s;        ///< until a request has arrived: 408
  Duration write_timeout = 10s;          ///< a client that does not read is closed
  Duration idle_timeout = 75s;           ///< between requests
  Duration refresh_interval = 2s;        ///< how often somebody else's apply is looked for
  int64_t inline_body_bytes = 64 << 10;  ///< larger reads run in the pool for writes
  int64_t plans_max = 256;               ///< kept by each thread, one a shape of request

  /// One JSON object a line without its end, for each request. Called by several threads, one at
  /// a time.
  std::function<void(std::string_view line)> access_log = {};
  /// What goes wrong in the background, for people.
  std::function<void(std::string_view message)> log = {};
  const Clock* clock = &Clock::system();
};

/// Thread-safe.
class FeatureServer {
 public:
  explicit FeatureServer(std::shared_ptr<FeatureStore> store, ServerOptions options = {});
  ~FeatureServer();  ///< stop() without patience

  /// Listens; when it returns, requests are answered. Throws Error(kIo) if the port is taken,
  /// Error(kInvalidArgument, kNotFound, kBadData) for tokens and certificates.
  void start();
  int port() const;
  /// Reads definitions, tokens and certificates again. Throws what reading them throws, and then
  /// what was read before still stands.
  void reload();
  /// Takes no more requests, answers those under way, at most for `patience`, then ends. A
  /// materialize that runs is interrupted, and goes on where it ended when it is run again.
  void stop(Duration patience = 10s);
  /// Returns when the server was stopped.
  void wait();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace weft
