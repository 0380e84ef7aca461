// Fits and single values through files, bit for bit; damaged files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "base/file.h"
#include "exec/value_json.h"
#include "weft/driver.h"
#include "weft/object_format.h"

namespace fit_test {

struct Edge {
  double at = 0;
  std::optional<std::string_view> label;
  std::vector<int64_t> counts;
};
struct Line {
  double slope = 0;
};
struct Opaque {};

}  // namespace fit_test

template <>
inline constexpr bool weft::is_record<fit_test::Edge> = true;

namespace weft {
namespace {

using fit_test::Edge;
using fit_test::Line;
using fit_test::Opaque;
using ::testing::HasSubstr;

class FitTest : public ::testing::Test {
 protected:
  FitTest() : path_(testing::TempDir() + "weft_fit_test.json") {
    register_object_format<Line>(
        [](const Line& line) { return nlohmann::json(line.slope).dump(); },
        [](std::string_view text) { return Line{nlohmann::json::parse(text).get<double>()}; });
  }
  ~FitTest() override { std::filesystem::remove(path_); }

  Value round_trip(const Value& value) const {
    Fit("f", {{"v", {value, "00ff"}}}).save(path_);
    const Fit fit = Fit::load(path_);
    EXPECT_EQ(fit.entries().at("v").fingerprint, "00ff");
    return fit.entries().at("v").value;
  }
  std::string error_of(const std::string& text) const {
    write_file(path_, text);
    try {
      Fit::load(path_);
    } catch (const Error& e) {
      return std::string(error_code_name(e.code())) + ": " + e.message();
    }
    return "";
  }

  std::string path_;
};

TEST_F(FitTest, EveryTypeComesBackAsItWas) {
  const Value values[] = {
      Value::of(true),
      Value::of(int32_t{-7}),
      Value::of(std::numeric_limits<int64_t>::min()),
      Value::of(std::numeric_limits<int64_t>::max()),
      Value::of(0.1F),
      Value::of(std::numeric_limits<double>::denorm_min()),
      Value::of(std::nan("")),
      Value::of(-INFINITY),
      Value::of(std::string("text \"quoted\"\n\xc3\xa4")),
      Value::of(std::string("\xff\x00 no text", 10)),
      Value::of(Time(1234567us)),
      Value::of(Time::min()),
      Value::of(Time::max()),
      Value::of(Duration::min()),
      Value::of(Duration(90min)),
      Value::of(std::vector<double>{1, std::nan(""), 3}),
      Value::of(std::vector<std::string>{}),
      Value::of(std::vector<Time>{Time(5us)}),
      Value::null(double_type()),
  };
  for (const Value& value : values) {
    const Value back = round_trip(value);
    EXPECT_TRUE(back.equals(value))
        << value.type()->name << " " << value.to_string() << " came as " << back.to_string();
  }
}

TEST_F(FitTest, DoublesKeepEveryBit) {
  const double minus_zero = round_trip(Value::of(-0.0)).get<double>();
  EXPECT_TRUE(std::signbit(minus_zero));
  std::mt19937_64 random(7);
  std::vector<double> values;
  while (values.size() < 20'000) {
    const auto v = std::bit_cast<double>(random());
    if (std::isfinite(v)) values.push_back(v);
  }
  const auto back = round_trip(Value::of(values)).get<std::vector<double>>();
  ASSERT_EQ(back.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint64_t>(back[i]), std::bit_cast<uint64_t>(values[i])) << values[i];
  }
}

TEST_F(FitTest, StructsAndListsOfThem) {
  const Edge edge = {2.5, "left", {1, 2}};
  const auto back = round_trip(Value::of(edge));
  EXPECT_EQ(back.get<Edge>().at, 2.5);
  EXPECT_EQ(back.get<Edge>().label, "left");
  EXPECT_EQ(back.get<Edge>().counts, (std::vector<int64_t>{1, 2}));
  EXPECT_FALSE(round_trip(Value::of(Edge{1, {}, {}})).get<Edge>().label.has_value());
}

TEST_F(FitTest, ObjectsGoThroughTheirFormat) {
  EXPECT_EQ(round_trip(Value::of(Line{1.5})).get<Line>().slope, 1.5);
  try {
    round_trip(Value::of(Opaque()));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(e.message(), HasSubstr("fit \"f\": v: fit_test::Opaque has no text form: call "
                                       "register_object_format<fit_test::Opaque>()"));
  }
}

TEST_F(FitTest, ContainersOfThem) {
  const std::map<std::string, double> rates = {{"EUR", 1.0}, {"a \"b\"", std::nan("")}};
  const auto back = round_trip(Value::of(rates)).get<std::map<std::string, double>>();
  EXPECT_EQ(back.at("EUR"), 1.0);
  EXPECT_TRUE(std::isnan(back.at("a \"b\"")));
  const std::pair<std::string, std::vector<int64_t>> pair = {"a", {1, 2}};
  EXPECT_EQ((round_trip(Value::of(pair)).get<std::pair<std::string, std::vector<int64_t>>>()),
            pair);
  EXPECT_EQ(round_trip(Value::of(std::vector<Line>{{1}, {2}})).get<std::vector<Line>>()[1].slope,
            2);
  const Values any = {{"n", Value::of(int64_t{1})}, {"t", Value::of(std::string("x"))}, {"z", {}}};
  const auto values = round_trip(Value::of(any));
  const auto& map = values.get<std::map<std::string, Value, std::less<>>>();
  EXPECT_TRUE(map.at("n").equals(any.at("n")));
  EXPECT_TRUE(map.at("t").equals(any.at("t")));
  EXPECT_FALSE(map.at("z").has_value());
  EXPECT_FALSE(has_json_form(type_of<std::vector<Opaque>>()));
}

TEST_F(FitTest, SaysWhenItWasMade) {
  const ManualClock clock(Time(1s));
  EXPECT_FALSE(Fit().created().has_value());
  Fit("f", {}).save(path_, clock);
  EXPECT_EQ(Fit::load(path_).created(), Time(1s));
  // Saving it again does not make it younger.
  Fit::load(path_).save(path_, ManualClock(Time(9s)));
  EXPECT_EQ(Fit::load(path_).created(), Time(1s));
  EXPECT_EQ(Fit::load(path_).name(), "f");
}

TEST_F(FitTest, DamagedFilesAreRefused) {
  Fit("f", {{"v", {Value::of(1.5), "00ff"}}}).save(path_, ManualClock());
  const std::string good = read_file(path_);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return error_of(text);
  };
  EXPECT_EQ(with("1.5", "1.5"), "");
  EXPECT_THAT(error_of(good.substr(0, good.size() / 2)), HasSubstr("bad_data: "));
  EXPECT_THAT(error_of(""), HasSubstr("no usable fit"));
  EXPECT_THAT(error_of("[]"), HasSubstr("does not say \"format\""));
  EXPECT_THAT(with("weft-fit", "other"), HasSubstr("does not say \"format\""));
  EXPECT_THAT(with("\"version\": 1", "\"version\": 9"), HasSubstr("format version 9"));
  EXPECT_THAT(with("1970", "yes"), HasSubstr("\"created\" is no time"));
  EXPECT_THAT(with("\"double\"", "\"doubles\""), HasSubstr("v is of the type doubles"));
  EXPECT_THAT(with("1.5", "\"x\""), HasSubstr("v: expected double, found \"x\""));
  EXPECT_THAT(with("\"fingerprint\"", "\"finger\""), HasSubstr("no \"fingerprint\""));
  EXPECT_THAT(with("\"00ff\"", "7"), HasSubstr("\"fingerprint\" is number"));
  std::filesystem::remove(path_);
  EXPECT_THROW(Fit::load(path_), Error);
}

TEST(ValueJsonTest, RefusesWhatDoesNotFit) {
  using nlohmann::json;
  const std::pair<Type, json> cases[] = {
      {int32_type(), 3'000'000'000},
      {int64_type(), 1.5},
      {int64_type(), 18'446'744'073'709'551'615U},
      {bool_type(), 1},
      {double_type(), "1.5"},
      {string_type(), json{{"hex", "0g"}}},
      {timestamp_type(), "yesterday"},
      {duration_type(), "3 parsecs"},
      {list_type(int64_type()), json{1, nullptr}},
      {list_type(int64_type()), 1},
      {type_of<Edge>(), json{{"at", 1.0}, {"counts", json::array()}, {"more", 1}}},
      {type_of<Edge>(), json{{"at", 1.0}}},
  };
  for (const auto& [type, value] : cases) {
    EXPECT_THROW(value_from_json(type, value), Error) << type->name << " " << value;
  }
}

}  // namespace
}  // namespace weft
