#include "data/arrow.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include "data/slots.h"
#include "data/text_form.h"

namespace weft {
namespace {

ErrorCode code_of(const arrow::Status& status) {
  switch (status.code()) {
    case arrow::StatusCode::IOError:
      return ErrorCode::kIo;
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return ErrorCode::kResourceLimit;
    case arrow::StatusCode::NotImplemented:
      return ErrorCode::kUnsupported;
    case arrow::StatusCode::Cancelled:
      return ErrorCode::kCancelled;
    case arrow::StatusCode::KeyError:
      return ErrorCode::kNotFound;
    case arrow::StatusCode::TypeError:
      return ErrorCode::kTypeMismatch;
    default:
      return ErrorCode::kBadData;
  }
}

Type struct_from_arrow(const arrow::DataType& type, std::string_view column) {
  // A struct that no C++ type describes: its fields have names and types, but no place in memory.
  TypeInfo info;
  info.kind = Kind::kStruct;
  info.name = "struct<";
  for (const auto& field : type.fields()) {
    const Type child = type_from_arrow(*field->type(), column);
    if (!info.fields.empty()) info.name += ", ";
    info.name += field->name() + ": " + child->name;
    Field described;
    described.name = field->name();
    described.type = child;
    described.nullable = true;
    info.fields.push_back(std::move(described));
  }
  info.name += ">";
  return struct_type(std::move(info));
}

}  // namespace

void throw_if_failed(const arrow::Status& status, std::string_view doing) {
  if (status.ok()) return;
  throw Error(code_of(status), fmt::format("{}: {}", doing, status.message()));
}

Type type_from_arrow(const arrow::DataType& type, std::string_view column) {
  using T = arrow::Type;
  switch (type.id()) {
    case T::BOOL:
      return bool_type();
    case T::INT8:
    case T::INT16:
    case T::INT32:
    case T::UINT8:
    case T::UINT16:
      return int32_type();
    case T::INT64:
    case T::UINT32:
    case T::UINT64:
      return int64_type();
    case T::HALF_FLOAT:
    case T::FLOAT:
      return float_type();
    case T::DOUBLE:
    case T::NA:
    case T::DECIMAL32:
    case T::DECIMAL64:
    case T::DECIMAL128:
    case T::DECIMAL256:
      return double_type();
    case T::STRING:
    case T::LARGE_STRING:
    case T::STRING_VIEW:
    case T::BINARY:
    case T::LARGE_BINARY:
    case T::BINARY_VIEW:
      return string_type();
    case T::DATE32:
    case T::DATE64:
    case T::TIMESTAMP:
      return timestamp_type();
    case T::DURATION:
    case T::TIME32:
    case T::TIME64:
      return duration_type();
    case T::DICTIONARY:
      return type_from_arrow(*static_cast<const arrow::DictionaryType&>(type).value_type(), column);
    case T::LIST:
    case T::LARGE_LIST:
    case T::FIXED_SIZE_LIST:
      return list_type(
          type_from_arrow(*static_cast<const arrow::BaseListType&>(type).value_type(), column));
    case T::STRUCT:
      return struct_from_arrow(type, column);
    default:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("column {}: Arrow type {} has no type in Weft", quote(column),
                              type.ToString()));
  }
}

std::shared_ptr<arrow::DataType> type_to_arrow(Type type) {
  switch (type->kind) {
    case Kind::kBool:
      return arrow::boolean();
    case Kind::kInt32:
      return arrow::int32();
    case Kind::kInt64:
      return arrow::int64();
    case Kind::kFloat:
      return arrow::float32();
    case Kind::kDouble:
      return arrow::float64();
    case Kind::kString:
      return arrow::utf8();
    case Kind::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case Kind::kDuration:
      return arrow::duration(arrow::TimeUnit::MICRO);
    case Kind::kList:
      return arrow::list(type_to_arrow(type->element));
    case Kind::kStruct: {
      arrow::FieldVector fields;
      for (const Field& field : type->fields) {
        fields.push_back(arrow::field(field.name, type_to_arrow(field.type)));
      }
      return arrow::struct_(std::move(fields));
    }
    case Kind::kObject:
      break;
  }
  throw Error(ErrorCode::kTypeMismatch, type->name + " is an object, and cannot lie in a column");
}

Schema schema_from_arrow(const arrow::Schema& schema) {
  Schema out;
  for (const auto& field : schema.fields()) {
    out.push_back({field->name(), type_from_arrow(*field->type(), field->name())});
  }
  return out;
}

struct FlatColumn::State {
  Type type;
  int64_t n = 0;
  ColumnData column;                   // what is borrowed from
  std::unique_ptr<SlotReader> reader;  // null where it is written
  std::unique_ptr<SlotBuffer> buffer;  // of slots that are no numbers or times
  std::unique_ptr<ColumnWriter> writer;
  std::vector<uint64_t> valid;
  Arena arena;
  Slice slice;
};

FlatColumn::FlatColumn(const ColumnData& column) : state_(new State) {
  state_->type = column.type();
  state_->n = column.size();
  state_->column = column;
  state_->reader = std::make_unique<SlotReader>(column, column.type());
  state_->slice = state_->reader->read(0, column.size());
}

FlatColumn::FlatColumn(Type type, int64_t n) : state_(new State) {
  state_->type = type;
  state_->n = n;
  // Numbers are written where the column will have them.
  state_->writer = std::make_unique<ColumnWriter>(type, n, kBlockRows);
  if (void* direct = state_->writer->direct(0)) {
    std::memset(direct, 0, static_cast<size_t>(n) * type->size);
    state_->valid.assign(static_cast<size_t>((n + 63) / 64), ~uint64_t{0});
    state_->slice = {static_cast<const char*>(direct), state_->valid.data(),
                     static_cast<int64_t>(type->size)};
    return;
  }
  state_->buffer = std::make_unique<SlotBuffer>(type, n);
  state_->slice = {state_->buffer->data(), state_->buffer->valid(),
                   static_cast<int64_t>(type->size)};
}

FlatColumn::~FlatColumn() = default;
FlatColumn::FlatColumn(FlatColumn&&) noexcept = default;
FlatColumn& FlatColumn::operator=(FlatColumn&&) noexcept = default;

Type FlatColumn::type() const { return state_->type; }
int64_t FlatColumn::size() const { return state_->n; }
Slice FlatColumn::slice() const { return state_->slice; }

Sink FlatColumn::sink() {
  WEFT_CHECK(state_->writer != nullptr);
  if (state_->buffer) return state_->buffer->sink();
  return {const_cast<char*>(state_->slice.data), state_->valid.data(), &state_->arena, false};
}

ColumnData FlatColumn::to_column() {
  if (!state_->writer) return state_->column;
  for (int64_t from = 0; from < state_->n; from += kBlockRows) {
    const Slice& all = state_->slice;
    const Slice block = {all.data + from * all.stride, all.valid + from / 64, all.stride};
    state_->writer->write(from, block, std::min(kBlockRows, state_->n - from));
  }
  state_->column = state_->writer->finish();
  state_->writer.reset();
  return state_->column;
}

}  // namespace weft
