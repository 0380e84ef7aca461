// A definition stands from one version until another: a version is read by what stood then, and
// costs what it changed.
#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/sqlite.h"
#include "data/text_form.h"
#include "registry/registry.h"

namespace weft {
namespace {

using nlohmann::json;

constexpr int64_t kFormat = 1;
constexpr char kSchema[] =
    "CREATE TABLE IF NOT EXISTS format(number INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS version("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, time INTEGER NOT NULL,"
    "  user TEXT NOT NULL, note TEXT NOT NULL, changes TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS version_project ON version(project, number);"
    "CREATE TABLE IF NOT EXISTS definition("
    "  project TEXT NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL,"
    "  since INTEGER NOT NULL REFERENCES version(number),"
    "  until INTEGER REFERENCES version(number),"
    "  spec TEXT NOT NULL, features TEXT NOT NULL, place TEXT NOT NULL,"
    "  PRIMARY KEY(project, kind, name, since)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX IF NOT EXISTS definition_standing"
    "  ON definition(project, kind, name) WHERE until IS NULL;";

std::string features_text(const Registered& registered) {
  json features = json::object();
  for (const auto& [name, feature] : registered.features) {
    features[name] = {feature.fingerprint, feature.type};
  }
  return features.dump();
}

Registered registered_of(std::string spec, const std::string& features, std::string place) {
  Registered registered = {std::move(spec), {}, std::move(place)};
  const json parsed = json::parse(features);
  for (const auto& [name, feature] : parsed.items()) {
    registered.features[name] = {feature.at(0), feature.at(1)};
  }
  return registered;
}

RegistryVersion version_of(const SqliteStatement& row) {
  RegistryVersion version;
  version.number = row.number(0);
  version.time = Time(Duration(row.number(1)));
  version.user = row.text(2);
  version.note = row.text(3);
  version.changes = json::parse(row.text(4)).get<std::vector<std::string>>();
  return version;
}

class SqliteRegistry : public Registry {
 public:
  explicit SqliteRegistry(const std::string& path) : database_(path, "the registry " + path) {
    SqliteTransaction transaction(database_);
    database_.run(kSchema);
    SqliteStatement format(database_, "SELECT number FROM format");
    if (!format.next()) {
      SqliteStatement(database_, "INSERT INTO format VALUES (?)").bind(kFormat).next();
    } else if (format.number(0) > kFormat) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("the registry {} has format {}, which is newer than this Weft reads "
                              "({})",
                              path, format.number(0), kFormat));
    }
    transaction.commit();
  }

  RegistryVersion head() override {
    const std::scoped_lock lock(mutex_);
    SqliteStatement row(database_,
                        "SELECT number, time, user, note, changes FROM version "
                        "ORDER BY number DESC LIMIT 1");
    return row.next() ? version_of(row) : RegistryVersion();
  }

  std::vector<RegistryVersion> history(const std::string& project) override {
    const std::scoped_lock lock(mutex_);
    SqliteStatement rows(database_,
                         "SELECT number, time, user, note, changes FROM version "
                         "WHERE project = ? ORDER BY number DESC");
    rows.bind(project);
    std::vector<RegistryVersion> versions;
    while (rows.next()) versions.push_back(version_of(rows));
    return versions;
  }

  RegisteredSet read(const std::string& project, std::optional<int64_t> version) override {
    const std::scoped_lock lock(mutex_);
    if (version) require(project, *version);
    return read_at(project, version.value_or(INT64_MAX));
  }

  int64_t standing(const std::string& project) override {
    const std::scoped_lock lock(mutex_);
    return newest(project).number;
  }

  RegistryVersion apply(const std::string& project, const RegisteredSet& wanted, int64_t base,
                        const std::string& user, const std::string& note,
                        const Clock& clock) override {
    const std::scoped_lock lock(mutex_);
    SqliteTransaction transaction(database_);
    const RegistryVersion last = newest(project);
    if (last.number != base) {
      throw Error(
          ErrorCode::kConflict,
          fmt::format("{} applied version {} of {} at {}, after this plan was made (it "
                      "looked at version {}): plan again",
                      last.user, last.number, quote(project), format_time(last.time), base));
    }
    const RegisteredSet before = read_at(project, INT64_MAX);
    std::vector<std::string> changes;
    std::vector<DefinitionId> ended;
    std::vector<DefinitionId> begun;
    for (const auto& [id, registered] : before) {
      const auto it = wanted.find(id);
      if (it == wanted.end()) {
        changes.push_back("- " + to_string(id));
        ended.push_back(id);
      } else if (!it->second.is_same(registered)) {
        changes.push_back("~ " + to_string(id));
        ended.push_back(id);
        begun.push_back(id);
      }
    }
    for (const auto& [id, registered] : wanted) {
      if (before.contains(id)) continue;
      changes.push_back("+ " + to_string(id));
      begun.push_back(id);
    }
    if (changes.empty()) return last;
    RegistryVersion version = {0, clock.now(), user, note, changes};
    SqliteStatement(
        database_, "INSERT INTO version(project, time, user, note, changes) VALUES (?, ?, ?, ?, ?)")
        .bind(project)
        .bind(version.time.time_since_epoch().count())
        .bind(user)
        .bind(note)
        .bind(json(changes).dump())
        .next();
    version.number = database_.last_id();
    for (const DefinitionId& id : ended) end(project, id, version.number);
    for (const DefinitionId& id : begun) begin(project, id, wanted.at(id), version.number);
    transaction.commit();
    return version;
  }

 private:
  RegistryVersion newest(const std::string& project) {
    SqliteStatement row(database_,
                        "SELECT number, time, user, note, changes FROM version "
                        "WHERE project = ? ORDER BY number DESC LIMIT 1");
    row.bind(project);
    return row.next() ? version_of(row) : RegistryVersion();
  }

  void require(const std::string& project, int64_t version) {
    SqliteStatement row(database_, "SELECT 1 FROM version WHERE project = ? AND number = ?");
    if (row.bind(project).bind(version).next()) return;
    throw Error(ErrorCode::kNotFound, fmt::format("{} has no version {}; the newest is {}",
                                                  quote(project), version, newest(project).number));
  }

  RegisteredSet read_at(const std::string& project, int64_t version) {
    SqliteStatement rows(database_,
                         "SELECT kind, name, spec, features, place FROM definition "
                         "WHERE project = ? AND since <= ? AND (until IS NULL OR until > ?)");
    rows.bind(project).bind(version).bind(version);
    RegisteredSet set;
    while (rows.next()) {
      const DefinitionId id = {static_cast<DefinitionKind>(rows.number(0)), rows.text(1)};
      set.emplace(id, registered_of(rows.text(2), rows.text(3), rows.text(4)));
    }
    return set;
  }

  void end(const std::string& project, const DefinitionId& id, int64_t version) {
    SqliteStatement(database_,
                    "UPDATE definition SET until = ? "
                    "WHERE project = ? AND kind = ? AND name = ? AND until IS NULL")
        .bind(version)
        .bind(project)
        .bind(static_cast<int64_t>(id.kind))
        .bind(id.name)
        .next();
  }

  void begin(const std::string& project, const DefinitionId& id, const Registered& registered,
             int64_t version) {
    SqliteStatement(database_,
                    "INSERT INTO definition(project, kind, name, since, until, spec, features, "
                    "place) VALUES (?, ?, ?, ?, NULL, ?, ?, ?)")
        .bind(project)
        .bind(static_cast<int64_t>(id.kind))
        .bind(id.name)
        .bind(version)
        .bind(registered.spec)
        .bind(features_text(registered))
        .bind(registered.place)
        .next();
  }

  std::mutex mutex_;
  SqliteDatabase database_;
};

}  // namespace

std::unique_ptr<Registry> open_sqlite_registry(const std::string& path) {
  return std::make_unique<SqliteRegistry>(path);
}

}  // namespace weft
