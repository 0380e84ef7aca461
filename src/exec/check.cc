#include "exec/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "base/thrown.h"
#include "data/text_form.h"

namespace weft {
namespace {

constexpr int64_t kShownMax = 3;
constexpr size_t kShownBytesMax = 80;

const char kOneOrColumn[] = "a column or one value";
const char kColumn[] = "a column";
const char kTable[] = "a table";

struct Known {
  CheckInfo info;
  bool takes_one;
};

const std::vector<Known>& known_checks() {
  static const std::vector<Known> known = {
      {{"allow_nans", "allowed", kOneOrColumn, "NaN is allowed or not."}, true},
      {{"allow_none", "allowed", kOneOrColumn, "Null is allowed or not."}, true},
      {{"columns_equal", "left, right", kTable, "Two columns hold the same in each row."}, false},
      {{"compare", "left, op, right", kTable, "Each row holds left op right."}, false},
      {{"contains", "text", kOneOrColumn, "The text has this in it."}, true},
      {{"data_type", "type", "anything", "The data has this type."}, true},
      {{"does_not_contain", "text", kOneOrColumn, "The text does not have this in it."}, true},
      {{"fresh_within", "age", kOneOrColumn, "The latest time is at most this old."}, true},
      {{"length_in_range", "lo, hi", kOneOrColumn, "Characters of a text, elements of a list."},
       true},
      {{"matches_regex", "pattern", kOneOrColumn, "The whole text matches."}, true},
      {{"max_fraction_nans", "fraction", kColumn, "At most this part of the rows is NaN."}, false},
      {{"max_fraction_nulls", "fraction", kColumn, "At most this part of the rows is null."},
       false},
      {{"max_standard_dev", "stddev", kColumn, "The sample standard deviation is at most this."},
       false},
      {{"mean_in_range", "lo, hi", kColumn, "The mean is in the range."}, false},
      {{"monotone", "increasing, strict", kColumn, "Values do not fall (rise) from row to row."},
       false},
      {{"not_null", "", kOneOrColumn, "No value is null."}, true},
      {{"quantile_in_range", "q, lo, hi", kColumn, "The quantile is in the range."}, false},
      {{"range", "lo, hi", kOneOrColumn, "lo <= value <= hi."}, true},
      {{"referential", "", kColumn, "Every value is in the column of another node."}, false},
      {{"row_count_in_range", "lo, hi", "a column or table", "The number of rows."}, false},
      {{"stddev_in_range", "lo, hi", kColumn, "The sample standard deviation is in the range."},
       false},
      {{"unique", "", kColumn, "No value comes twice."}, false},
      {{"unique_over", "columns", kTable, "No two rows have these columns in common."}, false},
      {{"values_in", "values", kOneOrColumn, "The value is one of these."}, true},
  };
  return known;
}

const Known* find_known(std::string_view kind) {
  for (const Known& known : known_checks()) {
    if (known.info.name == kind) return &known;
  }
  return nullptr;
}

// "column" and "check" say where a check stands; the others are its own.
void refuse_unknown_options(const CheckOptions& options, const Known& known) {
  std::vector<std::string> names;
  std::string_view rest = known.info.options;
  while (!rest.empty()) {
    const size_t comma = rest.find(", ");
    names.emplace_back(rest.substr(0, comma));
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 2);
  }
  for (const auto& [name, value] : options.spec().options) {
    if (name == "column" || name == "check" || std::ranges::find(names, name) != names.end()) {
      continue;
    }
    options.refuse(fmt::format("there is no option {}{}", name, did_you_mean(name, names)));
  }
}

std::string checked_node(const Node& node) {
  const auto tag = node.tags.find("hamilton.data_quality.source_node");
  if (tag != node.tags.end() && !tag->second.empty()) return tag->second[0];
  const std::string suffix = "_" + (node.check ? node.check->name : "") + "_validator";
  const size_t at = node.name.rfind(suffix);
  return at == std::string::npos ? node.name : node.name.substr(0, at);
}

}  // namespace

std::vector<CheckInfo> check_catalog() {
  std::vector<CheckInfo> infos;
  for (const Known& known : known_checks()) infos.push_back(known.info);
  return infos;
}

// ---- findings --------------------------------------------------------------------------------

std::vector<int64_t> BadRows::sample() const {
  return {rows_.begin(),
          rows_.begin() + static_cast<ptrdiff_t>(std::min(rows_.size(), kSampleMax))};
}

void Findings::judge_rows(const std::string& complaint,
                          const std::function<std::string(int64_t row)>& show) {
  if (bad.count() == 0) return;
  passed = false;
  message = fmt::format("{} of {} rows {}: ", bad.count(), rows, complaint);
  const auto shown = std::min<int64_t>(kShownMax, bad.count());
  for (int64_t i = 0; i < shown; ++i) {
    const int64_t row = bad.rows()[static_cast<size_t>(i)];
    message += i > 0 ? ", " : "";
    message += show ? fmt::format("row {} is {}", row, show(row)) : fmt::format("row {}", row);
  }
  if (shown < bad.count()) message += ", ...";
}

std::string Findings::shown(const Value& value, const CheckRun& run) {
  if (run.hide_values) return "<hidden: tagged pii>";
  std::string text = value.to_string();
  if (text.size() <= kShownBytesMax) return text;
  size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

// ---- options ---------------------------------------------------------------------------------

const Value& CheckOptions::value(std::string_view name) const {
  const auto it = spec_.options.find(name);
  if (it == spec_.options.end() || !it->second.has_value()) {
    refuse(fmt::format("the option {} is missing", name));
  }
  return it->second;
}

namespace {
template <class T>
T option_as(const CheckOptions& options, std::string_view name) {
  try {
    return options.value(name).as(type_of<T>()).template get<T>();
  } catch (const Error& e) {
    options.refuse(fmt::format("option {}: {}", name, e.message()));
  }
}
}  // namespace

double CheckOptions::number(std::string_view name) const { return option_as<double>(*this, name); }
int64_t CheckOptions::integer(std::string_view name) const {
  return option_as<int64_t>(*this, name);
}
bool CheckOptions::flag(std::string_view name) const { return option_as<bool>(*this, name); }
std::string CheckOptions::text(std::string_view name) const {
  return option_as<std::string>(*this, name);
}
double CheckOptions::fraction(std::string_view name) const {
  const double fraction = number(name);
  if (!(fraction >= 0 && fraction <= 1)) {
    refuse(fmt::format("{} is from 0 to 1, not {}", name, format_number(fraction)));
  }
  return fraction;
}

std::vector<Value> CheckOptions::list(std::string_view name, Type element) const {
  const Value& option = value(name);
  try {
    std::vector<Value> values;
    if (const auto* any = option.get_if<ValueList>()) {
      for (const Value& v : *any) values.push_back(v.as(element));
      return values;
    }
    const Value list = option.as(list_type(element));
    Arena arena;
    ListView view;
    list.type()->unbox(list.type(), list, &view, arena);
    const char* at = static_cast<const char*>(view.data);
    for (int64_t i = 0; i < view.size; ++i, at += element->size) {
      values.push_back(element->box(element, at));
    }
    return values;
  } catch (const Error& e) {
    refuse(fmt::format("option {}: {}", name, e.message()));
  }
}

void CheckOptions::refuse(const std::string& why) const {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("check {}: {}", spec_.name, why));
}

void CheckOptions::refuse_type(std::string_view takes, const Checked& found) const {
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("check {}: it takes {}, not {} {}", spec_.name, takes,
                          found.column ? "a column of" : "a single",
                          found.type ? found.type->name : "value"));
}

// ---- which check -----------------------------------------------------------------------------

std::string check_kind(const CheckSpec& spec) {
  const auto it = spec.options.find("check");
  return it != spec.options.end() ? it->second.get<std::string>() : spec.name;
}

bool check_takes_one(const CheckSpec& spec) {
  if (spec.options.contains("column")) return false;
  if (spec.function) {
    const auto takes = spec.options.find("takes");
    return takes == spec.options.end() || takes->second.get<std::string>() != "series";
  }
  const Known* known = find_known(check_kind(spec));
  return known && known->takes_one;
}

Checked checked_of(const Value& value) {
  const auto* column = value.get_if<ColumnData>();
  return {column ? column->type() : value.type(), column != nullptr};
}

namespace {

CheckBodyPtr body_of(const CheckSpec& spec, const Checked& checked) {
  const CheckOptions options(spec);
  const std::string kind = check_kind(spec);
  const Known* known = spec.function ? nullptr : find_known(kind);
  if (!spec.function) {
    if (!known) {
      std::vector<std::string> names;
      for (const Known& k : known_checks()) names.push_back(k.info.name);
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("there is no check {}{}", kind, did_you_mean(kind, names)));
    }
    refuse_unknown_options(options, *known);
  }
  const bool table = checked.type == type_of<Table>() && !checked.column;
  if (spec.options.contains("column") || (known && table)) {
    if (auto body = make_table_check(kind, options, checked)) return body;
  }
  if (!known) return make_custom_check(options, checked);
  if (known->info.takes == kTable) options.refuse_type("a table", checked);
  if (!checked.column && !known->takes_one) options.refuse_type("a column", checked);
  if (auto body = make_row_check(kind, options, checked)) return body;
  auto body = make_column_check(kind, options, checked);
  WEFT_CHECK(body);
  return body;
}

}  // namespace

CheckBodyPtr make_check(const CheckSpec& spec, const Checked& checked) {
  CheckBodyPtr body = body_of(spec, checked);
  if (spec.importance == Importance::kQuarantine && !body->names_rows()) {
    CheckOptions(spec).refuse(
        "it judges the data as a whole, so there are no rows to put into quarantine: warn or fail");
  }
  return body;
}

// ---- of a node -------------------------------------------------------------------------------

PreparedCheck::PreparedCheck(const Node& node, const Checked& checked)
    : node_(checked_node(node)),
      spec_(node.check),
      hide_values_(node.personal),
      where_(node.where) {
  if (!checked.type) return;
  try {
    body_ = make_check(*spec_, checked);
  } catch (const Error& e) {
    throw Error(e.code(), node_ + ": " + e.message(), where_);
  }
}

CheckReport PreparedCheck::run(std::span<const Value> data, const Clock& clock) const {
  CheckReport report;
  report.node = node_;
  report.check = spec_->name;
  report.importance = spec_->importance;
  const bool keep_all = spec_->importance == Importance::kQuarantine;
  Findings findings(keep_all);
  try {
    const Checked checked = checked_of(data[0]);
    CheckBodyPtr body = body_;
    // A null whose type nobody knows is still a null.
    if (!body)
      body = make_check(*spec_, {checked.type ? checked.type : double_type(), checked.column});
    body->run(data, {&clock, keep_all, hide_values_}, findings);
  } catch (const Error& e) {
    throw Error(e.code(), node_ + ": " + e.message(), e.where().empty() ? where_ : e.where());
  } catch (...) {
    throw Error(ErrorCode::kFunctionFailed,
                fmt::format("{}: check {}: {}", node_, spec_->name,
                            hide_values_ ? "what it says is hidden: tagged pii" : thrown_text()),
                where_);
  }
  report.passed = findings.passed;
  report.rows = findings.rows;
  report.failed_rows = findings.bad.count();
  report.message = std::move(findings.message);
  report.sample_rows = findings.bad.sample();
  report.values = std::move(findings.values);
  if (keep_all && findings.bad.count() > 0) {
    report.all_failed_rows = std::make_shared<const std::vector<int64_t>>(findings.bad.rows());
  }
  return report;
}

CheckReport check_data(const Node& node, std::span<const Value> values, const Clock& clock) {
  return PreparedCheck(node, {}).run(values, clock);
}

CheckReport skipped_check(const Node& node) {
  CheckReport report;
  report.node = checked_node(node);
  report.check = node.check->name;
  report.importance = node.check->importance;
  report.skipped = true;
  report.message = "it needs more than the one value of a request";
  return report;
}

}  // namespace weft
