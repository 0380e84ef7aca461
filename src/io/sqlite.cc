#include <arrow/api.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include "data/arrow.h"
#include "data/text_form.h"
#include "io/input.h"
#include "io/json_text.h"
#include "io/sql_driver.h"

namespace weft {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

ErrorCode code_of(int status) {
  switch (status & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return ErrorCode::kInvalidArgument;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return ErrorCode::kBadData;
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return ErrorCode::kResourceLimit;
    case SQLITE_INTERRUPT:
      return ErrorCode::kCancelled;
    default:
      return ErrorCode::kIo;
  }
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// By SQLite's own rules of affinity, after the names that mean more to Weft.
Type type_of_declaration(const char* declaration) {
  if (!declaration) return nullptr;
  const std::string name = upper(declaration);
  const auto has = [&](const char* part) { return name.find(part) != name.npos; };
  if (has("BOOL")) return bool_type();
  if (has("DURATION")) return duration_type();
  if (has("TIMESTAMP") || has("DATE")) return timestamp_type();
  if (has("INT")) return int64_type();
  if (has("CHAR") || has("CLOB") || has("TEXT") || has("JSON") || has("BLOB")) {
    return string_type();
  }
  if (has("REAL") || has("FLOA") || has("DOUB") || has("NUMERIC") || has("DECIMAL")) {
    return double_type();
  }
  return nullptr;
}

const char* declaration_of(Type type) {
  switch (type->kind) {
    case Kind::kBool:
      return "BOOLEAN";
    case Kind::kInt32:
    case Kind::kInt64:
      return "INTEGER";
    case Kind::kFloat:
    case Kind::kDouble:
      return "REAL";
    case Kind::kString:
      return "TEXT";
    case Kind::kTimestamp:
      return "TIMESTAMP";
    case Kind::kDuration:
      return "DURATION";
    default:
      return "JSON";
  }
}

const char* kind_name(int kind) {
  switch (kind) {
    case SQLITE_INTEGER:
      return "integer";
    case SQLITE_FLOAT:
      return "real";
    case SQLITE_TEXT:
      return "text";
    case SQLITE_BLOB:
      return "blob";
    default:
      return "null";
  }
}

std::string_view text_at(sqlite3_stmt* statement, int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
  return data ? std::string_view(data, size) : std::string_view();
}

template <class Builder, class T>
bool appended(arrow::ArrayBuilder& builder, T value) {
  throw_if_failed(static_cast<Builder&>(builder).Append(value), "reading SQLite");
  return true;
}

bool append_integer(arrow::ArrayBuilder& builder, Type type, int64_t value) {
  if (type->kind == Kind::kInt64) return appended<arrow::Int64Builder>(builder, value);
  const auto narrow = static_cast<int32_t>(value);
  return narrow == value && appended<arrow::Int32Builder>(builder, narrow);
}

bool append_time(arrow::ArrayBuilder& builder, sqlite3_stmt* statement, int column, int kind) {
  int64_t us = 0;
  if (kind == SQLITE_INTEGER) {
    if (__builtin_mul_overflow(sqlite3_column_int64(statement, column), int64_t{1'000'000}, &us)) {
      return false;
    }
    return appended<arrow::TimestampBuilder>(builder, us);
  }
  const auto time = kind == SQLITE_TEXT ? parse_time(text_at(statement, column)) : std::nullopt;
  return time && appended<arrow::TimestampBuilder>(builder, time->time_since_epoch().count());
}

// One cell that is not null; false if it is no value of the type.
bool append_cell(arrow::ArrayBuilder& builder, Type type, sqlite3_stmt* statement, int column) {
  const int kind = sqlite3_column_type(statement, column);
  const bool number = kind == SQLITE_INTEGER || kind == SQLITE_FLOAT;
  switch (type->kind) {
    case Kind::kBool: {
      const int64_t value = sqlite3_column_int64(statement, column);
      return kind == SQLITE_INTEGER && (value == 0 || value == 1) &&
             appended<arrow::BooleanBuilder>(builder, value == 1);
    }
    case Kind::kInt32:
    case Kind::kInt64:
      return kind == SQLITE_INTEGER &&
             append_integer(builder, type, sqlite3_column_int64(statement, column));
    case Kind::kFloat:
      return number && appended<arrow::FloatBuilder>(
                           builder, static_cast<float>(sqlite3_column_double(statement, column)));
    case Kind::kDouble:
      return number &&
             appended<arrow::DoubleBuilder>(builder, sqlite3_column_double(statement, column));
    case Kind::kString:
      return (kind == SQLITE_TEXT || kind == SQLITE_BLOB) &&
             appended<arrow::StringBuilder>(builder, text_at(statement, column));
    case Kind::kTimestamp:
      return append_time(builder, statement, column, kind);
    case Kind::kDuration:
      return kind == SQLITE_INTEGER &&
             appended<arrow::DurationBuilder>(builder, sqlite3_column_int64(statement, column));
    default: {
      if (kind != SQLITE_TEXT) return false;
      const auto value = nlohmann::json::parse(text_at(statement, column), nullptr, false);
      return !value.is_discarded() && append_json(builder, value).empty();
    }
  }
}

class SqliteDriver : public SqlDriver {
 public:
  SqliteDriver(sqlite3* connection, bool owned) : connection_(connection), owned_(owned) {}
  ~SqliteDriver() override {
    if (owned_) sqlite3_close_v2(connection_);
  }

  std::string describe() const override {
    const char* path = sqlite3_db_filename(connection_, "main");
    return fmt::format("SQLite {}", path && *path ? path : ":memory:");
  }

  std::unique_ptr<SqlRows> query(const std::string& sql, const SqlParameters& parameters,
                                 const SqlReadOptions& options) override;
  int64_t execute(const std::string& sql, const SqlParameters& parameters) override {
    const Statement statement = prepare(sql, parameters);
    const int before = sqlite3_total_changes(connection_);
    int status = SQLITE_ROW;
    while (status == SQLITE_ROW) status = sqlite3_step(statement.get());
    if (status != SQLITE_DONE) fail("running SQL", status);
    return sqlite3_total_changes(connection_) - before;
  }
  int64_t write(const Table& table, const std::string& name,
                const SqlWriteOptions& options) override;

  [[noreturn]] void fail(std::string_view doing, int status) const {
    throw Error(code_of(status),
                fmt::format("{}: {}: {}", describe(), doing, sqlite3_errmsg(connection_)));
  }

 private:
  Statement prepare(const std::string& sql, const SqlParameters& parameters) const;
  void bind(sqlite3_stmt* statement, int number, const Value& value) const;
  void bind_cell(sqlite3_stmt* statement, int number, const arrow::Array& array,
                 const CellWriter& cells, int64_t row, std::string& text) const;
  void make_table(const Table& table, const std::string& name, const SqlWriteOptions& options);
  int64_t insert(const Table& table, const std::string& target);

  sqlite3* connection_;
  bool owned_;
};

Statement SqliteDriver::prepare(const std::string& sql, const SqlParameters& parameters) const {
  const BoundSql bound = bind_names(sql, parameters);
  sqlite3_stmt* made = nullptr;
  const char* rest = nullptr;
  const int status = sqlite3_prepare_v2(connection_, bound.text.data(),
                                        static_cast<int>(bound.text.size()), &made, &rest);
  Statement statement(made);
  if (status != SQLITE_OK) fail("preparing SQL", status);
  if (!statement) throw Error(ErrorCode::kInvalidArgument, "the SQL holds no statement");
  const std::string_view after(rest,
                               static_cast<size_t>(bound.text.data() + bound.text.size() - rest));
  if (after.find_first_not_of(" \t\r\n;") != after.npos && !after.starts_with("--")) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("expected one SQL statement, found more: {}", quote(after.substr(0, 60))));
  }
  const int places = sqlite3_bind_parameter_count(made);
  if (static_cast<size_t>(places) != bound.values.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the SQL has {} placeholders, and {} values were given", places,
                            bound.values.size()));
  }
  for (size_t i = 0; i < bound.values.size(); ++i) {
    // $2 is a name to SQLite, so numbers are those of first use.
    const std::string name = fmt::format("${}", i + 1);
    const int named = sqlite3_bind_parameter_index(made, name.c_str());
    bind(made, named > 0 ? named : static_cast<int>(i + 1), bound.values[i]);
  }
  return statement;
}

void SqliteDriver::bind(sqlite3_stmt* statement, int number, const Value& value) const {
  int status = SQLITE_OK;
  const auto bind_text = [&](const std::string& text) {
    return sqlite3_bind_text64(statement, number, text.data(), text.size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
  };
  if (!value.has_value()) {
    status = sqlite3_bind_null(statement, number);
  } else {
    switch (value.type()->kind) {
      case Kind::kBool:
        status = sqlite3_bind_int64(statement, number, value.get<bool>() ? 1 : 0);
        break;
      case Kind::kInt32:
        status = sqlite3_bind_int64(statement, number, value.get<int32_t>());
        break;
      case Kind::kInt64:
        status = sqlite3_bind_int64(statement, number, value.get<int64_t>());
        break;
      case Kind::kFloat:
        status = sqlite3_bind_double(statement, number, static_cast<double>(value.get<float>()));
        break;
      case Kind::kDouble:
        status = sqlite3_bind_double(statement, number, value.get<double>());
        break;
      case Kind::kString:
        status = bind_text(value.get<std::string>());
        break;
      case Kind::kTimestamp:
        status = bind_text(format_time(value.get<Time>()));
        break;
      case Kind::kDuration:
        status = sqlite3_bind_int64(statement, number, value.get<Duration>().count());
        break;
      default:
        status = bind_text(json_of(value));
    }
  }
  if (status != SQLITE_OK) fail("binding a parameter", status);
}

void SqliteDriver::bind_cell(sqlite3_stmt* statement, int number, const arrow::Array& array,
                             const CellWriter& cells, int64_t row, std::string& text) const {
  int status = SQLITE_OK;
  if (array.IsNull(row)) {
    status = sqlite3_bind_null(statement, number);
  } else {
    switch (array.type_id()) {
      case arrow::Type::BOOL:
        status = sqlite3_bind_int64(
            statement, number, static_cast<const arrow::BooleanArray&>(array).Value(row) ? 1 : 0);
        break;
      case arrow::Type::INT32:
        status = sqlite3_bind_int64(statement, number,
                                    static_cast<const arrow::Int32Array&>(array).Value(row));
        break;
      case arrow::Type::INT64:
        status = sqlite3_bind_int64(statement, number,
                                    static_cast<const arrow::Int64Array&>(array).Value(row));
        break;
      case arrow::Type::DURATION:
        status = sqlite3_bind_int64(statement, number,
                                    static_cast<const arrow::DurationArray&>(array).Value(row));
        break;
      case arrow::Type::FLOAT: {
        const float value = static_cast<const arrow::FloatArray&>(array).Value(row);
        status = sqlite3_bind_double(statement, number, static_cast<double>(value));
        break;
      }
      case arrow::Type::DOUBLE:
        status = sqlite3_bind_double(statement, number,
                                     static_cast<const arrow::DoubleArray&>(array).Value(row));
        break;
      case arrow::Type::STRING: {
        const auto value = static_cast<const arrow::StringArray&>(array).GetView(row);
        status = sqlite3_bind_text64(statement, number, value.data(), value.size(), SQLITE_STATIC,
                                     SQLITE_UTF8);
        break;
      }
      default: {
        text.clear();
        cells.append(row, text);
        // A time as text is in quotes in JSON, and bare in a cell.
        const bool quoted = array.type_id() == arrow::Type::TIMESTAMP;
        const auto bare =
            std::string_view(text).substr(quoted ? 1 : 0, text.size() - (quoted ? 2 : 0));
        status = sqlite3_bind_text64(statement, number, bare.data(), bare.size(), SQLITE_TRANSIENT,
                                     SQLITE_UTF8);
      }
    }
  }
  if (status != SQLITE_OK) fail("binding a value", status);
}

// Types of columns that nothing declares come from the first batch, whose cells are held back.
class SqliteRows : public SqlRows {
 public:
  SqliteRows(std::shared_ptr<const SqliteDriver> driver, Statement statement,
             const SqlReadOptions& options)
      : driver_(std::move(driver)), statement_(std::move(statement)), options_(options) {
    const int columns = sqlite3_column_count(statement_.get());
    if (columns == 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the SQL statement returns no rows: use execute_sql");
    }
    bool unknown = false;
    for (int i = 0; i < columns; ++i) {
      const std::string name = sqlite3_column_name(statement_.get(), i);
      Type type = declared_type(options_, name);
      if (!type) type = type_of_declaration(sqlite3_column_decltype(statement_.get(), i));
      unknown |= type == nullptr;
      schema_.push_back({name, type});
    }
    check_columns(options_, schema_);
    if (unknown) infer();
  }

  const Schema& schema() const override { return schema_; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    if (at_end_) return nullptr;
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
    for (const auto& [name, type] : schema_) {
      builders.push_back(value_or_throw(arrow::MakeBuilder(type_to_arrow(type)), "reading SQLite"));
    }
    int64_t rows = 0;
    for (; rows < options_.batch_rows && step(); ++rows) {
      ++row_;
      for (size_t i = 0; i < builders.size(); ++i) append(*builders[i], static_cast<int>(i));
    }
    if (rows == 0) return nullptr;
    arrow::ArrayVector arrays;
    arrow::FieldVector fields;
    for (size_t i = 0; i < builders.size(); ++i) {
      arrays.push_back(value_or_throw(builders[i]->Finish(), "reading SQLite"));
      fields.push_back(arrow::field(schema_[i].name, arrays.back()->type()));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
  }

 private:
  bool step() {
    if (at_end_) return false;
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    at_end_ = true;
    if (status != SQLITE_DONE) driver_->fail("reading rows", status);
    return false;
  }

  // Looks at the first batch, and starts again.
  void infer() {
    const size_t columns = schema_.size();
    std::vector<int> seen(columns, SQLITE_NULL);
    for (int64_t row = 0; row < options_.batch_rows && step(); ++row) {
      for (size_t i = 0; i < columns; ++i) {
        const int kind = sqlite3_column_type(statement_.get(), static_cast<int>(i));
        if (kind == SQLITE_NULL || kind == seen[i]) continue;
        const bool numbers = (kind == SQLITE_INTEGER || kind == SQLITE_FLOAT) &&
                             (seen[i] == SQLITE_INTEGER || seen[i] == SQLITE_FLOAT);
        seen[i] = seen[i] == SQLITE_NULL ? kind : numbers ? SQLITE_FLOAT : SQLITE_TEXT;
      }
    }
    for (size_t i = 0; i < columns; ++i) {
      if (schema_[i].type) continue;
      schema_[i].type = seen[i] == SQLITE_INTEGER ? int64_type()
                        : seen[i] == SQLITE_FLOAT ? double_type()
                                                  : string_type();
    }
    sqlite3_reset(statement_.get());
    at_end_ = false;
  }

  void append(arrow::ArrayBuilder& builder, int column) {
    const int kind = sqlite3_column_type(statement_.get(), column);
    if (kind == SQLITE_NULL) {
      throw_if_failed(builder.AppendNull(), "reading SQLite");
      return;
    }
    const auto& [name, type] = schema_[static_cast<size_t>(column)];
    if (append_cell(builder, type, statement_.get(), column)) return;
    throw Error(ErrorCode::kBadData,
                fmt::format("{}: row {}, column {}: expected {}, found {} {}; set its type in "
                            "`types`, or use CAST in the query",
                            driver_->describe(), row_, quote(name), type->name, kind_name(kind),
                            quote(text_at(statement_.get(), column).substr(0, 60))));
  }

  std::shared_ptr<const SqliteDriver> driver_;
  Statement statement_;
  SqlReadOptions options_;
  Schema schema_;
  int64_t row_ = 0;
  bool at_end_ = false;
};

std::unique_ptr<SqlRows> SqliteDriver::query(const std::string& sql,
                                             const SqlParameters& parameters,
                                             const SqlReadOptions& options) {
  auto self = std::static_pointer_cast<const SqliteDriver>(shared_from_this());
  return std::make_unique<SqliteRows>(std::move(self), prepare(sql, parameters), options);
}

void SqliteDriver::make_table(const Table& table, const std::string& name,
                              const SqlWriteOptions& options) {
  const std::string target = qualified(options.schema, name);
  const std::string schema = options.schema.empty() ? "main" : options.schema;
  const std::string master = quote_identifier(schema) + ".sqlite_master";
  const Table found = read_sql(
      SqlConnection(shared_from_this()),
      "select name from " + master + " where type in ('table', 'view') and lower(name) = lower($1)",
      {Value::of(name)});
  const bool exists = found.num_rows() > 0;
  if (options.mode == SqlWriteMode::kAppend) {
    if (!exists) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} has no table {} to append to", describe(), quote(name)));
    }
    const Statement all = prepare("select * from " + target, {});
    std::vector<std::string> columns;
    for (int i = 0; i < sqlite3_column_count(all.get()); ++i) {
      columns.emplace_back(sqlite3_column_name(all.get(), i));
    }
    check_appended_columns(table.schema(), columns, name);
    return;
  }
  if (exists && options.mode == SqlWriteMode::kCreate) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("{} already has a table {}", describe(), quote(name)));
  }
  if (exists) execute("drop table " + target, {});
  std::string columns;
  for (const auto& [column, type] : table.schema()) {
    if (!columns.empty()) columns += ", ";
    columns += quote_identifier(column) + " " + declaration_of(type);
  }
  execute("create table " + target + " (" + columns + ")", {});
}

int64_t SqliteDriver::insert(const Table& table, const std::string& target) {
  std::string columns;
  std::string places;
  std::vector<Value> nulls;
  for (const auto& [name, type] : table.schema()) {
    columns += (columns.empty() ? "" : ", ") + quote_identifier(name);
    places += (places.empty() ? "$" : ", $") + std::to_string(nulls.size() + 1);
    nulls.push_back(Value::null(type));
  }
  const Statement statement =
      prepare("insert into " + target + " (" + columns + ") values (" + places + ")", nulls);
  int64_t rows = 0;
  for_each_batch(table, [&](const arrow::RecordBatch& batch) {
    std::vector<std::unique_ptr<CellWriter>> cells;
    for (const auto& array : batch.columns()) {
      cells.push_back(make_cell_writer(*array, TextForm::kJson));
    }
    std::string text;
    for (int64_t row = 0; row < batch.num_rows(); ++row, ++rows) {
      for (int i = 0; i < batch.num_columns(); ++i) {
        bind_cell(statement.get(), i + 1, *batch.column(i), *cells[static_cast<size_t>(i)], row,
                  text);
      }
      const int status = sqlite3_step(statement.get());
      if (status != SQLITE_DONE) fail(fmt::format("writing row {}", rows + 1), status);
      sqlite3_reset(statement.get());
    }
  });
  return rows;
}

int64_t SqliteDriver::write(const Table& table, const std::string& name,
                            const SqlWriteOptions& options) {
  const bool nested = sqlite3_get_autocommit(connection_) == 0;
  execute(nested ? "savepoint weft_write" : "begin immediate", {});
  try {
    make_table(table, name, options);
    const int64_t rows = insert(table, qualified(options.schema, name));
    execute(nested ? "release weft_write" : "commit", {});
    return rows;
  } catch (...) {
    // Some errors have rolled back by themselves.
    if (nested) {
      sqlite3_exec(connection_, "rollback to weft_write; release weft_write", nullptr, nullptr,
                   nullptr);
    } else if (sqlite3_get_autocommit(connection_) == 0) {
      sqlite3_exec(connection_, "rollback", nullptr, nullptr, nullptr);
    }
    throw;
  }
}

}  // namespace

std::string json_of(const Value& value) {
  const auto one = ColumnData::of_values(value.type(), std::span(&value, 1)).arrow()->chunk(0);
  std::string text;
  make_cell_writer(*one, TextForm::kJson)->append(0, text);
  return text;
}

SqlConnection open_sqlite(const std::string& path, const SqliteOptions& options) {
  int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create && !options.read_only) flags |= SQLITE_OPEN_CREATE;
  sqlite3* connection = nullptr;
  const int status = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  const auto driver = std::make_shared<SqliteDriver>(connection, true);
  if (status != SQLITE_OK) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) check_file(path, "SQLite");
    throw Error(code_of(status),
                fmt::format("cannot open SQLite {}: {}", path, sqlite3_errmsg(connection)));
  }
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, options.busy_ms_max);
  // Opening reads nothing: this finds out whether it is a database at all.
  driver->execute("pragma schema_version", {});
  return SqlConnection(driver);
}

SqlConnection wrap_sqlite(sqlite3* connection) {
  if (!connection) throw Error(ErrorCode::kInvalidArgument, "wrap_sqlite: no connection");
  return SqlConnection(std::make_shared<SqliteDriver>(connection, false));
}

}  // namespace weft
