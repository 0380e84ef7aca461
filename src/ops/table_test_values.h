/// What tests of tables share: values as texts, errors as texts, tables cut into chunks.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "weft/table.h"

namespace weft::table_test {

inline std::vector<std::string> texts(const Table& table, std::string_view column) {
  std::vector<std::string> out;
  const ColumnData data = table.column(column);
  for (int64_t i = 0; i < data.size(); ++i) out.push_back(data.at(i).to_string());
  return out;
}

/// Each row as one text: "1|null|\"a\"".
inline std::vector<std::string> rows_of(const Table& table) {
  std::vector<std::string> rows(static_cast<size_t>(table.num_rows()));
  for (const auto& name : table.names()) {
    const auto column = texts(table, name);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] += (rows[i].empty() ? "" : "|") + column[i];
  }
  return rows;
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "no error";
}

/// The same table in chunks of random sizes.
inline Table in_parts(const Table& table, std::mt19937_64& random) {
  std::vector<Table> parts = {table.slice(0, 0)};
  for (int64_t from = 0; from < table.num_rows();) {
    const auto n = static_cast<int64_t>(1 + random() % 100);
    parts.push_back(table.slice(from, n));
    from += n;
  }
  return Table::concat(parts);
}

}  // namespace weft::table_test
