#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
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
Chunks cast_time(const Chunks& values, const std::shared_ptr<arrow::DataType>& to,
                 const std::string& doing) {
  namespace ac = arrow::compute;
  const auto& from = static_cast<const arrow::TimestampType&>(*values->type());
  if (from.unit() != arrow::TimeUnit::NANO) {
    auto out = value_or_throw(ac::Cast(values, to, ac::CastOptions::Safe()), doing);
    return out.chunked_array();
  }
  arrow::ArrayVector chunks;
  for (const auto& chunk : values->chunks()) {
    arrow::TimestampBuilder builder(to, arrow::default_memory_pool());
    const auto& times = static_cast<const arrow::TimestampArray&>(*chunk);
    throw_if_failed(builder.Reserve(times.length()), doing);
    for (int64_t i = 0; i < times.length(); ++i) {
      const int64_t ns = times.IsNull(i) ? 0 : times.Value(i);
      const int64_t us = ns / 1000 - (ns % 1000 < 0);
      times.IsNull(i) ? builder.UnsafeAppendNull() : builder.UnsafeAppend(us);
    }
    chunks.push_back(value_or_throw(builder.Finish(), doing));
  }
  return std::make_shared<arrow::ChunkedArray>(std::move(chunks), to);
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
  if (id == arrow::Type::TIMESTAMP) return cast_time(values, to, doing);
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
  options.allow_time_truncate = true;
  options.allow_float_truncate = true;
  return value_or_throw(ac::Cast(values, to, options), doing).chunked_array();
}

bool is_named_record(Type type) {
  return type->kind == Kind::kStruct && !type->name.starts_with("struct<");
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

ColumnData ColumnData::of_values(Type type, std::span<const Value> values) {
  ColumnBuilder builder(type);
  for (const Value& value : values) builder.append(value);
  return builder.finish();
}

int64_t ColumnData::size() const { return values_->length(); }
int64_t ColumnData::null_count() const { return values_->null_count(); }

bool ColumnData::is_null(int64_t i) const {
  for (const auto& chunk : values_->chunks()) {
    if (i < chunk->length()) return chunk->IsNull(i);
    i -= chunk->length();
  }
  throw Error(ErrorCode::kInvalidArgument, "row number past the end of the column");
}

Value ColumnData::at(int64_t i) const {
  if (i < 0 || i >= size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("row {} of a column of {} rows", i, size()));
  }
  if (is_null(i)) return Value::null(type_);
  if (type_->kind == Kind::kStruct && !type_->box) {
    // No C++ struct describes it: the fields one by one, as text forms would show them.
    const auto scalar = value_or_throw(values_->GetScalar(i), "reading a struct");
    return Value::of(scalar->ToString());
  }
  SlotReader reader(slice(i, 1), type_);
  return type_->box(type_, reader.read(0, 1).data);
}

ColumnData ColumnData::slice(int64_t offset, int64_t size) const {
  return {type_, values_->Slice(offset, size)};
}

ColumnData ColumnData::take(std::span<const int64_t> rows) const {
  initialize_compute();
  arrow::Int64Builder builder;
  throw_if_failed(builder.Reserve(static_cast<int64_t>(rows.size())), "taking rows");
  for (const int64_t row : rows) row < 0 ? builder.UnsafeAppendNull() : builder.UnsafeAppend(row);
  const auto indices = value_or_throw(builder.Finish(), "taking rows");
  auto out = value_or_throw(
      arrow::compute::Take(values_, indices, arrow::compute::TakeOptions::Defaults()),
      "taking rows");
  return {type_, out.is_chunked_array() ? out.chunked_array()
                                        : std::make_shared<arrow::ChunkedArray>(out.make_array())};
}

ColumnData ColumnData::as(Type to) const {
  if (type_ == to) return *this;
  if (type_->kind == Kind::kStruct && is_named_record(to)) return *this;  // read by its fields
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

int64_t ColumnData::byte_size() const {
  int64_t bytes = 0;
  for (const auto& chunk : values_->chunks()) {
    for (const auto& buffer : chunk->data()->buffers) {
      if (buffer) bytes += buffer->size();
    }
  }
  return bytes;
}

}  // namespace weft
