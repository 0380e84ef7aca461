// Savers and loaders that the caller of a driver names: nodes beside those of the modules.
#include <algorithm>
#include <unordered_set>

#include "base/nearest_name.h"
#include "graph/draft.h"

namespace weft {
namespace {

class Materializing {
 public:
  Materializing(const Scope& scope, Drafts& drafts) : scope_(scope), drafts_(drafts) {}

  void add(const Materializer& m) {
    auto definition = std::make_shared<Definition>();
    definition->name = m.name;
    definition->where = m.where;
    Work work = {.definition = std::move(definition), .scope = &scope_, .name = m.name};
    const char* word = m.kind == Materializer::Kind::kTo ? "to" : "from";
    if (m.name.empty() || m.format.empty()) {
      return work.problem(ErrorCode::kInvalidArgument, "{}() needs the name of a {} and of a node",
                          word, m.kind == Materializer::Kind::kTo ? "saver" : "loader");
    }
    if (m.kind == Materializer::Kind::kTo) {
      save(work, m);
    } else {
      load(work, m);
    }
    for (Draft& d : work.drafts) {
      d.node.function.clear();
      if (d.node.definition == d.owner) d.node.definition = nullptr;
      drafts_.push_back(std::move(d));
    }
  }

 private:
  // Nodes and inputs by name.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Draft& d : drafts_) {
      all.push_back(d.node.name);
      all.insert(all.end(), d.sources.begin(), d.sources.end());
    }
    return all;
  }
  bool known(const Work& work, const std::string& name, const char* word) const {
    const std::vector<std::string> all = names();
    if (std::ranges::count(all, name) > 0 || scope_.config->contains(name)) return true;
    work.problem(ErrorCode::kNotFound, "{}() names '{}', which is no node{}", word, name,
                 did_you_mean(name, all));
    return false;
  }

  void save(Work& work, const Materializer& m) {
    if (m.nodes.empty()) {
      return work.problem(ErrorCode::kInvalidArgument, "to() of '{}' names no node to be saved",
                          m.name);
    }
    for (const std::string& node : m.nodes) {
      if (!known(work, node, "to")) return;
    }
    std::string source = m.nodes[0];
    // As it is, whatever it is.
    Edge data = {.parameter = source, .type = nullptr, .shape = Shape::kRow};
    if (m.nodes.size() > 1 || m.combine) {
      Draft all = work.draft(m.name + "_build_result", Role::kTable, "to");
      if (m.combine) {
        all.node.call = m.combine;
      } else {
        all.node.type = type_of<Table>();
      }
      for (const std::string& node : m.nodes) {
        all.add_edge({.parameter = node, .type = nullptr, .shape = Shape::kRow}, node);
      }
      source = all.node.name;
      data = {.parameter = source, .type = all.node.type, .shape = Shape::kObject};
      work.drafts.push_back(std::move(all));
    }
    make_saver(work, work.draft(m.name, Role::kSave, "to"), data, source, m.format, m.options,
               "to");
  }

  void load(Work& work, const Materializer& m) {
    if (!known(work, m.name, "from")) return;
    Draft data = work.draft(m.name, Role::kSelect, "from");
    data.node.shape = Shape::kObject;
    // What it has to be, those say who take it, or who made it so far.
    for (const Draft& d : drafts_) {
      for (size_t e = 0; e < d.sources.size(); ++e) {
        if (d.sources[e] != m.name) continue;
        const Edge& edge = d.node.edges[e];
        if (!data.node.type) data.node.type = edge.type;
        if (edge.shape == Shape::kColumn || edge.shape == Shape::kSeries) {
          data.node.shape = Shape::kSeries;
        }
      }
    }
    for (auto at = drafts_.begin(); at != drafts_.end(); ++at) {
      if (at->node.name != m.name) continue;
      data.node.type = at->node.type;
      data.node.doc = at->node.doc;
      data.node.tags = at->node.tags;
      drafts_.erase(at);
      break;
    }
    make_loader(work, work.draft("load_data." + m.name, Role::kLoad, "from"), data, m.format,
                m.options, m.name, "from");
    work.drafts.push_back(std::move(data));
  }

  const Scope& scope_;
  Drafts& drafts_;
};

}  // namespace

void add_materializers(std::span<const Materializer> materializers, const Scope& scope,
                       Drafts& drafts) {
  Materializing all(scope, drafts);
  for (const Materializer& m : materializers) all.add(m);
}

}  // namespace weft
