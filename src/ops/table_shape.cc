// Verbs that turn rows into columns and columns into rows.
#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>

#include "data/arrow.h"
#include "data/text_form.h"
#include "ops/group_aggregate.h"
#include "ops/group_ids.h"
#include "ops/table_columns.h"

namespace weft {
namespace {

// Which row of the cells stands at each row and column of a pivoted table.
struct Cells {
  std::vector<int32_t> cell_of_row;         // [rows] of the table
  std::vector<int64_t> first_row;           // [cells]
  std::vector<std::vector<int64_t>> place;  // [columns][index rows] a cell, or -1
};

Cells lay_out(const GroupIds& index, const GroupIds& columns, std::span<const size_t> rank) {
  const ColumnData keys[] = {column_from(index.group), column_from(columns.group)};
  GroupIds cells = group_rows(keys);
  Cells out;
  out.place.assign(columns.first_rows.size(), std::vector<int64_t>(index.first_rows.size(), -1));
  for (size_t cell = 0; cell < cells.first_rows.size(); ++cell) {
    const auto row = static_cast<size_t>(cells.first_rows[cell]);
    out.place[rank[static_cast<size_t>(columns.group[row])]]
             [static_cast<size_t>(index.group[row])] = static_cast<int64_t>(cell);
  }
  out.cell_of_row = std::move(cells.group);
  out.first_row = std::move(cells.first_rows);
  return out;
}

void check_one_row_a_cell(const Cells& cells) {
  if (cells.first_row.size() == cells.cell_of_row.size()) return;
  for (size_t i = 0; i < cells.cell_of_row.size(); ++i) {
    const int64_t first = cells.first_row[static_cast<size_t>(cells.cell_of_row[i])];
    if (first == static_cast<int64_t>(i)) continue;
    throw Error(ErrorCode::kBadData,
                fmt::format("pivot: rows {} and {} (from 0) meet in one cell; give an aggregate "
                            "that makes one value of them",
                            first, i));
  }
}

GroupIds index_rows(const Table& table, const ColumnNames& index) {
  GroupIds ids;
  if (!index.empty()) return group_rows(columns_named(table, index));
  ids.group.resize(static_cast<size_t>(table.num_rows()));
  ids.first_rows.assign(table.num_rows() > 0 ? 1 : 0, 0);
  return ids;
}

void check_pivot(const PivotOptions& options) {
  if (options.values.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "pivot: no column of values is given");
  }
  for (const auto& name : options.values) {
    if (std::ranges::find(options.index, name) != options.index.end() || name == options.columns) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("pivot: {} is a column of values and of the index or columns", quote(name)));
    }
  }
}

}  // namespace

Table pivot(const Table& whole, const PivotOptions& options) {
  check_pivot(options);
  const Table table = whole.load();
  const GroupIds index = index_rows(table, options.index);
  const ColumnData heads_of_rows = table.column(options.columns);
  const GroupIds columns = group_rows(std::span(&heads_of_rows, 1));
  const ColumnData unsorted = heads_of_rows.take(columns.first_rows);
  const SortOrder order = ascending;
  const std::vector<int64_t> sorted =
      sorted_rows(std::span(&unsorted, 1), std::span(&order, 1), std::span(&options.columns, 1));
  std::vector<size_t> rank(sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) rank[static_cast<size_t>(sorted[i])] = i;
  const ColumnData heads = unsorted.take(sorted);
  const Cells cells = lay_out(index, columns, rank);
  if (options.aggregate.empty()) check_one_row_a_cell(cells);

  NamedColumns out;
  for (const auto& name : options.index) {
    out.emplace_back(name, table.column(name).take(index.first_rows));
  }
  for (const auto& value : options.values) {
    const ColumnData values =
        options.aggregate.empty()
            ? table.column(value).take(cells.first_row)
            : aggregate_groups(table, {value, options.aggregate, value, options.options},
                               cells.cell_of_row, static_cast<int64_t>(cells.first_row.size()));
    for (size_t c = 0; c < cells.place.size(); ++c) {
      const std::string head = name_of_value(heads.at(static_cast<int64_t>(c)));
      out.emplace_back(options.values.size() == 1 ? head : value + "_" + head,
                       values.take(cells.place[c]));
    }
  }
  return Table(std::move(out));
}

namespace {

ColumnNames unpivoted_names(const Table& table, const UnpivotOptions& options) {
  if (!options.on.empty()) return options.on;
  ColumnNames names;
  for (const auto& name : table.names()) {
    if (std::ranges::find(options.index, name) == options.index.end()) names.push_back(name);
  }
  return names;
}

ColumnData stacked(std::span<const ColumnData> columns, std::span<const std::string> names) {
  Type type = columns[0].type();
  for (size_t c = 1; c < columns.size(); ++c) {
    const Type both = widest(type, columns[c].type());
    if (!both) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("unpivot: column {} is {}, and {} is {}: they do not go in one",
                              quote(names[0]), columns[0].type()->name, quote(names[c]),
                              columns[c].type()->name));
    }
    type = both;
  }
  arrow::ArrayVector chunks;
  for (const ColumnData& column : columns) {
    const auto part = column.as(type).arrow()->chunks();
    chunks.insert(chunks.end(), part.begin(), part.end());
  }
  return column_of(type,
                   std::make_shared<arrow::ChunkedArray>(std::move(chunks), type_to_arrow(type)));
}

}  // namespace

Table unpivot(const Table& whole, const UnpivotOptions& options) {
  const Table table = whole.load();
  const ColumnNames names = unpivoted_names(table, options);
  if (names.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "unpivot: there is no column to turn into rows");
  }
  const std::vector<ColumnData> columns = columns_named(table, names);
  NamedColumns out;
  for (const auto& name : options.index) {
    const std::vector<ColumnData> repeated(names.size(), table.column(name));
    out.emplace_back(name, stacked(repeated, std::vector<std::string>(names.size(), name)));
  }
  arrow::StringBuilder variables;
  for (const auto& name : names) {
    throw_if_failed(variables.ReserveData(static_cast<int64_t>(name.size()) * table.num_rows()),
                    "unpivot");
    for (int64_t i = 0; i < table.num_rows(); ++i) {
      throw_if_failed(variables.Append(name), "unpivot");
    }
  }
  out.emplace_back(options.variable,
                   column_of(string_type(), std::make_shared<arrow::ChunkedArray>(
                                                value_or_throw(variables.Finish(), "unpivot"))));
  out.emplace_back(options.value, stacked(columns, names));
  return Table(std::move(out));
}

namespace {

// The categories as a column: those given, else the column's values, sorted.
ColumnData categories_of(const ColumnData& column, const std::string& name,
                         const OneHotOptions& options) {
  if (!options.categories.empty()) {
    for (const Value& category : options.categories) {
      if (category.has_value()) continue;
      throw Error(ErrorCode::kInvalidArgument, "one_hot: null is no category");
    }
    return ColumnData::of_values(column.type(), options.categories);
  }
  const GroupIds ids = group_rows(std::span(&column, 1), NullKeys::kLeftOut);
  const ColumnData unsorted = column.take(ids.first_rows);
  const SortOrder order = ascending;
  return unsorted.take(
      sorted_rows(std::span(&unsorted, 1), std::span(&order, 1), std::span(&name, 1)));
}

}  // namespace

Table one_hot(const Table& table, std::string_view column, const OneHotOptions& options) {
  const std::string name(column);
  const Table loaded = table.load();
  const ColumnData values = loaded.column(name);
  const ColumnData categories = categories_of(values, name, options);
  GroupIndex index({values.type()}, NullKeys::kLeftOut);
  add_columns(index, std::span(&categories, 1));
  if (index.size() != static_cast<int32_t>(categories.size())) {
    throw Error(ErrorCode::kInvalidArgument, "one_hot: a category is given twice");
  }
  const std::vector<int32_t> found = find_columns(index, std::span(&values, 1));
  NamedColumns out;
  for (const auto& other : loaded.names()) {
    if (other != name) {
      out.emplace_back(other, loaded.column(other));
      continue;
    }
    std::vector<char> is(found.size());
    for (int64_t c = 0; c < categories.size(); ++c) {
      for (size_t i = 0; i < found.size(); ++i) is[i] = found[i] == static_cast<int32_t>(c);
      out.emplace_back(
          (options.prefix.empty() ? name : options.prefix) + "_" + name_of_value(categories.at(c)),
          bool_column(is));
    }
  }
  return Table(std::move(out));
}

Table explode(const Table& table, std::string_view column) {
  const std::string name(column);
  const Table loaded = table.load();
  const ColumnData lists = loaded.column(name);
  if (lists.type()->kind != Kind::kList) {
    throw Error(ErrorCode::kTypeMismatch, fmt::format("explode: column {} is {}, and not a list",
                                                      quote(name), lists.type()->name));
  }
  const auto array = std::static_pointer_cast<arrow::ListArray>(one_array(lists));
  std::vector<int64_t> rows;
  std::vector<int64_t> elements;
  for (int64_t i = 0; i < array->length(); ++i) {
    const int64_t begin = array->value_offset(i);
    const int64_t end = array->IsNull(i) ? begin : array->value_offset(i + 1);
    for (int64_t at = begin; at < end; ++at) {
      rows.push_back(i);
      elements.push_back(at);
    }
    if (begin < end) continue;
    rows.push_back(i);
    elements.push_back(-1);
  }
  const ColumnData values =
      column_of(lists.type()->element, std::make_shared<arrow::ChunkedArray>(array->values()));
  NamedColumns out;
  for (const auto& other : loaded.names()) {
    out.emplace_back(other,
                     other == name ? values.take(elements) : loaded.column(other).take(rows));
  }
  return Table(std::move(out));
}

}  // namespace weft
