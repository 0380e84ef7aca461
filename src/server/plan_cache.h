/// Plans and readers of one thread, by the shape of a request.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/metrics.h"
#include "weft/store.h"

namespace weft {

/// How one shape of request is answered.
struct CachedPlan {
  struct View {
    ViewCounts& counts;
    std::vector<size_t> outputs;
  };

  FeatureReader reader;
  std::vector<View> views = {};
  std::vector<size_t> shown_inputs = {};  ///< each name once
  std::string service = {};
  uint64_t used = 0;  ///< when last, in requests

  const std::vector<OnlineInput>& inputs() const { return reader.plan().inputs(); }
  const std::vector<OnlineOutput>& outputs() const { return reader.plan().outputs(); }
  /// Raises the counts of what the reader has answered.
  void count(Time now) const;
};

/// Not thread-safe: one a thread.
class PlanCache {
 public:
  PlanCache(const FeatureStore& store, MetricsShard& shard, int64_t plans_max)
      : store_(store), shard_(shard), plans_max_(plans_max) {}

  /// Made anew if definitions have changed since. Good until the next call. Throws what
  /// FeatureStore::online_plan() throws.
  CachedPlan& find(const FeatureRequest& request);

 private:
  std::unique_ptr<CachedPlan> make(const FeatureRequest& request);

  const FeatureStore& store_;
  MetricsShard& shard_;
  const int64_t plans_max_;
  int64_t version_ = -1;
  uint64_t uses_ = 0;
  std::unordered_map<std::string, std::unique_ptr<CachedPlan>> plans_;
  std::string key_;
};

}  // namespace weft
