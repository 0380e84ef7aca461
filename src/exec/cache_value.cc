// Values as bytes: a line of JSON that says what follows, then JSON or an Arrow IPC file.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "data/arrow.h"
#include "exec/cache_store.h"
#include "exec/value_json.h"

namespace weft {
namespace {

using nlohmann::json;

constexpr char kDoing[] = "keeping a value";
constexpr char kReading[] = "reading a kept value";

std::string ipc_bytes(const std::shared_ptr<arrow::Table>& table) {
  const auto out = value_or_throw(arrow::io::BufferOutputStream::Create(), kDoing);
  const auto writer = value_or_throw(arrow::ipc::MakeFileWriter(out, table->schema()), kDoing);
  throw_if_failed(writer->WriteTable(*table), kDoing);
  throw_if_failed(writer->Close(), kDoing);
  return value_or_throw(out->Finish(), kDoing)->ToString();
}

// The table keeps the bytes alive.
std::shared_ptr<arrow::Table> ipc_table(std::string bytes) {
  const auto buffer = arrow::Buffer::FromString(std::move(bytes));
  const auto input = std::make_shared<arrow::io::BufferReader>(buffer);
  const auto reader = value_or_throw(arrow::ipc::RecordBatchFileReader::Open(input), kReading);
  return value_or_throw(reader->ToTable(), kReading);
}

std::shared_ptr<arrow::Table> as_arrow(const ColumnData& column) {
  const auto schema = arrow::schema({arrow::field("value", column.arrow()->type())});
  return arrow::Table::Make(schema, {column.arrow()});
}

}  // namespace

std::string value_to_bytes(const Value& value) {
  json head = {{"format", "weft-value"}, {"version", 1}};
  std::string body;
  if (const auto* column = value.get_if<ColumnData>()) {
    head["kind"] = "column";
    head["type"] = column->type()->name;
    body = ipc_bytes(as_arrow(*column));
  } else if (const auto* table = value.get_if<Table>()) {
    head["kind"] = "table";
    body = ipc_bytes(table->load().to_arrow());
  } else {
    head["kind"] = "value";
    if (value.type()) head["type"] = value.type()->name;
    body = value_to_json(value).dump();
  }
  return head.dump() + "\n" + body;
}

Value value_from_bytes(const std::string& bytes) {
  const size_t line = bytes.find('\n');
  try {
    if (line == bytes.npos) throw Error(ErrorCode::kBadData, "it has no first line");
    const json head = json::parse(bytes.substr(0, line));
    const auto kind = head.at("kind").get<std::string>();
    std::string body = bytes.substr(line + 1);
    if (kind == "table") return Value::of(Table::from_arrow(ipc_table(std::move(body))));
    if (kind == "column") {
      return Value::of(ColumnData::from_arrow(ipc_table(std::move(body))->column(0), "value"));
    }
    if (!head.contains("type")) return {};
    const auto name = head.at("type").get<std::string>();
    const Type type = described_type(name);
    if (!type) throw Error(ErrorCode::kUnsupported, "no loaded module describes " + name);
    return value_from_json(type, json::parse(body));
  } catch (const json::exception& e) {
    throw Error(ErrorCode::kBadData, e.what());
  }
}

}  // namespace weft
