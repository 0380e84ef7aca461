#include "graph/connect.h"

#include <algorithm>

#include "graph/validate.h"

namespace weft {
namespace {

constexpr size_t kMaxCycleNames = 20;

// What consumers want of a node whose type is open: an input, a config value, an alias of one.
struct Want {
  Type type;
  Shape shape;
  uint32_t consumer;
  uint32_t edge;
};

class Connector {
 public:
  Connector(Drafts drafts, const Values& config, const ResolveOptions& options,
            const Unselected& unselected, Problems& problems)
      : drafts_(std::move(drafts)),
        config_(config),
        options_(options),
        unselected_(unselected),
        problems_(problems) {}

  void run(Graph::State& state) {
    index_names();
    replace_by_config();
    connect_edges();
    sort();
    gather_wants();
    settle_open_nodes();
    pass_types_on();
    find_blocks(nodes_, problems_);
    check_edges(nodes_, problems_);
    if (problems_.empty()) fill(state);
  }

 private:
  // ---- names ------------------------------------------------------------------------------------

  void index_names() {
    index_.reserve(drafts_.size() * 2);
    nodes_.reserve(drafts_.size() + 16);
    for (Draft& d : drafts_) {
      if (d.node.name.empty()) {
        problems_.add(d.node.where, "a node of '{}' has no name", d.node.function);
        continue;
      }
      const auto [at, added] = index_.emplace(d.node.name, static_cast<uint32_t>(nodes_.size()));
      if (added) {
        add_node(&d, 2 * nodes_.size() + 1);
        continue;
      }
      Draft& other = *nodes_[at->second];
      if (config_.contains(d.node.name)) continue;  // both give way
      if (options_.allow_module_overrides && other.module != d.module) {
        // The key is a view of the replaced name: it must not be freed, so both drafts live on.
        nodes_[at->second] = &d;
      } else {
        duplicate(other, d);
      }
    }
  }

  void add_node(Draft* d, uint64_t key) {
    nodes_.push_back(d);
    keys_.push_back(key);
  }

  void duplicate(const Draft& first, const Draft& second) {
    const std::string& name = first.node.name;
    const bool variants = first.node.function != second.node.function &&
                          first.node.function != name && second.node.function != name &&
                          first.owner != second.owner && *first.made_by == '\0' &&
                          *second.made_by == '\0';
    if (variants) {
      problems_.add(second.node.where,
                    "two variants of '{}' hold under this config: '{}'{} and '{}'{}", name,
                    first.node.function, at_place(first.node.where), second.node.function,
                    at_place(second.node.where));
    } else {
      problems_.add(second.node.where, "two nodes are called '{}': {}{} and {}{}", name,
                    made_as(first), at_place(first.node.where), made_as(second),
                    at_place(second.node.where));
    }
  }

  static std::string made_as(const Draft& d) {
    const std::string module = d.node.module.empty() ? "" : " of module '" + d.node.module + "'";
    if (*d.made_by == '\0') return fmt::format("function '{}'{}", d.node.function, module);
    return fmt::format("{} of '{}'{}", d.made_by, d.owner->name, module);
  }

  void replace_by_config() {
    for (const auto& [key, value] : config_) {
      const auto found = index_.find(key);
      if (found == index_.end()) continue;
      Draft& replaced = *nodes_[found->second];
      Draft& d = made_.emplace_back();
      d.node.name = key;
      d.node.role = Role::kConfig;
      d.node.type = value.type();
      d.node.default_value = value;
      d.node.where = replaced.node.where;
      d.node.function = replaced.node.function;
      d.node.module = replaced.node.module;
      d.node.tags = replaced.node.tags;
      d.made_by = "config, in place";
      d.owner = replaced.owner;
      nodes_[found->second] = &d;
    }
  }

  // ---- edges ------------------------------------------------------------------------------------

  void connect_edges() {
    const size_t count = nodes_.size();
    sources_.resize(count);
    for (uint32_t i = 0; i < count; ++i) {
      Draft& d = *nodes_[i];
      for (size_t e = 0; e < d.node.edges.size(); ++e) {
        if (d.sources[e].empty()) continue;
        const uint32_t source = find_or_make(d.sources[e], i);
        Edge& edge = d.node.edges[e];
        edge.source = source;
        sources_[i].push_back(source);
        if (nodes_[source]->node.role != Role::kInput && edge.optional) {
          edge.optional = false;  // a node of that name wins over the default
          edge.value = {};
        }
      }
    }
    sources_.resize(nodes_.size());
  }

  uint32_t find_or_make(const std::string& name, uint32_t consumer) {
    const auto found = index_.find(name);
    if (found != index_.end()) return found->second;
    Draft& d = made_.emplace_back();
    d.node.name = name;
    const auto configured = config_.find(name);
    if (configured != config_.end()) {
      d.node.role = Role::kConfig;
      d.node.type = configured->second.type();
      d.node.default_value = configured->second;
    } else {
      d.node.role = Role::kInput;
      d.node.shape = Shape::kRow;
      const auto variants = unselected_.find(name);
      if (variants != unselected_.end()) {
        d.node.hint = fmt::format("no variant of '{}' holds under this config: {}", name,
                                  fmt::join(variants->second, "; "));
      }
    }
    const auto at = static_cast<uint32_t>(nodes_.size());
    index_.emplace(d.node.name, at);
    add_node(&d, keys_[consumer] - 1);  // just before the first who asks for it
    return at;
  }

  // ---- order ------------------------------------------------------------------------------------

  void sort() {
    std::vector<std::vector<uint32_t>> cycles;
    const std::vector<uint32_t> order = topological_order(sources_, keys_, cycles);
    for (const auto& cycle : cycles) report_cycle(cycle);
    std::vector<uint32_t> place(order.size());
    std::vector<Draft*> sorted;
    sorted.reserve(order.size());
    for (const uint32_t i : order) {
      place[i] = static_cast<uint32_t>(sorted.size());
      sorted.push_back(nodes_[i]);
    }
    nodes_ = std::move(sorted);
    for (Draft* d : nodes_) {
      for (Edge& edge : d->node.edges) {
        if (edge.source != Edge::kNone) edge.source = place[edge.source];
      }
    }
  }

  void report_cycle(const std::vector<uint32_t>& cycle) {
    // It starts at the node that was written first, whichever was found first.
    const auto first = std::ranges::min_element(cycle, {}, [&](uint32_t i) { return keys_[i]; });
    std::vector<uint32_t> turned(first, cycle.end());
    turned.insert(turned.end(), cycle.begin(), first);
    std::string text;
    for (size_t i = 0; i < turned.size(); ++i) {
      if (i == kMaxCycleNames) {
        text += fmt::format("... {} more -> ", turned.size() - i);
        break;
      }
      text += nodes_[turned[i]]->node.name + " -> ";
    }
    const Draft& start = *nodes_[turned[0]];
    const Draft& last = *nodes_[turned.back()];
    problems_.add(start.node.where, "a cycle: {}{}; {} takes '{}'{}", text, start.node.name,
                  describe(start), last.node.name, at_place(last.node.where));
  }

  // ---- types of what no function makes ----------------------------------------------------------

  static bool is_open(const Node& node) {
    return node.role == Role::kInput || node.role == Role::kConfig ||
           (node.role == Role::kAlias && !node.type);
  }

  // Consumers come after what they take, so that from the end every want of a node is known when it
  // is reached; an alias wants what is wanted of it.
  void gather_wants() {
    for (size_t i = nodes_.size(); i-- > 0;) {
      Node& node = nodes_[i]->node;
      if (is_open(node)) {
        const auto found = wants_.find(static_cast<uint32_t>(i));
        if (found != wants_.end()) {
          std::ranges::reverse(found->second);
          if (node.role == Role::kAlias && !node.edges.empty()) settle_alias(node, found->second);
        }
      }
      for (size_t e = 0; e < node.edges.size(); ++e) {
        const Edge& edge = node.edges[e];
        if (edge.source >= i || !is_open(nodes_[edge.source]->node)) continue;
        wants_[static_cast<uint32_t>(edge.source)].push_back(
            {edge.type, edge.shape, static_cast<uint32_t>(i), static_cast<uint32_t>(e)});
      }
    }
  }

  static std::optional<Type> type_wanted(const std::vector<Want>& wants) {
    std::vector<Type> types;
    for (const Want& w : wants) types.push_back(w.type);
    return input_type(types);
  }

  // Column if anybody takes one, or all rows; else what all take alike, else a plain value.
  static Shape shape_wanted(const std::vector<Want>& wants) {
    Shape shape = wants.front().shape;
    for (const Want& w : wants) {
      if (w.shape == Shape::kColumn || w.shape == Shape::kSeries) return Shape::kColumn;
      if (w.shape == Shape::kScalar || w.shape == Shape::kObject) shape = w.shape;
    }
    return shape;
  }

  void settle_alias(Node& node, const std::vector<Want>& wants) {
    Edge& edge = node.edges[0];
    edge.type = type_wanted(wants).value_or(nullptr);
    edge.shape = shape_wanted(wants);
    if (edge.source == Edge::kNone) node.type = edge.type;
  }

  void settle_open_nodes() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      Node& node = nodes_[i]->node;
      if (node.role != Role::kInput && node.role != Role::kConfig) continue;
      const auto found = wants_.find(i);
      if (found == wants_.end()) continue;
      const std::vector<Want>& wants = found->second;
      const std::optional<Type> type = type_wanted(wants);
      if (!type) {
        report_conflict(node, wants);
      } else if (node.role == Role::kInput) {
        node.type = *type;
        node.shape = shape_wanted(wants);
        settle_default(node, wants);
      } else if (*type && node.default_value) {
        convert_config(node, *type, wants.front());
      }
    }
  }

  void report_conflict(const Node& node, const std::vector<Want>& wants) {
    // The first two who cannot both be served.
    for (size_t b = 1; b < wants.size(); ++b) {
      for (size_t a = 0; a < b; ++a) {
        const Type pair[] = {wants[a].type, wants[b].type};
        if (input_type(pair)) continue;
        const Draft& first = *nodes_[wants[a].consumer];
        const Draft& second = *nodes_[wants[b].consumer];
        return problems_.add(
            ErrorCode::kTypeMismatch, second.node.where,
            "{} '{}' cannot serve both {}, which takes {}{}, and {}, which takes {}",
            node.role == Role::kInput ? "input" : "config", node.name, describe(first),
            type_name(wants[a].type), at_place(first.node.where), describe(second),
            type_name(wants[b].type));
      }
    }
    const Draft& d = *nodes_[wants.front().consumer];
    problems_.add(ErrorCode::kTypeMismatch, d.node.where,
                  "no type of input '{}' serves all {} functions that take it", node.name,
                  wants.size());
  }

  void settle_default(Node& node, const std::vector<Want>& wants) {
    std::optional<Value> common;
    for (const Want& w : wants) {
      const Edge& edge = nodes_[w.consumer]->node.edges[w.edge];
      if (!edge.optional) return;
      Value value = edge.value;
      try {
        if (node.type && value.has_value()) value = value.as(node.type);
      } catch (const Error&) {
        return;  // check_edges() tells of it
      }
      if (common && !common->equals(value)) return;
      common = value;
    }
    node.default_value = common;
  }

  void convert_config(Node& node, Type type, const Want& want) {
    const Value value = *node.default_value;
    node.type = type;
    if (!value.has_value()) return;
    // A column may stand for its rows.
    if (value.type() == type_of<ColumnData>() && !type->is_object()) return;
    try {
      node.default_value = value.as(type);
    } catch (const Error&) {
      const Draft& d = *nodes_[want.consumer];
      problems_.add(ErrorCode::kTypeMismatch, d.node.where,
                    "config '{}' is {} ({}), but {} takes {}", node.name, value.to_string(),
                    type_name(value.type()), describe(d), type_name(want.type));
    }
  }

  // An alias is what its source is.
  void pass_types_on() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      Node& node = nodes_[i]->node;
      if (node.role != Role::kAlias || node.edges.empty()) continue;
      Edge& edge = node.edges[0];
      if (edge.source >= i) continue;
      const Node& source = nodes_[edge.source]->node;
      if (!node.type) {
        node.type = source.type;
        edge.type = source.type;
      }
      // Behind a Parallel it is one element.
      node.shape = source.shape == Shape::kParallel ? Shape::kRow : source.shape;
      node.nullable |= source.nullable;
    }
  }

  // ---- the result -------------------------------------------------------------------------------

  void fill(Graph::State& state) {
    std::vector<DefinitionPtr> owners;
    owners.reserve(nodes_.size());
    state.nodes.reserve(nodes_.size());
    for (Draft* d : nodes_) {
      state.nodes.push_back(std::move(d->node));
      owners.push_back(std::move(d->owner));
    }
    set_fingerprints(state.nodes, owners);
    inherit_personal(state.nodes);
    state.config = config_;
    state.index.reserve(state.nodes.size());
    state.first_consumer.assign(state.nodes.size() + 1, 0);
    for (uint32_t i = 0; i < state.nodes.size(); ++i) {
      state.index.emplace(state.nodes[i].name, i);
    }
    for_each_use(state.nodes, [&](size_t s, uint32_t) { ++state.first_consumer[s + 1]; });
    for (size_t i = 1; i < state.first_consumer.size(); ++i) {
      state.first_consumer[i] += state.first_consumer[i - 1];
    }
    state.consumers.resize(state.first_consumer.back());
    std::vector<uint32_t> next = state.first_consumer;
    for_each_use(state.nodes, [&](size_t s, uint32_t i) { state.consumers[next[s]++] = i; });
  }

  // Nodes are in topological order.
  static void inherit_personal(std::vector<Node>& nodes) {
    for (Node& node : nodes) {
      node.personal = node.tags.contains("pii");
      if (node.personal || node.tags.contains("declassify")) continue;
      for (const Edge& edge : node.edges) {
        node.personal |= edge.source != Edge::kNone && nodes[edge.source].personal;
      }
    }
  }

  // f(source, consumer), once for each two, however many edges there are between them.
  template <class F>
  static void for_each_use(const std::vector<Node>& nodes, F f) {
    std::vector<uint32_t> last(nodes.size(), UINT32_MAX);  // the newest consumer of each
    for (uint32_t i = 0; i < nodes.size(); ++i) {
      for (const Edge& edge : nodes[i].edges) {
        if (edge.source == Edge::kNone || last[edge.source] == i) continue;
        last[edge.source] = i;
        f(edge.source, i);
      }
    }
  }

  Drafts drafts_;
  Drafts made_;  // inputs and config values
  const Values& config_;
  const ResolveOptions& options_;
  const Unselected& unselected_;
  Problems& problems_;

  std::vector<Draft*> nodes_;
  std::vector<uint64_t> keys_;  // of nodes_: where they were written
  std::unordered_map<std::string_view, uint32_t> index_;
  std::vector<std::vector<uint32_t>> sources_;
  std::unordered_map<uint32_t, std::vector<Want>> wants_;
};

}  // namespace

void connect(Drafts drafts, const Values& config, const ResolveOptions& options,
             const Unselected& unselected, Problems& problems, Graph::State& state) {
  Connector(std::move(drafts), config, options, unselected, problems).run(state);
}

}  // namespace weft
