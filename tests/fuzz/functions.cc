#include "functions.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "ops/row_function.h"
#include "random_values.h"

namespace weft::fuzz {
namespace {

using Text = std::string_view;

double plus(double a, double b) { return a + b; }
double ratio(double a, double b) { return a / b; }
float halved(float a) { return a / 2; }
double polynomial(double x, double y, double z) { return x * x * y - z; }
std::optional<double> positive(double x) { return x > 0 ? std::optional(x) : std::nullopt; }
double or_else(std::optional<double> x, double y) { return x.value_or(y); }
double or_zero(std::optional<double> x) { return x.value_or(0); }
bool is_missing(std::optional<Text> x) { return !x; }
int64_t strict_root(double x) {
  if (!(x >= 0 && x < 1e15)) throw std::runtime_error("no root");
  return static_cast<int64_t>(std::sqrt(x));
}
int64_t quotient(int64_t a, int64_t b) {
  if (b == 0 || b == -1) throw std::domain_error("cannot divide");
  return a / b;
}
int64_t mixed_bits(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * 0x9e3779b97f4a7c15u) ^ b;
}
int32_t low_half(int64_t a) { return static_cast<int32_t>(a); }
int64_t small(int64_t a) { return (a % 7 + 7) % 7; }
std::optional<int64_t> odd_only(std::optional<int64_t> a) {
  return a && *a % 2 != 0 ? a : std::nullopt;
}
bool both(bool a, bool b) { return a && b; }
bool at_most(int64_t a, int64_t b) { return a <= b; }
double choose(bool which, double a, double b) { return which ? a : b; }
std::string decorated(Text text, int64_t n) { return std::string(text) + "#" + std::to_string(n); }
Text start(Text text) { return text.substr(0, 5); }
std::optional<Text> not_empty(Text text) {
  return text.empty() ? std::nullopt : std::optional(text);
}
std::string spelled(std::optional<Text> text) { return text ? std::string(*text) : "(none)"; }
Text strict_text(Text text) {
  if (text.size() > 20) throw std::length_error("too long: a text of more than 20 bytes");
  return text;
}
Time hour_later(Time t) {
  return Time(Duration(
      static_cast<int64_t>(static_cast<uint64_t>(t.time_since_epoch().count()) + 3'600'000'000u)));
}
Duration doubled(Duration d) {
  return Duration(static_cast<int64_t>(static_cast<uint64_t>(d.count()) * 2));
}
int64_t micros(std::optional<Duration> d) { return d ? d->count() : -1; }
std::vector<double> listed(double a, double b) { return {a, b}; }
std::vector<double> listed_or(std::optional<double> a, double b) {
  return a ? std::vector<double>{*a, b} : std::vector<double>{};
}
double total(std::span<const double> list) {
  double sum = 0;
  for (const double x : list) sum += x;
  return sum;
}
std::span<const double> but_first(std::span<const double> list) {
  return list.empty() ? list : list.subspan(1);
}
std::vector<int64_t> digits(int64_t n) {
  std::vector<int64_t> list;
  for (uint64_t u = static_cast<uint64_t>(n); u > 0; u /= 1000) {
    list.push_back(static_cast<int64_t>(u % 1000));
  }
  return list;
}
std::vector<std::string> words(Text a, Text b) { return {std::string(a), std::string(b), "x"}; }
std::string longest(const std::vector<std::string>& list) {
  if (list.empty()) throw std::out_of_range("an empty list has no longest text");
  return *std::ranges::max_element(list, {}, &std::string::size);
}
std::optional<std::vector<std::string>> unless_short(const std::vector<std::string>& list) {
  return list.size() < 2 ? std::nullopt : std::optional(list);
}
Place placed(double x, int64_t n, std::optional<double> tip, Text name) {
  return {x, n, tip, std::string(name)};
}
double tip_of(const Place& place) { return place.tip.value_or(place.x); }
std::string name_of(const Place& place) { return place.name; }
Place moved(const Place& place, double by) {
  Place other = place;
  other.x += by;
  other.name += "+";
  return other;
}
std::optional<Place> tipped(const Place& place) {
  return place.tip ? std::optional(place) : std::nullopt;
}
std::vector<Place> pair_of(const Place& a, const Place& b) { return {a, b}; }
Place last_of(const std::vector<Place>& list) {
  if (list.empty()) throw std::out_of_range("an empty list");
  return list.back();
}
int64_t always() { return 42; }
double predict(const Model& model, double x) { return model.weight * x + model.bias; }

std::string spelled(const Kernel& kernel) {
  std::string text = kernel.name + "(";
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    text +=
        (i ? ", " : "") + kernel.parameters[i]->name + (kernel.parameter_nullable[i] ? "?" : "");
  }
  return text + ")";
}

PoolFunction pooled(KernelPtr kernel) {
  return {spelled(*kernel),           kernel->name,   kernel->parameters,
          kernel->parameter_nullable, kernel->result, kernel};
}

// Tried out, so that most graphs are of functions that give values.
bool throws_for_some(const Kernel& kernel) {
  Random random(1);
  Arena arena;
  for (int i = 0; i < 300; ++i) {
    arena.reset();
    bool valid = true;
    std::vector<Cell> cells;
    for (const Type type : kernel.parameters) {
      char* slot = arena.take_slots(type, 1);
      const bool size = type == int64_type() && kernel.name != "negate" && i % 2 == 0;
      type->unbox(type,
                  size ? Value::of(static_cast<int64_t>(random.below(9))) : random.value(type),
                  slot, arena);
      cells.push_back({slot, &valid});
    }
    bool has_result = false;
    try {
      kernel.row(kernel.context, cells.data(), {arena.take_slots(kernel.result, 1), &has_result},
                 arena);
    } catch (const std::exception&) {
      return true;
    }
  }
  return false;
}

std::vector<Type> types_of(std::string parameters) {
  std::erase(parameters, '?');
  std::vector<Type> types;
  for (size_t from = 0; from < parameters.size();) {
    const size_t end = std::min(parameters.find(", ", from), parameters.size());
    types.push_back(type_by_name(parameters.substr(from, end - from)));
    from = end + 2;
  }
  return types;
}

}  // namespace

const std::vector<PoolFunction>& compiled_functions() {
#define WEFT_POOL(f) pooled(kernel_of<&f>(#f))
  static const std::vector<PoolFunction> pool = {
      WEFT_POOL(plus),
      WEFT_POOL(ratio),
      WEFT_POOL(halved),
      WEFT_POOL(polynomial),
      WEFT_POOL(positive),
      WEFT_POOL(or_else),
      WEFT_POOL(or_zero),
      WEFT_POOL(is_missing),
      WEFT_POOL(strict_root),
      WEFT_POOL(quotient),
      WEFT_POOL(mixed_bits),
      WEFT_POOL(low_half),
      WEFT_POOL(small),
      WEFT_POOL(odd_only),
      WEFT_POOL(both),
      WEFT_POOL(at_most),
      WEFT_POOL(choose),
      WEFT_POOL(decorated),
      WEFT_POOL(start),
      WEFT_POOL(not_empty),
      pooled(kernel_of<static_cast<std::string (*)(std::optional<Text>)>(&spelled)>("spelled")),
      WEFT_POOL(strict_text),
      WEFT_POOL(hour_later),
      WEFT_POOL(doubled),
      WEFT_POOL(micros),
      WEFT_POOL(listed),
      WEFT_POOL(listed_or),
      WEFT_POOL(total),
      WEFT_POOL(but_first),
      WEFT_POOL(digits),
      WEFT_POOL(words),
      WEFT_POOL(longest),
      WEFT_POOL(unless_short),
      WEFT_POOL(placed),
      WEFT_POOL(tip_of),
      WEFT_POOL(name_of),
      WEFT_POOL(moved),
      WEFT_POOL(tipped),
      WEFT_POOL(pair_of),
      WEFT_POOL(last_of),
      WEFT_POOL(always)};
#undef WEFT_POOL
  return pool;
}

const std::vector<PoolFunction>& builtin_functions() {
  static const std::vector<PoolFunction> pool = [] {
    std::vector<PoolFunction> functions;
    for (const auto& info : row_function_catalog()) {
      const std::vector<Type> types = types_of(info.parameters);
      if (std::ranges::count(types, nullptr) > 0) continue;
      if (auto kernel = find_row_function(info.name, types)) {
        functions.push_back(pooled(std::move(kernel)));
        const std::string& name = info.name;  // those would make texts of a gigabyte
        const bool sized = name == "repeat" || name.starts_with("pad_");
        functions.back().may_throw = sized || throws_for_some(*functions.back().kernel);
      }
    }
    return functions;
  }();
  return pool;
}

KernelPtr predict_kernel() { return kernel_of<&predict>("predict"); }

}  // namespace weft::fuzz
