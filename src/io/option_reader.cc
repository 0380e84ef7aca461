#include "io/option_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "data/text_form.h"

namespace weft {
namespace {

std::string trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t");
  if (from == text.npos) return "";
  return std::string(text.substr(from, text.find_last_not_of(" \t") - from + 1));
}

Type type_named(const std::string& name) {
  if (const Type type = type_by_name(name)) return type;
  const std::vector<std::string> known = {"bool",      "int32",    "int64",
                                          "float",     "double",   "string",
                                          "timestamp", "duration", "list<double>"};
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("there is no type {}; known are {}{}", quote(name),
                          fmt::join(known, ", "), did_you_mean(name, known)));
}

Value value_of_json(const nlohmann::json& json) {
  if (json.is_boolean()) return Value::of(json.get<bool>());
  if (json.is_number_integer()) return Value::of(json.get<int64_t>());
  if (json.is_number()) return Value::of(json.get<double>());
  if (json.is_string()) return Value::of(json.get<std::string>());
  if (json.is_array() && !json.empty()) {
    const auto all = [&](auto is) { return std::ranges::all_of(json, is); };
    if (all([](const auto& v) { return v.is_number_integer(); })) {
      return Value::of(json.get<std::vector<int64_t>>());
    }
    if (all([](const auto& v) { return v.is_number(); })) {
      return Value::of(json.get<std::vector<double>>());
    }
    if (all([](const auto& v) { return v.is_string(); })) {
      return Value::of(json.get<std::vector<std::string>>());
    }
  }
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("expected a number, text, bool or list of one kind, found {}", json.dump()));
}

}  // namespace

Condition parse_condition(const std::string& text) {
  static constexpr std::pair<std::string_view, Compare> kOperators[] = {
      {" is not null", Compare::kIsNotNull},
      {" is null", Compare::kIsNull},
      {" in ", Compare::kIn},
      {"==", Compare::kEqual},
      {"!=", Compare::kNotEqual},
      {"<=", Compare::kLessEqual},
      {">=", Compare::kGreaterEqual},
      {"<", Compare::kLess},
      {">", Compare::kGreater},
      {"=", Compare::kEqual}};
  // The operator that comes first in the text, the longer one of two at one place.
  size_t at = text.npos;
  std::pair<std::string_view, Compare> chosen;
  for (const auto& candidate : kOperators) {
    const size_t found = text.find(candidate.first);
    if (found < at) {
      at = found;
      chosen = candidate;
    }
  }
  Condition condition;
  if (at != text.npos) condition.column = trimmed(std::string_view(text).substr(0, at));
  if (condition.column.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a filter is written as \"column >= value\", \"column in [1, 2]\" or "
                            "\"column is null\"; found {}",
                            quote(text)));
  }
  condition.op = chosen.second;
  const std::string value = trimmed(std::string_view(text).substr(at + chosen.first.size()));
  if (condition.op == Compare::kIsNull || condition.op == Compare::kIsNotNull) return condition;
  const auto json = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
  condition.value = json.is_discarded() ? Value::of(value) : value_of_json(json);
  return condition;
}

Schema parse_schema(const std::string& text) {
  Schema schema;
  std::string_view rest = text;
  while (!trimmed(rest).empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view part = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const size_t colon = part.rfind(':');
    if (colon == part.npos) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("types are written as \"age: int64, name: string\"; found {}", quote(text)));
    }
    schema.push_back({trimmed(part.substr(0, colon)), type_named(trimmed(part.substr(colon + 1)))});
  }
  return schema;
}

const Value* OptionReader::find(std::string_view name) {
  if (std::ranges::count(known_, name) == 0) known_.emplace_back(name);
  const auto found = options_.find(name);
  return found == options_.end() || !found->second.has_value() ? nullptr : &found->second;
}

void OptionReader::fail(ErrorCode code, std::string_view name, const std::string& problem) const {
  throw Error(code, fmt::format("{}: option {}: {}", what_, name, problem));
}

template <class T>
void OptionReader::read_as(std::string_view name, T& out) {
  const Value* value = find(name);
  if (!value) return;
  try {
    out = value->as(type_of<T>()).template get<T>();
  } catch (const Error& error) {
    fail(ErrorCode::kTypeMismatch, name, error.message());
  }
}

std::string OptionReader::text(std::string_view name) {
  std::string out;
  read_as(name, out);
  if (out.empty() && !later_.contains(std::string(name)))
    fail(ErrorCode::kInvalidArgument, name, "it is needed");
  return out;
}

void OptionReader::read(std::string_view name, std::string& out) { read_as(name, out); }
void OptionReader::read(std::string_view name, bool& out) { read_as(name, out); }
void OptionReader::read(std::string_view name, int64_t& out) { read_as(name, out); }
void OptionReader::read(std::string_view name, int& out) { read_as(name, out); }

void OptionReader::read(std::string_view name, char& out) {
  std::string text(1, out);
  read_as(name, text);
  if (text.size() > 1) {
    fail(ErrorCode::kInvalidArgument, name,
         fmt::format("expected one character, found {}", quote(text)));
  }
  out = text.empty() ? '\0' : text[0];
}

void OptionReader::read(std::string_view name, std::vector<std::string>& out) {
  const Value* value = find(name);
  if (!value) return;
  if (const auto* one = value->get_if<std::string>()) {
    out = {*one};
    return;
  }
  read_as(name, out);
}

void OptionReader::read(std::string_view name, Schema& out) {
  const Value* value = find(name);
  if (!value) return;
  if (const auto* schema = value->get_if<Schema>()) {
    out = *schema;
  } else if (const auto* named = value->get_if<Values>()) {
    out.clear();
    for (const auto& [column, type] : *named) {
      out.push_back({column, type_named(type.as(string_type()).get<std::string>())});
    }
  } else {
    std::string text;
    read_as(name, text);
    out = parse_schema(text);
  }
}

void OptionReader::read(std::string_view name, Filter& out) {
  const Value* value = find(name);
  if (!value) return;
  if (const auto* filter = value->get_if<Filter>()) {
    out = *filter;
    return;
  }
  std::vector<std::string> texts;
  read(name, texts);
  out.clear();
  for (const std::string& text : texts) out.push_back(parse_condition(text));
}

std::optional<size_t> OptionReader::choice(std::string_view name,
                                           const std::vector<std::string>& texts) {
  std::string text;
  read_as(name, text);
  if (text.empty()) return {};
  const auto found = std::ranges::find(texts, text);
  if (found == texts.end()) {
    fail(ErrorCode::kInvalidArgument, name,
         fmt::format("expected one of {}, found {}{}", fmt::join(texts, ", "), quote(text),
                     did_you_mean(text, texts)));
  }
  return static_cast<size_t>(found - texts.begin());
}

void OptionReader::finish() const {
  std::set<std::string> names = later_;
  for (const auto& [name, value] : options_) names.insert(name);
  for (const std::string& name : names) {
    if (std::ranges::count(known_, name) > 0) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} has no option {}{}; it has {}", what_, quote(name),
                            did_you_mean(name, known_), fmt::join(known_, ", ")));
  }
}

}  // namespace weft
