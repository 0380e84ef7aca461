// One page that stands alone: the files of page/ with the graph put in as JSON.
#include "graph/export.h"
#include "graph/markup.h"
#include "graph/page.h"
#include "weft/error.h"

namespace weft {
namespace {

// JSON that may stand in a script element: no text in it can end the element or begin a comment.
std::string json_for_script(const GraphView& view) {
  std::string result;
  for (const char c : to_json(view)) {
    if (c == '<') {
      result += "\\u003c";
    } else if (c == '>') {
      result += "\\u003e";
    } else if (c == '&') {
      result += "\\u0026";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string to_html(const GraphView& view) {
  // Each mark stands once in the page, in this order; what replaces one is not searched again.
  const std::string title = escape_markup(view.title.empty() ? "graph" : view.title);
  const std::string graph = json_for_script(view);
  const struct {
    std::string_view mark;
    std::string_view text;
  } parts[] = {
      {"@TITLE@", title}, {"@STYLE@", kPageCss}, {"@GRAPH@", graph}, {"@SCRIPT@", kPageJs}};
  std::string page;
  page.reserve(kPageHtml.size() + kPageCss.size() + kPageJs.size() + graph.size() + title.size());
  std::string_view rest = kPageHtml;
  for (const auto& part : parts) {
    const size_t at = rest.find(part.mark);
    WEFT_CHECK(at != std::string_view::npos);
    page += rest.substr(0, at);
    page += part.text;
    rest.remove_prefix(at + part.mark.size());
  }
  page += rest;
  return page;
}

}  // namespace weft
