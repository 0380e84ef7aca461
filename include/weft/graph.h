/// Graph: what a set of modules and a config resolve to. Immutable, validated, pure data: no I/O.
#pragma once

#include "weft/definition.h"

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
  kSave,      ///< the metadata that a saver returns
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
  Value value = {};
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
  /// Of an input: what stands for it when it is not given.
  std::optional<Value> default_value = {};

  Tags tags = {};
  std::string doc = {};
  std::string source_text = {};
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
  SourceLocation where;
};

struct ResolveOptions {
  /// A function of a later module takes the place of an earlier one's of the same name; otherwise
  /// two of one name are an error.
  bool allow_module_overrides = false;
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

  Graph() = default;
  /// In topological order: a node comes after all its inputs; apart from that, as written.
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(size_t i) const { return nodes_[i]; }
  /// The nodes that read node i, each once.
  const std::vector<size_t>& consumers(size_t i) const { return consumers_[i]; }
  std::optional<size_t> find(std::string_view name) const;
  /// Throws Error(kNotFound) with the nearest name.
  size_t at(std::string_view name) const;
  /// The config it was resolved with.
  const Values& config() const { return config_; }
  /// 16 hex digits over all nodes.
  std::string fingerprint() const;

  // Lineage. All results are node indices in topological order, and include the start.
  std::vector<size_t> upstream(size_t node) const;
  std::vector<size_t> downstream(size_t node) const;
  /// Every node that lies on a path between the two; empty if there is none.
  std::vector<size_t> between(size_t from, size_t to) const;
  /// Nodes with the tag; with `value` only those that have that value.
  std::vector<size_t> tagged(std::string_view key,
                             std::optional<std::string_view> value = {}) const;
  /// The inputs (Role::kInput) that must be given for these outputs, and those that may be.
  std::vector<size_t> inputs_of(std::span<const size_t> outputs) const;

 private:
  friend class GraphBuilder;
  std::vector<Node> nodes_;
  std::vector<std::vector<size_t>> consumers_;
  std::map<std::string, size_t, std::less<>> index_;
  Values config_;
};

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
