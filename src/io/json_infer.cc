#include "io/json_infer.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "data/arrow.h"
#include "data/text_form.h"

namespace weft {
namespace {

using nlohmann::ordered_json;

// What values seen so far have in common.
enum class Seen : uint8_t {
  kNothing,
  kBool,
  kInteger,
  kReal,
  kOddNumber,  // only "NaN" and infinities as texts: numbers if there are numbers too
  kTime,
  kText,
  kList,
  kObject,
};

struct Shape {
  Seen seen = Seen::kNothing;
  std::vector<std::pair<std::string, Shape>> children;  // a list's element has the name ""
};

Seen seen_of(const ordered_json& value) {
  if (value.is_boolean()) return Seen::kBool;
  if (value.is_number_integer()) return Seen::kInteger;
  if (value.is_number()) return Seen::kReal;
  if (value.is_array()) return Seen::kList;
  if (value.is_object()) return Seen::kObject;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") return Seen::kOddNumber;
  return parse_time(text) ? Seen::kTime : Seen::kText;
}

bool is_number(Seen seen) {
  return seen == Seen::kInteger || seen == Seen::kReal || seen == Seen::kOddNumber;
}
bool is_text(Seen seen) {
  return seen == Seen::kTime || seen == Seen::kText || seen == Seen::kOddNumber;
}

const char* name_of(Seen seen) {
  switch (seen) {
    case Seen::kBool:
      return "a bool";
    case Seen::kInteger:
    case Seen::kReal:
      return "a number";
    case Seen::kList:
      return "a list";
    case Seen::kObject:
      return "an object";
    default:
      return "a text";
  }
}

Shape& child(Shape& shape, const std::string& name) {
  for (auto& [known, below] : shape.children) {
    if (known == name) return below;
  }
  return shape.children.emplace_back(name, Shape{}).second;
}

// "" or why the value does not fit what was seen before.
std::string merge(Shape& shape, const ordered_json& value) {
  if (value.is_null()) return "";
  const Seen now = seen_of(value);
  const Seen before = shape.seen;
  if (before == Seen::kNothing || before == now) {
    shape.seen = now;
  } else if (is_number(before) && is_number(now)) {
    shape.seen = Seen::kReal;
  } else if (is_text(before) && is_text(now)) {
    shape.seen = Seen::kText;
  } else {
    return fmt::format("{} here and {} in a row before", name_of(now), name_of(before));
  }
  if (value.is_array()) {
    Shape& element = child(shape, "");
    for (const auto& v : value) {
      if (std::string problem = merge(element, v); !problem.empty()) return problem;
    }
  }
  if (value.is_object()) {
    for (const auto& [key, v] : value.items()) {
      if (std::string problem = merge(child(shape, key), v); !problem.empty()) return problem;
    }
  }
  return "";
}

std::shared_ptr<arrow::DataType> type_of_shape(const Shape& shape) {
  switch (shape.seen) {
    case Seen::kBool:
      return arrow::boolean();
    case Seen::kInteger:
      return arrow::int64();
    case Seen::kReal:
      return arrow::float64();
    case Seen::kTime:
      return type_to_arrow(timestamp_type());
    case Seen::kList:
      return arrow::list(type_of_shape(shape.children[0].second));
    case Seen::kObject: {
      arrow::FieldVector fields;
      for (const auto& [name, below] : shape.children) {
        fields.push_back(arrow::field(name, type_of_shape(below)));
      }
      return arrow::struct_(std::move(fields));
    }
    default:
      return arrow::utf8();
  }
}

[[noreturn]] void fail_row(std::string_view text, const std::string& path, int64_t line,
                           const std::string& why) {
  std::string found(text.substr(0, 60));
  if (text.size() > 60) found += "...";
  throw Error(ErrorCode::kBadData, fmt::format("{}:{}: expected a JSON object, found {}{}", path,
                                               line, quote(found), why));
}

template <class Json>
Json parse_row(std::string_view text, const std::string& path, int64_t line) {
  try {
    Json row = Json::parse(text);
    if (!row.is_object()) fail_row(text, path, line, "");
    return row;
  } catch (const nlohmann::json::exception& e) {
    // "[json.exception.parse_error.101] parse error at line 1, column 8: ...": what tells the
    // place.
    const std::string what = e.what();
    const size_t column = what.find("column ");
    fail_row(text, path, line, column == what.npos ? "" : " (" + what.substr(column) + ")");
  }
}

}  // namespace

nlohmann::json parse_json_row(std::string_view text, const std::string& path, int64_t line) {
  return parse_row<nlohmann::json>(text, path, line);
}

struct JsonInference::State {
  std::string path;
  std::set<std::string> declared;
  std::vector<std::string> keys;
  Shape rows;
};

JsonInference::JsonInference(std::string path) : state_(std::make_unique<State>()) {
  state_->path = std::move(path);
}
JsonInference::~JsonInference() = default;

void JsonInference::declare(const std::string& key) { state_->declared.insert(key); }

void JsonInference::add(const TextBlock& block) {
  CsvRows lines(*block.text, {.delimiter = '\0', .quote = '\0'}, block.first_line);
  while (lines.next()) {
    const auto text = lines.row_text();
    if (text.find_first_not_of(" \t") == text.npos) continue;
    const auto row = parse_row<ordered_json>(text, state_->path, lines.line());
    for (const auto& [key, value] : row.items()) {
      if (std::ranges::count(state_->keys, key) == 0) state_->keys.push_back(key);
      if (state_->declared.contains(key)) continue;
      const std::string problem = merge(child(state_->rows, key), value);
      if (problem.empty()) continue;
      throw Error(ErrorCode::kBadData,
                  fmt::format("{}:{}: key {}: {}; declare its type in `types`", state_->path,
                              lines.line(), quote(key), problem));
    }
  }
}

bool JsonInference::complete() const {
  return std::ranges::none_of(state_->rows.children,
                              [](const auto& c) { return c.second.seen == Seen::kNothing; });
}

arrow::FieldVector JsonInference::fields() const {
  arrow::FieldVector fields;
  for (const auto& [name, shape] : state_->rows.children) {
    fields.push_back(arrow::field(name, type_of_shape(shape)));
  }
  return fields;
}

const std::vector<std::string>& JsonInference::keys() const { return state_->keys; }

}  // namespace weft
