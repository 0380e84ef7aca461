#include "offline/delta_rows.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "offline/delta_pieces.h"
#include "offline/delta_statistics.h"

namespace weft::delta {
namespace {

// Parquet of numbers and texts takes about four times as much in memory.
constexpr int64_t kMemoryFactor = 4;

const Column& column_at(const Snapshot& snapshot, const std::string& name) {
  const Column* column = snapshot.schema.find(name);
  WEFT_CHECK(column != nullptr && column->weft != nullptr);
  return *column;
}

// What a condition on a time says of its day; nothing if it says nothing.
std::optional<Condition> on_day(const Condition& condition) {
  Condition out = condition;
  switch (condition.op) {
    case Compare::kLess:
      out.op = Compare::kLessEqual;
      break;
    case Compare::kGreater:
      out.op = Compare::kGreaterEqual;
      break;
    case Compare::kEqual:
    case Compare::kLessEqual:
    case Compare::kGreaterEqual:
      break;
    default:
      return {};
  }
  out.value =
      days_of(ColumnData::of_values(timestamp_type(), std::span(&condition.value, 1))).at(0);
  return out;
}

// Files of a day are passed over by conditions on the time, too.
bool day_rules_out(const Snapshot& snapshot, const AddFile& file, const Filter& filter) {
  for (const std::string& name : snapshot.metadata.partition_columns) {
    const Column& column = column_at(snapshot, name);
    const std::string of = column.day_of();
    if (of.empty()) continue;
    for (const Condition& condition : filter) {
      const auto derived = condition.column == of ? on_day(condition) : std::nullopt;
      if (derived && !matches(*derived, partition_value(file, column))) return true;
    }
  }
  return false;
}

}  // namespace

std::string file_path(const std::string& table, const std::string& path) {
  return path.starts_with('/') ? path : table + "/" + path;
}

Value partition_value(const AddFile& file, const Column& column) {
  const auto found = file.partition.find(column.name);
  if (found == file.partition.end()) return Value::null(column.weft);
  return partition_value(column, found->second);
}

ValueRange range_of(const Snapshot& snapshot, const AddFile& file, const FileStatistics& stats,
                    const Column& column) {
  if (!snapshot.is_partition_column(column.name)) return stats.range(column);
  const Value value = partition_value(file, column);
  const int64_t rows = stats.rows().value_or(1);
  if (!value.has_value()) return {.min = {}, .max = {}, .nulls = rows, .rows = rows};
  return {.min = value, .max = value, .nulls = 0, .rows = rows};
}

bool may_hold(const Snapshot& snapshot, const AddFile& file, const Filter& filter) {
  if (filter.empty()) return true;
  if (day_rules_out(snapshot, file, filter)) return false;
  // The statistics are parsed only where partitions do not rule the file out.
  for (const Condition& condition : filter) {
    if (!snapshot.is_partition_column(condition.column)) continue;
    const Column& column = column_at(snapshot, condition.column);
    if (!matches(condition, partition_value(file, column))) return false;
  }
  const FileStatistics stats(file.stats);
  return std::ranges::all_of(filter, [&](const Condition& condition) {
    return snapshot.is_partition_column(condition.column) ||
           may_match(condition, stats.range(column_at(snapshot, condition.column)));
  });
}

std::unique_ptr<DataFile> open_data_file(const std::string& path, const Snapshot& snapshot,
                                         std::shared_ptr<ReadStats> stats) {
  try {
    return open_parquet_file(path, std::move(stats));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(ErrorCode::kNotFound,
                fmt::format("{}: version {} of the table names this file; if it was vacuumed, read "
                            "a newer version",
                            error.message(), snapshot.version));
  }
}

std::optional<int64_t> count_rows(const AddFiles& files) {
  int64_t rows = 0;
  for (const auto& file : files) {
    const auto known = FileStatistics(file->stats).rows();
    if (!known) return {};
    rows += *known;
  }
  return rows;
}

// ---- one file
// ------------------------------------------------------------------------------------

struct FileRows::State {
  // Where a column comes from: a field of the blocks, or one value.
  struct Place {
    const Column* column = nullptr;
    int block_field = -1;
    Value value;
  };

  std::string path;
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const AddFile> file;
  std::vector<std::string> columns;
  std::vector<Place> places;
  Filter row_filter;
  std::shared_ptr<ReadStats> stats;
  std::unique_ptr<DataFile> parquet;
  std::unique_ptr<BlockStream> stream;  // null: no row can meet the filter

  void place_columns(const Filter& filter, std::vector<int>& fields);
  bool rules_out(const Filter& filter);
  Table to_table(const arrow::RecordBatch& block) const;
};

void FileRows::State::place_columns(const Filter& filter, std::vector<int>& fields) {
  std::vector<std::string> needed = columns;
  for (const Condition& condition : filter) {
    if (std::ranges::count(needed, condition.column) == 0) needed.push_back(condition.column);
  }
  for (const std::string& name : needed) {
    Place place{.column = &column_at(*snapshot, name), .block_field = -1, .value = {}};
    const int field = parquet->schema()->GetFieldIndex(name);
    if (snapshot->is_partition_column(name)) {
      place.value = partition_value(*file, *place.column);
    } else if (field < 0) {
      place.value = Value::null(place.column->weft);
    } else {
      place.block_field = static_cast<int>(fields.size());
      fields.push_back(field);
    }
    places.push_back(std::move(place));
  }
}

// Conditions on columns of one value hold for all rows or for none.
bool FileRows::State::rules_out(const Filter& filter) {
  for (const Condition& condition : filter) {
    const auto place =
        std::ranges::find(places, condition.column, [](const Place& p) { return p.column->name; });
    if (place->block_field >= 0) {
      row_filter.push_back(condition);
    } else if (!matches(condition, place->value)) {
      return true;
    }
  }
  return false;
}

Table FileRows::State::to_table(const arrow::RecordBatch& block) const {
  std::vector<std::pair<std::string, ColumnData>> out;
  for (const Place& place : places) {
    const Column& column = *place.column;
    if (place.block_field < 0) {
      out.emplace_back(column.name, constant_column(place.value, column.weft, block.num_rows()));
      continue;
    }
    try {
      auto found = std::make_shared<arrow::ChunkedArray>(block.column(place.block_field));
      out.emplace_back(column.name, from_stored(column, std::move(found)));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", path, error.message()));
    }
  }
  return Table(std::move(out));
}

FileRows::FileRows(const std::string& table, std::shared_ptr<const Snapshot> snapshot,
                   std::shared_ptr<const AddFile> file, std::span<const std::string> columns,
                   Filter filter, std::shared_ptr<ReadStats> stats)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.path = file_path(table, file->path);
  state.snapshot = std::move(snapshot);
  state.file = std::move(file);
  state.columns.assign(columns.begin(), columns.end());
  state.stats = std::move(stats);
  state.parquet = open_data_file(state.path, *state.snapshot, state.stats);
  std::vector<int> fields;
  state.place_columns(filter, fields);
  if (state.rules_out(filter)) return;
  // Where no column lies in the file, any field tells how many rows there are.
  if (fields.empty()) fields.push_back(0);
  state.stream = state.parquet->open(fields, state.row_filter);
}

FileRows::~FileRows() = default;

std::optional<Table> FileRows::next() {
  State& state = *state_;
  while (state.stream) {
    const auto block = state.stream->next();
    if (!block) return {};
    if (state.stats) state.stats->rows += block->num_rows();
    if (block->num_rows() == 0) continue;
    const Table rows = filter_rows(state.to_table(*block), state.row_filter);
    if (rows.num_rows() > 0) return rows.select(state.columns);
  }
  return {};
}

// ---- all of them
// ---------------------------------------------------------------------------------

namespace {

class DeltaReader : public BatchReader {
 public:
  DeltaReader(std::string table, std::shared_ptr<const Snapshot> snapshot,
              std::span<const std::string> columns, Filter filter, std::shared_ptr<ReadStats> stats)
      : table_(std::move(table)),
        snapshot_(std::move(snapshot)),
        columns_(columns.begin(), columns.end()),
        filter_(std::move(filter)),
        stats_(std::move(stats)) {}

  std::optional<Table> next() override {
    if (columns_.empty()) return {};
    while (true) {
      if (!file_ && !open_next()) return {};
      if (auto rows = file_->next()) return rows;
      file_.reset();
    }
  }

 private:
  bool open_next() {
    while (next_ < snapshot_->files.size()) {
      const auto& file = snapshot_->files[next_++];
      if (may_hold(*snapshot_, *file, filter_)) {
        file_.emplace(table_, snapshot_, file, columns_, filter_, stats_);
        if (stats_) ++stats_->files;
        return true;
      }
      if (stats_) ++stats_->files_skipped;
    }
    return false;
  }

  std::string table_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::string> columns_;
  Filter filter_;
  std::shared_ptr<ReadStats> stats_;
  size_t next_ = 0;
  std::optional<FileRows> file_;
};

class DeltaSource : public PiecedSource {
 public:
  DeltaSource(std::string table, std::shared_ptr<const Snapshot> snapshot, Schema schema,
              Filter filter, std::shared_ptr<ReadStats> stats)
      : table_(std::move(table)),
        snapshot_(std::move(snapshot)),
        schema_(std::move(schema)),
        filter_(std::move(filter)),
        stats_(std::move(stats)) {}

  const Schema& schema() const override { return schema_; }
  std::string describe() const override {
    return fmt::format("Delta {} version {}", table_, snapshot_->version);
  }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    for (const std::string& name : columns) {
      if (std::ranges::find(schema_, name, &ColumnSchema::name) != schema_.end()) continue;
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} has no column {}", describe(), quote(name)));
    }
    return std::make_unique<DeltaReader>(table_, snapshot_, columns, filter_, stats_);
  }
  std::shared_ptr<const Pieces> pieces(const MayHold& may_hold) const override {
    return filter_.empty() ? pieces_of(table_, snapshot_, may_hold, stats_) : nullptr;
  }
  std::optional<int64_t> num_rows() const override {
    if (!filter_.empty()) return {};
    return count_rows(snapshot_->files);
  }
  std::optional<int64_t> byte_size(std::span<const std::string> columns) const override {
    if (const auto known = TableSource::byte_size(columns)) return known;
    int64_t bytes = 0;
    for (const auto& file : snapshot_->files) {
      if (may_hold(*snapshot_, *file, filter_)) bytes += file->size * kMemoryFactor;
    }
    const auto all = std::max<int64_t>(static_cast<int64_t>(snapshot_->schema.columns().size()), 1);
    return bytes * static_cast<int64_t>(columns.size()) / all;
  }

 private:
  std::string table_;
  std::shared_ptr<const Snapshot> snapshot_;
  Schema schema_;
  Filter filter_;
  std::shared_ptr<ReadStats> stats_;
};

// The columns asked for, or all of them. Throws for those that Weft cannot read.
Schema shown_columns(const std::string& what, const TableSchema& schema,
                     const std::vector<std::string>& asked) {
  std::vector<std::string> known;
  for (const Column& column : schema.columns()) known.push_back(column.name);
  Schema out;
  for (const std::string& name : asked.empty() ? known : asked) {
    const Column* column = schema.find(name);
    if (!column) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} has no column {}; it has {}{}", what, quote(name),
                              fmt::join(known, ", "), did_you_mean(name, known)));
    }
    if (!column->weft) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: column {} has the type {}, which Weft has not; name the columns "
                              "to be read in `columns`",
                              what, quote(name), column->type.dump()));
    }
    if (std::ranges::find(out, name, &ColumnSchema::name) != out.end()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("column {} is asked for twice", quote(name)));
    }
    out.push_back({name, column->weft});
  }
  return out;
}

}  // namespace

Table table_of(const std::string& table, std::shared_ptr<const Snapshot> snapshot,
               const DeltaRead& options) {
  const std::string what = "the Delta table " + table;
  Schema schema = shown_columns(what, snapshot->schema, options.columns);
  Filter filter = bind_filter(options.filter, snapshot->schema.readable(), what);
  return Table(std::make_shared<DeltaSource>(table, std::move(snapshot), std::move(schema),
                                             std::move(filter), options.stats));
}

}  // namespace weft::delta
