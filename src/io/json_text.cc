#include "io/json_text.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "data/arrow.h"
#include "data/text_form.h"
#include "weft/types.h"

namespace weft {
namespace {

using nlohmann::json;

std::string mismatch(std::string_view expected, const json& found) {
  std::string text = found.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return fmt::format("expected {}, found {}", expected, text);
}

template <class Builder>
std::string append_integer(Builder& builder, const json& value, std::string_view name) {
  using T = typename Builder::value_type;
  if (value.is_number_unsigned()) {
    const auto v = value.get<uint64_t>();
    if (v > static_cast<uint64_t>(std::numeric_limits<T>::max())) {
      return mismatch(fmt::format("{} (at most {})", name, std::numeric_limits<T>::max()), value);
    }
    throw_if_failed(builder.Append(static_cast<T>(v)), "reading JSON");
    return "";
  }
  if (value.is_number_integer()) {
    const auto v = value.get<int64_t>();
    if (v < std::numeric_limits<T>::min() || v > std::numeric_limits<T>::max()) {
      return mismatch(name, value);
    }
    throw_if_failed(builder.Append(static_cast<T>(v)), "reading JSON");
    return "";
  }
  return mismatch(name, value);
}

template <class Builder>
std::string append_real(Builder& builder, const json& value, std::string_view name) {
  using T = typename Builder::value_type;
  double v = 0;
  if (value.is_number()) {
    v = value.get<double>();
  } else if (value == "NaN") {
    v = std::numeric_limits<double>::quiet_NaN();
  } else if (value == "Infinity" || value == "-Infinity") {
    v = std::numeric_limits<double>::infinity() * (value == "Infinity" ? 1 : -1);
  } else {
    return mismatch(name, value);
  }
  throw_if_failed(builder.Append(static_cast<T>(v)), "reading JSON");
  return "";
}

std::string append_list(arrow::ListBuilder& builder, const json& value) {
  if (!value.is_array()) return mismatch("a list", value);
  throw_if_failed(builder.Append(), "reading JSON");
  for (const json& element : value) {
    std::string problem = append_json(*builder.value_builder(), element);
    if (!problem.empty()) return problem;
  }
  return "";
}

std::string append_struct(arrow::StructBuilder& builder, const json& value) {
  if (!value.is_object()) return mismatch("an object", value);
  throw_if_failed(builder.Append(), "reading JSON");
  const auto type = builder.type();
  for (int i = 0; i < type->num_fields(); ++i) {
    const auto found = value.find(type->field(i)->name());
    if (found == value.end()) {
      throw_if_failed(builder.field_builder(i)->AppendNull(), "reading JSON");
      continue;
    }
    std::string problem = append_json(*builder.field_builder(i), *found);
    if (!problem.empty()) return fmt::format("in {}: {}", type->field(i)->name(), problem);
  }
  return "";
}

std::string append_text_as(arrow::ArrayBuilder& builder, const json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (builder.type()->id() == arrow::Type::TIMESTAMP) {
    const auto time = parse_time(text);
    if (!time) return mismatch("timestamp", value);
    const int64_t us = time->time_since_epoch().count();
    throw_if_failed(static_cast<arrow::TimestampBuilder&>(builder).Append(us), "reading JSON");
    return "";
  }
  const auto duration = parse_duration(text);
  if (!duration) return mismatch("duration", value);
  throw_if_failed(static_cast<arrow::DurationBuilder&>(builder).Append(duration->count()),
                  "reading JSON");
  return "";
}

// Years 0000 to 9999, as format_time() writes them, without its allocations.
void append_time(int64_t us, std::string& out) {
  using namespace std::chrono;
  const Time time{Duration(us)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  if (date.year() < year(0) || date.year() > year(9999)) {
    out += format_time(time);
    return;
  }
  const auto two = [&](int64_t v) {
    out += static_cast<char>('0' + v / 10);
    out += static_cast<char>('0' + v % 10);
  };
  const int64_t in_day = (time - day).count();
  two(int(date.year()) / 100);
  two(int(date.year()) % 100);
  out += '-';
  two(unsigned(date.month()));
  out += '-';
  two(unsigned(date.day()));
  out += 'T';
  two(in_day / 3'600'000'000);
  out += ':';
  two(in_day / 60'000'000 % 60);
  out += ':';
  two(in_day / 1'000'000 % 60);
  if (int64_t part = in_day % 1'000'000; part != 0) {
    char digits[7] = {};
    for (int i = 5; i >= 0; --i, part /= 10) digits[i] = static_cast<char>('0' + part % 10);
    size_t n = 6;
    while (digits[n - 1] == '0') --n;
    out += '.';
    out.append(digits, n);
  }
  out += 'Z';
}

template <class ArrayType>
class IntegerCells : public CellWriter {
 public:
  explicit IntegerCells(const arrow::Array& array) : CellWriter(array) {}
  void append(int64_t row, std::string& out) const override {
    char buffer[24];
    const auto value = static_cast<const ArrayType&>(array_).Value(row);
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
};

template <class ArrayType>
class RealCells : public CellWriter {
 public:
  RealCells(const arrow::Array& array, TextForm form) : CellWriter(array), form_(form) {}
  void append(int64_t row, std::string& out) const override {
    const auto value = static_cast<const ArrayType&>(array_).Value(row);
    if (!std::isfinite(value)) {
      append_odd(static_cast<double>(value), out);
      return;
    }
    char buffer[40];
    char* end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    const std::string_view digits(buffer, static_cast<size_t>(end - buffer));
    out += digits;
    // A whole number keeps a sign that it is none: readers infer types.
    if (digits.find_first_of(".e") == digits.npos) out += ".0";
  }

 private:
  void append_odd(double value, std::string& out) const {
    const bool json_form = form_ == TextForm::kJson;
    if (std::isnan(value)) {
      out += json_form ? "\"NaN\"" : "NaN";
    } else {
      out += json_form ? value < 0 ? "\"-Infinity\"" : "\"Infinity\"" : value < 0 ? "-inf" : "inf";
    }
  }
  TextForm form_;
};

class BoolCells : public CellWriter {
 public:
  explicit BoolCells(const arrow::Array& array) : CellWriter(array) {}
  void append(int64_t row, std::string& out) const override {
    out += static_cast<const arrow::BooleanArray&>(array_).Value(row) ? "true" : "false";
  }
};

class TextCells : public CellWriter {
 public:
  TextCells(const arrow::Array& array, TextForm form) : CellWriter(array), form_(form) {}
  void append(int64_t row, std::string& out) const override {
    const auto text = static_cast<const arrow::StringArray&>(array_).GetView(row);
    form_ == TextForm::kJson ? append_json_text(text, out) : void(out += text);
  }

 private:
  TextForm form_;
};

class TimeCells : public CellWriter {
 public:
  TimeCells(const arrow::Array& array, TextForm form) : CellWriter(array), form_(form) {}
  void append(int64_t row, std::string& out) const override {
    if (form_ == TextForm::kJson) out += '"';
    if (array_.type_id() == arrow::Type::TIMESTAMP) {
      append_time(static_cast<const arrow::TimestampArray&>(array_).Value(row), out);
    } else {
      out += format_duration(Duration(static_cast<const arrow::DurationArray&>(array_).Value(row)));
    }
    if (form_ == TextForm::kJson) out += '"';
  }

 private:
  TextForm form_;
};

class ListCells : public CellWriter {
 public:
  explicit ListCells(const arrow::Array& array)
      : CellWriter(array),
        values_(static_cast<const arrow::ListArray&>(array).values()),
        elements_(make_cell_writer(*values_, TextForm::kJson)) {}
  void append(int64_t row, std::string& out) const override {
    const auto& list = static_cast<const arrow::ListArray&>(array_);
    out += '[';
    for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
      if (i > list.value_offset(row)) out += ',';
      elements_->is_null(i) ? void(out += "null") : elements_->append(i, out);
    }
    out += ']';
  }

 private:
  std::shared_ptr<arrow::Array> values_;
  std::unique_ptr<CellWriter> elements_;
};

class StructCells : public CellWriter {
 public:
  explicit StructCells(const arrow::Array& array) : CellWriter(array) {
    const auto& record = static_cast<const arrow::StructArray&>(array);
    for (int i = 0; i < record.num_fields(); ++i) {
      arrays_.push_back(record.field(i));
      fields_.push_back(make_cell_writer(*arrays_.back(), TextForm::kJson));
      append_json_text(record.type()->field(i)->name(), names_.emplace_back());
      names_.back() += ':';
    }
  }
  void append(int64_t row, std::string& out) const override {
    out += '{';
    bool first = true;
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i]->is_null(row)) continue;
      if (!first) out += ',';
      first = false;
      out += names_[i];
      fields_[i]->append(row, out);
    }
    out += '}';
  }

 private:
  arrow::ArrayVector arrays_;
  std::vector<std::unique_ptr<CellWriter>> fields_;
  std::vector<std::string> names_;
};

}  // namespace

std::string append_json(arrow::ArrayBuilder& builder, const json& value) {
  if (value.is_null()) {
    throw_if_failed(builder.AppendNull(), "reading JSON");
    return "";
  }
  switch (builder.type()->id()) {
    case arrow::Type::BOOL:
      if (!value.is_boolean()) return mismatch("bool", value);
      throw_if_failed(static_cast<arrow::BooleanBuilder&>(builder).Append(value.get<bool>()),
                      "reading JSON");
      return "";
    case arrow::Type::INT32:
      return append_integer(static_cast<arrow::Int32Builder&>(builder), value, "int32");
    case arrow::Type::INT64:
      return append_integer(static_cast<arrow::Int64Builder&>(builder), value, "int64");
    case arrow::Type::FLOAT:
      return append_real(static_cast<arrow::FloatBuilder&>(builder), value, "float");
    case arrow::Type::DOUBLE:
      return append_real(static_cast<arrow::DoubleBuilder&>(builder), value, "double");
    case arrow::Type::STRING:
      if (!value.is_string()) return mismatch("string", value);
      throw_if_failed(
          static_cast<arrow::StringBuilder&>(builder).Append(value.get_ref<const std::string&>()),
          "reading JSON");
      return "";
    case arrow::Type::TIMESTAMP:
      if (!value.is_string()) return mismatch("timestamp", value);
      return append_text_as(builder, value);
    case arrow::Type::DURATION:
      if (value.is_number_integer()) {
        return append_integer(static_cast<arrow::DurationBuilder&>(builder), value, "duration");
      }
      if (!value.is_string()) return mismatch("duration", value);
      return append_text_as(builder, value);
    case arrow::Type::LIST:
      return append_list(static_cast<arrow::ListBuilder&>(builder), value);
    case arrow::Type::STRUCT:
      return append_struct(static_cast<arrow::StructBuilder&>(builder), value);
    default:
      return "no type of Weft: " + builder.type()->ToString();
  }
}

bool CellWriter::is_null(int64_t row) const { return array_.IsNull(row); }

std::unique_ptr<CellWriter> make_cell_writer(const arrow::Array& array, TextForm form) {
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return std::make_unique<BoolCells>(array);
    case arrow::Type::INT32:
      return std::make_unique<IntegerCells<arrow::Int32Array>>(array);
    case arrow::Type::INT64:
      return std::make_unique<IntegerCells<arrow::Int64Array>>(array);
    case arrow::Type::FLOAT:
      return std::make_unique<RealCells<arrow::FloatArray>>(array, form);
    case arrow::Type::DOUBLE:
      return std::make_unique<RealCells<arrow::DoubleArray>>(array, form);
    case arrow::Type::STRING:
      return std::make_unique<TextCells>(array, form);
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
      return std::make_unique<TimeCells>(array, form);
    case arrow::Type::LIST:
      return std::make_unique<ListCells>(array);
    case arrow::Type::STRUCT:
      return std::make_unique<StructCells>(array);
    default:
      throw Error(ErrorCode::kInternal, "no text form of " + array.type()->ToString());
  }
}

void append_json_text(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace weft
