/// Options as Values, taken out one by one; what nobody took is an error.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weft/read.h"

namespace weft {

/// Each method notes the option's name as known and gives its value, if there is one, converted.
/// Throws Error(kTypeMismatch) naming the option, and kInvalidArgument for a value out of range.
class OptionReader {
 public:
  /// `later`: names of options that are given, but whose values are not known yet.
  OptionReader(std::string what, const Values& options, std::set<std::string> later = {})
      : what_(std::move(what)), options_(options), later_(std::move(later)) {}

  bool is_later(const std::string& name) const { return later_.contains(name); }

  const Value* find(std::string_view name);
  std::string text(std::string_view name);  ///< needed: Error(kInvalidArgument) if absent

  void read(std::string_view name, std::string& out);
  void read(std::string_view name, bool& out);
  void read(std::string_view name, int& out);
  void read(std::string_view name, int64_t& out);
  void read(std::string_view name, char& out);  ///< a text of one character, or none for '\0'
  void read(std::string_view name, std::vector<std::string>& out);  ///< a text is a list of one
  void read(std::string_view name, Schema& out);
  void read(std::string_view name, Filter& out);
  /// One of `names`: its number.
  template <class E>
  void read(std::string_view name, std::initializer_list<std::pair<std::string_view, E>> names,
            E& out) {
    std::vector<std::string> texts;
    for (const auto& [text, value] : names) texts.emplace_back(text);
    if (const auto number = choice(name, texts)) out = (names.begin() + *number)->second;
  }

  /// Throws Error(kInvalidArgument) for an option that was not asked for, with the nearest name.
  void finish() const;

 private:
  std::optional<size_t> choice(std::string_view name, const std::vector<std::string>& texts);
  template <class T>
  void read_as(std::string_view name, T& out);
  [[noreturn]] void fail(ErrorCode code, std::string_view name, const std::string& problem) const;

  std::string what_;
  const Values& options_;
  std::set<std::string> later_;
  std::vector<std::string> known_;
};

/// "year >= 2013". Throws Error(kInvalidArgument).
Condition parse_condition(const std::string& text);
/// "age: int64, name: string". Throws Error(kInvalidArgument).
Schema parse_schema(const std::string& text);

}  // namespace weft
