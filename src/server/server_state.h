/// What all threads of a feature server share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "server/access.h"
#include "server/access_log.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "weft/server.h"

namespace weft {

/// Which views are being materialized. Thread-safe.
class RunningViews {
 public:
  /// The views among `views` that run already; if there are none, all of them do from now on.
  std::vector<std::string> begin(const std::vector<std::string>& views);
  void end(const std::vector<std::string>& views);

 private:
  std::mutex mutex_;
  std::set<std::string> running_;
};

struct ServerState {
  ServerState(std::shared_ptr<FeatureStore> of_store, ServerOptions with_options);

  std::shared_ptr<const AccessList> access_now() const;  ///< null: everybody may do everything
  void set_access(std::shared_ptr<const AccessList> access);
  void tell(const std::string& message) const;

  std::shared_ptr<FeatureStore> store;
  const ServerOptions options;
  Metrics metrics;
  AccessLog access_log;
  RunningViews running;
  HttpServer http;
  std::atomic<int64_t> access_version{0};  ///< grows with set_access()

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const AccessList> access_;
};

}  // namespace weft
