/// Training sets over Arrow Flight: a spine streams in, its features stream out. In libweft_flight,
/// a library of its own (CMake: Weft::flight).
///
///   FlightServer server(store, {.port = 8815});
///   server.start();
#pragma once

#include "weft/server.h"

namespace weft {

struct FlightOptions {
  std::string host = "127.0.0.1";
  int port = 8815;                  ///< 0: any that is free
  std::string project = "default";  ///< of the store, for tokens

  std::string tls_certificate = {};  ///< PEM files; both or none
  std::string tls_key = {};
  /// As for FeatureServer: without tokens, in a list or a file, everybody may do everything.
  std::vector<AccessToken> tokens = {};
  std::string token_file = {};

  int64_t requests_max = 16;  ///< spines, sets and pushes under way at a time; refused above
  int64_t spine_memory_max = 64 << 20;         ///< a larger spine goes through a file in $TMPDIR
  int64_t spine_bytes_max = int64_t{8} << 30;  ///< a larger one is refused
  int64_t push_bytes_max = 256 << 20;          ///< of one push: it is taken as a whole
  /// Of the result, in one message; fewer where there are many columns.
  int64_t batch_rows = 65536;
  /// PointInTimeOptions::memory_limit of each request; 0: half of the machine's memory, shared by
  /// requests_max.
  int64_t memory_limit = 0;
};

/// Thread-safe. See docs/reference/flight.md for what it answers.
class FlightServer {
 public:
  explicit FlightServer(std::shared_ptr<FeatureStore> store, FlightOptions options = {});
  ~FlightServer();  ///< stop() without patience

  /// Listens; when it returns, requests are answered. May be called once. Throws Error(kIo) if the
  /// port is taken, Error(kInvalidArgument, kNotFound, kBadData) for tokens and certificates.
  void start();
  int port() const;  ///< 0 before start()
  /// Reads tokens again; certificates stay. Throws what reading them throws, and then what was read
  /// before still stands.
  void reload();
  /// Takes no more requests, lets those under way end for `patience`, then cuts them off. Returns
  /// when none is left: a join that runs is waited for.
  void stop(Duration patience = 10s);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace weft
