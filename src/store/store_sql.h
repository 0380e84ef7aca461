/// SQL over everything that a feature store has.
#pragma once

#include <string>

#include "store/store_state.h"
#include "weft/sql_engine.h"

namespace weft {

/// What a view is called in SQL, whether or not a source has its name.
inline constexpr const char* kSqlViewPrefix = "view_";

/// The rows of a query over the engine's tables and those sources and views that it names and the
/// engine has not, which are added: a source's rows, its files' and pushed ones, under its name; a
/// view's history (keys, event time, features) as view_<name>, and under its own name where no
/// source has it. Files that DuckDB reads as Weft does are read by DuckDB; features that the graph
/// computes are computed by the code that was applied. See SqlEngine::query for what it throws,
/// beside what reading the tables does. The store outlives a lazy table.
Table store_sql(const FeatureStore::State& state, SqlEngine& engine, const std::string& sql,
                const SqlParameters& parameters = {}, const SqlQueryOptions& options = {});

}  // namespace weft
