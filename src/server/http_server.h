/// HTTP/1.1 over TCP and TLS: connections, limits, time-outs, overload, a graceful end.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/http_parser.h"
#include "weft/clock.h"

namespace weft {

using Milliseconds = std::chrono::milliseconds;

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;                      ///< 0: any that is free
  int threads = 0;                   ///< that read and answer; 0: as many as the machine has
  std::string tls_certificate = {};  ///< files in PEM; both or none
  std::string tls_key = {};
  HttpLimits limits = {};
  Milliseconds request_timeout{10'000};  ///< from the first byte to the last: 408
  Milliseconds write_timeout{10'000};    ///< without progress: closed
  Milliseconds idle_timeout{75'000};     ///< between requests: closed
  int64_t connections_max = 10'000;      ///< above: 503 and closed
  int64_t requests_max = 1'000;          ///< read and not yet answered; above: 503
  int write_threads = 4;                 ///< of Lane::kWrites
  int64_t write_queue_max = 256;
  int job_threads = 2;  ///< of Lane::kJobs
  int64_t job_queue_max = 16;
  const Clock* clock = &Clock::system();  ///< for the field Date
};

/// What is counted; read at any time.
struct HttpCounts {
  std::atomic<int64_t> connections{0};  ///< open now
  std::atomic<int64_t> accepted{0};
  std::atomic<int64_t> refused_connections{0};
  std::atomic<int64_t> refused_now{0};  ///< of those, open: they are being told
  std::atomic<int64_t> requests{0};     ///< read and not yet answered
  std::atomic<int64_t> bytes_in{0};
  std::atomic<int64_t> bytes_out{0};
};

/// Thread-safe.
class HttpServer {
 public:
  /// Called once for each thread that answers, before it starts.
  using MakeHandler = std::function<std::unique_ptr<HttpHandler>(HttpServer& server)>;

  explicit HttpServer(HttpOptions options);
  ~HttpServer();

  /// Listens; returns once connections are taken. Throws Error(kIo) if the port is taken or the
  /// address not ours, Error(kNotFound, kBadData) for the certificate.
  void start(const MakeHandler& make_handler);
  int port() const;
  /// Takes certificate and key of their files again, for new connections. Throws as start().
  void reload_certificate();
  /// Takes no more connections, lets requests under way end, at most for `patience`, and closes
  /// all. Returns when all threads have ended; of several calls the first one counts.
  void stop(Milliseconds patience);
  bool is_stopping() const;

  /// Runs something in a pool without a request waiting for it; false if its queue is full.
  bool submit(Lane lane, std::function<void(HttpHandler& handler)> job);
  const HttpCounts& counts() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace weft
