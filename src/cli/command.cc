#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "cli/verbs.h"
#include "weft/error.h"

namespace weft::cli {
namespace {

void print_error(const Console& console, std::string_view code, std::string_view message) {
  // The message has lines of its own, each of which may quote data.
  std::string text;
  while (true) {
    const size_t end = message.find('\n');
    text += printable(message.substr(0, end));
    if (end == message.npos) break;
    text += '\n';
    message.remove_prefix(end + 1);
  }
  console.out.flush();
  console.err << "weft: " << console.err_ink(Ink::kRed, "error:") << ' ' << code << ": " << text
              << '\n';
}

// Moves the flags that stand before the verb behind it, so that `weft --color=never list` works.
std::vector<std::string> verb_first(std::vector<std::string> words) {
  size_t verb = 0;
  while (verb < words.size() && words[verb].starts_with("-")) {
    const bool takes_next = words[verb] == "--color" || words[verb] == "-m" ||
                            words[verb] == "--module" || words[verb] == "--project" ||
                            words[verb] == "--config";
    verb += takes_next ? 2 : 1;
  }
  if (verb < words.size()) {
    std::rotate(words.begin(), words.begin() + static_cast<ptrdiff_t>(verb),
                words.begin() + static_cast<ptrdiff_t>(verb) + 1);
  }
  return words;
}

void set_colors(Console& console, const std::string& when) {
  if (when == "auto") return;
  console.out_color = console.err_color = when == "always";
}

int run_words(std::vector<std::string> words, Console& console) {
  words = verb_first(std::move(words));
  if (words.empty()) {
    console.err << overview_text(console);
    return 2;
  }
  std::string name = words[0];
  words.erase(words.begin());
  if (name == "--version") name = "version";
  if (name == "--help" || name == "-h") name = "help";
  const Verb& verb = find_verb(name);
  const Arguments arguments = parse_arguments(verb, std::move(words));
  set_colors(console, arguments.text("color").value_or("auto"));
  if (arguments.has("help")) {
    console.out << help_text(verb, console);
    return 0;
  }
  return verb.run(arguments, console);
}

}  // namespace

int run_command(std::vector<std::string> words, Console console) {
  try {
    return run_words(std::move(words), console);
  } catch (const Error& e) {
    print_error(console, error_code_name(e.code()), e.what());
    return exit_status(e.code());
  } catch (const std::bad_alloc&) {
    print_error(console, error_code_name(ErrorCode::kResourceLimit), "out of memory");
    return exit_status(ErrorCode::kResourceLimit);
  } catch (const std::exception& e) {
    print_error(console, error_code_name(ErrorCode::kInternal), e.what());
    return exit_status(ErrorCode::kInternal);
  }
}

}  // namespace weft::cli
