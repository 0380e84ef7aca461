/// JSON in both directions: parsed values into Arrow builders, cells of arrays as text.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace weft {

/// Appends a parsed value to a builder of one of Weft's Arrow types. Returns "" or, with nothing
/// useful appended, what was expected and found: "expected int64, found \"x\"". Texts are read as
/// times, durations ("1h30m") and the numbers "NaN", "Infinity", "-Infinity" where those are
/// wanted.
std::string append_json(arrow::ArrayBuilder& builder, const nlohmann::json& value);

/// Writes the cells of one array as text.
class CellWriter {
 public:
  virtual ~CellWriter() = default;
  /// Must not be called for a null.
  virtual void append(int64_t row, std::string& out) const = 0;
  bool is_null(int64_t row) const;

 protected:
  explicit CellWriter(const arrow::Array& array) : array_(array) {}
  const arrow::Array& array_;
};

enum class TextForm : uint8_t {
  kCsv,   ///< bare: the caller quotes
  kJson,  ///< texts and times in quotes, NaN as a text
};
/// Borrows the array, which has one of Weft's Arrow types.
std::unique_ptr<CellWriter> make_cell_writer(const arrow::Array& array, TextForm form);

/// `text` as a JSON string, quotes included.
void append_json_text(std::string_view text, std::string& out);

}  // namespace weft
