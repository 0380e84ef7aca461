#include "cli/json_text.h"

#include <arrow/api.h>

#include <nlohmann/json.hpp>

#include "io/json_text.h"

namespace weft::cli {
namespace {

void append_column(const ColumnData& column, std::string& out) {
  out += '[';
  bool first = true;
  for (const auto& chunk : column.arrow()->chunks()) {
    const auto writer = make_cell_writer(*chunk, TextForm::kJson);
    for (int64_t row = 0; row < chunk->length(); ++row) {
      if (!first) out += ", ";
      first = false;
      if (writer->is_null(row)) {
        out += "null";
      } else {
        writer->append(row, out);
      }
    }
  }
  out += ']';
}

void append_table(const Table& table, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& name : table.names()) {
    if (!first) out += ", ";
    first = false;
    out += json_string(name) + ": ";
    append_column(table.column(name), out);
  }
  out += '}';
}

void append_values(const Values& values, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : values) {
    if (!first) out += ", ";
    first = false;
    out += json_string(name) + ": ";
    append_json(value, out);
  }
  out += '}';
}

}  // namespace

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_json(const Value& value, std::string& out) {
  if (!value.has_value()) {
    out += "null";
  } else if (const auto* column = value.get_if<ColumnData>()) {
    append_column(*column, out);
  } else if (const auto* table = value.get_if<Table>()) {
    append_table(*table, out);
  } else if (const auto* values = value.get_if<Values>()) {
    append_values(*values, out);
  } else if (const auto* list = value.get_if<ValueList>()) {
    out += '[';
    for (size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out += ", ";
      append_json((*list)[i], out);
    }
    out += ']';
  } else if (value.type()->is_object()) {
    out += json_string(value.to_string());
  } else {
    // A column of one row has the same form in every place where rows become JSON.
    std::string cells;
    append_column(ColumnData::of_values(value.type(), std::span(&value, 1)), cells);
    out += cells.substr(1, cells.size() - 2);
  }
}

}  // namespace weft::cli
