// Delta tables as a format: the loader and the saver "delta", and folders given to read_table().
#include <fmt/format.h>

#include <chrono>

#include "data/text_form.h"
#include "io/format_registry.h"
#include "offline/delta_log.h"
#include "weft/delta_table.h"

namespace weft {
namespace {

enum class Mode : uint8_t { kAppend, kOverwrite, kCreate };

std::optional<Time> time_option(OptionReader& reader, std::string_view name) {
  const Value* value = reader.find(name);
  if (!value) return {};
  return value->as(timestamp_type()).get<Time>();
}

Load load_delta(OptionReader& reader) {
  const std::string path = reader.text("path");
  DeltaRead options;
  reader.read("columns", options.columns);
  reader.read("filter", options.filter);
  if (reader.find("version")) {
    int64_t version = 0;
    reader.read("version", version);
    options.version = version;
  }
  options.timestamp = time_option(reader, "timestamp");
  return [=] { return Value::of(read_delta(path, options)); };
}

// What the saver does, as its options say.
struct Saved {
  std::string path;
  Mode mode = Mode::kAppend;
  DeltaCreate create;
  std::vector<std::string> keys;
  bool partitions = false;
  bool grow_schema = false;
  bool fill_missing = false;
  DeltaCommitOptions commit;
};

Schema without(const Schema& schema, const std::string& name) {
  Schema out;
  for (const ColumnSchema& column : schema) {
    if (column.name != name) out.push_back(column);
  }
  return out;
}

DeltaTable open_or_create(const Saved& saved, const Schema& schema) {
  if (saved.mode != Mode::kCreate && DeltaTable::exists(saved.path)) {
    return DeltaTable::open(saved.path);
  }
  DeltaCreate create = saved.create;
  // A table that was read and is written again brings the day that is computed.
  create.schema =
      create.partition_by_day ? without(schema, create.partition_by_day->first) : schema;
  return DeltaTable::create(saved.path, create);
}

DeltaCommit write(const Saved& saved, const Table& rows, DeltaTable& table) {
  if (saved.mode == Mode::kOverwrite) {
    DeltaOverwrite options;
    options.commit = saved.commit;
    options.keys = saved.keys;
    options.partitions = saved.partitions;
    options.grow_schema = saved.grow_schema;
    options.fill_missing = saved.fill_missing;
    return table.overwrite(rows, options);
  }
  DeltaAppend options;
  options.commit = saved.commit;
  options.grow_schema = saved.grow_schema;
  options.fill_missing = saved.fill_missing;
  return table.append(rows, options);
}

Values save(const Saved& saved, const Value& value) {
  const Table* rows = value.get_if<Table>();
  if (!rows) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("the delta saver writes tables, found {}",
                            value.type() ? value.type()->name : "nothing"));
  }
  const auto start = std::chrono::steady_clock::now();
  DeltaTable table = open_or_create(saved, rows->schema());
  const DeltaCommit commit = write(saved, *rows, table);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Values schema;
  for (const ColumnSchema& column : rows->schema()) {
    schema[column.name] = Value::of(column.type->name);
  }
  return {{"path", Value::of(saved.path)},          {"rows", Value::of(commit.rows_added)},
          {"bytes", Value::of(commit.bytes_added)}, {"version", Value::of(commit.version)},
          {"seconds", Value::of(took.count())},     {"schema", Value::of(std::move(schema))}};
}

Save save_delta(OptionReader& reader) {
  Saved saved;
  saved.path = reader.text("path");
  reader.read(
      "mode",
      {{"append", Mode::kAppend}, {"overwrite", Mode::kOverwrite}, {"create", Mode::kCreate}},
      saved.mode);
  reader.read("partition_by", saved.create.partition_by);
  std::vector<std::string> day;
  reader.read("partition_by_day", day);
  if (!day.empty()) {
    if (day.size() != 2) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the delta saver: partition_by_day is the day's name and the time's, as in "
                  "[\"day\", \"event_time\"]");
    }
    saved.create.partition_by_day = {day[0], day[1]};
  }
  reader.read("cluster_by", saved.create.cluster_by);
  reader.read("description", saved.create.description);
  reader.read("keys", saved.keys);
  reader.read("partitions", saved.partitions);
  reader.read("grow_schema", saved.grow_schema);
  reader.read("fill_missing", saved.fill_missing);
  reader.read("user_metadata", saved.commit.user_metadata);
  if (saved.mode != Mode::kOverwrite && (!saved.keys.empty() || saved.partitions)) {
    throw Error(ErrorCode::kInvalidArgument,
                "the delta saver: keys and partitions say what mode = overwrite replaces");
  }
  return [saved](const Value& value) { return save(saved, value); };
}

// A folder with a log among files of any format: what is a Delta table is read as one.
Table read_folder(const std::string& path, const ReadOptions& options) {
  if (!options.types.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is a Delta table, which holds its own types: expected none in the "
                            "options, found {}",
                            path, to_string(options.types)));
  }
  return read_delta(path, {.columns = options.columns, .filter = options.filter});
}

[[maybe_unused]] const bool kRegistered = [] {
  add_format("delta", LoaderFormat{.prepare = load_delta});
  add_format("delta", SaverFormat{.prepare = save_delta});
  add_folder_format(delta::kLogFolder, read_folder);
  return true;
}();

}  // namespace
}  // namespace weft
