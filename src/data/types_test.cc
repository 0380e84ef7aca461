#include "weft/types.h"

#include <gmock/gmock.h>

#include "weft/native.h"

namespace types_test {

struct Trip {
  std::string_view city;
  std::optional<double> distance;
  std::vector<int64_t> stops;
  std::string note;
};
struct Leg {
  Trip trip;
  std::optional<std::string_view> name;
  std::vector<std::string_view> words;
};

}  // namespace types_test

template <>
inline constexpr bool weft::is_record<types_test::Trip> = true;
template <>
inline constexpr bool weft::is_record<types_test::Leg> = true;

namespace weft {
namespace {

using testing::HasSubstr;
using types_test::Leg;
using types_test::Trip;

TEST(TypesTest, EqualTypesAreOneAddress) {
  EXPECT_EQ(list_type(list_type(int64_type())), list_type(list_type(int64_type())));
  EXPECT_EQ(type_of<std::vector<std::string>>(), list_type(string_type()));
  EXPECT_EQ(type_of<std::vector<std::string_view>>(), list_type(string_type()));
  EXPECT_EQ(type_of<std::span<const double>>(), list_type(double_type()));
  EXPECT_EQ(type_of<std::optional<Time>>(), timestamp_type());
  EXPECT_EQ(type_of<Trip>(), type_of<std::optional<Trip>>());
  EXPECT_NE(list_type(int64_type()), list_type(int32_type()));
}

TEST(TypesTest, NamesAreReadBack) {
  for (const Type type : {bool_type(), int32_type(), int64_type(), float_type(), double_type(),
                          string_type(), timestamp_type(), duration_type(),
                          list_type(string_type()), list_type(list_type(double_type()))}) {
    EXPECT_EQ(type_by_name(type->name), type);
  }
  for (const char* name :
       {"", "list", "list<>", "list<x>", "int", "list<int64", "struct<a: int64>"}) {
    EXPECT_EQ(type_by_name(name), nullptr) << name;
  }
}

TEST(TypesTest, Widening) {
  EXPECT_TRUE(widens(int32_type(), int64_type()));
  EXPECT_TRUE(widens(int32_type(), double_type()));
  EXPECT_TRUE(widens(int32_type(), float_type()));
  EXPECT_TRUE(widens(int64_type(), double_type()));
  EXPECT_TRUE(widens(float_type(), double_type()));
  EXPECT_FALSE(widens(int64_type(), int32_type()));
  EXPECT_FALSE(widens(int64_type(), float_type()));
  EXPECT_FALSE(widens(double_type(), int64_type()));
  EXPECT_FALSE(widens(bool_type(), int64_type()));
  EXPECT_FALSE(widens(timestamp_type(), int64_type()));
  EXPECT_FALSE(widens(list_type(int32_type()), list_type(int64_type())));
}

TEST(TypesTest, RecordsNameTheirFields) {
  const Type type = type_of<Trip>();
  EXPECT_EQ(type->kind, Kind::kStruct);
  EXPECT_EQ(type->size, sizeof(Trip));
  ASSERT_EQ(type->fields.size(), 4U);
  EXPECT_EQ(type->fields[0].name, "city");
  EXPECT_EQ(type->fields[0].type, string_type());
  EXPECT_FALSE(type->fields[0].nullable);
  EXPECT_EQ(type->fields[1].name, "distance");
  EXPECT_TRUE(type->fields[1].nullable);
  EXPECT_EQ(type->fields[2].type, list_type(int64_type()));
  EXPECT_EQ(type->fields[3].offset, offsetof(Trip, note));
}

TEST(TypesTest, ARecordBoxedOwnsItsTexts) {
  Value value;
  {
    std::string city = "a city whose name is too long to be kept inside a string";
    const Trip trip = {city, {}, {1, 2}, "n"};
    const Leg leg = {trip, city, {city, "x"}};
    value = type_of<Leg>()->box(type_of<Leg>(), &leg);
    city.assign(city.size(), '?');
  }
  const Leg& leg = value.get<Leg>();
  EXPECT_THAT(std::string(leg.trip.city), HasSubstr("too long"));
  EXPECT_THAT(std::string(*leg.name), HasSubstr("too long"));
  EXPECT_THAT(std::string(leg.words[0]), HasSubstr("too long"));
  EXPECT_EQ(leg.trip.distance, std::nullopt);
  EXPECT_THAT(value.to_string(), HasSubstr("distance: null, stops: [1, 2]"));
}

TEST(TypesTest, ListsOfRecordsAreDestroyedWithTheirArena) {
  // Leaks show under the address sanitizer.
  const std::string text(100, 'x');
  const std::vector<Trip> trips = {{"a", 1.0, {1}, text}, {"b", {}, {}, text}};
  Arena arena;
  ListView list;
  Native<std::vector<Trip>>::store(trips, list, arena);
  const Type type = type_of<std::vector<Trip>>();
  const Value value = type->box(type, &list);
  EXPECT_THAT(value.to_string(), HasSubstr("city: \"b\", distance: null, stops: [], note: \"xx"));
  EXPECT_EQ(value.as(type).to_string(), value.to_string());
  ListView again;
  type->unbox(type, value, &again, arena);
  EXPECT_EQ(static_cast<const Trip*>(again.data)[1].note, text);
  arena.reset();
  type->unbox(type, value, &again, arena);
  Arena other;
  other = std::move(arena);
  EXPECT_EQ(static_cast<const Trip*>(again.data)[0].note, text);
}

TEST(TypesTest, ArenaKeepsWhatItGaveUntilReset) {
  Arena arena;
  std::vector<std::pair<std::string_view, std::string>> kept;
  for (size_t i = 0; i < 3000; ++i) {
    const std::string text(i % 97 == 0 ? 9000 : i % 50, static_cast<char>('a' + i % 26));
    kept.emplace_back(arena.copy(text), text);
  }
  for (const auto& [view, text] : kept) ASSERT_EQ(view, text);
  EXPECT_NE(arena.copy("").data(), nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.take(3)) % 8, 0U);
  arena.reset();
  EXPECT_EQ(arena.copy("again"), "again");
}

}  // namespace
}  // namespace weft
