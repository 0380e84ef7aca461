// Rewriting what cases expect, and nothing else of their files.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "data/text_form.h"
#include "testing/batch_values.h"
#include "testing/yaml_value.h"

namespace weft::testing {
namespace {

constexpr int64_t kFileBytesMax = int64_t{64} << 20;
constexpr size_t kLineWidth = 100;

// ---- values as YAML spells them -----------------------------------------------------------------

// A text that YAML reads back as the same text without quotes, in flow context too.
bool is_plain_text(const std::string& text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !is_letter(text[0]) || text.ends_with(' ')) return false;
  for (const char c : text) {
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != ' ') return false;
  }
  const Value value = value_from_yaml(YAML::Load(text), "");
  const auto* read = value.get_if<std::string>();
  return read && *read == text;
}

std::string yaml_text(const Value& value) {
  if (!value.has_value()) return "null";
  if (const auto* text = value.get_if<std::string>()) {
    return is_plain_text(*text) ? *text : quote(*text);
  }
  if (const auto* number = value.get_if<double>(); number && !std::isfinite(*number)) {
    return std::isnan(*number) ? ".nan" : *number > 0 ? ".inf" : "-.inf";
  }
  if (value.type()->is_object()) {
    throw Error(ErrorCode::kUnsupported, value.to_string() + " has no form in YAML");
  }
  return value.to_string();
}

std::vector<std::string> cell_texts(const ColumnData& column) {
  std::vector<std::string> texts;
  for (int64_t i = 0; i < column.size(); ++i) texts.push_back(yaml_text(column.at(i)));
  return texts;
}

// "[a, b]", in lines that start at `column` of the file's.
std::string flow_list(const std::vector<std::string>& texts, size_t column) {
  std::string out = "[";
  size_t at = column + 1;
  for (size_t i = 0; i < texts.size(); ++i) {
    const bool last = i + 1 == texts.size();
    if (i > 0 && at + texts[i].size() + 2 > kLineWidth) {
      out += "\n" + std::string(column + 1, ' ');
      at = column + 1;
    } else if (i > 0) {
      out += ' ';
      ++at;
    }
    out += texts[i] + (last ? "]" : ",");
    at += texts[i].size() + 1;
  }
  return texts.empty() ? "[]" : out;
}

std::string block_list(const std::vector<std::string>& texts, size_t column) {
  if (texts.empty()) return "[]";
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += "\n" + std::string(column, ' ');
    out += "- " + text;
  }
  return out;
}

// ---- where values stand in the file -------------------------------------------------------------

// The end of a quoted text that begins at `at`.
size_t end_of_quoted(std::string_view text, size_t at) {
  const char mark = text[at];
  size_t end = at + 1;
  while (end < text.size()) {
    if (mark == '"' && text[end] == '\\') {
      end += 2;
    } else if (text[end] != mark) {
      ++end;
    } else if (mark == '\'' && text.substr(end, 2) == "''") {
      end += 2;
    } else {
      return end + 1;
    }
  }
  return text.size();
}

bool starts_comment(std::string_view text, size_t at) {
  return text[at] == '#' &&
         (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\n');
}

// The end of a list or map in brackets.
size_t end_of_flow(std::string_view text, size_t at) {
  int depth = 0;
  bool at_token = true;  // a quote inside of a plain text is none
  while (at < text.size()) {
    const char c = text[at];
    if (at_token && (c == '"' || c == '\'')) {
      at = end_of_quoted(text, at);
      at_token = false;
      continue;
    }
    if (starts_comment(text, at)) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return at + 1;
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
      at_token = c == '[' || c == '{' || c == ',' || c == ':';
    }
    ++at;
  }
  return text.size();
}

// The end of what is indented to at least `column`, or of the items of a list that starts there.
size_t end_of_block(std::string_view text, size_t at, size_t column, bool is_list) {
  size_t end = std::min(text.find('\n', at), text.size());
  for (size_t line = end + 1; line < text.size();) {
    const size_t next = std::min(text.find('\n', line), text.size());
    const size_t first = std::min(text.find_first_not_of(" \r", line), next);
    const bool is_blank = first >= next || text[first] == '#';
    if (!is_blank) {
      const size_t indent = first - line;
      const bool is_item = text[first] == '-' && (first + 1 >= next || text[first + 1] == ' ');
      if (is_list ? indent < column || (indent == column && !is_item) : indent < column) break;
      end = next;
    }
    line = next + 1;
  }
  return end;
}

// A plain text ends with its line, a comment, or in brackets with the next sign of theirs.
size_t end_of_plain(std::string_view text, size_t at, bool in_flow) {
  size_t end = at;
  while (end < text.size() && text[end] != '\n' && text[end] != '\r' &&
         !starts_comment(text, end)) {
    if (in_flow && (text[end] == ',' || text[end] == ']' || text[end] == '}')) break;
    ++end;
  }
  while (end > at && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  return end;
}

struct Place {
  size_t begin = 0;
  size_t end = 0;
  size_t column = 0;
  bool is_block_list = false;
};

Place place_of(std::string_view text, const YAML::Node& node, bool in_flow) {
  Place place;
  place.begin = std::min(static_cast<size_t>(std::max(node.Mark().pos, 0)), text.size());
  place.column = static_cast<size_t>(std::max(node.Mark().column, 0));
  const char first = place.begin < text.size() ? text[place.begin] : '\n';
  if (node.IsSequence() && first != '[') {
    place.is_block_list = true;
    place.end = end_of_block(text, place.begin, place.column, true);
  } else if (node.IsMap() && first != '{') {
    place.end = end_of_block(text, place.begin, place.column, false);
  } else if (first == '[' || first == '{') {
    place.end = end_of_flow(text, place.begin);
  } else if (first == '"' || first == '\'') {
    place.end = end_of_quoted(text, place.begin);
  } else {
    place.end = end_of_plain(text, place.begin, in_flow);
  }
  while (place.end > place.begin && (text[place.end - 1] == '\n' || text[place.end - 1] == '\r')) {
    --place.end;
  }
  return place;
}

struct Edit {
  size_t begin;
  size_t end;
  std::string text;
};

// Is this what the case expects already?
bool agrees(const YAML::Node& node, const Value& found, const std::string& file) {
  try {
    const auto* column = found.get_if<ColumnData>();
    if (!column) return value_as(value_from_yaml(node, file), found.type()).equals(found);
    if (!node.IsSequence() || static_cast<int64_t>(node.size()) != column->size()) return false;
    for (int64_t i = 0; i < column->size(); ++i) {
      const Value expected = value_from_yaml(node[static_cast<size_t>(i)], file);
      if (!value_as(expected, column->type()).equals(column->at(i))) return false;
    }
    return true;
  } catch (const Error&) {
    return false;  // of another type
  }
}

// Rewrites one file.
class Update {
 public:
  Update(const std::string& path, const std::vector<Module>& modules)
      : path_(path), modules_(modules), text_(read_file(path, kFileBytesMax)) {}

  int run() {
    const std::vector<Case> cases = load_cases(path_);
    const YAML::Node root = YAML::Load(text_);
    int count = 0;
    for (size_t i = 0; i < cases.size(); ++i) {
      if (run_case(cases[i], modules_).passed) continue;
      const size_t before = edits_.size();
      add_case(cases[i], i, root["cases"][i]);
      count += edits_.size() > before ? 1 : 0;
    }
    if (count > 0) apply();
    return count;
  }

 private:
  void add_case(const Case& c, size_t index, const YAML::Node& node) {
    const YAML::Node expect = node["expect"];
    if (!expect || !expect.IsMap()) return;
    std::map<std::string, Value> found;
    try {
      found = batch_values(c, modules_);
    } catch (const Error&) {
      return;  // there is nothing to expect instead: the run itself fails
    }
    const bool in_flow = is_flow(expect) || is_flow(node);
    for (const auto& item : expect) {
      const Value& value = found.at(item.first.Scalar());
      const bool has_value_key = item.second.IsMap() && item.second["value"];
      const YAML::Node written = has_value_key ? item.second["value"] : item.second;
      if (agrees(written, value, path_)) continue;
      try {
        add_edit(item.first, written, value, in_flow || (has_value_key && is_flow(item.second)));
        written_.push_back({index, c.name, item.first.Scalar(), value});
      } catch (const Error& e) {
        throw Error(e.code(), item.first.Scalar() + ": " + e.message(),
                    {path_, item.first.Mark().line + 1});
      }
    }
  }

  bool is_flow(const YAML::Node& node) const {
    const auto at = static_cast<size_t>(std::max(node.Mark().pos, 0));
    return at < text_.size() && text_[at] == '{';
  }

  void add_edit(const YAML::Node& key, const YAML::Node& node, const Value& value, bool in_flow) {
    const auto* column = value.get_if<ColumnData>();
    if (node.IsNull()) {
      // A null may be written as nothing at all, and then stands nowhere.
      const Place at_key = place_of(text_, key, true);
      const size_t colon = text_.find(':', at_key.begin + key.Scalar().size());
      const size_t end = end_of_plain(text_, colon + 1, in_flow);
      edits_.push_back(
          {colon + 1, end,
           " " + (column ? flow_list(cell_texts(*column), at_key.column + 2) : yaml_text(value))});
      return;
    }
    const Place place = place_of(text_, node, in_flow);
    std::string text;
    if (!column) {
      text = yaml_text(value);
    } else if (place.is_block_list) {
      text = block_list(cell_texts(*column), place.column);
    } else {
      text = flow_list(cell_texts(*column), place.column);
    }
    edits_.push_back({place.begin, place.end, std::move(text)});
  }

  // From the back, so that places in front stay where they are.
  void apply() {
    std::ranges::sort(edits_, {}, [](const Edit& edit) { return edit.begin; });
    std::string text = text_;
    for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit) {
      text.replace(edit->begin, edit->end - edit->begin, edit->text);
    }
    if (!reads_as_meant(text)) {
      throw Error(ErrorCode::kUnsupported,
                  "the expectations are spelt in a way that cannot be rewritten in place: write "
                  "them as `name: value` or `name: [a, b]`",
                  {path_, 1});
    }
    write_file(path_, text);
  }

  // YAML has forms (texts over several lines, anchors) whose end is not told from where they begin:
  // so what was written is read back, and all else has to be what it was.
  bool reads_as_meant(const std::string& text) const {
    try {
      YAML::Node before = YAML::Load(text_);
      YAML::Node now = YAML::Load(text);
      if (now["cases"].size() != before["cases"].size()) return false;
      for (const Written& written : written_) {
        const YAML::Node node = now["cases"][written.index]["expect"][written.name];
        const YAML::Node value = node.IsMap() && node["value"] ? node["value"] : node;
        if (!agrees(value, written.value, path_)) return false;
      }
      for (YAML::Node* root : {&before, &now}) {
        for (YAML::Node c : (*root)["cases"]) {
          for (const Written& written : written_) {
            if (c["expect"] && c["name"].Scalar() == written.of) c["expect"].remove(written.name);
          }
        }
      }
      return YAML::Dump(before) == YAML::Dump(now);
    } catch (const std::exception&) {
      return false;
    }
  }

  struct Written {
    size_t index;
    std::string of;
    std::string name;
    Value value;
  };

  std::string path_;
  const std::vector<Module>& modules_;
  std::string text_;
  std::vector<Edit> edits_;
  std::vector<Written> written_;
};

}  // namespace

int update_cases(const std::string& path, const std::vector<Module>& modules) {
  return Update(path, modules).run();
}

}  // namespace weft::testing
