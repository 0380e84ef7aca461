// Parameterize and inject: one node for each set of bindings.
#include <algorithm>

#include "base/nearest_name.h"
#include "graph/draft.h"

namespace weft {
namespace {

std::string binding_text(const Dependency& d) {
  switch (d.kind) {
    case Dependency::Kind::kSource:
    case Dependency::Kind::kConfig:
      return d.name;
    case Dependency::Kind::kValue:
      return d.value.type() == string_type() && d.value.has_value() ? d.value.get<std::string>()
                                                                    : d.value.to_string();
    case Dependency::Kind::kGroup:
      break;
  }
  std::vector<std::string> parts;
  for (const auto& [name, entry] : d.group) parts.push_back(binding_text(entry));
  return fmt::format("{}", fmt::join(parts, ", "));
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// "{x}" becomes what x is bound to, "{output_name}" the node; any other {word} becomes the word.
std::string fill_in(std::string_view text, const std::string& node, const Dependencies& bindings) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find('{');
    const size_t close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    out += text.substr(0, open);
    const std::string word(text.substr(open + 1, close - open - 1));
    const auto bound = bindings.find(word);
    if (word == "output_name") {
      out += node;
    } else if (bound != bindings.end()) {
      out += binding_text(bound->second);
    } else {
      out += is_name(word) ? word : "{" + word + "}";
    }
    text.remove_prefix(close + 1);
  }
  return out.append(text);
}

void check_bindings(const Work& work, const Draft& function, const Dependencies& bindings,
                    const char* modifier) {
  std::vector<std::string> names;
  for (const Edge& edge : function.node.edges) names.push_back(edge.parameter);
  for (const auto& [parameter, dependency] : bindings) {
    if (parameter == "output_name") {
      work.problem("{} of '{}': 'output_name' is reserved for the documentation", modifier,
                   work.definition->name);
    } else if (std::ranges::count(names, parameter) == 0) {
      work.problem("{} of '{}' binds '{}', which is no parameter{}", modifier,
                   work.definition->name, parameter, did_you_mean(parameter, names));
    }
  }
}

// The function's node with some of its parameters bound.
void add_bound(Work& work, const Draft& function, const std::string& name,
               const Dependencies& bindings, const std::string& doc, const char* modifier) {
  check_bindings(work, function, bindings, modifier);
  Draft d = function;
  d.node.name = name;
  d.node.edges.clear();
  d.sources.clear();
  for (size_t i = 0; i < function.node.edges.size(); ++i) {
    const Edge& edge = function.node.edges[i];
    const auto bound = bindings.find(edge.parameter);
    if (bound == bindings.end()) {
      d.add_edge(edge, function.sources[i]);
      continue;
    }
    if (function.sources[i] != edge.parameter) {
      work.problem("{} of '{}' binds '{}', which another of its modifiers has bound already",
                   modifier, work.definition->name, edge.parameter);
    }
    const Parameter p = {edge.parameter, edge.type, edge.shape, edge.nullable, {}};
    bind(work, d, p, bound->second, modifier);
  }
  d.node.doc = fill_in(doc.empty() ? function.node.doc : doc, name, bindings);
  if (modifier == std::string_view("parameterize")) d.made_by = "parameterize";
  work.drafts.push_back(std::move(d));
}

// Takes the function's own node out of the drafts.
std::optional<Draft> take_function(Work& work, const char* modifier) {
  const auto found =
      std::ranges::find_if(work.drafts, [&](const Draft& d) { return d.node.name == work.name; });
  if (found == work.drafts.end()) {
    work.problem("{} of '{}' cannot stand beside a sub-DAG of several results", modifier,
                 work.definition->name);
    return {};
  }
  Draft taken = std::move(*found);
  work.drafts.erase(found);
  return taken;
}

}  // namespace

void expand(Work& work) {
  if (const Parameterize* parameterize = work.first<Parameterize>()) {
    if (parameterize->variants.empty()) {
      return work.problem("parameterize of '{}' has no variant", work.definition->name);
    }
    const auto function = take_function(work, "parameterize");
    if (!function) return;
    for (const auto& variant : parameterize->variants) {
      if (variant.name.empty()) {
        work.problem("parameterize of '{}' has a variant without a name", work.definition->name);
        continue;
      }
      add_bound(work, *function, variant.name, variant.bindings, variant.doc, "parameterize");
    }
  } else if (const Inject* inject = work.first<Inject>()) {
    if (inject->bindings.empty()) {
      return work.problem("inject of '{}' binds nothing", work.definition->name);
    }
    const auto function = take_function(work, "inject");
    if (function) add_bound(work, *function, work.name, inject->bindings, {}, "inject");
  }
}

}  // namespace weft
