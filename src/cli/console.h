/// Where the command writes, and what it may do there: streams, colours, the width of a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "weft/definition.h"

namespace weft::cli {

/// Opens a module of another language than C++: of a file, or of a name that is looked for from
/// `folder` on. Nothing: there is no module of that name. Throws Error.
using ModuleOpener =
    std::function<std::optional<Module>(const std::string& name, const std::string& folder)>;

enum class Ink : uint8_t { kBold, kDim, kRed, kGreen, kYellow, kCyan };

/// The process's own streams, or a test's, which it borrows; and what else the process brings.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool out_color = false;
  bool err_color = false;
  size_t width = 80;                 ///< of the terminal, in columns
  std::string directory = ".";       ///< where the search for weft.yaml starts
  ModuleOpener foreign_module = {};  ///< empty: the process takes compiled modules only

  /// The text in colour where stdout takes colours.
  std::string ink(Ink color, std::string_view text) const;
  /// Likewise for stderr.
  std::string err_ink(Ink color, std::string_view text) const;
  /// "weft: warning: ..." on stderr.
  void warn(std::string_view message) const;
  /// "weft: ..." on stderr.
  void note(std::string_view message) const;
};

/// The text with control characters spelled out, so that data cannot steer a terminal.
std::string printable(std::string_view text);

/// Columns that a terminal needs for UTF-8 text without control characters.
size_t display_width(std::string_view text);

/// The text cut to at most `width` columns, the last of which is then an ellipsis.
std::string cut_to_width(std::string_view text, size_t width);

/// Cells in aligned columns. On a terminal it fits its width, elsewhere nothing is cut.
class TextTable {
 public:
  /// How a table that is too wide for the terminal is made to fit.
  enum class Overflow : uint8_t {
    kCutLast,      ///< the last column is cut
    kDropColumns,  ///< the columns that do not fit are left out, and said to be
  };
  explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}

  void align_right(size_t column);
  /// As many cells as the header has. Control characters are spelled out.
  void add(std::vector<std::string> row);
  void print(const Console& console, Overflow overflow) const;

 private:
  std::vector<size_t> widths() const;
  void print_row(const Console& console, const std::vector<std::string>& row,
                 const std::vector<size_t>& widths, bool is_header) const;

  std::vector<std::string> header_;
  std::vector<bool> right_ = {};
  std::vector<std::vector<std::string>> rows_ = {};
};

}  // namespace weft::cli
