#include "weft/driver.h"

#include <list>
#include <shared_mutex>

#include "exec/execution.h"
#include "exec/thread_pool.h"

namespace weft {
namespace {

constexpr size_t kPlansMax = 64;

// What decides a plan of execute(): outputs, and how each input is given.
std::string plan_key(const std::vector<std::string>& outputs, const Values& inputs,
                     const Values& overrides) {
  std::string key;
  for (const auto& name : outputs) (key += name) += '\n';
  const auto add = [&key](const Values& values) {
    key += '\r';
    for (const auto& [name, value] : values) {
      key += name;
      key += value.get_if<ColumnData>() ? "\tc" : "\ts";
    }
  };
  add(inputs);
  add(overrides);
  return key;
}

}  // namespace

struct Driver::State {
  std::shared_ptr<const Graph> graph;
  Options options;
  std::shared_ptr<ThreadPool> threads;
  std::shared_ptr<CacheStore> cache;
  std::mutex mutex;
  std::unordered_map<std::string, Plan> plans;
};

Driver::Driver(std::vector<Module> modules, Values config, Options options)
    : state_(std::make_shared<State>()) {
  state_->graph = std::make_shared<const Graph>(
      Graph::resolve(modules, config, {.allow_module_overrides = options.allow_module_overrides}));
  const int threads = options.threads > 0
                          ? options.threads
                          : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  state_->threads = std::make_shared<ThreadPool>(threads);
  if (!options.cache.directory.empty()) {
    state_->cache = std::make_shared<CacheStore>(options.cache);
  }
  state_->options = std::move(options);
}

const Graph& Driver::graph() const { return *state_->graph; }

Plan Driver::plan(std::vector<std::string> outputs, const PlanOptions& options) const {
  auto program = lower(state_->graph, outputs, options);
  program->cache = plan_cache(*program, state_->cache, state_->options.cache);
  schedule(*program);
  program->states = std::make_shared<RunStatePool>();
  program->threads = state_->threads;
  return Plan(std::move(program));
}

Result Driver::execute(const std::vector<std::string>& outputs, const Values& inputs,
                       const Values& overrides) const {
  std::string key = plan_key(outputs, inputs, overrides);
  std::optional<Plan> plan;
  {
    const std::scoped_lock lock(state_->mutex);
    const auto it = state_->plans.find(key);
    if (it != state_->plans.end()) plan = it->second;
  }
  if (!plan) {
    PlanOptions options;
    for (const auto* values : {&inputs, &overrides}) {
      for (const auto& [name, value] : *values) {
        const bool object = value.type() && value.type()->is_object();
        const bool column = value.get_if<ColumnData>() != nullptr;
        options.shapes[name] = column ? Shape::kColumn : (object ? Shape::kObject : Shape::kScalar);
      }
    }
    for (const auto& [name, value] : overrides) options.overrides.insert(name);
    plan = this->plan(outputs, options);
    const std::scoped_lock lock(state_->mutex);
    if (state_->plans.size() >= kPlansMax) state_->plans.clear();
    state_->plans.emplace(std::move(key), *plan);
  }
  RunOptions run;
  run.hooks = &state_->options.hooks;
  if (overrides.empty()) return plan->run(inputs, run);
  Values all = inputs;
  all.insert(overrides.begin(), overrides.end());
  return plan->run(all, run);
}

}  // namespace weft
