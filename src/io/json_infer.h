/// The types of JSON rows, from those at the start of a file.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "io/text_blocks.h"

namespace weft {

/// One line as an object. Throws Error(kBadData) with file and line.
nlohmann::json parse_json_row(std::string_view text, const std::string& path, int64_t line);

/// Gathers what rows say about the types of their keys.
class JsonInference {
 public:
  explicit JsonInference(std::string path);
  ~JsonInference();

  /// The type of this key is known and need not be inferred.
  void declare(const std::string& key);
  /// Throws Error(kBadData) where a key has values that no type holds together.
  void add(const TextBlock& block);
  /// Has every key had a value that tells its type?
  bool complete() const;
  /// One field for each key that was not declared, in the order first seen; a key that was always
  /// null is text.
  std::vector<std::shared_ptr<arrow::Field>> fields() const;
  /// All keys in the order first seen.
  const std::vector<std::string>& keys() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace weft
