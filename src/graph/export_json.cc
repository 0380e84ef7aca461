// The saved form of a graph: docs/formats/graph-json.md.
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "graph/export.h"
#include "graph/markup.h"
#include "weft/error.h"

namespace weft {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kFormat = "weft-graph";
constexpr int64_t kVersion = 1;

std::string compact(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void put_text(ordered_json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

ordered_json node_to_json(const ViewNode& node) {
  ordered_json object = {{"name", node.name}};
  put_text(object, "kind", node.kind);
  put_text(object, "type", node.type);
  put_text(object, "module", node.module);
  put_text(object, "doc", node.doc);
  put_text(object, "source", node.source);
  put_text(object, "file", node.file);
  if (node.line != 0) object["line"] = node.line;
  put_text(object, "fingerprint", node.fingerprint);
  if (!node.tags.empty()) object["tags"] = node.tags;
  if (node.output) object["output"] = true;
  if (!node.facts.empty()) object["facts"] = node.facts;
  return object;
}

ordered_json edge_to_json(const GraphView& view, const ViewEdge& edge) {
  ordered_json object = {{"from", view.nodes[edge.from].name}, {"to", view.nodes[edge.to].name}};
  put_text(object, "parameter", edge.parameter);
  if (edge.optional) object["optional"] = true;
  return object;
}

// Reads fields of one object and says, when one has the wrong type, which and where.
class FieldReader {
 public:
  FieldReader(const ordered_json& object, std::string place)
      : object_(object), place_(std::move(place)) {
    if (!object_.is_object()) fail("must be an object, but is " + kind_of(object_));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kBadData, "saved graph: " + place_ + " " + what);
  }

  std::string text(const char* key) const {
    const ordered_json* value = find(key);
    return value == nullptr ? std::string() : as_text(*value, key);
  }

  std::string required_text(const char* key) const {
    if (find(key) == nullptr) fail("has no \"" + std::string(key) + "\"");
    return text(key);
  }

  bool flag(const char* key) const {
    const ordered_json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) wrong(key, "true or false", *value);
    return value->get<bool>();
  }

  int count(const char* key) const {
    const ordered_json* value = find(key);
    if (value == nullptr) return 0;
    if (!value->is_number_integer()) wrong(key, "an integer", *value);
    constexpr int kMax = std::numeric_limits<int>::max();
    const bool in_range = value->is_number_unsigned() ? value->get<uint64_t>() <= uint64_t{kMax}
                                                      : value->get<int64_t>() >= 0;
    if (!in_range) fail("has a \"" + std::string(key) + "\" out of range: " + value->dump());
    return value->get<int>();
  }

  std::map<std::string, std::string> texts(const char* key) const {
    std::map<std::string, std::string> result;
    for (const auto& [name, value] : object_at(key).items()) result[name] = as_text(value, key);
    return result;
  }

  std::map<std::string, std::vector<std::string>> lists(const char* key) const {
    std::map<std::string, std::vector<std::string>> result;
    for (const auto& [name, values] : object_at(key).items()) {
      if (!values.is_array()) wrong(key, "lists of text", values);
      std::vector<std::string>& list = result[name];
      for (const ordered_json& value : values) list.push_back(as_text(value, key));
    }
    return result;
  }

  const ordered_json& required_array(const char* key) const {
    const ordered_json* value = find(key);
    if (value == nullptr) fail("has no \"" + std::string(key) + "\"");
    if (!value->is_array()) wrong(key, "a list", *value);
    return *value;
  }

 private:
  static std::string kind_of(const ordered_json& value) {
    return value.is_null() ? "null" : "a JSON " + std::string(value.type_name());
  }

  [[noreturn]] void wrong(const char* key, const char* wanted, const ordered_json& value) const {
    fail("has a \"" + std::string(key) + "\" that must be " + wanted + ", but is or holds " +
         kind_of(value));
  }

  const ordered_json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  std::string as_text(const ordered_json& value, const char* key) const {
    if (!value.is_string()) wrong(key, "text", value);
    return value.get<std::string>();
  }

  const ordered_json& object_at(const char* key) const {
    static const ordered_json kNone = ordered_json::object();
    const ordered_json* value = find(key);
    if (value == nullptr) return kNone;
    if (!value->is_object()) wrong(key, "an object", *value);
    return *value;
  }

  const ordered_json& object_;
  std::string place_;
};

ViewNode node_from_json(const ordered_json& object, size_t position) {
  FieldReader at(object, "nodes[" + std::to_string(position) + "]");
  ViewNode node;
  node.name = at.required_text("name");
  node.kind = at.text("kind");
  node.type = at.text("type");
  node.module = at.text("module");
  node.doc = at.text("doc");
  node.source = at.text("source");
  node.file = at.text("file");
  node.line = at.count("line");
  node.fingerprint = at.text("fingerprint");
  node.tags = at.lists("tags");
  node.output = at.flag("output");
  node.facts = at.texts("facts");
  return node;
}

using Positions = std::unordered_map<std::string, size_t>;

ViewEdge edge_from_json(const ordered_json& object, size_t position, const Positions& positions) {
  FieldReader at(object, "edges[" + std::to_string(position) + "]");
  const auto end = [&](const char* key) {
    const std::string name = at.required_text(key);
    const auto found = positions.find(name);
    if (found == positions.end()) {
      at.fail("has a \"" + std::string(key) + "\" that is no node of the graph: " + name);
    }
    return found->second;
  };
  return {end("from"), end("to"), at.text("parameter"), at.flag("optional")};
}

ordered_json parse(std::string_view text) {
  try {
    return ordered_json::parse(text.begin(), text.end());
  } catch (const ordered_json::parse_error& error) {
    throw Error(ErrorCode::kBadData, "saved graph: not JSON at byte " + std::to_string(error.byte) +
                                         " of " + std::to_string(text.size()) +
                                         ": cut short or damaged");
  }
}

void require_known_format(const ordered_json& document, const FieldReader& at) {
  const std::string format = at.text("format");
  if (format != kFormat) {
    at.fail("must have the \"format\" \"" + std::string(kFormat) + "\", but has \"" + format +
            "\"");
  }
  const auto version = document.find("version");
  if (version == document.end() || !version->is_number_integer() || *version < 1) {
    at.fail("must have a \"version\" of 1 or more");
  }
  if (*version > kVersion) {
    throw Error(ErrorCode::kUnsupported,
                "saved graph: made by a newer Weft; this one reads versions up to " +
                    std::to_string(kVersion) + ", the file has version " + version->dump());
  }
}

}  // namespace

std::string to_json(const GraphView& view) {
  require_edges_inside(view);
  std::unordered_map<std::string_view, size_t> names;
  for (const ViewNode& node : view.nodes) {
    if (!names.try_emplace(node.name, names.size()).second) {
      throw Error(ErrorCode::kInternal, "graph view: two nodes have one name: " + node.name);
    }
  }
  std::string text = "{\"format\":\"" + std::string(kFormat) +
                     "\",\"version\":" + std::to_string(kVersion) +
                     ",\"title\":" + compact(view.title) + ",\n\"nodes\":[";
  for (size_t i = 0; i < view.nodes.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text += compact(node_to_json(view.nodes[i]));
  }
  text += "\n],\n\"edges\":[";
  for (size_t i = 0; i < view.edges.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text += compact(edge_to_json(view, view.edges[i]));
  }
  text += "\n]}\n";
  return text;
}

GraphView from_json(std::string_view text) {
  const ordered_json document = parse(text);
  const FieldReader at(document, "the document");
  require_known_format(document, at);
  GraphView view;
  view.title = at.text("title");
  Positions positions;
  for (const ordered_json& object : at.required_array("nodes")) {
    const size_t position = view.nodes.size();
    view.nodes.push_back(node_from_json(object, position));
    const std::string& name = view.nodes.back().name;
    if (!positions.try_emplace(name, position).second) {
      at.fail("has two nodes of one name: " + name);
    }
  }
  for (const ordered_json& object : at.required_array("edges")) {
    view.edges.push_back(edge_from_json(object, view.edges.size(), positions));
  }
  return view;
}

}  // namespace weft
