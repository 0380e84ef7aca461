#include "weft/driver.h"

#include <algorithm>
#include <list>
#include <shared_mutex>

#include "exec/async.h"
#include "exec/parallel.h"
#include "exec/thread_pool.h"
#include "weft/math.h"

namespace weft {
namespace {

constexpr size_t kPlansMax = 64;

KnownType known_type(const Value& value) {
  if (const auto* column = value.get_if<ColumnData>()) {
    return {column->type(), column->null_count() > 0 ? Missing::kSome : Missing::kNever};
  }
  return {value.type()};
}

// What decides a plan of execute(): outputs, and how each input is given.
std::string plan_key(const std::vector<std::string>& outputs, const Values& inputs,
                     const Values& overrides, bool types) {
  std::string key;
  for (const auto& name : outputs) (key += name) += '\n';
  const auto add = [&key, types](const Values& values) {
    key += '\r';
    for (const auto& [name, value] : values) {
      key += name;
      key += value.get_if<ColumnData>() ? "\tc" : "\ts";
      if (!types) continue;
      const KnownType known = known_type(value);
      if (known.type) key += known.type->name;
      key += static_cast<char>('0' + static_cast<int>(known.missing));
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
  std::vector<Module> modules;
  std::vector<Materializer> materializers;
  std::shared_ptr<const Hooks> hooks;
  std::shared_ptr<ThreadPool> threads;
  std::shared_ptr<AsyncRuns> async;
  std::shared_ptr<CacheStore> cache;
  std::mutex mutex;
  std::unordered_map<std::string, Plan> plans;
  bool translates = false;  // some definition may become an expression, by its arguments' types

  void resolve(const Values& config) {
    graph = std::make_shared<const Graph>(
        Graph::resolve(modules, config,
                       {.allow_module_overrides = options.allow_module_overrides,
                        .materializers = materializers}));
    translates = options.translate && std::ranges::any_of(graph->nodes(), [](const Node& node) {
                   return node.definition && node.definition->translate;
                 });
    if (hooks->graph_built) hooks->graph_built(*graph);
  }

  std::shared_ptr<Program> lowered(const std::vector<std::string>& outputs,
                                   PlanOptions plan_options) const {
    plan_options.translate &= options.translate;
    return lower(graph, outputs, plan_options);
  }

  // A plan is made ready to run, and with it what it runs for each element of a Parallel.
  void finish(Program& program) const {
    for (const auto& block : program.blocks) finish(*block->inner);
    program.cache = plan_cache(program, cache, options.cache);
    schedule(program);
    program.states = std::make_shared<RunStatePool>();
    program.threads = threads;
    program.async = async;
    program.hooks = hooks;
  }
};

Driver::Driver(std::vector<Module> modules, Values config, Options options)
    : state_(std::make_shared<State>()) {
  check_cpu();  // an error here, where it can be caught, rather than in the first exp()
  state_->modules = std::move(modules);
  state_->options = std::move(options);
  state_->hooks = std::make_shared<const Hooks>(state_->options.hooks);
  state_->resolve(config);
  const int threads = state_->options.threads > 0
                          ? state_->options.threads
                          : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  state_->threads = std::make_shared<ThreadPool>(threads);
  state_->async = std::make_shared<AsyncRuns>();
  if (!state_->options.cache.directory.empty()) {
    state_->cache = std::make_shared<CacheStore>(state_->options.cache);
  }
}

const Graph& Driver::graph() const { return *state_->graph; }

Plan Driver::plan(std::vector<std::string> outputs, const PlanOptions& options) const {
  auto program = state_->lowered(outputs, options);
  state_->finish(*program);
  return Plan(std::move(program));
}

Plan Driver::plan_for(const std::vector<std::string>& outputs, const Values& inputs,
                      const Values& overrides) const {
  std::string key = plan_key(outputs, inputs, overrides, state_->translates);
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
        if (state_->translates) options.types[name] = known_type(value);
      }
    }
    for (const auto& [name, value] : overrides) options.overrides.insert(name);
    plan = this->plan(outputs, options);
    const std::scoped_lock lock(state_->mutex);
    if (state_->plans.size() >= kPlansMax) state_->plans.clear();
    state_->plans.emplace(std::move(key), *plan);
  }
  return *plan;
}

Result Driver::execute(const std::vector<std::string>& outputs, const Values& inputs,
                       const Values& overrides, const RunOptions& options) const {
  const Plan plan = plan_for(outputs, inputs, overrides);
  if (overrides.empty()) return plan.run(inputs, options);
  Values all = inputs;
  all.insert(overrides.begin(), overrides.end());
  return plan.run(all, options);
}

Task Driver::execute_async(const std::vector<std::string>& outputs, const Values& inputs,
                           const Values& overrides, const RunOptions& options) const {
  Values all = inputs;
  all.insert(overrides.begin(), overrides.end());
  return plan_for(outputs, inputs, overrides).run_async(std::move(all), options);
}

Driver Driver::with(std::vector<Materializer> materializers) const {
  auto state = std::make_shared<State>();
  state->modules = state_->modules;
  state->options = state_->options;
  state->materializers = state_->materializers;
  state->materializers.insert(state->materializers.end(), materializers.begin(),
                              materializers.end());
  state->hooks = state_->hooks;
  state->threads = state_->threads;
  state->async = state_->async;
  state->cache = state_->cache;
  state->resolve(state_->graph->config());
  return Driver(std::move(state), nullptr);
}

Result Driver::materialize(std::vector<Materializer> materializers,
                           const std::vector<std::string>& outputs, const Values& inputs,
                           const Values& overrides, const RunOptions& options) const {
  std::vector<std::string> all;
  for (const Materializer& m : materializers) {
    if (m.kind == Materializer::Kind::kTo) all.push_back(m.name);
  }
  all.insert(all.end(), outputs.begin(), outputs.end());
  return with(std::move(materializers)).execute(all, inputs, overrides, options);
}

std::vector<const Node*> Driver::variables(const Tags& tags) const {
  const auto has = [](const Node& node, const auto& wanted) {
    const auto tag = node.tags.find(wanted.first);
    if (tag == node.tags.end()) return false;
    return wanted.second.empty() || std::ranges::any_of(wanted.second, [&](const auto& value) {
             return std::ranges::count(tag->second, value) > 0;
           });
  };
  std::vector<const Node*> found;
  for (const Node& node : state_->graph->nodes()) {
    if (std::ranges::all_of(tags, [&](const auto& tag) { return has(node, tag); })) {
      found.push_back(&node);
    }
  }
  return found;
}

std::vector<Problem> Driver::validate(const std::vector<std::string>& outputs,
                                      const std::vector<std::string>& inputs,
                                      const std::vector<std::string>& overrides) const {
  std::vector<Problem> problems = check_inputs(graph(), outputs, inputs, overrides);
  if (!problems.empty()) return problems;
  PlanOptions options;
  options.overrides.insert(overrides.begin(), overrides.end());
  try {
    state_->lowered(outputs, options);
  } catch (const Error& e) {
    problems.push_back({e.code(), e.message(), e.where()});
  }
  return problems;
}

}  // namespace weft
