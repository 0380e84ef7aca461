#include <condition_variable>
#include <thread>

#include "server/responder.h"
#include "server/server_state.h"
#include "weft/server.h"

namespace weft {
namespace {

Milliseconds milliseconds(Duration duration) { return std::chrono::ceil<Milliseconds>(duration); }

HttpOptions http_options(const ServerOptions& options) {
  return {.host = options.host,
          .port = options.port,
          .threads = options.threads,
          .tls_certificate = options.tls_certificate,
          .tls_key = options.tls_key,
          .limits = {.header_bytes_max = options.header_bytes_max,
                     .body_bytes_max = options.body_bytes_max},
          .request_timeout = milliseconds(options.request_timeout),
          .write_timeout = milliseconds(options.write_timeout),
          .idle_timeout = milliseconds(options.idle_timeout),
          .connections_max = options.connections_max,
          .requests_max = options.requests_max,
          .write_threads = options.write_threads,
          .write_queue_max = options.write_queue_max,
          .job_threads = options.job_threads,
          .job_queue_max = options.job_queue_max,
          .clock = options.clock};
}

std::shared_ptr<const AccessList> read_access(const ServerOptions& options) {
  if (options.tokens.empty() && options.token_file.empty()) return nullptr;
  std::vector<AccessToken> tokens = options.tokens;
  if (!options.token_file.empty()) {
    for (AccessToken& token : read_tokens(options.token_file)) tokens.push_back(std::move(token));
  }
  return std::make_shared<AccessList>(tokens, options.project);
}

}  // namespace

// ---- what is shared -----------------------------------------------------------------------------

std::vector<std::string> RunningViews::begin(const std::vector<std::string>& views) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> busy;
  for (const std::string& view : views) {
    if (running_.contains(view)) busy.push_back(view);
  }
  if (busy.empty()) running_.insert(views.begin(), views.end());
  return busy;
}

void RunningViews::end(const std::vector<std::string>& views) {
  const std::lock_guard lock(mutex_);
  for (const std::string& view : views) running_.erase(view);
}

ServerState::ServerState(std::shared_ptr<FeatureStore> of_store, ServerOptions with_options)
    : store(std::move(of_store)),
      options(std::move(with_options)),
      access_log(options.access_log, *options.clock),
      http(http_options(options)) {}

std::shared_ptr<const AccessList> ServerState::access_now() const {
  const std::lock_guard lock(mutex_);
  return access_;
}

void ServerState::set_access(std::shared_ptr<const AccessList> access) {
  const std::lock_guard lock(mutex_);
  access_ = std::move(access);
  ++access_version;
}

void ServerState::tell(const std::string& message) const {
  if (options.log) options.log(message);
}

// ---- the server ---------------------------------------------------------------------------------

struct FeatureServer::State {
  State(std::shared_ptr<FeatureStore> store, ServerOptions options)
      : shared(std::move(store), std::move(options)) {}

  // Looks now and then whether somebody applied. A store that cannot be read now is looked at
  // again: what stood goes on to be served.
  void keep_fresh() {
    std::unique_lock lock(mutex);
    bool failed = false;
    while (!changed.wait_for(lock, shared.options.refresh_interval, [&] { return is_ended; })) {
      lock.unlock();
      try {
        if (shared.store->refresh()) {
          shared.tell("serving version " + std::to_string(shared.store->version()));
        }
        failed = false;
      } catch (const std::exception& error) {
        if (!failed) shared.tell(std::string("looking for new definitions: ") + error.what());
        failed = true;
      }
      lock.lock();
    }
  }

  ServerState shared;
  std::mutex mutex;
  std::condition_variable changed;
  bool is_started = false;
  bool is_stopping = false;
  bool is_ended = false;
  std::thread refresher;
};

FeatureServer::FeatureServer(std::shared_ptr<FeatureStore> store, ServerOptions options)
    : state_(new State(std::move(store), std::move(options))) {}

FeatureServer::~FeatureServer() {
  stop(Duration(0));
  wait();
  if (state_->refresher.joinable()) state_->refresher.join();
}

void FeatureServer::start() {
  State& s = *state_;
  s.shared.set_access(read_access(s.shared.options));
  s.shared.http.start([&s](HttpServer&) { return std::make_unique<Responder>(s.shared); });
  const std::lock_guard lock(s.mutex);
  s.is_started = true;
  s.refresher = std::thread([&s] { s.keep_fresh(); });
}

int FeatureServer::port() const { return state_->shared.http.port(); }

void FeatureServer::reload() {
  ServerState& shared = state_->shared;
  shared.set_access(read_access(shared.options));
  shared.http.reload_certificate();
  shared.store->refresh();
}

void FeatureServer::stop(Duration patience) {
  State& s = *state_;
  {
    const std::lock_guard lock(s.mutex);
    if (!s.is_started || s.is_stopping) return;
    s.is_stopping = true;
  }
  s.shared.http.stop(milliseconds(patience));
  {
    const std::lock_guard lock(s.mutex);
    s.is_ended = true;
  }
  s.changed.notify_all();
}

void FeatureServer::wait() {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  s.changed.wait(lock, [&] { return s.is_ended || !s.is_started; });
}

}  // namespace weft
