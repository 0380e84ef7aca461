/// Testing features: cases in YAML run in every context, and tables compared cell by cell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/driver.h"

namespace weft::testing {

/// The first few cells in which two tables differ, one a line ("row 3, column age: expected 4,
/// found null"), and missing or further columns and rows. Empty if they are equal, NaN equal to
/// NaN.
std::string difference(const Table& expected, const Table& found);

/// One case of a file: what is given, and what has to come out.
struct Case {
  std::string name;
  SourceLocation where;
  std::vector<std::string> modules = {};
  Values config = {};
  /// Inputs as YAML read them, without types yet: the plan says what type each has.
  std::map<std::string, ValueList> columns = {};
  Values scalars = {};
  Values overrides = {};
  std::map<std::string, Choice> choices = {};
  /// Expected columns, and single values.
  std::map<std::string, ValueList> expect_columns = {};
  Values expect_scalars = {};
  std::vector<std::string> outputs = {};  ///< in the order written
  /// The error that has to come instead: its code and parts of its message.
  std::optional<std::string> error_code = {};
  std::vector<std::string> error_parts = {};
  /// Contexts in which the plan has to be refused, and a part of the reason.
  std::map<Context, std::string> refused = {};
};

struct CaseReport {
  const Case* of = nullptr;
  bool passed = true;
  std::string message = {};                ///< why not, with the first differences
  std::vector<std::string> contexts = {};  ///< those it ran in: "batch", "stream", "online"
};

/// Reads the cases of a file. Throws Error(kBadData) with file and line.
std::vector<Case> load_cases(const std::string& path);

/// Runs a case over a table, in micro-batches of several sizes and row by row, and compares: with
/// what is expected, and each context with the batch, bit for bit (NaN with any NaN). Column
/// functions run with values fitted by the batch, unless the case gives or refuses them.
CaseReport run_case(const Case& c, const std::vector<Module>& modules);

/// Writes what the batch computes now into the file's `expect`, for cases that did not pass.
/// Returns how many cases were rewritten.
int update_cases(const std::string& path, const std::vector<Module>& modules);

}  // namespace weft::testing
