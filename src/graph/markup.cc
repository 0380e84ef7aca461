#include "graph/markup.h"

#include <cstdint>
#include <unordered_map>

#include "weft/error.h"

namespace weft {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
  bool valid = false;
};

// Decodes the code point at text[at], refusing overlong forms, surrogates and what lies beyond
// U+10FFFF (RFC 3629).
CodePoint decode(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) -> uint8_t {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  char32_t value = lead & (0xFF >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    const uint8_t next = byte(at + i);
    if ((next & 0xC0) != 0x80) return {};
    value = (value << 6) | (next & 0x3F);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {value, bytes, true};
}

bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

bool is_forbidden_in_xml(char32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7F || c == 0xFFFE ||
         c == 0xFFFF;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    result += point.valid ? text.substr(at, point.bytes) : kReplacement;
    at += point.bytes;
  }
  return result;
}

std::string escape_markup(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    if (!point.valid || is_forbidden_in_xml(point.value)) {
      result += kReplacement;
    } else if (point.value == '&') {
      result += "&amp;";
    } else if (point.value == '<') {
      result += "&lt;";
    } else if (point.value == '>') {
      result += "&gt;";
    } else if (point.value == '"') {
      result += "&quot;";
    } else if (point.value == '\'') {
      result += "&#39;";
    } else {
      result += text.substr(at, point.bytes);
    }
    at += point.bytes;
  }
  return result;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    width += is_wide(point.value) ? 2 : 1;
    at += point.bytes;
  }
  return width;
}

std::string shortened(std::string_view text, size_t width_max) {
  if (display_width(text) <= width_max) return std::string(text);
  std::vector<std::string_view> points;
  std::vector<size_t> widths;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    points.push_back(text.substr(at, point.bytes));
    widths.push_back(is_wide(point.value) ? 2 : 1);
    at += point.bytes;
  }
  const size_t budget = width_max > 0 ? width_max - 1 : 0;
  // The front gets the larger half: names of one family differ at the end, but are known by their
  // beginning.
  size_t front = 0;
  size_t front_width = 0;
  while (front < points.size() && front_width + widths[front] <= budget - budget / 2) {
    front_width += widths[front++];
  }
  size_t back = points.size();
  size_t back_width = 0;
  while (back > front && back_width + widths[back - 1] <= budget / 2) {
    back_width += widths[--back];
  }
  std::string result;
  for (size_t i = 0; i < front; ++i) result += points[i];
  result += "\xE2\x80\xA6";
  for (size_t i = back; i < points.size(); ++i) result += points[i];
  return result;
}

std::string type_line(const ViewNode& node) {
  const auto each = node.facts.find("for each");
  if (each == node.facts.end()) return node.type;
  return node.type + (node.type.empty() ? "" : " ") + "for each " + each->second;
}

void require_edges_inside(const GraphView& view) {
  for (const ViewEdge& edge : view.edges) {
    if (edge.from >= view.nodes.size() || edge.to >= view.nodes.size()) {
      throw Error(ErrorCode::kInternal, "graph view: edge " + std::to_string(edge.from) + " -> " +
                                            std::to_string(edge.to) + " leads outside of its " +
                                            std::to_string(view.nodes.size()) + " nodes");
    }
  }
}

Modules modules_of(const GraphView& view) {
  Modules result;
  std::unordered_map<std::string_view, size_t> known;
  result.of_node.reserve(view.nodes.size());
  for (const ViewNode& node : view.nodes) {
    const auto [found, fresh] = known.try_emplace(node.module, result.names.size());
    if (fresh) result.names.push_back(node.module);
    result.of_node.push_back(found->second);
  }
  return result;
}

}  // namespace weft
