/// Verbs as data: parsing, help, completion and the reference page all come from one description.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"

namespace weft::cli {

/// What a shell offers for a value.
enum class Hint : uint8_t { kNone, kFile, kFolder, kModule, kNode, kVerb };

struct Flag {
  std::string name;        ///< "limit" for --limit
  char letter = 0;         ///< 'm' for -m; 0: none
  std::string value = {};  ///< what it takes, as help names it: "N"; empty: a switch
  std::string help;
  bool repeats = false;
  std::vector<std::string> choices = {};  ///< the only values allowed; empty: any
  Hint hint = Hint::kNone;
};

/// What stands without a flag.
struct Operand {
  std::string name;  ///< as help names it: "OUTPUT"
  std::string help = {};
  size_t count_min = 0;
  size_t count_max = SIZE_MAX;
  Hint hint = Hint::kNone;
  std::vector<std::string> choices = {};
};

/// The values of one command line. Flags that were not given have none.
class Arguments {
 public:
  bool has(std::string_view flag) const { return !all(flag).empty(); }
  /// Every value given for a flag; of a switch one empty text each time it was given.
  const std::vector<std::string>& all(std::string_view flag) const;
  /// The last value given.
  std::optional<std::string> text(std::string_view flag) const;
  /// As a whole number. Throws Error(kInvalidArgument).
  std::optional<int64_t> number(std::string_view flag) const;
  /// As a number of bytes: "512MiB", "4G", "1000000". Throws Error(kInvalidArgument).
  std::optional<int64_t> bytes(std::string_view flag) const;
  const std::vector<std::string>& operands() const { return operands_; }

 private:
  friend Arguments parse_arguments(const struct Verb& verb, std::vector<std::string> words);
  std::map<std::string, std::vector<std::string>, std::less<>> flags_;
  std::vector<std::string> operands_;
};

struct Example {
  std::string command;
  std::string what;
};

struct Verb {
  std::string name;
  std::string summary;      ///< one line
  std::string description;  ///< paragraphs, one line each
  std::vector<Operand> operands = {};
  std::vector<Flag> flags = {};
  std::vector<Example> examples = {};
  /// Returns the exit status; throws Error.
  int (*run)(const Arguments& arguments, const Console& console) = nullptr;
};

/// Flags that every verb takes: --json is none of them.
std::span<const Flag> global_flags();
/// -m, --project and --config.
const std::vector<Flag>& project_flags();
/// `first` and then `more`.
std::vector<Flag> operator+(std::vector<Flag> first, const std::vector<Flag>& more);
Flag json_flag();

/// What follows the verb on the command line, checked against what it takes. Throws
/// Error(kInvalidArgument) that names the nearest flag or choice.
Arguments parse_arguments(const Verb& verb, std::vector<std::string> words);

/// What `weft help VERB` prints.
std::string help_text(const Verb& verb, const Console& console);
/// What `weft help` prints.
std::string overview_text(const Console& console);

}  // namespace weft::cli
