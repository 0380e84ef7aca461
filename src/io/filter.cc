#include "io/filter.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <mutex>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"

namespace weft {
namespace {

bool takes_value(Compare op) { return op != Compare::kIsNull && op != Compare::kIsNotNull; }

template <class T>
std::partial_ordering compare_as(const Value& a, const Value& b) {
  return a.get<T>() <=> b.get<T>();
}

std::partial_ordering compare(const Value& a, const Value& b) {
  switch (a.type()->kind) {
    case Kind::kBool:
      return compare_as<bool>(a, b);
    case Kind::kInt32:
      return compare_as<int32_t>(a, b);
    case Kind::kInt64:
      return compare_as<int64_t>(a, b);
    case Kind::kFloat:
      return compare_as<float>(a, b);
    case Kind::kDouble:
      return compare_as<double>(a, b);
    case Kind::kString:
      return compare_as<std::string>(a, b);
    case Kind::kTimestamp:
      return compare_as<Time>(a, b);
    case Kind::kDuration:
      return compare_as<Duration>(a, b);
    default:
      return std::partial_ordering::unordered;
  }
}

std::vector<Value> elements_of(const Value& list) {
  Arena arena;
  ListView view;
  list.type()->unbox(list.type(), list, &view, arena);
  const Type element = list.type()->element;
  std::vector<Value> out;
  for (int64_t i = 0; i < view.size; ++i) {
    const auto offset = static_cast<size_t>(i) * element->size;
    out.push_back(element->box(element, static_cast<const char*>(view.data) + offset));
  }
  return out;
}

bool holds(Compare op, std::partial_ordering order) {
  switch (op) {
    case Compare::kEqual:
      return order == 0;
    case Compare::kNotEqual:
      return order != 0;
    case Compare::kLess:
      return order < 0;
    case Compare::kLessEqual:
      return order <= 0;
    case Compare::kGreater:
      return order > 0;
    case Compare::kGreaterEqual:
      return order >= 0;
    default:
      return false;
  }
}

const char* function_of(Compare op) {
  switch (op) {
    case Compare::kEqual:
      return "equal";
    case Compare::kNotEqual:
      return "not_equal";
    case Compare::kLess:
      return "less";
    case Compare::kLessEqual:
      return "less_equal";
    case Compare::kGreater:
      return "greater";
    case Compare::kGreaterEqual:
      return "greater_equal";
    case Compare::kIsNull:
      return "is_null";
    case Compare::kIsNotNull:
      return "is_valid";
    case Compare::kIn:
      return "is_in";
  }
  return "";
}

arrow::Datum mask_of(const Condition& condition, const ColumnData& column) {
  namespace ac = arrow::compute;
  const std::string doing = fmt::format("filtering by {}", quote(condition.column));
  const arrow::Datum values(column.arrow());
  if (condition.op == Compare::kIn) {
    const std::vector<Value> wanted = elements_of(condition.value);
    const auto set = ColumnData::of_values(column.type(), wanted).arrow();
    return value_or_throw(
        ac::IsIn(values, ac::SetLookupOptions(arrow::Datum(set), ac::SetLookupOptions::SKIP)),
        doing);
  }
  if (!takes_value(condition.op)) {
    return value_or_throw(ac::CallFunction(function_of(condition.op), {values}), doing);
  }
  const auto one = ColumnData::of_values(column.type(), std::span(&condition.value, 1)).arrow();
  const auto scalar = value_or_throw(one->GetScalar(0), doing);
  return value_or_throw(ac::CallFunction(function_of(condition.op), {values, arrow::Datum(scalar)}),
                        doing);
}

}  // namespace

Filter bind_filter(const Filter& filter, const Schema& schema, const std::string& what) {
  Filter bound;
  for (const Condition& condition : filter) {
    const auto column = std::ranges::find(schema, condition.column, &ColumnSchema::name);
    if (column == schema.end()) {
      std::vector<std::string> names;
      for (const auto& [name, type] : schema) names.push_back(name);
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} has no column {}, which the filter names{}", what,
                              quote(condition.column), did_you_mean(condition.column, names)));
    }
    Condition checked = condition;
    if (takes_value(condition.op)) {
      const bool ordered = !column->type->element && column->type->fields.empty();
      const bool equality = condition.op == Compare::kEqual || condition.op == Compare::kNotEqual ||
                            condition.op == Compare::kIn;
      if (!ordered || (column->type == bool_type() && !equality)) {
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("a filter cannot compare column {} of type {}",
                                quote(condition.column), column->type->name));
      }
      if (!condition.value.has_value()) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("the filter on {} compares with null: use kIsNull or kIsNotNull",
                                quote(condition.column)));
      }
      try {
        checked.value = condition.value.as(condition.op == Compare::kIn ? list_type(column->type)
                                                                        : column->type);
      } catch (const Error& error) {
        throw Error(ErrorCode::kTypeMismatch,
                    fmt::format("the filter on {}: {}", quote(condition.column), error.message()));
      }
    }
    bound.push_back(std::move(checked));
  }
  return bound;
}

bool may_match(const Condition& condition, const ValueRange& range) {
  if (condition.op == Compare::kIsNull) return !range.nulls || *range.nulls > 0;
  if (range.nulls && *range.nulls == range.rows) return false;
  if (condition.op == Compare::kIsNotNull || !range.min || !range.max) return true;
  if (condition.op == Compare::kIn) {
    for (const Value& value : elements_of(condition.value)) {
      if (compare(*range.min, value) <= 0 && compare(value, *range.max) <= 0) return true;
    }
    return false;
  }
  const auto low = compare(*range.min, condition.value);
  const auto high = compare(*range.max, condition.value);
  switch (condition.op) {
    case Compare::kEqual:
      return low <= 0 && high >= 0;
    case Compare::kNotEqual: {
      // A NaN differs from everything and is in no statistics.
      const Kind kind = condition.value.type()->kind;
      return kind == Kind::kFloat || kind == Kind::kDouble || low != 0 || high != 0;
    }
    case Compare::kLess:
    case Compare::kLessEqual:
      return holds(condition.op, low);
    default:
      return holds(condition.op, high);
  }
}

bool matches(const Condition& condition, const Value& value) {
  if (condition.op == Compare::kIsNull) return !value.has_value();
  if (!value.has_value()) return false;
  if (condition.op == Compare::kIsNotNull) return true;
  if (condition.op != Compare::kIn) return holds(condition.op, compare(value, condition.value));
  return std::ranges::any_of(elements_of(condition.value),
                             [&](const Value& wanted) { return compare(value, wanted) == 0; });
}

Table filter_rows(const Table& table, const Filter& filter) {
  if (filter.empty()) return table;
  static std::once_flag once;
  std::call_once(once,
                 [] { throw_if_failed(arrow::compute::Initialize(), "starting Arrow compute"); });
  arrow::Datum mask;
  for (const Condition& condition : filter) {
    arrow::Datum next = mask_of(condition, table.column(condition.column));
    mask = mask.is_value()
               ? value_or_throw(arrow::compute::CallFunction("and_kleene", {mask, next}),
                                "filtering rows")
               : next;
  }
  const arrow::compute::ScalarAggregateOptions nulls_count(/*skip_nulls=*/false);
  const auto all =
      value_or_throw(arrow::compute::CallFunction("all", {mask}, &nulls_count), "filtering rows")
          .scalar_as<arrow::BooleanScalar>();
  if (all.is_valid && all.value) return table;  // as it is, without a copy
  const auto kept = value_or_throw(
      arrow::compute::Filter(arrow::Datum(table.to_arrow()), mask,
                             arrow::compute::FilterOptions(arrow::compute::FilterOptions::DROP)),
      "filtering rows");
  return Table::from_arrow(kept.table());
}

}  // namespace weft
