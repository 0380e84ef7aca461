#include "ops/aggregate.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/nearest_name.h"
#include "ops/aggregate_makers.h"

namespace weft {
namespace {

// Sets of types an input may have.
enum TypeSet : unsigned {
  kNoType = 0,
  kNumber = 1,
  kBool = 2,
  kDuration = 4,
  kTimestamp = 8,
  kText = 16,
  kNested = 32,
  kMoments = kNumber | kBool,
  kOrdered = kNumber | kBool | kDuration | kTimestamp | kText,
  kAny = kOrdered | kNested,
};

TypeSet set_of(Type type) {
  switch (type->kind) {
    case Kind::kBool:
      return kBool;
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kFloat:
    case Kind::kDouble:
      return kNumber;
    case Kind::kString:
      return kText;
    case Kind::kTimestamp:
      return kTimestamp;
    case Kind::kDuration:
      return kDuration;
    case Kind::kList:
    case Kind::kStruct:
      return kNested;
    case Kind::kObject:
      break;
  }
  return kNoType;
}

std::string set_name(unsigned set) {
  if (set == kAny) return "any";
  static constexpr std::pair<TypeSet, const char*> kNames[] = {
      {kNumber, "number"},       {kBool, "bool"},   {kDuration, "duration"},
      {kTimestamp, "timestamp"}, {kText, "string"},
  };
  std::string name;
  for (const auto& [part, text] : kNames) {
    if (set & part) name += (name.empty() ? "" : " or ") + std::string(text);
  }
  return name;
}

struct Entry {
  const char* name;
  AggregateMaker make;
  size_t arity;
  unsigned inputs[2];
  const char* options;
  const char* result;
  const char* summary;
};

// Sorted by name.
constexpr Entry kEntries[] = {
    {"all", &make_all, 1, {kBool}, "", "bool", "True unless a value is false."},
    {"any", &make_any, 1, {kBool}, "", "bool", "True if a value is true."},
    {"correlation",
     &make_correlation,
     2,
     {kNumber, kNumber},
     "",
     "double",
     "Pearson's correlation of the pairs; null where one of the two does not vary."},
    {"count", &make_count, 1, {kAny}, "", "int64", "How many values are not null."},
    {"count_all", &make_count_all, 0, {}, "", "int64", "How many rows there are, nulls included."},
    {"covariance",
     &make_covariance,
     2,
     {kNumber, kNumber},
     "",
     "double",
     "Sample covariance (n - 1) of the pairs; null for one pair."},
    {"distinct",
     &make_distinct,
     1,
     {kOrdered},
     "",
     "int64",
     "How many different values there are."},
    {"distinct_approx",
     &make_distinct_approx,
     1,
     {kOrdered},
     "precision: from 4 to 18, 12 unless given; the error is about 1.04 / sqrt(2^precision)",
     "int64",
     "About how many different values there are (HyperLogLog)."},
    {"first", &make_first, 1, {kAny}, "", "as the input", "The first value that is not null."},
    {"kurtosis",
     &make_kurtosis,
     1,
     {kMoments},
     "",
     "double",
     "Excess kurtosis without bias, as in pandas; null for fewer than four values."},
    {"last", &make_last, 1, {kAny}, "", "as the input", "The last value that is not null."},
    {"list", &make_list, 1, {kAny}, "", "list of the input", "All values in the order of rows."},
    {"max",
     &make_max,
     1,
     {kOrdered},
     "",
     "as the input",
     "The largest value; NaN is larger than any number."},
    {"max_by",
     &make_max_by,
     2,
     {kAny, kOrdered},
     "",
     "as the first input",
     "The first input where the second is largest; the earliest row of equal ones."},
    {"mean",
     &make_mean,
     1,
     {kNumber | kBool | kDuration | kTimestamp},
     "",
     "double, or as the input for times",
     "The mean; times round half to even."},
    {"median",
     &make_median,
     1,
     {kNumber | kDuration | kTimestamp},
     "",
     "double, or as the input for times",
     "The middle value, or the mean of the two in the middle."},
    {"min",
     &make_min,
     1,
     {kOrdered},
     "",
     "as the input",
     "The smallest value; NaN only where there is nothing else."},
    {"min_by",
     &make_min_by,
     2,
     {kAny, kOrdered},
     "",
     "as the first input",
     "The first input where the second is smallest; the earliest row of equal ones."},
    {"mode",
     &make_mode,
     1,
     {kOrdered},
     "",
     "as the input",
     "The most frequent value; the smallest of equally frequent ones."},
    {"nth",
     &make_nth,
     1,
     {kAny},
     "n: 0 is the first, -1 the last",
     "as the input",
     "The n-th value that is not null."},
    {"quantile",
     &make_quantile,
     1,
     {kNumber | kDuration | kTimestamp},
     "q: from 0 to 1",
     "double, or as the input for times",
     "The quantile, linear between the two nearest values."},
    {"skew",
     &make_skew,
     1,
     {kMoments},
     "",
     "double",
     "Skewness without bias, as in pandas; null for fewer than three values."},
    {"stddev",
     &make_stddev,
     1,
     {kMoments},
     "",
     "double",
     "Sample standard deviation (n - 1); null for one value."},
    {"sum",
     &make_sum,
     1,
     {kNumber | kBool | kDuration},
     "",
     "int64 for integers and bool, double for the other numbers, duration",
     "The sum, exact and rounded once; an error where it leaves int64."},
    {"top_k",
     &make_top_k,
     1,
     {kOrdered},
     "k: how many, from 1",
     "list of the input",
     "The most frequent values, the most frequent first, equally frequent ones by value."},
    {"var", &make_var, 1, {kMoments}, "", "double", "Sample variance (n - 1); null for one value."},
};

const Entry& entry_of(std::string_view name) {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("there is no aggregate '{}'{}", name, did_you_mean(name, names)));
}

void check_types(const Entry& entry, std::span<const Type> types) {
  if (types.size() != entry.arity) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} takes {} input{}, not {}", entry.name, entry.arity,
                            entry.arity == 1 ? "" : "s", types.size()));
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (set_of(types[i]) & entry.inputs[i]) continue;
    const std::string which = types.size() == 1 ? "" : fmt::format(" as input {}", i + 1);
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("{} takes {}{}, not {}", entry.name, set_name(entry.inputs[i]), which,
                            types[i]->name));
  }
}

}  // namespace

const Value* AggregateOptions::find(std::string_view name) {
  names_.emplace_back(name);
  const auto it = given_.find(name);
  return it != given_.end() && it->second.has_value() ? &it->second : nullptr;
}

const Value& AggregateOptions::required(std::string_view name) {
  const Value* value = find(name);
  if (!value) {
    check_all_read();  // a misspelt name explains more than a missing one
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} needs the option '{}'", aggregate_, name));
  }
  return *value;
}

void AggregateOptions::fail(std::string_view name, const std::string& what) const {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the option '{}' of {} {}", name, aggregate_, what));
}

void AggregateOptions::spell(std::string_view name, std::string_view value) {
  text_ += fmt::format("{}{}={}", text_.empty() ? "" : ", ", name, value);
}

double AggregateOptions::number(std::string_view name, double low, double high) {
  const Value& value = required(name);
  double x;
  try {
    x = value.as(double_type()).get<double>();
  } catch (const Error&) {
    fail(name, fmt::format("is a number, not {}", value.to_string()));
  }
  if (!(x >= low && x <= high)) fail(name, fmt::format("is from {} to {}, not {}", low, high, x));
  spell(name, fmt::format("{}", x + 0.0));  // shortest text that reads back as x
  return x + 0.0;
}

int64_t AggregateOptions::whole(std::string_view name, const Value& value, int64_t low,
                                int64_t high) {
  int64_t x;
  try {
    x = value.as(int64_type()).get<int64_t>();
  } catch (const Error&) {
    fail(name, fmt::format("is a whole number, not {}", value.to_string()));
  }
  if (x < low || x > high) fail(name, fmt::format("is from {} to {}, not {}", low, high, x));
  spell(name, fmt::format("{}", x));
  return x;
}

int64_t AggregateOptions::integer(std::string_view name, int64_t low, int64_t high) {
  return whole(name, required(name), low, high);
}

int64_t AggregateOptions::integer_or(std::string_view name, int64_t otherwise, int64_t low,
                                     int64_t high) {
  const Value* value = find(name);
  return whole(name, value ? *value : Value::of(otherwise), low, high);
}

void AggregateOptions::check_all_read() const {
  for (const auto& [name, value] : given_) {
    if (std::ranges::find(names_, name) != names_.end()) continue;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} has no option '{}'{}", aggregate_,
                                                         name, did_you_mean(name, names_)));
  }
}

AggregatePtr make_aggregate(std::string_view name, std::span<const Type> parameters,
                            const Values& options) {
  const Entry& entry = entry_of(name);
  check_types(entry, parameters);
  AggregateSignature signature;
  signature.name = entry.name;
  signature.parameters.assign(parameters.begin(), parameters.end());
  AggregateOptions reader(name, options);
  AggregatePtr made = entry.make(std::move(signature), reader);
  reader.check_all_read();
  return made;
}

std::vector<AggregateInfo> aggregate_catalog() {
  std::vector<AggregateInfo> catalog;
  for (const Entry& entry : kEntries) {
    std::string inputs;
    for (size_t i = 0; i < entry.arity; ++i) {
      inputs += (i == 0 ? "" : ", ") + set_name(entry.inputs[i]);
    }
    catalog.push_back({entry.name, inputs, entry.options, entry.result, entry.summary});
  }
  return catalog;
}

}  // namespace weft
