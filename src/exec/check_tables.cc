// Checks of tables, of one of their columns, and the user's own.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "data/slots.h"
#include "exec/check.h"
#include "ops/group_ids.h"

namespace weft {
namespace {

// A check of a column, on the column of a table.
class OnColumn final : public CheckBody {
 public:
  OnColumn(const CheckSpec& spec, std::string column) : spec_(spec), column_(std::move(column)) {
    spec_.name = check_kind(spec);
    spec_.options.erase("column");
    spec_.options.erase("check");
    spec_.importance = Importance::kWarn;
  }
  // The column's type is known only from the data; what can be refused without it is refused now.
  bool names_rows() const override {
    static constexpr std::string_view kWhole[] = {
        "data_type",         "max_fraction_nulls", "max_fraction_nans",
        "mean_in_range",     "stddev_in_range",    "max_standard_dev",
        "quantile_in_range", "row_count_in_range", "fresh_within"};
    return std::ranges::find(kWhole, spec_.name) == std::end(kWhole);
  }
  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    std::vector<Value> values(data.begin(), data.end());
    const ColumnData column = data[0].get<Table>().column(column_);
    values[0] = Value::of(column);
    make_check(spec_, {column.type(), true})->run(values, run, out);
    if (!out.message.empty()) out.message = column_ + ": " + out.message;
  }

 private:
  CheckSpec spec_;
  std::string column_;
};

class UniqueOver final : public CheckBody {
 public:
  explicit UniqueOver(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    const Table table = data[0].get<Table>().select(columns_).load();
    out.rows = table.num_rows();
    std::vector<ColumnData> keys;
    for (const auto& name : columns_) keys.push_back(table.column(name));
    const GroupIds ids = group_rows(keys, NullKeys::kEqual);
    for (size_t row = 0; row < ids.group.size(); ++row) {
      const auto here = static_cast<int64_t>(row);
      if (ids.first_rows[static_cast<size_t>(ids.group[row])] != here) out.bad.add(here);
    }
    out.values["distinct"] = Value::of(static_cast<int64_t>(ids.size()));
    out.judge_rows(fmt::format("repeating an earlier ({})", fmt::join(columns_, ", ")),
                   [&](int64_t row) {
                     std::string text = "(";
                     for (size_t k = 0; k < keys.size(); ++k) {
                       text += (k > 0 ? ", " : "") + Findings::shown(keys[k].at(row), run);
                     }
                     return text + ")";
                   });
  }

 private:
  std::vector<std::string> columns_;
};

// ---- two columns -----------------------------------------------------------------------------

enum class Relation : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

template <class S>
bool holds(Relation relation, const S& a, const S& b) {
  switch (relation) {
    case Relation::kEqual:
      return a == b;
    case Relation::kNotEqual:
      return a != b;
    case Relation::kLess:
      return a < b;
    case Relation::kLessEqual:
      return a <= b;
    case Relation::kGreater:
      return a > b;
    case Relation::kGreaterEqual:
      return a >= b;
  }
  return false;
}

class Compared final : public CheckBody {
 public:
  Compared(std::string left, Relation relation, std::string op, std::string right, bool null_safe)
      : left_(std::move(left)),
        right_(std::move(right)),
        op_(std::move(op)),
        relation_(relation),
        null_safe_(null_safe) {}

  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    std::vector<std::string> names = {left_};
    if (right_ != left_) names.push_back(right_);  // a column may be compared with itself
    const Table table = data[0].get<Table>().select(names).load();
    ColumnData left = table.column(left_);
    ColumnData right = table.column(right_);
    line_up(left, right);
    out.rows = left.size();
    switch (left.type()->kind) {
      case Kind::kBool:
        rows<bool>(left, right, out.bad);
        break;
      case Kind::kInt32:
        rows<int32_t>(left, right, out.bad);
        break;
      case Kind::kInt64:
        rows<int64_t>(left, right, out.bad);
        break;
      case Kind::kFloat:
        rows<float>(left, right, out.bad);
        break;
      case Kind::kDouble:
        rows<double>(left, right, out.bad);
        break;
      case Kind::kString:
        rows<std::string_view>(left, right, out.bad);
        break;
      case Kind::kTimestamp:
        rows<Time>(left, right, out.bad);
        break;
      case Kind::kDuration:
        rows<Duration>(left, right, out.bad);
        break;
      default:
        rows_boxed(left, right, out.bad);
    }
    out.judge_rows(fmt::format("without {} {} {}", left_, op_, right_), [&](int64_t row) {
      return Findings::shown(left.at(row), run) + " and " + Findings::shown(right.at(row), run);
    });
  }

 private:
  void line_up(ColumnData& left, ColumnData& right) const {
    if (left.type() == right.type()) return;
    if (widens(left.type(), right.type())) {
      left = left.as(right.type());
    } else if (widens(right.type(), left.type())) {
      right = right.as(left.type());
    } else if (left.type()->is_number() && right.type()->is_number()) {
      left = left.as(double_type());
      right = right.as(double_type());
    } else {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("check {} {} {}: {} and {} do not compare", left_, op_, right_,
                              left.type()->name, right.type()->name));
    }
  }

  template <class S>
  void rows(const ColumnData& left, const ColumnData& right, BadRows& bad) const {
    SlotReader left_reader(left, left.type());
    SlotReader right_reader(right, right.type());
    for (int64_t row = 0; row < left.size(); row += kBlockRows) {
      const int64_t n = std::min(kBlockRows, left.size() - row);
      const Slice a = left_reader.read(row, n);
      const Slice b = right_reader.read(row, n);
      for (int64_t i = 0; i < n; ++i) {
        if (!a.is_valid(i) || !b.is_valid(i)) {
          if (null_safe_ && a.is_valid(i) != b.is_valid(i)) bad.add(row + i);
        } else if (!passes(a.at<S>(i), b.at<S>(i))) {
          bad.add(row + i);
        }
      }
    }
  }

  template <class S>
  bool passes(const S& a, const S& b) const {
    // Two columns are the same where both hold nan.
    if (null_safe_ && a != a && b != b) return true;
    return holds(relation_, a, b);
  }

  void rows_boxed(const ColumnData& left, const ColumnData& right, BadRows& bad) const {
    if (relation_ != Relation::kEqual && relation_ != Relation::kNotEqual) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("check {} {} {}: values of {} have no order", left_, op_, right_,
                              left.type()->name));
    }
    for (int64_t row = 0; row < left.size(); ++row) {
      const Value a = left.at(row);
      const Value b = right.at(row);
      if (!null_safe_ && (!a.has_value() || !b.has_value())) continue;
      if (a.equals(b) != (relation_ == Relation::kEqual)) bad.add(row);
    }
  }

  std::string left_;
  std::string right_;
  std::string op_;
  Relation relation_;
  bool null_safe_;
};

CheckBodyPtr compare_check(const CheckOptions& options, bool null_safe) {
  static constexpr std::pair<std::string_view, Relation> kRelations[] = {
      {"==", Relation::kEqual},     {"!=", Relation::kNotEqual}, {"<", Relation::kLess},
      {"<=", Relation::kLessEqual}, {">", Relation::kGreater},   {">=", Relation::kGreaterEqual}};
  const std::string op = null_safe ? "==" : options.text("op");
  for (const auto& [name, relation] : kRelations) {
    if (name != op) continue;
    return std::make_shared<Compared>(options.text("left"), relation, op, options.text("right"),
                                      null_safe);
  }
  options.refuse(fmt::format("op is one of == != < <= > >=, not {}", op));
}

// ---- the user's own --------------------------------------------------------------------------

enum class Takes : uint8_t { kAsItIs, kSeries, kRow };

class Custom final : public CheckBody {
 public:
  Custom(const CheckSpec& spec, Takes takes, Type type)
      : name_(spec.name), function_(spec.function), takes_(takes), type_(type) {}

  bool takes_one() const override { return takes_ != Takes::kSeries; }
  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    const auto* column = data[0].get_if<ColumnData>();
    const auto* table = data[0].get_if<Table>();
    out.rows = column ? column->size() : table ? table->num_rows() : 1;
    if (column && takes_ == Takes::kRow) return run_rows(data, *column, run, out);
    std::vector<Value> values(data.begin(), data.end());
    if (column && type_) values[0] = Value::of(column->as(type_));
    if (!column && takes_ == Takes::kRow) {
      if (!values[0].has_value()) return;
      values[0] = values[0].as(type_);
    }
    const Value returned = function_(values);
    const auto& outcome = returned.get<CheckOutcome>();
    note_rows(outcome, out);
    out.passed = outcome.passed;
    if (run.hide_values) {
      if (!out.passed) out.message = "it did not pass; what it says is hidden: tagged pii";
      return;
    }
    out.values = outcome.values;
    out.message = outcome.message;
    if (out.passed) return;
    if (out.message.empty()) {
      if (out.bad.count() > 0) return out.judge_rows("refused", nullptr);
      out.message = "it did not pass";
    }
  }

 private:
  void note_rows(const CheckOutcome& outcome, Findings& out) const {
    std::vector<int64_t> rows = outcome.failed_rows;
    std::ranges::sort(rows);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (const int64_t row : rows) {
      if (row < 0 || row >= out.rows) {
        throw Error(ErrorCode::kBadData,
                    fmt::format("check {} names row {} of {}", name_, row, out.rows));
      }
      out.bad.add(row);
    }
  }

  void run_rows(std::span<const Value> data, const ColumnData& column, const CheckRun& run,
                Findings& out) const {
    std::vector<Value> values(data.begin(), data.end());
    const ColumnData rows = column.as(type_);
    SlotReader reader(rows, type_);
    std::string why;
    for (int64_t row = 0; row < out.rows; row += kBlockRows) {
      const int64_t n = std::min(kBlockRows, out.rows - row);
      const Slice slice = reader.read(row, n);
      for (int64_t i = 0; i < n; ++i) {
        if (!slice.is_valid(i)) continue;
        values[0] = type_->box(type_, slice.data + i * slice.stride);
        const Value returned = function_(values);
        const auto& outcome = returned.get<CheckOutcome>();
        if (outcome.passed) continue;
        if (out.bad.count() == 0) why = outcome.message;
        out.bad.add(row + i);
      }
    }
    out.judge_rows("refused", [&](int64_t row) { return Findings::shown(rows.at(row), run); });
    if (!why.empty() && !run.hide_values) out.message += ": " + why;
  }

  std::string name_;
  Call function_;
  Takes takes_;
  Type type_;  // null: as the data is
};

void refuse_unless_widens(const CheckOptions& options, const Checked& checked, Type wanted) {
  if (!wanted || wanted->is_object() || widens(checked.type, wanted)) return;
  if (checked.type->kind == Kind::kStruct && wanted->kind == Kind::kStruct) return;
  options.refuse_type(wanted->name, checked);
}

}  // namespace

CheckBodyPtr make_table_check(const std::string& kind, const CheckOptions& options,
                              const Checked& checked) {
  const auto column = options.spec().options.find("column");
  const bool table = checked.type == type_of<Table>() && !checked.column;
  if (column != options.spec().options.end()) {
    if (!table) options.refuse_type("a table", checked);
    return std::make_shared<OnColumn>(options.spec(), column->second.get<std::string>());
  }
  if (kind == "unique_over") {
    std::vector<std::string> columns;
    for (const Value& name : options.list("columns", string_type())) {
      columns.push_back(name.get<std::string>());
    }
    if (columns.empty()) options.refuse("it names no column");
    return std::make_shared<UniqueOver>(std::move(columns));
  }
  if (kind == "compare") return compare_check(options, false);
  if (kind == "columns_equal") return compare_check(options, true);
  if (kind == "row_count_in_range") return make_column_check(kind, options, checked);
  return nullptr;
}

CheckBodyPtr make_custom_check(const CheckOptions& options, const Checked& checked) {
  const CheckSpec& spec = options.spec();
  // A check of another language takes whatever there is.
  if (!spec.options.contains("takes")) {
    return std::make_shared<Custom>(spec, Takes::kAsItIs, nullptr);
  }
  const std::string takes = options.text("takes");
  const Type wanted = spec.options.at("type").type();
  if (takes == "series") {
    if (!checked.column) options.refuse_type("a column", checked);
    refuse_unless_widens(options, checked, wanted);
    return std::make_shared<Custom>(spec, Takes::kSeries, wanted);
  }
  if (takes == "row") {
    refuse_unless_widens(options, checked, wanted);
    return std::make_shared<Custom>(spec, Takes::kRow, wanted);
  }
  if (checked.column || checked.type != wanted) options.refuse_type(wanted->name, checked);
  return std::make_shared<Custom>(spec, Takes::kAsItIs, nullptr);
}

}  // namespace weft
