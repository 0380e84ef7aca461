#include "offline/duckdb_rows.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <fmt/format.h>

#include <limits>

#include "base/thrown.h"
#include "data/arrow.h"
#include "data/text_form.h"

namespace weft::duckdb {

// ---- failures -----------------------------------------------------------------------------------

std::string Failure::keep() {
  const std::scoped_lock lock(mutex_);
  if (!kept_) kept_ = std::current_exception();
  return thrown_text();
}

void Failure::rethrow() {
  const std::scoped_lock lock(mutex_);
  if (kept_) std::rethrow_exception(std::exchange(kept_, nullptr));
}

namespace {

// ---- types --------------------------------------------------------------------------------------

OwnedType logical_type(const Library& library, Type type) {
  const auto plain = [&](TypeId id) { return OwnedType(library, library.create_logical_type(id)); };
  switch (type->kind) {
    case Kind::kBool:
      return plain(kBoolean);
    case Kind::kInt32:
      return plain(kInteger);
    case Kind::kInt64:
      return plain(kBigint);
    case Kind::kFloat:
      return plain(kFloat);
    case Kind::kDouble:
      return plain(kDouble);
    case Kind::kString:
      return plain(kVarchar);
    case Kind::kTimestamp:
      return plain(kTimestampTz);
    case Kind::kDuration:
      return plain(kInterval);
    case Kind::kList: {
      const OwnedType element = logical_type(library, type->element);
      return OwnedType(library, library.create_list_type(element.get()));
    }
    case Kind::kStruct: {
      std::vector<OwnedType> owned;
      std::vector<LogicalType> types;
      std::vector<const char*> names;
      for (const Field& field : type->fields) {
        owned.push_back(logical_type(library, field.type));
        types.push_back(owned.back().get());
        names.push_back(field.name.c_str());
      }
      return OwnedType(library,
                       library.create_struct_type(types.data(), names.data(), types.size()));
    }
    case Kind::kObject:
      break;
  }
  throw Error(ErrorCode::kUnsupported, type->name + " is an object, which SQL has not");
}

// ---- tables as functions ------------------------------------------------------------------------

// What a function of SQL knows.
struct RowsFunction {
  const Library* library;
  Database database;
  Table table;
  std::shared_ptr<Failure> failure;
};

// One scan of it. Used by one thread at a time.
class Scan {
 public:
  Scan(const RowsFunction& function, InitInfo info)
      : function_(function), connection_(library()), schema_(library()) {
    const Schema& all = function.table.schema();
    std::vector<std::string> names;
    const uint64_t columns = library().init_get_column_count(info);
    for (uint64_t i = 0; i < columns; ++i) {
      const uint64_t index = library().init_get_column_index(info, i);
      // A count of rows asks for a column that is not ours.
      if (index >= all.size()) continue;
      places_.push_back(i);
      names.push_back(all[index].name);
    }
    if (names.empty()) names.push_back(all.front().name);
    reader_ = function.table.read(names);
    if (library().connect(function.database, connection_.out()) != kSuccess) {
      throw Error(ErrorCode::kIo, "DuckDB gave no connection");
    }
  }

  void fill(Chunk out) {
    if (!batch_ || at_ >= batch_->num_rows()) {
      if (!next_batch()) {
        library().data_chunk_set_size(out, 0);
        return;
      }
    }
    const auto size_max = static_cast<int64_t>(library().vector_size());
    const auto rows = batch_->Slice(at_, size_max);
    at_ += rows->num_rows();
    if (!places_.empty()) {
      ArrowArray array{};
      throw_if_failed(arrow::ExportRecordBatch(*rows, &array), kDoing);
      OwnedChunk chunk(library());
      const ErrorData error =
          library().data_chunk_from_arrow(connection_.get(), &array, schema_.get(), chunk.out());
      if (array.release) array.release(&array);
      throw_if_error(library(), error, kDoing);
      for (size_t i = 0; i < places_.size(); ++i) {
        library().vector_reference_vector(library().data_chunk_get_vector(out, places_[i]),
                                          library().data_chunk_get_vector(chunk.get(), i));
      }
    }
    library().data_chunk_set_size(out, static_cast<uint64_t>(rows->num_rows()));
  }

 private:
  static constexpr char kDoing[] = "giving rows to DuckDB";

  const Library& library() const { return *function_.library; }

  bool next_batch() {
    at_ = 0;
    batch_.reset();
    const auto block = reader_->next();
    if (!block) return false;
    batch_ = value_or_throw(block->to_arrow()->CombineChunksToBatch(), kDoing);
    if (schema_) return true;
    ArrowSchema schema{};
    throw_if_failed(arrow::ExportSchema(*batch_->schema(), &schema), kDoing);
    const ErrorData error = library().schema_from_arrow(connection_.get(), &schema, schema_.out());
    if (schema.release) schema.release(&schema);
    throw_if_error(library(), error, kDoing);
    return true;
  }

  const RowsFunction& function_;
  OwnedConnection connection_;
  OwnedConvertedSchema schema_;
  std::vector<uint64_t> places_;
  std::unique_ptr<BatchReader> reader_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t at_ = 0;
};

// Nothing may be thrown through DuckDB's code: each call keeps what was thrown and says it failed.

template <class T>
void destroy(void* object) {
  delete static_cast<T*>(object);
}

// What a function knows DuckDB hands out only in calls of its own; the process has one library.
struct Calls {
  static void bind(BindInfo info) {
    const auto& function = *static_cast<RowsFunction*>(library().bind_get_extra_info(info));
    try {
      for (const auto& [name, type] : function.table.schema()) {
        library().bind_add_result_column(info, name.c_str(), logical_type(library(), type).get());
      }
      const auto& source = function.table.source();
      const auto rows = source ? source->num_rows() : function.table.num_rows();
      if (rows) library().bind_set_cardinality(info, static_cast<uint64_t>(*rows), false);
    } catch (...) {
      library().bind_set_error(info, function.failure->keep().c_str());
    }
  }

  static void init(InitInfo info) {
    const auto& function = *static_cast<RowsFunction*>(library().init_get_extra_info(info));
    try {
      library().init_set_max_threads(info, 1);
      auto scan = std::make_unique<Scan>(function, info);
      library().init_set_init_data(info, scan.release(), &destroy<Scan>);
    } catch (...) {
      library().init_set_error(info, function.failure->keep().c_str());
    }
  }

  static void run(FunctionInfo info, Chunk out) {
    const auto& function = *static_cast<RowsFunction*>(library().function_get_extra_info(info));
    try {
      static_cast<Scan*>(library().function_get_init_data(info))->fill(out);
    } catch (...) {
      library().function_set_error(info, function.failure->keep().c_str());
    }
  }
};

}  // namespace

void register_rows(const Library& library, Database database, Connection connection,
                   const std::string& name, const Table& table, std::shared_ptr<Failure> failure) {
  const OwnedTableFunction function(library, library.create_table_function());
  library.table_function_set_name(function.get(), name.c_str());
  library.table_function_set_extra_info(
      function.get(), new RowsFunction{&library, database, table, std::move(failure)},
      &destroy<RowsFunction>);
  library.table_function_set_bind(function.get(), &Calls::bind);
  library.table_function_set_init(function.get(), &Calls::init);
  library.table_function_set_function(function.get(), &Calls::run);
  library.table_function_supports_projection_pushdown(function.get(), true);
  if (library.register_table_function(connection, function.get()) != kSuccess) {
    throw Error(ErrorCode::kInternal, "DuckDB does not take the function " + name);
  }
}

// ---- values -------------------------------------------------------------------------------------

namespace {

OwnedValue value_of_scalar(const Library& library, const arrow::Scalar& scalar, Type type) {
  const auto owned = [&](DuckValue value) { return OwnedValue(library, value); };
  if (!scalar.is_valid) return owned(library.create_null_value());
  switch (type->kind) {
    case Kind::kBool:
      return owned(library.create_bool(static_cast<const arrow::BooleanScalar&>(scalar).value));
    case Kind::kInt32:
      return owned(library.create_int32(static_cast<const arrow::Int32Scalar&>(scalar).value));
    case Kind::kInt64:
      return owned(library.create_int64(static_cast<const arrow::Int64Scalar&>(scalar).value));
    case Kind::kFloat:
      return owned(library.create_float(static_cast<const arrow::FloatScalar&>(scalar).value));
    case Kind::kDouble:
      return owned(library.create_double(static_cast<const arrow::DoubleScalar&>(scalar).value));
    case Kind::kString: {
      const auto text = static_cast<const arrow::StringScalar&>(scalar).view();
      return owned(library.create_varchar_length(text.data(), text.size()));
    }
    case Kind::kTimestamp:
      return owned(
          library.create_timestamp_tz({static_cast<const arrow::TimestampScalar&>(scalar).value}));
    case Kind::kDuration:
      return owned(
          library.create_interval({0, 0, static_cast<const arrow::DurationScalar&>(scalar).value}));
    case Kind::kList: {
      const auto& values = *static_cast<const arrow::BaseListScalar&>(scalar).value;
      std::vector<OwnedValue> kept;
      std::vector<DuckValue> elements;
      for (int64_t i = 0; i < values.length(); ++i) {
        const auto element = value_or_throw(values.GetScalar(i), "binding a list");
        kept.push_back(value_of_scalar(library, *element, type->element));
        elements.push_back(kept.back().get());
      }
      const OwnedType element = logical_type(library, type->element);
      return owned(library.create_list_value(element.get(), elements.data(), elements.size()));
    }
    case Kind::kStruct: {
      const auto& fields = static_cast<const arrow::StructScalar&>(scalar).value;
      std::vector<OwnedValue> kept;
      std::vector<DuckValue> members;
      for (size_t i = 0; i < fields.size(); ++i) {
        kept.push_back(value_of_scalar(library, *fields[i], type->fields[i].type));
        members.push_back(kept.back().get());
      }
      return owned(library.create_struct_value(logical_type(library, type).get(), members.data()));
    }
    case Kind::kObject:
      break;
  }
  throw Error(ErrorCode::kUnsupported, type->name + " is an object, which SQL has not");
}

// ---- results ------------------------------------------------------------------------------------

// An interval of days and less has one length.
std::shared_ptr<arrow::Array> durations_of(const arrow::Array& array, const std::string& column) {
  const auto& intervals = static_cast<const arrow::MonthDayNanoIntervalArray&>(array);
  arrow::DurationBuilder builder(arrow::duration(arrow::TimeUnit::MICRO),
                                 arrow::default_memory_pool());
  for (int64_t i = 0; i < intervals.length(); ++i) {
    if (intervals.IsNull(i)) {
      throw_if_failed(builder.AppendNull(), "reading intervals");
      continue;
    }
    const auto interval = intervals.GetValue(i);
    if (interval.months != 0) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("column {}: an interval of {} months has no one length; subtract "
                              "times instead, or count days",
                              quote(column), interval.months));
    }
    constexpr int64_t kDayUs = int64_t{86'400'000'000};
    throw_if_failed(builder.Append(interval.days * kDayUs + interval.nanoseconds / 1000),
                    "reading intervals");
  }
  return value_or_throw(builder.Finish(), "reading intervals");
}

std::shared_ptr<arrow::Array> whole_numbers_of(const arrow::Array& array,
                                               const std::string& column) {
  const auto& decimals = static_cast<const arrow::Decimal128Array&>(array);
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < decimals.length(); ++i) {
    if (decimals.IsNull(i)) {
      throw_if_failed(builder.AppendNull(), "reading integers");
      continue;
    }
    const arrow::Decimal128 value(decimals.GetValue(i));
    const auto low = static_cast<int64_t>(value.low_bits());
    if (value.high_bits() != (low < 0 ? -1 : 0)) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("column {}: {} does not fit int64; cast it to DOUBLE", quote(column),
                              value.ToIntegerString()));
    }
    throw_if_failed(builder.Append(low), "reading integers");
  }
  return value_or_throw(builder.Finish(), "reading integers");
}

// Arrow's types that the border does not know, wherever they are nested.
std::shared_ptr<arrow::DataType> plain_type(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::EXTENSION:
      return plain_type(static_cast<const arrow::ExtensionType&>(*type).storage_type());
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return arrow::duration(arrow::TimeUnit::MICRO);
    case arrow::Type::LIST:
      return arrow::list(plain_type(static_cast<const arrow::ListType&>(*type).value_type()));
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto& list = static_cast<const arrow::FixedSizeListType&>(*type);
      return arrow::fixed_size_list(plain_type(list.value_type()), list.list_size());
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) {
        fields.push_back(arrow::field(field->name(), plain_type(field->type())));
      }
      return arrow::struct_(fields);
    }
    default:
      return type;
  }
}

std::shared_ptr<arrow::Array> plain_array(const std::shared_ptr<arrow::Array>& array,
                                          const std::string& column) {
  switch (array->type_id()) {
    case arrow::Type::EXTENSION:
      return plain_array(static_cast<const arrow::ExtensionArray&>(*array).storage(), column);
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return durations_of(*array, column);
    case arrow::Type::LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::STRUCT: {
      auto data = array->data()->Copy();
      for (auto& child : data->child_data) {
        child = plain_array(arrow::MakeArray(child), column)->data();
      }
      data->type = plain_type(data->type);
      return arrow::MakeArray(data);
    }
    default:
      return array;
  }
}

}  // namespace

OwnedValue value_of(const Library& library, const Value& value) {
  if (!value.has_value()) return OwnedValue(library, library.create_null_value());
  const ColumnData column = ColumnData::of_values(value.type(), std::span(&value, 1));
  const auto scalar = value_or_throw(column.arrow()->GetScalar(0), "binding a value");
  return value_of_scalar(library, *scalar, value.type());
}

ResultColumns::ResultColumns(const Library& library, Result* result)
    : library_(library), options_(library, library.result_get_arrow_options(result)) {
  const uint64_t size = library.column_count(result);
  std::vector<OwnedType> kept;
  std::vector<LogicalType> types;
  std::vector<const char*> names;
  for (uint64_t i = 0; i < size; ++i) {
    kept.emplace_back(library, library.column_logical_type(result, i));
    types.push_back(kept.back().get());
    names.push_back(library.column_name(result, i));
    const TypeId id = library.get_type_id(types.back());
    is_whole_.push_back(id == kHugeint || id == kUhugeint);
  }
  ArrowSchema schema{};
  throw_if_error(library,
                 library.to_arrow_schema(options_.get(), types.data(), names.data(), size, &schema),
                 "reading the result's types");
  arrow_ = value_or_throw(arrow::ImportSchema(&schema), "reading the result's types");
  for (int i = 0; i < arrow_->num_fields(); ++i) {
    const std::string& name = arrow_->field(i)->name();
    const Type type = is_whole_[static_cast<size_t>(i)]
                          ? int64_type()
                          : type_from_arrow(*plain_type(arrow_->field(i)->type()), name);
    schema_.push_back({name, type});
  }
}

ResultColumns::~ResultColumns() = default;

std::shared_ptr<arrow::RecordBatch> ResultColumns::to_arrow(Chunk chunk) const {
  ArrowArray array{};
  throw_if_error(library_, library_.data_chunk_to_arrow(options_.get(), chunk, &array),
                 "reading the result");
  return value_or_throw(arrow::ImportRecordBatch(&array, arrow_), "reading the result");
}

Table ResultColumns::to_table(
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) const {
  const auto table =
      value_or_throw(arrow::Table::FromRecordBatches(arrow_, batches), "reading the result");
  const auto batch = value_or_throw(table->CombineChunksToBatch(), "reading the result");
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (size_t i = 0; i < schema_.size(); ++i) {
    const auto& [name, type] = schema_[i];
    auto array = batch->column(static_cast<int>(i));
    array = is_whole_[i] ? whole_numbers_of(*array, name) : plain_array(array, name);
    columns.emplace_back(
        name, ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(array), name));
  }
  return Table(std::move(columns));
}

}  // namespace weft::duckdb
