#include <arrow/api.h>
#include <arrow/util/utf8.h>
#include <arrow/util/value_parsing.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/arrow.h"
#include "data/text_form.h"
#include "io/csv_block.h"
#include "io/json_text.h"

namespace weft {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string shortened(std::string_view text, size_t size_max = 80) {
  if (text.size() <= size_max) return std::string(text);
  return std::string(text.substr(0, size_max - 3)) + "...";
}

// Control characters and bytes that are not UTF-8 made visible.
std::string visible(std::string_view text) {
  std::string out;
  const auto* data = reinterpret_cast<const uint8_t*>(text.data());
  if (arrow::util::ValidateUTF8(data, static_cast<int64_t>(text.size()))) {
    return quote(shortened(text));
  }
  for (const char c : shortened(text)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x80 ? std::string(1, c) : fmt::format("\\x{:02X}", byte);
  }
  return "\"" + out + "\"";
}

template <class ArrowType, class Builder>
bool append_parsed(std::string_view text, Builder& builder) {
  typename arrow::internal::StringConverter<ArrowType>::value_type value{};
  if (!arrow::internal::ParseValue<ArrowType>(text.data(), text.size(), &value)) return false;
  throw_if_failed(builder.Append(value), "reading CSV");
  return true;
}

bool append_time(const CsvPlan& plan, std::string_view text, arrow::TimestampBuilder& builder) {
  int64_t us = 0;
  bool found = false;
  for (const std::string& format : plan.time_formats) {
    const auto parser = arrow::TimestampParser::MakeStrptime(format);
    found = (*parser)(text.data(), text.size(), arrow::TimeUnit::MICRO, &us);
    if (found) break;
  }
  if (!found) {
    found = arrow::internal::ParseTimestampISO8601(text.data(), text.size(), arrow::TimeUnit::MICRO,
                                                   &us);
  }
  if (!found) {
    const auto time = parse_time(text);
    if (!time) return false;
    us = time->time_since_epoch().count();
  }
  throw_if_failed(builder.Append(us), "reading CSV");
  return true;
}

std::string append_nested(std::string_view text, Type type, arrow::ArrayBuilder& builder) {
  const auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return type->name + " as JSON";
  // A value that fails half way would leave half a row: it is tried apart first.
  auto trial = value_or_throw(arrow::MakeBuilder(builder.type()), "reading CSV");
  std::string problem = append_json(*trial, value);
  if (!problem.empty()) return fmt::format("{} as JSON ({})", type->name, problem);
  append_json(builder, value);
  return "";
}

std::string append_number(Type type, std::string_view text, arrow::ArrayBuilder& builder) {
  bool fits = false;
  switch (type->kind) {
    case Kind::kInt32:
      fits = append_parsed<arrow::Int32Type>(text, static_cast<arrow::Int32Builder&>(builder));
      break;
    case Kind::kInt64:
      fits = append_parsed<arrow::Int64Type>(text, static_cast<arrow::Int64Builder&>(builder));
      break;
    case Kind::kFloat:
      fits = append_parsed<arrow::FloatType>(text, static_cast<arrow::FloatBuilder&>(builder));
      break;
    default:
      fits = append_parsed<arrow::DoubleType>(text, static_cast<arrow::DoubleBuilder&>(builder));
      break;
  }
  if (fits) return "";
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const bool whole = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
  return whole ? fmt::format("{} (the number is too large)", type->name) : type->name;
}

}  // namespace

std::string append_csv_cell(const CsvPlan& plan, Type type, const CsvCell& cell,
                            arrow::ArrayBuilder& builder) {
  const bool is_text = type->kind == Kind::kString;
  if (!(is_text && cell.quoted) && std::ranges::count(plan.nulls, cell.text) > 0) {
    throw_if_failed(builder.AppendNull(), "reading CSV");
    return "";
  }
  const std::string_view text = trimmed(cell.text);
  switch (type->kind) {
    case Kind::kString: {
      const auto* data = reinterpret_cast<const uint8_t*>(cell.text.data());
      if (!arrow::util::ValidateUTF8(data, static_cast<int64_t>(cell.text.size()))) {
        return "text in UTF-8 (convert the file first, for example from Latin-1)";
      }
      throw_if_failed(static_cast<arrow::StringBuilder&>(builder).Append(cell.text), "reading CSV");
      return "";
    }
    case Kind::kBool: {
      const bool is_true = std::ranges::count(plan.trues, cell.text) > 0;
      if (!is_true && std::ranges::count(plan.falses, cell.text) == 0) {
        return fmt::format("bool ({} or {})", fmt::join(plan.trues, ", "),
                           fmt::join(plan.falses, ", "));
      }
      throw_if_failed(static_cast<arrow::BooleanBuilder&>(builder).Append(is_true), "reading CSV");
      return "";
    }
    case Kind::kTimestamp:
      if (append_time(plan, text, static_cast<arrow::TimestampBuilder&>(builder))) return "";
      return "timestamp (ISO 8601, as 2013-01-01T05:00:00Z)";
    case Kind::kDuration: {
      int64_t us = 0;
      const bool plain =
          arrow::internal::ParseValue<arrow::Int64Type>(text.data(), text.size(), &us);
      const auto duration = plain ? Duration(us) : parse_duration(text);
      if (!duration) return "duration (as 1h30m, or whole microseconds)";
      throw_if_failed(static_cast<arrow::DurationBuilder&>(builder).Append(duration->count()),
                      "reading CSV");
      return "";
    }
    case Kind::kList:
    case Kind::kStruct:
      return append_nested(text, type, builder);
    default:
      return append_number(type, text, builder);
  }
}

namespace {

class ExactReader {
 public:
  ExactReader(const CsvPlan& plan, const TextBlock& block)
      : plan_(plan), rows_(*block.text, plan.dialect, block.first_line) {
    for (const int column : plan.wanted) {
      const Type type = plan.columns[static_cast<size_t>(column)].type;
      builders_.push_back(value_or_throw(arrow::MakeBuilder(type_to_arrow(type)), "reading CSV"));
    }
  }

  CsvResult read() {
    while (rows_.next()) {
      if (rows_.unclosed_quote()) fail("", "a closing quote", "the end of the file");
      read_row();
    }
    arrow::ArrayVector arrays;
    arrow::FieldVector fields;
    for (size_t i = 0; i < builders_.size(); ++i) {
      const int column = plan_.wanted[i];
      auto array = without_dropped(value_or_throw(builders_[i]->Finish(), "reading CSV"));
      if (std::ranges::count(plan_.shown, column) == 0) continue;
      fields.push_back(
          arrow::field(plan_.columns[static_cast<size_t>(column)].name, array->type()));
      arrays.push_back(std::move(array));
    }
    result_.rows =
        arrow::RecordBatch::Make(arrow::schema(std::move(fields)),
                                 count_ - static_cast<int64_t>(dropped_.size()), std::move(arrays));
    return std::move(result_);
  }

 private:
  void read_row() {
    const auto& cells = rows_.cells();
    if (cells.size() != plan_.columns.size()) {
      const std::string expected = fmt::format("{} cells as in the header", plan_.columns.size());
      const std::string found = fmt::format("{} cells", cells.size());
      if (plan_.bad_rows == BadRows::kFail) {
        fail("", expected, fmt::format("{}: {}", cells.size(), visible(rows_.row_text())));
      }
      if (plan_.bad_rows == BadRows::kQuarantine) return quarantine({}, expected, found);
    }
    for (size_t i = 0; i < builders_.size(); ++i) {
      const auto column = static_cast<size_t>(plan_.wanted[i]);
      const CsvColumn& described = plan_.columns[column];
      if (column >= cells.size()) {
        throw_if_failed(builders_[i]->AppendNull(), "reading CSV");
        continue;
      }
      const std::string expected =
          append_csv_cell(plan_, described.type, cells[column], *builders_[i]);
      if (expected.empty()) continue;
      if (plan_.bad_rows == BadRows::kQuarantine) {
        return quarantine(described.name, expected, visible(cells[column].text));
      }
      // An inferred type is a guess: nulls in place of values would be a silent loss.
      if (plan_.bad_rows == BadRows::kFail || !described.declared) {
        fail_cell(described, expected, visible(cells[column].text));
      }
      throw_if_failed(builders_[i]->AppendNull(), "reading CSV");
    }
    ++count_;
  }

  // The row stays in the builders, filled up with nulls, and is dropped at the end.
  void quarantine(std::optional<std::string> column, std::string expected, std::string found) {
    for (auto& builder : builders_) {
      if (builder->length() == count_) throw_if_failed(builder->AppendNull(), "reading CSV");
    }
    dropped_.push_back(count_++);
    result_.bad_rows.push_back({rows_.line(), std::move(column), std::move(expected),
                                std::move(found), std::string(rows_.row_text())});
  }

  std::shared_ptr<arrow::Array> without_dropped(std::shared_ptr<arrow::Array> array) const {
    if (dropped_.empty()) return array;
    arrow::ArrayVector kept;
    int64_t from = 0;
    for (const int64_t row : dropped_) {
      kept.push_back(array->Slice(from, row - from));
      from = row + 1;
    }
    kept.push_back(array->Slice(from));
    return value_or_throw(arrow::Concatenate(kept), "reading CSV");
  }

  [[noreturn]] void fail_cell(const CsvColumn& column, const std::string& expected,
                              const std::string& found) {
    const bool utf8 = expected.starts_with("text in UTF-8");
    if (column.declared || utf8) fail(column.name, expected, found);
    fail(column.name, expected + ", the type of the rows before",
         fmt::format("{}; declare the column's type in `types`", found));
  }

  [[noreturn]] void fail(const std::string& column, const std::string& expected,
                         const std::string& found) {
    throw Error(ErrorCode::kBadData,
                fmt::format("{}:{}: {}expected {}, found {}", plan_.path, rows_.line(),
                            column.empty() ? "" : fmt::format("column {}: ", quote(column)),
                            expected, found));
  }

  const CsvPlan& plan_;
  CsvRows rows_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  int64_t count_ = 0;
  std::vector<int64_t> dropped_;
  CsvResult result_;
};

}  // namespace

CsvResult read_csv_block_exactly(const CsvPlan& plan, const TextBlock& block) {
  return ExactReader(plan, block).read();
}

}  // namespace weft
