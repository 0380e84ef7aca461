#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/future.h>
#include <arrow/util/thread_pool.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "data/arrow.h"
#include "io/filter.h"
#include "io/input.h"
#include "io/source.h"

namespace weft {
namespace {

constexpr char kFormat[] = "Parquet";
constexpr int64_t kBatchRows = 65536;
// A row group up to this size is decoded as a whole, all its columns at once and one group ahead; a
// larger one streams through.
constexpr int64_t kWholeGroupBytesMax = int64_t{128} << 20;
// Of row groups that threads read by themselves, each a few columns at once.
constexpr int64_t kPieceRowsMax = int64_t{1} << 21;
constexpr int64_t kPieceColumnBytesMax = int64_t{64} << 20;

using Reader = std::shared_ptr<parquet::arrow::FileReader>;
using Batch = std::shared_ptr<arrow::RecordBatch>;

// What the parts of an opened file share.
struct ParquetInfo {
  std::string path;
  FileIdentity identity;
  std::shared_ptr<parquet::FileMetaData> metadata;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::vector<int>> leaves;  // [fields] Parquet columns
  std::shared_ptr<ReadStats> stats;
};

// Parquet's own exceptions and Arrow's statuses, as one Error that names the file.
template <class F>
auto guarded(const std::string& path, F&& call) {
  try {
    return call();
  } catch (const parquet::ParquetStatusException& e) {
    throw_if_unreadable(e.status(), path, kFormat);
    throw;
  } catch (const parquet::ParquetException& e) {
    throw_if_unreadable(arrow::Status::Invalid(e.what()), path, kFormat);
    throw;
  }
}

template <class T>
T readable(arrow::Result<T> result, const std::string& path) {
  throw_if_unreadable(result.status(), path, kFormat);
  return std::move(result).ValueUnsafe();
}

bool may_use_threads() { return !arrow::internal::GetCpuThreadPool()->OwnsThisThread(); }

Reader open_reader(const std::string& path, const std::shared_ptr<ReadStats>& stats,
                   std::shared_ptr<parquet::FileMetaData> metadata, bool whole_groups) {
  parquet::ReaderProperties properties;
  if (!whole_groups) {
    properties.enable_buffered_stream();
    properties.set_buffer_size(1 << 20);
  }
  parquet::ArrowReaderProperties arrow_properties;
  arrow_properties.set_use_threads(may_use_threads());
  arrow_properties.set_pre_buffer(whole_groups);
  arrow_properties.set_batch_size(kBatchRows);
  return guarded(path, [&] {
    parquet::arrow::FileReaderBuilder builder;
    throw_if_unreadable(builder.Open(open_file(path, stats), properties, std::move(metadata)), path,
                        kFormat);
    builder.properties(arrow_properties);
    return Reader(readable(builder.Build(), path));
  });
}

void add_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& out) {
  if (field.column_index >= 0) out.push_back(field.column_index);
  for (const auto& child : field.children) add_leaves(child, out);
}

// A statistic as Weft's value of the column; nothing where it cannot be one.
std::optional<Value> as_value(const std::shared_ptr<arrow::Scalar>& scalar, Type type) {
  try {
    const auto array = value_or_throw(arrow::MakeArrayFromScalar(*scalar, 1), "statistics");
    const Value value =
        ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(array)).as(type).at(0);
    if (!value.has_value()) return {};
    return value;
  } catch (const Error&) {
    return {};
  }
}

ValueRange range_of(const ParquetInfo& info, int group, int field, Type type) {
  const auto row_group = info.metadata->RowGroup(group);
  ValueRange range;
  range.rows = row_group->num_rows();
  const auto& leaves = info.leaves[static_cast<size_t>(field)];
  if (leaves.size() != 1 || info.schema->field(field)->type()->num_fields() > 0) return range;
  const int leaf = leaves[0];
  const auto statistics = row_group->ColumnChunk(leaf)->statistics();
  if (!statistics) return range;
  if (statistics->HasNullCount()) range.nulls = statistics->null_count();
  std::shared_ptr<arrow::Scalar> min;
  std::shared_ptr<arrow::Scalar> max;
  if (!statistics->HasMinMax() ||
      !parquet::arrow::StatisticsAsScalars(*statistics, &min, &max).ok()) {
    return range;
  }
  range.min = as_value(min, type);
  range.max = as_value(max, type);
  return range;
}

bool group_may_match(const ParquetInfo& info, int group, const Filter& filter) {
  for (const Condition& condition : filter) {
    const int field = info.schema->GetFieldIndex(condition.column);
    const auto& arrow_field = *info.schema->field(field);
    const bool has_value = condition.op != Compare::kIsNull && condition.op != Compare::kIsNotNull;
    Type type = type_from_arrow(*arrow_field.type(), arrow_field.name());
    if (has_value && condition.op != Compare::kIn) type = condition.value.type();
    if (condition.op == Compare::kIn) type = condition.value.type()->element;
    if (!may_match(condition, range_of(info, group, field, type))) return false;
  }
  return true;
}

// The decoded batches of one row group.
class GroupStream {
 public:
  GroupStream(const ParquetInfo& info, int group, const std::vector<int>& leaves) : info_(info) {
    const auto row_group = info.metadata->RowGroup(group);
    int64_t bytes = 0;
    for (const int leaf : leaves) bytes += row_group->ColumnChunk(leaf)->total_uncompressed_size();
    const bool whole = bytes <= kWholeGroupBytesMax && may_use_threads();
    reader_ = open_reader(info.path, info.stats, info.metadata, whole);
    guarded(info.path, [&] {
      if (whole) {
        generator_ = readable(reader_->GetRecordBatchGenerator(reader_, {group}, leaves,
                                                               arrow::internal::GetCpuThreadPool()),
                              info_.path);
        first_ = generator_();
      } else {
        batches_ = readable(reader_->GetRecordBatchReader({group}, leaves), info_.path);
      }
    });
  }

  ~GroupStream() {
    if (first_.is_valid()) first_.Wait();  // it reads with reader_
  }

  Batch next() {
    return guarded(info_.path, [&]() -> Batch {
      if (batches_) return readable(batches_->Next(), info_.path);
      auto future = first_.is_valid() ? std::exchange(first_, {}) : generator_();
      return readable(future.MoveResult(), info_.path);
    });
  }

 private:
  const ParquetInfo& info_;
  Reader reader_;
  std::function<arrow::Future<Batch>()> generator_;
  arrow::Future<Batch> first_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

class ParquetStream : public BlockStream {
 public:
  ParquetStream(std::shared_ptr<const ParquetInfo> info, std::span<const int> fields,
                const Filter& filter)
      : info_(std::move(info)) {
    check_unchanged(info_->path, info_->identity);
    for (const int field : fields) {
      const auto& leaves = info_->leaves[static_cast<size_t>(field)];
      leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
      names_.push_back(info_->schema->field(field)->name());
    }
    guarded(info_->path, [&] {
      for (int group = 0; group < info_->metadata->num_row_groups(); ++group) {
        const bool wanted = group_may_match(*info_, group, filter);
        if (wanted) groups_.push_back(group);
        if (!wanted && info_->stats) ++info_->stats->row_groups_skipped;
      }
    });
    ahead_ = open_next();
  }

  Batch next() override {
    while (true) {
      if (!now_) {
        now_ = std::move(ahead_);
        if (!now_) return nullptr;
        ahead_ = open_next();
      }
      const Batch batch = now_->next();
      if (batch) return in_order(*batch);
      now_.reset();
    }
  }

 private:
  std::unique_ptr<GroupStream> open_next() {
    if (next_ == groups_.size()) return nullptr;
    if (info_->stats) ++info_->stats->row_groups;
    return std::make_unique<GroupStream>(*info_, groups_[next_++], leaves_);
  }

  // Parquet gives the fields in the file's order.
  Batch in_order(const arrow::RecordBatch& batch) const {
    arrow::ArrayVector columns;
    arrow::FieldVector fields;
    for (const std::string& name : names_) {
      const int at = batch.schema()->GetFieldIndex(name);
      columns.push_back(batch.column(at));
      fields.push_back(batch.schema()->field(at));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch.num_rows(),
                                    std::move(columns));
  }

  std::shared_ptr<const ParquetInfo> info_;
  std::vector<int> leaves_;
  std::vector<std::string> names_;
  std::vector<int> groups_;
  size_t next_ = 0;
  std::unique_ptr<GroupStream> now_;
  std::unique_ptr<GroupStream> ahead_;
};

// One row group, read by whoever asks.
class ParquetGroup : public OpenGroup {
 public:
  ParquetGroup(std::shared_ptr<const ParquetInfo> info, int group)
      : info_(std::move(info)), group_(group) {
    check_unchanged(info_->path, info_->identity);
    parquet::ArrowReaderProperties properties;
    properties.set_use_threads(false);
    properties.set_pre_buffer(false);
    guarded(info_->path, [&] {
      parquet::arrow::FileReaderBuilder builder;
      throw_if_unreadable(builder.Open(open_file(info_->path, info_->stats),
                                       parquet::default_reader_properties(), info_->metadata),
                          info_->path, kFormat);
      builder.properties(properties);
      reader_ = Reader(readable(builder.Build(), info_->path));
    });
  }

  std::shared_ptr<arrow::Table> read(std::span<const int> fields) const override {
    std::vector<int> leaves;
    for (const int field : fields) {
      const auto& of_field = info_->leaves[static_cast<size_t>(field)];
      leaves.insert(leaves.end(), of_field.begin(), of_field.end());
    }
    return guarded(info_->path, [&] {
      const auto rows = readable(reader_->ReadRowGroup(group_, leaves), info_->path);
      // Parquet gives the fields in the file's order.
      arrow::FieldVector names;
      arrow::ChunkedArrayVector columns;
      for (const int field : fields) {
        names.push_back(info_->schema->field(field));
        columns.push_back(rows->GetColumnByName(names.back()->name()));
        WEFT_CHECK(columns.back() != nullptr);
      }
      return arrow::Table::Make(arrow::schema(std::move(names)), std::move(columns),
                                rows->num_rows());
    });
  }

 private:
  std::shared_ptr<const ParquetInfo> info_;
  int group_;
  Reader reader_;
};

class ParquetFile : public DataFile {
 public:
  ParquetFile(const std::string& path, std::shared_ptr<ReadStats> stats)
      : info_(std::make_shared<ParquetInfo>()) {
    info_->path = path;
    info_->stats = std::move(stats);
    info_->identity = check_file(path, kFormat);
    const Reader reader = open_reader(path, info_->stats, nullptr, true);
    guarded(path, [&] {
      info_->metadata = reader->parquet_reader()->metadata();
      throw_if_unreadable(reader->GetSchema(&info_->schema), path, kFormat);
      for (const auto& field : reader->manifest().schema_fields) {
        add_leaves(field, info_->leaves.emplace_back());
      }
    });
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return info_->schema; }
  std::optional<int64_t> num_rows() const override { return info_->metadata->num_rows(); }
  std::unique_ptr<BlockStream> open(std::span<const int> fields,
                                    const Filter& filter) const override {
    return std::make_unique<ParquetStream>(info_, fields, filter);
  }

  bool in_groups() const override {
    for (int group = 0; group < num_groups(); ++group) {
      const auto row_group = info_->metadata->RowGroup(group);
      if (row_group->num_rows() > kPieceRowsMax) return false;
      if (row_group->total_byte_size() <= kWholeGroupBytesMax) continue;
      for (int leaf = 0; leaf < row_group->num_columns(); ++leaf) {
        const auto chunk = row_group->ColumnChunk(leaf);
        if (chunk->total_uncompressed_size() > kPieceColumnBytesMax) return false;
      }
    }
    return true;
  }
  int num_groups() const override { return info_->metadata->num_row_groups(); }
  int64_t group_rows(int group) const override {
    return info_->metadata->RowGroup(group)->num_rows();
  }
  ValueRange group_range(int group, int field, Type type) const override {
    return guarded(info_->path, [&] { return range_of(*info_, group, field, type); });
  }
  std::unique_ptr<OpenGroup> open_group(int group) const override {
    return std::make_unique<ParquetGroup>(info_, group);
  }

 private:
  std::shared_ptr<ParquetInfo> info_;
};

}  // namespace

std::unique_ptr<DataFile> open_parquet_file(const std::string& path,
                                            std::shared_ptr<ReadStats> stats) {
  return std::make_unique<ParquetFile>(path, std::move(stats));
}

Table read_parquet(const Paths& paths, const ParquetOptions& options) {
  FilesOptions files{.format = kFormat,
                     .extensions = {".parquet", ".pq"},
                     .columns = options.columns,
                     .filter = options.filter,
                     .fill_missing = options.fill_missing,
                     .stats = options.stats};
  return table_of_files(paths, std::move(files), [stats = options.stats](const std::string& path) {
    return open_parquet_file(path, stats);
  });
}

}  // namespace weft
