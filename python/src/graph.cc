// The graph: nodes, lineage, pictures.
#include "weft/graph.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "graph/export.h"
#include "graph/graph_view.h"
#include "opaque.h"

namespace weft::python {
namespace {

// A node of a graph that stays alive with it.
struct NodeHandle {
  Graph graph;
  size_t index;
  const Node& node() const { return graph.node(index); }
};

struct EdgeHandle {
  NodeHandle of;
  size_t index;
  const Edge& edge() const { return of.node().edges[index]; }
};

std::vector<std::string> names_of(const Graph& graph, const std::vector<size_t>& nodes) {
  std::vector<std::string> out;
  for (const size_t node : nodes) out.push_back(graph.node(node).name);
  return out;
}

std::vector<size_t> indices_of(const Graph& graph, const nb::object& names) {
  std::vector<size_t> out;
  for (const auto& name : strings_from_python(names)) out.push_back(graph.at(name));
  return out;
}

}  // namespace

void bind_graph(nb::module_& m) {
  nb::class_<EdgeHandle>(m, "Edge", "An input of a node: another node, or a value.")
      .def_prop_ro("parameter", [](const EdgeHandle& e) { return e.edge().parameter; })
      .def_prop_ro(
          "type", [](const EdgeHandle& e) { return e.edge().type; }, nb::rv_policy::reference)
      .def_prop_ro("shape",
                   [](const EdgeHandle& e) { return std::string(shape_name(e.edge().shape)); })
      .def_prop_ro("nullable", [](const EdgeHandle& e) { return e.edge().nullable; })
      .def_prop_ro("optional", [](const EdgeHandle& e) { return e.edge().optional; })
      .def_prop_ro("value", [](const EdgeHandle& e) { return to_python(e.edge().value); })
      .def_prop_ro(
          "source",
          [](const EdgeHandle& e) -> std::optional<std::string> {
            if (e.edge().source == Edge::kNone) return {};
            return e.of.graph.node(e.edge().source).name;
          },
          "The node's name; None: `value` stands there.");

  nb::class_<NodeHandle>(m, "Node", "A node of a graph.")
      .def_prop_ro("name", [](const NodeHandle& n) { return n.node().name; })
      .def_prop_ro("role",
                   [](const NodeHandle& n) { return std::string(role_name(n.node().role)); })
      .def_prop_ro(
          "type", [](const NodeHandle& n) { return n.node().type; }, nb::rv_policy::reference)
      .def_prop_ro("shape",
                   [](const NodeHandle& n) { return std::string(shape_name(n.node().shape)); })
      .def_prop_ro("nullable", [](const NodeHandle& n) { return n.node().nullable; })
      .def_prop_ro("edges",
                   [](const NodeHandle& n) {
                     std::vector<EdgeHandle> out;
                     for (size_t i = 0; i < n.node().edges.size(); ++i) out.push_back({n, i});
                     return out;
                   })
      .def_prop_ro(
          "tags",
          [](const NodeHandle& n) {
            nb::dict out;
            for (const auto& [key, values] : n.node().tags) out[key.c_str()] = nb::cast(values);
            return out;
          },
          "Each tag's values, a list.")
      .def_prop_ro("doc", [](const NodeHandle& n) { return n.node().doc; })
      .def_prop_ro("module", [](const NodeHandle& n) { return n.node().module; })
      .def_prop_ro("language", [](const NodeHandle& n) { return n.node().language; })
      .def_prop_ro(
          "function", [](const NodeHandle& n) { return n.node().function; },
          "The name of the definition it came from.")
      .def_prop_ro("field", [](const NodeHandle& n) { return n.node().field; })
      .def_prop_ro(
          "where",
          [](const NodeHandle& n) { return std::pair(n.node().where.file, n.node().where.line); })
      .def_prop_ro("fingerprint", [](const NodeHandle& n) { return n.node().fingerprint; })
      .def_prop_ro("code_version", [](const NodeHandle& n) { return n.node().code_version; })
      .def_prop_ro("source_text",
                   [](const NodeHandle& n) {
                     return n.node().definition ? n.node().definition->source_text : std::string();
                   })
      .def_prop_ro("has_default",
                   [](const NodeHandle& n) { return n.node().default_value.has_value(); })
      .def_prop_ro("default",
                   [](const NodeHandle& n) {
                     return n.node().default_value ? to_python(*n.node().default_value)
                                                   : nb::none();
                   })
      .def("__repr__", [](const NodeHandle& n) { return "Node(" + n.node().name + ")"; });

  nb::class_<Graph>(m, "Graph", "What modules and a config resolve to. Immutable.")
      .def_prop_ro(
          "nodes",
          [](const Graph& g) {
            std::vector<NodeHandle> out;
            out.reserve(g.nodes().size());
            for (size_t i = 0; i < g.nodes().size(); ++i) out.push_back({g, i});
            return out;
          },
          "In topological order.")
      .def_prop_ro("names",
                   [](const Graph& g) {
                     std::vector<std::string> out;
                     for (const Node& node : g.nodes()) out.push_back(node.name);
                     return out;
                   })
      .def_prop_ro("fingerprint", &Graph::fingerprint)
      .def("__len__", [](const Graph& g) { return g.nodes().size(); })
      .def("__contains__",
           [](const Graph& g, const std::string& name) { return g.find(name).has_value(); })
      .def("__getitem__",
           [](const Graph& g, const std::string& name) { return NodeHandle{g, g.at(name)}; })
      .def(
          "upstream",
          [](const Graph& g, const nb::object& names) {
            return names_of(g, g.upstream(std::span<const size_t>(indices_of(g, names))));
          },
          nb::arg("names"), "These nodes and all that they are computed from, inputs first.")
      .def(
          "downstream",
          [](const Graph& g, const std::string& name) {
            return names_of(g, g.downstream(g.at(name)));
          },
          nb::arg("name"), "The node and all that is computed from it.")
      .def(
          "between",
          [](const Graph& g, const std::string& from, const std::string& to) {
            return names_of(g, g.between(g.at(from), g.at(to)));
          },
          nb::arg("start"), nb::arg("end"), "Every node on a path; empty if there is none.")
      .def(
          "tagged",
          [](const Graph& g, const std::string& key, const std::optional<std::string>& value) {
            return names_of(
                g, g.tagged(key, value ? std::optional<std::string_view>(*value) : std::nullopt));
          },
          nb::arg("key"), nb::arg("value") = nb::none())
      .def(
          "consumers",
          [](const Graph& g, const std::string& name) {
            const auto found = g.consumers(g.at(name));
            return names_of(g, std::vector<size_t>(found.begin(), found.end()));
          },
          nb::arg("name"))
      .def(
          "inputs_of",
          [](const Graph& g, const nb::object& names) {
            return names_of(g, g.inputs_of(indices_of(g, names)));
          },
          nb::arg("outputs"))
      .def(
          "dot",
          [](const Graph& g, const nb::object& outputs) {
            return to_dot(view_of(g, indices_of(g, outputs)));
          },
          nb::arg("outputs") = nb::tuple())
      .def(
          "json",
          [](const Graph& g, const nb::object& outputs) {
            return to_json(view_of(g, indices_of(g, outputs)));
          },
          nb::arg("outputs") = nb::tuple())
      .def(
          "svg",
          [](const Graph& g, const nb::object& outputs) {
            return to_svg(view_of(g, indices_of(g, outputs)));
          },
          nb::arg("outputs") = nb::tuple())
      .def(
          "html",
          [](const Graph& g, const nb::object& outputs) {
            return to_html(view_of(g, indices_of(g, outputs)));
          },
          nb::arg("outputs") = nb::tuple());
  m.def(
      "difference",
      [](const Graph& before, const Graph& after) {
        const GraphDifference d = difference(before, after);
        nb::dict changed;
        for (const auto& change : d.changed)
          changed[change.name.c_str()] = nb::cast(change.reasons);
        nb::dict out;
        out["added"] = nb::cast(d.added);
        out["removed"] = nb::cast(d.removed);
        out["changed"] = changed;
        out["affected"] = nb::cast(d.affected);
        return out;
      },
      nb::arg("before"), nb::arg("after"));
}

}  // namespace weft::python
