/// SQL over everything that a feature store has.
#pragma once

#include <string>

#include "store/store_state.h"
#include "weft/sql_engine.h"

namespace weft {

/// What a view is called in SQL, whether or not a source has its name.
inline constexpr const char* kSqlViewPrefix = "view_";

/// Adds the sources and views that the query names and the engine has not: a source's rows, its
/// files' and pushed ones, under its name; a view's history (keys, event time, features) as
/// view_<name>, and under its own name where no source has it. Files that DuckDB reads as Weft does
/// are read by DuckDB; features that the graph computes are computed when rows are asked for.
/// Throws what reading them throws, and Error(kInvalidArgument) for wrong SQL.
void add_store_tables(const FeatureStore::State& state, const std::string& sql, SqlEngine& engine);

/// The rows of a query over the store: see SqlEngine::query. The store outlives a lazy table.
Table store_sql(const FeatureStore::State& state, const std::string& sql,
                const SqlParameters& parameters = {}, const SqlEngineOptions& engine_options = {},
                const SqlQueryOptions& options = {});

}  // namespace weft
