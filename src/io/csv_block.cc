#include "io/csv_block.h"

#include <arrow/api.h>
#include <arrow/csv/converter.h>
#include <arrow/csv/parser.h>
#include <arrow/util/value_parsing.h>

#include <algorithm>
#include <limits>

#include "data/arrow.h"

namespace weft {
namespace {

using arrow::csv::BlockParser;
using ArrayResult = arrow::Result<std::shared_ptr<arrow::Array>>;

constexpr int32_t kRowsMax = std::numeric_limits<int32_t>::max();

ArrayResult convert_as(const std::shared_ptr<arrow::DataType>& type,
                       const arrow::csv::ConvertOptions& options, const BlockParser& parser,
                       int column) {
  ARROW_ASSIGN_OR_RAISE(auto converter, arrow::csv::Converter::Make(type, options));
  return converter->Convert(parser, column);
}

// Arrow reads times with and without a zone, and of more than six digits, as different types. The
// form of the block before is tried first.
ArrayResult convert_times(const CsvPlan& plan, const BlockParser& parser, int column) {
  using arrow::TimeUnit;
  static const std::shared_ptr<arrow::DataType> kForms[] = {
      arrow::timestamp(TimeUnit::MICRO), arrow::timestamp(TimeUnit::MICRO, "UTC"),
      arrow::timestamp(TimeUnit::NANO), arrow::timestamp(TimeUnit::NANO, "UTC")};
  const int known = plan.time_form.load(std::memory_order_relaxed);
  auto first = convert_as(kForms[known], plan.other, parser, column);
  if (first.ok()) return first;
  for (int form = 0; form < 4; ++form) {
    if (form == known) continue;
    auto result = convert_as(kForms[form], plan.other, parser, column);
    if (!result.ok()) continue;
    plan.time_form.store(form, std::memory_order_relaxed);
    return result;
  }
  return first;
}

// Types that Arrow does not read from CSV: cell by cell.
ArrayResult convert_cells(const CsvPlan& plan, Type type, const BlockParser& parser, int column) {
  ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(type_to_arrow(type)));
  ARROW_RETURN_NOT_OK(parser.VisitColumn(
      column, [&](const uint8_t* data, uint32_t size, bool quoted, bool) -> arrow::Status {
        const CsvCell cell{{reinterpret_cast<const char*>(data), size}, quoted};
        const std::string problem = append_csv_cell(plan, type, cell, *builder);
        return problem.empty() ? arrow::Status::OK() : arrow::Status::Invalid(problem);
      }));
  return builder->Finish();
}

ArrayResult convert(const CsvPlan& plan, Type type, const BlockParser& parser, int column) {
  switch (type->kind) {
    case Kind::kTimestamp:
      return convert_times(plan, parser, column);
    case Kind::kString:
      return convert_as(arrow::utf8(), plan.text, parser, column);
    case Kind::kBool:
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kFloat:
    case Kind::kDouble:
      return convert_as(type_to_arrow(type), plan.other, parser, column);
    default:
      return convert_cells(plan, type, parser, column);
  }
}

// Null if anything is wrong with the rows: the exact way will tell what.
std::shared_ptr<arrow::RecordBatch> read_fast(const CsvPlan& plan, std::string_view text) {
  BlockParser parser(plan.parse, static_cast<int32_t>(plan.columns.size()), -1, kRowsMax);
  uint32_t used = 0;
  if (!parser.ParseFinal(text, &used).ok() || used != text.size()) return nullptr;
  arrow::ArrayVector arrays;
  arrow::FieldVector fields;
  for (const int column : plan.wanted) {
    const CsvColumn& described = plan.columns[static_cast<size_t>(column)];
    auto array = convert(plan, described.type, parser, column);
    if (!array.ok()) return nullptr;
    if (std::ranges::count(plan.shown, column) == 0) continue;
    fields.push_back(arrow::field(described.name, (*array)->type()));
    arrays.push_back(std::move(array).ValueUnsafe());
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), parser.num_rows(),
                                  std::move(arrays));
}

bool is_integer_text(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

Type infer(const CsvPlan& plan, const BlockParser& parser, int column) {
  if (convert_as(arrow::null(), plan.other, parser, column).ok()) return nullptr;
  if (convert_as(arrow::int64(), plan.other, parser, column).ok()) return int64_type();
  auto words = plan.other;
  std::erase_if(words.true_values, is_integer_text);
  std::erase_if(words.false_values, is_integer_text);
  if (convert_as(arrow::boolean(), words, parser, column).ok()) return bool_type();
  if (convert_times(plan, parser, column).ok()) return timestamp_type();
  if (!convert_as(arrow::float64(), plan.other, parser, column).ok()) return string_type();
  // Only whole numbers, some of them too large: as doubles they would lose digits.
  bool whole = true;
  throw_if_failed(parser.VisitColumn(
                      column,
                      [&](const uint8_t* data, uint32_t size, bool, bool) {
                        const std::string_view text(reinterpret_cast<const char*>(data), size);
                        whole &= is_integer_text(text) || std::ranges::count(plan.nulls, text) > 0;
                        return arrow::Status::OK();
                      }),
                  "reading CSV");
  return whole ? string_type() : double_type();
}

}  // namespace

void CsvPlan::prepare() {
  dialect.skip_empty_lines = columns.size() > 1;
  parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = dialect.delimiter;
  parse.quoting = dialect.quote != '\0';
  if (parse.quoting) parse.quote_char = dialect.quote;
  parse.newlines_in_values = true;
  parse.ignore_empty_lines = dialect.skip_empty_lines;
  other = arrow::csv::ConvertOptions::Defaults();
  other.null_values = nulls;
  other.true_values = trues;
  other.false_values = falses;
  other.strings_can_be_null = true;
  for (const std::string& format : time_formats) {
    other.timestamp_parsers.push_back(arrow::TimestampParser::MakeStrptime(format));
  }
  if (!time_formats.empty()) {
    other.timestamp_parsers.push_back(arrow::TimestampParser::MakeISO8601());
  }
  text = other;
  text.quoted_strings_can_be_null = false;
}

CsvResult read_csv_block(const CsvPlan& plan, const TextBlock& block) {
  std::string bare;
  std::string_view text = *block.text;
  if (plan.dialect.comment != '\0' && text.find(plan.dialect.comment) != text.npos) {
    bare = without_comments(text, plan.dialect);
    text = bare;
  }
  if (auto rows = read_fast(plan, text)) return {std::move(rows), {}};
  return read_csv_block_exactly(plan, block);
}

void infer_csv_types(CsvPlan& plan, const TextBlock& block) {
  std::string bare;
  std::string_view text = *block.text;
  if (plan.dialect.comment != '\0') {
    bare = without_comments(text, plan.dialect);
    text = bare;
  }
  auto parse = plan.parse;
  parse.invalid_row_handler = [](const arrow::csv::InvalidRow&) {
    return arrow::csv::InvalidRowResult::Skip;
  };
  BlockParser parser(parse, static_cast<int32_t>(plan.columns.size()), -1, kRowsMax);
  uint32_t used = 0;
  if (!parser.ParseFinal(text, &used).ok() || parser.num_rows() == 0) return;
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    if (!plan.columns[i].type) plan.columns[i].type = infer(plan, parser, static_cast<int>(i));
  }
}

}  // namespace weft
