// Values between JSON and slots, and the tape that JSON is read onto.
#include "server/json_cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "base/test_seed.h"
#include "weft/native.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

struct Conversion {
  const char* type;
  std::string json;
  std::string result;  // as JSON with texts of times; or what is wrong
};

class JsonCellTest : public testing::TestWithParam<Conversion> {};

TEST_P(JsonCellTest, Converts) {
  JsonTape tape;
  ASSERT_TRUE(tape.parse(GetParam().json)) << tape.error();
  JsonCell cell;
  const Type type = type_by_name(GetParam().type);
  std::string out = cell.set(tape.root(), type);
  if (out.empty()) append_slot(type, cell.slot(), JsonTimes::kText, out);
  EXPECT_EQ(out, GetParam().result);
}

const Conversion kConversions[] = {
    {"int64", "1", "1"},
    {"int64", "-9223372036854775808", "-9223372036854775808"},
    {"int64", "9223372036854775808", "expected int64, found 9223372036854775808"},
    {"int64", "\"12\"", "12"},
    {"int64", "\"12x\"", "expected int64, found \"12x\""},
    {"int64", "\"\"", "expected int64, found \"\""},
    {"int64", "3.0", "3"},
    {"int64", "3.5", "expected int64, found 3.5"},
    {"int64", "1e300", "expected int64, found 1e+300"},
    {"int64", "true", "expected int64, found true"},
    {"int64", "[1]", "expected int64, found a list"},
    {"int32", "2147483648", "expected int32, found 2147483648"},
    {"int32", "-2147483648", "-2147483648"},
    {"double", "3", "3.0"},
    {"double", "\"2.5\"", "2.5"},
    {"double", "\"NaN\"", "\"NaN\""},
    {"double", "\"-Infinity\"", "\"-Infinity\""},
    {"double", "18446744073709551615", "18446744073709551616.0"},
    {"double", "\"x\"", "expected double, found \"x\""},
    {"float", "1e300", "expected float, found 1e+300"},
    {"float", "0.1", "0.1"},
    {"bool", "true", "true"},
    {"bool", "\"False\"", "false"},
    {"bool", "1", "expected bool, found 1"},
    {"string", "\"a\\u00e9\\n\\\"\"", "\"a\xC3\xA9\\n\\\"\""},
    {"string", "1", "expected string, found 1"},
    {"timestamp", "\"2024-01-02T03:04:05.25Z\"", "\"2024-01-02T03:04:05.250Z\""},
    {"timestamp", "\"2024-01-02T03:04:05.000001+01:00\"", "\"2024-01-02T02:04:05.000001Z\""},
    {"timestamp", "1704164645", "\"2024-01-02T03:04:05Z\""},
    {"timestamp", "-0.5", "\"1969-12-31T23:59:59.500Z\""},
    {"timestamp", "\"1704164645\"", "\"2024-01-02T03:04:05Z\""},
    {"timestamp", "\"soon\"", "expected timestamp, found \"soon\""},
    {"timestamp", "1e15", "expected timestamp, found 1000000000000000"},
    {"duration", "\"1h30m\"", "\"1h30m\""},
    {"duration", "5", "expected duration, found 5"},
    {"list<double>", "[1,2.5,\"NaN\"]", "[1.0,2.5,\"NaN\"]"},
    {"list<double>", "[]", "[]"},
    {"list<double>", "[1,null]", "a null in a list<double>"},
    {"list<double>", "3", "expected list<double>, found 3"},
    {"list<list<string>>", "[[\"a\"],[],[\"b\",\"c\"]]", "[[\"a\"],[],[\"b\",\"c\"]]"},
};
INSTANTIATE_TEST_SUITE_P(All, JsonCellTest, testing::ValuesIn(kConversions));

TEST(JsonTextTest, TextsThatAreNotUtf8) {
  std::string out;
  append_text("a\xff\xc3\xa9\x01\t", out);
  EXPECT_EQ(out, "\"a\xEF\xBF\xBD\xC3\xA9\\u0001\\t\"");
}

TEST(JsonTextTest, SecondsAreFloored) {
  std::string out;
  const Time time(Duration(-1));
  append_slot(timestamp_type(), &time, JsonTimes::kSeconds, out);
  EXPECT_EQ(out, "-1");
  out.clear();
  append_time(Time(), out);
  EXPECT_EQ(out, "1970-01-01T00:00:00Z");
}

TEST(JsonTapeTest, FindsTheLastOfAName) {
  JsonTape tape;
  ASSERT_TRUE(tape.parse(R"({"a": [1, {"b": 2}], "c": null, "a": "x"})"));
  EXPECT_EQ(tape.root().size(), 3);
  EXPECT_EQ(tape.root().find("a")->text(), "x");
  EXPECT_TRUE(tape.root().find("c")->is_null());
  EXPECT_FALSE(tape.root().find("b"));
}

TEST(JsonTapeTest, RefusesWhatIsNoJson) {
  JsonTape tape;
  for (const char* text :
       {"", "{", "[1,]", "nul", "{\"a\" 1}", "1 2", "1e400", "\"\xff\"", "[1e999"}) {
    EXPECT_FALSE(tape.parse(text)) << text;
    EXPECT_FALSE(tape.error().empty());
    EXPECT_THAT(tape.error(), testing::Not(HasSubstr("json.exception")));
  }
  EXPECT_FALSE(tape.parse(std::string(100'000, '[')));
  EXPECT_THAT(tape.error(), HasSubstr("deeper"));
  EXPECT_TRUE(tape.parse("[1]")) << "the tape is good for another text";
}

void expect_same(const JsonValue& value, const nlohmann::json& json) {
  ASSERT_EQ(value.is_list(), json.is_array());
  ASSERT_EQ(value.is_object(), json.is_object());
  if (json.is_array()) {
    ASSERT_EQ(value.size(), static_cast<int64_t>(json.size()));
    size_t i = 0;
    for (const JsonValue element : value) expect_same(element, json[i++]);
  } else if (json.is_object()) {
    for (const auto& [name, member] : json.items()) expect_same(*value.find(name), member);
  } else if (json.is_number_float()) {
    EXPECT_EQ(value.number(), json.get<double>());
  } else {
    EXPECT_EQ(value.is_text() ? nlohmann::json(value.text()).dump() : value.shown(), json.dump());
  }
}

nlohmann::json random_json(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 4 ? 4 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<int64_t>(random());
    case 3:
      return std::string(random() % 5, static_cast<char>('a' + random() % 26));
    case 4: {
      nlohmann::json list = nlohmann::json::array();
      for (uint64_t n = random() % 4; n > 0; --n) list.push_back(random_json(random, depth + 1));
      return list;
    }
    default: {
      nlohmann::json object = nlohmann::json::object();
      for (uint64_t n = random() % 4; n > 0; --n) {
        object["k" + std::to_string(random() % 9)] = random_json(random, depth + 1);
      }
      return object;
    }
  }
}

TEST(JsonTapeTest, ReadsWhatALibraryWrites) {
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  JsonTape tape;
  for (int i = 0; i < 500; ++i) {
    const nlohmann::json json = random_json(random, 0);
    ASSERT_TRUE(tape.parse(json.dump()));
    expect_same(tape.root(), json);
  }
}

TEST(JsonTapeTest, TakesAndRefusesWhatALibraryDoes) {
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  static constexpr std::string_view kPieces[] = {"{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "\"",
                                                 "-",
                                                 "+",
                                                 ".",
                                                 "e",
                                                 "E5",
                                                 "0",
                                                 "12",
                                                 "-0.5",
                                                 " ",
                                                 "\n",
                                                 "\t",
                                                 "\\u0041",
                                                 "\\",
                                                 "\x01",
                                                 "\xC3\xA9",
                                                 "\xFF",
                                                 "true",
                                                 "nul",
                                                 "1e-7",
                                                 "9223372036854775808",
                                                 "18446744073709551616",
                                                 "1e999",
                                                 "\"k\":",
                                                 std::string_view("\0", 1)};
  JsonTape tape;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random_json(random, 2).dump();
    for (uint64_t n = random() % 4; n > 0; --n) {
      const size_t at = random() % (text.size() + 1);
      const std::string_view piece = kPieces[random() % std::size(kPieces)];
      random() % 2 == 0 ? text.insert(at, piece) : text.replace(at, random() % 3, piece);
    }
    SCOPED_TRACE(text);
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    ASSERT_EQ(tape.parse(text), !json.is_discarded());
    if (!json.is_discarded()) expect_same(tape.root(), json);
  }
}

}  // namespace
}  // namespace weft
