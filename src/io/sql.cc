#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "io/sql_driver.h"

namespace weft {
namespace {

class SqlReader : public BatchReader {
 public:
  SqlReader(std::shared_ptr<SqlDriver> driver, std::unique_ptr<SqlRows> rows,
            std::span<const std::string> columns)
      : driver_(std::move(driver)),
        rows_(std::move(rows)),
        columns_(columns.begin(), columns.end()) {}

  std::optional<Table> next() override {
    while (const auto batch = rows_->next()) {
      if (batch->num_rows() == 0) continue;
      const auto table = value_or_throw(arrow::Table::FromRecordBatches({batch}), "reading SQL");
      return Table::from_arrow(table).select(columns_);
    }
    return {};
  }

 private:
  std::shared_ptr<SqlDriver> driver_;  // outlives its rows
  std::unique_ptr<SqlRows> rows_;
  std::vector<std::string> columns_;
};

class SqlSource : public TableSource {
 public:
  SqlSource(std::shared_ptr<SqlDriver> driver, std::string query, SqlParameters parameters,
            SqlReadOptions options)
      : driver_(std::move(driver)),
        query_(std::move(query)),
        parameters_(std::move(parameters)),
        options_(std::move(options)),
        schema_(driver_->query(query_, parameters_, options_)->schema()) {
    // What was inferred from the first rows holds for every run.
    options_.types = schema_;
  }

  const Schema& schema() const override { return schema_; }
  std::string describe() const override { return driver_->describe(); }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return std::make_unique<SqlReader>(driver_, driver_->query(query_, parameters_, options_),
                                       columns);
  }

 private:
  std::shared_ptr<SqlDriver> driver_;
  std::string query_;
  SqlParameters parameters_;
  SqlReadOptions options_;
  Schema schema_;
};

// Walks over the parts of SQL that are not code.
class SqlScanner {
 public:
  explicit SqlScanner(std::string_view sql) : sql_(sql) {}

  /// Behind the text, quoted name or comment that starts at `at`; `at` itself if none does.
  size_t skip(size_t at) const {
    const char c = sql_[at];
    const char next = at + 1 < sql_.size() ? sql_[at + 1] : '\0';
    if (c == '\'' || c == '"') {
      // E'...' has backslash escapes.
      const bool escapes = c == '\'' && at > 0 && (sql_[at - 1] == 'E' || sql_[at - 1] == 'e');
      return end_of_quoted(at, c, escapes);
    }
    if (c == '-' && next == '-') return std::min(sql_.find('\n', at), sql_.size());
    if (c == '/' && next == '*') return behind(sql_.find("*/", at + 2), 2);
    if (c == '$') {
      const size_t tag_end = sql_.find('$', at + 1);
      if (tag_end == sql_.npos) return at;
      const auto tag = sql_.substr(at, tag_end - at + 1);
      const bool is_tag = std::ranges::all_of(tag.substr(1, tag.size() - 2), is_name_char) &&
                          !(next >= '0' && next <= '9');
      return is_tag ? behind(sql_.find(tag, tag_end + 1), tag.size()) : at;
    }
    return at;
  }

  static bool is_name_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

 private:
  size_t behind(size_t found, size_t size) const {
    return found == sql_.npos ? sql_.size() : found + size;
  }
  size_t end_of_quoted(size_t at, char quote, bool escapes) const {
    for (++at; at < sql_.size(); ++at) {
      if (escapes && sql_[at] == '\\') {
        ++at;
      } else if (sql_[at] == quote) {
        if (at + 1 < sql_.size() && sql_[at + 1] == quote) {
          ++at;
        } else {
          return at + 1;
        }
      }
    }
    return sql_.size();
  }

  std::string_view sql_;
};

}  // namespace

std::string SqlConnection::describe() const { return driver_->describe(); }

std::string quote_identifier(std::string_view name) {
  if (name.empty() || name.find('\0') != name.npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} cannot name a table or column", quote(name)));
  }
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string qualified(std::string_view schema, std::string_view table) {
  return (schema.empty() ? "" : quote_identifier(schema) + ".") + quote_identifier(table);
}

BoundSql bind_names(const std::string& sql, const SqlParameters& parameters) {
  if (!parameters.positional.empty() && !parameters.named.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "SQL parameters are either positional or named");
  }
  BoundSql bound{.text = "", .values = parameters.positional};
  if (parameters.named.empty()) {
    bound.text = sql;
    return bound;
  }
  const SqlScanner scanner(sql);
  std::vector<std::string> used;
  for (size_t at = 0; at < sql.size();) {
    if (const size_t after = scanner.skip(at); after > at) {
      bound.text += sql.substr(at, after - at);
      at = after;
      continue;
    }
    const bool starts_name = sql[at] == ':' && at + 1 < sql.size() &&
                             SqlScanner::is_name_char(sql[at + 1]) &&
                             !std::isdigit(static_cast<unsigned char>(sql[at + 1]));
    if (!starts_name || (at > 0 && sql[at - 1] == ':')) {
      bound.text += sql[at++];
      continue;
    }
    size_t end = at + 1;
    while (end < sql.size() && SqlScanner::is_name_char(sql[end])) ++end;
    const std::string name = sql.substr(at + 1, end - at - 1);
    const auto value = parameters.named.find(name);
    if (value == parameters.named.end()) {
      std::vector<std::string> names;
      for (const auto& [known, ignored] : parameters.named) names.push_back(known);
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("no value was given for :{} in the SQL{}", name, did_you_mean(name, names)));
    }
    size_t number = static_cast<size_t>(std::ranges::find(used, name) - used.begin());
    if (number == used.size()) {
      used.push_back(name);
      bound.values.push_back(value->second);
    }
    bound.text += fmt::format("${}", number + 1);
    at = end;
  }
  for (const auto& [name, value] : parameters.named) {
    if (std::ranges::count(used, name) > 0) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a value was given for :{}, which the SQL does not have{}", name,
                            did_you_mean(name, used)));
  }
  return bound;
}

Type declared_type(const SqlReadOptions& options, std::string_view column) {
  for (const auto& [name, type] : options.types) {
    if (name == column) return type;
  }
  return nullptr;
}

void check_columns(const SqlReadOptions& options, const Schema& schema) {
  std::vector<std::string> names;
  for (const auto& [name, type] : schema) {
    if (std::ranges::count(names, name) > 0) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("the query has two columns named {}: rename one with AS", quote(name)));
    }
    names.push_back(name);
  }
  for (const auto& [name, type] : options.types) {
    if (std::ranges::count(names, name) > 0) continue;
    throw Error(ErrorCode::kNotFound,
                fmt::format("the query has no column {}, whose type is declared{}", quote(name),
                            did_you_mean(name, names)));
  }
}

void for_each_batch(const Table& table,
                    const std::function<void(const arrow::RecordBatch&)>& take) {
  const auto names = table.names();
  const auto reader = table.read(names);
  while (const auto block = reader->next()) {
    const auto rows = block->to_arrow();
    arrow::TableBatchReader batches(*rows);
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      throw_if_failed(batches.ReadNext(&batch), "writing SQL");
      if (!batch) break;
      take(*batch);
    }
  }
}

void check_appended_columns(const Schema& rows, const std::vector<std::string>& columns,
                            const std::string& table_name) {
  for (const auto& [name, type] : rows) {
    if (std::ranges::count(columns, name) > 0) continue;
    throw Error(ErrorCode::kNotFound,
                fmt::format("the database's table {} has no column {}{}", quote(table_name),
                            quote(name), did_you_mean(name, columns)));
  }
}

SqlConnection open_sql(const std::string& url) {
  if (url.starts_with("sqlite://")) {
    const std::string path = url.substr(9);
    if (path.empty() || path == "/" || path == "/:memory:") return open_sqlite(":memory:");
    if (path.starts_with('/')) return open_sqlite(path.substr(1));
  }
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return open_postgres(url);
  // The rest of the URL may hold a password.
  const size_t colon = std::min(url.find(':'), size_t{20});
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected a URL sqlite:///path or postgresql://user@host/database, found "
                          "{}...",
                          quote(url.substr(0, colon))));
}

Table read_sql(const SqlConnection& connection, const std::string& query,
               const SqlParameters& parameters, const SqlReadOptions& options) {
  if (options.batch_rows < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("batch_rows is {}, expected at least 1", options.batch_rows));
  }
  if (options.stream) {
    return Table(
        std::make_shared<SqlSource>(connection.shared_driver(), query, parameters, options));
  }
  const auto rows = connection.driver().query(query, parameters, options);
  arrow::RecordBatchVector batches;
  while (auto batch = rows->next()) batches.push_back(std::move(batch));
  arrow::FieldVector fields;
  for (const auto& [name, type] : rows->schema()) {
    fields.push_back(arrow::field(name, type_to_arrow(type)));
  }
  return Table::from_arrow(value_or_throw(
      arrow::Table::FromRecordBatches(arrow::schema(std::move(fields)), batches), "reading SQL"));
}

int64_t execute_sql(const SqlConnection& connection, const std::string& statement,
                    const SqlParameters& parameters) {
  return connection.driver().execute(statement, parameters);
}

int64_t write_sql(const Table& table, const SqlConnection& connection,
                  const std::string& table_name, const SqlWriteOptions& options) {
  if (table.num_columns() == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cannot write {}: the table has no columns", quote(table_name)));
  }
  return connection.driver().write(table, table_name, options);
}

}  // namespace weft
