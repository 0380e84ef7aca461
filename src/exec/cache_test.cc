// The result cache: versions of data, what is kept on disk, what a damaged file does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/file.h"
#include "exec/cache_store.h"
#include "exec/content_hash.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const double kNaN = std::nan("");

template <class T>
ColumnData column(std::vector<std::optional<T>> values) {
  return ColumnData::of(values);
}

// ---- versions --------------------------------------------------------------------------------

TEST(ContentHashTest, TellsTypesAndValuesApart) {
  const Value values[] = {
      Value::of(int64_t{1}),
      Value::of(int32_t{1}),
      Value::of(1.0),
      Value::of(1.0F),
      Value::of(true),
      Value::of(std::string("1")),
      Value::of(0.0),
      Value::of(-0.0),
      Value::of(kNaN),
      Value::of(std::string("nan")),
      Value::null(int64_type()),
      Value::null(double_type()),
      Value(),
      Value::of(std::vector<int64_t>{1}),
      Value::of(column<int64_t>({1})),
      Value::of(column<double>({1.0})),
      Value::of(column<int64_t>({})),
      Value::of(column<double>({})),
      Value::of(column<int64_t>({0})),
      Value::of(column<int64_t>({{}})),
      Value::of(column<int64_t>({0, {}})),
      Value::of(column<int64_t>({{}, 0})),
      Value::of(column<double>({kNaN})),
      Value::of(column<bool>({true})),
      Value::of(column<std::string>({"ab", "c"})),
      Value::of(column<std::string>({"a", "bc"})),
      Value::of(column<std::string>({"abc", ""})),
      Value::of(column<std::string>({"abc", {}})),
      Value::of(column<std::vector<int64_t>>({{{1, 2}}, {{3}}})),
      Value::of(column<std::vector<int64_t>>({{{1}}, {{2, 3}}})),
      Value::of(column<std::vector<int64_t>>({{{1, 2, 3}}, {{}}})),
      Value::of(column<std::vector<int64_t>>({{{1, 2, 3}}, {}})),
      Value::of(Table({{"a", column<int64_t>({1})}})),
      Value::of(Table({{"b", column<int64_t>({1})}})),
      Value::of(Table()),
  };
  std::set<std::string> hashes;
  for (const Value& value : values) hashes.insert(content_hash(value));
  EXPECT_EQ(hashes.size(), std::size(values));
}

TEST(ContentHashTest, DoesNotSeeHowDataLiesInMemory) {
  const auto whole = column<std::string>({"a", {}, "b", "c", "d"});
  const Table joined =
      Table::concat({{Table({{"x", whole.slice(0, 2)}}), Table({{"x", whole.slice(2, 3)}})}});
  EXPECT_EQ(content_hash(joined.column("x")), content_hash(whole));
  EXPECT_EQ(content_hash(whole.slice(1, 3)), content_hash(column<std::string>({{}, "b", "c"})));

  const auto numbers = column<double>({1.0, {}, -kNaN, 4.0});
  EXPECT_EQ(content_hash(numbers), content_hash(column<double>({1.0, {}, kNaN, 4.0})));
  const int64_t rows[] = {0, -1, 2, 3};
  EXPECT_EQ(content_hash(column<double>({1.0, 9.0, kNaN, 4.0}).take(rows)), content_hash(numbers));

  const auto lists = column<std::vector<double>>({{{1, 2}}, {}, {{}}, {{3}}});
  const Table two =
      Table::concat({{Table({{"x", lists.slice(0, 2)}}), Table({{"x", lists.slice(2, 2)}})}});
  EXPECT_EQ(content_hash(two.column("x")), content_hash(lists));
}

TEST(ContentHashTest, ObjectsNeedAFormat) {
  struct Opaque {};
  EXPECT_THROW(content_hash(Value::of(Opaque())), Error);
}

// ---- values as bytes -------------------------------------------------------------------------

TEST(CacheValueTest, ComesBackAsItWas) {
  const Value values[] = {
      Value::of(1.5),
      Value::null(double_type()),
      Value::of(std::vector<std::string>{"a"}),
      Value::of(column<double>({1.0, {}, kNaN})),
      Value::of(column<std::string>({"a", {}, ""})),
      Value::of(column<std::vector<int64_t>>({{{1, 2}}, {}})),
      Value::of(column<Time>({Time(5us)})),
      Value::of(Table({{"a", column<bool>({true, {}})}, {"b", column<Duration>({1s, 2s})}})),
      Value::of(Table()),
  };
  for (const Value& value : values) {
    EXPECT_EQ(content_hash(value_from_bytes(value_to_bytes(value))), content_hash(value));
  }
  EXPECT_THROW(value_from_bytes(""), Error);
  EXPECT_THROW(value_from_bytes("{}\n"), Error);
  EXPECT_THROW(value_from_bytes("{\"kind\": \"table\"}\nno table"), Error);
}

// ---- the store -------------------------------------------------------------------------------

class CacheStoreTest : public ::testing::Test {
 protected:
  CacheStoreTest() : folder_(testing::TempDir() + "weft_cache_test") { fs::remove_all(folder_); }
  ~CacheStoreTest() override { fs::remove_all(folder_); }

  CacheStore open(int64_t bytes_max = 1 << 20) const {
    return CacheStore({.directory = folder_, .bytes_max = bytes_max});
  }
  static CacheStore::Kept put(CacheStore& store, const std::string& key, const Value& value) {
    return store.put(key, "node", {{"input", key}}, value, content_hash(value));
  }
  static std::optional<Value> get(CacheStore& store, const std::string& key,
                                  std::string* why = nullptr) {
    std::string reason;
    const auto entry = store.find(key);
    if (!entry) return {};
    auto value = store.load(key, *entry, reason);
    if (why) *why = reason;
    return value;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> files;
    for (const auto& file : fs::recursive_directory_iterator(folder_ + "/objects")) {
      if (file.is_regular_file()) files.push_back(file.path());
    }
    return files;
  }

  std::string folder_;
};

Value numbers(double first, size_t n = 100) {
  std::vector<double> values(n, first);
  return Value::of(ColumnData::of(values));
}

TEST_F(CacheStoreTest, KeepsValuesAcrossOpenings) {
  {
    CacheStore store = open();
    EXPECT_FALSE(store.find("k").has_value());
    EXPECT_TRUE(put(store, "k", numbers(1)).kept);
  }
  CacheStore store = open();
  EXPECT_EQ(store.find("k")->version, content_hash(numbers(1)));
  EXPECT_EQ(content_hash(*get(store, "k")), content_hash(numbers(1)));
  put(store, "k", numbers(2));
  EXPECT_EQ(content_hash(*get(store, "k")), content_hash(numbers(2)));
}

TEST_F(CacheStoreTest, EqualValuesAreOneFile) {
  CacheStore store = open();
  put(store, "a", numbers(1));
  put(store, "b", numbers(1));
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(CacheStoreTest, EvictsWhatWasUsedLeast) {
  const int64_t size = static_cast<int64_t>(value_to_bytes(numbers(1)).size());
  CacheStore store = open(3 * size + size / 2);
  put(store, "a", numbers(1));
  put(store, "b", numbers(2));
  put(store, "c", numbers(3));
  EXPECT_TRUE(get(store, "a").has_value());
  put(store, "d", numbers(4));
  EXPECT_TRUE(store.find("a").has_value());
  EXPECT_FALSE(store.find("b").has_value());
  EXPECT_EQ(files().size(), 3U);
  EXPECT_LE(store.bytes(), 3 * size + size / 2);
  const auto kept = put(store, "e", numbers(5, 10'000));
  EXPECT_FALSE(kept.kept);
  EXPECT_THAT(kept.why_not, HasSubstr("bytes are more than"));
  EXPECT_TRUE(store.find("d").has_value());
}

TEST_F(CacheStoreTest, DamagedAndMissingFilesAreDropped) {
  CacheStore store = open();
  std::string why;
  put(store, "a", numbers(1));
  std::ofstream(files()[0], std::ios::app) << "x";
  EXPECT_FALSE(get(store, "a", &why).has_value());
  EXPECT_THAT(why, HasSubstr("damaged: its bytes are not those"));
  EXPECT_FALSE(store.find("a").has_value());
  EXPECT_TRUE(files().empty());
  put(store, "a", numbers(1));
  fs::remove(files()[0]);
  EXPECT_FALSE(get(store, "a", &why).has_value());
  EXPECT_EQ(why, "its file is gone");
  put(store, "a", numbers(1));
  EXPECT_TRUE(get(store, "a").has_value());
}

TEST_F(CacheStoreTest, ADamagedIndexStartsOver) {
  {
    CacheStore store = open();
    put(store, "a", numbers(1));
  }
  write_file(folder_ + "/index.db", std::string(5000, 'x'));
  CacheStore store = open();
  EXPECT_FALSE(store.find("a").has_value());
  EXPECT_TRUE(files().empty()) << "no entry knows the file any more";
  put(store, "a", numbers(1));
  EXPECT_TRUE(get(store, "a").has_value());
}

TEST_F(CacheStoreTest, RemovesWhatACrashLeft) {
  {
    CacheStore store = open();
    put(store, "a", numbers(1));
  }
  fs::create_directories(folder_ + "/objects/ab");
  write_file(folder_ + "/objects/ab/abcd", "half");
  CacheStore store = open();
  EXPECT_EQ(files().size(), 1U);
  EXPECT_TRUE(get(store, "a").has_value());
}

TEST_F(CacheStoreTest, ExplainsMisses) {
  CacheStore store = open();
  EXPECT_EQ(store.explain_miss("node", {}), "never kept before");
  const CacheParts parts = {{"a", "1"}, {"b", "2"}, {"the code", "x"}};
  store.put("k", "node", parts, Value::of(1.0), "v");
  EXPECT_EQ(store.explain_miss("node", {{"a", "1"}, {"b", "3"}, {"the code", "y"}}),
            "changed: b, the code");
  EXPECT_EQ(store.explain_miss("node", {{"a", "1"}, {"the code", "x"}}),
            "changed: b (no longer an input)");
}

TEST_F(CacheStoreTest, SeveralUseOneFolderAtOnce) {
  const auto work = [&](int who) {
    CacheStore store = open(64 << 10);
    for (int i = 0; i < 20; ++i) {
      const std::string key = "k" + std::to_string((i * 7 + who) % 10);
      if (const auto value = get(store, key)) {
        EXPECT_EQ(content_hash(*value), content_hash(numbers(std::stod(key.substr(1)))));
      } else {
        put(store, key, numbers(std::stod(key.substr(1))));
      }
    }
  };
  std::vector<std::thread> threads;
  for (int who = 0; who < 3; ++who) threads.emplace_back(work, who);
  for (auto& thread : threads) thread.join();
}

TEST_F(CacheStoreTest, AFolderThatCannotBeMadeIsAnError) {
  write_file(folder_, "a file");
  EXPECT_THROW(open(), Error);
}

}  // namespace
}  // namespace weft
