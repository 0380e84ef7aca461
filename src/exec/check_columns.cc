// Checks of a column as a whole, or of its rows beside each other.
#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/arrow.h"
#include "data/slots.h"
#include "data/text_form.h"
#include "exec/check.h"
#include "ops/aggregate.h"
#include "ops/group_ids.h"

namespace weft {
namespace {

// ---- measured numbers ------------------------------------------------------------------------

// Judged by one number measured of all rows, which lies in [lo, hi] or does not.
class Measured : public CheckBody {
 public:
  Measured(std::string name, double lo, double hi) : name_(std::move(name)), lo_(lo), hi_(hi) {}
  bool names_rows() const override { return false; }

  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    const ColumnData& column = data[0].get<ColumnData>();
    out.rows = column.size();
    const auto found = measure(column);
    if (!found) {
      // Of no rows there is no mean to be wrong.
      out.message = fmt::format("no value to take the {} of", name_);
      return;
    }
    const bool hidden = run.hide_values && is_of_the_data();
    if (!hidden) out.values[name_] = Value::of(*found);
    if (*found >= lo_ && *found <= hi_) return;
    out.passed = false;
    out.message = hidden ? fmt::format("the {} is {}", name_, outside())
                         : fmt::format("the {} is {}, {}", name_, format_number(*found), outside());
  }

 protected:
  virtual std::optional<double> measure(const ColumnData& column) const = 0;
  /// The number is made from values, not only from how many there are.
  virtual bool is_of_the_data() const { return true; }
  virtual std::string outside() const {
    if (std::isinf(lo_)) return fmt::format("above {}", format_number(hi_));
    return fmt::format("outside [{}, {}]", format_number(lo_), format_number(hi_));
  }

 private:
  std::string name_;
  double lo_;
  double hi_;
};

// The very aggregate that features use, so that a check and a feature agree.
class MeasuredAggregate final : public Measured {
 public:
  MeasuredAggregate(const std::string& name, AggregatePtr aggregate, Type type, double lo,
                    double hi)
      : Measured(name, lo, hi), aggregate_(std::move(aggregate)), type_(type) {}

 protected:
  std::optional<double> measure(const ColumnData& column) const override {
    std::vector<char> memory(aggregate_->state_size() + aggregate_->state_align());
    void* state = memory.data();
    size_t space = memory.size();
    WEFT_CHECK(std::align(aggregate_->state_align(), aggregate_->state_size(), state, space));
    aggregate_->init(state);
    const std::unique_ptr<void, std::function<void(void*)>> guard(
        state, [this](void* s) { aggregate_->destroy(s); });
    SlotReader reader(column, type_);
    for (int64_t row = 0; row < column.size(); row += kBlockRows) {
      const int64_t n = std::min(kBlockRows, column.size() - row);
      const Slice slice = reader.read(row, n);
      aggregate_->add_block(state, &slice, n);
    }
    Arena arena;
    double result = 0;
    if (!aggregate_->result(state, &result, arena)) return {};
    return result;
  }

 private:
  AggregatePtr aggregate_;
  Type type_;
};

CheckBodyPtr measured(const CheckOptions& options, const Checked& checked, std::string aggregate,
                      double lo, double hi, const Values& aggregate_options = {}) {
  if (!checked.type->is_number()) options.refuse_type("columns of numbers", checked);
  if (!(lo <= hi)) {
    options.refuse(fmt::format("[{}, {}] holds nothing", format_number(lo), format_number(hi)));
  }
  auto function = make_aggregate(aggregate, {{checked.type}}, aggregate_options);
  WEFT_CHECK(function->result_type() == double_type());
  return std::make_shared<MeasuredAggregate>(aggregate, std::move(function), checked.type, lo, hi);
}

class FractionOfNulls final : public Measured {
 public:
  explicit FractionOfNulls(double most) : Measured("fraction of nulls", -INFINITY, most) {}

 protected:
  std::optional<double> measure(const ColumnData& column) const override {
    if (column.size() == 0) return {};
    return static_cast<double>(column.null_count()) / static_cast<double>(column.size());
  }
  bool is_of_the_data() const override { return false; }
};

class FractionOfNans final : public Measured {
 public:
  FractionOfNans(double most, Type type)
      : Measured("fraction of nans", -INFINITY, most), type_(type) {}

 protected:
  std::optional<double> measure(const ColumnData& column) const override {
    if (column.size() == 0) return {};
    SlotReader reader(column, type_);
    int64_t nans = 0;
    for (int64_t row = 0; row < column.size(); row += kBlockRows) {
      const int64_t n = std::min(kBlockRows, column.size() - row);
      const Slice slice = reader.read(row, n);
      for (int64_t i = 0; i < n; ++i) {
        const double v = type_->kind == Kind::kFloat ? static_cast<double>(slice.at<float>(i))
                                                     : slice.at<double>(i);
        nans += std::isnan(v) && slice.is_valid(i) ? 1 : 0;
      }
    }
    return static_cast<double>(nans) / static_cast<double>(column.size());
  }
  bool is_of_the_data() const override { return false; }

 private:
  Type type_;
};

// ---- how many, how old -----------------------------------------------------------------------

class RowCount final : public CheckBody {
 public:
  RowCount(int64_t lo, int64_t hi) : lo_(lo), hi_(hi) {}
  bool names_rows() const override { return false; }
  void run(std::span<const Value> data, const CheckRun&, Findings& out) const override {
    const auto* column = data[0].get_if<ColumnData>();
    out.rows = column ? column->size() : data[0].get<Table>().num_rows();
    out.values["rows"] = Value::of(out.rows);
    if (out.rows >= lo_ && out.rows <= hi_) return;
    out.passed = false;
    out.message = fmt::format("{} rows, outside [{}, {}]", out.rows, lo_, hi_);
  }

 private:
  int64_t lo_;
  int64_t hi_;
};

class FreshWithin final : public CheckBody {
 public:
  explicit FreshWithin(Duration age) : age_(age) {}
  bool names_rows() const override { return false; }
  bool takes_one() const override { return true; }
  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    const auto latest = latest_of(data[0], out.rows);
    if (!latest) {
      out.passed = false;
      out.message = "there is no time at all";
      return;
    }
    const auto age = run.clock->now() - *latest;
    out.values["latest"] = Value::of(*latest);
    out.values["age"] = Value::of(Duration(age));
    if (age <= age_) return;
    out.passed = false;
    out.message = fmt::format("the latest time is {}, {} ago, which is more than {}",
                              format_time(*latest), format_duration(age), format_duration(age_));
    if (!run.hide_values) return;
    out.values.clear();
    out.message = fmt::format("the latest time is more than {} ago", format_duration(age_));
  }

 private:
  static std::optional<Time> latest_of(const Value& value, int64_t& rows) {
    const auto* column = value.get_if<ColumnData>();
    rows = column ? column->size() : 1;
    if (!column) return value.has_value() ? std::optional(value.get<Time>()) : std::nullopt;
    std::optional<Time> latest;
    SlotReader reader(*column, timestamp_type());
    for (int64_t row = 0; row < rows; row += kBlockRows) {
      const int64_t n = std::min(kBlockRows, rows - row);
      const Slice slice = reader.read(row, n);
      for (int64_t i = 0; i < n; ++i) {
        if (slice.is_valid(i)) latest = std::max(latest.value_or(Time::min()), slice.at<Time>(i));
      }
    }
    return latest;
  }

  Duration age_;
};

// ---- rows beside each other ------------------------------------------------------------------

std::function<std::string(int64_t)> show_rows(const ColumnData& column, const CheckRun& run) {
  return [&column, &run](int64_t row) { return Findings::shown(column.at(row), run); };
}

class Unique final : public CheckBody {
 public:
  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    const ColumnData& column = data[0].get<ColumnData>();
    out.rows = column.size();
    const GroupIds ids = group_rows({{column}}, NullKeys::kLeftOut);
    for (size_t row = 0; row < ids.group.size(); ++row) {
      const int32_t group = ids.group[row];
      if (group == GroupIndex::kNone) continue;
      const auto here = static_cast<int64_t>(row);
      if (ids.first_rows[static_cast<size_t>(group)] != here) out.bad.add(here);
    }
    out.values["distinct"] = Value::of(static_cast<int64_t>(ids.size()));
    out.judge_rows("repeating an earlier value", show_rows(column, run));
  }
};

template <class S>
class Monotone final : public CheckBody {
 public:
  Monotone(bool increasing, bool strict) : increasing_(increasing), strict_(strict) {}

  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    const ColumnData& column = data[0].get<ColumnData>();
    out.rows = column.size();
    const FlatColumn rows(column);
    const Slice slice = rows.slice();
    std::optional<S> before;
    for (int64_t i = 0; i < out.rows; ++i) {
      if (!slice.is_valid(i)) continue;
      const S& v = slice.at<S>(i);
      if (before && !follows(*before, v)) out.bad.add(i);
      before = v;
    }
    out.judge_rows(std::string("not ") + (strict_ ? "strictly " : "") +
                       (increasing_ ? "increasing" : "decreasing"),
                   show_rows(column, run));
  }

 private:
  bool follows(const S& before, const S& v) const {
    if (increasing_) return strict_ ? before < v : before <= v;
    return strict_ ? before > v : before >= v;
  }

  bool increasing_;
  bool strict_;
};

CheckBodyPtr monotone_check(const CheckOptions& options, const Checked& checked) {
  const bool increasing = options.flag("increasing");
  const bool strict = options.flag("strict");
  switch (checked.type->kind) {
    case Kind::kInt32:
      return std::make_shared<Monotone<int32_t>>(increasing, strict);
    case Kind::kInt64:
      return std::make_shared<Monotone<int64_t>>(increasing, strict);
    case Kind::kFloat:
      return std::make_shared<Monotone<float>>(increasing, strict);
    case Kind::kDouble:
      return std::make_shared<Monotone<double>>(increasing, strict);
    case Kind::kString:
      return std::make_shared<Monotone<std::string_view>>(increasing, strict);
    case Kind::kTimestamp:
      return std::make_shared<Monotone<Time>>(increasing, strict);
    case Kind::kDuration:
      return std::make_shared<Monotone<Duration>>(increasing, strict);
    default:
      options.refuse_type("columns of numbers, times and texts", checked);
  }
}

class Referential final : public CheckBody {
 public:
  explicit Referential(std::string node) : node_(std::move(node)) {}
  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    const auto* other = data.size() > 1 ? data[1].get_if<ColumnData>() : nullptr;
    if (!other) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("check referential: {} is no column", node_));
    }
    ColumnData column = data[0].get<ColumnData>();
    ColumnData allowed = *other;
    out.rows = column.size();
    if (column.type() != allowed.type()) {
      const bool up = widens(column.type(), allowed.type());
      (up ? column : allowed) = (up ? column : allowed).as(up ? allowed.type() : column.type());
    }
    GroupIndex index({allowed.type()}, NullKeys::kLeftOut);
    add_columns(index, {{allowed}});
    const auto found = find_columns(index, {{column}});
    int64_t row = 0;
    for (const auto& chunk : column.arrow()->chunks()) {
      for (int64_t i = 0; i < chunk->length(); ++i, ++row) {
        if (found[static_cast<size_t>(row)] == GroupIndex::kNone && !chunk->IsNull(i)) {
          out.bad.add(row);
        }
      }
    }
    out.judge_rows("not in " + node_, show_rows(column, run));
  }

 private:
  std::string node_;
};

}  // namespace

CheckBodyPtr make_column_check(const std::string& kind, const CheckOptions& options,
                               const Checked& checked) {
  const auto lo = [&] { return options.number("lo"); };
  const auto hi = [&] { return options.number("hi"); };
  if (kind == "mean_in_range") return measured(options, checked, "mean", lo(), hi());
  if (kind == "stddev_in_range") return measured(options, checked, "stddev", lo(), hi());
  if (kind == "max_standard_dev") {
    return measured(options, checked, "stddev", -INFINITY, options.number("stddev"));
  }
  if (kind == "quantile_in_range") {
    const double q = options.fraction("q");
    return measured(options, checked, "quantile", lo(), hi(), {{"q", Value::of(q)}});
  }
  if (kind == "max_fraction_nulls") {
    return std::make_shared<FractionOfNulls>(options.fraction("fraction"));
  }
  if (kind == "max_fraction_nans") {
    if (checked.type->kind != Kind::kFloat && checked.type->kind != Kind::kDouble) {
      options.refuse_type("columns of floats and doubles", checked);
    }
    return std::make_shared<FractionOfNans>(options.fraction("fraction"), checked.type);
  }
  if (kind == "row_count_in_range") {
    const int64_t least = options.integer("lo");
    const int64_t most = options.integer("hi");
    if (least > most) options.refuse(fmt::format("[{}, {}] holds nothing", least, most));
    return std::make_shared<RowCount>(least, most);
  }
  if (kind == "fresh_within") {
    if (checked.type->kind != Kind::kTimestamp) options.refuse_type("times", checked);
    return std::make_shared<FreshWithin>(options.value("age").as(duration_type()).get<Duration>());
  }
  if (kind == "unique") return std::make_shared<Unique>();
  if (kind == "monotone") return monotone_check(options, checked);
  if (kind == "referential") {
    const auto node = options.spec().inputs.find("values");
    if (node == options.spec().inputs.end()) options.refuse("it names no node");
    return std::make_shared<Referential>(node->second);
  }
  return nullptr;
}

}  // namespace weft
