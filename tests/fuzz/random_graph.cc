#include "random_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "recipe.h"
#include "weft/definition_builder.h"

namespace weft::fuzz {
namespace {

constexpr size_t kWeightMax = 4000;
constexpr size_t kNone = SIZE_MAX;

size_t weight_of(Type type) {
  switch (type->kind) {
    case Kind::kString:
      return 64;
    case Kind::kList:
      return 5 * weight_of(type->element);
    case Kind::kStruct:
      return 96;
    default:
      return 8;
  }
}

bool is_short(Type type) { return type->is_number() || type->is_time() || type == bool_type(); }

// A row function as another language's binding would make it: boxed values in, a boxed value out.
RowFunction boxed(const KernelPtr& kernel) {
  return [kernel](std::span<const Value> values) {
    Arena arena;
    std::vector<Cell> cells;
    std::vector<std::unique_ptr<bool>> valid;
    for (size_t i = 0; i < values.size(); ++i) {
      const Type type = kernel->parameters[i];
      char* slot = arena.take_slots(type, 1);
      if (values[i].has_value()) type->unbox(type, values[i], slot, arena);
      valid.push_back(std::make_unique<bool>(values[i].has_value()));
      cells.push_back({slot, valid.back().get()});
    }
    bool has_result = false;
    const Cell out = {arena.take_slots(kernel->result, 1), &has_result};
    kernel->row(kernel->context, cells.data(), out, arena);
    return has_result ? kernel->result->box(kernel->result, out.data) : Value::null(kernel->result);
  };
}

class Maker {
 public:
  Maker(uint64_t seed, const GraphSize& size) : random_(seed), size_(size) { graph_.seed = seed; }

  FuzzGraph run() {
    strict_ = random_.chance(0.25);
    graph_.module.name = "fuzz";
    choose_rows();
    inputs();
    const size_t count = 1 + random_.below(size_.nodes_max);
    for (size_t i = 0; i < count; ++i) function();
    choose_outputs();
    return std::move(graph_);
  }

 private:
  // ---- inputs -----------------------------------------------------------------------------------

  void choose_rows() {
    static const std::vector<int64_t> kRows = {0, 1, 2, 3, 5, 17, 63, 64, 65, 130};
    graph_.rows = random_.of(kRows);
    if (random_.chance(0.1)) graph_.rows = 2040 + static_cast<int64_t>(random_.below(20));
    if (random_.chance(0.05)) graph_.rows = static_cast<int64_t>(random_.below(7000));
    if (size_.rows >= 0) graph_.rows = size_.rows;
    graph_.from_table = random_.chance(0.3);
  }

  void inputs() {
    std::vector<NamedOutput> outputs;
    const size_t columns = 1 + random_.below(6);
    for (size_t i = 0; i < columns; ++i) {
      const Type type = random_.of(row_types());
      const double nulls = random_.of<double>({0, 0, 0.1, 0.5, 1});
      const double distinct = random_.chance(0.2) ? 0.1 : 1;  // rows that repeat an earlier one
      ValueList values;
      for (int64_t row = 0; row < graph_.rows; ++row) {
        if (row > 0 && !random_.chance(distinct)) {
          values.push_back(values[random_.below(values.size())]);
        } else {
          values.push_back(random_.chance(nulls) ? Value::null(type) : random_.value(type));
        }
      }
      FuzzNode& node = add_input(fmt::format("c{}", i), type, Where::kColumn);
      graph_.columns.emplace(node.name, ColumnData::of_values(type, values));
      outputs.push_back({node.name, type});
    }
    if (graph_.from_table) add_table(std::move(outputs));
    for (size_t i = random_.below(3); i > 0; --i) {
      const Type type = random_.of(row_types());
      FuzzNode& node = add_input(fmt::format("s{}", i), type, Where::kScalar);
      const Value value = random_.chance(0.2) ? Value::null(type) : random_.value(type);
      graph_.scalars[node.name] = value;
      node.text += " = " + value.to_string();
    }
  }

  FuzzNode& add_input(std::string name, Type type, Where where) {
    FuzzNode node;
    node.text =
        fmt::format("{}: {} {}", name, where == Where::kColumn ? "column" : "scalar", type->name);
    node.name = std::move(name);
    node.type = type;
    node.where = where;
    node.is_input = true;
    node.weight = weight_of(type);
    return graph_.nodes.emplace_back(std::move(node));
  }

  void add_table(std::vector<NamedOutput> outputs) {
    std::vector<std::pair<std::string, ColumnData>> columns(graph_.columns.begin(),
                                                            graph_.columns.end());
    DefinitionBuilder builder("rows_table");
    builder.modifier({ExtractColumns{std::move(outputs)}}).source_text("rows_table");
    add(builder.object(type_of<Table>(),
                       [table = Table(std::move(columns))](auto) { return Value::of(table); }));
  }

  // ---- functions --------------------------------------------------------------------------------

  void function() {
    // A kind that finds no inputs leaves the place to another.
    for (int tries = 0; tries < 20; ++tries) {
      const size_t kind = random_.below(100);
      const bool made = kind < 30   ? row_function(random_.of(compiled_functions()), false)
                        : kind < 50 ? row_function(random_.of(builtin_functions()), false)
                        : kind < 62 ? row_function(random_.of(compiled_functions()), true)
                        : kind < 80 ? column_function(kPlain)
                        : kind < 90 ? column_function(kAggregate)
                        : kind < 95 ? column_function(kOperator)
                        : kind < 98 ? series_function()
                                    : predicted();
      if (made) return;
    }
  }

  std::string next_name() { return fmt::format("n{}", graph_.nodes.size()); }
  void add(DefinitionPtr definition) { graph_.module.definitions.push_back(std::move(definition)); }

  size_t pick(const std::function<bool(const FuzzNode&)>& fits) {
    std::vector<size_t> found;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (fits(graph_.nodes[i])) found.push_back(i);
    }
    if (found.empty()) return kNone;
    return random_.chance(0.4)
               ? found[found.size() - 1 - random_.below(std::min<size_t>(3, found.size()))]
               : random_.of(found);
  }

  // Parameters of a definition, bound to nodes by name or by inject(), or to values.
  struct Bound {
    std::vector<Parameter> parameters = {};
    Inject inject = {};
    std::vector<size_t> inputs = {};
    std::string text = {};
  };

  void bind_node(Bound& bound, size_t node, Type type, Shape shape, bool nullable) {
    const FuzzNode& from = graph_.nodes[node];
    std::string name = from.name;
    const bool again = std::ranges::count(bound.inputs, node) > 0;
    if (again || random_.chance(0.2)) {
      name = fmt::format("p{}", bound.parameters.size());
      bound.inject.bindings[name] = {.kind = Dependency::Kind::kSource, .name = from.name};
    }
    bound.parameters.push_back({name, type, shape, nullable, {}});
    bound.inputs.push_back(node);
    bound.text += (bound.text.empty() ? "" : ", ") + from.name;
  }

  void bind_value(Bound& bound, const Value& value, Type type, bool nullable) {
    Parameter parameter = {fmt::format("{}_p{}", next_name(), bound.parameters.size()),
                           type,
                           Shape::kRow,
                           nullable,
                           {}};
    if (random_.chance(0.5)) {
      parameter.default_value = value;
    } else {
      bound.inject.bindings[parameter.name] = {.kind = Dependency::Kind::kValue, .value = value};
    }
    bound.text += (bound.text.empty() ? "" : ", ") + value.to_string();
    bound.parameters.push_back(std::move(parameter));
  }

  void start(DefinitionBuilder& builder, Bound& bound, std::string text) {
    for (auto& parameter : bound.parameters) builder.parameter(std::move(parameter));
    if (!bound.inject.bindings.empty()) builder.modifier({std::move(bound.inject)});
    builder.source_text(std::move(text));
  }

  // Grown at most so much by one call.
  static size_t result_weight(const PoolFunction& function, size_t given) {
    if (is_short(function.result)) return 8;
    static const std::set<std::string_view> kGrow = {"repeat", "replace", "regex_replace", "join"};
    const size_t factor = kGrow.contains(function.name) ? 12 : 5;
    return function.name == "start" ? 8 : given * factor / 2 + 64;
  }

  bool row_function(const PoolFunction& function, bool box) {
    Bound bound;
    size_t given = 0;
    static const std::set<std::string_view> kSizes = {"repeat", "pad_left", "pad_right"};
    bool any = function.parameters.empty();
    for (size_t i = 0; i < function.parameters.size(); ++i) {
      const Type type = function.parameters[i];
      const bool widen = random_.chance(0.3);
      const bool only_value = type == int64_type() && kSizes.contains(function.name);
      const size_t node = only_value ? kNone : pick([&](const FuzzNode& n) {
        return n.where != Where::kObject && (n.type == type || (widen && widens(n.type, type)));
      });
      if (node != kNone &&
          (random_.chance(0.75) || (!any && i + 1 == function.parameters.size()))) {
        any = true;
        given += graph_.nodes[node].weight;
        bind_node(bound, node, type, Shape::kRow, function.nullable[i]);
      } else {
        given += 64;
        const bool null = function.nullable[i] && random_.chance(0.3);
        bind_value(bound, null ? Value::null(type) : plausible_value(random_, function.name, type),
                   type, function.nullable[i]);
      }
    }
    FuzzNode node;
    node.weight = result_weight(function, given);
    if (!any || node.weight > kWeightMax) return false;
    node.name = next_name();
    node.type = function.result;
    node.inputs = bound.inputs;
    node.where = where_of(bound.inputs);
    node.text = fmt::format("{} = {}({})", node.name, function.text, bound.text);
    if (box) node.text += " boxed";
    make_row(node, function, box, std::move(bound));
    graph_.nodes.push_back(std::move(node));
    return true;
  }

  void make_row(FuzzNode& node, const PoolFunction& function, bool box, Bound bound) {
    const bool variants = random_.chance(0.1);
    DefinitionBuilder builder(variants ? node.name + "__a" : node.name);
    start(builder, bound, function.text);
    if (!random_.chance(strict_ ? 0.3 : 0.98)) {
      node.text += " may fail";
    } else {
      builder.modifier({OnErrorNull{}});
    }
    if (variants) {
      graph_.config["mode"] = Value::of(std::string("a"));
      builder.modifier({When{"mode", {Value::of(std::string("a"))}}});
      DefinitionBuilder other(node.name + "__b");
      other.modifier({When{"mode", {Value::of(std::string("b"))}}});
      add(other.row(int64_type(), [](auto) -> Value { throw std::logic_error("not chosen"); }));
    }
    if (box) {
      add(builder.row(function.result, boxed(function.kernel)));
      return;
    }
    auto definition = std::make_shared<Definition>(*builder.row(function.result, {}));
    definition->kernel = function.kernel;
    add(std::move(definition));
  }

  Where where_of(const std::vector<size_t>& inputs) const {
    return std::ranges::any_of(inputs,
                               [&](size_t i) { return graph_.nodes[i].where == Where::kColumn; })
               ? Where::kColumn
               : Where::kScalar;
  }

  enum ColumnKind { kPlain, kAggregate, kOperator };

  bool column_function(ColumnKind kind) {
    Bound bound;
    std::vector<Type> types;
    std::vector<bool> scalar;
    size_t given = 8;
    for (size_t i = 1 + random_.below(3); i > 0; --i) {
      const bool column = kind != kPlain && bound.inputs.empty();
      const size_t node = pick([&](const FuzzNode& n) {
        return n.where == Where::kColumn || (!column && n.where == Where::kScalar);
      });
      if (node == kNone) return false;
      const FuzzNode& from = graph_.nodes[node];
      types.push_back(from.type);
      scalar.push_back(from.where == Where::kScalar);
      given += from.weight;
      bind_node(bound, node, from.type, scalar.back() ? Shape::kScalar : Shape::kColumn, false);
    }
    auto recipe = std::make_shared<Recipe>(types, scalar);
    const auto functions = [&](size_t count) {
      for (; count > 0; --count)
        recipe->add_function(random_, given, strict_ || random_.chance(0.03));
    };
    functions(random_.below(3));
    if (kind == kAggregate && !recipe->add_aggregate(random_)) return false;
    if (kind == kOperator && !recipe->add_operator(random_)) return false;
    functions(random_.below(3));
    if (kind == kPlain && recipe->root()->op == Expr::Op::kInput) return false;
    FuzzNode node;
    node.weight = is_short(recipe->root()->type) ? 8 : given * 8 + 64;
    if (recipe->root()->type->kind == Kind::kList && recipe->needs_all_rows()) {
      node.weight = static_cast<size_t>(graph_.rows) * given + 64;  // list(x)
    }
    if (node.weight > kWeightMax) return false;
    node.name = next_name();
    node.type = recipe->root()->type;
    node.inputs = bound.inputs;
    node.where = recipe->root_is_column() ? Where::kColumn : Where::kScalar;
    node.needs_all_rows = needs_all_rows(*recipe->root());
    node.has_running_value = !recipe->has_operator();
    node.text = fmt::format("{} = {} of ({})", node.name, recipe->root()->to_string(), bound.text);
    DefinitionBuilder builder(node.name);
    start(builder, bound, recipe->root()->to_string());
    add(builder.column(
        node.type,
        [recipe](std::span<const Value> values) { return Value::of(recipe->build(values)); },
        node.where == Where::kColumn ? Shape::kColumn : Shape::kScalar));
    graph_.nodes.push_back(std::move(node));
    return true;
  }

  static bool needs_all_rows(const Expr& expr) {
    if (expr.op == Expr::Op::kAggregate || expr.op == Expr::Op::kOperator) return true;
    return std::ranges::any_of(expr.args, [](const ExprPtr& arg) { return needs_all_rows(*arg); });
  }

  // Object functions of all rows of a column: a value, a model, or a column again.
  bool series_function() {
    const size_t from = pick(
        [&](const FuzzNode& n) { return n.where == Where::kColumn && n.type == double_type(); });
    if (from == kNone) return false;
    Bound bound;
    bind_node(bound, from, double_type(), Shape::kSeries, false);
    FuzzNode node;
    node.name = next_name();
    node.inputs = bound.inputs;
    node.needs_all_rows = true;
    DefinitionBuilder builder(node.name);
    start(builder, bound, "series");
    const size_t kind = random_.below(3);
    node.type = kind == 1 ? type_of<Model>() : double_type();
    node.where = kind == 0 ? Where::kScalar : (kind == 1 ? Where::kObject : Where::kColumn);
    static const std::vector<std::string> names = {"sum", "model", "reversed"};
    node.text = fmt::format("{} = {} of all rows of {}", node.name, names[kind], bound.text);
    static const auto sum = [](std::span<const Value> values) {
      double all = 0;
      for (const auto v : Series<double>(values[0].get<ColumnData>())) all += v.value_or(0.5);
      return all;
    };
    if (kind == 0) {
      add(builder.object(double_type(), [](auto values) { return Value::of(sum(values)); }));
    } else if (kind == 1) {
      add(builder.object(type_of<Model>(),
                         [](auto values) { return Value::of(Model{sum(values), 1}); }));
    } else {
      add(builder.object(
          double_type(),
          [](auto values) {
            const auto& column = values[0].template get<ColumnData>();
            std::vector<int64_t> rows;
            for (int64_t i = column.size(); i-- > 0;) rows.push_back(i);
            return Value::of(column.take(rows));
          },
          Shape::kSeries));
    }
    graph_.nodes.push_back(std::move(node));
    return true;
  }

  bool predicted() {
    const size_t model = pick([](const FuzzNode& n) { return n.where == Where::kObject; });
    const size_t x = pick(
        [](const FuzzNode& n) { return n.where != Where::kObject && n.type == double_type(); });
    if (model == kNone || x == kNone) return false;
    const KernelPtr kernel = predict_kernel();
    Bound bound;
    bind_node(bound, model, type_of<Model>(), Shape::kRow, false);
    bind_node(bound, x, double_type(), Shape::kRow, false);
    FuzzNode node;
    node.name = next_name();
    node.inputs = bound.inputs;
    node.type = double_type();
    node.where = where_of(bound.inputs);
    node.text = fmt::format("{} = predict({})", node.name, bound.text);
    DefinitionBuilder builder(node.name);
    start(builder, bound, "predict");
    auto definition = std::make_shared<Definition>(*builder.row(double_type(), {}));
    definition->kernel = kernel;
    add(std::move(definition));
    graph_.nodes.push_back(std::move(node));
    return true;
  }

  // ---- outputs ----------------------------------------------------------------------------------

  void choose_outputs() {
    std::set<size_t> used;
    for (const auto& node : graph_.nodes) used.insert(node.inputs.begin(), node.inputs.end());
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const FuzzNode& node = graph_.nodes[i];
      if (node.is_input) continue;
      if (!used.contains(i) || random_.chance(0.2)) graph_.outputs.push_back(node.name);
    }
  }

  Random random_;
  GraphSize size_;
  FuzzGraph graph_;
  bool strict_ = false;
};

}  // namespace

const FuzzNode& FuzzGraph::node(std::string_view name) const {
  const auto it = std::ranges::find(nodes, name, &FuzzNode::name);
  WEFT_CHECK(it != nodes.end());
  return *it;
}

std::vector<size_t> FuzzGraph::ancestors(const std::vector<std::string>& names) const {
  std::set<size_t> found;
  std::vector<size_t> open;
  for (const auto& name : names) open.push_back(static_cast<size_t>(&node(name) - nodes.data()));
  while (!open.empty()) {
    const size_t i = open.back();
    open.pop_back();
    if (!found.insert(i).second) continue;
    open.insert(open.end(), nodes[i].inputs.begin(), nodes[i].inputs.end());
  }
  return {found.begin(), found.end()};
}

std::string FuzzGraph::to_string(const std::vector<std::string>& wanted, int64_t from,
                                 int64_t size) const {
  std::string text = fmt::format("outputs {}{}\n", fmt::join(wanted, ", "),
                                 from_table ? "; columns out of a table" : "");
  std::vector<std::pair<std::string, ColumnData>> shown;
  for (const size_t i : ancestors(wanted)) {
    text += "  " + nodes[i].text + "\n";
    const auto column = columns.find(nodes[i].name);
    if (column != columns.end()) shown.emplace_back(nodes[i].name, column->second);
  }
  text += fmt::format("rows [{}, {}) of {}\n", from, from + size, rows);
  return text + Table(std::move(shown)).slice(from, size).to_string(8);
}

FuzzGraph random_graph(uint64_t seed, const GraphSize& size) { return Maker(seed, size).run(); }

}  // namespace weft::fuzz
