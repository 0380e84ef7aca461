#include "offline/sql_relation.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>

#include "data/arrow.h"
#include "data/text_form.h"
#include "io/input.h"
#include "io/source.h"
#include "io/sql_driver.h"
#include "offline/delta_log.h"
#include "offline/delta_rows.h"

namespace weft {
namespace {

// Each group of files with its own values is a branch of a union: with more of them DuckDB takes
// longer to plan than Weft to read.
constexpr size_t kGroupsMax = 64;

// ---- types --------------------------------------------------------------------------------------

// DuckDB's name of a type in a Parquet file; nothing if it would read other values than Weft.
std::optional<std::string> sql_type(const arrow::DataType& type) {
  using T = arrow::Type;
  switch (type.id()) {
    case T::BOOL:
      return "BOOLEAN";
    case T::INT8:
      return "TINYINT";
    case T::INT16:
      return "SMALLINT";
    case T::INT32:
      return "INTEGER";
    case T::INT64:
      return "BIGINT";
    case T::UINT8:
      return "UTINYINT";
    case T::UINT16:
      return "USMALLINT";
    case T::UINT32:
      return "UINTEGER";
    case T::UINT64:
      return "UBIGINT";
    case T::FLOAT:
      return "FLOAT";
    case T::DOUBLE:
      return "DOUBLE";
    case T::STRING:
    case T::LARGE_STRING:
      return "VARCHAR";
    case T::BINARY:
    case T::LARGE_BINARY:
      return "BLOB";
    case T::DATE32:
      return "DATE";
    case T::TIMESTAMP: {
      const auto& time = static_cast<const arrow::TimestampType&>(type);
      if (time.unit() == arrow::TimeUnit::NANO || time.unit() == arrow::TimeUnit::SECOND) return {};
      return time.timezone().empty() ? "TIMESTAMP" : "TIMESTAMPTZ";
    }
    case T::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      return fmt::format("DECIMAL({}, {})", decimal.precision(), decimal.scale());
    }
    case T::LIST: {
      const auto element = sql_type(*static_cast<const arrow::BaseListType&>(type).value_type());
      if (!element) return {};
      return *element + "[]";
    }
    case T::STRUCT: {
      std::vector<std::string> fields;
      for (const auto& field : type.fields()) {
        const auto member = sql_type(*field->type());
        if (!member || field->name().empty()) return {};
        fields.push_back(quote_identifier(field->name()) + " " + *member);
      }
      return fmt::format("STRUCT({})", fmt::join(fields, ", "));
    }
    default:
      return {};
  }
}

// The value of a partition as a literal of its own type; nothing if it cannot be said.
std::optional<std::string> literal(const Value& value, const std::string& type) {
  if (!value.has_value()) return fmt::format("CAST(NULL AS {})", type);
  std::string text = value.to_string();
  if (const auto* own = value.get_if<std::string>()) text = *own;
  if (const auto* time = value.get_if<Time>()) text = format_time(*time);
  if (type == "DATE") text = text.substr(0, text.find('T'));
  const bool sayable = type != "BLOB" && value.type()->kind <= Kind::kTimestamp;
  if (!sayable || text.find('\0') != text.npos) return {};
  return fmt::format("CAST({} AS {})", sql_text(text), type);
}

// ---- Parquet files ------------------------------------------------------------------------------

struct FileColumn {
  std::string name;
  std::string type;        // DuckDB's
  bool duration = false;   // microseconds
  bool partition = false;  // not of the files
};

// Files with the same values of partitions, in the order of `columns` that are such.
struct FileGroup {
  std::vector<std::string> values;  // literals
  std::vector<std::string> files;
};

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

// DuckDB takes a path for a pattern.
bool is_plain(const std::string& path) { return path.find_first_of("*?[]{}") == path.npos; }

std::string branch_of(const std::vector<FileColumn>& columns, const FileGroup& group) {
  std::vector<std::string> files;
  for (const std::string& file : group.files) files.push_back(sql_text(file));
  std::vector<std::string> constants;
  std::vector<std::string> names;
  size_t i = 0;
  for (const FileColumn& column : columns) {
    if (!column.partition) continue;
    names.push_back(sql_text(column.name));
    constants.push_back(
        fmt::format(", {} AS {}", group.values[i++], quote_identifier(column.name)));
  }
  // A file may have a column of what its folder says, too.
  const std::string own =
      names.empty() ? "*" : fmt::format("COLUMNS(lambda c: c NOT IN ({}))", fmt::join(names, ", "));
  return fmt::format(
      "SELECT {}{} FROM read_parquet([{}], union_by_name = true, hive_partitioning = false)", own,
      fmt::join(constants, ""), fmt::join(files, ", "));
}

// The first branch has no rows, but all columns: those that no file has yet, too.
SqlRelation relation_of_groups(const std::vector<FileColumn>& columns,
                               const std::vector<FileGroup>& groups) {
  SqlRelation out;
  std::vector<std::string> wanted;
  std::vector<std::string> nulls;
  for (const FileColumn& column : columns) {
    const std::string name = quote_identifier(column.name);
    out.columns.push_back(column.name);
    nulls.push_back(fmt::format("CAST(NULL AS {}) AS {}", column.type, name));
    wanted.push_back(column.duration ? fmt::format("to_microseconds({}) AS {}", name, name) : name);
  }
  out.select = fmt::format("SELECT {} FROM (SELECT {} WHERE false", fmt::join(wanted, ", "),
                           fmt::join(nulls, ", "));
  for (const FileGroup& group : groups) {
    out.select += " UNION ALL BY NAME " + branch_of(columns, group);
    out.files.insert(out.files.end(), group.files.begin(), group.files.end());
  }
  out.select += ")";
  return out;
}

// Files in their order, those of one partition together.
class Grouping {
 public:
  // False if it cannot be.
  bool add(std::vector<std::string> values, const std::string& path) {
    const std::string file = absolute(path);
    if (!is_plain(file) || file.find('\0') != file.npos) return false;
    const auto [at, is_new] = places_.try_emplace(values, groups_.size());
    if (is_new) groups_.push_back({std::move(values), {}});
    groups_[at->second].files.push_back(file);
    return groups_.size() <= kGroupsMax;
  }
  const std::vector<FileGroup>& groups() const { return groups_; }

 private:
  std::map<std::vector<std::string>, size_t> places_;
  std::vector<FileGroup> groups_;
};

std::optional<FileColumn> column_of_file(const std::string& name, const arrow::DataType& stored,
                                         Type type) {
  if (name.empty() || name.find('\0') != name.npos) return {};
  FileColumn column = {name, "", false, false};
  const bool is_duration = type->kind == Kind::kDuration;
  if (is_duration && stored.id() == arrow::Type::DURATION) {
    if (static_cast<const arrow::DurationType&>(stored).unit() != arrow::TimeUnit::MICRO) return {};
    column.type = "BIGINT";
  } else {
    const auto known = sql_type(stored);
    if (!known) return {};
    column.type = *known;
  }
  column.duration = is_duration;
  return column;
}

bool holds_duration(Type type) {
  if (type->kind == Kind::kDuration) return true;
  if (type->element) return holds_duration(type->element);
  return std::ranges::any_of(type->fields, [](const Field& f) { return holds_duration(f.type); });
}

bool is_nested_duration(Type type) { return type->kind != Kind::kDuration && holds_duration(type); }

// Names that SQL cannot tell apart.
bool same_but_for_case(const Schema& schema) {
  std::vector<std::string> names;
  for (const auto& [name, type] : schema) names.push_back(lower_ascii(name));
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

std::optional<SqlRelation> parquet_by_duckdb(const Paths& paths, const Table& table) {
  if (same_but_for_case(table.schema())) return {};
  const auto files = find_files(paths, {.format = "Parquet", .extensions = {".parquet"}});
  const auto stored = open_parquet_file(files.front().path, nullptr)->schema();
  std::vector<FileColumn> columns;
  for (const auto& [name, type] : table.schema()) {
    if (is_nested_duration(type)) return {};
    if (const auto field = stored->GetFieldByName(name)) {
      const auto column = column_of_file(name, *field->type(), type);
      if (!column) return {};
      columns.push_back(*column);
    } else {
      const auto column = column_of_file(name, *type_to_arrow(type), type);
      if (!column) return {};
      columns.push_back(*column);
      columns.back().partition = true;
    }
  }
  Grouping grouping;
  for (const FoundFile& file : files) {
    std::vector<std::string> values;
    for (const FileColumn& column : columns) {
      if (!column.partition) continue;
      const auto found =
          std::ranges::find(file.partition, column.name, [](const auto& p) { return p.first; });
      if (found == file.partition.end()) return {};
      Value value;
      if (found->second) value = Value::of(*found->second);
      const auto text = literal(value, column.type);
      if (!text) return {};
      values.push_back(*text);
    }
    if (!grouping.add(std::move(values), file.path)) return {};
  }
  return relation_of_groups(columns, grouping.groups());
}

// ---- Delta tables -------------------------------------------------------------------------------

std::optional<SqlRelation> delta_by_duckdb(const std::string& path,
                                           const delta::Snapshot& snapshot) {
  std::vector<FileColumn> columns;
  if (same_but_for_case(snapshot.schema.readable())) return {};
  for (const delta::Column& column : snapshot.schema.columns()) {
    if (!column.weft || is_nested_duration(column.weft)) return {};
    const auto known = column_of_file(column.name, *column.stored, column.weft);
    if (!known) return {};
    columns.push_back(*known);
    columns.back().partition = snapshot.is_partition_column(column.name);
    if (columns.back().partition && known->duration) return {};
  }
  Grouping grouping;
  for (const auto& file : snapshot.files) {
    std::vector<std::string> values;
    for (const FileColumn& column : columns) {
      if (!column.partition) continue;
      const auto text =
          literal(delta::partition_value(*file, *snapshot.schema.find(column.name)), column.type);
      if (!text) return {};
      values.push_back(*text);
    }
    if (!grouping.add(std::move(values), delta::file_path(path, file->path))) return {};
  }
  return relation_of_groups(columns, grouping.groups());
}

}  // namespace

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string sql_text(std::string_view text) {
  if (text.find('\0') != text.npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} has a NUL, which SQL cannot say", quote(std::string(text))));
  }
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

SqlRelation relation_of_table(const Table& table) {
  static std::atomic<int64_t> number = 0;
  SqlRelation out;
  out.columns = table.names();
  std::vector<std::string> names;
  for (const std::string& name : out.columns) names.push_back(quote_identifier(name));
  if (names.empty() || same_but_for_case(table.schema())) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("SQL needs columns that differ in more than case; found {}",
                            to_string(table.schema())));
  }
  const std::string function = fmt::format("weft_rows_{}", ++number);
  out.select = fmt::format("SELECT {} FROM {}()", fmt::join(names, ", "), function);
  out.tables = {{function, table}};
  return out;
}

SqlRelation relation_of_files(const Paths& paths, const ReadOptions& options) {
  if (paths.list().size() == 1 && DeltaTable::exists(paths.list()[0])) {
    return relation_of_delta(paths.list()[0],
                             {.columns = options.columns, .filter = options.filter});
  }
  const Table table = read_table(paths, options);
  const bool plain = options.filter.empty() && options.columns.empty() && !options.fill_missing;
  const bool parquet = table.source() && table.source()->describe().starts_with("Parquet");
  if (plain && parquet) {
    if (auto relation = parquet_by_duckdb(paths, table)) return std::move(*relation);
  }
  return relation_of_table(table);
}

SqlRelation relation_of_delta(const std::string& path, const DeltaRead& options) {
  const DeltaTable table = DeltaTable::open(path);
  const Table rows = table.read(options);
  const bool plain = options.filter.empty() && options.columns.empty();
  if (plain) {
    const delta::Log log(table.path());
    std::optional<int64_t> version = options.version;
    if (options.timestamp) version = log.version_at(*options.timestamp);
    const delta::Snapshot snapshot = log.load(version.value_or(table.version()));
    if (auto relation = delta_by_duckdb(table.path(), snapshot)) return std::move(*relation);
  }
  return relation_of_table(rows);
}

SqlRelation projected(SqlRelation relation, const std::vector<SqlColumn>& columns) {
  std::vector<std::string> texts;
  relation.columns.clear();
  for (const SqlColumn& column : columns) {
    texts.push_back(fmt::format("{} AS {}", column.expression, quote_identifier(column.name)));
    relation.columns.push_back(column.name);
  }
  relation.select = fmt::format("SELECT {} FROM ({})", fmt::join(texts, ", "), relation.select);
  return relation;
}

SqlRelation stacked(std::vector<SqlRelation> relations) {
  SqlRelation out = std::move(relations.front());
  for (size_t i = 1; i < relations.size(); ++i) {
    SqlRelation& next = relations[i];
    out.select = fmt::format("({}) UNION ALL BY NAME ({})", out.select, next.select);
    out.files.insert(out.files.end(), next.files.begin(), next.files.end());
    out.tables.insert(out.tables.end(), next.tables.begin(), next.tables.end());
    for (const std::string& name : next.columns) {
      if (std::ranges::count(out.columns, name) == 0) out.columns.push_back(name);
    }
  }
  return out;
}

}  // namespace weft
