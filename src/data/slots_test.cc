#include "data/slots.h"

#include <arrow/api.h>
#include <gmock/gmock.h>

#include <random>

#include "data/arrow.h"
#include "weft/series.h"

namespace slots_test {

struct Trip {
  std::string city;
  std::optional<int64_t> riders;
  std::vector<double> fares;
  bool paid;

  bool operator==(const Trip&) const = default;
};

}  // namespace slots_test

template <>
inline constexpr bool weft::is_record<slots_test::Trip> = true;

namespace weft {
namespace {

using slots_test::Trip;
using testing::HasSubstr;

template <class T>
T random_value(std::mt19937_64& random) {
  const uint64_t r = random();
  if constexpr (std::is_same_v<T, bool>) {
    return r % 2 == 0;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<T>(static_cast<int64_t>(r % 2001) - 1000);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(r % 30, static_cast<char>('a' + r % 26));
  } else if constexpr (std::is_same_v<T, Time>) {
    return Time(Duration(static_cast<int64_t>(r)));
  } else if constexpr (std::is_same_v<T, Duration>) {
    return Duration(static_cast<int64_t>(r));
  } else if constexpr (std::is_same_v<T, Trip>) {
    return {random_value<std::string>(random),
            r % 3 ? std::optional(static_cast<int64_t>(r % 9)) : std::nullopt,
            random_value<std::vector<double>>(random), r % 2 == 0};
  } else {
    T list;
    for (uint64_t i = 0; i < r % 4; ++i) {
      list.push_back(random_value<typename T::value_type>(random));
    }
    return list;
  }
}

template <class T>
std::vector<std::optional<T>> random_rows(std::mt19937_64& random, size_t n, bool nulls) {
  std::vector<std::optional<T>> rows(n);
  for (auto& row : rows) {
    if (!nulls || random() % 4) row = random_value<T>(random);
  }
  return rows;
}

// The same values in several chunks with offsets of their own, some of them empty.
template <class T>
ColumnData in_chunks(std::mt19937_64& random, const std::vector<std::optional<T>>& rows) {
  arrow::ArrayVector chunks;
  for (size_t from = 0; from < rows.size();) {
    const size_t n = std::min<size_t>(rows.size() - from, random() % 300);
    const size_t before = random() % 70;
    std::vector<std::optional<T>> padded(before);
    padded.insert(padded.end(), rows.begin() + static_cast<std::ptrdiff_t>(from),
                  rows.begin() + static_cast<std::ptrdiff_t>(from + n));
    padded.resize(padded.size() + random() % 5);
    const auto whole = ColumnData::of(padded).arrow()->chunk(0);
    chunks.push_back(whole->Slice(static_cast<int64_t>(before), static_cast<int64_t>(n)));
    from += n;
  }
  return column_of(type_of<T>(), std::make_shared<arrow::ChunkedArray>(
                                     std::move(chunks), type_to_arrow(type_of<T>())));
}

template <class T>
std::optional<T> row_of(const Slice& slice, int64_t i) {
  if (!slice.is_valid(i)) return {};
  typename Native<T>::Scratch scratch;
  return T(Native<T>::load(slice.at<typename Native<T>::Stored>(i), scratch));
}

template <class T>
class SlotsTest : public testing::Test {};
using RowTypes = testing::Types<bool, int32_t, int64_t, float, double, std::string, Time, Duration,
                                std::vector<int64_t>, std::vector<bool>, std::vector<std::string>,
                                std::vector<std::vector<double>>, Trip, std::vector<Trip>>;
TYPED_TEST_SUITE(SlotsTest, RowTypes);

TYPED_TEST(SlotsTest, ReadsWhatWasBuilt) {
  using T = TypeParam;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto rows = random_rows<T>(random, random() % 1500, seed % 2 == 0);
    const ColumnData column = seed % 3 ? in_chunks(random, rows) : ColumnData::of(rows);
    ASSERT_EQ(column.size(), static_cast<int64_t>(rows.size()));
    SlotReader reader(column, type_of<T>());
    for (int read = 0; read < 20; ++read) {
      const auto from = static_cast<int64_t>(rows.empty() ? 0 : random() % rows.size());
      const auto n = static_cast<int64_t>(random() % (rows.size() - static_cast<size_t>(from) + 1));
      const Slice slice = reader.read(from, n);
      for (int64_t i = 0; i < n; ++i) {
        ASSERT_EQ(row_of<T>(slice, i), rows[static_cast<size_t>(from + i)]) << from << "+" << i;
      }
    }
    const Series<T> series(column);
    for (size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(series[static_cast<int64_t>(i)], rows[i]) << i;
    }
  }
}

TYPED_TEST(SlotsTest, WritesBlocksInAnyOrder) {
  using T = TypeParam;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto rows = random_rows<T>(random, random() % 700, seed % 2 == 0);
    const auto n = static_cast<int64_t>(rows.size());
    const ColumnData column = in_chunks(random, rows);
    ColumnWriter writer(type_of<T>(), n, 128);
    std::vector<int64_t> starts;
    for (int64_t from = 0; from < n; from += 128) starts.push_back(from);
    std::shuffle(starts.begin(), starts.end(), random);
    SlotReader reader(column, type_of<T>());
    for (const int64_t from : starts) {
      const int64_t size = std::min<int64_t>(128, n - from);
      const Slice slice = reader.read(from, size);
      if (void* direct = writer.direct(from); direct && random() % 2) {
        std::memcpy(direct, slice.data, static_cast<size_t>(size) * type_of<T>()->size);
        writer.write(from, {static_cast<const char*>(direct), slice.valid, slice.stride}, size);
      } else {
        writer.write(from, slice, size);
      }
    }
    const ColumnData written = writer.finish();
    EXPECT_EQ(written.null_count(), column.null_count());
    EXPECT_TRUE(written.equals(column));
  }
}

TYPED_TEST(SlotsTest, BroadcastValuesAreWritten) {
  using T = TypeParam;
  std::mt19937_64 random(3);
  const T value = random_value<T>(random);
  typename Native<T>::Stored stored{};
  Arena arena;
  Native<T>::store(value, stored, arena);
  for (const uint64_t valid : {uint64_t{1}, uint64_t{0}}) {
    ColumnWriter writer(type_of<T>(), 100, 64);
    writer.write(0, {reinterpret_cast<const char*>(&stored), &valid, 0}, 64);
    writer.write(64, {reinterpret_cast<const char*>(&stored), &valid, 0}, 36);
    const ColumnData column = writer.finish();
    EXPECT_EQ(column.null_count(), valid ? 0 : 100);
    if (valid) {
      EXPECT_TRUE(column.at(99).equals(Value::of(value)));
    }
  }
}

TYPED_TEST(SlotsTest, FlatColumnsReadAndWrite) {
  using T = TypeParam;
  std::mt19937_64 random(4);
  for (const size_t n : {size_t{0}, size_t{1}, size_t{64}, size_t{5000}}) {
    const auto rows = random_rows<T>(random, n, true);
    FlatColumn read(in_chunks(random, rows));
    EXPECT_EQ(read.size(), static_cast<int64_t>(n));
    FlatColumn written(type_of<T>(), static_cast<int64_t>(n));
    const Sink sink = written.sink();
    for (size_t i = 0; i < n; ++i) {
      auto* slot = static_cast<typename Native<T>::Stored*>(sink.data) + i;
      const auto value = row_of<T>(read.slice(), static_cast<int64_t>(i));
      if (value) {
        Native<T>::store(*value, *slot, *sink.arena);
      } else {
        detail::clear_valid(sink, static_cast<int64_t>(i));
      }
    }
    EXPECT_TRUE(written.to_column().equals(ColumnData::of(rows))) << n;
    EXPECT_TRUE(read.to_column().equals(ColumnData::of(rows))) << n;
  }
}

TEST(SlotReaderTest, LargeNumbersAreBorrowedWhole) {
  const ColumnData column = ColumnData::of(std::vector<int64_t>(1000, 7));
  SlotReader reader(column, int64_type());
  const auto* buffer = column.arrow()->chunk(0)->data()->buffers[1]->data();
  EXPECT_EQ(reader.read(64, 100).data, reinterpret_cast<const char*>(buffer) + 64 * 8);
  EXPECT_EQ(reader.read(64, 100).valid, nullptr);
}

TEST(SlotReaderTest, NullInsideAListIsAnError) {
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int64Builder>());
  ASSERT_TRUE(lists.Append().ok());
  ASSERT_TRUE(lists.value_builder()->AppendNull().ok());
  const auto column =
      ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(*lists.Finish()));
  SlotReader reader(column, column.type());
  try {
    reader.read(0, 1);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kBadData);
    EXPECT_THAT(e.message(), HasSubstr("a list of int64 holds a null"));
  }
}

TEST(SlotReaderTest, AStructIsReadByItsFields) {
  const auto city = ColumnData::of<std::string>({"a", "b"}).arrow()->chunk(0);
  const auto riders = ColumnData::of<std::optional<int32_t>>({1, {}}).arrow()->chunk(0);
  const auto fares = ColumnData::of<std::vector<double>>({{1}, {}}).arrow()->chunk(0);
  const auto paid = ColumnData::of<std::optional<bool>>({true, {}}).arrow()->chunk(0);
  const auto make = [](const arrow::ArrayVector& arrays, const std::vector<std::string>& names) {
    return ColumnData::from_arrow(
        std::make_shared<arrow::ChunkedArray>(*arrow::StructArray::Make(arrays, names)));
  };
  // Other order, and a narrower integer: fields are found by name and widened.
  const auto column = make({fares, paid, riders, city}, {"fares", "paid", "riders", "city"});
  const Slice one = SlotReader(column.slice(0, 1), type_of<Trip>()).read(0, 0);
  EXPECT_NE(one.data, nullptr);
  SlotReader reader(column, type_of<Trip>());
  EXPECT_EQ(row_of<Trip>(reader.read(0, 1), 0), (Trip{"a", 1, {1}, true}));
  EXPECT_THROW(reader.read(0, 2), Error);  // paid is null and cannot be
  SlotReader lacking(make({city}, {"city"}), type_of<Trip>());
  EXPECT_THROW(lacking.read(0, 1), Error);
}

TEST(SeriesTest, WidensAndIterates) {
  const Series<double> series(ColumnData::of<std::optional<int32_t>>({1, {}, 3}));
  EXPECT_THAT(std::vector<std::optional<double>>(series.begin(), series.end()),
              testing::ElementsAre(1.0, std::nullopt, 3.0));
  EXPECT_THROW(Series<int64_t>(ColumnData::of<double>({1})), Error);
  EXPECT_EQ(Series<std::string>().size(), 0);
  const Series<std::string> copy = Series<std::string>(std::vector<std::string>{"x"});
  EXPECT_EQ(copy[0], "x");
}

}  // namespace
}  // namespace weft
