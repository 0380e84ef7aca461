#include "store/run_log.h"

namespace weft {
namespace {

constexpr char kSchema[] =
    "CREATE TABLE IF NOT EXISTS run("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, view TEXT NOT NULL,"
    "  started INTEGER NOT NULL, took INTEGER NOT NULL, user TEXT NOT NULL,"
    "  range_start INTEGER, range_end INTEGER, rows INTEGER NOT NULL, written INTEGER NOT NULL,"
    "  older INTEGER NOT NULL, registry_version INTEGER NOT NULL, fingerprint TEXT NOT NULL,"
    "  inputs TEXT NOT NULL, ended INTEGER NOT NULL, error TEXT NOT NULL,"
    "  warning TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS run_view ON run(view, id);";
constexpr char kColumns[] =
    "id, what, view, started, took, user, range_start, range_end, rows, written, older, "
    "registry_version, fingerprint, inputs, ended, error, warning";

std::optional<Time> time_at(const SqliteStatement& row, int column) {
  if (row.is_null(column)) return {};
  return Time(Duration(row.number(column)));
}

StoreRun run_of(const SqliteStatement& row) {
  StoreRun run;
  run.id = row.number(0);
  run.what = row.text(1);
  run.view = row.text(2);
  run.started = Time(Duration(row.number(3)));
  run.took = Duration(row.number(4));
  run.user = row.text(5);
  run.start = time_at(row, 6);
  run.end = time_at(row, 7);
  run.rows = row.number(8);
  run.written = row.number(9);
  run.older = row.number(10);
  run.registry_version = row.number(11);
  run.fingerprint = row.text(12);
  run.inputs = row.text(13);
  run.ended = row.number(14) != 0;
  run.error = row.text(15);
  run.warning = row.text(16);
  return run;
}

void bind_time(SqliteStatement& statement, const std::optional<Time>& time) {
  if (time) {
    statement.bind(time->time_since_epoch().count());
  } else {
    statement.bind_null();
  }
}

std::string select(const char* rest) {
  return std::string("SELECT ") + kColumns + " FROM run " + rest;
}

std::vector<StoreRun> all(SqliteStatement& rows) {
  std::vector<StoreRun> runs;
  while (rows.next()) runs.push_back(run_of(rows));
  return runs;
}

std::optional<StoreRun> first(SqliteStatement& rows) {
  if (!rows.next()) return {};
  return run_of(rows);
}

}  // namespace

RunLog::RunLog(const std::string& path) : database_(path, "the record of runs " + path) {
  SqliteTransaction transaction(database_);
  database_.run(kSchema);
  transaction.commit();
}

int64_t RunLog::begin(const StoreRun& run) {
  const std::scoped_lock lock(mutex_);
  SqliteStatement insert(
      database_,
      "INSERT INTO run(what, view, started, took, user, range_start, range_end,"
      " rows, written, older, registry_version, fingerprint, inputs, ended,"
      " error, warning) VALUES (?, ?, ?, 0, ?, ?, ?, ?, 0, 0, ?, ?, ?, 0, '', '')");
  insert.bind(run.what).bind(run.view).bind(run.started.time_since_epoch().count()).bind(run.user);
  bind_time(insert, run.start);
  bind_time(insert, run.end);
  insert.bind(run.rows).bind(run.registry_version).bind(run.fingerprint).bind(run.inputs).next();
  return database_.last_id();
}

void RunLog::progress(const StoreRun& run) {
  const std::scoped_lock lock(mutex_);
  SqliteStatement(database_, "UPDATE run SET rows = ?, written = ?, older = ? WHERE id = ?")
      .bind(run.rows)
      .bind(run.written)
      .bind(run.older)
      .bind(run.id)
      .next();
}

void RunLog::end(const StoreRun& run) {
  const std::scoped_lock lock(mutex_);
  SqliteStatement(
      database_,
      "UPDATE run SET rows = ?, written = ?, older = ?, took = ?, error = ?, warning = ?, "
      "ended = 1 WHERE id = ?")
      .bind(run.rows)
      .bind(run.written)
      .bind(run.older)
      .bind(run.took.count())
      .bind(run.error)
      .bind(run.warning)
      .bind(run.id)
      .next();
}

std::vector<StoreRun> RunLog::materialized(const std::string& view,
                                           const std::string& fingerprint) {
  const std::scoped_lock lock(mutex_);
  const std::string sql = select(
      "WHERE view = ? AND fingerprint = ? AND what = 'materialize' AND ended = 1 AND error = '' "
      "ORDER BY id DESC LIMIT 1000");
  SqliteStatement rows(database_, sql.c_str());
  rows.bind(view).bind(fingerprint);
  return all(rows);
}

std::optional<Time> RunLog::materialized_until(const std::string& view) {
  const std::scoped_lock lock(mutex_);
  SqliteStatement rows(database_,
                       "SELECT max(range_end) FROM run WHERE view = ? AND what = 'materialize' "
                       "AND ended = 1 AND error = '' AND fingerprint <> ''");
  rows.bind(view);
  if (!rows.next()) return {};
  return time_at(rows, 0);
}

void RunLog::forget(const std::string& view) {
  const std::scoped_lock lock(mutex_);
  SqliteStatement(database_, "UPDATE run SET fingerprint = '' WHERE view = ?").bind(view).next();
}

std::optional<StoreRun> RunLog::interrupted(const StoreRun& like) {
  if (like.inputs.empty()) return {};
  const std::scoped_lock lock(mutex_);
  const std::string sql =
      select("WHERE view = ? AND what = 'materialize' ORDER BY id DESC LIMIT 1");
  SqliteStatement rows(database_, sql.c_str());
  rows.bind(like.view);
  auto last = first(rows);
  if (!last || (last->ended && last->error.empty()) || last->inputs != like.inputs ||
      last->fingerprint != like.fingerprint || last->start != like.start || !last->end ||
      *last->end > *like.end) {
    return {};
  }
  return last;
}

std::vector<StoreRun> RunLog::newest(int64_t max) {
  const std::scoped_lock lock(mutex_);
  const std::string sql = select("ORDER BY id DESC LIMIT ?");
  SqliteStatement rows(database_, sql.c_str());
  rows.bind(max);
  return all(rows);
}

}  // namespace weft
