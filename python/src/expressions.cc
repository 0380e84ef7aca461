// Expressions: what a column function is given and gives back.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "exec/expression_json.h"
#include "opaque.h"
#include "ops/row_function.h"
#include "weft/lookup.h"
#include "weft/windows.h"

namespace weft::python {
namespace {

std::vector<ExprPtr> exprs(const nb::iterable& list) {
  std::vector<ExprPtr> out;
  for (const nb::handle item : list) out.push_back(expr_from_python(item));
  return out;
}

Closed closed_of_name(const std::string& text) {
  if (text == "left") return Closed::kLeft;
  if (text == "right") return Closed::kRight;
  if (text == "both") return Closed::kBoth;
  if (text == "neither") return Closed::kNeither;
  throw Error(ErrorCode::kInvalidArgument,
              "closed is left, right, both or neither, not '" + text + "'");
}

Duplicates duplicates_of_name(const std::string& text) {
  if (text == "error") return Duplicates::kError;
  if (text == "first") return Duplicates::kFirst;
  if (text == "last") return Duplicates::kLast;
  throw Error(ErrorCode::kInvalidArgument,
              "duplicates is error, first or last, not '" + text + "'");
}

Duration duration_of(nb::handle object) {
  return from_python(object, duration_type()).get<Duration>();
}

detail::AggregateCall aggregate_call(const std::string& name, const nb::iterable& args,
                                     const nb::dict& options, const nb::object& where) {
  detail::AggregateCall call{name, exprs(args), values_from_python(options)};
  return where.is_none() ? call : detail::filtered_call(call, expr_from_python(where));
}

}  // namespace

ExprPtr expr_from_python(nb::handle object) {
  if (nb::isinstance<Expression>(object)) return nb::cast<const Expression&>(object).expr;
  if (nb::hasattr(object, "_expression")) return expr_from_python(object.attr("_expression"));
  const Value value = from_python(object);
  if (!value.has_value() || value.type()->is_object()) {
    throw Error(ErrorCode::kTypeMismatch, "a column function gave " + class_name(object) +
                                              ", which is no expression and no value of a row");
  }
  return literal_expr(value);
}

namespace {

// The function on plain values, with the bits it has on columns.
nb::object call_function(const std::string& name, const nb::args& args) {
  std::vector<Value> values;
  std::vector<Type> types;
  for (const nb::handle arg : args) {
    values.push_back(from_python(arg));
    types.push_back(values.back().type());
    if (!types.back()) return nb::none();  // of None, which no function of these sees
  }
  const KernelPtr kernel = resolve_row_function(name, types, std::vector<Value>(values.size()));
  Arena arena;
  std::vector<Cell> cells;
  bool valid = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const Type type = kernel->parameters[i];
    char* slot = arena.take_slots(type, 1);
    type->unbox(type, values[i].as(type), slot, arena);
    cells.push_back({slot, &valid});
  }
  bool is_there = false;
  char* result = arena.take_slots(kernel->result, 1);
  kernel->row(kernel->context, cells.data(), {result, &is_there}, arena);
  return is_there ? slot_to_python(kernel->result, result) : nb::none();
}

}  // namespace

void bind_expressions(nb::module_& m) {
  nb::class_<Expression>(m, "Expression", "A node of an expression over columns. Immutable.")
      .def_prop_ro(
          "type", [](const Expression& e) { return e.expr->type; }, nb::rv_policy::reference)
      .def_prop_ro("is_scalar", [](const Expression& e) { return e.expr->scalar; })
      .def("to_json", [](const Expression& e) { return expression_to_json(e.expr); })
      .def("__repr__", [](const Expression& e) { return e.expr->to_string(); });
  m.def(
      "expression_from_json",
      [](const std::string& text) { return Expression{expression_from_json(text)}; },
      nb::arg("text"), "The expression that to_json() wrote.");
  m.def(
      "literal_expr", [](const nb::object& v) { return Expression{literal_expr(from_python(v))}; },
      nb::arg("value"));
  m.def(
      "null_expr",
      [](const std::string& type) {
        const Type found = type_by_name(type);
        if (!found) throw Error(ErrorCode::kInvalidArgument, "there is no type called " + type);
        return Expression{literal_expr(Value::null(found))};
      },
      nb::arg("type"));
  m.def(
      "function_expr",
      [](const std::string& name, const nb::iterable& args) {
        return Expression{function_expr(name, exprs(args))};
      },
      nb::arg("name"), nb::arg("args"), "The built-in row function of this name on these.");
  m.def("call_function", &call_function,
        "The built-in row function of this name on plain values; None for a null.");
  m.def("function_names", [] {
    std::vector<std::string> out;
    for (const RowFunctionInfo& info : row_function_catalog()) {
      if (out.empty() || out.back() != info.name) out.push_back(info.name);
    }
    return out;
  });
  m.def(
      "function_doc",
      [](const std::string& name) {
        std::string out;
        for (const RowFunctionInfo& info : row_function_catalog()) {
          if (info.name != name) continue;
          if (out.empty()) out = info.summary + "\n";
          out += "\n" + info.name + "(" + info.parameters + ") -> " + info.result;
        }
        return out;
      },
      nb::arg("name"), "What it does and what it takes.");
  m.def(
      "widen_expr",
      [](const nb::object& e, const std::string& type) {
        return Expression{widen_expr(expr_from_python(e), type_by_name(type))};
      },
      nb::arg("expr"), nb::arg("type"));
  m.def(
      "aggregate_expr",
      [](const std::string& name, const nb::iterable& args, const nb::dict& options,
         const nb::object& where) {
        const auto call = aggregate_call(name, args, options, where);
        return Expression{aggregate_expr(call.name, call.args, call.options)};
      },
      nb::arg("name"), nb::arg("args"), nb::arg("options") = nb::dict(),
      nb::arg("where") = nb::none(), "The aggregate of all rows: a scalar.");
  m.def(
      "grouped_expr",
      [](const std::string& name, const nb::iterable& args, const nb::dict& options,
         const nb::iterable& keys, const nb::object& where) {
        return Expression{
            detail::grouped_expr(aggregate_call(name, args, options, where), exprs(keys))};
      },
      nb::arg("name"), nb::arg("args"), nb::arg("options"), nb::arg("keys"),
      nb::arg("where") = nb::none(), "The aggregate of the rows of equal keys, at each of them.");
  m.def(
      "window_expr",
      [](const std::string& name, const nb::iterable& args, const nb::dict& options,
         const nb::object& width, const std::optional<int64_t>& rows, const std::string& closed,
         bool include_current, const nb::object& resolution, const nb::object& keys,
         const nb::object& time, const nb::object& where, bool aggregate) {
        Window window;
        if (!width.is_none()) window.width = duration_of(width);
        window.rows = rows;
        window.ends = closed_of_name(closed);
        window.with_current = include_current;
        if (!resolution.is_none()) window.grid = duration_of(resolution);
        detail::RowOrder order;
        if (!keys.is_none()) order.keys = exprs(nb::cast<nb::iterable>(keys));
        if (!time.is_none()) order.time = expr_from_python(time);
        if (!aggregate) {
          return Expression{
              detail::window_expr(name, exprs(args), values_from_python(options), window, order)};
        }
        return Expression{
            detail::window_expr(aggregate_call(name, args, options, where), window, order)};
      },
      nb::arg("name"), nb::arg("args"), nb::arg("options") = nb::dict(), nb::kw_only(),
      nb::arg("width") = nb::none(), nb::arg("rows") = nb::none(), nb::arg("closed") = "left",
      nb::arg("include_current") = false, nb::arg("resolution") = nb::none(),
      nb::arg("keys") = nb::none(), nb::arg("time") = nb::none(), nb::arg("where") = nb::none(),
      nb::arg("aggregate") = true,
      "The aggregate of a window before each row; or what an operator says of the row within it.");
  m.def(
      "operator_expr",
      [](const std::string& name, const nb::iterable& args, const nb::dict& options,
         const nb::iterable& keys, const nb::object& time) {
        return Expression{detail::ordered_expr(name, exprs(args), values_from_python(options),
                                               exprs(keys),
                                               time.is_none() ? nullptr : expr_from_python(time))};
      },
      nb::arg("name"), nb::arg("args"), nb::arg("options") = nb::dict(),
      nb::arg("keys") = nb::list(), nb::arg("time") = nb::none(),
      "rank, shift, cumulative, ...: an operator over all rows.");
  m.def(
      "lookup_expr",
      [](const nb::object& table, const std::string& field, Type type, const nb::dict& keys,
         const nb::object& time, const std::string& event_time, const nb::object& ttl,
         const std::string& duplicates) {
        detail::LookupCall call;
        call.table = expr_from_python(table);
        call.field = field;
        call.type = type;
        for (const auto& [column, key] : keys) {
          LookupKey lookup_key(nb::cast<std::string>(column), int64_t{0});
          lookup_key.expr = expr_from_python(key);
          call.keys.push_back(std::move(lookup_key));
        }
        if (!time.is_none()) call.time = expr_from_python(time);
        call.event_time = event_time;
        if (!ttl.is_none()) call.ttl = duration_of(ttl);
        call.duplicates = duplicates_of_name(duplicates);
        return Expression{detail::lookup_expr(call)};
      },
      nb::arg("table"), nb::arg("field"), nb::arg("type"), nb::arg("keys"), nb::kw_only(),
      nb::arg("time") = nb::none(), nb::arg("event_time") = "", nb::arg("ttl") = nb::none(),
      nb::arg("duplicates") = "error",
      "A field of another table's row of the same key, now or as of a time.");
}

}  // namespace weft::python
