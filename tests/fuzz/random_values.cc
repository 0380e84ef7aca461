#include "random_values.h"

#include <bit>
#include <cmath>
#include <limits>

namespace weft::fuzz {
namespace {

template <class T>
T one_of(Random& random, std::initializer_list<T> choices) {
  return choices.begin()[random.below(choices.size())];
}

template <class T, class F>
Value list_of(Random& random, F make) {
  std::vector<T> list;
  for (size_t n = random.below(5); n > 0; --n) list.push_back(make());
  return Value::of(std::move(list));
}

Value list_value(Random& random, Type element) {
  switch (element->kind) {
    case Kind::kBool:
      return list_of<bool>(random, [&] { return random.chance(0.5); });
    case Kind::kInt32:
      return list_of<int32_t>(random, [&] { return static_cast<int32_t>(random.integer()); });
    case Kind::kInt64:
      return list_of<int64_t>(random, [&] { return random.integer(); });
    case Kind::kFloat:
      return list_of<float>(random, [&] { return static_cast<float>(random.real()); });
    case Kind::kDouble:
      return list_of<double>(random, [&] { return random.real(); });
    case Kind::kString:
      return list_of<std::string>(random, [&] { return random.text(); });
    case Kind::kTimestamp:
      return list_of<Time>(random, [&] { return random.value(timestamp_type()).get<Time>(); });
    case Kind::kDuration:
      return list_of<Duration>(random,
                               [&] { return random.value(duration_type()).get<Duration>(); });
    default:
      return list_of<Place>(random, [&] { return random.value(element).get<Place>(); });
  }
}

// Element i of a list as a Value of its own.
Value element_of(const ListView& list, Type element, int64_t i) {
  return element->box(element,
                      static_cast<const char*>(list.data) + static_cast<size_t>(i) * element->size);
}

bool same_lists(const Value& a, const Value& b) {
  Arena arena;
  ListView left;
  ListView right;
  a.type()->unbox(a.type(), a, &left, arena);
  b.type()->unbox(b.type(), b, &right, arena);
  if (left.size != right.size) return false;
  const Type element = a.type()->element;
  for (int64_t i = 0; i < left.size; ++i) {
    if (!same_bits(element_of(left, element, i), element_of(right, element, i))) return false;
  }
  return true;
}

bool same_structs(const Value& a, const Value& b) {
  Arena arena;
  for (const Field& field : a.type()->fields) {
    char* left = arena.take_slots(field.type, 1);
    char* right = arena.take_slots(field.type, 1);
    const bool valid = field.load(a.data(), left, arena);
    if (valid != field.load(b.data(), right, arena)) return false;
    if (valid && !same_bits(field.type->box(field.type, left), field.type->box(field.type, right)))
      return false;
  }
  return true;
}

template <class Bits, class T>
bool same_numbers(T a, T b) {
  return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b) || (std::isnan(a) && std::isnan(b));
}

}  // namespace

double Random::real() {
  using Limits = std::numeric_limits<double>;
  switch (below(6)) {
    case 0:
      return one_of(*this, {0.0, -0.0, 1.0, -1.0, 0.1, 0.5, -2.5, 1e15, 0x1p53, 0x1p63, -0x1p63});
    case 1:
      return one_of(*this, {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::infinity(),
                            -Limits::infinity(), Limits::max(), Limits::lowest(), Limits::min(),
                            Limits::denorm_min(), -Limits::denorm_min(), 1e300, -1e-300});
    case 2:
      return static_cast<double>(static_cast<int64_t>(below(21)) - 10);
    case 3:
      return std::ldexp(static_cast<double>(engine_() >> 11) - 0x1p52,
                        static_cast<int>(below(80)) - 90);
    default:
      return (static_cast<double>(engine_() >> 11) * 0x1p-53 - 0.5) * 200;
  }
}

int64_t Random::integer() {
  using Limits = std::numeric_limits<int64_t>;
  switch (below(8)) {
    case 0:
      return one_of<int64_t>(
          *this, {0, 1, -1, Limits::max(), Limits::min(), Limits::max() - 1, int64_t{1} << 53,
                  std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()});
    case 1:
      return static_cast<int64_t>(engine_()) >> below(64);
    default:
      return static_cast<int64_t>(below(41)) - 20;
  }
}

std::string Random::text() {
  static const std::vector<std::string> kTexts = {
      "",
      "a",
      "b",
      "ab",
      "Lisbon",
      "Oslo",
      "São Paulo",
      "日本語",
      "ÄÖÜß",
      "e\u0301",
      "🙂",
      "\xff\xfe",
      "a,b,,c",
      "  both ends ",
      "2013-01-01",
      "2024-02-29T23:59:59Z",
      "12",
      "-0.5",
      "nan",
      "true",
      "(",
      "[a-z]+",
      "a\nb",
      "Europe/Lisbon",
      "%Y-%m-%d",
      "day",
      "a text that is too long for any small buffer, and then some",
      std::string("\0x", 2)};
  if (chance(0.8)) return of(kTexts);
  std::string text;
  for (size_t n = below(30); n > 0; --n) text += static_cast<char>('a' + below(4));
  return text;
}

Value Random::value(Type type) {
  switch (type->kind) {
    case Kind::kBool:
      return Value::of(chance(0.5));
    case Kind::kInt32:
      return Value::of(static_cast<int32_t>(integer()));
    case Kind::kInt64:
      return Value::of(integer());
    case Kind::kFloat:
      return Value::of(static_cast<float>(real()));
    case Kind::kDouble:
      return Value::of(real());
    case Kind::kString:
      return Value::of(text());
    case Kind::kTimestamp:
      if (chance(0.05)) return Value::of(Time(Duration(integer())));
      return Value::of(
          Time(Duration(static_cast<int64_t>(below(uint64_t{1} << 52)) - (int64_t{1} << 50))));
    case Kind::kDuration:
      if (chance(0.1)) return Value::of(Duration(integer()));
      return Value::of(Duration((static_cast<int64_t>(below(200000)) - 100000) * 3'600'000));
    case Kind::kList:
      return list_value(*this, type->element);
    default:
      return Value::of(
          Place{real(), integer(), chance(0.3) ? std::nullopt : std::optional(real()), text()});
  }
}

const std::vector<Type>& row_types() {
  static const std::vector<Type> types = {bool_type(),
                                          int32_type(),
                                          int64_type(),
                                          float_type(),
                                          double_type(),
                                          double_type(),
                                          string_type(),
                                          string_type(),
                                          timestamp_type(),
                                          duration_type(),
                                          list_type(double_type()),
                                          list_type(string_type()),
                                          list_type(int64_type()),
                                          type_of<Place>(),
                                          int64_type()};
  return types;
}

bool same_bits(const Value& a, const Value& b) {
  if (a.type() != b.type() || a.has_value() != b.has_value()) return false;
  if (!a.has_value()) return true;
  switch (a.type()->kind) {
    case Kind::kObject:
      return true;
    case Kind::kFloat:
      return same_numbers<uint32_t>(a.get<float>(), b.get<float>());
    case Kind::kDouble:
      return same_numbers<uint64_t>(a.get<double>(), b.get<double>());
    case Kind::kString:
      return a.get<std::string>() == b.get<std::string>();
    case Kind::kList:
      return same_lists(a, b);
    case Kind::kStruct:
      return same_structs(a, b);
    default:
      return a.equals(b);
  }
}

}  // namespace weft::fuzz
