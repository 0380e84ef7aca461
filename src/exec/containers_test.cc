// unpack, extract_fields and groups: parts of what a function returns, and parts put together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/module.h"
#include "weft/weft.h"

namespace containers_test {
using namespace weft;

struct Shape3 {
  double volume = 0;
};

using ShapesByName = std::map<std::string, Shape3>;

FEATURE((std::pair<double, std::string>), two, (double x), unpack("first", "second")) {
  return {x, "x"};
}
FEATURE((std::map<std::string, double>), rates, (double x),
        extract_fields(field<double>("eur"), field<double>("usd"))) {
  return {{"eur", x}, {"usd", 2 * x}};
}
FEATURE(std::vector<double>, row_list, (double y), unpack("start", "end")) { return {y, y + 1}; }
FEATURE(double, span_of, (double start, double end)) { return end - start; }
FEATURE(Shape3, small, (double x)) { return {x}; }
FEATURE(Shape3, large, (double x)) { return {10 * x}; }
FEATURE(double, volumes, (const std::vector<Shape3>& all),
        inject({{"all", group(source("small"), source("large"))}})) {
  double sum = 0;
  for (const Shape3& shape : all) sum += shape.volume;
  return sum;
}
FEATURE(double, of_large, (const ShapesByName& by_name),
        inject({{"by_name", group_by_name({{"a", source("small")}, {"b", source("large")}})}})) {
  return by_name.at("b").volume;
}

Driver driver() { return Driver({compiled_module("containers_test")}, {}, {.threads = 1}); }

TEST(ContainersTest, PartsOfWhatAFunctionReturns) {
  const Result result =
      driver().execute({"first", "second", "eur", "usd"}, {{"x", Value::of(1.5)}});
  EXPECT_EQ(result.get<double>("first"), 1.5);
  EXPECT_EQ(result.get<std::string>("second"), "x");
  EXPECT_EQ(result.get<double>("eur"), 1.5);
  EXPECT_EQ(result.get<double>("usd"), 3.0);
}

TEST(ContainersTest, ElementsOfListsInEveryRow) {
  const Result result =
      driver().execute({"end", "span_of"}, {{"y", Value::of(ColumnData::of<double>({1, 2}))}});
  EXPECT_TRUE(result.column("end").equals(ColumnData::of<double>({2, 3})));
  EXPECT_TRUE(result.column("span_of").equals(ColumnData::of<double>({1, 1})));
}

TEST(ContainersTest, GroupsOfObjects) {
  const Result result = driver().execute({"volumes", "of_large"}, {{"x", Value::of(2.0)}});
  EXPECT_EQ(result.get<double>("volumes"), 22);
  EXPECT_EQ(result.get<double>("of_large"), 20);
}

}  // namespace containers_test
