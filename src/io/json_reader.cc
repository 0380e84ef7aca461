#include <arrow/api.h>
#include <arrow/json/options.h>
#include <arrow/json/reader.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "io/ahead.h"
#include "io/input.h"
#include "io/json_infer.h"
#include "io/json_text.h"
#include "io/source.h"
#include "io/text_blocks.h"

namespace weft {
namespace {

constexpr char kFormat[] = "JSON lines";
constexpr int kInferenceBlocksMax = 16;
constexpr CsvDialect kLines{.delimiter = '\0', .quote = '\0'};

struct JsonColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  bool declared = false;
};

struct JsonPlan {
  std::string path;
  std::vector<JsonColumn> columns;  // of the file
  std::vector<int> shown;
  bool refuse_new_keys = false;
  arrow::json::ParseOptions parse = {};
  bool fast = true;
};

// What Arrow's JSON reader takes as Weft does. Times at the top are read as text first.
bool arrow_reads(const arrow::DataType& type, bool top) {
  switch (type.id()) {
    case arrow::Type::DURATION:
      return false;
    case arrow::Type::TIMESTAMP:
      return top;
    default:
      return std::ranges::all_of(type.fields(),
                                 [](const auto& f) { return arrow_reads(*f->type(), false); });
  }
}

std::shared_ptr<arrow::Array> times_of(const arrow::Array& texts,
                                       const std::shared_ptr<arrow::DataType>& type) {
  arrow::TimestampBuilder builder(type, arrow::default_memory_pool());
  const auto& strings = static_cast<const arrow::StringArray&>(texts);
  throw_if_failed(builder.Reserve(strings.length()), "reading JSON");
  for (int64_t i = 0; i < strings.length(); ++i) {
    if (strings.IsNull(i)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const auto time = parse_time(strings.GetView(i));
    if (!time) return nullptr;
    builder.UnsafeAppend(time->time_since_epoch().count());
  }
  return value_or_throw(builder.Finish(), "reading JSON");
}

// Null if anything is wrong: the exact way will tell what.
std::shared_ptr<arrow::RecordBatch> read_fast(const JsonPlan& plan, const TextBlock& block) {
  if (!plan.fast) return nullptr;
  const auto parsed = arrow::json::ParseOne(plan.parse, arrow::Buffer::FromString(*block.text));
  if (!parsed.ok()) return nullptr;
  arrow::ArrayVector arrays;
  arrow::FieldVector fields;
  for (const int number : plan.shown) {
    const JsonColumn& column = plan.columns[static_cast<size_t>(number)];
    auto array = (*parsed)->GetColumnByName(column.name);
    if (!array) return nullptr;
    if (column.type->id() == arrow::Type::TIMESTAMP) array = times_of(*array, column.type);
    if (!array) return nullptr;
    fields.push_back(arrow::field(column.name, array->type()));
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), (*parsed)->num_rows(),
                                  std::move(arrays));
}

class ExactReader {
 public:
  ExactReader(const JsonPlan& plan, const TextBlock& block)
      : plan_(plan), rows_(*block.text, kLines, block.first_line) {
    for (const int number : plan.shown) {
      builders_.push_back(value_or_throw(
          arrow::MakeBuilder(plan.columns[static_cast<size_t>(number)].type), "reading JSON"));
    }
  }

  std::shared_ptr<arrow::RecordBatch> read() {
    int64_t count = 0;
    while (rows_.next()) {
      const auto text = rows_.row_text();
      if (text.find_first_not_of(" \t") == text.npos) continue;
      read_row(parse_json_row(text, plan_.path, rows_.line()));
      ++count;
    }
    arrow::ArrayVector arrays;
    arrow::FieldVector fields;
    for (size_t i = 0; i < builders_.size(); ++i) {
      arrays.push_back(value_or_throw(builders_[i]->Finish(), "reading JSON"));
      const auto& column = plan_.columns[static_cast<size_t>(plan_.shown[i])];
      fields.push_back(arrow::field(column.name, column.type));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), count, std::move(arrays));
  }

 private:
  void read_row(const nlohmann::json& row) {
    if (plan_.refuse_new_keys) {
      for (const auto& [key, value] : row.items()) {
        if (std::ranges::count(plan_.columns, key, &JsonColumn::name) > 0) continue;
        throw Error(ErrorCode::kBadData,
                    fmt::format("{}:{}: the key {} is in no row before; declare its type in "
                                "`types`, or name the columns to be read in `columns`",
                                plan_.path, rows_.line(), quote(key)));
      }
    }
    for (size_t i = 0; i < builders_.size(); ++i) {
      const auto& column = plan_.columns[static_cast<size_t>(plan_.shown[i])];
      const auto found = row.find(column.name);
      if (found == row.end()) {
        throw_if_failed(builders_[i]->AppendNull(), "reading JSON");
        continue;
      }
      const std::string problem = append_json(*builders_[i], *found);
      if (problem.empty()) continue;
      throw Error(
          ErrorCode::kBadData,
          fmt::format("{}:{}: key {}: {}{}", plan_.path, rows_.line(), quote(column.name), problem,
                      column.declared ? ""
                                      : "; the type is that of the rows before: declare it "
                                        "in `types`"));
    }
  }

  const JsonPlan& plan_;
  CsvRows rows_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
};

class JsonStream : public BlockStream {
 public:
  JsonStream(std::shared_ptr<const JsonPlan> plan, std::shared_ptr<ReadStats> stats)
      : plan_(std::move(plan)), blocks_(plan_->path, kFormat, kLines, std::move(stats)) {
    blocks_.skip_head(0);
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    while (!at_end_ && !results_.full()) {
      const auto block = blocks_.next();
      if (!block) {
        at_end_ = true;
        break;
      }
      results_.start([plan = plan_, block = *block] {
        auto rows = read_fast(*plan, block);
        return rows ? rows : ExactReader(*plan, block).read();
      });
    }
    return results_.empty() ? nullptr : results_.take();
  }

 private:
  std::shared_ptr<const JsonPlan> plan_;
  TextBlocks blocks_;
  Ahead<std::shared_ptr<arrow::RecordBatch>> results_;
  bool at_end_ = false;
};

// What all files of a table share.
struct JsonShared {
  JsonOptions options;
  std::vector<JsonColumn> known;  // from the files before
};

class JsonFile : public DataFile {
 public:
  JsonFile(const std::string& path, std::shared_ptr<JsonShared> shared)
      : shared_(std::move(shared)), path_(path), identity_(check_file(path, kFormat)) {
    infer();
    arrow::FieldVector fields;
    for (const JsonColumn& column : columns_) {
      fields.push_back(arrow::field(column.name, column.type));
      if (std::ranges::count(shared_->known, column.name, &JsonColumn::name) == 0) {
        shared_->known.push_back(column);
      }
    }
    schema_ = arrow::schema(std::move(fields));
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  std::unique_ptr<BlockStream> open(std::span<const int> fields, const Filter&) const override {
    check_unchanged(path_, identity_);
    auto plan = std::make_shared<JsonPlan>();
    plan->path = path_;
    plan->columns = columns_;
    plan->shown.assign(fields.begin(), fields.end());
    plan->refuse_new_keys = shared_->options.columns.empty();
    arrow::FieldVector parsed;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const bool shown = std::ranges::count(plan->shown, static_cast<int>(i)) > 0;
      if (!shown && !plan->refuse_new_keys) continue;
      const auto& type = columns_[i].type;
      plan->fast &= arrow_reads(*type, true);
      const bool time = type->id() == arrow::Type::TIMESTAMP;
      parsed.push_back(arrow::field(columns_[i].name, time ? arrow::utf8() : type));
    }
    plan->parse.explicit_schema = arrow::schema(std::move(parsed));
    plan->parse.unexpected_field_behavior = plan->refuse_new_keys
                                                ? arrow::json::UnexpectedFieldBehavior::Error
                                                : arrow::json::UnexpectedFieldBehavior::Ignore;
    return std::make_unique<JsonStream>(std::move(plan), shared_->options.stats);
  }

 private:
  // Declared types win, then those of the files before, then what the first rows say.
  void infer() {
    TextBlocks blocks(path_, kFormat, kLines, shared_->options.stats);
    blocks.skip_head(0);
    JsonInference inference(path_);
    for (const auto& [name, type] : shared_->options.types) inference.declare(name);
    for (int i = 0; i < kInferenceBlocksMax; ++i) {
      const auto block = blocks.next();
      if (!block) break;
      inference.add(*block);
      if (inference.complete()) break;
    }
    for (const auto& [name, type] : shared_->options.types) {
      columns_.push_back({name, type_to_arrow(type), true});
    }
    for (const auto& field : inference.fields()) {
      const auto known = std::ranges::find(shared_->known, field->name(), &JsonColumn::name);
      if (std::ranges::count(columns_, field->name(), &JsonColumn::name) > 0) continue;
      columns_.push_back(
          {field->name(), known == shared_->known.end() ? field->type() : known->type, false});
    }
    sort_as_seen(inference.keys());
    if (columns_.empty()) {
      throw Error(ErrorCode::kBadData, fmt::format("{} holds no object with a key", path_));
    }
  }

  // Columns come in the order in which the file has them, declared ones that it lacks at the end.
  void sort_as_seen(const std::vector<std::string>& keys) {
    std::ranges::stable_sort(columns_, {}, [&](const JsonColumn& column) {
      return std::ranges::find(keys, column.name) - keys.begin();
    });
  }

  std::shared_ptr<JsonShared> shared_;
  std::string path_;
  FileIdentity identity_;
  std::vector<JsonColumn> columns_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Table read_json(const Paths& paths, const JsonOptions& options) {
  for (const auto& [name, type] : options.types) {
    if (type && !type->is_object()) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("read_json: column {} is declared with a type that cannot lie in a "
                            "column",
                            quote(name)));
  }
  FilesOptions files{.format = kFormat,
                     .extensions = {".jsonl", ".ndjson", ".json"},
                     .columns = options.columns,
                     .filter = options.filter,
                     .fill_missing = options.fill_missing,
                     .stats = options.stats};
  auto shared = std::make_shared<JsonShared>(JsonShared{options, {}});
  return table_of_files(paths, std::move(files), [shared](const std::string& path) {
    return std::make_unique<JsonFile>(path, shared);
  });
}

}  // namespace weft
