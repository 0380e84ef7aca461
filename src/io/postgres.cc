#include <arrow/api.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>

#include "data/arrow.h"
#include "data/text_form.h"
#include "io/postgres_text.h"
#include "io/sql_driver.h"

namespace weft {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

constexpr size_t kCopyBytes = 1 << 18;

// By the class of the SQLSTATE, its first two characters.
ErrorCode code_of(const char* sqlstate) {
  const std::string_view state = sqlstate ? sqlstate : "";
  if (state == "42P01" || state == "42703") return ErrorCode::kNotFound;
  if (state == "42P07") return ErrorCode::kAlreadyExists;
  if (state == "57014") return ErrorCode::kCancelled;
  if (state.starts_with("22") || state.starts_with("23")) return ErrorCode::kBadData;
  if (state.starts_with("42") || state.starts_with("26")) return ErrorCode::kInvalidArgument;
  if (state.starts_with("53") || state.starts_with("54")) return ErrorCode::kResourceLimit;
  if (state.starts_with("0A")) return ErrorCode::kUnsupported;
  return ErrorCode::kIo;
}

std::string one_line(std::string_view message) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  std::string out(message);
  std::ranges::replace(out, '\n', ' ');
  return out;
}

class PostgresDriver : public SqlDriver {
 public:
  PostgresDriver(PGconn* connection, bool owned) : connection_(connection), owned_(owned) {}
  ~PostgresDriver() override {
    if (owned_) PQfinish(connection_);
  }

  std::string describe() const override {
    const auto text = [](const char* part) { return std::string(part ? part : ""); };
    return fmt::format("PostgreSQL {}@{}:{}/{}", text(PQuser(connection_)),
                       text(PQhost(connection_)), text(PQport(connection_)),
                       text(PQdb(connection_)));
  }

  std::unique_ptr<SqlRows> query(const std::string& sql, const SqlParameters& parameters,
                                 const SqlReadOptions& options) override;
  int64_t execute(const std::string& sql, const SqlParameters& parameters) override;
  int64_t write(const Table& table, const std::string& name,
                const SqlWriteOptions& options) override;

  /// What the connection's settings must be for texts to be read rightly.
  void check_settings() const;
  void check_free() const {
    if (!streaming_) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} still streams the rows of another query: read them to their end, "
                            "or open a second connection",
                            describe()));
  }

  void send(const std::string& sql, const SqlParameters& parameters);
  Result run(const std::string& sql, const SqlParameters& parameters = {});
  [[noreturn]] void fail(std::string_view doing, const PGresult* result) const {
    const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    const char* message = result ? PQresultErrorMessage(result) : PQerrorMessage(connection_);
    throw Error(code_of(state), fmt::format("{}: {}: {}", describe(), doing, one_line(message)));
  }
  /// Reads what is left of the running command.
  void drain() {
    while (const Result rest{PQgetResult(connection_)}) {
      if (PQresultStatus(rest.get()) == PGRES_COPY_IN) PQputCopyEnd(connection_, "stopped");
    }
  }
  PGconn* connection() const { return connection_; }
  void set_streaming(bool streaming) { streaming_ = streaming; }

 private:
  void make_table(const Table& table, const std::string& name, const SqlWriteOptions& options);
  int64_t copy(const Table& table, const std::string& target);
  void put(std::string& text);

  PGconn* connection_;
  bool owned_;
  bool streaming_ = false;
};

void PostgresDriver::check_settings() const {
  const auto setting = [&](const char* name) {
    const char* value = PQparameterStatus(connection_, name);
    return std::string(value ? value : "");
  };
  const auto expect = [&](const char* name, const char* wanted) {
    const std::string found = setting(name);
    if (found.starts_with(wanted)) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: the connection's {} must be {}, found {}", describe(), name,
                            wanted, quote(found)));
  };
  expect("client_encoding", "UTF8");
  expect("DateStyle", "ISO");
  expect("IntervalStyle", "postgres");
}

void PostgresDriver::send(const std::string& sql, const SqlParameters& parameters) {
  check_free();
  check_settings();
  const BoundSql bound = bind_names(sql, parameters);
  std::vector<std::string> texts(bound.values.size());
  std::vector<const char*> values;
  std::vector<Oid> types;
  for (size_t i = 0; i < bound.values.size(); ++i) {
    const Value& value = bound.values[i];
    types.push_back(value.type() ? oid_of(value.type()) : 0);
    if (value.has_value()) texts[i] = postgres_text(value);
    if (texts[i].find('\0') != std::string::npos) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("SQL parameter {}: PostgreSQL cannot hold a text with a NUL", i + 1));
    }
    values.push_back(value.has_value() ? texts[i].c_str() : nullptr);
  }
  if (PQsendQueryParams(connection_, bound.text.c_str(), static_cast<int>(values.size()),
                        types.data(), values.data(), nullptr, nullptr, /*resultFormat=*/0) != 1) {
    fail("running SQL", nullptr);
  }
}

Result PostgresDriver::run(const std::string& sql, const SqlParameters& parameters) {
  send(sql, parameters);
  Result result{PQgetResult(connection_)};
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_COPY_IN) return result;
  drain();
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail("running SQL", result.get());
  return result;
}

int64_t PostgresDriver::execute(const std::string& sql, const SqlParameters& parameters) {
  const Result result = run(sql, parameters);
  const std::string changed = PQcmdTuples(result.get());
  return changed.empty() ? 0 : std::stoll(changed);
}

// Row by row as the server sends them, so that memory holds one batch.
class PostgresRows : public SqlRows {
 public:
  PostgresRows(std::shared_ptr<PostgresDriver> driver, const SqlReadOptions& options)
      : driver_(std::move(driver)), options_(options) {
    if (PQsetSingleRowMode(driver_->connection()) != 1) driver_->fail("running SQL", nullptr);
    driver_->set_streaming(true);
    try {
      row_result_.reset(PQgetResult(driver_->connection()));
      check_row();
      describe_columns();
    } catch (...) {
      finish();
      throw;
    }
  }
  ~PostgresRows() override { finish(); }

  const Schema& schema() const override { return schema_; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    if (!streaming_) return nullptr;
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
    for (const auto& [name, type] : schema_) {
      builders.push_back(
          value_or_throw(arrow::MakeBuilder(type_to_arrow(type)), "reading PostgreSQL"));
    }
    int64_t rows = 0;
    while (rows < options_.batch_rows && PQresultStatus(row_result_.get()) == PGRES_SINGLE_TUPLE) {
      ++row_;
      ++rows;
      for (size_t i = 0; i < builders.size(); ++i) append(*builders[i], static_cast<int>(i));
      row_result_.reset(PQgetResult(driver_->connection()));
      check_row();
    }
    if (rows == 0) {
      finish();
      return nullptr;
    }
    arrow::ArrayVector arrays;
    arrow::FieldVector fields;
    for (size_t i = 0; i < builders.size(); ++i) {
      arrays.push_back(value_or_throw(builders[i]->Finish(), "reading PostgreSQL"));
      fields.push_back(arrow::field(schema_[i].name, arrays.back()->type()));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
  }

 private:
  void check_row() {
    const auto status = PQresultStatus(row_result_.get());
    if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK) return;
    if (status == PGRES_COMMAND_OK) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the SQL statement returns no rows: use execute_sql");
    }
    driver_->fail("reading rows", row_result_.get());
  }

  void describe_columns() {
    for (int i = 0; i < PQnfields(row_result_.get()); ++i) {
      const std::string name = PQfname(row_result_.get(), i);
      Type type = declared_type(options_, name);
      if (!type) type = type_of_oid(PQftype(row_result_.get(), i));
      schema_.push_back({name, type});
    }
    check_columns(options_, schema_);
  }

  void append(arrow::ArrayBuilder& builder, int column) {
    if (PQgetisnull(row_result_.get(), 0, column) == 1) {
      throw_if_failed(builder.AppendNull(), "reading PostgreSQL");
      return;
    }
    const auto& [name, type] = schema_[static_cast<size_t>(column)];
    const std::string_view text(PQgetvalue(row_result_.get(), 0, column),
                                static_cast<size_t>(PQgetlength(row_result_.get(), 0, column)));
    if (append_postgres(builder, type, text)) return;
    throw Error(
        ErrorCode::kBadData,
        fmt::format("{}: row {}, column {}: expected {}, found {}; set its type in `types`, "
                    "or cast it in the query",
                    driver_->describe(), row_, quote(name), type->name, quote(text.substr(0, 60))));
  }

  // A query that is given up is cancelled, so that its rows need not all be fetched.
  void finish() noexcept {
    if (!streaming_) return;
    streaming_ = false;
    driver_->set_streaming(false);
    if (PQresultStatus(row_result_.get()) == PGRES_SINGLE_TUPLE) {
      if (PGcancel* cancel = PQgetCancel(driver_->connection())) {
        char reason[256];
        PQcancel(cancel, reason, sizeof reason);
        PQfreeCancel(cancel);
      }
    }
    row_result_.reset();
    driver_->drain();
  }

  std::shared_ptr<PostgresDriver> driver_;
  SqlReadOptions options_;
  Schema schema_;
  Result row_result_;
  int64_t row_ = 0;
  bool streaming_ = true;
};

std::unique_ptr<SqlRows> PostgresDriver::query(const std::string& sql,
                                               const SqlParameters& parameters,
                                               const SqlReadOptions& options) {
  send(sql, parameters);
  return std::make_unique<PostgresRows>(
      std::static_pointer_cast<PostgresDriver>(shared_from_this()), options);
}

void PostgresDriver::make_table(const Table& table, const std::string& name,
                                const SqlWriteOptions& options) {
  const std::string target = qualified(options.schema, name);
  const Result found = run("select to_regclass($1) is not null", {Value::of(target)});
  const bool exists = std::string_view(PQgetvalue(found.get(), 0, 0)) == "t";
  if (options.mode == SqlWriteMode::kAppend) {
    if (!exists) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} has no table {} to append to", describe(), quote(name)));
    }
    const Result none = run("select * from " + target + " limit 0");
    std::vector<std::string> columns;
    for (int i = 0; i < PQnfields(none.get()); ++i) columns.emplace_back(PQfname(none.get(), i));
    check_appended_columns(table.schema(), columns, name);
    return;
  }
  if (exists && options.mode == SqlWriteMode::kCreate) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("{} already has a table {}", describe(), quote(name)));
  }
  if (exists) run("drop table " + target);
  std::string columns;
  for (const auto& [column, type] : table.schema()) {
    if (!columns.empty()) columns += ", ";
    columns += quote_identifier(column) + " " + postgres_type_name(type);
  }
  run("create table " + target + " (" + columns + ")");
}

void PostgresDriver::put(std::string& text) {
  if (PQputCopyData(connection_, text.data(), static_cast<int>(text.size())) != 1) {
    fail("writing rows", nullptr);
  }
  text.clear();
}

int64_t PostgresDriver::copy(const Table& table, const std::string& target) {
  std::string columns;
  for (const auto& [name, type] : table.schema()) {
    columns += (columns.empty() ? "" : ", ") + quote_identifier(name);
  }
  run("copy " + target + " (" + columns + ") from stdin");
  int64_t rows = 0;
  std::string text;
  for_each_batch(table, [&](const arrow::RecordBatch& batch) {
    for (int64_t row = 0; row < batch.num_rows(); ++row, ++rows) {
      for (int i = 0; i < batch.num_columns(); ++i) {
        if (i > 0) text += '\t';
        if (append_copy_field(*batch.column(i), row, text)) continue;
        throw Error(ErrorCode::kBadData,
                    fmt::format("row {}, column {}: PostgreSQL cannot hold a text with a NUL",
                                rows + 1, quote(batch.column_name(i))));
      }
      text += '\n';
      if (text.size() >= kCopyBytes) put(text);
    }
  });
  put(text);
  if (PQputCopyEnd(connection_, nullptr) != 1) fail("writing rows", nullptr);
  const Result result{PQgetResult(connection_)};
  drain();
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail("writing rows", result.get());
  return rows;
}

int64_t PostgresDriver::write(const Table& table, const std::string& name,
                              const SqlWriteOptions& options) {
  const bool nested = PQtransactionStatus(connection_) == PQTRANS_INTRANS;
  run(nested ? "savepoint weft_write" : "begin");
  try {
    make_table(table, name, options);
    const int64_t rows = copy(table, qualified(options.schema, name));
    run(nested ? "release savepoint weft_write" : "commit");
    return rows;
  } catch (...) {
    if (PQtransactionStatus(connection_) == PQTRANS_ACTIVE) PQputCopyEnd(connection_, "stopped");
    drain();
    for (const char* sql : nested ? std::vector<const char*>{"rollback to savepoint weft_write",
                                                             "release savepoint weft_write"}
                                  : std::vector<const char*>{"rollback"}) {
      PQclear(PQexec(connection_, sql));
    }
    throw;
  }
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// What libpq says, without what it might repeat of a password.
std::string without_password(std::string message, const PQconninfoOption* options) {
  for (const auto* option = options; option && option->keyword; ++option) {
    const std::string_view keyword = option->keyword;
    if (!option->val || !*option->val || (keyword != "password" && keyword != "sslpassword")) {
      continue;
    }
    const std::string secret = option->val;
    for (size_t at = message.find(secret); at != message.npos; at = message.find(secret, at)) {
      message.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return message;
}

}  // namespace

SqlConnection open_postgres(const std::string& conninfo) {
  char* ignored = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(
      PQconninfoParse(conninfo.c_str(), &ignored));
  PQfreemem(ignored);
  if (!parsed) {
    // libpq's own message quotes the piece it stumbled over.
    throw Error(ErrorCode::kInvalidArgument,
                "the text of the PostgreSQL connection is malformed (it is not shown, since it may "
                "hold a password): expected key=value pairs or postgresql://user@host/database");
  }
  const char* keywords[] = {"dbname", "client_encoding", "options", "fallback_application_name",
                            nullptr};
  const char* values[] = {conninfo.c_str(), "UTF8",
                          "-c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC", "weft",
                          nullptr};
  PGconn* connection = PQconnectdbParams(keywords, values, /*expand_dbname=*/1);
  const auto driver = std::make_shared<PostgresDriver>(connection, true);
  if (PQstatus(connection) != CONNECTION_OK) {
    const std::string message =
        without_password(one_line(PQerrorMessage(connection)), parsed.get());
    throw Error(ErrorCode::kIo, fmt::format("cannot connect to PostgreSQL: {}", message));
  }
  // Remarks of the server go nowhere: a library does not print.
  PQsetNoticeProcessor(connection, [](void*, const char*) {}, nullptr);
  return SqlConnection(driver);
}

SqlConnection wrap_postgres(PGconn* connection) {
  if (!connection || PQstatus(connection) != CONNECTION_OK) {
    throw Error(ErrorCode::kInvalidArgument, "wrap_postgres: the connection is not open");
  }
  return SqlConnection(std::make_shared<PostgresDriver>(connection, false));
}

}  // namespace weft
