#include "ops/table_columns.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <fmt/format.h>

#include <mutex>

#include "data/arrow.h"
#include "data/text_form.h"

namespace weft {

std::vector<ColumnData> columns_named(const Table& table, std::span<const std::string> names) {
  std::vector<std::string> once;
  for (const auto& name : names) {
    if (std::ranges::find(once, name) == once.end()) once.push_back(name);
  }
  const Table loaded = table.select(once).load();
  std::vector<ColumnData> columns;
  for (const auto& name : names) columns.push_back(loaded.column(name));
  return columns;
}

NamedColumns all_columns(const Table& table) {
  NamedColumns columns;
  const Table loaded = table.load();
  for (const auto& name : loaded.names()) columns.emplace_back(name, loaded.column(name));
  return columns;
}

template <class T>
ColumnData column_from(std::vector<T> values) {
  const Type type = type_of<T>();
  const auto n = static_cast<int64_t>(values.size());
  auto data = arrow::ArrayData::Make(type_to_arrow(type), n,
                                     {nullptr, arrow::Buffer::FromVector(std::move(values))}, 0);
  return column_of(type, std::make_shared<arrow::ChunkedArray>(arrow::MakeArray(std::move(data))));
}
template ColumnData column_from(std::vector<int32_t>);
template ColumnData column_from(std::vector<int64_t>);
template ColumnData column_from(std::vector<double>);

ColumnData bool_column(std::span<const char> values) {
  const auto n = static_cast<int64_t>(values.size());
  const auto bits = value_or_throw(arrow::AllocateEmptyBitmap(n), "making a column");
  for (int64_t i = 0; i < n; ++i) {
    if (values[static_cast<size_t>(i)]) arrow::bit_util::SetBit(bits->mutable_data(), i);
  }
  return column_of(bool_type(), std::make_shared<arrow::ChunkedArray>(
                                    std::make_shared<arrow::BooleanArray>(n, bits)));
}

std::shared_ptr<arrow::Array> one_array(const ColumnData& column) {
  const auto& chunks = column.arrow()->chunks();
  if (chunks.size() == 1) return chunks[0];
  if (chunks.empty()) {
    return value_or_throw(arrow::MakeEmptyArray(column.arrow()->type()), "joining chunks");
  }
  return value_or_throw(arrow::Concatenate(chunks), "joining chunks");
}

Type widest(Type a, Type b) {
  if (widens(a, b)) return b;
  if (widens(b, a)) return a;
  return a->is_number() && b->is_number() ? double_type() : nullptr;
}

namespace {

// Times sort as the integers they are.
std::shared_ptr<arrow::Array> sortable(const ColumnData& column, const std::string& name) {
  switch (column.type()->kind) {
    case Kind::kTimestamp:
    case Kind::kDuration:
      return value_or_throw(one_array(column)->View(arrow::int64()), "sorting");
    case Kind::kList:
    case Kind::kStruct:
    case Kind::kObject:
      throw Error(ErrorCode::kTypeMismatch, fmt::format("column {} is a {}, which has no order",
                                                        quote(name), column.type()->name));
    default:
      return one_array(column);
  }
}

}  // namespace

std::vector<int64_t> sorted_rows(std::span<const ColumnData> keys,
                                 std::span<const SortOrder> orders,
                                 std::span<const std::string> names) {
  namespace ac = arrow::compute;
  static std::once_flag once;
  std::call_once(once, [] { throw_if_failed(ac::Initialize(), "starting Arrow compute"); });
  std::vector<ac::SortKey> sort_keys;
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t k = 0; k < keys.size(); ++k) {
    arrays.push_back(sortable(keys[k], names[k]));
    fields.push_back(arrow::field(std::to_string(k), arrays.back()->type()));
    sort_keys.emplace_back(std::to_string(k), orders[k] == SortOrder::kDescending
                                                  ? ac::SortOrder::Descending
                                                  : ac::SortOrder::Ascending);
  }
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema(std::move(fields)), keys[0].size(), std::move(arrays));
  const auto order =
      keys.size() == 1
          ? ac::SortIndices(*batch->column(0),
                            ac::ArraySortOptions(sort_keys[0].order, ac::NullPlacement::AtEnd))
          : ac::SortIndices(arrow::Datum(batch),
                            ac::SortOptions(std::move(sort_keys)));  // keys put nulls at the end
  const auto rows = value_or_throw(order, "sorting");
  const auto* numbers = rows->data()->GetValues<uint64_t>(1);
  return {numbers, numbers + rows->length()};
}

std::string name_of_value(const Value& value) {
  return value.has_value() && value.type() == string_type() ? value.get<std::string>()
                                                            : value.to_string();
}

}  // namespace weft
