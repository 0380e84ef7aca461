#include "server/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "server/json_cell.h"
#include "weft/error.h"

namespace weft {
namespace {

using JsonKind = JsonValue::Kind;

constexpr size_t kBadMax = 100;
constexpr size_t kBadShown = 5;
constexpr size_t kCellsMax = size_t{4} << 20;

// One column's values, by row; rows without one are null.
struct Column {
  std::string name;
  std::vector<std::optional<JsonValue>> values = {};
};

// The type that holds both, if there is one; null stands for a value that says nothing.
Type common_type(Type a, Type b) {
  if (!a || !b) return a ? a : b;
  if (a->kind == Kind::kList && b->kind == Kind::kList) {
    const Type element = common_type(a->element, b->element);
    return element ? list_type(element) : nullptr;
  }
  if (widens(a, b)) return b;
  return widens(b, a) ? a : nullptr;
}

Type type_of_json(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kBool:
      return bool_type();
    case JsonKind::kInteger:
      return int64_type();
    case JsonKind::kUnsigned:
    case JsonKind::kDouble:
      return double_type();
    case JsonKind::kText:
      return string_type();
    case JsonKind::kList: {
      Type element = nullptr;
      for (const JsonValue each : value) {
        const Type next = common_type(element, type_of_json(each));
        if (element && !next) break;  // a JsonCell says what is wrong
        element = next;
      }
      return list_type(element ? element : double_type());
    }
    default:
      return nullptr;
  }
}

Type inferred_type(const Column& column) {
  Type type = nullptr;
  for (const auto& value : column.values) {
    if (!value || value->is_null()) continue;
    const Type next = common_type(type, type_of_json(*value));
    if (type && !next) return type;
    type = next;
  }
  return type;
}

bool starts_with_text(const Column& column) {
  for (const auto& value : column.values) {
    if (value && !value->is_null()) return value->is_text();
  }
  return false;
}

class TableMaker {
 public:
  explicit TableMaker(const ColumnType& type) : type_(type) {}

  TakenRows make(const std::vector<Column>& columns) {
    std::vector<std::pair<std::string, ColumnData>> made;
    for (const Column& column : columns) {
      Type type = type_(column.name, starts_with_text(column));
      if (!type) type = inferred_type(column);
      if (type) made.emplace_back(column.name, column_of(column, type));
    }
    if (taken_.bad_count == 0) taken_.rows = Table(std::move(made));
    std::ranges::stable_sort(taken_.bad, {}, &BadValue::row);
    return std::move(taken_);
  }

 private:
  ColumnData column_of(const Column& column, Type type) {
    ColumnBuilder builder(type);
    for (size_t row = 0; row < column.values.size(); ++row) {
      const auto& value = column.values[row];
      if (!value || value->is_null()) {
        builder.append_null();
        continue;
      }
      std::string problem = cell_.set(*value, type);
      if (problem.empty()) {
        builder.append_stored(cell_.slot());
        continue;
      }
      builder.append_null();
      ++taken_.bad_count;
      if (taken_.bad.size() < kBadMax) {
        taken_.bad.push_back({static_cast<int64_t>(row), column.name, std::move(problem)});
      }
    }
    return builder.finish();
  }

  const ColumnType& type_;
  TakenRows taken_;
  JsonCell cell_;
};

}  // namespace

TakenRows rows_of_columns(const JsonValue& columns, const ColumnType& type) {
  if (!columns.is_object()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected an object of columns, each a list; found " + columns.shown());
  }
  std::vector<Column> all;
  std::map<std::string, size_t, std::less<>> known;
  for (auto it = columns.begin(); it != columns.end(); ++it) {
    Column column{.name = std::string((*it).text())};
    ++it;
    if (!(*it).is_list()) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("column '{}': expected a list, found {}",
                                                           column.name, (*it).shown()));
    }
    for (const JsonValue value : *it) column.values.emplace_back(value);
    if (!all.empty() && all[0].values.size() != column.values.size()) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("columns differ in length: '{}' has {} values, '{}' has {}", all[0].name,
                      all[0].values.size(), column.name, column.values.size()));
    }
    const auto [at, is_new] = known.emplace(column.name, all.size());
    if (is_new) all.push_back(std::move(column));
    if (!is_new) all[at->second] = std::move(column);
  }
  return TableMaker(type).make(all);
}

TakenRows rows_of_objects(const JsonValue& objects, const ColumnType& type) {
  if (!objects.is_list()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a list of rows, each an object; found " + objects.shown());
  }
  const auto n = static_cast<size_t>(objects.size());
  std::vector<Column> all;
  std::map<std::string, size_t, std::less<>> known;
  size_t row = 0;
  for (const JsonValue object : objects) {
    if (!object.is_object()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("row {}: expected an object, found {}", row, object.shown()));
    }
    for (auto it = object.begin(); it != object.end(); ++it) {
      const std::string_view name = (*it).text();
      auto found = known.find(name);
      if (found == known.end()) {
        found = known.emplace(name, all.size()).first;
        // Names that differ in each row would take rows times rows of memory.
        if ((all.size() + 1) * n > kCellsMax) {
          throw Error(ErrorCode::kResourceLimit,
                      fmt::format("{} rows of more than {} columns: send fewer rows at a time", n,
                                  all.size()));
        }
        all.push_back({.name = std::string(name)});
      }
      ++it;
      auto& values = all[found->second].values;
      values.resize(row);
      values.emplace_back(*it);
    }
    ++row;
  }
  for (Column& column : all) column.values.resize(n);
  return TableMaker(type).make(all);
}

std::string bad_values_text(const TakenRows& taken) {
  std::string text =
      fmt::format("{} value{} cannot be taken", taken.bad_count, taken.bad_count == 1 ? "" : "s");
  for (size_t i = 0; i < taken.bad.size() && i < kBadShown; ++i) {
    const BadValue& bad = taken.bad[i];
    text += fmt::format("; row {}, column '{}': {}", bad.row, bad.column, bad.reason);
  }
  return text;
}

}  // namespace weft
