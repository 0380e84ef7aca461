// What is in a table, column by column.
#include <algorithm>

#include "ops/group_aggregate.h"
#include "ops/group_ids.h"
#include "ops/table_columns.h"

namespace weft {
namespace {

// The aggregate of the whole column; null where its type has none.
Value aggregate_all(const char* name, const ColumnData& column,
                    const std::vector<int32_t>& one_group) {
  const Type types[] = {column.type()};
  AggregatePtr function;
  try {
    function = make_aggregate(name, types);
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kTypeMismatch) throw;
    return {};
  }
  return aggregate_groups(*function, std::span(&column, 1), one_group, 1).at(0);
}

}  // namespace

Table describe(const Table& table) {
  const Table loaded = table.load();
  const std::vector<int32_t> one_group(static_cast<size_t>(loaded.num_rows()), 0);
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::vector<int64_t> counts;
  std::vector<int64_t> nulls;
  std::vector<std::optional<std::string>> extremes[2];
  std::vector<Value> moments[2];
  std::vector<int64_t> distinct;
  for (const auto& [name, type] : loaded.schema()) {
    const ColumnData column = loaded.column(name);
    names.push_back(name);
    types.push_back(type->name);
    nulls.push_back(column.null_count());
    counts.push_back(column.size() - column.null_count());
    const char* extreme_names[] = {"min", "max"};
    for (size_t k = 0; k < 2; ++k) {
      const Value value = aggregate_all(extreme_names[k], column, one_group);
      extremes[k].push_back(value.has_value() ? std::optional(name_of_value(value)) : std::nullopt);
    }
    const char* moment_names[] = {"mean", "stddev"};
    for (size_t k = 0; k < 2; ++k) {
      // Times have a mean too, but not one that stands in a column of doubles.
      const bool number = column.type()->is_number();
      moments[k].push_back(number ? aggregate_all(moment_names[k], column, one_group) : Value());
    }
    distinct.push_back(group_rows(std::span(&column, 1), NullKeys::kLeftOut).size());
  }
  return {{"column", ColumnData::of(names)},
          {"type", ColumnData::of(types)},
          {"count", ColumnData::of(counts)},
          {"nulls", ColumnData::of(nulls)},
          {"min", ColumnData::of(extremes[0])},
          {"max", ColumnData::of(extremes[1])},
          {"mean", ColumnData::of_values(double_type(), moments[0])},
          {"std", ColumnData::of_values(double_type(), moments[1])},
          {"distinct", ColumnData::of(distinct)}};
}

}  // namespace weft
