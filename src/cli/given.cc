#include "cli/given.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "base/nearest_name.h"
#include "cli/project.h"
#include "testing/yaml_value.h"

namespace weft::cli {
namespace {

constexpr int64_t kTextBytesMax = int64_t{64} << 20;

bool ends_with_any(const std::string& path, std::span<const std::string_view> endings) {
  return std::ranges::any_of(endings, [&](auto ending) { return path.ends_with(ending); });
}

bool is_table_file(const std::string& path) {
  static constexpr std::array<std::string_view, 9> kEndings = {
      ".csv", ".tsv", ".parquet", ".feather", ".arrow", ".arrows", ".ipc", ".jsonl", ".ndjson"};
  static constexpr std::array<std::string_view, 4> kPacked = {".gz", ".zst", ".bz2", ".lz4"};
  std::string plain = path;
  for (const auto packed : kPacked) {
    if (plain.ends_with(packed)) plain.resize(plain.size() - packed.size());
  }
  return ends_with_any(plain, kEndings) || path.ends_with("/");
}

bool is_value_file(const std::string& path) {
  static constexpr std::array<std::string_view, 3> kEndings = {".yaml", ".yml", ".json"};
  return ends_with_any(path, kEndings);
}

// "file.csv:column", where a file of the whole name is not there.
std::pair<std::string, std::string> file_and_column(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || std::filesystem::exists(text)) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_list_value(const Value& value) {
  return value.has_value() && (value.get_if<ValueList>() || value.type()->kind == Kind::kList);
}

ValueList elements_of(const Value& value) {
  if (const auto* list = value.get_if<ValueList>()) return *list;
  ValueList elements;
  Arena arena;
  ListView list;
  value.type()->unbox(value.type(), value, &list, arena);
  const Type element = value.type()->element;
  for (int64_t i = 0; i < list.size; ++i) {
    const char* at = static_cast<const char*>(list.data) + static_cast<size_t>(i) * element->size;
    elements.push_back(element->box(element, at));
  }
  return elements;
}

// Where the type is a list, a list of lists is a column; elsewhere any list is one.
bool is_column_of(Type type, const Value& value) {
  if (!is_list_value(value)) return false;
  if (!type || type->kind != Kind::kList) return !type || !type->is_object();
  const ValueList elements = elements_of(value);
  return !elements.empty() && std::ranges::all_of(elements, [](const Value& e) {
    return !e.has_value() || is_list_value(e);
  });
}

Value column_value(const ValueList& values, Type type) {
  if (!type) {
    for (const Value& value : values) {
      if (!value.has_value()) continue;
      if (!type || widens(type, value.type())) type = value.type();
    }
  }
  if (!type) type = double_type();
  ValueList typed;
  for (const Value& value : values) typed.push_back(value_as(value, type));
  return Value::of(ColumnData::of_values(type, typed));
}

Value file_column(const std::string& path, const std::string& column, Type type) {
  ReadOptions options = {.columns = {column}};
  if (type && !type->is_object()) options.types = {{column, type}};
  return Value::of(read_table(path, options).column(column));
}

std::vector<std::string> input_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) {
    if (node.role == Role::kInput) names.push_back(node.name);
  }
  return names;
}

std::optional<Choice> choice_of(const std::string& name) {
  for (const Choice c : {Choice::kFitted, Choice::kGiven, Choice::kBatch, Choice::kStream}) {
    if (name == choice_name(c)) return c;
  }
  return {};
}

}  // namespace

Value typed_value(const std::string& text, Type type, const std::string& name) {
  if (type == string_type()) return Value::of(text);
  const bool bare_list = type && type->kind == Kind::kList && !text.starts_with("[");
  return value_as(value_of_text(bare_list ? "[" + text + "]" : text, name), type);
}

const std::vector<Flag>& given_flags() {
  static const std::vector<Flag> flags = {
      {.name = "input",
       .letter = 'i',
       .value = "NAME=VALUE",
       .help = "an input: a value as YAML spells it, or @file.csv:column for a column of a file, "
               "@file.parquet for a table, @file.yaml for a value in a file; @@ is a plain @",
       .repeats = true,
       .hint = Hint::kFile},
      {.name = "inputs",
       .value = "FILE",
       .help = "inputs by name in a YAML or JSON file; a list is a column",
       .repeats = true,
       .hint = Hint::kFile},
      {.name = "table",
       .value = "NAME=FILE",
       .help = "an input that is a table",
       .repeats = true,
       .hint = Hint::kFile},
      {.name = "rows",
       .value = "FILE",
       .help = "rows whose columns are inputs by name; given again: more files of the same rows",
       .repeats = true,
       .hint = Hint::kFile},
      {.name = "override",
       .value = "NAME=VALUE",
       .help = "a value in place of what a node computes; spelt as for --input",
       .repeats = true,
       .hint = Hint::kFile},
      {.name = "choose",
       .value = "[NODE=]WAY",
       .help = "what stands for a value that needs all rows where there are not all: fitted, "
               "given, batch or stream; without NODE for every such node",
       .repeats = true},
      {.name = "fit",
       .value = "FILE",
       .help = "where fitted values come from: what `weft run --save-fit` wrote",
       .hint = Hint::kFile},
  };
  return flags;
}

Given::Given(const Arguments& arguments, const Graph& graph) : graph_(graph) {
  for (const std::string& path : arguments.all("inputs")) {
    for (auto& [name, value] : values_of_file(path)) {
      add(name, {.form = Form::kValue, .value = std::move(value)});
    }
  }
  for (const std::string& text : arguments.all("input")) {
    const auto [name, value] = key_and_value("input", text);
    add_text(name, value, false);
  }
  for (const std::string& text : arguments.all("table")) {
    const auto [name, path] = key_and_value("table", text);
    add(name, {.form = Form::kTable, .text = path});
  }
  for (const std::string& text : arguments.all("override")) {
    const auto [name, value] = key_and_value("override", text);
    add_text(name, value, true);
  }
  if (arguments.has("rows")) add_rows(arguments.all("rows"));
  for (const std::string& text : arguments.all("choose")) add_choice(text);
  if (const auto path = arguments.text("fit")) fit_ = std::make_shared<Fit>(Fit::load(*path));
}

void Given::add_text(const std::string& name, const std::string& text, bool is_override) {
  Item item = {.form = Form::kText, .text = text, .is_override = is_override};
  if (text.starts_with("@@")) {
    item.text = text.substr(1);
  } else if (text.starts_with("@")) {
    const auto [file, column] = file_and_column(text.substr(1));
    const auto node = graph_.find(name);
    const bool wants_table = node && graph_.node(*node).type == type_of<Table>();
    if (is_table_file(file) || !column.empty()) {
      item.form = wants_table && column.empty() ? Form::kTable : Form::kColumn;
      item.text = file;
      item.column = column.empty() ? name : column;
    } else if (is_value_file(file)) {
      item.form = Form::kValue;
      item.value = value_of_text(read_file(file, kTextBytesMax), file);
    } else {
      item.text = read_file(file, kTextBytesMax);
    }
  }
  add(name, std::move(item));
}

void Given::add(const std::string& name, Item item) {
  const auto found = graph_.find(name);
  if (!found) {
    throw Error(ErrorCode::kNotFound, item.is_override
                                          ? fmt::format("there is no node '{}'", name)
                                          : fmt::format("there is no input '{}'{}", name,
                                                        did_you_mean(name, input_names(graph_))));
  }
  const Node& node = graph_.node(*found);
  if (!item.is_override && node.role == Role::kConfig) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is a value of the config: give --config {}=...", name, name));
  }
  if (!item.is_override && node.role != Role::kInput) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is computed, so it is no input: to give it all the same, use "
                            "--override",
                            name));
  }
  item.is_list = item.form == Form::kValue && is_column_of(node.type, item.value);
  items_.insert_or_assign(name, std::move(item));
}

void Given::add_rows(const std::vector<std::string>& paths) {
  rows_paths_ = paths;
  rows_schema_ = read_table(paths).schema();
}

void Given::add_choice(const std::string& text) {
  const size_t equals = text.rfind('=');
  const std::string way = equals == text.npos ? text : text.substr(equals + 1);
  const auto choice = choice_of(way);
  if (!choice) {
    static const std::vector<std::string> ways = {"fitted", "given", "batch", "stream"};
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--choose takes fitted, given, batch or stream, not '{}'{}", way,
                            did_you_mean(way, ways)));
  }
  if (equals == text.npos) {
    choice_ = choice;
  } else {
    choices_[node_of(graph_, text.substr(0, equals)).name] = *choice;
  }
}

PlanOptions Given::plan_options(Context context) const {
  PlanOptions options;
  options.context = context;
  options.choices = choices_;
  options.choice = choice_;
  options.fit = fit_;
  for (const auto& column : rows_schema_) {
    const auto node = graph_.find(column.name);
    if (node && graph_.node(*node).role == Role::kInput)
      options.shapes[column.name] = Shape::kColumn;
  }
  for (const auto& [name, item] : items_) {
    const bool is_column = item.form == Form::kColumn || item.is_list;
    options.shapes[name] = item.form == Form::kTable ? Shape::kObject
                           : is_column               ? Shape::kColumn
                                                     : Shape::kScalar;
    if (item.is_override) options.overrides.insert(name);
  }
  return options;
}

Value Given::typed(const std::string& name, const Item& item, Type type) const {
  switch (item.form) {
    case Form::kText:
      return typed_value(item.text, type, name);
    case Form::kValue:
      return item.is_list ? column_value(elements_of(item.value), type)
                          : value_as(item.value, type);
    case Form::kColumn:
      return file_column(item.text, item.column, type);
    case Form::kTable:
      return Value::of(read_table(item.text));
  }
  return {};
}

Values Given::values_for(const Plan& plan) const {
  Values values;
  for (const Plan::Input& input : plan.inputs()) {
    const auto item = items_.find(input.name);
    if (item == items_.end()) continue;
    try {
      values[input.name] = typed(input.name, item->second, input.type);
    } catch (const Error& e) {
      throw Error(e.code(), fmt::format("input '{}': {}", input.name, e.message()), e.where());
    }
  }
  return values;
}

std::optional<Table> Given::rows_for(const Plan& plan) const {
  if (rows_paths_.empty()) return {};
  ReadOptions options;
  for (const Plan::Input& input : plan.inputs()) {
    const bool is_there = std::ranges::any_of(
        rows_schema_, [&](const auto& column) { return column.name == input.name; });
    if (!is_there || items_.contains(input.name)) continue;
    options.columns.push_back(input.name);
    if (input.type && !input.type->is_object()) options.types.push_back({input.name, input.type});
  }
  if (options.columns.empty()) {
    std::vector<std::string> wanted;
    for (const Plan::Input& input : plan.inputs()) wanted.push_back(input.name);
    throw Error(
        ErrorCode::kNotFound,
        fmt::format("--rows has none of the inputs ({}); it has: {}",
                    wanted.empty() ? "there are none" : fmt::format("{}", fmt::join(wanted, ", ")),
                    to_string(rows_schema_)));
  }
  return read_table(rows_paths_, options);
}

}  // namespace weft::cli
