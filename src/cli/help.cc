// Help as a good Unix tool prints it: usage, what it does, flags, examples.
#include <fmt/format.h>

#include <algorithm>

#include "cli/verbs.h"

namespace weft::cli {
namespace {

constexpr size_t kWidth = 88;
constexpr size_t kIndent = 26;

// Words of a text in lines of at most `width`, the later ones indented.
std::string wrapped(std::string_view text, size_t indent, size_t width) {
  std::string out;
  size_t column = indent;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    at = std::min(end + 1, text.size());
  }
  return out;
}

void add_entry(std::string& out, const std::string& name, const std::string& help) {
  out += "  " + name;
  const size_t used = 2 + name.size();
  out += used + 2 > kIndent ? "\n" + std::string(kIndent, ' ') : std::string(kIndent - used, ' ');
  out += wrapped(help, kIndent, kWidth) + "\n";
}

std::string flag_text(const Flag& flag) {
  std::string text =
      flag.letter != 0 ? fmt::format("-{}, --{}", flag.letter, flag.name) : "    --" + flag.name;
  if (!flag.value.empty()) text += "=" + flag.value;
  return text;
}

std::string usage(const Verb& verb) {
  std::string text = "weft " + verb.name;
  if (!verb.flags.empty()) text += " [FLAGS]";
  for (const Operand& operand : verb.operands) {
    const std::string name =
        operand.count_max > 1 ? fmt::format("{}...", operand.name) : operand.name;
    text += operand.count_min == 0 ? " [" + name + "]" : " " + name;
  }
  return text;
}

}  // namespace

std::string help_text(const Verb& verb, const Console& console) {
  std::string out = console.ink(Ink::kBold, usage(verb)) + "\n\n";
  std::string_view rest = verb.description;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    out += wrapped(rest.substr(0, end), 0, kWidth) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const bool described = std::ranges::any_of(
      verb.operands, [](const Operand& operand) { return !operand.help.empty(); });
  if (described) {
    out += "\n" + console.ink(Ink::kBold, "arguments") + "\n";
    for (const Operand& operand : verb.operands) add_entry(out, operand.name, operand.help);
  }
  out += "\n" + console.ink(Ink::kBold, "flags") + "\n";
  for (const Flag& flag : verb.flags) add_entry(out, flag_text(flag), flag.help);
  for (const Flag& flag : global_flags()) add_entry(out, flag_text(flag), flag.help);
  if (!verb.examples.empty()) {
    out += "\n" + console.ink(Ink::kBold, "examples") + "\n";
    for (const Example& example : verb.examples) {
      out += fmt::format("  {}\n      {}\n", console.ink(Ink::kCyan, example.command),
                         wrapped(example.what, 6, kWidth));
    }
  }
  return out;
}

std::string overview_text(const Console& console) {
  std::string out = console.ink(Ink::kBold, "weft COMMAND [FLAGS] [ARGUMENTS]") + "\n\n";
  out +=
      "Features from functions: runs, shows, checks and compares graphs of feature functions.\n\n";
  out += console.ink(Ink::kBold, "commands") + "\n";
  for (const Verb& verb : verbs()) add_entry(out, verb.name, verb.summary);
  out += "\n" + console.ink(Ink::kBold, "flags") + "\n";
  for (const Flag& flag : global_flags()) add_entry(out, flag_text(flag), flag.help);
  out +=
      "\nModules and config come from the nearest weft.yaml, or from -m and --config.\n"
      "Exit status: 0 all is well; 1 data or a run failed; 2 the call or the definitions are "
      "wrong.\n"
      "`weft help COMMAND` tells more.\n";
  return out;
}

}  // namespace weft::cli
