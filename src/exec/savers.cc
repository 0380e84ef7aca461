#include "exec/savers.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/nearest_name.h"
#include "data/text_form.h"
#include "exec/value_json.h"
#include "io/format_registry.h"
#include "weft/container.h"
#include "weft/write.h"

namespace weft {
namespace {

// ---- the format "object": a value as JSON, with its type ---------------------------------------

Load load_object(OptionReader& reader) {
  const std::string path = reader.text("path");
  std::string wanted;
  reader.read("type", wanted);
  return [=] {
    const auto json = nlohmann::json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("type") || !json["type"].is_string() ||
        !json.contains("value")) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{}: expected what the object saver wrote: {{\"type\": ..., "
                              "\"value\": ...}}",
                              path));
    }
    const std::string name = json["type"].get<std::string>();
    if (!wanted.empty() && name != wanted) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} holds {}, but type says {}", path, name, wanted));
    }
    const Type type = described_type(name);
    if (!type) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} holds {}, a type that no module here has described", path, name));
    }
    return value_from_json(type, json["value"]);
  };
}

Save save_object(OptionReader& reader) {
  const std::string path = reader.text("path");
  IfExists if_exists = IfExists::kReplace;
  reader.read("if_exists", {{"replace", IfExists::kReplace}, {"fail", IfExists::kFail}}, if_exists);
  return [=](const Value& value) {
    if (!value.type()) {
      throw Error(ErrorCode::kUnsupported, "a null of no known type has no text");
    }
    if (if_exists == IfExists::kFail && std::filesystem::exists(path)) {
      throw Error(ErrorCode::kAlreadyExists, fmt::format("{} exists already", path));
    }
    const nlohmann::json json = {{"type", value.type()->name}, {"value", value_to_json(value)}};
    const std::string text = json.dump();
    write_file(path, text);
    return Values{{"path", Value::of(path)},
                  {"bytes", Value::of(static_cast<int64_t>(text.size()))},
                  {"type", Value::of(value.type()->name)}};
  };
}

// JSON of values needs what src/io does not have.
[[maybe_unused]] const bool kRegistered = [] {
  add_format("object", LoaderFormat{.prepare = load_object});
  add_format("object", SaverFormat{.prepare = save_object});
  return true;
}();

// ---- options -----------------------------------------------------------------------------------

Values options_of(const Node& node, size_t first, std::span<const Value> values) {
  Values options;
  for (size_t i = first; i < values.size(); ++i) {
    options[node.edges[i].parameter] = values[i];
  }
  return options;
}

// Tells of all that can be known before the plan runs.
void check_options(const Node& node, size_t first,
                   void (*check)(std::string_view, const Values&, std::set<std::string>)) {
  Values known;
  std::set<std::string> later;
  for (size_t i = first; i < node.edges.size(); ++i) {
    const Edge& edge = node.edges[i];
    if (edge.source == Edge::kNone) {
      known[edge.parameter] = edge.value;
    } else {
      later.insert(edge.parameter);
    }
  }
  try {
    check(node.field, known, std::move(later));
  } catch (const Error& e) {
    const bool unknown = e.code() == ErrorCode::kNotFound;
    throw Error(e.code(), node.name + ": " + e.message() + (unknown ? node.hint : ""), node.where);
  }
}

// What can be said of any table without reading it.
void describe_table(const Table& table, Values& metadata) {
  Values schema;
  for (const ColumnSchema& column : table.schema()) {
    schema[column.name] = Value::of(column.type->name);
  }
  metadata.emplace("schema", Value::of(std::move(schema)));
  const auto& source = table.source();
  const auto rows = source ? source->num_rows() : std::optional(table.num_rows());
  if (rows) metadata.emplace("rows", Value::of(*rows));
  if (source) metadata.emplace("source", Value::of(source->describe()));
}

Loaded completed(Loaded loaded, const std::string& format) {
  loaded.metadata.emplace("loader", Value::of(format));
  if (const auto* table = loaded.value.get_if<Table>()) describe_table(*table, loaded.metadata);
  return loaded;
}

// A column is saved as a table of one column.
Value as_table(const Value& value, const std::string& name) {
  const auto* column = value.get_if<ColumnData>();
  return column ? Value::of(Table{{name, *column}}) : value;
}

}  // namespace

Call loader_call(const Node& node) {
  if (node.call) {
    return [call = node.call, format = node.field](std::span<const Value> values) {
      return Value::of(completed(call(values).get<Loaded>(), format));
    };
  }
  check_options(node, 0, &check_loader);
  return [node, load = loader(node.field)](std::span<const Value> values) {
    const Values options = options_of(node, 0, values);
    Loaded loaded = {load(options), {}};
    const auto path = options.find("path");
    if (path != options.end()) loaded.metadata["path"] = path->second;
    return Value::of(completed(std::move(loaded), node.field));
  };
}

Call select_call(const Node& node) {
  return [type = node.type, name = node.name,
          column = node.shape == Shape::kSeries](std::span<const Value> values) {
    const auto* loaded = values[0].get_if<Loaded>();
    Value value = loaded ? loaded->value : element_of(values[0], 0);
    if (column) {
      const auto* table = value.get_if<Table>();
      if (table && table->num_columns() == 1) {
        return Value::of(table->column(table->names()[0]));
      }
      if (value.get_if<ColumnData>()) return value;
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("a column was asked for, but {} was loaded",
                              table ? fmt::format("a table of {} columns", table->num_columns())
                              : value.type() ? value.type()->name
                                             : "nothing"));
    }
    if (!type || !value.has_value() || value.type() == type) return value;
    if (type->is_object() || value.type()->is_object()) {
      throw Error(ErrorCode::kTypeMismatch, fmt::format("{} was asked for, but {} was loaded",
                                                        type->name, value.type()->name));
    }
    return value.as(type);
  };
}

Call saver_call(const Node& node) {
  if (node.call) {
    const auto& parameters = node.definition->parameters;
    const bool table = !parameters.empty() && parameters[0].type == type_of<Table>();
    return [call = node.call, table, node](std::span<const Value> values) {
      std::vector<Value> given(values.begin(), values.end());
      if (table) given[0] = as_table(given[0], node.edges[0].parameter);
      Values metadata = call(given).get<Values>();
      metadata.emplace("saver", Value::of(node.field));
      return Value::of(std::move(metadata));
    };
  }
  check_options(node, 1, &check_saver);
  return [node, save = saver(node.field)](std::span<const Value> values) {
    Values metadata =
        save(as_table(values[0], node.edges[0].parameter), options_of(node, 1, values));
    metadata.emplace("saver", Value::of(node.field));
    return Value::of(std::move(metadata));
  };
}

}  // namespace weft
