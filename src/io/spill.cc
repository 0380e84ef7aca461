#include "io/spill.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "data/arrow.h"
#include "io/writer.h"

namespace weft {
namespace {

constexpr char kDoing[] = "spilling columns to disk";

// A file in the folder for temporary ones, whose name goes at the end of the scope.
class TemporaryFile {
 public:
  TemporaryFile() {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder && *folder ? folder : "/tmp") + "/weft-spill-XXXXXX";
    fd_ = ::mkstemp(path_.data());
    if (fd_ < 0) {
      throw Error(ErrorCode::kIo,
                  std::string(kDoing) + ": creating " + path_ + ": " + std::strerror(errno));
    }
  }
  ~TemporaryFile() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace

Table spill(const Table& table) {
  const TemporaryFile file;
  {
    const auto out = value_or_throw(arrow::io::FileOutputStream::Open(file.path()), kDoing);
    const auto writer = value_or_throw(
        arrow::ipc::MakeFileWriter(out.get(), schema_to_arrow(table.schema())), kDoing);
    const auto reader = table.read(table.names());
    while (const auto batch = reader->next()) {
      throw_if_failed(writer->WriteTable(*batch->to_arrow()), kDoing);
    }
    throw_if_failed(writer->Close(), kDoing);
    throw_if_failed(out->Close(), kDoing);
  }
  const auto in = value_or_throw(
      arrow::io::MemoryMappedFile::Open(file.path(), arrow::io::FileMode::READ), kDoing);
  const auto reader = value_or_throw(arrow::ipc::RecordBatchFileReader::Open(in), kDoing);
  std::vector<arrow::ArrayVector> chunks(table.schema().size());
  for (int i = 0; i < reader->num_record_batches(); ++i) {
    const auto batch = value_or_throw(reader->ReadRecordBatch(i), kDoing);
    for (size_t c = 0; c < chunks.size(); ++c) {
      chunks[c].push_back(batch->column(static_cast<int>(c)));
    }
  }
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (size_t c = 0; c < chunks.size(); ++c) {
    const auto& [name, type] = table.schema()[c];
    columns.emplace_back(name, column_of(type, std::make_shared<arrow::ChunkedArray>(
                                                   std::move(chunks[c]), type_to_arrow(type))));
  }
  return Table(std::move(columns));
}

}  // namespace weft
