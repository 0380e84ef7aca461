/// How a request is answered from the latest values, prepared once.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "online/online_store.h"
#include "store/request.h"
#include "weft/store.h"

namespace weft {

struct OnlinePlan::State {
  /// One read of a view.
  struct View {
    OnlineSelection selection;
    std::vector<size_t> keys;  ///< inputs, in the order of the view's keys
    Schema key_schema;
    std::vector<size_t> outputs;  ///< of each feature of the selection
  };
  /// Where an input of the functions comes from.
  struct FunctionInput {
    size_t input = 0;  ///< of the functions' plan
    bool is_output = false;
    size_t from = 0;  ///< an input of the request, or an output of a view
  };

  std::vector<OnlineInput> inputs;
  std::vector<OnlineOutput> outputs;
  std::vector<View> views;
  /// What is computed in the request; nothing if nothing is.
  std::optional<Plan> functions;
  Values fixed;  ///< of it, given once
  std::vector<FunctionInput> function_inputs;
  std::vector<size_t> function_outputs;       ///< outputs, in the order of the plan's
  std::vector<std::optional<Duration>> ttls;  ///< of outputs, for explain()

  std::shared_ptr<OnlineStore> store;  ///< null: nothing is read
  const Clock* clock = nullptr;

  /// Notes that it is read; called when it is made, and by readers when `note_due` (microseconds)
  /// has come, since a plan may be held for months.
  std::function<void()> note_read;
  mutable std::atomic<int64_t> note_due = 0;
};
inline constexpr Duration kPlanNotedEvery = 1h;

/// Throws Error(kTypeMismatch) where two views want one key of different types, and what planning
/// the functions throws.
OnlinePlan make_online_plan(const std::shared_ptr<FeatureStore::State>& state,
                            const ResolvedRequest& request);

}  // namespace weft
