// SQL over everything that a store has.
#include <algorithm>

#include "base/nearest_name.h"
#include "io/sql_driver.h"
#include "offline/sql_relation.h"
#include "offline/sql_session.h"
#include "store/store_state.h"
#include "weft/sql_engine.h"

namespace weft {
namespace {

// What a view is called in SQL, whether or not a source has its name.
constexpr std::string_view kViewPrefix = "view_";

// DuckDB's name of a type that a declared column is widened to; nothing for others.
std::optional<std::string> widened_type(Type type) {
  switch (type->kind) {
    case Kind::kInt64:
      return "BIGINT";
    case Kind::kFloat:
      return "FLOAT";
    case Kind::kDouble:
      return "DOUBLE";
    default:
      return {};
  }
}

// Sources and views of one store as relations.
class StoreRelations {
 public:
  explicit StoreRelations(const FeatureStore::State& state)
      : state_(state), standing_(state.standing()), reader_(state.reader(*standing_)) {}

  const StoreDefinitions& definitions() const { return standing_->definitions; }

  SqlRelation of_source(const Source& source) const {
    // Its contract is looked at in any case.
    const Table rows = reader_.source_rows(source);
    if (auto relation = by_duckdb(source)) return std::move(*relation);
    return relation_of_table(rows);
  }

  SqlRelation of_view(const FeatureView& view) const {
    const ViewRows rows = reader_.history(view, view.features);
    const std::vector<std::string> names = columns_of(view, rows);
    const bool stored = std::ranges::none_of(view.features, [&](const std::string& feature) {
      return reader_.is_computed(view, feature);
    });
    if (stored) {
      SqlRelation relation = of_source(view.source);
      std::vector<SqlColumn> columns;
      for (const std::string& name : names) {
        if (std::ranges::count(relation.columns, name) == 0) break;
        columns.push_back({quote_identifier(name), name});
      }
      if (columns.size() == names.size()) return projected(std::move(relation), columns);
    }
    return relation_of_table(rows.table.select(names));
  }

 private:
  // Keys, times, features, in that order, each once.
  static std::vector<std::string> columns_of(const FeatureView& view, const ViewRows& rows) {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
      if (!name.empty() && std::ranges::count(names, name) == 0) names.push_back(name);
    };
    for (const ColumnSchema& key : view.keys()) add(key.name);
    add(rows.event_time);
    add(view.source.known);
    for (const std::string& feature : view.features) add(feature);
    return names;
  }

  // Files as they lie, if all that the source declares of them can be said in SQL.
  std::optional<SqlRelation> by_duckdb(const Source& source) const {
    const Source& stored = reader_.stored_source(source);
    if (stored.kind != Source::Kind::kFile || !stored.not_null.empty()) return {};
    const std::string path = reader_.path_of(stored);
    const Table table = DeltaTable::exists(path) ? read_delta(path) : read_table(path);
    SqlRelation relation = relation_of_files(path, {});
    if (!relation.tables.empty()) return {};
    std::vector<SqlColumn> columns;
    for (const auto& [name, type] : table.schema()) {
      const auto renamed = stored.renamed.find(name);
      SqlColumn column = {quote_identifier(name),
                          renamed == stored.renamed.end() ? name : renamed->second};
      const bool is_time = column.name == stored.time || column.name == stored.known;
      if (is_time && type != timestamp_type()) return {};
      const auto declared = std::ranges::find(stored.columns, column.name, &ColumnSchema::name);
      if (declared != stored.columns.end() && declared->type != type) {
        const auto wide = widened_type(declared->type);
        if (!wide) return {};
        column.expression = "CAST(" + column.expression + " AS " + *wide + ")";
      }
      columns.push_back(std::move(column));
    }
    std::vector<SqlRelation> parts;
    parts.push_back(projected(std::move(relation), columns));
    const std::string folder = written_rows_folder(state_.options, source.name);
    if (DeltaTable::exists(folder)) parts.push_back(relation_of_delta(folder, {}));
    return stacked(std::move(parts));
  }

  const FeatureStore::State& state_;
  std::shared_ptr<const Standing> standing_;
  ViewReader reader_;
};

// Adds what the query names and the engine has not. Returns what to say of a name that nobody has.
std::string add_named(const FeatureStore::State& state, const std::string& sql, SqlEngine& engine) {
  const StoreRelations relations(state);
  const auto& [entities, sources, views, services] = relations.definitions();
  std::vector<std::string> known;
  for (const std::string& name : engine.tables()) known.push_back(lower_ascii(name));
  const auto named = [](const auto& all, const std::string& name) {
    return std::ranges::find(all, name, [](const auto& d) { return lower_ascii(d.name); });
  };
  std::string unknown;
  for (const std::string& wanted : engine.tables_of(sql)) {
    const std::string name = lower_ascii(wanted);
    if (std::ranges::count(known, name) > 0) continue;
    known.push_back(name);
    if (const auto source = named(sources, name); source != sources.end()) {
      engine.add_relation(wanted, relations.of_source(*source));
      continue;
    }
    auto view = named(views, name);
    if (view == views.end() && name.starts_with(kViewPrefix)) {
      view = named(views, name.substr(kViewPrefix.size()));
    }
    if (view != views.end()) {
      engine.add_relation(wanted, relations.of_view(*view));
    } else if (unknown.empty()) {
      unknown = wanted;
    }
  }
  if (unknown.empty()) return "";
  std::vector<std::string> names = engine.tables();
  for (const Source& source : sources) names.push_back(source.name);
  for (const FeatureView& view : views) {
    names.push_back(view.name);
    names.push_back(std::string(kViewPrefix) + view.name);
  }
  return did_you_mean(unknown, names);
}

}  // namespace

Table FeatureStore::sql(SqlEngine& engine, const std::string& query,
                        const SqlParameters& parameters, const SqlQueryOptions& options) const {
  const std::string hint = add_named(*state_, query, engine);
  try {
    return engine.query(query, parameters, options);
  } catch (const Error& error) {
    const bool has_hint = error.message().find("did you mean") != std::string::npos;
    if (hint.empty() || has_hint || !is_unknown_table(error)) throw;
    throw Error(error.code(), error.message() + hint);
  }
}

}  // namespace weft
