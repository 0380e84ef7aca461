#include "weft/value.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "weft/native.h"

namespace value_test {

struct Point {
  double x;
  std::optional<int64_t> label;
};
struct Model {
  int n = 0;
};

}  // namespace value_test

template <>
inline constexpr bool weft::is_record<value_test::Point> = true;

namespace weft {
namespace {

using value_test::Model;
using value_test::Point;

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "no error";
}

TEST(ValueTest, AsAPersonReadsIt) {
  EXPECT_EQ(Value::of(true).to_string(), "true");
  EXPECT_EQ(Value::of(int32_t{-3}).to_string(), "-3");
  EXPECT_EQ(Value::of(2.0).to_string(), "2.0");
  EXPECT_EQ(Value::of(0.1F).to_string(), "0.1");
  EXPECT_EQ(Value::of("a \"b\"\n").to_string(), "\"a \\\"b\\\"\\n\"");
  EXPECT_EQ(Value::of(Time(1s)).to_string(), "1970-01-01T00:00:01Z");
  EXPECT_EQ(Value::of(Duration(90min)).to_string(), "1h30m");
  EXPECT_EQ(Value::of(std::vector<int64_t>{1, 2}).to_string(), "[1, 2]");
  EXPECT_EQ(Value::of(std::vector<bool>{true, false}).to_string(), "[true, false]");
  EXPECT_EQ(Value::of(std::vector<std::vector<std::string_view>>{{"a"}, {}}).to_string(),
            "[[\"a\"], []]");
  EXPECT_EQ(Value::of(Point{1, {}}).to_string(), "{x: 1.0, label: null}");
  EXPECT_EQ(Value::of(Model{}).to_string(), "<value_test::Model>");
  EXPECT_EQ(Value::null(int64_type()).to_string(), "null");
  EXPECT_EQ(Value().to_string(), "null");
}

TEST(ValueTest, GetIsOfTheExactType) {
  const Value value = Value::of(int64_t{7});
  EXPECT_EQ(value.get<int64_t>(), 7);
  EXPECT_EQ(value.get_if<double>(), nullptr);
  EXPECT_EQ(error_of([&] { value.get<double>(); }), "type_mismatch: expected double, found int64");
  EXPECT_EQ(error_of([] { Value().get<double>(); }),
            "type_mismatch: expected double, found nothing");
  EXPECT_EQ(error_of([] { Value::null(string_type()).get<double>(); }),
            "type_mismatch: expected double, found null string");
}

TEST(ValueTest, NumbersConvertWhereNoDigitIsLost) {
  EXPECT_EQ(Value::of(3.0).as(int64_type()).get<int64_t>(), 3);
  EXPECT_EQ(Value::of(int64_t{3}).as(int32_type()).get<int32_t>(), 3);
  EXPECT_EQ(Value::of(int32_t{3}).as(double_type()).get<double>(), 3.0);
  EXPECT_EQ(Value::of(0.1).as(float_type()).get<float>(), 0.1F);
  EXPECT_EQ(Value::of(int32_t{16777217}).as(float_type()).get<float>(), 16777216.0F)
      << "as a column of them";
  EXPECT_EQ(Value::of(int64_t{1} << 24).as(float_type()).get<float>(), 16777216.0F);
  EXPECT_TRUE(std::isnan(Value::of(std::nan("")).as(float_type()).get<float>()));
  EXPECT_TRUE(std::isinf(Value::of(-INFINITY).as(float_type()).get<float>()));
  EXPECT_EQ(Value::of(-9223372036854775808.0).as(int64_type()).get<int64_t>(),
            std::numeric_limits<int64_t>::min());
  for (const Value& value :
       {Value::of(3.5), Value::of(9223372036854775808.0), Value::of(std::nan("")),
        Value::of(INFINITY), Value::of("3"), Value::of(true)}) {
    EXPECT_THROW(value.as(int64_type()), Error) << value.to_string();
  }
  EXPECT_THROW(Value::of(int64_t{1} << 31).as(int32_type()), Error);
  EXPECT_THROW(Value::of(2147483648.0).as(int32_type()), Error);
  EXPECT_THROW(Value::of((int64_t{1} << 24) + 1).as(float_type()), Error);
  EXPECT_THROW(Value::of(1e300).as(float_type()), Error);
  EXPECT_EQ(error_of([] { Value::of(3.5).as(int64_type()); }),
            "type_mismatch: expected int64, found double 3.5");
}

TEST(ValueTest, TextsBecomeTimes) {
  EXPECT_EQ(Value::of("2013-01-01").as(timestamp_type()).to_string(), "2013-01-01T00:00:00Z");
  EXPECT_EQ(Value::of("90s").as(duration_type()).get<Duration>(), Duration(90s));
  EXPECT_THROW(Value::of("yesterday").as(timestamp_type()), Error);
  EXPECT_THROW(Value::of(int64_t{5}).as(timestamp_type()), Error);
}

TEST(ValueTest, ListsConvertByElement) {
  const Value ints = Value::of(std::vector<int64_t>{1, 2});
  EXPECT_EQ(ints.as(list_type(double_type())).to_string(), "[1.0, 2.0]");
  EXPECT_THROW(Value::of(std::vector<double>{1.5}).as(list_type(int64_type())), Error);
  EXPECT_EQ(Value::of(std::vector<std::vector<int32_t>>{{1}, {}})
                .as(list_type(list_type(int64_type())))
                .to_string(),
            "[[1], []]");
}

TEST(ValueTest, NullIsNullOfAnyType) {
  EXPECT_EQ(Value().as(int64_type()).type(), int64_type());
  EXPECT_EQ(Value::null(string_type()).as(int64_type()).type(), int64_type());
}

TEST(ValueTest, Equality) {
  EXPECT_TRUE(Value::of(std::nan("1")).equals(Value::of(-std::nan("2"))));
  EXPECT_TRUE(Value::of(0.0).equals(Value::of(-0.0)));
  EXPECT_FALSE(Value::of(int64_t{1}).equals(Value::of(1.0)));
  EXPECT_TRUE(Value::of("a").equals(Value::of(std::string_view("a"))));
  EXPECT_FALSE(Value::of("a").equals(Value::of("b")));
  EXPECT_TRUE(Value().equals(Value()));
  EXPECT_FALSE(Value().equals(Value::null(int64_type())));
  EXPECT_FALSE(Value::null(int64_type()).equals(Value::of(int64_t{0})));
  const auto list = [](double v) { return Value::of(std::vector<double>{1, v}); };
  EXPECT_TRUE(list(std::nan("")).equals(list(-std::nan(""))));
  EXPECT_TRUE(list(0.0).equals(list(-0.0)));
  EXPECT_FALSE(list(1).equals(list(2)));
  EXPECT_FALSE(list(1).equals(Value::of(std::vector<double>{1})));
  EXPECT_TRUE(Value::of(Point{0.0, {}}).equals(Value::of(Point{-0.0, {}})));
  EXPECT_FALSE(Value::of(Point{0.0, {}}).equals(Value::of(Point{0.0, 0})));
  const Value model = Value::of(Model{});
  EXPECT_TRUE(model.equals(Value(model)));
  EXPECT_FALSE(model.equals(Value::of(Model{})));
}

}  // namespace
}  // namespace weft
