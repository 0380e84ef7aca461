#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <cmath>
#include <mutex>

#include "data/arrow.h"
#include "data/slots.h"
#include "data/text_form.h"
#include "weft/table.h"

namespace weft {
namespace {

using Chunks = std::shared_ptr<arrow::ChunkedArray>;

void initialize_compute() {
  static std::once_flag once;
  std::call_once(once,
                 [] { throw_if_failed(arrow::compute::Initialize(), "starting Arrow compute"); });
}

// Narrowing time units floors towards the past, so that a time never moves into the future.
Chunks floor_nanoseconds(const Chunks& values, const std::shared_ptr<arrow::DataType>& to,
                         const std::string& doing) {
  arrow::ArrayVector chunks;
  for (const auto& chunk : values->chunks()) {
    arrow::Int64Builder builder;
    const auto& data = *chunk->data();
    throw_if_failed(builder.Reserve(chunk->length()), doing);
    for (int64_t i = 0; i < chunk->length(); ++i) {
      const int64_t ns = chunk->IsNull(i) ? 0 : data.GetValues<int64_t>(1)[i];
      const int64_t us = ns / 1000 - (ns % 1000 < 0);
      chunk->IsNull(i) ? builder.UnsafeAppendNull() : builder.UnsafeAppend(us);
    }
    const auto floored = value_or_throw(builder.Finish(), doing);
    chunks.push_back(value_or_throw(floored->View(to), doing));
  }
  return std::make_shared<arrow::ChunkedArray>(std::move(chunks), to);
}

// Lists and structs keep their shape; what lies in them is converted as a column would be.
Chunks cast_children(Chunks values, const std::shared_ptr<arrow::DataType>& to,
                     const std::string& doing) {
  namespace ac = arrow::compute;
  if (values->type()->id() != to->id()) {  // large and fixed-size lists
    const auto& list = static_cast<const arrow::BaseListType&>(*values->type());
    values =
        value_or_throw(ac::Cast(values, arrow::list(list.value_type())), doing).chunked_array();
  }
  arrow::ArrayVector chunks;
  for (const auto& chunk : values->chunks()) {
    const auto data = chunk->data()->Copy();
    data->type = to;
    for (auto& child : data->child_data) {
      const auto column = ColumnData::from_arrow(
          std::make_shared<arrow::ChunkedArray>(arrow::MakeArray(child)), doing);
      child = value_or_throw(arrow::Concatenate(column.arrow()->chunks()), doing)->data();
    }
    chunks.push_back(arrow::MakeArray(data));
  }
  return std::make_shared<arrow::ChunkedArray>(std::move(chunks), to);
}

bool is_nanoseconds(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::NANO;
    case arrow::Type::DURATION:
      return static_cast<const arrow::DurationType&>(type).unit() == arrow::TimeUnit::NANO;
    default:
      return false;
  }
}

Chunks cast_chunks(Chunks values, Type to_type, const std::string& doing) {
  namespace ac = arrow::compute;
  initialize_compute();
  const auto to = type_to_arrow(to_type);
  const auto id = values->type()->id();
  if (id == arrow::Type::DICTIONARY) {
    const auto plain = static_cast<const arrow::DictionaryType&>(*values->type()).value_type();
    values = value_or_throw(ac::Cast(values, plain), doing).chunked_array();
    if (plain->Equals(*to)) return values;
    return cast_chunks(std::move(values), to_type, doing);
  }
  if (is_nanoseconds(*values->type())) return floor_nanoseconds(values, to, doing);
  if (to_type->kind == Kind::kList || to_type->kind == Kind::kStruct) {
    return cast_children(std::move(values), to, doing);
  }
  if (id == arrow::Type::DATE32 || id == arrow::Type::DATE64) {
    const auto plain = arrow::timestamp(arrow::TimeUnit::MICRO);
    values = value_or_throw(ac::Cast(values, plain), doing).chunked_array();
  }
  if (id == arrow::Type::TIME32 || id == arrow::Type::TIME64) {
    const auto unit = arrow::time64(arrow::TimeUnit::MICRO);
    values =
        value_or_throw(ac::Cast(values, unit, ac::CastOptions::Unsafe()), doing).chunked_array();
    values = value_or_throw(ac::Cast(values, arrow::int64()), doing).chunked_array();
  }
  ac::CastOptions options = ac::CastOptions::Safe();
  options.allow_decimal_truncate = true;
  options.allow_float_truncate = true;
  return value_or_throw(ac::Cast(values, to, options), doing).chunked_array();
}

void check_row(int64_t i, int64_t rows) {
  if (i >= 0 && i < rows) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("row {} of a column of {} rows", i, rows));
}

// A struct that no C++ type describes can be read as one with such fields, in lists too.
bool reads_as(Type from, Type to) {
  if (from == to) return true;
  if (from->kind == Kind::kList && to->kind == Kind::kList) {
    return reads_as(from->element, to->element);
  }
  return from->kind == Kind::kStruct && to->kind == Kind::kStruct && to->box;
}

}  // namespace

ColumnData::ColumnData()
    : type_(double_type()),
      values_(std::make_shared<arrow::ChunkedArray>(arrow::ArrayVector{}, arrow::float64())) {}

ColumnData ColumnData::from_arrow(std::shared_ptr<arrow::ChunkedArray> values,
                                  std::string_view name) {
  const Type type = type_from_arrow(*values->type(), name);
  const auto wanted = type_to_arrow(type);
  // A list's field may be named otherwise, and a time without a zone is UTC: the memory is the
  // same.
  const auto id = values->type()->id();
  const bool same_time =
      id == arrow::Type::TIMESTAMP &&
      static_cast<const arrow::TimestampType&>(*values->type()).unit() == arrow::TimeUnit::MICRO;
  if (same_time && !values->type()->Equals(*wanted)) {
    values = value_or_throw(values->View(wanted), "reading a time column");
  } else if (!same_time && !values->type()->Equals(*wanted)) {
    values = cast_chunks(
        std::move(values), type,
        fmt::format("column {}: {} as {}", quote(name), values->type()->ToString(), type->name));
  }
  return {type, std::move(values)};
}

ColumnData column_of(Type type, std::shared_ptr<arrow::ChunkedArray> values) {
  return {type, std::move(values)};
}

ColumnData ColumnData::of_values(Type type, std::span<const Value> values) {
  ColumnBuilder builder(type);
  for (const Value& value : values) builder.append(value);
  return builder.finish();
}

int64_t ColumnData::size() const { return values_->length(); }
int64_t ColumnData::null_count() const { return values_->null_count(); }

bool ColumnData::is_null(int64_t i) const {
  check_row(i, size());
  for (const auto& chunk : values_->chunks()) {
    if (i < chunk->length()) return chunk->IsNull(i);
    i -= chunk->length();
  }
  return false;  // not reached
}

Value ColumnData::at(int64_t i) const {
  if (is_null(i)) return Value::null(type_);
  if (!type_->box) {
    // No C++ type describes it: the fields one by one, as text forms would show them.
    const auto scalar = value_or_throw(values_->GetScalar(i), "reading a struct");
    return Value::of(scalar->ToString());
  }
  SlotReader reader(slice(i, 1), type_);
  return type_->box(type_, reader.read(0, 1).data);
}

ColumnData ColumnData::slice(int64_t offset, int64_t size) const {
  if (offset < 0 || size < 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} rows from row {}: both must be 0 or more", size, offset));
  }
  return {type_, values_->Slice(std::min(offset, this->size()), size)};
}

ColumnData ColumnData::take(std::span<const int64_t> rows) const {
  initialize_compute();
  const auto n = static_cast<int64_t>(rows.size());
  const int64_t size = this->size();
  bool nulls = false;
  for (const int64_t row : rows) {
    if (row >= size) check_row(row, size);
    nulls |= row < 0;
  }
  // The numbers are borrowed as they are, under a mask where some are negative.
  std::shared_ptr<arrow::Buffer> valid;
  if (nulls) {
    valid = value_or_throw(arrow::AllocateEmptyBitmap(n), "taking rows");
    for (int64_t i = 0; i < n; ++i) {
      if (rows[static_cast<size_t>(i)] >= 0) {
        arrow::bit_util::SetBit(valid->mutable_data(), i);
      }
    }
  }
  const auto numbers = std::make_shared<arrow::Buffer>(
      reinterpret_cast<const uint8_t*>(rows.data()), n * static_cast<int64_t>(sizeof(int64_t)));
  const auto indices = std::make_shared<arrow::Int64Array>(n, numbers, valid);
  auto out = value_or_throw(
      arrow::compute::Take(values_, indices, arrow::compute::TakeOptions::NoBoundsCheck()),
      "taking rows");
  return {type_, out.is_chunked_array() ? out.chunked_array()
                                        : std::make_shared<arrow::ChunkedArray>(out.make_array())};
}

ColumnData ColumnData::as(Type to) const {
  if (reads_as(type_, to)) return {to, values_};
  if (null_count() == size()) {
    auto nulls = value_or_throw(arrow::MakeArrayOfNull(type_to_arrow(to), size()), "making nulls");
    return {to, std::make_shared<arrow::ChunkedArray>(std::move(nulls))};
  }
  if (!widens(type_, to)) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("expected a column of {}, found {}", to->name, type_->name));
  }
  initialize_compute();
  namespace ac = arrow::compute;
  auto out = value_or_throw(ac::Cast(values_, type_to_arrow(to), ac::CastOptions::Unsafe()),
                            "widening a column");
  return {to, out.chunked_array()};
}

bool ColumnData::equals(const ColumnData& other) const {
  if (type_ != other.type_) return false;
  const auto options = arrow::EqualOptions::Defaults().nans_equal(true).signed_zeros_equal(false);
  return values_->Equals(*other.values_, options);
}

int64_t ColumnData::byte_size() const { return arrow::util::TotalBufferSize(*values_); }

}  // namespace weft
