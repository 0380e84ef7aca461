#include "weft/formats.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <mutex>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "io/option_reader.h"
#include "weft/sql.h"
#include "weft/write.h"

namespace weft {
namespace {

const std::initializer_list<std::pair<std::string_view, IfExists>> kIfExists = {
    {"replace", IfExists::kReplace}, {"fail", IfExists::kFail}};
const std::initializer_list<std::pair<std::string_view, Compression>> kCompressions = {
    {"none", Compression::kNone},
    {"zstd", Compression::kZstd},
    {"lz4", Compression::kLz4},
    {"snappy", Compression::kSnappy},
    {"gzip", Compression::kGzip}};

std::vector<std::string> paths_of(OptionReader& reader) {
  std::vector<std::string> paths;
  reader.read("path", paths);
  if (paths.empty()) reader.text("path");
  return paths;
}

template <class Options>
void read_common(OptionReader& reader, Options& options) {
  reader.read("columns", options.columns);
  reader.read("filter", options.filter);
  reader.read("fill_missing", options.fill_missing);
}

Value load_csv(const Values& given) {
  OptionReader reader("the csv loader", given);
  const auto paths = paths_of(reader);
  CsvOptions options;
  read_common(reader, options);
  reader.read("types", options.types);
  reader.read("delimiter", options.delimiter);
  reader.read("quote", options.quote);
  reader.read("header", options.header);
  reader.read("names", options.names);
  reader.read("skip_rows", options.skip_rows);
  reader.read("comment", options.comment);
  reader.read("nulls", options.nulls);
  reader.read("trues", options.trues);
  reader.read("falses", options.falses);
  reader.read("time_formats", options.time_formats);
  reader.read(
      "bad_rows",
      {{"fail", BadRows::kFail}, {"null", BadRows::kNull}, {"quarantine", BadRows::kQuarantine}},
      options.bad_rows);
  std::string quarantine_path;
  reader.read("quarantine_path", quarantine_path);
  reader.finish();
  if (options.bad_rows != BadRows::kQuarantine) return Value::of(read_csv(paths, options));
  if (quarantine_path.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the csv loader: bad_rows = quarantine needs a quarantine_path");
  }
  options.quarantine = std::make_shared<Quarantine>();
  const Table table = read_csv(paths, options).load();
  options.quarantine->write(quarantine_path);
  return Value::of(table);
}

Value load_parquet(const Values& given) {
  OptionReader reader("the parquet loader", given);
  const auto paths = paths_of(reader);
  ParquetOptions options;
  read_common(reader, options);
  reader.finish();
  return Value::of(read_parquet(paths, options));
}

Value load_ipc(const Values& given) {
  OptionReader reader("the ipc loader", given);
  const auto paths = paths_of(reader);
  IpcOptions options;
  read_common(reader, options);
  reader.finish();
  return Value::of(read_ipc(paths, options));
}

Value load_json(const Values& given) {
  OptionReader reader("the json loader", given);
  const auto paths = paths_of(reader);
  JsonOptions options;
  read_common(reader, options);
  reader.read("types", options.types);
  reader.finish();
  return Value::of(read_json(paths, options));
}

Value load_table(const Values& given) {
  OptionReader reader("the table loader", given);
  const auto paths = paths_of(reader);
  ReadOptions options;
  read_common(reader, options);
  reader.read("types", options.types);
  reader.finish();
  return Value::of(read_table(paths, options));
}

SqlParameters parameters_of(OptionReader& reader) {
  const Value* value = reader.find("parameters");
  if (!value) return {};
  if (const auto* named = value->get_if<Values>()) return *named;
  if (value->type()->kind != Kind::kList) return SqlParameters{*value};
  Arena arena;
  ListView list;
  value->type()->unbox(value->type(), *value, &list, arena);
  const Type element = value->type()->element;
  std::vector<Value> values;
  for (int64_t i = 0; i < list.size; ++i) {
    const auto offset = static_cast<size_t>(i) * element->size;
    values.push_back(element->box(element, static_cast<const char*>(list.data) + offset));
  }
  return values;
}

Value load_sql(const Values& given) {
  OptionReader reader("the sql loader", given);
  const std::string url = reader.text("url");
  const std::string query = reader.text("query");
  const SqlParameters parameters = parameters_of(reader);
  SqlReadOptions options;
  reader.read("types", options.types);
  reader.read("stream", options.stream);
  reader.read("batch_rows", options.batch_rows);
  reader.finish();
  return Value::of(read_sql(open_sql(url), query, parameters, options));
}

const Table& table_of(const Value& value) {
  if (const Table* table = value.get_if<Table>()) return *table;
  throw Error(ErrorCode::kTypeMismatch, fmt::format("this saver writes tables, found {}",
                                                    value.type() ? value.type()->name : "nothing"));
}

// Runs `write` and says what it did.
template <class F>
Values timed(F&& write) {
  const auto start = std::chrono::steady_clock::now();
  const WriteResult result = write();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return {{"path", Value::of(result.path)},
          {"rows", Value::of(result.rows)},
          {"bytes", Value::of(result.bytes)},
          {"seconds", Value::of(took.count())}};
}

template <class Options>
void read_common_of_writers(OptionReader& reader, Options& options) {
  reader.read("partition_by", options.partition_by);
  reader.read("if_exists", kIfExists, options.if_exists);
}

Values save_csv(const Value& value, const Values& given) {
  OptionReader reader("the csv saver", given);
  const std::string path = reader.text("path");
  CsvWriteOptions options;
  reader.read("delimiter", options.delimiter);
  reader.read("header", options.header);
  reader.read("null_text", options.null_text);
  read_common_of_writers(reader, options);
  reader.finish();
  return timed([&] { return write_csv(table_of(value), path, options); });
}

Values save_parquet(const Value& value, const Values& given) {
  OptionReader reader("the parquet saver", given);
  const std::string path = reader.text("path");
  ParquetWriteOptions options;
  reader.read("compression", kCompressions, options.compression);
  reader.read("compression_level", options.compression_level);
  reader.read("row_group_rows", options.row_group_rows);
  read_common_of_writers(reader, options);
  reader.finish();
  return timed([&] { return write_parquet(table_of(value), path, options); });
}

Values save_ipc(const Value& value, const Values& given) {
  OptionReader reader("the ipc saver", given);
  const std::string path = reader.text("path");
  IpcWriteOptions options;
  reader.read("compression", kCompressions, options.compression);
  reader.read("batch_rows", options.batch_rows);
  read_common_of_writers(reader, options);
  reader.finish();
  return timed([&] { return write_ipc(table_of(value), path, options); });
}

Values save_json(const Value& value, const Values& given) {
  OptionReader reader("the json saver", given);
  const std::string path = reader.text("path");
  JsonWriteOptions options;
  read_common_of_writers(reader, options);
  reader.finish();
  return timed([&] { return write_json(table_of(value), path, options); });
}

Values save_table(const Value& value, const Values& given) {
  OptionReader reader("the table saver", given);
  const std::string path = reader.text("path");
  IfExists if_exists = IfExists::kReplace;
  reader.read("if_exists", kIfExists, if_exists);
  reader.finish();
  return timed([&] { return write_table(table_of(value), path, if_exists); });
}

Values save_sql(const Value& value, const Values& given) {
  OptionReader reader("the sql saver", given);
  const std::string url = reader.text("url");
  const std::string table = reader.text("table");
  SqlWriteOptions options;
  reader.read("schema", options.schema);
  reader.read("mode",
              {{"create", SqlWriteMode::kCreate},
               {"append", SqlWriteMode::kAppend},
               {"replace", SqlWriteMode::kReplace}},
              options.mode);
  reader.finish();
  return timed([&] {
    WriteResult result;
    result.path = table;
    result.rows = write_sql(table_of(value), open_sql(url), table, options);
    return result;
  });
}

// A table of functions by name.
template <class F>
class Names {
 public:
  Names(std::string what, std::map<std::string, F, std::less<>> built_in)
      : what_(std::move(what)), functions_(std::move(built_in)) {}

  void add(const std::string& name, F function) {
    const std::scoped_lock lock(mutex_);
    if (name.empty() || !function) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("a {} needs a name and a function", what_));
    }
    if (!functions_.emplace(name, std::move(function)).second) {
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("there is a {} {} already", what_, quote(name)));
    }
  }
  F find(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = functions_.find(name);
    if (found != functions_.end()) return found->second;
    const auto known = list();
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no {} {}{}; known are {}", what_, quote(name),
                            did_you_mean(name, known), fmt::join(known, ", ")));
  }
  std::vector<std::string> names() const {
    const std::scoped_lock lock(mutex_);
    return list();
  }

 private:
  std::vector<std::string> list() const {
    std::vector<std::string> names;
    for (const auto& [name, function] : functions_) names.push_back(name);
    return names;
  }

  std::string what_;
  mutable std::mutex mutex_;
  std::map<std::string, F, std::less<>> functions_;
};

Names<Loader>& loaders() {
  static Names<Loader> names("loader", {{"csv", load_csv},
                                        {"parquet", load_parquet},
                                        {"ipc", load_ipc},
                                        {"json", load_json},
                                        {"table", load_table},
                                        {"sql", load_sql}});
  return names;
}

Names<Saver>& savers() {
  static Names<Saver> names("saver", {{"csv", save_csv},
                                      {"parquet", save_parquet},
                                      {"ipc", save_ipc},
                                      {"json", save_json},
                                      {"table", save_table},
                                      {"sql", save_sql}});
  return names;
}

}  // namespace

void register_loader(const std::string& name, Loader loader) {
  loaders().add(name, std::move(loader));
}
void register_saver(const std::string& name, Saver saver) { savers().add(name, std::move(saver)); }
Loader loader(std::string_view name) { return loaders().find(name); }
Saver saver(std::string_view name) { return savers().find(name); }
std::vector<std::string> loader_names() { return loaders().names(); }
std::vector<std::string> saver_names() { return savers().names(); }

}  // namespace weft
