/// Graph: what a set of modules and a config resolve to. Immutable, validated, pure data: no I/O.
/// Cheap to copy; thread-safe.
#pragma once

#include <unordered_map>

#include "weft/materialize.h"

namespace weft {

/// What a node does when it runs.
enum class Role : uint8_t {
  kFunction,  ///< a row kernel, a column expression or a call
  kInput,     ///< a name no function produces
  kConfig,    ///< a value from the config, or one bound by a modifier
  kColumn,    ///< the column `field` of a table
  kField,     ///< the field `field` of a struct, or the entry of a map
  kElement,   ///< element number `field` of a tuple or vector
  kGather,    ///< a list (or, with edge parameters as keys, a map) of its inputs
  kAlias,     ///< the value of its first input; the others only have to run before
  kCheck,     ///< the outcome of `check` on its inputs
  kAppend,    ///< the table of its first input with its other inputs appended as columns
  kSave,  ///< the metadata (a Values) that the saver `field` returns; its first input is the data,
          ///< the others are options
  kLoad,  ///< a Loaded, by the loader `field`; its inputs are options
  kSelect,  ///< the data of its input, a kLoad
  kTable,   ///< a table of its inputs: columns, and single values in every row
};
std::string_view role_name(Role role);

/// An input of a node: another node, or a value.
struct Edge {
  static constexpr size_t kNone = SIZE_MAX;

  std::string parameter;
  Type type = nullptr;  ///< what the function takes; null: anything
  Shape shape = Shape::kRow;
  bool nullable = false;
  size_t source = kNone;  ///< index of a node; kNone: `value`
  /// With `optional` the parameter's default: it stands where `source`, an input, is not given.
  Value value = {};
  bool optional = false;
};

struct Node {
  std::string name;  ///< with its namespace: "fares.mean"
  Role role = Role::kFunction;
  Type type = nullptr;  ///< null: known only from the data
  Shape shape = Shape::kObject;
  bool nullable = false;
  std::vector<Edge> edges = {};
  KernelPtr kernel = nullptr;
  Call call = {};
  std::string field = {};
  std::shared_ptr<const CheckSpec> check = nullptr;
  bool error_is_null = false;
  std::optional<CacheBehavior> cache = {};  ///< set: the result is kept on disk
  std::vector<NamedOutput> schema = {};     ///< of a table, if declared
  /// The nodes (Shape::kParallel) for whose elements it runs once each, outermost first.
  std::vector<uint32_t> block = {};
  /// Of an input: what stands for it when it is not given, if all who take it agree (else see
  /// Edge::optional). Of a kConfig node: its value.
  std::optional<Value> default_value = {};
  /// Of an input: why no function produces it, if one might have ("'fare' has 2 variants, ...").
  std::string hint = {};

  /// The function that runs, with its source text; null for inputs and config.
  DefinitionPtr definition = nullptr;
  Tags tags = {};
  /// Tagged pii, or computed from such values without declassify(): its values appear in no error,
  /// log, report or sample.
  bool personal = false;
  std::string doc = {};
  std::string module = {};
  std::string language = {};
  SourceLocation where = {};
  std::string function = {};      ///< the definition it came from: "fare__surge"
  std::string code_version = {};  ///< 16 hex digits: text, modifiers and the rest of its module
  std::string fingerprint = {};   ///< 16 hex digits: code_version and the inputs' fingerprints
};

/// Something wrong with the definitions, and where.
struct Problem {
  ErrorCode code;
  std::string message;
  SourceLocation where = {};
};

struct ResolveOptions {
  /// A function of a later module takes the place of an earlier one's of the same name; otherwise
  /// two of one name are an error.
  bool allow_module_overrides = false;
  /// Savers and loaders beside those of the modules.
  std::vector<Materializer> materializers = {};
};

class Graph {
 public:
  /// Applies all modifiers and connects the nodes. Throws Error(kInvalidGraph) with every problem
  /// found, one a line, each with its place; the code is the problem's own if there is only one.
  static Graph resolve(std::span<const Module> modules, const Values& config,
                       const ResolveOptions& options = {});
  /// The same, but the problems are returned; the graph is empty unless there are none.
  static std::pair<Graph, std::vector<Problem>> try_resolve(std::span<const Module> modules,
                                                            const Values& config,
                                                            const ResolveOptions& options = {});

  Graph();
  /// In topological order: a node comes after all its inputs; apart from that, as written.
  const std::vector<Node>& nodes() const { return state_->nodes; }
  const Node& node(size_t i) const { return state_->nodes[i]; }
  std::optional<size_t> find(std::string_view name) const;
  /// Throws Error(kNotFound) with the nearest name.
  size_t at(std::string_view name) const;
  /// The nodes that take this one's value, in topological order.
  std::span<const uint32_t> consumers(size_t node) const;
  /// The config it was resolved with.
  const Values& config() const { return state_->config; }
  /// 16 hex digits over all nodes.
  std::string fingerprint() const;

  // Lineage. All results are node indices in topological order, and include the start.
  std::vector<size_t> upstream(size_t node) const;
  std::vector<size_t> upstream(std::span<const size_t> nodes) const;
  std::vector<size_t> downstream(size_t node) const;
  /// Every node that lies on a path between the two; empty if there is none.
  std::vector<size_t> between(size_t from, size_t to) const;
  /// Nodes with the tag; with `value` only those that have that value.
  std::vector<size_t> tagged(std::string_view key,
                             std::optional<std::string_view> value = {}) const;
  /// The inputs (Role::kInput) that these outputs take: those that must be given, and those that
  /// may be. Which are which, check_inputs() knows.
  std::vector<size_t> inputs_of(std::span<const size_t> outputs) const;

  struct State {
    std::vector<Node> nodes;
    /// Consumers of node i: consumers[first_consumer[i]] up to first_consumer[i + 1].
    std::vector<uint32_t> first_consumer;
    std::vector<uint32_t> consumers;
    std::unordered_map<std::string_view, uint32_t> index;  ///< views of the nodes' names
    Values config;
  };

 private:
  explicit Graph(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

/// What is wrong with giving these inputs to compute these outputs: required inputs that are
/// missing, with who asks for them and why nobody produces them; given names that are no input,
/// with the nearest one. `overrides` cut the graph above the nodes they name. Unknown outputs and
/// overrides are problems too. Empty if all is well.
std::vector<Problem> check_inputs(const Graph& graph, std::span<const std::string> outputs,
                                  std::span<const std::string> given,
                                  std::span<const std::string> overrides = {});

/// What differs between two graphs, by node name.
struct GraphDifference {
  struct Change {
    std::string name;
    std::vector<std::string> reasons;  ///< "code", "type double -> int64", "inputs", "tags", ...
  };
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<Change> changed;        ///< the node's own definition differs
  std::vector<std::string> affected;  ///< unchanged itself, but downstream of a change
  bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};
GraphDifference difference(const Graph& before, const Graph& after);

}  // namespace weft
