// What comes in from Arrow, and what a column can do.
#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "data/arrow.h"
#include "weft/table.h"

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const ColumnData& column) {
  std::vector<std::string> out;
  for (int64_t i = 0; i < column.size(); ++i) out.push_back(column.at(i).to_string());
  return out;
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "no error";
}

template <class Builder, class... V>
std::shared_ptr<arrow::Array> array(std::shared_ptr<arrow::DataType> type, V... values) {
  Builder builder(type, arrow::default_memory_pool());
  EXPECT_TRUE(builder.AppendNull().ok());
  EXPECT_TRUE((builder.Append(values).ok() && ...));
  return *builder.Finish();
}

ColumnData from(std::shared_ptr<arrow::Array> values) {
  return ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(std::move(values)), "c");
}

TEST(ColumnFromArrowTest, IntegersWiden) {
  const auto small = from(array<arrow::Int8Builder>(arrow::int8(), -128, 127));
  EXPECT_EQ(small.type(), int32_type());
  EXPECT_THAT(texts(small), ElementsAre("null", "-128", "127"));
  EXPECT_EQ(from(array<arrow::UInt16Builder>(arrow::uint16(), 65535)).type(), int32_type());
  const auto wide = from(array<arrow::UInt32Builder>(arrow::uint32(), 4294967295U));
  EXPECT_EQ(wide.type(), int64_type());
  EXPECT_THAT(texts(wide), ElementsAre("null", "4294967295"));
}

TEST(ColumnFromArrowTest, AnUnsignedIntegerThatDoesNotFitIsAnError) {
  const auto fits = array<arrow::UInt64Builder>(arrow::uint64(), uint64_t{INT64_MAX});
  EXPECT_THAT(texts(from(fits)), ElementsAre("null", "9223372036854775807"));
  const auto not_fits = array<arrow::UInt64Builder>(arrow::uint64(), uint64_t{1} << 63);
  EXPECT_THAT(error_of([&] { from(not_fits); }),
              testing::AllOf(HasSubstr("bad_data: column \"c\": uint64 as int64"),
                             HasSubstr("9223372036854775808")));
}

TEST(ColumnFromArrowTest, FinerTimesAreFloored) {
  const auto type = arrow::timestamp(arrow::TimeUnit::NANO);
  const auto ns = from(array<arrow::TimestampBuilder>(type, -1, -1000, -1001, 1999));
  EXPECT_EQ(ns.type(), timestamp_type());
  EXPECT_THAT(texts(ns),
              ElementsAre("null", "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z",
                          "1969-12-31T23:59:59.999998Z", "1970-01-01T00:00:00.000001Z"));
  const auto duration = arrow::duration(arrow::TimeUnit::NANO);
  EXPECT_THAT(texts(from(array<arrow::DurationBuilder>(duration, -1, 1999))),
              ElementsAre("null", "-0.000001s", "0.000001s"));
}

TEST(ColumnFromArrowTest, TimesOfAnyUnitAndZoneAreUtc) {
  EXPECT_THAT(texts(from(array<arrow::TimestampBuilder>(
                  arrow::timestamp(arrow::TimeUnit::SECOND, "America/New_York"), 1))),
              ElementsAre("null", "1970-01-01T00:00:01Z"));
  EXPECT_THAT(
      texts(from(array<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::MILLI), -1))),
      ElementsAre("null", "1969-12-31T23:59:59.999Z"));
  EXPECT_THAT(
      texts(from(array<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::MICRO), 5))),
      ElementsAre("null", "1970-01-01T00:00:00.000005Z"));
  EXPECT_THAT(error_of([] {
                from(array<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::SECOND),
                                                    int64_t{1} << 60));
              }),
              HasSubstr("bad_data"));
}

TEST(ColumnFromArrowTest, DatesAndTimesOfDay) {
  EXPECT_THAT(texts(from(array<arrow::Date32Builder>(arrow::date32(), -1, 15706))),
              ElementsAre("null", "1969-12-31T00:00:00Z", "2013-01-01T00:00:00Z"));
  EXPECT_THAT(texts(from(array<arrow::Date64Builder>(arrow::date64(), 86'400'000))),
              ElementsAre("null", "1970-01-02T00:00:00Z"));
  EXPECT_THAT(texts(from(array<arrow::Time32Builder>(arrow::time32(arrow::TimeUnit::SECOND), 90))),
              ElementsAre("null", "1m30s"));
  EXPECT_THAT(
      texts(from(array<arrow::Time64Builder>(arrow::time64(arrow::TimeUnit::NANO), 1'000'001'999))),
      ElementsAre("null", "1.000001s"));
}

TEST(ColumnFromArrowTest, OtherNumbers) {
  const auto type = arrow::decimal128(10, 2);
  const auto decimals = from(array<arrow::Decimal128Builder>(type, arrow::Decimal128(-12345)));
  EXPECT_EQ(decimals.type(), double_type());
  EXPECT_THAT(texts(decimals), ElementsAre("null", "-123.45"));
  const auto half = arrow::util::Float16(1.5F);
  EXPECT_THAT(texts(from(array<arrow::HalfFloatBuilder>(arrow::float16(), half.bits()))),
              ElementsAre("null", "1.5"));
  const auto nulls = from(*arrow::MakeArrayOfNull(arrow::null(), 2));
  EXPECT_EQ(nulls.type(), double_type());
  EXPECT_EQ(nulls.null_count(), 2);
}

TEST(ColumnFromArrowTest, TextsOfAnyKind) {
  for (const auto& type : {arrow::large_utf8(), arrow::utf8_view(), arrow::binary(),
                           arrow::large_binary(), arrow::binary_view(), arrow::utf8()}) {
    arrow::StringBuilder builder;
    ASSERT_TRUE(builder.Append("some text longer than twelve bytes").ok());
    ASSERT_TRUE(builder.AppendNull().ok());
    const auto values = *arrow::compute::Cast(**builder.Finish(), type);
    EXPECT_THAT(texts(from(values)), ElementsAre("\"some text longer than twelve bytes\"", "null"))
        << type->ToString();
  }
}

TEST(ColumnFromArrowTest, DictionariesAreDecoded) {
  arrow::StringDictionaryBuilder builder;
  ASSERT_TRUE(builder.Append("a").ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  ASSERT_TRUE(builder.Append("a").ok());
  const auto column = from(*builder.Finish());
  EXPECT_EQ(column.type(), string_type());
  EXPECT_THAT(texts(column), ElementsAre("\"a\"", "null", "\"a\""));
  arrow::DictionaryBuilder<arrow::Int16Type> numbers;
  ASSERT_TRUE(numbers.Append(7).ok());
  EXPECT_EQ(from(*numbers.Finish()).type(), int32_type());
}

TEST(ColumnFromArrowTest, ListsConvertTheirElements) {
  const auto type = arrow::timestamp(arrow::TimeUnit::NANO);
  const auto values = array<arrow::TimestampBuilder>(type, -1, 1000)->Slice(1);
  arrow::Int32Builder at;
  ASSERT_TRUE(at.AppendValues({0, 1, 2}).ok());
  const auto list = *arrow::ListArray::FromArrays(**at.Finish(), *values);
  EXPECT_THAT(texts(from(list)),
              ElementsAre("[1969-12-31T23:59:59.999999Z]", "[1970-01-01T00:00:00.000001Z]"));
  EXPECT_THAT(texts(from(list->Slice(1))), ElementsAre("[1970-01-01T00:00:00.000001Z]"));
}

TEST(ColumnFromArrowTest, FixedSizeListsMayHoldNullsUnderANull) {
  const auto numbers = std::make_shared<arrow::Int64Builder>();
  arrow::FixedSizeListBuilder builder(arrow::default_memory_pool(), numbers, 2);
  ASSERT_TRUE(builder.Append().ok());
  ASSERT_TRUE(numbers->AppendValues({1, 2}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  EXPECT_THAT(texts(from(*builder.Finish())), ElementsAre("[1, 2]", "null"));
}

TEST(ColumnFromArrowTest, StructsConvertTheirFields) {
  const auto ns = array<arrow::TimestampBuilder>(arrow::timestamp(arrow::TimeUnit::NANO), -1);
  const auto ints = array<arrow::Int8Builder>(arrow::int8(), 3);
  const auto made = *arrow::StructArray::Make({ns, ints}, std::vector<std::string>{"t", "n"});
  const auto column = from(made->Slice(1));
  EXPECT_EQ(column.type()->name, "struct<t: timestamp, n: int32>");
  EXPECT_THAT(column.at(0).to_string(),
              testing::AllOf(HasSubstr("1969-12-31 23:59:59.999999"), HasSubstr("3")));
  const auto lists = *arrow::ListArray::FromArrays(
      *array<arrow::Int32Builder>(arrow::int32(), 0, 2)->Slice(1), *made);
  EXPECT_THAT(from(lists).at(0).to_string(), HasSubstr("1969-12-31 23:59:59.999999"));
}

TEST(ColumnFromArrowTest, TypesWithoutAMeaning) {
  const auto none = std::make_shared<arrow::ChunkedArray>(
      arrow::ArrayVector{}, arrow::map(arrow::utf8(), arrow::int64()));
  EXPECT_THAT(
      error_of([&] { ColumnData::from_arrow(none, "m"); }),
      HasSubstr("unsupported: column \"m\": Arrow type map<string, int64> has no type in Weft"));
}

TEST(ColumnFromArrowTest, NoChunks) {
  for (const auto& type :
       {arrow::int8(), arrow::timestamp(arrow::TimeUnit::NANO), arrow::date32(),
        arrow::large_utf8(), arrow::dictionary(arrow::int32(), arrow::utf8()), arrow::null(),
        arrow::large_list(arrow::int8()), arrow::timestamp(arrow::TimeUnit::MICRO)}) {
    const auto column = ColumnData::from_arrow(
        std::make_shared<arrow::ChunkedArray>(arrow::ArrayVector{}, type), "c");
    EXPECT_EQ(column.size(), 0) << type->ToString();
    EXPECT_TRUE(column.arrow()->type()->Equals(*type_to_arrow(column.type()))) << type->ToString();
  }
}

TEST(ColumnTest, BuiltFromValues) {
  const auto column = ColumnData::of<std::optional<std::string>>({"a", {}});
  EXPECT_EQ(column.null_count(), 1);
  EXPECT_TRUE(column.is_null(1));
  EXPECT_THAT(texts(column), ElementsAre("\"a\"", "null"));
  const Value mixed[] = {Value::of(int32_t{1}), Value(), Value::of(2.5)};
  EXPECT_THAT(texts(ColumnData::of_values(double_type(), mixed)),
              ElementsAre("1.0", "null", "2.5"));
  EXPECT_THROW(ColumnData::of_values(int64_type(), mixed), Error);
}

TEST(ColumnTest, RowsOutsideAreErrors) {
  const auto column = ColumnData::of<int64_t>({1, 2});
  EXPECT_EQ(error_of([&] { column.at(2); }), "invalid_argument: row 2 of a column of 2 rows");
  EXPECT_THROW(column.at(-1), Error);
  EXPECT_THROW(column.is_null(2), Error);
  EXPECT_THROW(column.is_null(-1), Error);
  EXPECT_THAT(error_of([&] { column.take(std::vector<int64_t>{0, 2}); }),
              HasSubstr("invalid_argument: row 2 of"));
}

TEST(ColumnTest, SliceEndsWithTheColumn) {
  const auto column = ColumnData::of<int64_t>({1, 2, 3});
  EXPECT_THAT(texts(column.slice(1, 5)), ElementsAre("2", "3"));
  EXPECT_EQ(column.slice(3, 1).size(), 0);
  EXPECT_EQ(column.slice(9, 1).size(), 0);
  EXPECT_THROW(column.slice(-1, 1), Error);
  EXPECT_THROW(column.slice(0, -1), Error);
}

TEST(ColumnTest, TakeRepeatsAndMakesNulls) {
  const auto column = ColumnData::of<std::string>({"a", "b"});
  EXPECT_THAT(texts(column.take(std::vector<int64_t>{1, -1, 0, 1})),
              ElementsAre("\"b\"", "null", "\"a\"", "\"b\""));
  EXPECT_EQ(column.take({}).size(), 0);
  EXPECT_EQ(column.take({}).type(), string_type());
}

TEST(ColumnTest, AsWidens) {
  EXPECT_THAT(texts(ColumnData::of<std::optional<int32_t>>({1, {}}).as(double_type())),
              ElementsAre("1.0", "null"));
  const auto nulls = ColumnData::of<std::optional<double>>({{}, {}});
  EXPECT_EQ(nulls.as(string_type()).type(), string_type());
  EXPECT_EQ(error_of([] { ColumnData::of<double>({1}).as(int64_type()); }),
            "type_mismatch: expected a column of int64, found double");
}

TEST(ColumnTest, EqualsBitForBitButForNaN) {
  const double nan = std::nan("");
  EXPECT_TRUE(ColumnData::of<double>({nan}).equals(ColumnData::of<double>({-nan})));
  EXPECT_FALSE(ColumnData::of<double>({0.0}).equals(ColumnData::of<double>({-0.0})));
  EXPECT_FALSE(ColumnData::of<double>({1}).equals(ColumnData::of<int64_t>({1})));
  const auto whole = ColumnData::of<int64_t>({1, 2, 3});
  const auto parts = std::make_shared<arrow::ChunkedArray>(arrow::ArrayVector{
      whole.arrow()->chunk(0)->Slice(0, 1), whole.arrow()->chunk(0)->Slice(1, 2)});
  EXPECT_TRUE(whole.equals(ColumnData::from_arrow(parts)));
}

TEST(ColumnTest, ByteSizeCountsElements) {
  const auto lists = ColumnData::of<std::vector<int64_t>>({std::vector<int64_t>(1000, 1)});
  EXPECT_GE(lists.byte_size(), 8000);
}

// Under the undefined-behaviour sanitizer: an empty view may point nowhere.
TEST(ColumnTest, EmptyTextsThatPointNowhere) {
  const ColumnData column = ColumnData::of<std::string_view>({std::string_view()});
  EXPECT_EQ(column.at(0).get<std::string>(), "");
}

}  // namespace
}  // namespace weft
