#include "graph/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "graph/layout.h"
#include "graph/markup.h"
#include "graph/scene.h"
#include "weft/error.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

GraphView survey() {
  GraphView view{.title = "survey"};
  view.nodes = {{.name = "age", .kind = "input", .type = "int64"},
                {.name = "age_mean",
                 .kind = "scalar",
                 .type = "double",
                 .module = "survey",
                 .doc = "Mean \"age\" < 100.",
                 .source = "return mean(age);\n",
                 .file = "survey.cc",
                 .line = 7,
                 .fingerprint = "c0ffee",
                 .tags = {{"owner", {"growth", "ops"}}},
                 .output = true,
                 .facts = {{"time", "1.2 ms"}}}};
  view.edges = {{.from = 0, .to = 1, .parameter = "value", .optional = true}};
  return view;
}

size_t occurrences(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Edges lead from lower to higher positions, except that `cycles` adds some that do not.
GraphView random_view(std::mt19937_64& random, size_t nodes, size_t modules, bool cycles = false) {
  GraphView view{.title = "random"};
  const char* kinds[] = {"row", "column", "scalar", "object", "input", "config", "check", "loader"};
  for (size_t i = 0; i < nodes; ++i) {
    view.nodes.push_back({.name = "n" + std::to_string(i) + "_",
                          .kind = kinds[random() % 8],
                          .type = "double",
                          .module = "m" + std::to_string(random() % modules)});
    for (size_t k = i == 0 ? 0 : random() % 4; k > 0; --k) {
      view.edges.push_back({.from = random() % i, .to = i});
    }
    if (cycles && random() % 3 == 0) view.edges.push_back({.from = i, .to = random() % (i + 1)});
  }
  return view;
}

TEST(ExportDotTest, GoldenOfASmallGraph) {
  EXPECT_EQ(to_dot(survey()), R"(digraph "survey" {
  rankdir=LR;
  node [fontname="Helvetica", fontsize=11, style=filled, fillcolor="#f4f6f9"];
  edge [color="#66707c"];
  n0 [label="age\nint64", shape=cds];
  subgraph cluster_1 {
    label="survey";
    color="#c3cad3";
    n1 [label="age_mean\ndouble", shape=box, tooltip="Mean \"age\" < 100.", penwidth=2.5];
  }
  n0 -> n1 [label="value"] [style=dashed];
}
)");
}

TEST(ExportDotTest, TextCannotLeaveItsQuotes) {
  GraphView view;
  view.nodes = {{.name = "a\"];b\\", .module = "m\nn"}};
  EXPECT_THAT(to_dot(view), HasSubstr(R"([label="a\"];b\\", shape=box])"));
  EXPECT_THAT(to_dot(view), HasSubstr(R"(label="m\nn";)"));
}

TEST(ExportJsonTest, GoldenOfASmallGraph) {
  EXPECT_EQ(to_json(survey()),
            R"({"format":"weft-graph","version":1,"title":"survey",
"nodes":[
{"name":"age","kind":"input","type":"int64"},
{"name":"age_mean","kind":"scalar","type":"double","module":"survey","doc":"Mean \"age\" < 100.","source":"return mean(age);\n","file":"survey.cc","line":7,"fingerprint":"c0ffee","tags":{"owner":["growth","ops"]},"output":true,"facts":{"time":"1.2 ms"}}
],
"edges":[
{"from":"age","to":"age_mean","parameter":"value","optional":true}
]}
)");
}

TEST(ExportJsonTest, RoundTripKeepsEverything) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    const GraphView view = seed == 0 ? survey() : random_view(random, random() % 30, 3);
    const std::string text = to_json(view);
    const GraphView read = from_json(text);
    ASSERT_EQ(to_json(read), text) << "seed " << seed;
    ASSERT_EQ(read.nodes.size(), view.nodes.size()) << "seed " << seed;
    ASSERT_EQ(read.edges.size(), view.edges.size()) << "seed " << seed;
  }
}

TEST(ExportJsonTest, UnknownFieldsAreIgnored) {
  const GraphView view = from_json(
      R"({"format":"weft-graph","version":1,"new":1,"nodes":[{"name":"a","new":[]}],"edges":[]})");
  EXPECT_EQ(view.nodes.at(0).name, "a");
}

void expect_error(std::string_view text, ErrorCode code, std::string_view message) {
  try {
    from_json(text);
    ADD_FAILURE() << "no error for " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << text;
    EXPECT_THAT(error.message(), HasSubstr(std::string(message))) << text;
  }
}

TEST(ExportJsonTest, DamageIsNamedWithItsPlace) {
  const auto bad = ErrorCode::kBadData;
  const auto inside = [](std::string_view nodes, std::string_view edges) {
    return R"({"format":"weft-graph","version":1,"nodes":)" + std::string(nodes) + R"(,"edges":)" +
           std::string(edges) + "}";
  };
  expect_error("", bad, "not JSON");
  expect_error("[1]", bad, "the document must be an object, but is a JSON array");
  expect_error("{}", bad, "must have the \"format\" \"weft-graph\", but has \"\"");
  expect_error(R"({"format":"weft-graph"})", bad, "\"version\"");
  expect_error(R"({"format":"weft-graph","version":1})", bad, "has no \"nodes\"");
  expect_error(R"({"format":"weft-graph","version":9})", ErrorCode::kUnsupported, "version 9");
  expect_error(inside("[{}]", "[]"), bad, "nodes[0] has no \"name\"");
  expect_error(inside(R"([{"name":"a"},{"name":7}])", "[]"), bad,
               "nodes[1] has a \"name\" that must be text");
  expect_error(inside(R"([{"name":"a"},{"name":"a"}])", "[]"), bad, "two nodes of one name: a");
  expect_error(inside(R"([{"name":"a","line":-1}])", "[]"), bad, "\"line\" out of range: -1");
  expect_error(inside(R"([{"name":"a","line":1e99}])", "[]"), bad, "must be an integer");
  expect_error(inside(R"([{"name":"a","tags":{"k":"v"}}])", "[]"), bad, "lists of text");
  expect_error(inside(R"([{"name":"a"}])", R"([{"from":"a","to":"b"}])"), bad,
               "edges[0] has a \"to\" that is no node of the graph: b");
}

TEST(ExportJsonTest, EveryTruncationIsAnErrorAndNothingWorse) {
  const std::string text = to_json(survey());
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_THROW(from_json(text.substr(0, size)), Error) << size;
  }
}

TEST(ExportJsonTest, RandomDamageIsReadOrRefused) {
  const std::string text = to_json(survey());
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    std::string damaged = text;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    try {
      from_json(damaged);
    } catch (const Error&) {
    }
  }
}

TEST(ExportTest, BytesThatAreNotUtf8AreReplaced) {
  GraphView view{.title = "t\xff"};
  view.nodes = {{.name = "a\xC0\xAF", .doc = "\xED\xA0\x80 \x01"}};
  for (const auto& text : {to_dot(view), to_json(view), to_svg(view), to_html(view)}) {
    EXPECT_EQ(valid_utf8(text), text);
    EXPECT_THAT(text, HasSubstr("\xEF\xBF\xBD"));
  }
}

TEST(ExportTest, AnEdgeToNowhereIsAnError) {
  GraphView view = survey();
  view.edges[0].to = 2;
  EXPECT_THROW(to_dot(view), Error);
  EXPECT_THROW(to_json(view), Error);
  EXPECT_THROW(to_svg(view), Error);
  EXPECT_THROW(to_html(view), Error);
}

TEST(ExportTest, AnEmptyGraphIsDrawn) {
  EXPECT_THAT(to_dot({}), HasSubstr("digraph"));
  EXPECT_THAT(to_svg({}), HasSubstr("</svg>"));
  EXPECT_THAT(to_html({}), HasSubstr("</html>"));
  EXPECT_TRUE(from_json(to_json({})).nodes.empty());
}

TEST(ExportSvgTest, GoldenOfASmallGraph) {
  const std::string svg = to_svg(survey());
  const size_t from = svg.find("<g transform");
  ASSERT_NE(from, svg.npos);
  EXPECT_EQ(svg.substr(from), R"svg(<g transform="translate(24 60)">
<path class="edge optional" d="M84.0 21.0C111.5 21.0 111.5 21.0 138.9 21.0" marker-end="url(#arrow)"/>
<g><title>age: int64 (input)</title><path d="M0.0 0.0H75.0L84.0 21.0L75.0 42.0H0.0Z" fill="#f1f5f9" stroke="#64748b" stroke-width="1.2"/><text class="name" text-anchor="middle" x="42.0" y="18.0">age</text><text class="type" text-anchor="middle" x="42.0" y="34.0">int64</text></g>
<g><title>age_mean: double (scalar)
module survey

Mean &quot;age&quot; &lt; 100.
owner: growth, ops</title><rect x="138.9" y="0.0" width="89.2" height="42.0" rx="21.0" fill="#dcfce7" stroke="#15803d" stroke-width="2.6"/><text class="name" text-anchor="middle" x="183.5" y="18.0">age_mean</text><text class="type" text-anchor="middle" x="183.5" y="34.0">double</text></g>
<path d="M0.0 70.0H21.3L26.0 77.0L21.3 84.0H0.0Z" fill="#ffffff" stroke="#475569"/><text class="legend" x="34.0" y="81.0">input</text>
<rect x="89.0" y="70.0" width="26.0" height="14.0" rx="7.0" fill="#ffffff" stroke="#475569"/><text class="legend" x="123.0" y="81.0">scalar</text>
<rect x="185.0" y="70.0" width="26.0" height="14.0" rx="4.7" fill="#dcfce7" stroke="#15803d"/><text class="legend" x="219.0" y="81.0">survey</text>
</g>
</svg>
)svg");
}

TEST(ExportSvgTest, TextIsEscaped) {
  GraphView view{.title = "<script>"};
  view.nodes = {{.name = "a<b>", .type = "vector<int>&", .module = "'m'", .doc = "</title>&\x02"}};
  const std::string svg = to_svg(view);
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("vector&lt;int&gt;&amp;"));
  EXPECT_THAT(svg, HasSubstr("&lt;/title&gt;&amp;\xEF\xBF\xBD"));
}

TEST(ExportSvgTest, EveryNodeAndEdgeIsThere) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    const GraphView view = random_view(random, random() % 300, 1 + random() % 6, seed % 3 == 0);
    const std::string svg = to_svg(view);
    ASSERT_EQ(occurrences(svg, "class=\"name\""), view.nodes.size()) << "seed " << seed;
    ASSERT_EQ(occurrences(svg, "marker-end="), view.edges.size()) << "seed " << seed;
    ASSERT_THAT(svg, Not(HasSubstr("nan"))) << "seed " << seed;
    ASSERT_THAT(svg, Not(HasSubstr("inf"))) << "seed " << seed;
    ASSERT_EQ(to_svg(view), svg) << "seed " << seed;
  }
}

TEST(ExportHtmlTest, NoTextEndsTheScriptOrStartsMarkup) {
  GraphView view{.title = "</title><script>alert(1)</script>"};
  view.nodes = {{.name = "a",
                 .doc = "</script><script>alert(1)</script><!-- \xE2\x80\xA8",
                 .tags = {{"</script>", {"<img onerror=x>"}}}}};
  const std::string page = to_html(view);
  const std::string plain = to_html({});
  EXPECT_EQ(occurrences(page, "<script"), occurrences(plain, "<script"));
  EXPECT_EQ(occurrences(page, "</script"), occurrences(plain, "</script"));
  EXPECT_EQ(occurrences(page, "<img"), 0);
}

TEST(ExportHtmlTest, TheEmbeddedGraphIsTheSavedGraph) {
  GraphView view = survey();
  view.nodes[0].doc = "@SCRIPT@ @GRAPH@ & < >";
  const std::string page = to_html(view);
  const std::string_view open = "<script id=\"data\" type=\"application/json\">";
  const size_t from = page.find(open) + open.size();
  const size_t to = page.find("</script>", from);
  EXPECT_EQ(to_json(from_json(page.substr(from, to - from))), to_json(view));
}

TEST(ExportHtmlTest, ThePageNeedsNoNetwork) {
  const std::string page = to_html(survey());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* loads : {"<link", " src=", "@import", "fetch(", "XMLHttpRequest", "innerHTML"}) {
    EXPECT_THAT(page, Not(HasSubstr(loads)));
  }
}

void expect_sound(const std::vector<LayoutSize>& sizes, const std::vector<LayoutEdge>& edges,
                  bool acyclic, uint64_t seed) {
  const LayoutOptions options;
  const Layout layout = layered_layout(sizes, edges, options);
  ASSERT_EQ(layout.boxes.size(), sizes.size());
  ASSERT_EQ(layout.edge_bends.size(), edges.size());
  EXPECT_LE(layout.bends.size(), 2 * (sizes.size() + edges.size()) + 64);
  std::vector<std::vector<LayoutBox>> layers;
  for (const LayoutBox& box : layout.boxes) {
    ASSERT_TRUE(std::isfinite(box.x) && std::isfinite(box.y)) << "seed " << seed;
    ASSERT_GE(box.x, -1e-6) << "seed " << seed;
    ASSERT_GE(box.y, -1e-6) << "seed " << seed;
    ASSERT_LE(box.x + box.width, layout.width + 1e-6) << "seed " << seed;
    ASSERT_LE(box.y + box.height, layout.height + 1e-6) << "seed " << seed;
    layers.resize(std::max(layers.size(), box.layer + 1));
    layers[box.layer].push_back(box);
  }
  for (auto& layer : layers) {
    std::ranges::sort(layer, {}, &LayoutBox::y);
    for (size_t i = 1; i < layer.size(); ++i) {
      ASSERT_GE(layer[i].y - layer[i - 1].y - layer[i - 1].height, options.node_gap - 1e-6)
          << "seed " << seed;
    }
  }
  for (size_t i = 0; i < edges.size(); ++i) {
    const LayoutBox& from = layout.boxes[edges[i].from];
    const LayoutBox& to = layout.boxes[edges[i].to];
    if (acyclic) {
      ASSERT_LT(from.layer, to.layer) << "seed " << seed;
      ASSERT_LT(from.x + from.width, to.x) << "seed " << seed;
    }
    ASSERT_LE(layout.edge_bends[i], layout.trunk(edges[i].from).size()) << "seed " << seed;
  }
}

TEST(LayoutTest, RandomGraphsAreSound) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    std::mt19937_64 random(seed);
    const GraphView view = random_view(random, random() % 120, 3, seed % 3 == 0);
    std::vector<LayoutSize> sizes;
    for (size_t i = 0; i < view.nodes.size(); ++i) {
      sizes.push_back({20.0 + static_cast<double>(random() % 200), 42});
    }
    std::vector<LayoutEdge> edges;
    for (const ViewEdge& edge : view.edges) edges.push_back({edge.from, edge.to});
    expect_sound(sizes, edges, seed % 3 != 0, seed);
  }
}

TEST(LayoutTest, DeepAndWideGraphsStayWithinMemoryAndStack) {
  constexpr size_t kNodes = 20'000;
  const std::vector<LayoutSize> sizes(kNodes, LayoutSize{100, 40});
  std::vector<LayoutEdge> chain;
  std::vector<LayoutEdge> star;
  for (size_t i = 1; i < kNodes; ++i) {
    chain.push_back({i - 1, i});
    chain.push_back({0, i});  // each spans all layers before it
    star.push_back({0, i});
  }
  expect_sound(sizes, chain, true, 0);
  expect_sound(sizes, star, true, 0);
}

TEST(LayoutTest, AChainIsStraightAndADiamondHasNoCrossing) {
  const std::vector<LayoutSize> sizes(4, LayoutSize{100, 40});
  const std::vector<LayoutEdge> chain = {{0, 1}, {1, 2}, {2, 3}};
  const Layout straight = layered_layout(sizes, chain, {});
  for (const LayoutBox& box : straight.boxes) EXPECT_NEAR(box.y, 0, 1e-9);
  const std::vector<LayoutEdge> diamond = {{0, 1}, {0, 2}, {1, 3}, {2, 3}};
  const Layout layout = layered_layout(sizes, diamond, {});
  EXPECT_NEAR(layout.boxes[0].y, layout.boxes[3].y, 0.5);
  EXPECT_EQ(layout.boxes[1].layer, layout.boxes[2].layer);
}

TEST(SceneTest, FramesHoldTheirModulesAndDoNotOverlap) {
  std::mt19937_64 random(3);
  const GraphView view = random_view(random, 5'000, 12);
  const Scene scene = make_scene(view);
  const Modules modules = modules_of(view);
  ASSERT_EQ(scene.frames.size(), modules.names.size());
  for (size_t i = 0; i < view.nodes.size(); ++i) {
    const SceneFrame& frame = scene.frames[modules.of_node[i]];
    const SceneNode& node = scene.nodes[i];
    ASSERT_TRUE(node.x >= frame.x && node.x + node.width <= frame.x + frame.width + 1e-6) << i;
    ASSERT_TRUE(node.y >= frame.y && node.y + node.height <= frame.y + frame.height + 1e-6) << i;
  }
  for (const SceneFrame& a : scene.frames) {
    for (const SceneFrame& b : scene.frames) {
      const bool apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y ||
                         b.y + b.height <= a.y;
      ASSERT_TRUE(&a == &b || apart);
    }
  }
}

TEST(MarkupTest, LongNamesKeepBothEnds) {
  EXPECT_EQ(shortened("age", 5), "age");
  EXPECT_EQ(shortened("abcdefghij", 7), "abc\xE2\x80\xA6hij");
  EXPECT_EQ(display_width("\xE5\xB9\xB4\xE9\xBD\xA2"), 4);
  EXPECT_EQ(display_width(shortened("\xE5\xB9\xB4\xE9\xBD\xA2\xE5\xB9\xB4\xE9\xBD\xA2", 5)), 5);
}

}  // namespace
}  // namespace weft
