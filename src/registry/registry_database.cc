#include "registry/registry_database.h"

#include <fmt/format.h>

#include "base/sqlite.h"
#include "data/text_form.h"

namespace weft {
namespace {

constexpr int64_t kFormat = 1;
// In words that both databases know.
constexpr const char* kTables[] = {
    "CREATE TABLE IF NOT EXISTS format(number BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS version("
    "  number BIGINT PRIMARY KEY, project TEXT NOT NULL, time BIGINT NOT NULL,"
    "  \"user\" TEXT NOT NULL, note TEXT NOT NULL, changes TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS version_project ON version(project, number)",
    "CREATE TABLE IF NOT EXISTS definition("
    "  project TEXT NOT NULL, kind BIGINT NOT NULL, name TEXT NOT NULL,"
    "  since BIGINT NOT NULL REFERENCES version(number),"
    "  until BIGINT REFERENCES version(number),"
    "  spec TEXT NOT NULL, features TEXT NOT NULL, place TEXT NOT NULL,"
    "  PRIMARY KEY(project, kind, name, since))",
    "CREATE UNIQUE INDEX IF NOT EXISTS definition_standing"
    "  ON definition(project, kind, name) WHERE until IS NULL",
    "CREATE TABLE IF NOT EXISTS record("
    "  project TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,"
    "  number BIGINT NOT NULL, spec TEXT NOT NULL,"
    "  PRIMARY KEY(project, kind, name, version))",
    "CREATE TABLE IF NOT EXISTS last_read("
    "  project TEXT NOT NULL, kind BIGINT NOT NULL, name TEXT NOT NULL, time BIGINT NOT NULL,"
    "  PRIMARY KEY(project, kind, name))"};

// ---- SQLite -------------------------------------------------------------------------------------

class SqliteRegistryDatabase : public RegistryDatabase {
 public:
  explicit SqliteRegistryDatabase(const std::string& path)
      : what_("the registry " + path), database_(path, what_) {
    open();
    write([] {});
  }

  bool is_made() override { return true; }
  std::string describe() const override { return what_; }

 protected:
  SqlConnection connect() override { return wrap_sqlite(database_.handle()); }
  void begin() override { execute("BEGIN IMMEDIATE"); }
  void make() override {
    if (made_) return;
    make_tables();
    made_ = true;
  }
  bool reconnects() const override { return false; }

 private:
  std::string what_;
  SqliteDatabase database_;
  bool made_ = false;
};

// ---- PostgreSQL ---------------------------------------------------------------------------------

// A schema of its own, so that the database may have other uses.
constexpr char kSchema[] = "weft_registry";

class PostgresRegistryDatabase : public RegistryDatabase {
 public:
  explicit PostgresRegistryDatabase(std::string url) : url_(std::move(url)) {
    open();
    if (is_made()) check_format();
  }

  bool is_made() override {
    if (made_) return true;
    made_ = has("select to_regclass($1) is not null as there", std::string(kSchema) + ".last_read");
    return made_;
  }
  std::string describe() const override { return what_; }

 protected:
  SqlConnection connect() override {
    try {
      const SqlConnection connection = open_postgres(url_);
      what_ = "the registry in " + connection.describe();
      execute_sql(connection, std::string("set search_path to ") + kSchema);
      execute_sql(connection, "set lock_timeout to '60s'");
      return connection;
    } catch (const Error& e) {
      throw Error(e.code(), "the registry: " + e.message());
    }
  }
  void begin() override {
    execute("begin");
    // Until the end of the transaction; "weft" in ASCII, for this and no other database.
    execute("select pg_advisory_xact_lock(2003134068)");
  }
  void make() override {
    if (is_made()) return;
    if (!has("select to_regnamespace($1) is not null as there", kSchema)) {
      execute(std::string("create schema ") + kSchema);
    }
    make_tables();
  }
  bool reconnects() const override { return true; }

 private:
  bool has(const std::string& query, const std::string& name) const {
    return rows(query, {Value::of(name)}).column("there").at(0).get<bool>();
  }

  std::string url_;
  std::string what_ = "the registry";
  bool made_ = false;
};

}  // namespace

// ---- both ---------------------------------------------------------------------------------------

void RegistryDatabase::open() {
  if (!connection_) connection_.emplace(connect());
}

bool RegistryDatabase::is_alive() {
  try {
    execute("ROLLBACK");
    return true;
  } catch (const Error&) {
    return false;
  }
}

void RegistryDatabase::attempt(const std::function<void()>& work) {
  for (bool again = false;; again = true) {
    open();
    try {
      work();
      return;
    } catch (...) {
      // The rollback ends the transaction, if there is one, and tells whether anybody answers.
      if (is_alive() || !reconnects()) throw;
      close();
      if (again) throw;
    }
  }
}

void RegistryDatabase::read(const std::function<void()>& work) { attempt(work); }

void RegistryDatabase::write(const std::function<void()>& work) {
  attempt([&] {
    begin();
    make();
    work();
  });
  try {
    execute("COMMIT");
  } catch (const Error& e) {
    if (is_alive() || !reconnects()) throw;
    close();
    throw Error(e.code(), e.message() + "; whether this was written is not known: look again");
  }
}

Table RegistryDatabase::rows(const std::string& query, const SqlParameters& parameters) const {
  return read_sql(*connection_, query, parameters);
}

int64_t RegistryDatabase::execute(const std::string& statement,
                                  const SqlParameters& parameters) const {
  return execute_sql(*connection_, statement, parameters);
}

void RegistryDatabase::make_tables() {
  for (const char* statement : kTables) execute(statement);
  if (rows("SELECT number FROM format").num_rows() == 0) {
    execute("INSERT INTO format VALUES ($1)", {Value::of(kFormat)});
  }
  check_format();
}

void RegistryDatabase::check_format() {
  const auto found = rows("SELECT number FROM format").column("number").at(0).get<int64_t>();
  if (found <= kFormat) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} has format {}, which is newer than this Weft reads ({})", describe(),
                          found, kFormat));
}

std::unique_ptr<RegistryDatabase> open_sqlite_registry_database(const std::string& path) {
  return std::make_unique<SqliteRegistryDatabase>(path);
}

std::unique_ptr<RegistryDatabase> open_postgres_registry_database(const std::string& url) {
  return std::make_unique<PostgresRegistryDatabase>(url);
}

}  // namespace weft
