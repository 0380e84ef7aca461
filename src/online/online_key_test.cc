#include "online/online_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weft {
namespace {

using ::testing::HasSubstr;

template <class T>
std::string key_of(T value) {
  return *encode_key({{"k", type_of<T>()}}, std::vector<Value>{Value::of(std::move(value))});
}

TEST(OnlineKeyTest, TheSameNumberIsTheSameKeyWhateverItsWidth) {
  EXPECT_EQ(key_of(int32_t{-7}), key_of(int64_t{-7}));
  EXPECT_EQ(key_of(0.5f), key_of(0.5));
  EXPECT_EQ(key_of(-0.0), key_of(0.0));
  EXPECT_EQ(key_of(std::nan("1")), key_of(-std::nan("2")));
  EXPECT_NE(key_of(0.1f), key_of(0.1));
  EXPECT_TRUE(same_keys({{"a", int32_type()}}, {{"a", int64_type()}}));
  EXPECT_FALSE(same_keys({{"a", int32_type()}}, {{"b", int32_type()}}));
  EXPECT_FALSE(same_keys({{"a", int32_type()}}, {{"a", timestamp_type()}}));
  EXPECT_FALSE(same_keys({{"a", int32_type()}}, {}));
}

TEST(OnlineKeyTest, BytesArePinned) {
  EXPECT_EQ(key_of(int64_t{1}), std::string("\x80\0\0\0\0\0\0\x01", 8));
  EXPECT_EQ(key_of(int64_t{-2}), "\x7f\xff\xff\xff\xff\xff\xff\xfe");
  EXPECT_EQ(key_of(std::string("ab")),
            "\x02"
            "ab");
  EXPECT_EQ(key_of(std::string(300, 'x')).substr(0, 2), "\xac\x02");
  EXPECT_EQ(key_of(true), "\x01");
  EXPECT_EQ(key_of(Time(Duration(5))), key_of(int64_t{5}));
}

TEST(OnlineKeyTest, CompositeKeysAreUnambiguousAndComeBack) {
  const Schema keys = {{"a", string_type()},   {"b", string_type()}, {"c", int32_type()},
                       {"d", float_type()},    {"e", bool_type()},   {"f", duration_type()},
                       {"g", timestamp_type()}};
  const auto values = [](std::string a, std::string b) {
    return std::vector<Value>{Value::of(std::move(a)),
                              Value::of(std::move(b)),
                              Value::of(int32_t{-3}),
                              Value::of(0.1f),
                              Value::of(true),
                              Value::of(Duration(-4)),
                              Value::of(Time(Duration(9)))};
  };
  EXPECT_NE(encode_key(keys, values("ab", "c")), encode_key(keys, values("a", "bc")));
  EXPECT_NE(encode_key(keys, values("", "abc")), encode_key(keys, values("abc", "")));
  for (const std::string& a : {std::string(), std::string("a\0b", 3), std::string(1000, 'z')}) {
    const auto given = values(a, "é");
    const auto back = decode_key(keys, *encode_key(keys, given));
    ASSERT_EQ(back.size(), given.size());
    for (size_t i = 0; i < back.size(); ++i) EXPECT_TRUE(back[i].equals(given[i])) << i;
  }
}

TEST(OnlineKeyTest, ColumnsAndRequestsGiveTheSameBytes) {
  const Schema keys = {{"id", int64_type()}, {"shop", string_type()}};
  const Table rows({{"shop", ColumnData::of<std::optional<std::string>>({"x", {}, "y"})},
                    {"other", ColumnData::of<double>({1, 2, 3})},
                    {"id", ColumnData::of<std::optional<int32_t>>({1, 2, -3})}});
  const OnlineKeys encoded(keys, rows);
  ASSERT_EQ(encoded.size(), 3);
  EXPECT_EQ(encoded.at(0),
            encode_key(keys, std::vector<Value>{Value::of(1), Value::of(std::string("x"))}));
  EXPECT_TRUE(encoded.is_null(1));
  EXPECT_EQ(encoded.at(2),
            encode_key(keys, std::vector<Value>{Value::of(-3), Value::of(std::string("y"))}));
  EXPECT_EQ(encode_key(keys, std::vector<Value>{Value::null(int64_type()), Value::of(1)}),
            std::nullopt);
  EXPECT_EQ(encode_key({}, {}), "");
}

TEST(OnlineKeyTest, MistakesAreNamed) {
  const auto message = [](auto&& call) {
    try {
      call();
    } catch (const Error& error) {
      return std::string(error_code_name(error.code())) + ": " + error.what();
    }
    return std::string("nothing");
  };
  EXPECT_THAT(message([] { check_key_schema({{"l", list_type(int64_type())}}); }),
              HasSubstr("unsupported: the key 'l' is of type list<int64>"));
  EXPECT_THAT(message([] { check_key_schema({{"a", bool_type()}, {"a", bool_type()}}); }),
              HasSubstr("'a' comes twice"));
  EXPECT_THAT(message([] {
                encode_key({{"a", int64_type()}}, std::vector<Value>{Value::of(std::string("x"))});
              }),
              HasSubstr("type_mismatch: key 'a': "));
  EXPECT_THAT(message([] { OnlineKeys({{"a", int64_type()}}, Table()); }),
              HasSubstr("not_found: key 'a': "));
  EXPECT_THAT(message([] { decode_key({{"a", int64_type()}}, "abc"); }), HasSubstr("bad_data"));
  EXPECT_THAT(message([] { decode_key({{"a", string_type()}}, "\xff\xff"); }),
              HasSubstr("bad_data"));
  EXPECT_THAT(message([] { decode_key({}, "a"); }), HasSubstr("bad_data"));
}

}  // namespace
}  // namespace weft
