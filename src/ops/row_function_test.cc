// Every built-in row function: a block of rows and one row alone give the same bits.
#include "ops/row_function.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "data/slots.h"
#include "ops/row_function_table.h"

namespace weft {
namespace {

RowFunctionTable all_functions() {
  RowFunctionTable table;
  register_arithmetic(table);
  register_comparisons(table);
  register_logic(table);
  register_choice(table);
  register_casts(table);
  register_lists(table);
  register_math(table);
  register_text(table);
  register_calendar(table);
  return table;
}

// A value of a type, often an odd one. Small integers where a text is repeated or padded by them.
class RandomValues {
 public:
  RandomValues(uint64_t seed, bool small) : random_(seed), small_(small) {}

  Value of(Type type) {
    switch (type->kind) {
      case Kind::kBool:
        return Value::of(pick(2) == 1);
      case Kind::kInt32:
        return Value::of(static_cast<int32_t>(integer(32)));
      case Kind::kInt64:
        return Value::of(integer(64));
      case Kind::kFloat:
        return Value::of(static_cast<float>(real()));
      case Kind::kDouble:
        return Value::of(real());
      case Kind::kString:
        return Value::of(text());
      case Kind::kTimestamp:
        return Value::of(Time(Duration(integer(52))));
      case Kind::kDuration:
        return Value::of(Duration(integer(44)));
      default:
        return list(type);
    }
  }
  int64_t pick(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  uint64_t bits() { return random_(); }

 private:
  int64_t integer(int width) {
    if (small_) return pick(40) - 8;
    switch (pick(6)) {
      case 0:
        return pick(3) - 1;
      case 1:
        return width == 32 ? int64_t{std::numeric_limits<int32_t>::min()}
                           : std::numeric_limits<int64_t>::min();
      case 2:
        return (int64_t{1} << (width - 2)) - 1 + (int64_t{1} << (width - 2));
      case 3:
        return static_cast<int64_t>(random_()) >> (64 - width);
      default:
        return pick(200) - 100;
    }
  }
  double real() {
    constexpr double kOdd[] = {0.0, -0.0, HUGE_VAL, -HUGE_VAL, NAN, 0.5, 2.5, -1.0, 1e300, 5e-324};
    if (pick(3) == 0) return kOdd[pick(std::size(kOdd))];
    return (static_cast<double>(pick(20001)) - 10000) / 128;
  }
  std::string text() {
    static const char* const kTexts[] = {"",       " a ",        "b",           "Ab,c", "12",
                                         "-3.5",   "true",       "day",         "UTC",  "%Y",
                                         "[a-z]+", "2024-01-31", "Caf\xc3\xa9", ",",    "x x"};
    return kTexts[pick(std::size(kTexts))];
  }
  Value list(Type type) {
    const Type element = type->element;
    ColumnBuilder elements(element);
    const int64_t n = pick(12);
    std::vector<Value> values;
    for (int64_t i = 0; i < n; ++i) values.push_back(of(element));
    Arena arena;
    std::vector<char> slots(static_cast<size_t>(n) * element->size + 1);
    for (size_t i = 0; i < values.size(); ++i) {
      element->unbox(element, values[i], slots.data() + i * element->size, arena);
    }
    const ListView view = {slots.data(), n};
    return type->box(type, &view);
  }

  std::mt19937_64 random_;
  bool small_;
};

// An argument: random rows, nulls or none, side by side, one for all, or further apart.
struct Argument {
  std::vector<char> data;
  std::vector<uint64_t> valid;
  Arena arena;
  Slice slice;

  Argument(Type type, RandomValues& random, int64_t n) {
    const int64_t layout = random.pick(6);
    const bool one = layout == 0;
    const auto stride = static_cast<int64_t>(type->size * (layout == 1 ? 2 : 1));
    data.resize(static_cast<size_t>(stride * n) + 16);
    valid.resize(static_cast<size_t>((n + 63) / 64));
    for (int64_t i = 0; i < n; ++i) {
      type->unbox(type, random.of(type), data.data() + i * stride, arena);
    }
    const int64_t nulls = random.pick(3);
    for (uint64_t& word : valid) {
      word = nulls == 1 ? ~uint64_t{0} : random.bits() | random.bits();
    }
    slice = {data.data(), nulls == 0 ? nullptr : valid.data(), one ? 0 : stride};
  }
};

bool same(Type type, const void* a, const void* b) {
  if (type->kind == Kind::kDouble || type->kind == Kind::kFloat) {
    if (std::memcmp(a, b, type->size) == 0) return true;
    return type->box(type, a).equals(type->box(type, b)) &&
           (type->kind == Kind::kDouble ? std::isnan(*static_cast<const double*>(a))
                                        : std::isnan(*static_cast<const float*>(a)));
  }
  return type->box(type, a).equals(type->box(type, b));
}

void check(const Kernel& kernel, uint64_t seed) {
  bool text = false;
  for (const Type type : kernel.parameters) {
    text |= type->kind == Kind::kString || type->kind == Kind::kList;
  }
  RandomValues random(seed, text);
  const int64_t n = 1 + random.pick(200);
  std::vector<std::unique_ptr<Argument>> arguments;
  std::vector<Slice> in;
  for (const Type type : kernel.parameters) {
    arguments.push_back(std::make_unique<Argument>(type, random, n));
    in.push_back(arguments.back()->slice);
  }
  SlotBuffer block(kernel.result, n);
  Sink sink = block.sink();
  sink.error_is_null = true;
  const bool all = kernel.block(kernel.context, in.data(), sink, n);
  bool every = true;
  SlotBuffer one(kernel.result, 1);
  for (int64_t i = 0; i < n; ++i) {
    bool ok[4];
    std::vector<Cell> cells;
    for (size_t k = 0; k < in.size(); ++k) {
      ok[k] = in[k].is_valid(i);
      cells.push_back({const_cast<char*>(in[k].data + i * in[k].stride), &ok[k]});
    }
    bool valid = false;
    try {
      kernel.row(kernel.context, cells.data(), {one.data(), &valid}, one.arena());
    } catch (const std::exception&) {
      valid = false;
    }
    every &= valid;
    const bool block_valid = (sink.valid[i >> 6] >> (i & 63) & 1) != 0;
    ASSERT_EQ(block_valid, valid) << kernel.name << " row " << i << " seed " << seed;
    if (!valid) continue;
    const char* slot = block.data() + static_cast<size_t>(i) * kernel.result->size;
    ASSERT_TRUE(same(kernel.result, slot, one.data()))
        << kernel.name << " row " << i << " seed " << seed << ": block "
        << kernel.result->box(kernel.result, slot).to_string() << ", row "
        << kernel.result->box(kernel.result, one.data()).to_string();
  }
  ASSERT_EQ(all, every) << kernel.name << " seed " << seed;
  const int64_t words = (n + 63) / 64;
  ASSERT_EQ(sink.valid[words - 1] | (n % 64 ? ~(~uint64_t{0} << n % 64) : ~uint64_t{0}),
            ~uint64_t{0})
      << kernel.name << ": bits past the end, seed " << seed;
}

TEST(RowFunctionTest, BlockAndRowGiveTheSameBits) {
  const RowFunctionTable table = all_functions();
  for (const auto& [name, entry] : table.entries()) {
    for (const auto& kernel : entry.kernels) {
      for (uint64_t seed = 0; seed < 24; ++seed) check(*kernel, seed);
    }
  }
}

TEST(RowFunctionTest, EveryNameHasASummary) {
  const RowFunctionTable table = all_functions();
  for (const auto& [name, entry] : table.entries()) EXPECT_NE(entry.summary, "") << name;
}

TEST(RowFunctionTest, PlainValuesTakeTheTypeOfWhatTheyStandBeside) {
  const auto result = [](std::string_view name, std::vector<Type> types,
                         std::vector<Value> literals) {
    literals.resize(types.size());
    return resolve_row_function(name, types, literals)->result;
  };
  const Value half = Value::of(0.5), one = Value::of(int64_t{1});
  EXPECT_EQ(result("multiply", {float_type(), double_type()}, {{}, half}), float_type());
  EXPECT_EQ(result("add", {int64_type(), double_type()}, {{}, half}), double_type());
  EXPECT_EQ(result("add", {int32_type(), int64_type()}, {{}, one}), int32_type());
  EXPECT_EQ(result("add", {double_type(), int64_type()}, {{}, one}), double_type());
  EXPECT_EQ(result("add", {int32_type(), int64_type()}, {}), int64_type());
  EXPECT_EQ(result("add", {int32_type(), float_type()}, {}), double_type());
  EXPECT_EQ(result("divide", {int32_type(), int64_type()}, {}), double_type());
  EXPECT_EQ(result("log", {int32_type()}, {}), double_type());
}

TEST(RowFunctionTest, ErrorsNameWhatIsTaken) {
  const auto message = [](std::string_view name, std::vector<Type> types) {
    const std::vector<Value> literals(types.size());
    try {
      resolve_row_function(name, types, literals);
    } catch (const Error& e) {
      return e.message();
    }
    return std::string("no error");
  };
  EXPECT_EQ(message("lowr", {string_type()}), "there is no function 'lowr'; did you mean 'lower'?");
  EXPECT_EQ(message("lower", {double_type()}), "lower takes (string), not (double)");
}

}  // namespace
}  // namespace weft
