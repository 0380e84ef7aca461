/// DuckDB's shared library, loaded when it is first needed: the functions of its C API that we use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

struct ArrowArray;
struct ArrowSchema;

namespace weft::duckdb {

// ---- what the C API is made of, as DuckDB 1.5 declares it ---------------------------------------

using Database = struct DatabaseHandle*;
using Connection = struct ConnectionHandle*;
using Config = struct ConfigHandle*;
using Extracted = struct ExtractedHandle*;
using Prepared = struct PreparedHandle*;
using Pending = struct PendingHandle*;
using Chunk = struct ChunkHandle*;
using Vector = struct VectorHandle*;
using LogicalType = struct LogicalTypeHandle*;
using DuckValue = struct ValueHandle*;
using ErrorData = struct ErrorDataHandle*;
using ArrowOptions = struct ArrowOptionsHandle*;
using ConvertedSchema = struct ConvertedSchemaHandle*;
using TableFunction = struct TableFunctionHandle*;
using BindInfo = struct BindInfoHandle*;
using InitInfo = struct InitInfoHandle*;
using FunctionInfo = struct FunctionInfoHandle*;

struct Result {
  uint64_t deprecated[3] = {};
  void* deprecated_columns = nullptr;
  char* deprecated_error = nullptr;
  void* internal = nullptr;
};
struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
};
struct TimestampValue {
  int64_t micros = 0;
};

enum State : int { kSuccess = 0, kError = 1 };
enum StatementType : int { kSelect = 1, kExplain = 4 };
/// Of logical types; only those that are told apart here.
enum TypeId : int {
  kBoolean = 1,
  kInteger = 4,
  kBigint = 5,
  kFloat = 10,
  kDouble = 11,
  kInterval = 15,
  kHugeint = 16,
  kVarchar = 17,
  kTimestampTz = 31,
  kUhugeint = 32,
};
using Deleter = void (*)(void*);

// Name without "duckdb_", result, parameters.
#define WEFT_DUCKDB_FUNCTIONS(X)                                                          \
  X(library_version, const char*, ())                                                     \
  X(free, void, (void*))                                                                  \
  X(create_config, State, (Config*))                                                      \
  X(set_config, State, (Config, const char* name, const char* value))                     \
  X(destroy_config, void, (Config*))                                                      \
  X(open_ext, State, (const char* path, Database*, Config, char** error))                 \
  X(close, void, (Database*))                                                             \
  X(connect, State, (Database, Connection*))                                              \
  X(disconnect, void, (Connection*))                                                      \
  X(interrupt, void, (Connection))                                                        \
  X(query, State, (Connection, const char*, Result*))                                     \
  X(result_error, const char*, (Result*))                                                 \
  X(destroy_result, void, (Result*))                                                      \
  X(extract_statements, uint64_t, (Connection, const char*, Extracted*))                  \
  X(extract_statements_error, const char*, (Extracted))                                   \
  X(prepare_extracted_statement, State, (Connection, Extracted, uint64_t, Prepared*))     \
  X(destroy_extracted, void, (Extracted*))                                                \
  X(prepare_error, const char*, (Prepared))                                               \
  X(destroy_prepare, void, (Prepared*))                                                   \
  X(nparams, uint64_t, (Prepared))                                                        \
  X(parameter_name, const char*, (Prepared, uint64_t))                                    \
  X(bind_value, State, (Prepared, uint64_t, DuckValue))                                   \
  X(prepared_statement_type, StatementType, (Prepared))                                   \
  X(pending_prepared_streaming, State, (Prepared, Pending*))                              \
  X(pending_error, const char*, (Pending))                                                \
  X(destroy_pending, void, (Pending*))                                                    \
  X(execute_pending, State, (Pending, Result*))                                           \
  X(fetch_chunk, Chunk, (Result))                                                         \
  X(destroy_data_chunk, void, (Chunk*))                                                   \
  X(column_count, uint64_t, (Result*))                                                    \
  X(column_name, const char*, (Result*, uint64_t))                                        \
  X(column_logical_type, LogicalType, (Result*, uint64_t))                                \
  X(get_type_id, TypeId, (LogicalType))                                                   \
  X(result_get_arrow_options, ArrowOptions, (Result*))                                    \
  X(destroy_arrow_options, void, (ArrowOptions*))                                         \
  X(to_arrow_schema, ErrorData,                                                           \
    (ArrowOptions, LogicalType*, const char** names, uint64_t, ArrowSchema*))             \
  X(data_chunk_to_arrow, ErrorData, (ArrowOptions, Chunk, ArrowArray*))                   \
  X(schema_from_arrow, ErrorData, (Connection, ArrowSchema*, ConvertedSchema*))           \
  X(data_chunk_from_arrow, ErrorData, (Connection, ArrowArray*, ConvertedSchema, Chunk*)) \
  X(destroy_arrow_converted_schema, void, (ConvertedSchema*))                             \
  X(error_data_has_error, bool, (ErrorData))                                              \
  X(error_data_message, const char*, (ErrorData))                                         \
  X(destroy_error_data, void, (ErrorData*))                                               \
  X(destroy_value, void, (DuckValue*))                                                    \
  X(create_bool, DuckValue, (bool))                                                       \
  X(create_int32, DuckValue, (int32_t))                                                   \
  X(create_int64, DuckValue, (int64_t))                                                   \
  X(create_float, DuckValue, (float))                                                     \
  X(create_double, DuckValue, (double))                                                   \
  X(create_varchar_length, DuckValue, (const char*, uint64_t))                            \
  X(create_timestamp_tz, DuckValue, (TimestampValue))                                     \
  X(create_interval, DuckValue, (Interval))                                               \
  X(create_list_value, DuckValue, (LogicalType element, DuckValue*, uint64_t))            \
  X(create_struct_value, DuckValue, (LogicalType, DuckValue*))                            \
  X(create_null_value, DuckValue, ())                                                     \
  X(create_logical_type, LogicalType, (TypeId))                                           \
  X(create_list_type, LogicalType, (LogicalType))                                         \
  X(create_struct_type, LogicalType, (LogicalType*, const char** names, uint64_t))        \
  X(destroy_logical_type, void, (LogicalType*))                                           \
  X(create_table_function, TableFunction, ())                                             \
  X(destroy_table_function, void, (TableFunction*))                                       \
  X(table_function_set_name, void, (TableFunction, const char*))                          \
  X(table_function_set_extra_info, void, (TableFunction, void*, Deleter))                 \
  X(table_function_set_bind, void, (TableFunction, void (*)(BindInfo)))                   \
  X(table_function_set_init, void, (TableFunction, void (*)(InitInfo)))                   \
  X(table_function_set_function, void, (TableFunction, void (*)(FunctionInfo, Chunk)))    \
  X(table_function_supports_projection_pushdown, void, (TableFunction, bool))             \
  X(register_table_function, State, (Connection, TableFunction))                          \
  X(bind_get_extra_info, void*, (BindInfo))                                               \
  X(bind_add_result_column, void, (BindInfo, const char*, LogicalType))                   \
  X(bind_set_cardinality, void, (BindInfo, uint64_t, bool exact))                         \
  X(bind_set_error, void, (BindInfo, const char*))                                        \
  X(init_get_extra_info, void*, (InitInfo))                                               \
  X(init_set_init_data, void, (InitInfo, void*, Deleter))                                 \
  X(init_get_column_count, uint64_t, (InitInfo))                                          \
  X(init_get_column_index, uint64_t, (InitInfo, uint64_t))                                \
  X(init_set_max_threads, void, (InitInfo, uint64_t))                                     \
  X(init_set_error, void, (InitInfo, const char*))                                        \
  X(function_get_extra_info, void*, (FunctionInfo))                                       \
  X(function_get_init_data, void*, (FunctionInfo))                                        \
  X(function_set_error, void, (FunctionInfo, const char*))                                \
  X(vector_reference_vector, void, (Vector to, Vector from))                              \
  X(data_chunk_get_vector, Vector, (Chunk, uint64_t))                                     \
  X(data_chunk_set_size, void, (Chunk, uint64_t))                                         \
  X(vector_size, uint64_t, ())

/// The functions, by name. Immutable, thread-safe; stays until the process ends.
struct Library {
#define WEFT_DUCKDB_MEMBER(name, result, parameters) result(*name) parameters = nullptr;
  WEFT_DUCKDB_FUNCTIONS(WEFT_DUCKDB_MEMBER)
#undef WEFT_DUCKDB_MEMBER
  std::string path;     ///< as it was found
  std::string version;  ///< "v1.5.5"
};

/// Loads it once for the process. Looks at `path`, else at the environment's WEFT_DUCKDB (either is
/// a file, or a folder that has libduckdb.so), else asks the loader for libduckdb.so, else looks in
/// lib/ of the Python environment that is active (VIRTUAL_ENV) and of .venv here. Throws
/// Error(kUnsupported), which says what to install, if there is none or it is too old, and
/// Error(kInvalidArgument) if `path` is given but another file is loaded already.
const Library& library(const std::string& path = "");

/// "v1.5.5" is, "v1.4.9" is not.
bool is_new_enough(std::string_view version);
/// Loads a file and looks whether it is one that will do: library() without its memory.
Library load_library(const std::string& file);

/// An object of DuckDB's that is destroyed with this one.
template <class T, auto kDestroy>
class Owned {
 public:
  explicit Owned(const Library& library, T object = {}) : library_(&library), object_(object) {}
  ~Owned() { reset(); }
  Owned(Owned&& other) noexcept
      : library_(other.library_), object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    if (this != &other) {
      reset();
      object_ = std::exchange(other.object_, nullptr);
    }
    return *this;
  }

  T get() const { return object_; }
  /// For functions that give one through a pointer; what was held is destroyed.
  T* out() {
    reset();
    return &object_;
  }
  void reset() {
    if (object_) (library_->*kDestroy)(&object_);
    object_ = nullptr;
  }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  const Library* library_;
  T object_;
};

using OwnedConfig = Owned<Config, &Library::destroy_config>;
using OwnedDatabase = Owned<Database, &Library::close>;
using OwnedConnection = Owned<Connection, &Library::disconnect>;
using OwnedExtracted = Owned<Extracted, &Library::destroy_extracted>;
using OwnedPrepared = Owned<Prepared, &Library::destroy_prepare>;
using OwnedPending = Owned<Pending, &Library::destroy_pending>;
using OwnedChunk = Owned<Chunk, &Library::destroy_data_chunk>;
using OwnedValue = Owned<DuckValue, &Library::destroy_value>;
using OwnedType = Owned<LogicalType, &Library::destroy_logical_type>;
using OwnedArrowOptions = Owned<ArrowOptions, &Library::destroy_arrow_options>;
using OwnedConvertedSchema = Owned<ConvertedSchema, &Library::destroy_arrow_converted_schema>;
using OwnedTableFunction = Owned<TableFunction, &Library::destroy_table_function>;

/// The rows of a statement, or its error.
class OwnedResult {
 public:
  explicit OwnedResult(const Library& library) : library_(&library) {}
  ~OwnedResult() { library_->destroy_result(&result_); }
  OwnedResult(const OwnedResult&) = delete;
  OwnedResult& operator=(const OwnedResult&) = delete;
  Result* get() { return &result_; }

 private:
  const Library* library_;
  Result result_;
};

/// Takes the error and throws what it says, if it says something; `doing` stands before it.
void throw_if_error(const Library& library, ErrorData error, const std::string& doing);

}  // namespace weft::duckdb
