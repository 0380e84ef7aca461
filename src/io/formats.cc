#include "weft/formats.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <mutex>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "io/format_registry.h"
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

Load load_csv(OptionReader& reader) {
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
  if (options.bad_rows != BadRows::kQuarantine) {
    return [=] { return Value::of(read_csv(paths, options)); };
  }
  if (quarantine_path.empty() && !reader.is_later("quarantine_path")) {
    throw Error(ErrorCode::kInvalidArgument,
                "the csv loader: bad_rows = quarantine needs a quarantine_path");
  }
  return [=]() mutable {
    options.quarantine = std::make_shared<Quarantine>();
    const Table table = read_csv(paths, options).load();
    options.quarantine->write(quarantine_path);
    return Value::of(table);
  };
}

Load load_parquet(OptionReader& reader) {
  const auto paths = paths_of(reader);
  ParquetOptions options;
  read_common(reader, options);
  return [=] { return Value::of(read_parquet(paths, options)); };
}

Load load_ipc(OptionReader& reader) {
  const auto paths = paths_of(reader);
  IpcOptions options;
  read_common(reader, options);
  return [=] { return Value::of(read_ipc(paths, options)); };
}

Load load_json(OptionReader& reader) {
  const auto paths = paths_of(reader);
  JsonOptions options;
  read_common(reader, options);
  reader.read("types", options.types);
  return [=] { return Value::of(read_json(paths, options)); };
}

Load load_table(OptionReader& reader) {
  const auto paths = paths_of(reader);
  ReadOptions options;
  read_common(reader, options);
  reader.read("types", options.types);
  return [=] { return Value::of(read_table(paths, options)); };
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

Load load_sql(OptionReader& reader) {
  const std::string url = reader.text("url");
  const std::string query = reader.text("query");
  const SqlParameters parameters = parameters_of(reader);
  SqlReadOptions options;
  reader.read("types", options.types);
  reader.read("stream", options.stream);
  reader.read("batch_rows", options.batch_rows);
  return [=] { return Value::of(read_sql(open_sql(url), query, parameters, options)); };
}

// Runs `write` and says what it did.
template <class F>
Values written(const Value& value, F&& write) {
  const Table* table = value.get_if<Table>();
  if (!table) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("this saver writes tables, found {}",
                            value.type() ? value.type()->name : "nothing"));
  }
  const auto start = std::chrono::steady_clock::now();
  const WriteResult result = write(*table);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Values schema;
  for (const ColumnSchema& column : table->schema()) {
    schema[column.name] = Value::of(column.type->name);
  }
  return {{"path", Value::of(result.path)},
          {"rows", Value::of(result.rows)},
          {"bytes", Value::of(result.bytes)},
          {"seconds", Value::of(took.count())},
          {"schema", Value::of(std::move(schema))}};
}

template <class Options>
void read_common_of_writers(OptionReader& reader, Options& options) {
  reader.read("partition_by", options.partition_by);
  reader.read("if_exists", kIfExists, options.if_exists);
}

Save save_csv(OptionReader& reader) {
  const std::string path = reader.text("path");
  CsvWriteOptions options;
  reader.read("delimiter", options.delimiter);
  reader.read("header", options.header);
  reader.read("null_text", options.null_text);
  read_common_of_writers(reader, options);
  return [=](const Value& value) {
    return written(value, [&](const Table& table) { return write_csv(table, path, options); });
  };
}

Save save_parquet(OptionReader& reader) {
  const std::string path = reader.text("path");
  ParquetWriteOptions options;
  reader.read("compression", kCompressions, options.compression);
  reader.read("compression_level", options.compression_level);
  reader.read("row_group_rows", options.row_group_rows);
  read_common_of_writers(reader, options);
  return [=](const Value& value) {
    return written(value, [&](const Table& table) { return write_parquet(table, path, options); });
  };
}

Save save_ipc(OptionReader& reader) {
  const std::string path = reader.text("path");
  IpcWriteOptions options;
  reader.read("compression", kCompressions, options.compression);
  reader.read("batch_rows", options.batch_rows);
  read_common_of_writers(reader, options);
  return [=](const Value& value) {
    return written(value, [&](const Table& table) { return write_ipc(table, path, options); });
  };
}

Save save_json(OptionReader& reader) {
  const std::string path = reader.text("path");
  JsonWriteOptions options;
  read_common_of_writers(reader, options);
  return [=](const Value& value) {
    return written(value, [&](const Table& table) { return write_json(table, path, options); });
  };
}

Save save_table(OptionReader& reader) {
  const std::string path = reader.text("path");
  IfExists if_exists = IfExists::kReplace;
  reader.read("if_exists", kIfExists, if_exists);
  return [=](const Value& value) {
    return written(value, [&](const Table& table) { return write_table(table, path, if_exists); });
  };
}

Save save_sql(OptionReader& reader) {
  const std::string url = reader.text("url");
  const std::string table = reader.text("table");
  SqlWriteOptions options;
  reader.read("schema", options.schema);
  reader.read("mode",
              {{"create", SqlWriteMode::kCreate},
               {"append", SqlWriteMode::kAppend},
               {"replace", SqlWriteMode::kReplace}},
              options.mode);
  return [=](const Value& value) {
    return written(value, [&](const Table& data) {
      WriteResult result;
      result.path = table;
      result.rows = write_sql(data, open_sql(url), table, options);
      return result;
    });
  };
}

// A table of functions by name.
template <class Format>
class Names {
 public:
  using Formats = std::map<std::string, Format, std::less<>>;
  Names(std::string what, Formats built_in)
      : what_(std::move(what)), formats_(std::move(built_in)) {}

  void add(const std::string& name, Format format) {
    const std::scoped_lock lock(mutex_);
    if (name.empty() || (!format.prepare && !format.function)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("a {} needs a name and a function", what_));
    }
    if (!formats_.emplace(name, std::move(format)).second) {
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("there is a {} {} already", what_, quote(name)));
    }
  }
  Format find(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = formats_.find(name);
    if (found != formats_.end()) return found->second;
    const auto known = list();
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no {} {}{}; known are {}", what_, quote(name),
                            did_you_mean(name, known), fmt::join(known, ", ")));
  }
  // What the format does with these options, once it has understood them.
  auto prepared(std::string_view name, const Values& options) const {
    const Format format = find(name);
    OptionReader reader(fmt::format("the {} {}", name, what_), options);
    auto run = format.prepare(reader);
    reader.finish();
    return run;
  }
  void check(std::string_view name, const Values& options, std::set<std::string> later) const {
    const Format format = find(name);
    if (!format.prepare) return;  // only it knows what it takes
    OptionReader reader(fmt::format("the {} {}", name, what_), options, std::move(later));
    format.prepare(reader);
    reader.finish();
  }
  std::vector<std::string> names() const {
    const std::scoped_lock lock(mutex_);
    return list();
  }

 private:
  std::vector<std::string> list() const {
    std::vector<std::string> names;
    for (const auto& [name, format] : formats_) names.push_back(name);
    return names;
  }

  std::string what_;
  mutable std::mutex mutex_;
  Formats formats_;
};

Names<LoaderFormat>& loaders() {
  static Names<LoaderFormat> names("loader", {{"csv", {load_csv}},
                                              {"parquet", {load_parquet}},
                                              {"ipc", {load_ipc}},
                                              {"feather", {load_ipc}},
                                              {"json", {load_json}},
                                              {"jsonl", {load_json}},
                                              {"table", {load_table}},
                                              {"sql", {load_sql}}});
  return names;
}

Names<SaverFormat>& savers() {
  static Names<SaverFormat> names("saver", {{"csv", {save_csv}},
                                            {"parquet", {save_parquet}},
                                            {"ipc", {save_ipc}},
                                            {"feather", {save_ipc}},
                                            {"json", {save_json}},
                                            {"jsonl", {save_json}},
                                            {"table", {save_table}},
                                            {"sql", {save_sql}}});
  return names;
}

}  // namespace

void add_format(const std::string& name, LoaderFormat format) {
  loaders().add(name, std::move(format));
}
void add_format(const std::string& name, SaverFormat format) {
  savers().add(name, std::move(format));
}
void check_loader(std::string_view name, const Values& options, std::set<std::string> later) {
  loaders().check(name, options, std::move(later));
}
void check_saver(std::string_view name, const Values& options, std::set<std::string> later) {
  savers().check(name, options, std::move(later));
}

void register_loader(const std::string& name, Loader loader) {
  loaders().add(name, {.prepare = {}, .function = std::move(loader)});
}
void register_saver(const std::string& name, Saver saver) {
  savers().add(name, {.prepare = {}, .function = std::move(saver)});
}
Loader loader(std::string_view name) {
  const LoaderFormat format = loaders().find(name);
  if (format.function) return format.function;
  return [name = std::string(name)](const Values& options) {
    return loaders().prepared(name, options)();
  };
}
Saver saver(std::string_view name) {
  const SaverFormat format = savers().find(name);
  if (format.function) return format.function;
  return [name = std::string(name)](const Value& value, const Values& options) {
    return savers().prepared(name, options)(value);
  };
}
std::vector<std::string> loader_names() { return loaders().names(); }
std::vector<std::string> saver_names() { return savers().names(); }

}  // namespace weft
