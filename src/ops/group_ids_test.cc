#include "ops/group_ids.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "data/arrow.h"

namespace weft {
namespace {

using testing::ElementsAre;

std::vector<int32_t> groups(std::vector<ColumnData> keys, NullKeys nulls = NullKeys::kEqual) {
  return group_rows(keys, nulls).group;
}

TEST(GroupIdsTest, NumbersByFirstAppearance) {
  const auto ids = group_rows(std::vector{ColumnData::of<std::string>({"b", "a", "b", "", "a"})});
  EXPECT_THAT(ids.group, ElementsAre(0, 1, 0, 2, 1));
  EXPECT_THAT(ids.first_rows, ElementsAre(0, 1, 3));
  EXPECT_EQ(ids.size(), 3);
}

TEST(GroupIdsTest, NaNIsAValueAndZeroHasNoSign) {
  const double nan = std::nan("");
  const double other_nan = -std::nan("7");
  EXPECT_THAT(groups({ColumnData::of<double>({0.0, -0.0, nan, other_nan, 1.0})}),
              ElementsAre(0, 0, 1, 1, 2));
  EXPECT_THAT(groups({ColumnData::of<float>({-0.0F, 0.0F, std::nanf("1"), -std::nanf("")})}),
              ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(groups({ColumnData::of<std::vector<double>>({{0.0, nan}, {-0.0, other_nan}, {}})}),
              ElementsAre(0, 0, 1));
}

TEST(GroupIdsTest, NullsAreEqualOrLeftOut) {
  const auto a = ColumnData::of<std::optional<int64_t>>({{}, 0, {}, 1, 0});
  EXPECT_THAT(groups({a}), ElementsAre(0, 1, 0, 2, 1));
  EXPECT_THAT(groups({a}, NullKeys::kLeftOut), ElementsAre(-1, 0, -1, 1, 0));
  const auto b = ColumnData::of<std::optional<std::string>>({"", "", {}, {}, ""});
  EXPECT_THAT(groups({a, b}), ElementsAre(0, 1, 2, 3, 1));
  EXPECT_THAT(groups({a, b}, NullKeys::kLeftOut), ElementsAre(-1, 0, -1, -1, 0));
}

TEST(GroupIdsTest, KeyColumnsDoNotRunTogether) {
  EXPECT_THAT(
      groups({ColumnData::of<std::string>({"a", "ab"}), ColumnData::of<std::string>({"bc", "c"})}),
      ElementsAre(0, 1));
  EXPECT_THAT(groups({ColumnData::of<std::vector<std::string>>({{"a", "b"}, {"ab"}, {"a", "b"}})}),
              ElementsAre(0, 1, 0));
  EXPECT_THAT(groups({ColumnData::of<std::optional<int64_t>>({1, {}}),
                      ColumnData::of<std::optional<int64_t>>({{}, 1})}),
              ElementsAre(0, 1));
}

TEST(GroupIdsTest, EmptyAndNoKeys) {
  EXPECT_EQ(group_rows(std::vector{ColumnData::of(std::vector<int64_t>{})}).size(), 0);
  GroupIndex none({});
  std::vector<int32_t> group(3, 7);
  none.add(nullptr, 3, group.data());
  EXPECT_THAT(group, ElementsAre(0, 0, 0));
}

TEST(GroupIdsTest, ScalarKeysAreBroadcast) {
  const int64_t one = 1;
  const int64_t many[] = {5, 6, 5};
  const Slice keys[] = {{reinterpret_cast<const char*>(&one), nullptr, 0},
                        {reinterpret_cast<const char*>(many), nullptr, 8}};
  const std::vector<Type> types = {int64_type(), int64_type()};
  EXPECT_THAT(group_rows(types, keys, 3).group, ElementsAre(0, 1, 0));
}

TEST(GroupIdsTest, FindSeesOnlyWhatWasAdded) {
  const std::vector<ColumnData> known = {ColumnData::of<std::string>({"x", "y"})};
  GroupIndex index({string_type()}, NullKeys::kLeftOut);
  add_columns(index, known);
  const std::vector<ColumnData> asked = {
      ColumnData::of<std::optional<std::string>>({"y", {}, "z", "x"})};
  EXPECT_THAT(find_columns(index, asked), ElementsAre(1, -1, -1, 0));
  EXPECT_EQ(index.size(), 2);
}

TEST(GroupIdsTest, ObjectsAreNoKeys) {
  EXPECT_THROW(GroupIndex({object_type("Model")}), Error);
  EXPECT_THROW(GroupIndex(std::vector<Type>(64, int64_type())), Error);
}

Value random_key(std::mt19937_64& random, Type type, uint64_t distinct) {
  const uint64_t r = random() % distinct;
  if (r % 11 == 10) return Value::null(type);
  switch (type->kind) {
    case Kind::kBool:
      return Value::of(r % 2 == 0);
    case Kind::kInt32:
      return Value::of(static_cast<int32_t>(r * 77));
    case Kind::kInt64:
      return Value::of(static_cast<int64_t>(r << 40));
    case Kind::kFloat:
      return Value::of(static_cast<float>(r) / 4);
    case Kind::kDouble:
      return Value::of(static_cast<double>(r) / 3);
    case Kind::kString:
      return Value::of("key " + std::to_string(r) + std::string(r % 40, 'x'));
    case Kind::kTimestamp:
      return Value::of(Time(Duration(static_cast<int64_t>(r))));
    case Kind::kDuration:
      return Value::of(Duration(-static_cast<int64_t>(r)));
    default:
      return Value::of(std::vector<int64_t>(r % 3, static_cast<int64_t>(r)));
  }
}

TEST(GroupIdsTest, AgreesWithAMapOfTexts) {
  const std::vector<Type> all = {bool_type(),      int32_type(),    int64_type(),
                                 float_type(),     double_type(),   string_type(),
                                 timestamp_type(), duration_type(), list_type(int64_type())};
  for (uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    const size_t rows = random() % 6000;
    const uint64_t distinct = 1 + random() % 3000;
    const size_t key_count = 1 + random() % 3;
    std::vector<ColumnData> keys;
    std::vector<std::string> text(rows);
    std::vector<bool> has_null(rows);
    for (size_t k = 0; k < key_count; ++k) {
      const Type type = all[random() % all.size()];
      std::vector<Value> values(rows);
      for (size_t i = 0; i < rows; ++i) {
        values[i] = random_key(random, type, distinct);
        text[i] += values[i].to_string() + "|";
        if (!values[i].has_value()) has_null[i] = true;
      }
      keys.push_back(ColumnData::of_values(type, values));
    }
    for (const NullKeys nulls : {NullKeys::kEqual, NullKeys::kLeftOut}) {
      const GroupIds ids = group_rows(keys, nulls);
      std::map<std::string, int32_t> seen;
      for (size_t i = 0; i < rows; ++i) {
        int32_t wanted = GroupIndex::kNone;
        if (nulls == NullKeys::kEqual || !has_null[i]) {
          const auto [at, added] = seen.emplace(text[i], static_cast<int32_t>(seen.size()));
          wanted = at->second;
          if (added) {
            ASSERT_EQ(ids.first_rows[static_cast<size_t>(wanted)], static_cast<int64_t>(i));
          }
        }
        ASSERT_EQ(ids.group[i], wanted) << "seed " << seed << " row " << i << " key " << text[i];
      }
      ASSERT_EQ(ids.size(), static_cast<int32_t>(seen.size())) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace weft
