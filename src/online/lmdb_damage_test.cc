// What lies in the folder is not always what was written there.
#include <lmdb.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "base/scratch_folder.h"
#include "base/test_seed.h"
#include "online/store_contract.h"

namespace weft {
namespace {

using testing::HasSubstr;

Table many(int64_t n, int64_t event_us, size_t text_bytes = 20) {
  std::vector<int64_t> ids;
  for (int64_t id = 0; id < n; ++id) ids.push_back(id);
  const auto rows = static_cast<size_t>(n);
  return Table({{"id", ColumnData::of(ids)},
                {"at", ColumnData::of(std::vector<Time>(rows, at_us(event_us)))},
                {"km", ColumnData::of(std::vector<double>(rows, static_cast<double>(event_us)))},
                {"city", ColumnData::of(OnlineTexts(rows, std::string(text_bytes, 'c')))}});
}

std::string text_of(OnlineStore& store, OnlineViewId view, int64_t id) {
  return online_row_text(store, online_key_of(id), {view, {kKm}, {}});
}

std::string open_error(const std::string& folder) {
  return online_error_text([&] { open_lmdb_store(folder); });
}

// A store of its own environment, without Weft.
class BareLmdb {
 public:
  explicit BareLmdb(const std::string& folder) {
    std::filesystem::create_directories(folder);
    mdb_env_create(&env_);
    EXPECT_EQ(mdb_env_open(env_, folder.c_str(), 0, 0644), 0);
    EXPECT_EQ(mdb_txn_begin(env_, nullptr, 0, &txn_), 0);
    EXPECT_EQ(mdb_dbi_open(txn_, nullptr, 0, &dbi_), 0);
  }
  ~BareLmdb() {
    EXPECT_EQ(mdb_txn_commit(txn_), 0);
    mdb_env_close(env_);
  }
  BareLmdb(const BareLmdb&) = delete;
  BareLmdb& operator=(const BareLmdb&) = delete;

  void put(std::string key, std::string value) {
    MDB_val k{key.size(), key.data()}, v{value.size(), value.data()};
    EXPECT_EQ(mdb_put(txn_, dbi_, &k, &v, 0), 0);
  }
  template <class F>
  void each(F&& visit) {
    MDB_cursor* cursor = nullptr;
    mdb_cursor_open(txn_, dbi_, &cursor);
    MDB_val k, v;
    while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0) visit(k, v);
    mdb_cursor_close(cursor);
  }

 private:
  MDB_env* env_ = nullptr;
  MDB_txn* txn_ = nullptr;
  MDB_dbi dbi_ = 0;
};

TEST(LmdbDamageTest, EveryValueLiesWhereItCanBeRead) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  {
    const auto store = open_lmdb_store(path);
    const OnlineViewId view = store->define(trips());
    for (const size_t bytes : {0, 7, 900, 2'000, 2'030, 5'000}) {
      store->write(view, many(40, static_cast<int64_t>(bytes), bytes), {.event_time = "at"});
    }
    store->define({"others", {{"id", string_type()}}, {kKm}});
  }
  BareLmdb bare(path);
  int64_t rows = 0;
  bare.each([&](const MDB_val& key, const MDB_val& value) {
    EXPECT_EQ(key.mv_size % 8, 0);
    EXPECT_EQ(value.mv_size % 8, 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(value.mv_data) % 8, 0);
    ++rows;
  });
  EXPECT_GT(rows, 40);
}

TEST(LmdbDamageTest, WhatIsNoStoreIsRefused) {
  const ScratchFolder folder;
  folder.with("text/data.mdb", std::string(10'000, 'x'));
  EXPECT_THAT(open_error(folder.path() + "/text"),
              testing::AllOf(HasSubstr("bad_data: cannot open the online store"),
                             HasSubstr("is damaged: remove the folder and materialize again")));
  BareLmdb(folder.path() + "/other").put("a", "b");
  EXPECT_THAT(open_error(folder.path() + "/other"), HasSubstr("it holds something else"));
  folder.with("file", "");
  EXPECT_THAT(open_error(folder.path() + "/file/online"), HasSubstr("io: cannot make the folder"));
}

TEST(LmdbDamageTest, ANewerFormatIsRefused) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  open_lmdb_store(path);
  {
    BareLmdb bare(path);
    std::string key;
    bare.each([&](const MDB_val& k, const MDB_val&) {
      key.assign(static_cast<const char*>(k.mv_data), k.mv_size);
    });
    bare.put(key, R"({"format":2,"next_view":1,"next_schema":1,"hash_seed":1})");
  }
  EXPECT_THAT(open_error(path), HasSubstr("unsupported: cannot open the online store"));
  EXPECT_THAT(open_error(path), HasSubstr("a newer Weft made it: its format is 2, known is 1"));
}

TEST(LmdbDamageTest, AFileThatWasCutOffIsRefused) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  {
    const auto store = open_lmdb_store(path);
    store->write(store->define(trips()), many(50'000, 1), {.event_time = "at"});
  }
  const std::string file = path + "/data.mdb";
  const auto bytes = std::filesystem::file_size(file);
  ASSERT_GT(bytes, 5'000'000);
  for (const auto left : {bytes / 2, bytes / 10, uintmax_t{20'000}, uintmax_t{5'000}}) {
    std::filesystem::resize_file(file, left);
    EXPECT_THAT(open_error(path), HasSubstr("bad_data: cannot open the online store")) << left;
  }
}

// So little may be missing of a file that is whole: it is found out by whoever reads there.
TEST(LmdbDamageTest, AFileThatWasCutOffALittleIsFoundOut) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  constexpr int64_t kRows = 20'000;
  OnlineViewId view = 0;
  {
    const auto store = open_lmdb_store(path);
    view = store->define(trips());
    store->write(view, many(kRows, 1), {.event_time = "at"});
  }
  const std::string file = path + "/data.mdb";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100'000);
  const std::string error = online_error_text([&] {
    const auto store = open_lmdb_store(path);
    for (int64_t id = 0; id < kRows; ++id) text_of(*store, view, id);
  });
  EXPECT_THAT(error, HasSubstr("bad_data: "));
}

// LMDB has no checksums: what is certain is that nothing but an Error comes of it, or a value.
TEST(LmdbDamageTest, DamagedRowsAreAnErrorAndNoMore) {
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  OnlineViewId view = 0;
  {
    const auto store = open_lmdb_store(path);
    view = store->define(trips());
    store->write(view, many(200, 1), {.event_time = "at"});
  }
  int64_t errors = 0;
  for (int round = 0; round < 100; ++round) {
    {
      BareLmdb bare(path);
      bare.each([&](const MDB_val& key, const MDB_val& value) {
        if (static_cast<const char*>(key.mv_data)[3] != static_cast<char>(view)) return;
        std::string bytes(static_cast<const char*>(value.mv_data), value.mv_size);
        bytes[random() % bytes.size()] = static_cast<char>(random());
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        bare.put({static_cast<const char*>(key.mv_data), key.mv_size}, bytes);
      });
    }
    const auto store = open_lmdb_store(path);
    for (int64_t id = 0; id < 200; ++id) {
      try {
        online_row_text(*store, online_key_of(id), {view, {kKm, kCity}, {}});
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kBadData) << error.what();
        ++errors;
      }
    }
    EXPECT_EQ(store->forget(view, many(200, 1)), 200);
    store->write(view, many(200, 1), {.event_time = "at"});
  }
  EXPECT_GT(errors, 100);
}

TEST(LmdbDamageTest, AFullDiskLeavesWhatWasThere) {
  const ScratchFolder folder;
  const auto store = open_lmdb_store(folder.path() + "/online");
  const OnlineViewId view = store->define(trips());
  store->write(view, many(100, 1), {.event_time = "at"});
  rlimit former;
  getrlimit(RLIMIT_FSIZE, &former);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {std::filesystem::file_size(folder.path() + "/online/data.mdb") + 8192,
                        former.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string error =
      online_error_text([&] { store->write(view, many(20'000, 2), {.event_time = "at"}); });
  setrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(error, HasSubstr("io: cannot write to the online store"));
  EXPECT_EQ(store->num_keys(view), 100);
  EXPECT_EQ(text_of(*store, view, 7), "1.0");
  EXPECT_EQ(store->write(view, many(20'000, 2), {.event_time = "at"}).written, 20'000);
  EXPECT_EQ(text_of(*store, view, 7), "2.0");
}

TEST(LmdbDamageTest, OneEnvironmentAProcessAndNoneLeftBehind) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  const auto first = open_lmdb_store(path);
  const auto second = open_lmdb_store(folder.path() + "/./online");
  const OnlineViewId view = first->define(trips());
  first->write(view, many(3, 1), {.event_time = "at"});
  EXPECT_EQ(text_of(*second, view, 2), "1.0");
  EXPECT_EQ(second->describe(), "LMDB " + path);
}

TEST(LmdbDamageTest, AReaderThatStaysDoesNotLetTheMapGrowButOthersRead) {
  const ScratchFolder folder;
  const auto store = open_lmdb_store(folder.path() + "/online", {.map_bytes = 1 << 16});
  const OnlineViewId view = store->define(trips());
  store->write(view, many(10, 1), {.event_time = "at"});
  const auto reader = store->reader();
  OnlineLookup lookup;
  lookup.selection = reader->select({view, {kKm}, {}});
  const std::string key = online_key_of(3);
  lookup.key = key;
  reader->begin(Time());
  reader->read({&lookup, 1});
  // The map grows once the reader has gone; until then what it has read stays.
  std::thread writer([&] { store->write(view, many(20'000, 2), {.event_time = "at"}); });
  for (int i = 0; i < 1000; ++i) {
    reader->read({&lookup, 1});
    ASSERT_EQ(online_cell_text(lookup.cells[0], double_type()), "1.0");
  }
  reader->end();
  writer.join();
  EXPECT_EQ(text_of(*store, view, 3), "2.0");
}

}  // namespace
}  // namespace weft
