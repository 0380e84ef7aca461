#include "offline/delta_pieces.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include "offline/delta_rows.h"

namespace weft::delta {
namespace {

// A data file that is read.
struct OpenedFile {
  std::string path;
  std::shared_ptr<const AddFile> add;
  std::unique_ptr<DataFile> parquet;
};

// Where rows of a table come from.
struct OpenedTable {
  std::string folder;
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<std::unique_ptr<OpenedFile>> files;

  const Column& column(const std::string& name) const {
    const Column* column = snapshot->schema.find(name);
    WEFT_CHECK(column != nullptr && column->weft != nullptr);
    return *column;
  }
};

class GroupReader : public PieceReader {
 public:
  GroupReader(std::shared_ptr<const OpenedTable> table, const OpenedFile& file, int group)
      : table_(std::move(table)),
        file_(file),
        group_(file.parquet->open_group(group)),
        rows_(file.parquet->group_rows(group)) {}

  Table read(std::span<const std::string> names) const override {
    std::vector<int> fields;
    std::vector<int> field_of;  // [names] -1: one value
    for (const std::string& name : names) {
      const bool partition = table_->snapshot->is_partition_column(name);
      field_of.push_back(partition ? -1 : file_.parquet->schema()->GetFieldIndex(name));
      if (field_of.back() >= 0) fields.push_back(field_of.back());
    }
    const auto found = fields.empty() ? nullptr : group_->read(fields);
    std::vector<std::pair<std::string, ColumnData>> columns;
    int next = 0;
    for (size_t i = 0; i < names.size(); ++i) {
      columns.emplace_back(
          names[i], field_of[i] < 0 ? constant(names[i]) : shown(names[i], found->column(next++)));
    }
    return Table(std::move(columns));
  }

 private:
  ColumnData constant(const std::string& name) const {
    const Column& column = table_->column(name);
    const bool partition = table_->snapshot->is_partition_column(name);
    return constant_column(
        partition ? partition_value(*file_.add, column) : Value::null(column.weft), column.weft,
        rows_);
  }

  ColumnData shown(const std::string& name, std::shared_ptr<arrow::ChunkedArray> found) const {
    try {
      return from_stored(table_->column(name), std::move(found));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", file_.path, error.message()));
    }
  }

  std::shared_ptr<const OpenedTable> table_;
  const OpenedFile& file_;
  std::unique_ptr<OpenGroup> group_;
  int64_t rows_;
};

class TablePieces : public Pieces {
 public:
  TablePieces(std::string folder, std::shared_ptr<const Snapshot> snapshot,
              std::shared_ptr<ReadStats> stats)
      : table_(std::make_shared<OpenedTable>()), stats_(std::move(stats)) {
    table_->folder = std::move(folder);
    table_->snapshot = std::move(snapshot);
  }

  /// False: there is a file that cannot be read in pieces.
  bool add_files(const MayHold& may_hold) {
    for (const auto& file : table_->snapshot->files) {
      if (!add_file(file, may_hold)) return false;
    }
    return true;
  }

  std::span<const Piece> list() const override { return list_; }
  int64_t num_rows() const override { return rows_; }
  std::unique_ptr<PieceReader> open(size_t piece) const override {
    const auto& [file, group] = groups_[piece];
    return std::make_unique<GroupReader>(table_, *file, group);
  }

 private:
  bool add_file(const std::shared_ptr<const AddFile>& add, const MayHold& may_hold) {
    const Snapshot& snapshot = *table_->snapshot;
    const FileStatistics statistics(add->stats);
    const auto of_file = [&](const std::string& name) {
      return range_of(snapshot, *add, statistics, table_->column(name));
    };
    const auto known = statistics.rows();
    if (known && !may_hold(of_file)) {
      if (stats_) ++stats_->files_skipped;
      rows_ += *known;
      return true;
    }
    auto file = std::make_unique<OpenedFile>();
    file->path = file_path(table_->folder, add->path);
    file->add = add;
    file->parquet = open_data_file(file->path, snapshot, stats_);
    if (!file->parquet->in_groups()) return false;
    if (stats_) ++stats_->files;
    add_groups(*file, statistics, may_hold);
    table_->files.push_back(std::move(file));
    return true;
  }

  void add_groups(const OpenedFile& file, const FileStatistics& statistics,
                  const MayHold& may_hold) {
    const DataFile& parquet = *file.parquet;
    for (int group = 0; group < parquet.num_groups(); ++group) {
      const int64_t rows = parquet.group_rows(group);
      const auto of_group = [&](const std::string& name) -> ValueRange {
        const Column& column = table_->column(name);
        if (table_->snapshot->is_partition_column(name)) {
          return range_of(*table_->snapshot, *file.add, statistics, column);
        }
        const int field = parquet.schema()->GetFieldIndex(name);
        if (field < 0) return {.min = {}, .max = {}, .nulls = rows, .rows = rows};
        return parquet.group_range(group, field, column.weft);
      };
      const bool wanted = may_hold(of_group);
      if (stats_) ++(wanted ? stats_->row_groups : stats_->row_groups_skipped);
      if (wanted && rows > 0) {
        list_.push_back({rows_, rows});
        groups_.emplace_back(&file, group);
        if (stats_) stats_->rows += rows;
      }
      rows_ += rows;
    }
  }

  std::shared_ptr<OpenedTable> table_;
  std::shared_ptr<ReadStats> stats_;
  std::vector<Piece> list_;
  std::vector<std::pair<const OpenedFile*, int>> groups_;
  int64_t rows_ = 0;
};

}  // namespace

std::shared_ptr<const Pieces> pieces_of(const std::string& table,
                                        std::shared_ptr<const Snapshot> snapshot,
                                        const MayHold& may_hold, std::shared_ptr<ReadStats> stats) {
  auto pieces = std::make_shared<TablePieces>(table, std::move(snapshot), std::move(stats));
  return pieces->add_files(may_hold) ? pieces : nullptr;
}

}  // namespace weft::delta
