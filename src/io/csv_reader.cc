#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "io/ahead.h"
#include "io/csv_block.h"
#include "io/input.h"
#include "io/quarantine.h"
#include "io/source.h"
#include "io/text_blocks.h"

namespace weft {
namespace {

constexpr char kFormat[] = "CSV";
constexpr int kInferenceBlocksMax = 16;

// What all files of a table share.
struct CsvShared {
  CsvOptions options;
  Schema known;  // types, once the first file has told them
};

void skip_to_rows(TextBlocks& blocks, const CsvOptions& options) {
  blocks.skip_head(options.skip_rows);
  if (options.header) blocks.take_row();
}

class CsvStream : public BlockStream {
 public:
  CsvStream(std::shared_ptr<const CsvPlan> plan, const CsvOptions& options)
      : plan_(std::move(plan)),
        quarantine_(options.quarantine),
        blocks_(plan_->path, kFormat, plan_->dialect, options.stats) {
    skip_to_rows(blocks_, options);
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    while (!at_end_ && !results_.full()) {
      const auto block = blocks_.next();
      if (!block) {
        at_end_ = true;
        break;
      }
      results_.start([plan = plan_, block = *block] { return read_csv_block(*plan, block); });
    }
    if (results_.empty()) return nullptr;
    const CsvResult result = results_.take();
    if (quarantine_) note_bad_rows(*quarantine_, plan_->path, result.bad_rows);
    return result.rows;
  }

 private:
  std::shared_ptr<const CsvPlan> plan_;
  std::shared_ptr<Quarantine> quarantine_;
  TextBlocks blocks_;
  Ahead<CsvResult> results_;
  bool at_end_ = false;
};

std::vector<std::string> header_names(TextBlocks& blocks, const CsvOptions& options,
                                      const std::string& path) {
  std::vector<std::string> names;
  if (options.header) {
    names = blocks.take_row();
  } else {
    names = options.names;
    const size_t cells = blocks.peek_row().size();
    if (names.empty()) names.resize(cells);
    if (names.size() != cells && cells > 0) {
      throw Error(ErrorCode::kBadData, fmt::format("{}: {} names were given, the first row has {} "
                                                   "cells",
                                                   path, names.size(), cells));
    }
  }
  if (names.empty()) {
    throw Error(ErrorCode::kBadData, fmt::format("{} has no row; a {} was expected", path,
                                                 options.header ? "header" : "row"));
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = fmt::format("column_{}", i + 1);
    const auto first = std::ranges::find(names, names[i]) - names.begin();
    if (static_cast<size_t>(first) < i) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{}: the columns {} and {} of the header are both named {}", path,
                              first + 1, i + 1, quote(names[i])));
    }
  }
  return names;
}

class CsvFile : public DataFile {
 public:
  CsvFile(const std::string& path, std::shared_ptr<CsvShared> shared)
      : shared_(std::move(shared)), path_(path), identity_(check_file(path, kFormat)) {
    const CsvOptions& options = shared_->options;
    dialect_ = {options.delimiter, options.quote, options.comment, true};
    TextBlocks blocks(path, kFormat, dialect_, options.stats);
    blocks.skip_head(options.skip_rows);
    for (std::string& name : header_names(blocks, options, path)) {
      columns_.push_back({std::move(name), nullptr, false});
    }
    declare_types();
    infer_types(blocks);
    arrow::FieldVector fields;
    for (const CsvColumn& column : columns_) {
      fields.push_back(arrow::field(column.name, type_to_arrow(column.type)));
      if (std::ranges::count(shared_->known, column.name, &ColumnSchema::name) == 0) {
        shared_->known.push_back({column.name, column.type});
      }
    }
    schema_ = arrow::schema(std::move(fields));
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  std::unique_ptr<BlockStream> open(std::span<const int> fields, const Filter&) const override {
    check_unchanged(path_, identity_);
    auto plan = make_plan();
    plan->shown.assign(fields.begin(), fields.end());
    plan->wanted = plan->shown;
    // Which rows are bad must not depend on the columns that happen to be asked for.
    if (plan->bad_rows == BadRows::kQuarantine) add_columns_of_table(plan->wanted);
    return std::make_unique<CsvStream>(std::move(plan), shared_->options);
  }

 private:
  std::shared_ptr<CsvPlan> make_plan() const {
    const CsvOptions& options = shared_->options;
    auto plan = std::make_shared<CsvPlan>();
    plan->path = path_;
    plan->dialect = dialect_;
    plan->bad_rows = options.bad_rows;
    plan->columns = columns_;
    plan->nulls = options.nulls;
    plan->trues = options.trues;
    plan->falses = options.falses;
    plan->time_formats = options.time_formats;
    plan->prepare();
    return plan;
  }

  void declare_types() {
    for (CsvColumn& column : columns_) {
      for (const auto& [name, type] : shared_->options.types) {
        if (name == column.name) {
          column.type = type;
          column.declared = true;
        }
      }
      const auto known = std::ranges::find(shared_->known, column.name, &ColumnSchema::name);
      if (!column.type && known != shared_->known.end()) column.type = known->type;
    }
    std::vector<std::string> names;
    for (const CsvColumn& column : columns_) names.push_back(column.name);
    for (const auto& [name, type] : shared_->options.types) {
      if (std::ranges::count(names, name) > 0 || shared_->options.fill_missing) continue;
      std::string hint = did_you_mean(name, names);
      if (hint.empty()) hint = fmt::format("; it has {}", fmt::join(names, ", "));
      if (names.size() == 1) hint += "; is the delimiter right?";
      throw Error(ErrorCode::kNotFound, fmt::format("{} has no column {}, whose type is declared{}",
                                                    path_, quote(name), hint));
    }
  }

  void infer_types(TextBlocks& blocks) {
    const auto plan = make_plan();
    blocks.set_dialect(plan->dialect);
    const auto unknown = [](const CsvColumn& column) { return column.type == nullptr; };
    for (int i = 0; i < kInferenceBlocksMax; ++i) {
      if (std::ranges::none_of(plan->columns, unknown)) break;
      const auto block = blocks.next();
      if (!block) break;
      infer_csv_types(*plan, *block);
    }
    columns_ = plan->columns;
    dialect_ = plan->dialect;
    for (CsvColumn& column : columns_) {
      if (!column.type) column.type = string_type();
    }
  }

  void add_columns_of_table(std::vector<int>& wanted) const {
    const CsvOptions& options = shared_->options;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const int number = static_cast<int>(i);
      const bool in_table =
          options.columns.empty() || std::ranges::count(options.columns, columns_[i].name) > 0 ||
          std::ranges::count(options.filter, columns_[i].name, &Condition::column) > 0;
      if (in_table && std::ranges::count(wanted, number) == 0) wanted.push_back(number);
    }
  }

  std::shared_ptr<CsvShared> shared_;
  std::string path_;
  FileIdentity identity_;
  CsvDialect dialect_;
  std::vector<CsvColumn> columns_;
  std::shared_ptr<arrow::Schema> schema_;
};

void check_options(const CsvOptions& options) {
  const auto invalid = [](const std::string& message) {
    throw Error(ErrorCode::kInvalidArgument, "read_csv: " + message);
  };
  const char d = options.delimiter;
  if (d == '\n' || d == '\r' || d == '\0' || d == options.quote) {
    invalid("the delimiter must be neither a line end nor the quote");
  }
  if (options.bad_rows == BadRows::kQuarantine && !options.quarantine) {
    invalid("bad_rows = kQuarantine needs a `quarantine` to put the rows in");
  }
  if (options.header && !options.names.empty()) {
    invalid(
        "`names` is for files without a header: set header = false, or skip_rows = 1 too to "
        "replace the header");
  }
  if (options.skip_rows < 0) invalid(fmt::format("skip_rows is {}", options.skip_rows));
  for (const auto& [name, type] : options.types) {
    if (!type || type->is_object()) {
      invalid(fmt::format("column {} is declared with a type that cannot lie in a column",
                          quote(name)));
    }
  }
}

}  // namespace

Table read_csv(const Paths& paths, const CsvOptions& options) {
  check_options(options);
  FilesOptions files{.format = kFormat,
                     .extensions = {".csv", ".tsv", ".txt"},
                     .columns = options.columns,
                     .filter = options.filter,
                     .fill_missing = options.fill_missing,
                     .stats = options.stats};
  auto shared = std::make_shared<CsvShared>(CsvShared{options, {}});
  return table_of_files(paths, std::move(files), [shared](const std::string& path) {
    return std::make_unique<CsvFile>(path, shared);
  });
}

}  // namespace weft
