#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/table.h>

#include "data/arrow.h"
#include "server/rows.h"

namespace weft {
namespace {

constexpr char kReading[] = "reading the Arrow IPC stream of the request";
constexpr char kWriting[] = "writing an Arrow IPC stream";

// What is malformed comes from outside, whatever Arrow calls it.
template <class T>
T read_or_throw(arrow::Result<T> result) {
  if (!result.ok()) {
    throw Error(ErrorCode::kBadData, std::string(kReading) + ": " + result.status().message());
  }
  return std::move(result).ValueUnsafe();
}

}  // namespace

Table rows_of_arrow(std::string_view body) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  // A copy: the columns may outlive the request.
  const auto stream = read_or_throw(arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::string(body))),
      options));
  const auto table = read_or_throw(stream->ToTable());
  if (const arrow::Status valid = table->ValidateFull(); !valid.ok()) {
    throw Error(ErrorCode::kBadData, std::string(kReading) + ": " + valid.message());
  }
  return Table::from_arrow(table);
}

std::string arrow_of_rows(const Table& table) {
  const std::shared_ptr<arrow::Table> rows = table.to_arrow();
  const auto out = value_or_throw(arrow::io::BufferOutputStream::Create(), kWriting);
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;
  const auto writer =
      value_or_throw(arrow::ipc::MakeStreamWriter(out, rows->schema(), options), kWriting);
  throw_if_failed(writer->WriteTable(*rows), kWriting);
  throw_if_failed(writer->Close(), kWriting);
  return value_or_throw(out->Finish(), kWriting)->ToString();
}

}  // namespace weft
