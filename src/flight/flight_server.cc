#include "weft/flight_server.h"

#include <fmt/format.h>

#include <chrono>

#include "base/file.h"
#include "data/arrow.h"
#include "flight/flight_service.h"

namespace weft {
namespace {

constexpr int64_t kPemBytesMax = 1 << 20;

std::shared_ptr<const AccessList> read_access(const FlightOptions& options) {
  if (options.tokens.empty() && options.token_file.empty()) return nullptr;
  std::vector<AccessToken> tokens = options.tokens;
  if (!options.token_file.empty()) {
    for (AccessToken& token : read_tokens(options.token_file)) tokens.push_back(std::move(token));
  }
  return std::make_shared<AccessList>(tokens, options.project);
}

arrow::flight::FlightServerOptions server_options(const FlightOptions& options) {
  using arrow::flight::Location;
  const bool has_tls = !options.tls_certificate.empty();
  if (has_tls == options.tls_key.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "TLS needs both a certificate and its key");
  }
  const std::string place = fmt::format("{}:{}", options.host, options.port);
  arrow::flight::FlightServerOptions made(
      value_or_throw(has_tls ? Location::ForGrpcTls(options.host, options.port)
                             : Location::ForGrpcTcp(options.host, options.port),
                     place));
  if (has_tls) {
    made.tls_certificates.push_back({read_file(options.tls_certificate, kPemBytesMax),
                                     read_file(options.tls_key, kPemBytesMax)});
  }
  return made;
}

}  // namespace

struct FlightServer::State {
  State(std::shared_ptr<FeatureStore> store, FlightOptions with_options)
      : options(std::move(with_options)), service(std::move(store), options) {}

  const FlightOptions options;
  FlightService service;
  std::mutex mutex;
  bool is_started = false;
  bool is_stopped = false;
};

FlightServer::FlightServer(std::shared_ptr<FeatureStore> store, FlightOptions options)
    : state_(new State(std::move(store), std::move(options))) {}

FlightServer::~FlightServer() { stop(Duration(0)); }

void FlightServer::start() {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (s.is_started) throw Error(ErrorCode::kInvalidArgument, "the server was started before");
  s.service.set_access(read_access(s.options));
  const arrow::Status status = s.service.Init(server_options(s.options));
  if (!status.ok()) {
    throw Error(ErrorCode::kIo, fmt::format("cannot listen at {}:{}: {}", s.options.host,
                                            s.options.port, status.message()));
  }
  s.is_started = true;
}

int FlightServer::port() const {
  const std::lock_guard lock(state_->mutex);
  return state_->is_started ? state_->service.port() : 0;
}

void FlightServer::reload() { state_->service.set_access(read_access(state_->options)); }

void FlightServer::stop(Duration patience) {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (!s.is_started || s.is_stopped) return;
  s.is_stopped = true;
  const auto deadline = std::chrono::time_point_cast<std::chrono::system_clock::duration>(
      Clock::system().now() + patience);
  // Nothing to be done if it fails: it has stopped.
  (void)s.service.Shutdown(&deadline);
}

}  // namespace weft
