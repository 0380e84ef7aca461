#include "store/view_rows.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "registry/collect.h"
#include "store/combined_tables.h"
#include "weft/read.h"
#include "weft/sql.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

bool has_name(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

const ColumnSchema* declared_column(const Source& source, const std::string& name) {
  const auto column = std::ranges::find(source.columns, name, &ColumnSchema::name);
  return column == source.columns.end() ? nullptr : &*column;
}

arrow::TimeUnit::type arrow_unit(const std::string& unit) {
  if (unit == "s") return arrow::TimeUnit::SECOND;
  if (unit == "ms") return arrow::TimeUnit::MILLI;
  if (unit == "ns") return arrow::TimeUnit::NANO;
  return arrow::TimeUnit::MICRO;
}

// Whole numbers in a unit, as times.
ColumnData times_of(const ColumnData& numbers, const std::string& unit, const std::string& name) {
  const auto type = arrow::timestamp(arrow_unit(unit), "UTC");
  return ColumnData::from_arrow(
      value_or_throw(numbers.as(int64_type()).arrow()->View(type), "reading times of " + name),
      name);
}

Values inputs_taken(const Plan& plan, Values inputs) {
  std::erase_if(inputs, [&](const auto& input) {
    return std::ranges::find(plan.inputs(), input.first, &Plan::Input::name) == plan.inputs().end();
  });
  return inputs;
}

RunOptions run_options(const StoreOptions& options) {
  RunOptions run;
  run.clock = options.clock;
  return run;
}

// A file, those of a glob, or all below a folder; sorted.
std::vector<std::string> files_of(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  if (is_glob(path)) {
    files = expand_glob(path);
  } else if (std::filesystem::is_directory(path, error)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
      if (entry.is_regular_file(error)) files.push_back(entry.path().string());
    }
  } else {
    files.push_back(path);
  }
  std::ranges::sort(files);
  return files;
}

// Size and time of change of each file.
std::string file_version(const std::string& path) {
  std::error_code error;
  std::string text;
  for (const std::string& file : files_of(path)) {
    const auto size = std::filesystem::file_size(file, error);
    const auto changed = std::filesystem::last_write_time(file, error).time_since_epoch().count();
    text += fmt::format("{}:{}:{};", file, size, changed);
  }
  return text;
}

SourceSize table_size(const std::string& folder) {
  const DeltaTable table = DeltaTable::open(folder);
  return {table.num_rows(), table.byte_size()};
}

SourceSize sum(const SourceSize& a, const SourceSize& b) {
  const auto add = [](std::optional<int64_t> x, std::optional<int64_t> y) {
    return x && y ? std::optional(*x + *y) : std::nullopt;
  };
  return {add(a.rows, b.rows), add(a.bytes, b.bytes)};
}

std::string table_version(const std::string& folder) {
  return fmt::format("{}@{};", folder, DeltaTable::open(folder).version());
}

// Of a source to which nothing was pushed yet, as far as it declares its columns.
Table no_rows(const Source& source) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, type] : source.columns) {
    columns.emplace_back(name, ColumnData::of_values(type, {}));
  }
  for (const std::string& name : {source.time, source.known}) {
    if (name.empty() || declared_column(source, name)) continue;
    columns.emplace_back(name, ColumnData::of_values(timestamp_type(), {}));
  }
  return Table(std::move(columns));
}

// One view over some rows: what is asked of a plan, what the rows have themselves, and both put
// together.
class ViewComputation {
 public:
  ViewComputation(const Driver& driver, const StoreOptions& options, const FeatureView& view,
                  const Table& rows)
      : driver_(driver), options_(options), view_(view), rows_(rows) {}

  ViewRows run(std::span<const std::string> features, Context context,
               std::vector<CheckReport>* checks) {
    // What the source declares was computed before, even if a node is called like it.
    for (const std::string& feature : features) {
      want(feature, !declared_column(view_.source, feature));
    }
    // Keys and times are the rows' own; a node gives them where the rows do not.
    for (const auto& key : view_.keys()) want(key.name, !rows_.has(key.name));
    for (const std::string& name : {view_.source.time, view_.source.known}) {
      if (!name.empty()) want(name, !rows_.has(name));
    }
    for (const char* name : {kIngestTime, kSequence}) {
      if (rows_.has(name)) want(name, false);
    }
    std::vector<Table> parts;
    if (!columns_.empty()) parts.push_back(rows_.select(columns_));
    if (!outputs_.empty()) parts.push_back(computed(context, checks));
    ViewRows out = {side_by_side(std::move(parts)), view_.source.time, view_.source.known, {}};
    if (out.known_time.empty() && out.table.has(kIngestTime)) out.known_time = kIngestTime;
    if (out.table.has(kSequence)) out.sequence = kSequence;
    return out;
  }

 private:
  void want(const std::string& name, bool may_compute) {
    if (has_name(outputs_, name) || has_name(columns_, name)) return;
    const bool compute = may_compute && computed_node(driver_.graph(), name);
    if (!compute && !rows_.has(name)) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("view {}: {} is neither a node of the graph nor a column of {}{}",
                              view_.name, quote(name), name_with_owner(view_.source),
                              did_you_mean(name, rows_.names())));
    }
    (compute ? outputs_ : columns_).push_back(name);
  }

  // What the graph would read or compute of these rows, they give themselves.
  Table computed(Context context, std::vector<CheckReport>* checks) const {
    PlanOptions options;
    options.context = context;
    Values inputs = options_.inputs;
    for (const std::string& name : rows_.names()) {
      if (computed_node(driver_.graph(), name) && !has_name(outputs_, name)) {
        options.overrides.insert(name);
      }
      inputs.erase(name);
    }
    const Plan plan = driver_.plan(outputs_, options);
    const Result result = plan.run(rows_, inputs_taken(plan, inputs), run_options(options_));
    if (checks) checks->insert(checks->end(), result.checks().begin(), result.checks().end());
    return result.table(outputs_);
  }

  const Driver& driver_;
  const StoreOptions& options_;
  const FeatureView& view_;
  const Table& rows_;
  std::vector<std::string> outputs_;
  std::vector<std::string> columns_;
};

}  // namespace

std::string name_with_owner(const Source& source) {
  return source.owner.empty() ? fmt::format("source {}", source.name)
                              : fmt::format("source {} (owner {})", source.name, source.owner);
}

std::string written_rows_folder(const StoreOptions& options, const std::string& source) {
  return options.directory + "/tables/" + source;
}

DeltaOptions written_rows_options() {
  DeltaOptions options;
  options.compression = Compression::kLz4;
  return options;
}

// ---- contracts ----------------------------------------------------------------------------------

std::string ViewReader::broken_by(const Source& source) const {
  std::string text;
  for (const FeatureView* view : standing_.views_over(source.name)) {
    text += fmt::format("{}view {}: {}", text.empty() ? "; it is behind " : "; ", view->name,
                        fmt::join(view->features, ", "));
  }
  return text;
}

Table ViewReader::as_declared(const Source& source, const Table& rows) const {
  const std::string place = rows.source() ? rows.source()->describe() : "the rows given";
  const auto complain = [&](ErrorCode code, const std::string& what) {
    throw Error(code, fmt::format("{}: {}{}", name_with_owner(source), what, broken_by(source)));
  };
  std::vector<ConvertedColumn> columns;
  std::vector<std::string> names;
  bool changes = false;
  for (const auto& [stored, stored_type] : rows.schema()) {
    const auto renamed = source.renamed.find(stored);
    const std::string name = renamed == source.renamed.end() ? stored : renamed->second;
    ConvertedColumn column = {name, stored, stored_type, nullptr};
    const bool is_time = name == source.time || name == source.known;
    const bool is_number = stored_type->kind == Kind::kInt64 || stored_type->kind == Kind::kInt32;
    const ColumnSchema* declared = declared_column(source, name);
    if (is_time && is_number) {
      column.type = timestamp_type();
      column.convert = [unit = source.time_unit, name](const ColumnData& c) {
        return times_of(c, unit, name);
      };
    } else if (declared && declared->type != stored_type) {
      if (!widens(stored_type, declared->type)) {
        complain(ErrorCode::kTypeMismatch,
                 fmt::format("column {} is {} in {}, declared {}", quote(name), stored_type->name,
                             place, declared->type->name));
      }
      column.type = declared->type;
      column.convert = [type = declared->type](const ColumnData& c) { return c.as(type); };
    }
    if (has_name(source.not_null, name)) {
      const std::string message =
          fmt::format("{}: column {} has nulls in {}, declared not null{}", name_with_owner(source),
                      quote(name), place, broken_by(source));
      column.convert = [message, before = column.convert](const ColumnData& c) {
        if (c.null_count() > 0) throw Error(ErrorCode::kBadData, message);
        return before ? before(c) : c;
      };
    }
    changes |= column.convert != nullptr || name != stored;
    names.push_back(name);
    columns.push_back(std::move(column));
  }
  for (const auto& [name, type] : source.columns) {
    if (has_name(names, name)) continue;
    complain(ErrorCode::kBadData, fmt::format("{} has no column {}, which is declared{}", place,
                                              quote(name), did_you_mean(name, names)));
  }
  for (const std::string& name : {source.time, source.known}) {
    if (name.empty() || has_name(names, name) || computed_node(driver_.graph(), name)) continue;
    complain(ErrorCode::kBadData, fmt::format("{} has no column {}, which is its time{}", place,
                                              quote(name), did_you_mean(name, names)));
  }
  return changes ? converted(rows, std::move(columns), place) : rows;
}

std::string ViewReader::path_of(const Source& source) const {
  if (options_.root.empty() || source.path.starts_with("/")) return source.path;
  return options_.root + "/" + source.path;
}

// ---- stored rows --------------------------------------------------------------------------------

Table ViewReader::stored_rows(const Source& source) const {
  switch (source.kind) {
    case Source::Kind::kFile: {
      const std::string path = path_of(source);
      if (DeltaTable::exists(path)) return read_delta(path);
      ReadOptions options;
      const bool is_text = source.path.find(".csv") != source.path.npos ||
                           source.path.find(".tsv") != source.path.npos ||
                           source.path.find("json") != source.path.npos;
      for (const auto& [name, type] : source.columns) {
        const auto stored =
            std::ranges::find(source.renamed, name, [](const auto& pair) { return pair.second; });
        const bool is_time = name == source.time || name == source.known;
        if (!is_text || is_time) continue;
        options.types.push_back({stored == source.renamed.end() ? name : stored->first, type});
      }
      return read_table(path, options);
    }
    case Source::Kind::kQuery: {
      SqlReadOptions options;
      options.stream = true;
      return read_sql(open_sql(source.path), source.query, {}, options);
    }
    case Source::Kind::kTable: {
      const Plan plan = driver_.plan({source.path});
      return plan.run(inputs_taken(plan, options_.inputs), run_options(options_))
          .at(source.path)
          .get<Table>();
    }
    case Source::Kind::kPush:
      return no_rows(source);
    case Source::Kind::kRequest:
      break;
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} is of kind {}: its values come with each request, and it has no rows",
                          name_with_owner(source), source_kind_name(source.kind)));
}

int64_t ViewReader::count_stored(const Source& source, const Table& keys) const {
  const Table rows = as_declared(source, stored_rows(source));
  JoinKeys names;
  for (const std::string& name : keys.names()) {
    if (!rows.has(name)) return 0;
    names.push_back(name);
  }
  int64_t count = 0;
  const auto blocks = rows.read(keys.names());
  while (const auto block = blocks->next()) count += semi_join(*block, keys, names).num_rows();
  return count;
}

// Code, and what it was given: texts that are paths stand for their files.
std::string ViewReader::node_version(const std::string& name) const {
  const Graph& graph = driver_.graph();
  std::string text = graph.node(graph.at(name)).fingerprint + ";";
  const Plan plan = driver_.plan({name});
  for (const Plan::Input& input : plan.inputs()) {
    const auto given = options_.inputs.find(input.name);
    if (given == options_.inputs.end()) continue;
    const auto* path = given->second.get_if<std::string>();
    text += input.name + "=" + (path ? file_version(*path) : given->second.to_string()) + ";";
  }
  return text;
}

SourceSize ViewReader::stored_size(const Source& source) const {
  if (source.kind == Source::Kind::kPush) return {0, 0};
  if (source.kind != Source::Kind::kFile) return {};
  const std::string path = path_of(source);
  if (DeltaTable::exists(path)) return table_size(path);
  SourceSize size;
  int64_t bytes = 0;
  for (const std::string& file : files_of(path)) {
    bytes += static_cast<int64_t>(std::filesystem::file_size(file));
  }
  size.bytes = bytes;
  const Table rows = stored_rows(source);
  if (rows.source()) size.rows = rows.source()->num_rows();
  return size;
}

SourceSize ViewReader::size_of(const FeatureView& view) const {
  const Source& source = view.source;
  const SourceSize size = stored_size(stored_source(source));
  const std::string folder = written_rows_folder(options_, source.name);
  return DeltaTable::exists(folder) ? sum(size, table_size(folder)) : size;
}

std::string ViewReader::version_of(const FeatureView& view) const {
  const Source& source = view.source;
  std::string text;
  const Source* stored = &stored_source(source);
  if (stored->kind == Source::Kind::kQuery) return "";
  if (stored->kind == Source::Kind::kTable) text += node_version(stored->path);
  if (stored->kind == Source::Kind::kFile) {
    const std::string path = path_of(*stored);
    text += DeltaTable::exists(path) ? table_version(path) : file_version(path);
  }
  for (const Source* each : {&source, stored}) {
    const std::string folder = written_rows_folder(options_, each->name);
    if (DeltaTable::exists(folder)) text += table_version(folder);
    if (stored == &source) break;
  }
  return text;
}

// ---- computing ----------------------------------------------------------------------------------

Type ViewReader::feature_type(const FeatureView& view, const std::string& feature) const {
  if (const ColumnSchema* declared = declared_column(view.source, feature)) return declared->type;
  const Node* node = computed_node(driver_.graph(), feature);
  return node ? node->type : nullptr;
}

void ViewReader::check_fingerprints(const FeatureView& view,
                                    std::span<const std::string> features) const {
  const auto applied = standing_.features.find(view.name);
  if (applied == standing_.features.end()) return;
  for (const std::string& feature : features) {
    const Node* node = computed_node(driver_.graph(), feature);
    const auto known = applied->second.find(feature);
    if (known == applied->second.end()) continue;
    if (!node || node->fingerprint == known->second.fingerprint) continue;
    throw Error(ErrorCode::kConflict,
                fmt::format("feature {} of view {} is not the one that was applied (version {}): "
                            "its code or what it is made of has changed since. See `weft plan`, "
                            "then run `weft apply`",
                            feature, view.name, standing_.version),
                node->where);
  }
}

const Source& ViewReader::stored_source(const Source& source) const {
  const bool has_history = source.kind == Source::Kind::kPush && !source.history.empty();
  return has_history ? standing_.source(source.history) : source;
}

Table ViewReader::source_rows(const Source& source) const {
  const Source& stored = stored_source(source);
  std::vector<Table> rows = {as_declared(stored, stored_rows(stored))};
  // What was written to the source of its history is of its history.
  for (const Source* each : {&stored, &source}) {
    const std::string folder = written_rows_folder(options_, each->name);
    if (DeltaTable::exists(folder)) rows.push_back(read_delta(folder));
    if (&stored == &source) break;
  }
  return stacked(std::move(rows));
}

bool ViewReader::is_computed(const FeatureView& view, const std::string& feature) const {
  return !declared_column(view.source, feature) && computed_node(driver_.graph(), feature);
}

ViewRows ViewReader::history(const FeatureView& view, std::span<const std::string> features) const {
  check_fingerprints(view, features);
  const Table all = source_rows(view.source);
  return ViewComputation(driver_, options_, view, all).run(features, Context::kBatch, nullptr);
}

ViewRows ViewReader::of_rows(const FeatureView& view, std::span<const std::string> features,
                             const Table& rows, std::vector<CheckReport>* checks) const {
  check_fingerprints(view, features);
  const Table declared = as_declared(view.source, rows);
  return ViewComputation(driver_, options_, view, declared).run(features, Context::kStream, checks);
}

}  // namespace weft
