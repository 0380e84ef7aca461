#include "weft/sql_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "io/sql_driver.h"
#include "offline/sql_session.h"

namespace weft {
namespace {

class QueryReader : public BatchReader {
 public:
  QueryReader(std::unique_ptr<SqlStream> stream, std::span<const std::string> columns, int64_t rows)
      : stream_(std::move(stream)), columns_(columns.begin(), columns.end()), rows_(rows) {}

  std::optional<Table> next() override {
    if (!stream_) return {};
    auto rows = stream_->next(rows_);
    if (rows) return rows->select(columns_);
    stream_.reset();
    return {};
  }

 private:
  std::unique_ptr<SqlStream> stream_;
  std::vector<std::string> columns_;
  int64_t rows_;
};

class QuerySource : public TableSource {
 public:
  QuerySource(std::shared_ptr<const SqlSession> session, std::string sql, SqlParameters parameters,
              int64_t batch_rows)
      : session_(std::move(session)),
        sql_(std::move(sql)),
        parameters_(std::move(parameters)),
        batch_rows_(batch_rows),
        first_(std::make_unique<SqlStream>(session_, sql_, parameters_)),
        schema_(first_->schema()) {}

  const Schema& schema() const override { return schema_; }
  std::string describe() const override { return "a query of SQL"; }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    for (const std::string& name : columns) {
      if (std::ranges::find(schema_, name, &ColumnSchema::name) != schema_.end()) continue;
      throw Error(ErrorCode::kNotFound, fmt::format("the query has no column {}", quote(name)));
    }
    return std::make_unique<QueryReader>(take(), columns, batch_rows_);
  }

 private:
  // What ran to tell the types is the first one's to read.
  std::unique_ptr<SqlStream> take() const {
    {
      const std::scoped_lock lock(mutex_);
      if (first_) return std::move(first_);
    }
    return std::make_unique<SqlStream>(session_, sql_, parameters_);
  }

  std::shared_ptr<const SqlSession> session_;
  std::string sql_;
  SqlParameters parameters_;
  int64_t batch_rows_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<SqlStream> first_;
  Schema schema_;
};

// Functions that stand for a table and know nothing but their arguments. Others read files, take
// addresses of memory, change what DuckDB logs, or run SQL that nobody has looked at.
constexpr std::array<std::string_view, 7> kTableFunctions = {
    "generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "unnest"};

// The tables of a parsed statement. Those that a WITH hides are among them.
std::vector<std::string> tables_in(const nlohmann::json& tree) {
  std::set<std::string> names;
  std::vector<const nlohmann::json*> left = {&tree};
  while (!left.empty()) {
    const nlohmann::json& node = *left.back();
    left.pop_back();
    const nlohmann::json type = node.is_object() ? node.value("type", nlohmann::json()) : "";
    if (type == "BASE_TABLE") names.insert(node.value("table_name", ""));
    if (type == "TABLE_FUNCTION") {
      const std::string name = lower_ascii(node.at("function").value("function_name", ""));
      if (std::ranges::find(kTableFunctions, name) == kTableFunctions.end()) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("SQL: {}() cannot stand for a table: a query sees the tables it "
                                "was given, and {}",
                                name, fmt::join(kTableFunctions, ", ")));
      }
    }
    if (!node.is_structured()) continue;
    for (const nlohmann::json& child : node) left.push_back(&child);
  }
  return {names.begin(), names.end()};
}

// DuckDB's own guess is one of its tables, where ours was never in sight.
std::string without_guess(std::string message) {
  const size_t from = message.find("\nDid you mean \"");
  if (from == message.npos) return message;
  message.erase(from, message.find('\n', from + 1) - from);
  return message;
}

}  // namespace

bool is_unknown_table(const Error& error) {
  return error.message().find("Catalog Error: Table with name") != std::string::npos;
}

struct SqlEngine::State {
  explicit State(const SqlEngineOptions& o) : options(o), library(duckdb::library(o.library)) {}

  SqlEngineOptions options;
  const duckdb::Library& library;
  std::vector<NamedRelation> relations;

  const NamedRelation* find(const std::string& name) const {
    const std::string wanted = lower_ascii(name);
    const auto found = std::ranges::find(
        relations, wanted, [](const NamedRelation& r) { return lower_ascii(r.first); });
    return found == relations.end() ? nullptr : &*found;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, relation] : relations) out.push_back(name);
    return out;
  }

  /// Without any table: only parses.
  std::shared_ptr<const SqlSession> parser() {
    const std::scoped_lock lock(mutex_);
    if (!parser_) {
      parser_ =
          std::make_shared<const SqlSession>(library, options, std::vector<const NamedRelation*>());
    }
    return parser_;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const SqlSession> parser_;
};

SqlEngine::SqlEngine(const SqlEngineOptions& options) : state_(std::make_shared<State>(options)) {
  if (options.memory_limit >= 0 && options.threads >= 0) return;
  throw Error(ErrorCode::kInvalidArgument,
              "memory_limit and threads of an SqlEngine are not negative");
}
SqlEngine::~SqlEngine() = default;
SqlEngine::SqlEngine(SqlEngine&&) noexcept = default;
SqlEngine& SqlEngine::operator=(SqlEngine&&) noexcept = default;

void SqlEngine::add_table(const std::string& name, const Table& table) {
  add_relation(name, relation_of_table(table));
}

void SqlEngine::add_files(const std::string& name, const Paths& paths, const ReadOptions& options) {
  add_relation(name, relation_of_files(paths, options));
}

void SqlEngine::add_delta(const std::string& name, const std::string& path,
                          const DeltaRead& options) {
  add_relation(name, relation_of_delta(path, options));
}

void SqlEngine::add_relation(const std::string& name, SqlRelation relation) {
  quote_identifier(name);
  if (const NamedRelation* known = state_->find(name)) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("there is a table {} already, and SQL does not tell it from {}",
                            quote(known->first), quote(name)));
  }
  state_->relations.emplace_back(name, std::move(relation));
}

std::vector<std::string> SqlEngine::tables() const { return state_->names(); }

std::vector<std::string> SqlEngine::tables_of(const std::string& sql) const {
  const auto parser = state_->parser();
  // Says what is wrong, and where.
  parse_one(state_->library, parser->connect().get(), sql);
  SqlStream parsed(parser, "SELECT json_serialize_sql($1::VARCHAR)::VARCHAR AS tree",
                   {Value::of(sql)});
  const auto row = parsed.next(1);
  const auto tree = nlohmann::json::parse(row->column("tree").at(0).get<std::string>());
  if (tree.value("error", false)) {
    throw Error(ErrorCode::kInvalidArgument, "SQL: expected a SELECT; nothing can be changed here");
  }
  return tables_in(tree);
}

Table SqlEngine::query(const std::string& sql, const SqlParameters& parameters,
                       const SqlQueryOptions& options) const {
  if (options.batch_rows < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("batch_rows is at least 1, found {}", options.batch_rows));
  }
  std::vector<const NamedRelation*> used;
  std::string hint;
  for (const std::string& name : tables_of(sql)) {
    const NamedRelation* found = state_->find(name);
    if (!found) {
      if (hint.empty()) hint = did_you_mean(name, state_->names());
    } else if (std::ranges::count(used, found) == 0) {
      used.push_back(found);
    }
  }
  try {
    auto session = std::make_shared<const SqlSession>(state_->library, state_->options, used);
    const Table table(
        std::make_shared<QuerySource>(std::move(session), sql, parameters, options.batch_rows));
    return options.stream ? table : table.load();
  } catch (const Error& error) {
    if (!is_unknown_table(error)) throw;
    throw Error(error.code(), without_guess(error.message()) + hint);
  }
}

}  // namespace weft
