#include "cli/show_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/progress.h"

namespace weft::cli {
namespace {

std::string cell_text(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return *text;
  return value.has_value() ? value.to_string() : "null";
}

// The first rows of a table that may still lie in a file, and how many there are in all.
std::pair<Table, int64_t> head_of(const Table& table, int64_t rows_max) {
  const auto known = table.source() ? table.source()->num_rows() : table.num_rows();
  if (!table.source() || !known || rows_max < 0) {
    const Table loaded = table.load();
    const int64_t rows = loaded.num_rows();
    return {loaded.slice(0, rows_max < 0 ? rows : std::min(rows, rows_max)), rows};
  }
  std::vector<Table> parts;
  int64_t rows = 0;
  const auto reader = table.read(table.names());
  while (rows < rows_max) {
    const auto part = reader->next();
    if (!part) break;
    parts.push_back(part->slice(0, std::min(part->num_rows(), rows_max - rows)));
    rows += parts.back().num_rows();
  }
  if (parts.empty()) return {table.slice(0, 0), *known};
  return {Table::concat(parts), *known};
}

}  // namespace

void print_table(const Table& table, int64_t rows_max, const Console& console) {
  const auto [head, rows] = head_of(table, rows_max);
  TextTable text(head.names());
  std::vector<ColumnData> columns;
  for (size_t c = 0; c < head.schema().size(); ++c) {
    columns.push_back(head.column(head.schema()[c].name));
    if (columns.back().type()->is_number()) text.align_right(c);
  }
  for (int64_t row = 0; row < head.num_rows(); ++row) {
    std::vector<std::string> cells;
    for (const ColumnData& column : columns) cells.push_back(cell_text(column.at(row)));
    text.add(std::move(cells));
  }
  text.print(console, TextTable::Overflow::kDropColumns);
  const int64_t more = rows - head.num_rows();
  if (more > 0) {
    console.out << console.ink(Ink::kDim, fmt::format("... {} more row{}", grouped(more),
                                                      more == 1 ? "" : "s"))
                << '\n';
  }
}

void print_values(const NamedValues& values, int64_t rows_max, const Console& console) {
  std::vector<std::pair<int64_t, std::vector<std::pair<std::string, ColumnData>>>> groups;
  bool first = true;
  for (const auto& [name, value] : values) {
    const auto* column = value.get_if<ColumnData>();
    if (column) {
      const int64_t rows = column->size();
      auto group = std::ranges::find(groups, rows, [](const auto& g) { return g.first; });
      if (group == groups.end()) group = groups.insert(groups.end(), {rows, {}});
      group->second.emplace_back(name, *column);
    } else if (!value.get_if<Table>()) {
      console.out << console.ink(Ink::kBold, printable(name)) << " = "
                  << printable(cell_text(value)) << '\n';
      first = false;
    }
  }
  const auto separate = [&] {
    if (!first) console.out << '\n';
    first = false;
  };
  for (auto& [rows, columns] : groups) {
    separate();
    print_table(Table(std::move(columns)), rows_max, console);
  }
  for (const auto& [name, value] : values) {
    const auto* table = value.get_if<Table>();
    if (!table) continue;
    separate();
    console.out << console.ink(Ink::kBold, printable(name) + ":") << '\n';
    print_table(*table, rows_max, console);
  }
}

}  // namespace weft::cli
