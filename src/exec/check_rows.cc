// Checks that judge each row by itself, and so have a meaning for one value too.
#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/slots.h"
#include "data/text_form.h"
#include "exec/check.h"
#include "weft/text.h"

namespace weft {
namespace {

// Rows of a column block by block, or one value as a block of one row.
class RowCheck : public CheckBody {
 public:
  RowCheck(Type type, std::string complaint) : type_(type), complaint_(std::move(complaint)) {}

  bool takes_one() const override { return true; }
  void run(std::span<const Value> data, const CheckRun& run, Findings& out) const override {
    if (const auto* column = data[0].get_if<ColumnData>()) {
      const ColumnData read = column->as(type_);
      SlotReader reader(read, type_);
      out.rows = read.size();
      for (int64_t row = 0; row < out.rows; row += kBlockRows) {
        const int64_t n = std::min(kBlockRows, out.rows - row);
        test(reader.read(row, n), n, row, out.bad);
      }
      const std::function<std::string(int64_t)> show = [&](int64_t row) {
        return Findings::shown(read.at(row), run);
      };
      return out.judge_rows(complaint_, show);
    }
    out.rows = 1;
    test_one(data[0], out.bad);
    if (out.bad.count() == 0) return;
    out.passed = false;
    out.message = fmt::format("{} is {}", Findings::shown(data[0], run), complaint_);
  }

 protected:
  /// Marks the bad ones of n rows, the first of which is row `first`.
  virtual void test(const Slice& in, int64_t n, int64_t first, BadRows& bad) const = 0;
  void test_one(const Value& value, BadRows& bad) const {
    SlotBuffer buffer(type_, 1);
    buffer.valid()[0] = value.has_value() ? 1 : 0;
    if (value.has_value()) type_->unbox(type_, value.as(type_), buffer.data(), buffer.arena());
    const Slice slice = {buffer.data(), buffer.valid(), static_cast<int64_t>(type_->size)};
    test(slice, 1, 0, bad);
  }
  Type type_;
  std::string complaint_;
};

template <class Ok>
class TestedRows final : public RowCheck {
 public:
  using Stored = typename Ok::Stored;
  TestedRows(Type type, std::string complaint, Ok ok)
      : RowCheck(type, std::move(complaint)), ok_(std::move(ok)) {}

 protected:
  void test(const Slice& in, int64_t n, int64_t first, BadRows& bad) const override {
    if constexpr (std::is_arithmetic_v<Stored> || std::is_same_v<Stored, Time> ||
                  std::is_same_v<Stored, Duration>) {
      // As a rule a block has no bad row, which a loop without branches finds out. Whatever stands
      // in the slots of nulls is harmless to look at.
      int64_t suspects = 0;
      for (int64_t i = 0; i < n; ++i) suspects += ok_(in.at<Stored>(i)) ? 0 : 1;
      if (suspects == 0) return;
    }
    for (int64_t i = 0; i < n; ++i) {
      if (in.is_valid(i) && !ok_(in.at<Stored>(i))) bad.add(first + i);
    }
  }

 private:
  Ok ok_;
};

template <class Ok>
CheckBodyPtr rows(Type type, std::string complaint, Ok ok) {
  return std::make_shared<TestedRows<Ok>>(type, std::move(complaint), std::move(ok));
}

// Calls f.template operator()<S>() with what the slots of a scalar type hold.
template <class F>
CheckBodyPtr with_stored(Type type, F f) {
  switch (type->kind) {
    case Kind::kBool:
      return f.template operator()<bool>();
    case Kind::kInt32:
      return f.template operator()<int32_t>();
    case Kind::kInt64:
      return f.template operator()<int64_t>();
    case Kind::kFloat:
      return f.template operator()<float>();
    case Kind::kDouble:
      return f.template operator()<double>();
    case Kind::kString:
      return f.template operator()<std::string_view>();
    case Kind::kTimestamp:
      return f.template operator()<Time>();
    case Kind::kDuration:
      return f.template operator()<Duration>();
    default:
      return nullptr;
  }
}

// What a slot is compared as.
template <class S>
auto compared(const S& v) {
  if constexpr (std::is_same_v<S, Time>) {
    return v.time_since_epoch().count();
  } else if constexpr (std::is_same_v<S, Duration>) {
    return v.count();
  } else if constexpr (std::is_integral_v<S>) {
    return static_cast<int64_t>(v);
  } else if constexpr (std::is_floating_point_v<S>) {
    return static_cast<double>(v);
  } else {
    return v;
  }
}
template <class S>
using compared_t = decltype(compared(std::declval<S>()));
// The same, owned.
template <class S>
using bound_t = std::conditional_t<std::is_same_v<S, std::string_view>, std::string, compared_t<S>>;

// ---- range -----------------------------------------------------------------------------------

template <class S>
struct InRange {
  using Stored = S;
  bound_t<S> lo;
  bound_t<S> hi;
  bool operator()(const S& v) const {
    const auto x = compared(v);
    return (x >= lo) & (x <= hi);  // not &&: no branch
  }
};

// The integers of [lo, hi] where the ends are any numbers.
int64_t integer_bound(const CheckOptions& options, std::string_view name, bool up) {
  if (options.value(name).type()->kind != Kind::kDouble) return options.integer(name);
  const double bound = options.number(name);
  if (std::isnan(bound)) options.refuse(fmt::format("{} is nan", name));
  const double whole = up ? std::ceil(bound) : std::floor(bound);
  if (whole >= 0x1p63) return std::numeric_limits<int64_t>::max();
  if (whole < -0x1p63) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(whole);
}

template <class S>
bound_t<S> bound(const CheckOptions& options, std::string_view name, Type type, bool up) {
  if constexpr (std::is_same_v<S, std::string_view>) {
    return options.text(name);
  } else if constexpr (std::is_floating_point_v<S>) {
    return options.number(name);
  } else if constexpr (std::is_integral_v<S>) {
    return integer_bound(options, name, up);
  } else {
    try {
      return compared(options.value(name).as(type).template get<S>());
    } catch (const Error& e) {
      options.refuse(fmt::format("option {}: {}", name, e.message()));
    }
  }
}

CheckBodyPtr range_check(const CheckOptions& options, const Checked& checked) {
  const Type type = checked.type;
  if (!type->is_number() && !type->is_time() && type->kind != Kind::kString) {
    options.refuse_type("numbers, times, durations and texts", checked);
  }
  const std::string text =
      fmt::format("[{}, {}]", options.value("lo").to_string(), options.value("hi").to_string());
  return with_stored(type, [&]<class S>() {
    InRange<S> test{bound<S>(options, "lo", type, true), bound<S>(options, "hi", type, false)};
    if (!(test.lo <= test.hi)) options.refuse(text + " holds nothing");  // nan is refused too
    return rows(type, "outside " + text, std::move(test));
  });
}

// ---- values_in -------------------------------------------------------------------------------

template <class S>
struct IsOneOf {
  using Stored = S;
  std::vector<bound_t<S>> values;  // sorted, without nan
  bool nan = false;
  bool operator()(const S& v) const {
    const auto x = compared(v);
    if constexpr (std::is_floating_point_v<S>) {
      if (std::isnan(x)) return nan;
    }
    return std::binary_search(values.begin(), values.end(), x, std::less<>());
  }
};

CheckBodyPtr values_in_check(const CheckOptions& options, const Checked& checked) {
  const Type type = checked.type;
  return with_stored(type, [&]<class S>() {
    IsOneOf<S> test;
    constexpr size_t kNamedMax = 10;
    std::string names;
    const auto values = options.list("values", type);
    if (values.empty()) options.refuse("no value is allowed");
    for (size_t i = 0; i < values.size(); ++i) {
      if (i < kNamedMax) names += (i > 0 ? ", " : "") + values[i].to_string();
      bound_t<S> value(compared(values[i].get<boxed_t<S>>()));
      if constexpr (std::is_floating_point_v<S>) {
        if (std::isnan(value)) {
          test.nan = true;
          continue;
        }
      }
      test.values.push_back(std::move(value));
    }
    if (values.size() > kNamedMax) names += ", ...";
    std::ranges::sort(test.values);
    return rows(type, "not in [" + names + "]", std::move(test));
  });
}

// ---- null, nan, type -------------------------------------------------------------------------

// Of any type, objects too: only validity is looked at.
class NotNull final : public CheckBody {
 public:
  bool takes_one() const override { return true; }
  void run(std::span<const Value> data, const CheckRun&, Findings& out) const override {
    const auto* column = data[0].get_if<ColumnData>();
    if (!column) {
      out.rows = 1;
      if (data[0].has_value()) return;
      out.bad.add(0);
      out.passed = false;
      out.message = "the value is null";
      return;
    }
    int64_t row = 0;
    for (const auto& chunk : column->arrow()->chunks()) {
      for (int64_t i = 0; chunk->null_count() > 0 && i < chunk->length(); ++i) {
        if (chunk->IsNull(i)) out.bad.add(row + i);
      }
      row += chunk->length();
    }
    out.rows = row;
    out.judge_rows("null", nullptr);
  }
};

template <class S>
struct IsNumber {
  using Stored = S;
  bool operator()(S v) const { return v == v; }
};

class Passes final : public CheckBody {
 public:
  bool takes_one() const override { return true; }
  void run(std::span<const Value> data, const CheckRun&, Findings& out) const override {
    const auto* column = data[0].get_if<ColumnData>();
    out.rows = column ? column->size() : 1;
  }
};

class HasType final : public CheckBody {
 public:
  explicit HasType(std::string wanted) : wanted_(std::move(wanted)) {}
  bool names_rows() const override { return false; }
  bool takes_one() const override { return true; }
  void run(std::span<const Value> data, const CheckRun&, Findings& out) const override {
    const Checked found = checked_of(data[0]);
    const auto* column = data[0].get_if<ColumnData>();
    out.rows = column ? column->size() : 1;
    const std::string name = found.type ? found.type->name : "unknown";
    out.values["type"] = Value::of(name);
    if (name == wanted_) return;
    out.passed = false;
    out.message = fmt::format("the type is {}, not {}", name, wanted_);
  }

 private:
  std::string wanted_;
};

CheckBodyPtr nan_check(const CheckOptions& options, const Checked& checked) {
  if (checked.type->kind != Kind::kFloat && checked.type->kind != Kind::kDouble) {
    options.refuse_type("floats and doubles", checked);
  }
  if (options.flag("allowed")) return std::make_shared<Passes>();
  if (checked.type->kind == Kind::kFloat) return rows(checked.type, "nan", IsNumber<float>());
  return rows(checked.type, "nan", IsNumber<double>());
}

CheckBodyPtr null_check(const CheckOptions& options) {
  if (check_kind(options.spec()) == "allow_none" && options.flag("allowed")) {
    return std::make_shared<Passes>();
  }
  return std::make_shared<NotNull>();
}

// ---- texts -----------------------------------------------------------------------------------

struct LengthInRange {
  using Stored = std::string_view;
  int64_t lo;
  int64_t hi;
  bool operator()(std::string_view text) const {
    int64_t length = 0;
    for (const char c : text) length += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
    return length >= lo && length <= hi;
  }
};

struct SizeInRange {
  using Stored = ListView;
  int64_t lo;
  int64_t hi;
  bool operator()(const ListView& list) const { return list.size >= lo && list.size <= hi; }
};

struct Contains {
  using Stored = std::string_view;
  std::string part;
  bool wanted;
  bool operator()(std::string_view text) const {
    return (text.find(part) != std::string_view::npos) == wanted;
  }
};

struct Matches {
  using Stored = std::string_view;
  std::string pattern;
  bool operator()(std::string_view text) const { return regex_match(text, pattern); }
};

CheckBodyPtr length_check(const CheckOptions& options, const Checked& checked) {
  const int64_t lo = options.integer("lo");
  const int64_t hi = options.integer("hi");
  if (lo > hi) options.refuse(fmt::format("[{}, {}] holds nothing: lo is above hi", lo, hi));
  if (checked.type->kind == Kind::kList) {
    return rows(checked.type, fmt::format("not of {} to {} elements", lo, hi), SizeInRange{lo, hi});
  }
  if (checked.type->kind != Kind::kString) options.refuse_type("texts and lists", checked);
  return rows(checked.type, fmt::format("not of {} to {} characters", lo, hi),
              LengthInRange{lo, hi});
}

CheckBodyPtr text_check(const std::string& kind, const CheckOptions& options,
                        const Checked& checked) {
  if (checked.type->kind != Kind::kString) options.refuse_type("texts", checked);
  if (kind == "matches_regex") {
    const std::string pattern = options.text("pattern");
    try {
      static_cast<void>(regex_match("", pattern));  // a mistake in it is told when the plan is made
    } catch (const Error& e) {
      options.refuse(fmt::format("pattern: {}", e.message()));
    }
    return rows(checked.type, "not matching " + quote(pattern), Matches{pattern});
  }
  std::string part = options.text("text");
  const bool wanted = kind == "contains";
  const std::string complaint = (wanted ? "without " : "with ") + quote(part);
  return rows(checked.type, complaint, Contains{std::move(part), wanted});
}

}  // namespace

CheckBodyPtr make_row_check(const std::string& kind, const CheckOptions& options,
                            const Checked& checked) {
  if (kind == "not_null" || kind == "allow_none") return null_check(options);
  if (kind == "data_type") return std::make_shared<HasType>(options.text("type"));
  if (kind == "range") return range_check(options, checked);
  if (kind == "values_in") {
    if (auto body = values_in_check(options, checked)) return body;
    options.refuse_type("bools, numbers, times and texts", checked);
  }
  if (kind == "allow_nans") return nan_check(options, checked);
  if (kind == "length_in_range") return length_check(options, checked);
  if (kind == "contains" || kind == "does_not_contain" || kind == "matches_regex") {
    return text_check(kind, options, checked);
  }
  return nullptr;
}

}  // namespace weft
