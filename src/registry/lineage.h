/// What is made of what in a feature store, from the columns of sources to models, in one graph.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "registry/registry.h"
#include "weft/graph.h"

namespace weft {

enum class LineageKind : uint8_t {
  kEntity,
  kSource,
  kColumn,   ///< of a source: "trips.km"
  kInput,    ///< of a function: what a request or the config gives
  kFeature,  ///< a node of the graph
  kView,
  kViewFeature,  ///< a feature as a view keeps it: "trip_stats:km"
  kService,
  kDataset,
  kModel,  ///< with its version: "eta@3"
};
/// "entity", "source", "column", "input", "feature", "view", "view feature", ...
std::string_view lineage_kind_name(LineageKind kind);

struct LineageNode {
  LineageKind kind;
  std::string name;
  std::string owner = {};
  /// Of kFeature and kInput: the view or service in which it is computed. Two views may compute the
  /// same from different sources.
  std::string computed_in = {};
};
/// "service eta (routing)", "feature speed in trip_stats".
std::string to_string(const LineageNode& node);

/// Not thread-safe while it is added to.
class StoreLineage {
 public:
  /// Definitions; with a graph also what their features are computed from. What is there already
  /// stays.
  void add(const RegisteredSet& set, const Graph* graph = nullptr);
  void add(std::span<const SavedDataset> datasets);
  void add(std::span<const Model> models);

  const std::vector<LineageNode>& nodes() const { return nodes_; }
  /// What goes into a node, and what it goes into; sorted.
  const std::set<size_t>& sources(size_t node) const { return sources_[node]; }
  const std::set<size_t>& consumers(size_t node) const { return consumers_[node]; }
  /// All of these, and theirs; sorted by kind and name, without the node.
  std::vector<size_t> upstream(size_t node) const { return reached(node, sources_); }
  std::vector<size_t> downstream(size_t node) const { return reached(node, consumers_); }

  std::optional<size_t> find(LineageKind kind, const std::string& name) const;
  /// Of any kind; of a model every version. Throws Error(kNotFound) with the nearest name.
  std::vector<size_t> at(const std::string& name) const;

 private:
  size_t node(LineageKind kind, const std::string& name, const std::string& owner = {},
              const std::string& computed_in = {});
  void edge(size_t from, size_t to);
  size_t column(const std::string& source, const std::string& name);
  void add_view(const std::string& name, const Registered& registered, const RegisteredSet& set,
                const Graph* graph);
  void add_service(const std::string& name, const Registered& registered, const RegisteredSet& set,
                   const Graph* graph);
  void add_computed(const Graph& graph, size_t root, const std::string& computed_in,
                    size_t consumer, const std::map<std::string, size_t>& given);
  std::vector<size_t> reached(size_t from, const std::vector<std::set<size_t>>& next) const;

  std::vector<LineageNode> nodes_;
  std::vector<std::set<size_t>> sources_;
  std::vector<std::set<size_t>> consumers_;
  std::map<std::tuple<LineageKind, std::string, std::string>, size_t>
      index_;  // kind, name, computed_in
};

}  // namespace weft
