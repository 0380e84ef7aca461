// Verbs that choose, order and stack rows.
#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <unordered_set>

#include "data/arrow.h"
#include "data/text_form.h"
#include "ops/group_ids.h"
#include "ops/table_columns.h"

namespace weft {
namespace {

Table filter_rows_by(const Table& table, const ColumnData& keep, const std::string& what) {
  if (keep.type() != bool_type()) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("filter: {} is {}, and has to be bool", what, keep.type()->name));
  }
  if (keep.size() != table.num_rows()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("filter: {} has {} rows, the table has {}",
                                                         what, keep.size(), table.num_rows()));
  }
  std::vector<int64_t> rows;
  int64_t start = 0;
  for (const auto& chunk : keep.arrow()->chunks()) {
    const auto& bits = static_cast<const arrow::BooleanArray&>(*chunk);
    for (int64_t i = 0; i < bits.length(); ++i) {
      if (bits.IsValid(i) && bits.Value(i)) rows.push_back(start + i);
    }
    start += bits.length();
  }
  if (static_cast<int64_t>(rows.size()) == keep.size()) return table;
  return table.take(rows);
}

// Evenly from [0, bound), the same on every machine.
uint64_t draw(std::mt19937_64& random, uint64_t bound) {
  const uint64_t uneven = -bound % bound;  // as many low values would come once too often
  uint64_t r = random();
  while (r < uneven) r = random();
  return r % bound;
}

void check_rows(const char* verb, int64_t rows) {
  if (rows >= 0) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}: the number of rows has to be 0 or more, is {}", verb, rows));
}

}  // namespace

Table filter(const Table& table, const ColumnData& keep) {
  return filter_rows_by(table, keep, "the column of what to keep");
}

Table filter(const Table& table, std::string_view predicate) {
  return filter_rows_by(table, table.column(predicate), "column " + quote(predicate));
}

Table sort_by(const Table& table, const std::vector<SortKey>& keys) {
  if (keys.empty()) return table;
  std::vector<std::string> names;
  std::vector<SortOrder> orders;
  for (const SortKey& key : keys) {
    names.push_back(key.column);
    orders.push_back(key.order);
  }
  const Table loaded = table.load();
  return loaded.take(sorted_rows(columns_named(loaded, names), orders, names));
}

Table head(const Table& table, int64_t rows) {
  check_rows("head", rows);
  return table.slice(0, rows);
}

Table tail(const Table& table, int64_t rows) {
  check_rows("tail", rows);
  const int64_t all = table.num_rows();
  return table.slice(all - std::min(all, rows), rows);
}

Table sample(const Table& table, int64_t rows, uint64_t seed) {
  check_rows("sample", rows);
  const auto all = static_cast<uint64_t>(table.num_rows());
  if (static_cast<uint64_t>(rows) >= all) return table;
  // Floyd's algorithm: each set of rows is as likely as any other, and few are drawn.
  std::mt19937_64 random(seed);
  std::unordered_set<uint64_t> drawn;
  for (uint64_t last = all - static_cast<uint64_t>(rows); last < all; ++last) {
    if (!drawn.insert(draw(random, last + 1)).second) drawn.insert(last);
  }
  std::vector<int64_t> numbers(drawn.begin(), drawn.end());
  std::ranges::sort(numbers);
  return table.take(numbers);
}

Table distinct(const Table& table, const ColumnNames& keys, Keep keep) {
  const Table loaded = table.load();
  const GroupIds ids = group_rows(columns_named(loaded, keys.empty() ? loaded.names() : keys));
  if (static_cast<int64_t>(ids.first_rows.size()) == loaded.num_rows()) return loaded;
  if (keep == Keep::kFirst) return loaded.take(ids.first_rows);
  std::vector<int64_t> last(ids.first_rows.size());
  for (size_t i = 0; i < ids.group.size(); ++i) {
    last[static_cast<size_t>(ids.group[i])] = static_cast<int64_t>(i);
  }
  std::ranges::sort(last);
  return loaded.take(last);
}

Table union_all(const std::vector<Table>& tables) {
  std::vector<Table> loaded;
  for (const Table& table : tables) loaded.push_back(table.load());
  return Table::concat(loaded);
}

namespace {

// The type a column has in the union; a part that is all null fits any.
Type type_in_union(const std::vector<Table>& tables, const std::string& name) {
  Type type = nullptr;
  Type of_nulls = nullptr;
  for (size_t t = 0; t < tables.size(); ++t) {
    if (!tables[t].has(name)) continue;
    const ColumnData column = tables[t].column(name);
    if (column.null_count() == column.size()) {
      if (!of_nulls) of_nulls = column.type();
      continue;
    }
    const Type both = type ? widest(type, column.type()) : column.type();
    if (!both) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("union_by_name: column {} is {} in table {}, and {} before",
                              quote(name), column.type()->name, t + 1, type->name));
    }
    type = both;
  }
  return type ? type : of_nulls;
}

}  // namespace

Table union_by_name(const std::vector<Table>& tables) {
  std::vector<Table> loaded;
  std::vector<std::string> names;
  for (const Table& table : tables) {
    loaded.push_back(table.load());
    for (const auto& name : loaded.back().names()) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  NamedColumns columns;
  for (const auto& name : names) {
    const Type type = type_in_union(loaded, name);
    arrow::ArrayVector chunks;
    for (const Table& table : loaded) {
      if (table.has(name)) {
        const auto part = table.column(name).as(type).arrow()->chunks();
        chunks.insert(chunks.end(), part.begin(), part.end());
      } else {
        chunks.push_back(value_or_throw(
            arrow::MakeArrayOfNull(type_to_arrow(type), table.num_rows()), "making nulls"));
      }
    }
    columns.emplace_back(name, column_of(type, std::make_shared<arrow::ChunkedArray>(
                                                   std::move(chunks), type_to_arrow(type))));
  }
  return Table(std::move(columns));
}

}  // namespace weft
