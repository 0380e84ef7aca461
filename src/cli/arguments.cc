// Command lines into Arguments, by CLI11; nothing else includes it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/nearest_name.h"
#include "cli/verb.h"
#include "weft/error.h"

namespace weft::cli {
namespace {

[[noreturn]] void wrong(const Verb& verb, const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}; see `weft help {}`", message, verb.name));
}

std::vector<Flag> flags_of(const Verb& verb) {
  const auto global = global_flags();
  return verb.flags + std::vector<Flag>(global.begin(), global.end());
}

void check_choice(const Verb& verb, const std::string& what, const std::string& value,
                  const std::vector<std::string>& choices) {
  if (choices.empty() || std::ranges::find(choices, value) != choices.end()) return;
  wrong(verb, fmt::format("{} is one of {}, not '{}'{}", what, fmt::join(choices, ", "), value,
                          did_you_mean(value, choices)));
}

void check_unknown(const Verb& verb, std::vector<std::string> unknown) {
  std::erase(unknown, "--");  // CLI11 counts the mark that ends the flags
  if (unknown.empty()) return;
  const std::string name = unknown[0].substr(0, unknown[0].find('='));
  std::vector<std::string> known;
  for (const Flag& flag : flags_of(verb)) known.push_back("--" + flag.name);
  wrong(verb,
        fmt::format("`weft {}` has no flag '{}'{}", verb.name, name, did_you_mean(name, known)));
}

void check_operands(const Verb& verb, const std::vector<std::string>& operands) {
  size_t count_min = 0;
  size_t count_max = 0;
  std::vector<std::string> names;
  for (const Operand& operand : verb.operands) {
    for (size_t i = count_max; i < operands.size() && i - count_max < operand.count_max; ++i) {
      check_choice(verb, operand.name, operands[i], operand.choices);
    }
    count_min += operand.count_min;
    count_max = operand.count_max == SIZE_MAX ? SIZE_MAX : count_max + operand.count_max;
    if (names.size() < count_min) names.push_back(operand.name);
  }
  if (operands.size() < count_min) {
    wrong(verb, fmt::format("`weft {}` needs {}", verb.name, fmt::join(names, " and ")));
  }
  if (operands.size() > count_max) {
    wrong(verb, fmt::format("`weft {}` does not take '{}'", verb.name, operands[count_max]));
  }
}

}  // namespace

const std::vector<std::string>& Arguments::all(std::string_view flag) const {
  static const std::vector<std::string> none;
  const auto it = flags_.find(flag);
  return it == flags_.end() ? none : it->second;
}

std::optional<std::string> Arguments::text(std::string_view flag) const {
  const auto& values = all(flag);
  if (values.empty()) return {};
  return values.back();
}

std::optional<int64_t> Arguments::number(std::string_view flag) const {
  const auto value = text(flag);
  if (!value) return {};
  int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [at, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || at != end || number < 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--{} takes a whole number from 0, not '{}'", flag, *value));
  }
  return number;
}

std::optional<int64_t> Arguments::bytes(std::string_view flag) const {
  const auto value = text(flag);
  if (!value) return {};
  int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [at, error] = std::from_chars(value->data(), end, number);
  static const std::map<std::string_view, int> kShifts = {
      {"", 0},     {"B", 0},  {"K", 10},   {"KiB", 10}, {"M", 20},
      {"MiB", 20}, {"G", 30}, {"GiB", 30}, {"T", 40},   {"TiB", 40}};
  const auto shift = kShifts.find(std::string_view(at, static_cast<size_t>(end - at)));
  if (error != std::errc() || shift == kShifts.end() || number <= 0 ||
      number > (INT64_MAX >> shift->second)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--{} takes a number of bytes such as 512MiB or 4GiB, not '{}'", flag, *value));
  }
  return number << shift->second;
}

Arguments parse_arguments(const Verb& verb, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const std::vector<Flag> flags = flags_of(verb);
  std::vector<const CLI::Option*> options;
  for (const Flag& flag : flags) {
    std::string names = "--" + flag.name;
    if (flag.letter != 0) names += fmt::format(",-{}", flag.letter);
    if (flag.value.empty()) {
      options.push_back(app.add_flag(names));
    } else {
      // Each time one value, and any number of times: which one counts is the verb's business.
      options.push_back(app.add_option(names)
                            ->type_size(1)
                            ->expected(1)
                            ->allow_extra_args(false)
                            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
    }
  }
  const CLI::Option* operands =
      app.add_option("operands")->type_size(1)->expected(0, 1 << 20)->allow_extra_args();
  try {
    std::ranges::reverse(words);  // CLI11 takes them from the back
    app.parse(std::move(words));
  } catch (const CLI::ArgumentMismatch& e) {
    const std::string message = e.what();  // "--output: 1 required ..."
    wrong(verb, message.substr(0, message.find(':')) + " needs a value");
  } catch (const CLI::ParseError& e) {
    wrong(verb, e.what());
  }
  check_unknown(verb, app.remaining());
  Arguments arguments;
  for (size_t i = 0; i < flags.size(); ++i) {
    if (options[i]->count() == 0) continue;
    auto values = options[i]->results();
    for (const std::string& value : values) {
      if (!flags[i].value.empty())
        check_choice(verb, "--" + flags[i].name, value, flags[i].choices);
    }
    if (!flags[i].value.empty() && !flags[i].repeats && values.size() > 1) {
      wrong(verb, fmt::format("--{} is given twice", flags[i].name));
    }
    arguments.flags_[flags[i].name] = std::move(values);
  }
  arguments.operands_ = operands->results();
  if (!arguments.has("help")) check_operands(verb, arguments.operands_);
  return arguments;
}

}  // namespace weft::cli
