#include "graph/validate.h"

#include <algorithm>

#include "weft/foreign_types.h"

namespace weft {
namespace {

// Two modules may each declare the same struct: what counts is what lies where.
bool same_layout(Type a, Type b) {
  if (a->kind != Kind::kStruct || b->kind != Kind::kStruct || a->size != b->size) return false;
  return std::ranges::equal(a->fields, b->fields, [](const Field& x, const Field& y) {
    return x.name == y.name && x.type == y.type && x.nullable == y.nullable && x.offset == y.offset;
  });
}

// Does a node have a value for each row, or one for all? Row functions and inputs may be either.
enum class Spread : uint8_t { kOne, kMany, kEither };

class EdgeChecker {
 public:
  EdgeChecker(const std::vector<Draft*>& nodes, Problems& problems)
      : nodes_(nodes), problems_(problems), spread_(nodes.size()) {}

  void run() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      spread_[i] = spread_of(nodes_[i]->node, i);
      for (Edge& edge : nodes_[i]->node.edges) {
        if (edge.source == Edge::kNone) {
          check_value(*nodes_[i], edge);
        } else if (edge.source < i) {  // not so only in a cycle, which has been told of
          check_edge(*nodes_[i], edge);
        }
      }
    }
  }

 private:
  Spread spread_of(const Node& node, uint32_t i) const {
    switch (node.role) {
      case Role::kColumn:
        return Spread::kMany;
      case Role::kAppend:
      case Role::kTable:
      case Role::kSave:
      case Role::kLoad:
      case Role::kCheck:
        return Spread::kOne;
      case Role::kConfig:
        return node.default_value && node.default_value->type() == type_of<ColumnData>()
                   ? Spread::kEither
                   : Spread::kOne;
      case Role::kAlias:
        return !node.edges.empty() && node.edges[0].source < i ? spread_[node.edges[0].source]
                                                               : Spread::kEither;
      default:
        break;
    }
    if (node.shape == Shape::kColumn || node.shape == Shape::kSeries) return Spread::kMany;
    if (node.shape != Shape::kRow) return Spread::kOne;
    if (node.role == Role::kInput) return Spread::kEither;
    bool all_one = true;
    for (const Edge& edge : node.edges) {
      if (edge.source >= i) continue;
      if (spread_[edge.source] == Spread::kMany) return Spread::kMany;
      all_one &= spread_[edge.source] == Spread::kOne;
    }
    return all_one ? Spread::kOne : Spread::kEither;
  }

  // "double 'x'", or "double 'x' from 'age'" where it is bound to another node.
  std::string wanted(const Edge& edge, const Node* source, std::string_view form = {}) const {
    std::string text =
        form.empty() ? type_name(edge.type) : fmt::format("{}<{}>", form, type_name(edge.type));
    text += fmt::format(" '{}'", edge.parameter);
    if (source && source->name != edge.parameter) text += fmt::format(" from '{}'", source->name);
    return text;
  }

  void check_edge(const Draft& d, const Edge& edge) {
    const Draft& source = *nodes_[edge.source];
    if (edge.type && source.node.type && !is_assignable(source.node.type, edge.type)) {
      problems_.add(ErrorCode::kTypeMismatch, d.node.where, "{} takes {}, but {} is {}{}",
                    describe(d), wanted(edge, &source.node), describe(source),
                    source.node.type->name, at_place(source.node.where));
      return;
    }
    check_shape(d, edge, source);
    if (edge.optional) check_default(d, edge);
  }

  void check_shape(const Draft& d, const Edge& edge, const Draft& source) {
    const Spread spread = spread_[edge.source];
    const bool column_function =
        d.node.role == Role::kFunction && d.node.definition->is_column_function();
    const bool row_function = d.node.role == Role::kFunction && d.node.kernel;
    const char* advice = nullptr;
    std::string_view form;
    switch (edge.shape) {
      case Shape::kSeries:
        if (spread != Spread::kOne) return;
        return problems_.add(ErrorCode::kTypeMismatch, d.node.where,
                             "{} takes {}, all rows, but {} is one value{}", describe(d),
                             wanted(edge, &source.node, "Series"), describe(source),
                             at_place(source.node.where));
      case Shape::kColumn:
      case Shape::kParallel:
        return;  // one value is the same in every row
      case Shape::kScalar:
        form = "Scalar";
        advice = "aggregate it first, as in mean(x)";
        break;
      case Shape::kCollect:
        form = "Collect";
        advice = "aggregate it for each element, or return it in a Table";
        break;
      case Shape::kObject:
        if (d.node.role == Role::kSave && &edge == &d.node.edges[0]) return;
        advice = "an object function that takes a Series<T> has all its rows";
        break;
      case Shape::kRow:
        if (d.node.role != Role::kFunction || row_function) return;
        advice = column_function ? "take it as Column<T>" : "take it as Series<T>";
        break;
    }
    if (spread != Spread::kMany) return;
    problems_.add(ErrorCode::kTypeMismatch, d.node.where,
                  "{} takes {}, one value, but {} is a column{}: {}", describe(d),
                  wanted(edge, &source.node, form), describe(source), at_place(source.node.where),
                  advice);
  }

  void check_value(const Draft& d, Edge& edge) {
    if (!edge.value.has_value()) {
      if (!edge.nullable && edge.type && edge.value.type()) {
        edge.value = Value::null(edge.type);
      }
      return;
    }
    if (edge.shape == Shape::kSeries && edge.value.type() != type_of<ColumnData>()) {
      problems_.add(ErrorCode::kTypeMismatch, d.node.where,
                    "{} takes {}, all rows, but is given the value {}", describe(d),
                    wanted(edge, nullptr, "Series"), edge.value.to_string());
      return;
    }
    convert(d, edge, "is given");
  }

  void check_default(const Draft& d, const Edge& edge) {
    Edge copy = edge;
    if (edge.value.has_value()) convert(d, copy, "has the default");
  }

  void convert(const Draft& d, Edge& edge, const char* how) {
    if (!edge.type || edge.value.type() == type_of<ColumnData>()) return;
    try {
      edge.value = edge.value.as(edge.type);
    } catch (const Error&) {
      problems_.add(ErrorCode::kTypeMismatch, d.node.where, "{} takes {}, but {} {} ({})",
                    describe(d), wanted(edge, nullptr), how, edge.value.to_string(),
                    type_name(edge.value.type()));
    }
  }

  const std::vector<Draft*>& nodes_;
  Problems& problems_;
  std::vector<Spread> spread_;
};

}  // namespace

bool is_assignable(Type from, Type to) {
  return !from || !to || widens(from, to) || same_layout(from, to) || object_assignable(from, to);
}

std::optional<Type> input_type(std::span<const Type> wanted) {
  std::vector<Type> known;
  for (const Type type : wanted) {
    if (type && std::ranges::count(known, type) == 0) known.push_back(type);
  }
  if (known.empty()) return nullptr;
  std::vector<Type> candidates = known;
  if (known.front()->is_number()) {
    candidates.insert(candidates.end(), {int64_type(), float_type(), int32_type()});
  }
  std::optional<Type> best;
  for (const Type candidate : candidates) {
    const bool serves =
        std::ranges::all_of(known, [&](Type want) { return is_assignable(candidate, want); });
    if (serves && (!best || widens(*best, candidate))) best = candidate;
  }
  return best;
}

void check_edges(const std::vector<Draft*>& nodes, Problems& problems) {
  EdgeChecker(nodes, problems).run();
}

}  // namespace weft
