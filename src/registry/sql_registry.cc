// A definition stands from one version until another: a version is read by what stood then, and
// costs what it changed.
#include <fmt/format.h>

#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

#include "data/text_form.h"
#include "registry/registry.h"
#include "registry/registry_database.h"

namespace weft {
namespace {

using nlohmann::json;

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

constexpr char kVersionColumns[] = "SELECT number, time, \"user\", note, changes FROM version ";

// Cells of a result, by row and name.
int64_t number_at(const Table& rows, const char* column, int64_t row) {
  return rows.column(column).at(row).get<int64_t>();
}
std::string text_at(const Table& rows, const char* column, int64_t row) {
  return rows.column(column).at(row).get<std::string>();
}

RegistryVersion version_of(const Table& rows, int64_t row) {
  RegistryVersion version;
  version.number = number_at(rows, "number", row);
  version.time = Time(Duration(number_at(rows, "time", row)));
  version.user = text_at(rows, "user", row);
  version.note = text_at(rows, "note", row);
  version.changes = json::parse(text_at(rows, "changes", row)).get<std::vector<std::string>>();
  return version;
}

std::vector<RegistryVersion> versions_of(const Table& rows) {
  std::vector<RegistryVersion> versions;
  for (int64_t row = 0; row < rows.num_rows(); ++row) versions.push_back(version_of(rows, row));
  return versions;
}

Value kind_value(const DefinitionId& id) { return Value::of(static_cast<int64_t>(id.kind)); }

// What an apply ends and begins.
struct Steps {
  std::vector<std::string> changes;
  std::vector<DefinitionId> ended;
  std::vector<DefinitionId> begun;
};

Steps steps_between(const RegisteredSet& before, const RegisteredSet& wanted) {
  Steps steps;
  for (const auto& [id, registered] : before) {
    const auto it = wanted.find(id);
    if (it == wanted.end()) {
      steps.changes.push_back("- " + to_string(id));
      steps.ended.push_back(id);
    } else if (!it->second.is_same(registered)) {
      steps.changes.push_back("~ " + to_string(id));
      steps.ended.push_back(id);
      steps.begun.push_back(id);
    }
  }
  for (const auto& [id, registered] : wanted) {
    if (before.contains(id)) continue;
    steps.changes.push_back("+ " + to_string(id));
    steps.begun.push_back(id);
  }
  return steps;
}

class SqlRegistry : public Registry {
 public:
  explicit SqlRegistry(std::unique_ptr<RegistryDatabase> database)
      : database_(std::move(database)) {}

  RegistryVersion head() override {
    RegistryVersion version;
    read([&] {
      const Table rows =
          database_->rows(std::string(kVersionColumns) + "ORDER BY number DESC LIMIT 1");
      version = rows.num_rows() == 0 ? RegistryVersion() : version_of(rows, 0);
    });
    return version;
  }

  std::vector<RegistryVersion> history(const std::string& project) override {
    std::vector<RegistryVersion> versions;
    read([&] {
      versions = versions_of(
          database_->rows(std::string(kVersionColumns) + "WHERE project = $1 ORDER BY number DESC",
                          {Value::of(project)}));
    });
    return versions;
  }

  RegisteredSet read(const std::string& project, std::optional<int64_t> version) override {
    RegisteredSet set;
    bool found = !version;
    int64_t last = 0;
    read([&] {
      if (version) {
        last = newest(project).number;
        found = database_
                    ->rows("SELECT number FROM version WHERE project = $1 AND number = $2",
                           {Value::of(project), Value::of(*version)})
                    .num_rows() > 0;
      }
      if (found) set = read_at(project, version.value_or(INT64_MAX));
    });
    if (found) return set;
    throw Error(ErrorCode::kNotFound, fmt::format("{} has no version {}; the newest is {}",
                                                  quote(project), *version, last));
  }

  int64_t standing(const std::string& project) override {
    int64_t number = 0;
    read([&] { number = newest(project).number; });
    return number;
  }

  RegistryVersion apply(const std::string& project, const RegisteredSet& wanted, int64_t base,
                        const std::string& user, const std::string& note,
                        const Clock& clock) override {
    RegistryVersion version;
    const std::scoped_lock lock(mutex_);
    database_->write([&] {
      const RegistryVersion last = newest(project);
      if (last.number != base) {
        throw Error(
            ErrorCode::kConflict,
            fmt::format("{} applied version {} of {} at {}, after this plan was made (it "
                        "looked at version {}): plan again",
                        last.user, last.number, quote(project), format_time(last.time), base));
      }
      const Steps steps = steps_between(read_at(project, INT64_MAX), wanted);
      version = last;
      if (steps.changes.empty()) return;
      version = {next_number(), clock.now(), user, note, steps.changes};
      add_version(project, version);
      for (const DefinitionId& id : steps.ended) end(project, id, version.number);
      for (const DefinitionId& id : steps.begun) {
        begin(project, id, wanted.at(id), version.number);
      }
    });
    return version;
  }

  void put(const std::string& project, const RegistryRecord& record, bool replace) override {
    const SqlParameters key = {Value::of(project), Value::of(record.kind), Value::of(record.name),
                               Value::of(record.version)};
    const std::scoped_lock lock(mutex_);
    database_->write([&] {
      const int64_t before = database_->execute(
          "DELETE FROM record WHERE project = $1 AND kind = $2 AND name = $3 AND version = $4",
          key);
      if (before > 0 && !replace) {
        throw Error(ErrorCode::kAlreadyExists,
                    fmt::format("{} {} {} is there already: give it another version, or remove "
                                "that one first",
                                record.kind, quote(record.name), record.version));
      }
      database_->execute(
          "INSERT INTO record(project, kind, name, version, number, spec) "
          "VALUES ($1, $2, $3, $4, (SELECT coalesce(max(number), 0) + 1 FROM record), $5)",
          {Value::of(project), Value::of(record.kind), Value::of(record.name),
           Value::of(record.version), Value::of(record.spec)});
    });
  }

  std::vector<RegistryRecord> records(const std::string& project,
                                      const std::string& kind) override {
    std::vector<RegistryRecord> records;
    read([&] {
      records.clear();
      const Table rows = database_->rows(
          "SELECT name, version, spec FROM record WHERE project = $1 AND kind = $2 "
          "ORDER BY name, number",
          {Value::of(project), Value::of(kind)});
      for (int64_t row = 0; row < rows.num_rows(); ++row) {
        records.push_back({kind, text_at(rows, "name", row), text_at(rows, "version", row),
                           text_at(rows, "spec", row)});
      }
    });
    return records;
  }

  int64_t remove(const std::string& project, const std::string& kind, const std::string& name,
                 std::optional<std::string> version) override {
    int64_t removed = 0;
    const std::scoped_lock lock(mutex_);
    database_->write([&] {
      SqlParameters key = {Value::of(project), Value::of(kind), Value::of(name)};
      std::string statement = "DELETE FROM record WHERE project = $1 AND kind = $2 AND name = $3";
      if (version) {
        statement += " AND version = $4";
        key.positional.push_back(Value::of(*version));
      }
      removed = database_->execute(statement, key);
    });
    return removed;
  }

  void note_reads(const std::string& project, std::span<const DefinitionId> read_ids,
                  Time time) override {
    const std::scoped_lock lock(mutex_);
    database_->write([&] {
      for (const DefinitionId& id : read_ids) {
        database_->execute(
            "INSERT INTO last_read(project, kind, name, time) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT(project, kind, name) DO UPDATE SET time = excluded.time "
            "WHERE excluded.time > last_read.time",
            {Value::of(project), kind_value(id), Value::of(id.name),
             Value::of(int64_t{time.time_since_epoch().count()})});
      }
    });
  }

  std::map<DefinitionId, Time> last_reads(const std::string& project) override {
    std::map<DefinitionId, Time> reads;
    read([&] {
      const Table rows = database_->rows(
          "SELECT kind, name, time FROM last_read WHERE project = $1", {Value::of(project)});
      for (int64_t row = 0; row < rows.num_rows(); ++row) {
        const auto kind = static_cast<DefinitionKind>(number_at(rows, "kind", row));
        reads[{kind, text_at(rows, "name", row)}] = Time(Duration(number_at(rows, "time", row)));
      }
    });
    return reads;
  }

 private:
  // Of a database that nobody wrote to, there is nothing to be read.
  void read(const std::function<void()>& work) {
    const std::scoped_lock lock(mutex_);
    database_->read([&] {
      if (database_->is_made()) work();
    });
  }

  RegistryVersion newest(const std::string& project) {
    const Table rows = database_->rows(
        std::string(kVersionColumns) + "WHERE project = $1 ORDER BY number DESC LIMIT 1",
        {Value::of(project)});
    return rows.num_rows() == 0 ? RegistryVersion() : version_of(rows, 0);
  }

  RegisteredSet read_at(const std::string& project, int64_t version) {
    const Table rows = database_->rows(
        "SELECT kind, name, spec, features, place FROM definition "
        "WHERE project = $1 AND since <= $2 AND (until IS NULL OR until > $2)",
        {Value::of(project), Value::of(version)});
    RegisteredSet set;
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      const DefinitionId id = {static_cast<DefinitionKind>(number_at(rows, "kind", row)),
                               text_at(rows, "name", row)};
      set.emplace(id, registered_of(text_at(rows, "spec", row), text_at(rows, "features", row),
                                    text_at(rows, "place", row)));
    }
    return set;
  }

  // Of all projects; nobody else writes meanwhile.
  int64_t next_number() {
    const Table rows = database_->rows("SELECT number FROM version ORDER BY number DESC LIMIT 1");
    return rows.num_rows() == 0 ? 1 : number_at(rows, "number", 0) + 1;
  }

  void add_version(const std::string& project, const RegistryVersion& version) {
    database_->execute(
        "INSERT INTO version(number, project, time, \"user\", note, changes) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        {Value::of(version.number), Value::of(project),
         Value::of(int64_t{version.time.time_since_epoch().count()}), Value::of(version.user),
         Value::of(version.note), Value::of(json(version.changes).dump())});
  }

  void end(const std::string& project, const DefinitionId& id, int64_t version) {
    database_->execute(
        "UPDATE definition SET until = $1 "
        "WHERE project = $2 AND kind = $3 AND name = $4 AND until IS NULL",
        {Value::of(version), Value::of(project), kind_value(id), Value::of(id.name)});
  }

  void begin(const std::string& project, const DefinitionId& id, const Registered& registered,
             int64_t version) {
    database_->execute(
        "INSERT INTO definition(project, kind, name, since, until, spec, features, place) "
        "VALUES ($1, $2, $3, $4, NULL, $5, $6, $7)",
        {Value::of(project), kind_value(id), Value::of(id.name), Value::of(version),
         Value::of(registered.spec), Value::of(features_text(registered)),
         Value::of(registered.place)});
  }

  std::mutex mutex_;
  std::unique_ptr<RegistryDatabase> database_;
};

}  // namespace

std::unique_ptr<Registry> open_sqlite_registry(const std::string& path) {
  return std::make_unique<SqlRegistry>(open_sqlite_registry_database(path));
}

std::unique_ptr<Registry> open_postgres_registry(const std::string& url) {
  return std::make_unique<SqlRegistry>(open_postgres_registry_database(url));
}

std::unique_ptr<Registry> open_registry(const std::string& url, const std::string& directory,
                                        bool create) {
  std::error_code error;
  if (create) std::filesystem::create_directories(directory, error);
  if (error) {
    throw Error(ErrorCode::kIo, "making the store " + directory + ": " + error.message());
  }
  if (!url.empty()) return open_postgres_registry(url);
  const std::string path = registry_path(directory);
  if (!create && !std::filesystem::exists(path, error)) return open_sqlite_registry(":memory:");
  return open_sqlite_registry(path);
}

std::string registry_path(const std::string& directory) { return directory + "/registry.db"; }

}  // namespace weft
