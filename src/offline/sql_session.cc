#include "offline/sql_session.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>

#include "base/memory.h"
#include "base/nearest_name.h"
#include "data/text_form.h"
#include "io/sql_driver.h"

namespace weft {
namespace {

using duckdb::Library;

// A folder that DuckDB makes if it needs one, and removes.
std::string temporary_folder(const SqlEngineOptions& options) {
  static std::atomic<int64_t> number = 0;
  const std::string place = options.temporary_folder.empty()
                                ? std::filesystem::temp_directory_path().string()
                                : options.temporary_folder;
  return fmt::format("{}/weft-sql-{}-{}", place, ::getpid(), ++number);
}

void set(const Library& library, duckdb::Config config, const char* name,
         const std::string& value) {
  if (library.set_config(config, name, value.c_str()) == duckdb::kSuccess) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("DuckDB {} does not take {} = {}", library.version, name, value));
}

std::string numbered(uint64_t number) { return fmt::format("${}", number); }

}  // namespace

Error sql_error(const std::string& message) {
  struct Known {
    std::string_view begin;
    ErrorCode code;
  };
  static constexpr std::array<Known, 8> kKnown = {{
      {"IO Error", ErrorCode::kIo},
      {"Out of Memory Error", ErrorCode::kResourceLimit},
      {"INTERRUPT Error", ErrorCode::kCancelled},
      {"Conversion Error", ErrorCode::kBadData},
      {"Out of Range Error", ErrorCode::kBadData},
      {"Not implemented Error", ErrorCode::kUnsupported},
      {"INTERNAL Error", ErrorCode::kInternal},
      {"FATAL Error", ErrorCode::kInternal},
  }};
  ErrorCode code = ErrorCode::kInvalidArgument;
  for (const Known& known : kKnown) {
    if (message.starts_with(known.begin)) code = known.code;
  }
  return Error(code, "SQL: " + message);
}

duckdb::OwnedExtracted parse_one(const Library& library, duckdb::Connection connection,
                                 const std::string& sql) {
  if (sql.find('\0') != sql.npos) {
    throw Error(ErrorCode::kInvalidArgument, "SQL: the query has a NUL");
  }
  duckdb::OwnedExtracted parsed(library);
  const uint64_t statements = library.extract_statements(connection, sql.c_str(), parsed.out());
  if (statements == 1) return parsed;
  const char* error = library.extract_statements_error(parsed.get());
  if (statements == 0 && error) throw sql_error(error);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("SQL: expected one SELECT, found {} statements (a PIVOT says its values: "
                          "PIVOT ... ON column IN (...))",
                          statements));
}

// ---- the database -------------------------------------------------------------------------------

SqlSession::SqlSession(const Library& library, const SqlEngineOptions& options,
                       const std::vector<const NamedRelation*>& tables)
    : library_(library), database_(library) {
  duckdb::OwnedConfig config(library);
  if (library.create_config(config.out()) != duckdb::kSuccess) {
    throw Error(ErrorCode::kInternal, "DuckDB gives no configuration");
  }
  const int64_t memory =
      options.memory_limit > 0 ? options.memory_limit : std::max<int64_t>(machine_memory() / 2, 1);
  set(library, config.get(), "memory_limit", fmt::format("{}B", memory));
  set(library, config.get(), "temp_directory", temporary_folder(options));
  if (options.threads > 0) set(library, config.get(), "threads", std::to_string(options.threads));
  for (const char* name : {"autoinstall_known_extensions", "autoload_known_extensions",
                           "allow_community_extensions", "allow_persistent_secrets"}) {
    set(library, config.get(), name, "false");
  }
  char* error = nullptr;
  if (library.open_ext(":memory:", database_.out(), config.get(), &error) != duckdb::kSuccess) {
    const std::string message = error ? error : "";
    if (error) library.free(error);
    throw sql_error(message);
  }
  const duckdb::OwnedConnection connection = connect();
  execute(connection.get(), "SET TimeZone = 'UTC'");
  std::vector<std::string> files;
  for (const NamedRelation* table : tables) {
    for (const auto& [function, rows] : table->second.tables) {
      duckdb::register_rows(library, database_.get(), connection.get(), function, rows, failure_);
    }
    for (const std::string& file : table->second.files) files.push_back(sql_text(file));
  }
  for (const NamedRelation* table : tables) {
    const auto& [name, relation] = *table;
    try {
      execute(connection.get(),
              fmt::format("CREATE VIEW {} AS {}", quote_identifier(name), relation.select));
    } catch (const Error& failed) {
      throw Error(failed.code(), fmt::format("table {}: {}", quote(name), failed.message()));
    }
  }
  execute(connection.get(), fmt::format("SET allowed_paths = [{}]", fmt::join(files, ", ")));
  execute(connection.get(), "SET enable_external_access = false");
  execute(connection.get(), "SET lock_configuration = true");
}

duckdb::OwnedConnection SqlSession::connect() const {
  duckdb::OwnedConnection connection(library_);
  if (library_.connect(database_.get(), connection.out()) != duckdb::kSuccess) {
    throw Error(ErrorCode::kInternal, "DuckDB gives no connection");
  }
  return connection;
}

void SqlSession::execute(duckdb::Connection connection, const std::string& sql) const {
  duckdb::OwnedResult result(library_);
  if (library_.query(connection, sql.c_str(), result.get()) == duckdb::kSuccess) return;
  failure_->rethrow();
  const char* message = library_.result_error(result.get());
  throw sql_error(message ? message : "");
}

// ---- a query ------------------------------------------------------------------------------------

SqlStream::SqlStream(std::shared_ptr<const SqlSession> session, const std::string& sql,
                     const SqlParameters& parameters)
    : session_(std::move(session)),
      library_(session_->library()),
      connection_(session_->connect()),
      prepared_(library_),
      pending_(library_),
      result_(library_) {
  prepare(sql);
  bind(parameters);
  if (library_.pending_prepared_streaming(prepared_.get(), pending_.out()) != duckdb::kSuccess) {
    fail(library_.pending_error(pending_.get()));
  }
  if (library_.execute_pending(pending_.get(), result_.get()) != duckdb::kSuccess) {
    fail(library_.result_error(result_.get()));
  }
  columns_ = std::make_unique<duckdb::ResultColumns>(library_, result_.get());
  check_columns({}, columns_->schema());
}

SqlStream::~SqlStream() { library_.interrupt(connection_.get()); }

void SqlStream::fail(const char* message) {
  session_->failure().rethrow();
  throw sql_error(message ? message : "DuckDB does not say why");
}

void SqlStream::prepare(const std::string& sql) {
  const duckdb::OwnedExtracted parsed = parse_one(library_, connection_.get(), sql);
  if (library_.prepare_extracted_statement(connection_.get(), parsed.get(), 0, prepared_.out()) !=
      duckdb::kSuccess) {
    fail(library_.prepare_error(prepared_.get()));
  }
  // Others may write, if only to the very files of the tables.
  if (library_.prepared_statement_type(prepared_.get()) == duckdb::kSelect) return;
  throw Error(ErrorCode::kInvalidArgument, "SQL: expected a SELECT; nothing can be changed here");
}

void SqlStream::bind(const SqlParameters& parameters) {
  const uint64_t count = library_.nparams(prepared_.get());
  const auto bind_one = [&](uint64_t i, const std::string& name, const Value& value) {
    const duckdb::OwnedValue bound = duckdb::value_of(library_, value);
    if (library_.bind_value(prepared_.get(), i, bound.get()) == duckdb::kSuccess) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("SQL: {} cannot be {}", name, value.to_string()));
  };
  if (!parameters.positional.empty() && !parameters.named.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "SQL parameters are either positional or named");
  }
  std::vector<std::string> names;
  for (uint64_t i = 1; i <= count; ++i) {
    const char* name = library_.parameter_name(prepared_.get(), i);
    names.emplace_back(name ? name : "");
    if (name) library_.free(const_cast<char*>(name));
  }
  if (parameters.named.empty()) {
    if (parameters.positional.size() != count) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("SQL: the query takes {} value{}{}{}, found {}", count,
                              count == 1 ? "" : "s", count > 0 ? ", $" : "",
                              fmt::join(names, ", $"), parameters.positional.size()));
    }
    for (uint64_t i = 1; i <= count; ++i) {
      bind_one(i, numbered(i), parameters.positional[i - 1]);
    }
    return;
  }
  for (uint64_t i = 1; i <= count; ++i) {
    const auto value = parameters.named.find(names[i - 1]);
    if (value == parameters.named.end()) {
      std::vector<std::string> given;
      for (const auto& [name, ignored] : parameters.named) given.push_back(name);
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("SQL: no value was given for ${}{}", names[i - 1],
                              did_you_mean(names[i - 1], given)));
    }
    bind_one(i, "$" + value->first, value->second);
  }
  for (const auto& [name, value] : parameters.named) {
    if (std::ranges::count(names, name) > 0) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("SQL: a value was given for ${}, which the query does not have{}", name,
                            did_you_mean(name, names)));
  }
}

std::optional<Table> SqlStream::next(int64_t rows) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t found = 0;
  while (found < rows && !ended_) {
    const duckdb::OwnedChunk chunk(library_, library_.fetch_chunk(*result_.get()));
    if (!chunk) {
      const char* error = library_.result_error(result_.get());
      if (error && *error) fail(error);
      ended_ = true;
      break;
    }
    batches.push_back(columns_->to_arrow(chunk.get()));
    found += batches.back()->num_rows();
    if (batches.back()->num_rows() == 0) batches.pop_back();
  }
  if (found == 0) return {};
  return columns_->to_table(batches);
}

}  // namespace weft
