/// Checks made ready to run: what CheckSpec means for data of a given form and type.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weft/check.h"
#include "weft/graph.h"

namespace weft {

/// The numbers of offending rows: the first few, or all where rows are to be left out.
class BadRows {
 public:
  static constexpr size_t kSampleMax = 10;

  explicit BadRows(bool keep_all) : keep_all_(keep_all) {}
  void add(int64_t row) {
    ++count_;
    if (keep_all_ || rows_.size() < kSampleMax) rows_.push_back(row);
  }
  int64_t count() const { return count_; }
  const std::vector<int64_t>& rows() const { return rows_; }
  std::vector<int64_t> sample() const;

 private:
  bool keep_all_;
  int64_t count_ = 0;
  std::vector<int64_t> rows_;
};

/// What a check asks of its run.
struct CheckRun {
  const Clock* clock = &Clock::system();
  bool keep_all_rows = false;
  bool hide_values = false;  ///< of features tagged pii, which appear in no message
};

/// What a check says of the data it was run on.
struct Findings {
  explicit Findings(bool keep_all) : bad(keep_all) {}
  bool passed = true;
  int64_t rows = 0;
  BadRows bad;
  std::string message = {};
  Values values = {};

  /// How a value is shown in messages: short, and not at all if it is hidden.
  static std::string shown(const Value& value, const CheckRun& run);
  /// Judges by the bad rows: "3 of 740 rows <complaint>: row 17 is 135". `show` tells the value of
  /// a row; empty: rows are only numbered.
  void judge_rows(const std::string& complaint,
                  const std::function<std::string(int64_t row)>& show);
};

/// A check for data of one form and type. Immutable; thread-safe.
class CheckBody {
 public:
  virtual ~CheckBody() = default;
  /// It finds fault with single rows, which may be left out.
  virtual bool names_rows() const { return true; }
  /// It is sensible for one value alone, as in a request.
  virtual bool takes_one() const { return false; }
  /// `data[0]` is a ColumnData, a Table or a single value; further ones are CheckSpec::inputs.
  virtual void run(std::span<const Value> data, const CheckRun& run, Findings& out) const = 0;
};
using CheckBodyPtr = std::shared_ptr<const CheckBody>;

/// What is checked, as far as it is known when a plan is made.
struct Checked {
  Type type = nullptr;  ///< null: known only from the data
  bool column = false;
};
/// What a value is: of a ColumnData its type, as a column.
Checked checked_of(const Value& value);

/// The check of a spec for such data. Throws Error(kInvalidArgument) for an unknown check (naming
/// the nearest) or an impossible option, Error(kTypeMismatch) where it has no meaning for the data.
CheckBodyPtr make_check(const CheckSpec& spec, const Checked& checked);

/// Options of a spec, each asked for by name and type. Throws Error(kInvalidArgument) naming it.
class CheckOptions {
 public:
  explicit CheckOptions(const CheckSpec& spec) : spec_(spec) {}
  const CheckSpec& spec() const { return spec_; }
  const Value& value(std::string_view name) const;
  double number(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::string text(std::string_view name) const;
  double fraction(std::string_view name) const;  ///< in [0, 1]
  std::vector<Value> list(std::string_view name, Type element) const;
  [[noreturn]] void refuse(const std::string& why) const;
  /// "range takes numbers, times and texts, not bool".
  [[noreturn]] void refuse_type(std::string_view takes, const Checked& found) const;

 private:
  const CheckSpec& spec_;
};

// The families; null if the name is none of theirs.
CheckBodyPtr make_row_check(const std::string& kind, const CheckOptions& options,
                            const Checked& checked);
CheckBodyPtr make_column_check(const std::string& kind, const CheckOptions& options,
                               const Checked& checked);
CheckBodyPtr make_table_check(const std::string& kind, const CheckOptions& options,
                              const Checked& checked);
CheckBodyPtr make_custom_check(const CheckOptions& options, const Checked& checked);

/// Which check a spec is: "range" of on_column("age", in_range(0, 9)), whose name is "age_range".
std::string check_kind(const CheckSpec& spec);
/// Whether a check of this kind is sensible for one value alone.
bool check_takes_one(const CheckSpec& spec);

/// A check as a node of a plan runs it.
class PreparedCheck {
 public:
  /// Throws as make_check(); if the type is not known yet, run() does.
  PreparedCheck(const Node& node, const Checked& checked);
  CheckReport run(std::span<const Value> data, const Clock& clock) const;

 private:
  std::string node_;
  std::shared_ptr<const CheckSpec> spec_;
  bool hide_values_;
  SourceLocation where_;
  CheckBodyPtr body_;
};

/// Runs the check of a node on its inputs. Throws as make_check().
CheckReport check_data(const Node& node, std::span<const Value> values,
                       const Clock& clock = Clock::system());

/// What a request says of a check that needs more than one value.
CheckReport skipped_check(const Node& node);

}  // namespace weft
