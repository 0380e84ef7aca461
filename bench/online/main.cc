// bench_online FOLDER: ten features of a key in an LMDB store, beside bare calls of LMDB with the
// same bytes. "load weft|bare ENTITIES" writes them anew, durably; "one weft|bare ENTITIES" reads
// one random key in a transaction of its own, "hundred" a hundred; "ordered REQUESTS KEYS" asks for
// keys 0, 1, 2, ..., so many in a request. All answer {"seconds" of a row or request, "sum" of what
// was read}.
#include <lmdb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>

#include "online/online_key.h"
#include "online/online_store.h"
#include "online/row_codec.h"
#include "serve.h"

namespace {

using namespace weft;

constexpr size_t kFeatures = 10;
constexpr int64_t kReads = 200'000;
const std::vector<OnlineColumn>& features() {
  static const auto columns = [] {
    std::vector<OnlineColumn> made;
    for (size_t i = 0; i < kFeatures; ++i) {
      made.push_back({"f" + std::to_string(i), double_type(), "1"});
    }
    return made;
  }();
  return columns;
}

// The same as bench.py makes for its peer.
double value_of(int64_t id, size_t feature) {
  return static_cast<double>((id * 31 + static_cast<int64_t>(feature) * 7) % 1000) / 8;
}

void check(int status) {
  if (status) throw std::runtime_error(mdb_strerror(status));
}

class RandomKeys {
 public:
  explicit RandomKeys(int64_t entities) : entities_(entities) {}
  int64_t next() { return static_cast<int64_t>(random_() % static_cast<uint64_t>(entities_)); }

 private:
  std::mt19937_64 random_{7};
  int64_t entities_;
};

// ---- Weft ----

Table rows_of(int64_t entities) {
  std::vector<int64_t> ids;
  for (int64_t id = 0; id < entities; ++id) ids.push_back(id);
  Table rows({{"id", ColumnData::of(ids)},
              {"at", ColumnData::of(std::vector<Time>(ids.size(), Time(1h)))}});
  for (size_t i = 0; i < kFeatures; ++i) {
    std::vector<double> values;
    for (const int64_t id : ids) values.push_back(value_of(id, i));
    rows = rows.with_column(features()[i].name, ColumnData::of(values));
  }
  return rows;
}

class Weft {
 public:
  explicit Weft(const std::string& folder) : store_(open_lmdb_store(folder + "/weft")) {
    view_ = store_->define({"bench", {{"id", int64_type()}}, features()});
    reader_ = store_->reader();
    selection_ = reader_->select({view_, features(), 24h});
  }
  double load(const Table& rows) {
    return bench::seconds_of([&] { store_->write(view_, rows, {.event_time = "at"}); });
  }
  double read(std::span<const int64_t> ids) {
    lookups_.resize(ids.size());
    keys_.resize(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      keys_[i].clear();
      append_key_part(keys_[i], int64_type(), &ids[i]);
      lookups_[i].selection = selection_;
      lookups_[i].key = keys_[i];
    }
    reader_->begin(Time(2h));
    reader_->read(lookups_);
    double sum = 0;
    for (const OnlineLookup& lookup : lookups_) {
      for (const OnlineCell& cell : lookup.cells) {
        if (cell.slot) sum += *static_cast<const double*>(cell.slot);
      }
    }
    reader_->end();
    return sum;
  }

 private:
  std::unique_ptr<OnlineStore> store_;
  OnlineViewId view_ = 0;
  std::unique_ptr<OnlineReader> reader_;
  size_t selection_ = 0;
  std::vector<OnlineLookup> lookups_;
  std::vector<std::string> keys_;
};

// ---- LMDB alone ----

class Bare {
 public:
  explicit Bare(const std::string& folder) : schema_(1, features()) {
    std::filesystem::create_directories(folder + "/bare");
    check(mdb_env_create(&env_));
    check(mdb_env_set_mapsize(env_, size_t{1} << 34));
    check(mdb_env_open(env_, (folder + "/bare").c_str(), MDB_NOTLS, 0644));
    check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &read_));
    check(mdb_dbi_open(read_, nullptr, 0, &dbi_));
    mdb_txn_reset(read_);
  }
  ~Bare() {
    mdb_txn_abort(read_);
    mdb_env_close(env_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  // The rows are encoded before; as many to a transaction as Weft takes.
  double load(int64_t entities) {
    std::string bytes;
    std::vector<std::array<double, kFeatures>> values(static_cast<size_t>(entities));
    for (size_t id = 0; id < values.size(); ++id) {
      std::array<const void*, kFeatures> slots;
      for (size_t i = 0; i < kFeatures; ++i) {
        values[id][i] = value_of(static_cast<int64_t>(id), i);
        slots[i] = &values[id][i];
      }
      append_row(bytes, schema_, {3'600'000'000, 3'600'000'000, 0}, slots);
    }
    const size_t size = bytes.size() / values.size();
    return bench::seconds_of([&] {
      for (size_t from = 0; from < values.size(); from += kOnlineChunkRows) {
        MDB_txn* txn = nullptr;
        check(mdb_txn_begin(env_, nullptr, 0, &txn));
        for (size_t id = from; id < std::min(values.size(), from + kOnlineChunkRows); ++id) {
          std::array<char, 16> key;
          fill_key(key, static_cast<int64_t>(id));
          MDB_val k{key.size(), key.data()}, v{size, bytes.data() + id * size};
          check(mdb_put(txn, dbi_, &k, &v, 0));
        }
        check(mdb_txn_commit(txn));
      }
    });
  }
  double read(std::span<const int64_t> ids) {
    check(mdb_txn_renew(read_));
    double sum = 0;
    for (const int64_t id : ids) {
      std::array<char, 16> key;
      fill_key(key, id);
      MDB_val k{key.size(), key.data()}, v;
      if (mdb_get(read_, dbi_, &k, &v)) continue;
      for (size_t i = 0; i < kFeatures; ++i) {
        double value;
        std::memcpy(&value, static_cast<const char*>(v.mv_data) + schema_.offset(i), sizeof value);
        sum += value;
      }
    }
    mdb_txn_reset(read_);
    return sum;
  }

 private:
  // As long as Weft's, so that the trees are equally deep.
  static void fill_key(std::array<char, 16>& key, int64_t id) {
    key = {0, 0, 0, 1, 3};
    for (size_t i = 0; i < 8; ++i) key[5 + i] = static_cast<char>(id >> (8 * (7 - i)));
  }

  RowSchema schema_;
  MDB_env* env_ = nullptr;
  MDB_txn* read_ = nullptr;
  MDB_dbi dbi_ = 0;
};

// ---- tasks ----

template <class Store>
nlohmann::json read_random(Store& store, int64_t entities, size_t at_once) {
  RandomKeys keys(entities);
  std::vector<int64_t> ids(kReads);
  for (int64_t& id : ids) id = keys.next();
  double sum = 0;
  const double seconds = bench::seconds_of([&] {
    for (size_t i = 0; i + at_once <= ids.size(); i += at_once) {
      sum += store.read(std::span(ids).subspan(i, at_once));
    }
  });
  return {{"seconds", seconds / (static_cast<double>(ids.size()) / static_cast<double>(at_once))},
          {"sum", sum}};
}

// Keys 0, 1, 2, ... as a peer in Python asks for them.
nlohmann::json read_in_order(Weft& store, int64_t requests, size_t at_once) {
  std::vector<int64_t> ids(at_once);
  double sum = 0;
  const double seconds = bench::seconds_each(1, [&] {
    for (int64_t request = 0; request < requests; ++request) {
      for (size_t i = 0; i < at_once; ++i) {
        ids[i] = request * static_cast<int64_t>(at_once) + static_cast<int64_t>(i);
      }
      sum += store.read(ids);
    }
  });
  return {{"seconds", seconds / static_cast<double>(requests)}, {"sum", sum}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  std::unique_ptr<Weft> weft;
  std::unique_ptr<Bare> bare;
  std::unique_ptr<Table> rows;
  const auto load = [&](const std::vector<std::string>& words) -> nlohmann::json {
    const int64_t entities = std::stoll(words[1]);
    double seconds = 0;
    if (words[0] == "weft") {
      if (!rows || rows->num_rows() != entities) rows = std::make_unique<Table>(rows_of(entities));
      weft.reset();
      std::filesystem::remove_all(folder + "/weft");
      weft = std::make_unique<Weft>(folder);
      seconds = weft->load(*rows);
    } else {
      bare.reset();
      std::filesystem::remove_all(folder + "/bare");
      bare = std::make_unique<Bare>(folder);
      seconds = bare->load(entities);
    }
    return {{"seconds", seconds / static_cast<double>(entities)}, {"sum", 0}};
  };
  const auto read = [&](const std::vector<std::string>& words, size_t at_once) {
    const int64_t entities = std::stoll(words[1]);
    return words[0] == "weft" ? read_random(*weft, entities, at_once)
                              : read_random(*bare, entities, at_once);
  };
  return bench::serve({{"load", load},
                       {"one", [&](const auto& words) { return read(words, 1); }},
                       {"hundred", [&](const auto& words) { return read(words, 100); }},
                       {"ordered", [&](const auto& words) {
                          return read_in_order(*weft, std::stoll(words[0]), std::stoul(words[1]));
                        }}});
}
