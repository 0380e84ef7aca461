// Checkpoints as Parquet: between Arrow's nested columns and the JSON that the log's actions are.
#include <arrow/api.h>
#include <arrow/util/thread_pool.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/arrow.h"
#include "io/file_stream.h"
#include "io/input.h"
#include "offline/delta_log.h"

namespace weft::delta {
namespace {

using nlohmann::json;
using ArrowType = std::shared_ptr<arrow::DataType>;

// ---- reading
// -------------------------------------------------------------------------------------

// What writers add for themselves, and may be large: the same as JSON stands in `stats`.
bool is_passed_over(const std::string& field) {
  return field == "stats_parsed" || field == "partitionValues_parsed";
}

json to_json(const arrow::Array& array, int64_t i);

json map_to_json(const arrow::MapArray& map, int64_t i) {
  json out = json::object();
  for (int64_t at = map.value_offset(i); at < map.value_offset(i + 1); ++at) {
    const json key = to_json(*map.keys(), at);
    if (key.is_string()) out[key.get<std::string>()] = to_json(*map.items(), at);
  }
  return out;
}

json struct_to_json(const arrow::StructArray& values, int64_t i) {
  json out = json::object();
  for (int k = 0; k < values.num_fields(); ++k) {
    const std::string& name = values.type()->field(k)->name();
    if (!is_passed_over(name)) out[name] = to_json(*values.field(k), i);
  }
  return out;
}

json to_json(const arrow::Array& array, int64_t i) {
  if (array.IsNull(i)) return {};
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(i);
    case arrow::Type::INT32:
      return static_cast<const arrow::Int32Array&>(array).Value(i);
    case arrow::Type::INT64:
      return static_cast<const arrow::Int64Array&>(array).Value(i);
    case arrow::Type::STRING:
      return static_cast<const arrow::StringArray&>(array).GetString(i);
    case arrow::Type::LARGE_STRING:
      return static_cast<const arrow::LargeStringArray&>(array).GetString(i);
    case arrow::Type::MAP:
      return map_to_json(static_cast<const arrow::MapArray&>(array), i);
    case arrow::Type::STRUCT:
      return struct_to_json(static_cast<const arrow::StructArray&>(array), i);
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      json out = json::array();
      for (int64_t at = list.value_offset(i); at < list.value_offset(i + 1); ++at) {
        out.push_back(to_json(*list.values(), at));
      }
      return out;
    }
    default:
      return {};
  }
}

void add_batch(const arrow::RecordBatch& batch, const std::string& path, Actions& out) {
  for (int column = 0; column < batch.num_columns(); ++column) {
    const auto& values = *batch.column(column);
    const std::string& kind = batch.schema()->field(column)->name();
    for (int64_t i = 0; i < values.length(); ++i) {
      if (values.IsValid(i)) add_action({{kind, to_json(values, i)}}, path, out);
    }
  }
}

// ---- writing
// -------------------------------------------------------------------------------------

ArrowType texts_type() { return arrow::map(arrow::utf8(), arrow::utf8()); }

std::shared_ptr<arrow::Schema> checkpoint_schema() {
  using arrow::field;
  const ArrowType text = arrow::utf8();
  const ArrowType number = arrow::int64();
  const ArrowType flag = arrow::boolean();
  const ArrowType list = arrow::list(field("element", text));
  const ArrowType format =
      arrow::struct_({field("provider", text), field("options", texts_type())});
  return arrow::schema(
      {field("txn", arrow::struct_({field("appId", text), field("version", number),
                                    field("lastUpdated", number)})),
       field("add", arrow::struct_({field("path", text), field("partitionValues", texts_type()),
                                    field("size", number), field("modificationTime", number),
                                    field("dataChange", flag), field("stats", text),
                                    field("tags", texts_type())})),
       field("remove",
             arrow::struct_({field("path", text), field("deletionTimestamp", number),
                             field("dataChange", flag), field("extendedFileMetadata", flag),
                             field("partitionValues", texts_type()), field("size", number)})),
       field("metaData",
             arrow::struct_({field("id", text), field("name", text), field("description", text),
                             field("format", format), field("schemaString", text),
                             field("partitionColumns", list), field("configuration", texts_type()),
                             field("createdTime", number)})),
       field("protocol",
             arrow::struct_({field("minReaderVersion", arrow::int32()),
                             field("minWriterVersion", arrow::int32()),
                             field("readerFeatures", list), field("writerFeatures", list)}))});
}

constexpr char kDoing[] = "making a checkpoint";

void append(const json& value, arrow::ArrayBuilder& builder);

void append_map(const json& value, arrow::MapBuilder& builder) {
  throw_if_failed(builder.Append(), kDoing);
  for (const auto& [key, item] : value.items()) {
    append(key, *builder.key_builder());
    append(item, *builder.item_builder());
  }
}

void append_struct(const json& value, arrow::StructBuilder& builder) {
  throw_if_failed(builder.Append(), kDoing);
  for (int k = 0; k < builder.num_fields(); ++k) {
    const auto found = value.find(builder.type()->field(k)->name());
    append(found == value.end() ? json() : *found, *builder.field_builder(k));
  }
}

void append(const json& value, arrow::ArrayBuilder& builder) {
  if (value.is_null()) return throw_if_failed(builder.AppendNull(), kDoing);
  switch (builder.type()->id()) {
    case arrow::Type::BOOL:
      return throw_if_failed(static_cast<arrow::BooleanBuilder&>(builder).Append(value.get<bool>()),
                             kDoing);
    case arrow::Type::INT32:
      return throw_if_failed(
          static_cast<arrow::Int32Builder&>(builder).Append(value.get<int32_t>()), kDoing);
    case arrow::Type::INT64:
      return throw_if_failed(
          static_cast<arrow::Int64Builder&>(builder).Append(value.get<int64_t>()), kDoing);
    case arrow::Type::STRING:
      return throw_if_failed(
          static_cast<arrow::StringBuilder&>(builder).Append(value.get_ref<const std::string&>()),
          kDoing);
    case arrow::Type::MAP:
      return append_map(value, static_cast<arrow::MapBuilder&>(builder));
    case arrow::Type::STRUCT:
      return append_struct(value, static_cast<arrow::StructBuilder&>(builder));
    case arrow::Type::LIST: {
      auto& list = static_cast<arrow::ListBuilder&>(builder);
      throw_if_failed(list.Append(), kDoing);
      for (const json& element : value) append(element, *list.value_builder());
      return;
    }
    default:
      WEFT_CHECK(false);
  }
}

std::shared_ptr<arrow::RecordBatch> to_batch(const std::vector<json>& actions) {
  const auto schema = checkpoint_schema();
  arrow::ArrayVector columns;
  for (const auto& field : schema->fields()) {
    const auto builder = value_or_throw(arrow::MakeBuilder(field->type()), kDoing);
    for (const json& action : actions) {
      const auto found = action.find(field->name());
      append(found == action.end() ? json() : *found, *builder);
    }
    columns.push_back(value_or_throw(builder->Finish(), kDoing));
  }
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(actions.size()), std::move(columns));
}

}  // namespace

void read_checkpoint_part(const std::string& path, Actions& out) {
  constexpr char kWhat[] = "Parquet";
  check_file(path, kWhat);
  try {
    parquet::arrow::FileReaderBuilder builder;
    throw_if_unreadable(builder.Open(open_file(path, nullptr)), path, kWhat);
    auto built = builder.Build();
    throw_if_unreadable(built.status(), path, kWhat);
    const auto reader = std::move(built).ValueUnsafe();
    auto batches = reader->GetRecordBatchReader();
    throw_if_unreadable(batches.status(), path, kWhat);
    while (true) {
      auto batch = (*batches)->Next();
      throw_if_unreadable(batch.status(), path, kWhat);
      if (!*batch) return;
      add_batch(**batch, path, out);
    }
  } catch (const parquet::ParquetException& e) {
    throw_if_unreadable(arrow::Status::Invalid(e.what()), path, kWhat);
  } catch (const json::exception& e) {
    throw Error(ErrorCode::kBadData,
                fmt::format("{} is damaged or no Delta checkpoint: {}", path, e.what()));
  }
}

void write_checkpoint_file(const std::string& path, const Actions& actions, FileOps& ops) {
  const auto batch = to_batch(delta::to_json(actions));
  const auto stream = std::make_shared<FileStream>(path, Overwrite::kReplace, ops, Durable::kNow);
  try {
    parquet::WriterProperties::Builder properties;
    properties.compression(arrow::Compression::SNAPPY);
    const auto writer = value_or_throw(
        parquet::arrow::FileWriter::Open(*batch->schema(), arrow::default_memory_pool(), stream,
                                         properties.build()),
        "writing " + path);
    throw_if_failed(writer->WriteRecordBatch(*batch), "writing " + path);
    throw_if_failed(writer->Close(), "writing " + path);
  } catch (...) {
    stream->rethrow();
    throw;
  }
  stream->commit();
}

}  // namespace weft::delta
