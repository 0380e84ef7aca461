/// Inputs and overrides as the command line and files give them; the plan then says their types.
#pragma once

#include "cli/verb.h"
#include "weft/driver.h"
#include "weft/read.h"

namespace weft::cli {

/// --input, --inputs, --table, --rows, --override, --choose and --fit.
const std::vector<Flag>& given_flags();

/// A value as it is typed, of the type where one is known; `name` is for messages. Throws
/// Error(kTypeMismatch, kBadData).
Value typed_value(const std::string& text, Type type, const std::string& name);

class Given {
 public:
  /// Reads files of values; of files with tables only the schemas. Throws Error(kNotFound) for a
  /// name that is no node, Error(kInvalidArgument) for one that is no input, and what reading
  /// throws.
  Given(const Arguments& arguments, const Graph& graph);

  /// Overrides, and what is a column and what a single value.
  PlanOptions plan_options(Context context) const;
  /// Everything the plan takes, as its types; what comes from --rows is not among them. Throws
  /// Error(kTypeMismatch, kBadData) that names the input.
  Values values_for(const Plan& plan) const;
  /// The columns of --rows that the plan takes, not yet read; nothing without --rows.
  std::optional<Table> rows_for(const Plan& plan) const;

 private:
  enum class Form : uint8_t { kText, kValue, kColumn, kTable };
  struct Item {
    Form form = Form::kText;
    std::string text = {};    // kText: as typed; kColumn, kTable: the file
    std::string column = {};  // kColumn: of the file
    Value value = {};         // kValue
    bool is_list = false;     // kValue: rows of a column, not one value
    bool is_override = false;
  };
  void add(const std::string& name, Item item);
  void add_text(const std::string& name, const std::string& text, bool is_override);
  void add_rows(const std::vector<std::string>& paths);
  void add_choice(const std::string& text);
  Value typed(const std::string& name, const Item& item, Type type) const;

  const Graph& graph_;
  std::map<std::string, Item> items_;
  std::vector<std::string> rows_paths_;
  Schema rows_schema_;
  std::map<std::string, Choice> choices_;
  std::optional<Choice> choice_;
  std::shared_ptr<const Fit> fit_;
};

}  // namespace weft::cli
