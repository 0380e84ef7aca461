#include "offline/delta_statistics.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "data/text_form.h"
#include "offline/delta_actions.h"
#include "ops/utf8.h"

namespace weft::delta {
namespace {

using nlohmann::json;

constexpr size_t kTextCharactersMax = 32;
constexpr int64_t kMillisecondUs = 1000;
// 0001-01-01 and 9999-12-31: outside, engines do not agree on how a time is spelt.
constexpr int64_t kFirstUs = -62'135'596'800'000'000;
constexpr int64_t kLastUs = 253'402'214'400'000'000;

std::string time_text_ms(int64_t ms) {
  std::string text = format_time(Time(Duration(ms * kMillisecondUs)));
  text.pop_back();
  const size_t dot = text.find('.');
  std::string fraction = dot == text.npos ? "" : text.substr(dot + 1);
  fraction.resize(3, '0');
  return fmt::format("{}.{}Z", text.substr(0, dot), fraction);
}

int64_t floor_ms(int64_t us) {
  return us >= 0 ? us / kMillisecondUs : -((-us + kMillisecondUs - 1) / kMillisecondUs);
}

}  // namespace

std::string first_characters(const std::string& text, size_t chars_max) {
  return text.substr(0, utf8::byte_of(text, static_cast<int64_t>(chars_max)));
}

std::optional<std::string> upper_bound_of(const std::string& text, size_t chars_max) {
  std::string bound = first_characters(text, chars_max);
  if (bound.size() == text.size()) return bound;
  while (!bound.empty()) {
    const size_t at = utf8::before(bound, bound.size());
    int32_t point = utf8::point_at(bound, at).value + 1;
    bound.resize(at);
    if (point >= 0xd800 && point < 0xe000) point = 0xe000;  // surrogates are no characters
    if (point < utf8::kInvalid) {
      utf8::append(bound, point);
      return bound;
    }
  }
  return {};
}

// ---- gathering
// -----------------------------------------------------------------------------------

struct StatisticsCollector::Bounds {
  virtual ~Bounds() = default;
  virtual void add(const arrow::Array& values) = 0;
  /// Null where there is none.
  virtual std::pair<json, json> get() const { return {}; }
  int64_t nulls = 0;
};

namespace {

template <class Base, class ArrowArray>
struct NumbersOf : Base {
  using T = decltype(std::declval<ArrowArray>().Value(0));

  void add(const arrow::Array& values) override {
    const auto& numbers = static_cast<const ArrowArray&>(values);
    for (int64_t i = 0; i < numbers.length(); ++i) {
      if (numbers.IsNull(i)) continue;
      const T value = numbers.Value(i);
      if constexpr (std::is_floating_point_v<T>) usable &= std::isfinite(value);
      min = any ? std::min(min, value) : value;
      max = any ? std::max(max, value) : value;
      any = true;
    }
  }
  std::pair<json, json> get() const override {
    if (!any || !usable) return {};
    if constexpr (std::is_same_v<ArrowArray, arrow::TimestampArray>) {
      if (min < kFirstUs || max > kLastUs) return {};
      return {time_text_ms(floor_ms(min)), time_text_ms(-floor_ms(-max))};
    } else if constexpr (std::is_same_v<ArrowArray, arrow::Date32Array>) {
      const auto text = [](int64_t day) {
        return format_time(Time(std::chrono::days(day))).substr(0, 10);
      };
      return {text(min), text(max)};
    } else {
      return {min, max};
    }
  }

  T min{};
  T max{};
  bool any = false;
  bool usable = true;
};

template <class Base>
struct TextsOf : Base {
  void add(const arrow::Array& values) override {
    const auto& texts = static_cast<const arrow::StringArray&>(values);
    for (int64_t i = 0; i < texts.length(); ++i) {
      if (texts.IsNull(i)) continue;
      const std::string_view text = texts.GetView(i);
      if (!any || text < min) min = text;
      if (!any || text > max) max = text;
      any = true;
    }
  }
  std::pair<json, json> get() const override {
    if (!any || !is_utf8(min) || !is_utf8(max)) return {};
    const auto bound = upper_bound_of(max, kTextCharactersMax);
    if (!bound) return {};
    return {first_characters(min, kTextCharactersMax), *bound};
  }

  std::string min;
  std::string max;
  bool any = false;
};

}  // namespace

StatisticsCollector::StatisticsCollector(std::vector<Column> columns)
    : columns_(std::move(columns)) {
  struct NoBounds : Bounds {
    void add(const arrow::Array&) override {}
  };
  for (const Column& column : columns_) {
    const auto make = [&]() -> std::unique_ptr<Bounds> {
      switch (column.stored->id()) {
        case arrow::Type::INT8:
          return std::make_unique<NumbersOf<Bounds, arrow::Int8Array>>();
        case arrow::Type::INT16:
          return std::make_unique<NumbersOf<Bounds, arrow::Int16Array>>();
        case arrow::Type::INT32:
          return std::make_unique<NumbersOf<Bounds, arrow::Int32Array>>();
        case arrow::Type::INT64:
          return std::make_unique<NumbersOf<Bounds, arrow::Int64Array>>();
        case arrow::Type::FLOAT:
          return std::make_unique<NumbersOf<Bounds, arrow::FloatArray>>();
        case arrow::Type::DOUBLE:
          return std::make_unique<NumbersOf<Bounds, arrow::DoubleArray>>();
        case arrow::Type::TIMESTAMP:
          return std::make_unique<NumbersOf<Bounds, arrow::TimestampArray>>();
        case arrow::Type::DATE32:
          return std::make_unique<NumbersOf<Bounds, arrow::Date32Array>>();
        case arrow::Type::STRING:
          return std::make_unique<TextsOf<Bounds>>();
        default:
          return std::make_unique<NoBounds>();
      }
    };
    bounds_.push_back(make());
  }
}

StatisticsCollector::~StatisticsCollector() = default;

void StatisticsCollector::add(const arrow::Table& rows) {
  rows_ += rows.num_rows();
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto column = rows.column(static_cast<int>(i));
    bounds_[i]->nulls += column->null_count();
    for (const auto& chunk : column->chunks()) bounds_[i]->add(*chunk);
  }
}

std::string StatisticsCollector::to_text() const {
  json min = json::object();
  json max = json::object();
  json nulls = json::object();
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = columns_[i].name;
    // Engines expect the counts of a struct's fields in place of its own.
    if (columns_[i].stored->id() == arrow::Type::STRUCT) continue;
    nulls[name] = bounds_[i]->nulls;
    auto [low, high] = bounds_[i]->get();
    if (low.is_null()) continue;
    min[name] = std::move(low);
    max[name] = std::move(high);
  }
  return json{{"numRecords", rows_}, {"minValues", min}, {"maxValues", max}, {"nullCount", nulls}}
      .dump();
}

// ---- reading
// -------------------------------------------------------------------------------------

namespace {

const json* at(const json& object, const char* part, const std::string& name) {
  const auto values = object.find(part);
  if (values == object.end() || !values->is_object()) return nullptr;
  const auto found = values->find(name);
  return found == values->end() || found->is_null() ? nullptr : &*found;
}

// Engines cut times to milliseconds, also where they are the largest.
std::optional<Value> time_bound(const json& found, bool is_max, bool is_date) {
  if (!found.is_string()) return {};
  const auto time = parse_time(found.get<std::string>());
  if (!time) return {};
  const int64_t us = time->time_since_epoch().count();
  const int64_t slack = is_max && !is_date ? kMillisecondUs - 1 : 0;
  if (us > std::numeric_limits<int64_t>::max() - slack) return {};
  return Value::of(Time(Duration(us + slack)));
}

std::optional<Value> bound_of(const json& found, const Column& column, bool is_max) {
  switch (column.weft->kind) {
    case Kind::kInt32:
      if (found.is_number_integer()) return Value::of(found.get<int64_t>()).as(int32_type());
      return {};
    case Kind::kInt64:
      if (found.is_number_integer()) return Value::of(found.get<int64_t>());
      return {};
    case Kind::kDuration:
      if (found.is_number_integer()) return Value::of(Duration(found.get<int64_t>()));
      return {};
    case Kind::kFloat:
      if (found.is_number()) return Value::of(found.get<float>());
      return {};
    case Kind::kDouble:
      // A decimal's digits would be rounded.
      if (found.is_number() && column.primitive() == "double") {
        return Value::of(found.get<double>());
      }
      return {};
    case Kind::kString:
      if (found.is_string() && column.primitive() == "string") {
        return Value::of(found.get<std::string>());
      }
      return {};
    case Kind::kTimestamp:
      return time_bound(found, is_max, column.is_date());
    default:
      return {};
  }
}

}  // namespace

FileStatistics::FileStatistics(const std::string& text)
    : stats_(json::parse(text, nullptr, /*allow_exceptions=*/false)) {
  if (!stats_.is_object()) stats_ = json::object();
}

std::optional<int64_t> FileStatistics::rows() const {
  const auto found = stats_.find("numRecords");
  if (found == stats_.end() || !found->is_number_integer()) return {};
  return found->get<int64_t>();
}

ValueRange FileStatistics::range(const Column& column) const {
  ValueRange range;
  if (const auto known = rows()) {
    range.rows = *known;
    const json* nulls = at(stats_, "nullCount", column.name);
    if (nulls && nulls->is_number_integer()) range.nulls = nulls->get<int64_t>();
  }
  if (!column.weft) return range;
  const json* min = at(stats_, "minValues", column.name);
  const json* max = at(stats_, "maxValues", column.name);
  try {
    if (min) range.min = bound_of(*min, column, false);
    if (max) range.max = bound_of(*max, column, true);
  } catch (const Error&) {
    range.min.reset();  // a value that does not fit the type: as good as none
  }
  return range;
}

}  // namespace weft::delta
