// The online store in LMDB. One tree holds all: the store's own records under view 0, rows under
// the view's number. Keys and values are multiples of 8 bytes, so that LMDB lays every row at such
// a multiple and values can be read where they lie (docs/formats/online-store.md).
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "online/lmdb_environment.h"
#include "online/stored_json.h"
#include "online/stored_rows.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

// ---- keys ----

// LMDB's limit is 511 bytes.
constexpr size_t kKeyBytesMax = 504;
constexpr size_t kViewBytes = 4;
constexpr size_t kKeyAt = kViewBytes + 1;
constexpr uint8_t kHashed = 0x80;  // instead of the number of bytes that fill it up
constexpr OnlineViewId kRecords = 0;
constexpr OnlineViewId kFirstView = 1;

constexpr size_t up_to_8(size_t n) { return (n + 7) & ~size_t{7}; }

std::array<char, kViewBytes> view_bytes(OnlineViewId view) {
  return {static_cast<char>(view >> 24), static_cast<char>(view >> 16),
          static_cast<char>(view >> 8), static_cast<char>(view)};
}

// The key under which LMDB finds a row: its view, one byte, and the key itself or its hash.
class TreeKey {
 public:
  TreeKey(OnlineViewId view, std::string_view key, uint64_t hash_seed) {
    const auto prefix = view_bytes(view);
    std::memcpy(bytes_.data(), prefix.data(), kViewBytes);
    hashed_ = kKeyAt + key.size() > kKeyBytesMax;
    XXH128_canonical_t hash;
    if (hashed_) {
      XXH128_canonicalFromHash(&hash, XXH3_128bits_withSeed(key.data(), key.size(), hash_seed));
      key = {reinterpret_cast<const char*>(hash.digest), sizeof hash.digest};
    }
    size_ = up_to_8(kKeyAt + key.size());
    const size_t fill = size_ - kKeyAt - key.size();
    bytes_[kViewBytes] = static_cast<char>(hashed_ ? kHashed : fill);
    if (!key.empty()) std::memcpy(bytes_.data() + kKeyAt, key.data(), key.size());
    std::memset(bytes_.data() + size_ - fill, 0, fill);
  }
  std::string_view bytes() const { return {bytes_.data(), size_}; }
  bool hashed() const { return hashed_; }

 private:
  std::array<char, kKeyBytesMax> bytes_;
  size_t size_ = 0;
  bool hashed_ = false;
};

[[noreturn]] void damaged(const char* what) {
  throw Error(ErrorCode::kBadData, std::string("the online store is damaged: ") + what);
}

// A hashed key stands before its row: u32 size, u32 0, the bytes, zeros up to 8.
void append_hashed_key(std::string& value, std::string_view key) {
  const auto size = static_cast<uint32_t>(key.size());
  value.append(reinterpret_cast<const char*>(&size), sizeof size).append(4, '\0').append(key);
  value.resize(up_to_8(value.size()));
}

struct Entry {
  std::string_view key;
  std::string_view row;
};

Entry entry_of(std::string_view tree_key, std::string_view value) {
  if (tree_key.size() < kKeyAt) damaged("a key is too short");
  const auto how = static_cast<uint8_t>(tree_key[kViewBytes]);
  if (how != kHashed) {
    if (how > 7 || kKeyAt + how > tree_key.size()) damaged("a key is filled up wrongly");
    return {tree_key.substr(kKeyAt, tree_key.size() - kKeyAt - how), value};
  }
  uint32_t size = 0;
  if (value.size() < 8) damaged("a long key is missing");
  std::memcpy(&size, value.data(), sizeof size);
  if (up_to_8(8 + size_t{size}) > value.size()) damaged("a long key is cut off");
  return {value.substr(8, size), value.substr(up_to_8(8 + size_t{size}))};
}

// ---- records ----

TreeKey record_key(std::string_view name) { return {kRecords, name, 0}; }
std::string view_record(OnlineViewId id) { return "view/" + std::to_string(id); }
std::string schema_record(uint32_t id) { return "schema/" + std::to_string(id); }
// A view whose rows are still being removed.
std::string gone_record(OnlineViewId id) { return "gone/" + std::to_string(id); }
uint32_t record_number(std::string_view name) {
  return static_cast<uint32_t>(std::stoul(std::string(name.substr(name.find('/') + 1))));
}

std::string padded(std::string json) {
  json.resize(up_to_8(json.size()), ' ');
  return json;
}

struct StoreRecord {
  int format = kOnlineFormat;
  OnlineViewId next_view = kFirstView;
  uint32_t next_schema = 1;
  uint64_t hash_seed = 0;
};

StoreRecord store_from_json(std::string_view json) {
  try {
    const Json record = Json::parse(json);
    StoreRecord store;
    store.format = record.at("format").get<int>();
    if (store.format > kOnlineFormat) {
      throw Error(ErrorCode::kUnsupported, "a newer Weft made it: its format is " +
                                               std::to_string(store.format) + ", known is " +
                                               std::to_string(kOnlineFormat));
    }
    store.next_view = record.at("next_view").get<OnlineViewId>();
    store.next_schema = record.at("next_schema").get<uint32_t>();
    store.hash_seed = record.at("hash_seed").get<uint64_t>();
    return store;
  } catch (const nlohmann::json::exception& error) {
    damaged(error.what());
  }
}

std::string store_to_json(const StoreRecord& store) {
  return padded(Json{{"format", store.format},
                     {"next_view", store.next_view},
                     {"next_schema", store.next_schema},
                     {"hash_seed", store.hash_seed}}
                    .dump());
}

StoreRecord store_record(LmdbWrite& txn) {
  const auto json = txn.get(record_key("store").bytes());
  if (!json) damaged("its record is missing");
  return store_from_json(*json);
}

// ---- reading ----

class LmdbOnlineReader final : public OnlineReader {
 public:
  LmdbOnlineReader(std::shared_ptr<LmdbEnvironment> environment, uint64_t hash_seed)
      : read_(std::move(environment)),
        rows_([this](uint32_t id) { return schema(id); }),
        hash_seed_(hash_seed) {}

  size_t select(OnlineSelection selection) override { return rows_.select(std::move(selection)); }
  void begin(Time now) override {
    end();
    read_.begin();
    rows_.begin(now);
  }
  void read(std::span<OnlineLookup> lookups) override {
    for (OnlineLookup& lookup : lookups) {
      const TreeKey key(rows_.selection(lookup.selection).view, lookup.key, hash_seed_);
      const auto value = read_.get(key.bytes());
      if (!value) {
        rows_.not_found(lookup);
      } else if (!key.hashed()) {
        rows_.read(lookup, *value);
      } else if (const Entry entry = entry_of(key.bytes(), *value); entry.key == lookup.key) {
        rows_.read(lookup, entry.row);
      } else {
        rows_.not_found(lookup);
      }
    }
  }
  void end() noexcept override { read_.end(); }

 private:
  std::shared_ptr<const RowSchema> schema(uint32_t id) {
    const auto json = read_.get(record_key(schema_record(id)).bytes());
    if (!json) damaged("a row has a schema that is not there");
    return std::make_shared<const RowSchema>(id, schema_from_json(*json).columns);
  }

  LmdbRead read_;
  RowReader rows_;
  uint64_t hash_seed_;
};

// ---- the store ----

class LmdbStore final : public StoredRows {
 public:
  LmdbStore(const std::string& folder, const LmdbOptions& options);

  OnlineViewId define(const OnlineView& view) override;
  std::optional<OnlineViewId> find(std::string_view name) const override;
  std::vector<std::string> views() const override;
  std::unique_ptr<OnlineReader> reader() override {
    return std::make_unique<LmdbOnlineReader>(environment_, hash_seed_);
  }
  int64_t purge(std::string_view name) override;
  int64_t forget(OnlineViewId view, const Table& keys) override;
  int64_t num_keys(OnlineViewId view) const override;
  void sync() override { environment_->sync(); }
  std::string describe() const override { return "LMDB " + environment_->folder(); }

 protected:
  Definition definition(OnlineViewId id) const override;
  std::shared_ptr<const RowSchema> schema(uint32_t id) const override;
  std::shared_ptr<const RowSchema> schema_of(OnlineViewId view,
                                             const std::vector<OnlineColumn>& columns) override;
  std::optional<OnlineWriteReport> write_batch(OnlineViewId view, const Definition& expected,
                                               const RowSchema& schema,
                                               const RowBatch& batch) override;
  bool walk(OnlineViewId view, std::string& position, size_t max,
            const Visit& visit) const override;
  int64_t replace(OnlineViewId view, std::span<const Replacement> rows) override;

 private:
  // What `use` gives, called in a transaction of its own.
  template <class F>
  auto reading(F&& use) const {
    LmdbRead read(environment_);
    read.begin();
    return use(read);
  }
  TreeKey tree_key(OnlineViewId view, std::string_view key) const {
    return {view, key, hash_seed_};
  }
  static void each_record(LmdbRead& read, std::string_view kind,
                          const std::function<void(uint32_t, std::string_view)>& visit);
  std::string row_value(std::string_view key, const TreeKey& tree_key, std::string_view row) const;
  int64_t remove_rows(OnlineViewId view);

  std::shared_ptr<LmdbEnvironment> environment_;
  uint64_t hash_seed_ = 0;
};

LmdbStore::LmdbStore(const std::string& folder, const LmdbOptions& options)
    : environment_(LmdbEnvironment::open(folder, options)) {
  const TreeKey key = record_key("store");
  const auto load = [&](std::string_view json) { hash_seed_ = store_from_json(json).hash_seed; };
  try {
    if (reading([&](LmdbRead& read) {
          const auto json = read.get(key.bytes());
          if (json) load(*json);
          return json.has_value();
        })) {
      return;
    }
    environment_->update([&](LmdbWrite& txn) {
      if (const auto json = txn.get(key.bytes())) return load(*json);
      if (txn.first_from(std::string(1, '\0'))) damaged("it holds something else");
      StoreRecord store;
      std::random_device random;
      store.hash_seed = uint64_t{random()} << 32 | random();
      hash_seed_ = store.hash_seed;
      txn.put(key.bytes(), store_to_json(store));
    });
  } catch (const Error& error) {
    throw Error(error.code(), "cannot open the online store '" + folder + "': " + error.message());
  }
}

void LmdbStore::each_record(LmdbRead& read, std::string_view kind,
                            const std::function<void(uint32_t, std::string_view)>& visit) {
  const auto prefix = view_bytes(kRecords);
  const std::string_view records(prefix.data(), prefix.size());
  read.walk(records, [&](std::string_view tree_key, std::string_view json) {
    if (!tree_key.starts_with(records)) return false;
    const std::string_view name = entry_of(tree_key, json).key;
    if (name.starts_with(kind)) visit(record_number(name), json);
    return true;
  });
}

// ---- views and schemas ----

OnlineViewId LmdbStore::define(const OnlineView& view) {
  check_view(view);
  const std::string json = padded(view_to_json(view));
  OnlineViewId id = 0;
  // Whoever makes it first meanwhile is found by the second look.
  for (;;) {
    const auto former = find(view.name);
    if (former) {
      const Definition known = definition(*former);
      if (!same_keys(known.view.keys, view.keys)) {
        throw Error(ErrorCode::kConflict, "view '" + view.name + "' is kept online by the keys (" +
                                              to_string(known.view.keys) + "), not by (" +
                                              to_string(view.keys) + "): purge it first");
      }
      if (known.json == json) return *former;
    }
    bool done = false;
    environment_->update([&](LmdbWrite& txn) {
      done = false;
      StoreRecord store = store_record(txn);
      id = former ? *former : store.next_view;
      const std::string key(record_key(view_record(id)).bytes());
      if (txn.get(key).has_value() != former.has_value()) return;
      if (!former) {
        for (OnlineViewId other = kFirstView; other < store.next_view; ++other) {
          const auto kept = txn.get(record_key(view_record(other)).bytes());
          if (kept && view_from_json(*kept).name == view.name) return;
        }
        ++store.next_view;
        txn.put(record_key("store").bytes(), store_to_json(store));
      }
      txn.put(key, json);
      done = true;
    });
    if (done) return id;
  }
}

std::optional<OnlineViewId> LmdbStore::find(std::string_view name) const {
  std::optional<OnlineViewId> found;
  reading([&](LmdbRead& read) {
    each_record(read, "view/", [&](uint32_t id, std::string_view json) {
      if (view_from_json(json).name == name) found = id;
    });
  });
  return found;
}

std::vector<std::string> LmdbStore::views() const {
  std::vector<std::string> names;
  reading([&](LmdbRead& read) {
    each_record(read, "view/", [&](uint32_t, std::string_view json) {
      names.push_back(view_from_json(json).name);
    });
  });
  std::ranges::sort(names);
  return names;
}

StoredRows::Definition LmdbStore::definition(OnlineViewId id) const {
  return reading([&](LmdbRead& read) {
    const auto json = read.get(record_key(view_record(id)).bytes());
    if (!json) throw unknown_view(id);
    return Definition{view_from_json(*json), std::string(*json)};
  });
}

std::shared_ptr<const RowSchema> LmdbStore::schema(uint32_t id) const {
  const StoredSchema stored = reading([&](LmdbRead& read) {
    const auto json = read.get(record_key(schema_record(id)).bytes());
    if (!json) damaged("a row has a schema that is not there");
    return schema_from_json(*json);
  });
  return keep_schema(stored.view, id, stored.columns);
}

std::shared_ptr<const RowSchema> LmdbStore::schema_of(OnlineViewId view,
                                                      const std::vector<OnlineColumn>& columns) {
  if (auto known = known_schema(view, columns)) return known;
  const std::string json = padded(schema_to_json(view, columns));
  uint32_t id = 0;
  reading([&](LmdbRead& read) {
    each_record(read, "schema/", [&](uint32_t number, std::string_view kept) {
      if (kept == json) id = number;
    });
  });
  // Two at once may make it twice, which does no harm.
  if (!id) {
    environment_->update([&](LmdbWrite& txn) {
      StoreRecord store = store_record(txn);
      id = store.next_schema++;
      txn.put(record_key("store").bytes(), store_to_json(store));
      txn.put(record_key(schema_record(id)).bytes(), json);
    });
  }
  return keep_schema(view, id, columns);
}

// ---- rows ----

std::optional<OnlineWriteReport> LmdbStore::write_batch(OnlineViewId view,
                                                        const Definition& expected,
                                                        const RowSchema& schema,
                                                        const RowBatch& batch) {
  OnlineWriteReport report;
  bool changed = false;
  std::string value;
  environment_->update([&](LmdbWrite& txn) {
    report = batch.report();
    changed = txn.get(record_key(view_record(view)).bytes()) != expected.json;
    if (changed) return;
    for (size_t i = 0; i < batch.size(); ++i) {
      const TreeKey key = tree_key(view, batch.key(i));
      if (const auto kept = txn.get(key.bytes())) {
        const Entry entry = entry_of(key.bytes(), *kept);
        if (key.hashed() && entry.key != batch.key(i)) damaged("two long keys have one hash");
        // One too short to say when is damaged, and replaced.
        if (entry.row.size() >= kRowHeaderBytes && row_order(entry.row) > batch.order(i)) {
          ++report.older;
          continue;
        }
      }
      value.clear();
      if (key.hashed()) append_hashed_key(value, batch.key(i));
      batch.append(value, schema, i);
      txn.put(key.bytes(), value);
      ++report.written;
    }
  });
  if (changed) return std::nullopt;
  return report;
}

bool LmdbStore::walk(OnlineViewId view, std::string& position, size_t max,
                     const Visit& visit) const {
  const auto prefix = view_bytes(view);
  const std::string_view rows(prefix.data(), prefix.size());
  const std::string from = position.empty() ? std::string(rows) : position;
  size_t seen = 0;
  reading([&](LmdbRead& read) {
    read.walk(from, [&](std::string_view tree_key, std::string_view value) {
      if (!tree_key.starts_with(rows)) return false;
      if (tree_key == position) return true;
      const Entry entry = entry_of(tree_key, value);
      visit(entry.key, entry.row);
      if (++seen < max) return true;
      position = tree_key;
      return false;
    });
  });
  return seen == max;
}

int64_t LmdbStore::num_keys(OnlineViewId view) const {
  int64_t count = 0;
  std::string position;
  while (walk(view, position, kOnlineChunkRows, [&](auto, auto) { ++count; })) {
  }
  return count;
}

std::string LmdbStore::row_value(std::string_view key, const TreeKey& tree_key,
                                 std::string_view row) const {
  std::string value;
  if (tree_key.hashed()) append_hashed_key(value, key);
  value.append(row);
  return value;
}

int64_t LmdbStore::replace(OnlineViewId view, std::span<const Replacement> rows) {
  int64_t count = 0;
  environment_->update([&](LmdbWrite& txn) {
    count = 0;
    for (const Replacement& each : rows) {
      const TreeKey key = tree_key(view, each.key);
      if (txn.get(key.bytes()) != row_value(each.key, key, each.former)) continue;
      txn.put(key.bytes(), row_value(each.key, key, each.row));
      ++count;
    }
  });
  return count;
}

int64_t LmdbStore::forget(OnlineViewId view, const Table& keys) {
  const OnlineKeys encoded(definition(view).view.keys, keys);
  int64_t count = 0;
  environment_->update([&](LmdbWrite& txn) {
    count = 0;
    for (int64_t i = 0; i < encoded.size(); ++i) {
      if (encoded.is_null(i)) continue;
      const TreeKey key = tree_key(view, encoded.at(i));
      const auto kept = txn.get(key.bytes());
      if (!kept || entry_of(key.bytes(), *kept).key != encoded.at(i)) continue;
      txn.erase(key.bytes());
      ++count;
    }
  });
  return count;
}

// ---- purging ----

// Rows go chunk by chunk; a record says which view's must still go, should this process end.
int64_t LmdbStore::purge(std::string_view name) {
  const auto view = find(name);
  if (view) {
    environment_->update([&](LmdbWrite& txn) {
      txn.erase(record_key(view_record(*view)).bytes());
      txn.put(record_key(gone_record(*view)).bytes(), padded("{}"));
    });
  }
  std::vector<OnlineViewId> gone;
  reading([&](LmdbRead& read) {
    each_record(read, "gone/", [&](uint32_t id, std::string_view) { gone.push_back(id); });
  });
  int64_t count = 0;
  for (const OnlineViewId id : gone) {
    const int64_t removed = remove_rows(id);
    if (view && id == *view) count = removed;
  }
  return count;
}

int64_t LmdbStore::remove_rows(OnlineViewId view) {
  std::vector<uint32_t> schemas;
  reading([&](LmdbRead& read) {
    each_record(read, "schema/", [&](uint32_t id, std::string_view json) {
      if (schema_from_json(json).view == view) schemas.push_back(id);
    });
  });
  const auto prefix = view_bytes(view);
  const std::string_view rows(prefix.data(), prefix.size());
  int64_t count = 0;
  for (bool more = true; more;) {
    int64_t removed = 0;
    environment_->update([&](LmdbWrite& txn) {
      removed = 0;
      more = true;
      while (more && removed < kOnlineChunkRows) {
        const auto first = txn.first_from(rows);
        more = first && first->first.starts_with(rows);
        if (!more) break;
        txn.erase(std::string(first->first));
        ++removed;
      }
      if (more) return;
      for (const uint32_t id : schemas) txn.erase(record_key(schema_record(id)).bytes());
      txn.erase(record_key(gone_record(view)).bytes());
    });
    count += removed;
  }
  return count;
}

}  // namespace

std::unique_ptr<OnlineStore> open_lmdb_store(const std::string& folder,
                                             const LmdbOptions& options) {
  return std::make_unique<LmdbStore>(folder, options);
}

}  // namespace weft
