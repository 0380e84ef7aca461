#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/compression.h>
#include <arrow/util/thread_pool.h>
#include <fmt/format.h>

#include <cstring>

#include "data/arrow.h"
#include "io/input.h"
#include "io/source.h"
#include "io/writer.h"

namespace weft {
namespace {

constexpr char kFormat[] = "Arrow IPC";
constexpr char kMagic[] = "ARROW1";

struct IpcInfo {
  std::string path;
  FileIdentity identity;
  bool is_stream = false;
  std::shared_ptr<arrow::Schema> schema;
  std::optional<int64_t> rows;
  std::shared_ptr<ReadStats> stats;
};

using Batch = std::shared_ptr<arrow::RecordBatch>;

template <class T>
T readable(arrow::Result<T> result, const std::string& path) {
  throw_if_unreadable(result.status(), path, kFormat);
  return std::move(result).ValueUnsafe();
}

arrow::ipc::IpcReadOptions read_options() {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = !arrow::internal::GetCpuThreadPool()->OwnsThisThread();
  return options;
}

class IpcBlocks : public BlockStream {
 public:
  IpcBlocks(std::shared_ptr<const IpcInfo> info, std::span<const int> fields)
      : info_(std::move(info)) {
    check_unchanged(info_->path, info_->identity);
    auto options = read_options();
    options.included_fields.assign(fields.begin(), fields.end());
    for (const int field : fields) names_.push_back(info_->schema->field(field)->name());
    const auto file = open_file(info_->path, info_->stats);
    if (info_->is_stream) {
      stream_ = readable(arrow::ipc::RecordBatchStreamReader::Open(file, options), info_->path);
    } else {
      file_ = readable(arrow::ipc::RecordBatchFileReader::Open(file, options), info_->path);
    }
  }

  Batch next() override {
    Batch batch;
    if (stream_) {
      throw_if_unreadable(stream_->ReadNext(&batch), info_->path, kFormat);
    } else if (at_ < file_->num_record_batches()) {
      batch = readable(file_->ReadRecordBatch(at_++), info_->path);
    }
    if (!batch) return nullptr;
    // Offsets and lengths come from the file: nothing may be read through them unchecked.
    throw_if_unreadable(batch->Validate(), info_->path, kFormat);
    arrow::ArrayVector columns;
    arrow::FieldVector chosen;
    for (const std::string& name : names_) {
      columns.push_back(batch->GetColumnByName(name));
      chosen.push_back(batch->schema()->GetFieldByName(name));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(chosen)), batch->num_rows(),
                                    std::move(columns));
  }

 private:
  std::shared_ptr<const IpcInfo> info_;
  std::vector<std::string> names_;
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  int at_ = 0;
};

class IpcFile : public DataFile {
 public:
  IpcFile(const std::string& path, std::shared_ptr<ReadStats> stats)
      : info_(std::make_shared<IpcInfo>()) {
    info_->path = path;
    info_->identity = check_file(path, kFormat);
    info_->stats = std::move(stats);
    const auto file = open_file(path, info_->stats);
    char head[sizeof kMagic] = {};
    readable(file->ReadAt(0, sizeof kMagic - 1, head), path);
    info_->is_stream = std::strcmp(head, kMagic) != 0;
    if (info_->is_stream) {
      const auto reader =
          readable(arrow::ipc::RecordBatchStreamReader::Open(file, read_options()), path);
      info_->schema = reader->schema();
    } else {
      const auto reader =
          readable(arrow::ipc::RecordBatchFileReader::Open(file, read_options()), path);
      info_->schema = reader->schema();
      const auto rows = reader->CountRows();
      if (rows.ok()) info_->rows = *rows;
    }
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return info_->schema; }
  std::optional<int64_t> num_rows() const override { return info_->rows; }
  std::unique_ptr<BlockStream> open(std::span<const int> fields, const Filter&) const override {
    return std::make_unique<IpcBlocks>(info_, fields);
  }

 private:
  std::shared_ptr<IpcInfo> info_;
};

class IpcEncoder : public FileEncoder {
 public:
  IpcEncoder(std::shared_ptr<arrow::io::OutputStream> out, const std::string& path,
             const Schema& schema, const IpcWriteOptions& options)
      : doing_("writing " + path), batch_rows_(options.batch_rows), out_(std::move(out)) {
    auto write_options = arrow::ipc::IpcWriteOptions::Defaults();
    write_options.use_threads = !arrow::internal::GetCpuThreadPool()->OwnsThisThread();
    if (options.compression != Compression::kNone) {
      const auto codec = options.compression == Compression::kZstd ? arrow::Compression::ZSTD
                                                                   : arrow::Compression::LZ4_FRAME;
      write_options.codec = value_or_throw(arrow::util::Codec::Create(codec), doing_);
    }
    writer_ = value_or_throw(
        arrow::ipc::MakeFileWriter(out_.get(), schema_to_arrow(schema), write_options), doing_);
  }

  void write(const std::shared_ptr<arrow::Table>& rows) override {
    throw_if_failed(writer_->WriteTable(*rows, batch_rows_), doing_);
  }
  void finish() override { throw_if_failed(writer_->Close(), doing_); }

 private:
  std::string doing_;
  int64_t batch_rows_;
  std::shared_ptr<arrow::io::OutputStream> out_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace

Table read_ipc(const Paths& paths, const IpcOptions& options) {
  FilesOptions files{.format = kFormat,
                     .extensions = {".arrow", ".feather", ".ipc", ".arrows"},
                     .columns = options.columns,
                     .filter = options.filter,
                     .fill_missing = options.fill_missing,
                     .stats = options.stats};
  return table_of_files(paths, std::move(files), [stats = options.stats](const std::string& path) {
    return std::make_unique<IpcFile>(path, stats);
  });
}

MakeEncoder ipc_encoder(const IpcWriteOptions& options) {
  if (options.compression == Compression::kSnappy || options.compression == Compression::kGzip) {
    throw Error(ErrorCode::kUnsupported,
                "Arrow IPC files are compressed with lz4 or zstd, or not at all");
  }
  if (options.batch_rows < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("batch_rows is {}, expected at least 1", options.batch_rows));
  }
  return [options](std::shared_ptr<arrow::io::OutputStream> out, const std::string& path,
                   const Schema& schema) {
    return std::make_unique<IpcEncoder>(std::move(out), path, schema, options);
  };
}

}  // namespace weft
