#include "exec/check_quarantine.h"

#include <algorithm>

namespace weft {
namespace {

// Ascending, each once.
std::vector<int64_t> rows_of(std::span<const Value> reports) {
  std::vector<int64_t> rows;
  for (const Value& value : reports) {
    const auto& report = value.get<CheckReport>();
    if (!report.all_failed_rows || report.importance != Importance::kQuarantine) continue;
    rows.insert(rows.end(), report.all_failed_rows->begin(), report.all_failed_rows->end());
  }
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

// Rows [0, n) where the bad ones are -1, which take() makes null, or are left out.
std::vector<int64_t> other_rows(int64_t n, const std::vector<int64_t>& bad, bool as_null) {
  std::vector<int64_t> rows;
  rows.reserve(static_cast<size_t>(n));
  auto next = bad.begin();
  for (int64_t row = 0; row < n; ++row) {
    const bool is_bad = next != bad.end() && *next == row;
    if (is_bad) ++next;
    if (!is_bad) {
      rows.push_back(row);
    } else if (as_null) {
      rows.push_back(-1);
    }
  }
  return rows;
}

// A name the table does not have yet.
std::string free_name(const Table& table, std::string name) {
  while (table.has(name)) name += "_";
  return name;
}

}  // namespace

Value leave_out_bad_rows(std::span<const Value> values) {
  const Value& data = values[0];
  const std::vector<int64_t> bad = rows_of(values.subspan(1));
  if (bad.empty()) return data;
  if (const auto* column = data.get_if<ColumnData>()) {
    return Value::of(column->take(other_rows(column->size(), bad, true)));
  }
  if (const auto* table = data.get_if<Table>()) {
    const Table loaded = table->load();
    return Value::of(loaded.take(other_rows(loaded.num_rows(), bad, false)));
  }
  return Value::null(data.type());
}

Table bad_rows(const Value& data, const CheckReport& report, bool hide_values) {
  const std::vector<int64_t>& rows = *report.all_failed_rows;
  const std::vector<std::string> node(rows.size(), report.node);
  const std::vector<std::string> check(rows.size(), report.check);
  Table own;
  if (const auto* table = data.get_if<Table>()) own = table->load().take(rows);
  std::vector<std::pair<std::string, ColumnData>> columns = {
      {free_name(own, "node"), ColumnData::of(node)},
      {free_name(own, "check"), ColumnData::of(check)},
      {free_name(own, "row"), ColumnData::of(rows)}};
  if (hide_values) return Table(std::move(columns));
  if (const auto* column = data.get_if<ColumnData>()) {
    columns.emplace_back("value", column->take(rows));
  } else if (!data.get_if<Table>()) {
    columns.emplace_back("value", ColumnData::of_values(data.type(), {{data}}));
  }
  for (const auto& name : own.names()) columns.emplace_back(name, own.column(name));
  return Table(std::move(columns));
}

}  // namespace weft
