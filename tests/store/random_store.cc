#include "random_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/scratch_folder.h"
#include "weft/clock.h"
#include "weft/module.h"
#include "weft/store.h"
#include "weft/weft.h"
#include "weft/write.h"

#undef WEFT_MODULE
#define WEFT_MODULE "random_store"
namespace random_store_module {
FEATURE(double, fuzz_twice, (double v0)) { return 2 * v0; }
}  // namespace random_store_module

namespace weft::random_store {
namespace {

// One store and what happens to it; everything follows from the seed. Times are some microseconds,
// so that many are equal.
class RandomStore {
 public:
  explicit RandomStore(uint64_t seed) : random_(seed) {}

  void run() {
    make_definitions();
    open();
    const int64_t steps = 5 + up_to(25);
    for (int64_t i = 0; i < steps; ++i) {
      step();
      if (testing::Test::HasFatalFailure()) return;
      if (!behind_) compare();
      if (testing::Test::HasFatalFailure()) return;
    }
    store_->materialize();
    log("materialize");
    compare();
  }

 private:
  struct RandomSource {
    std::string name;
    std::string kind;
    std::string history;  // name of another source
    bool known = false;
    Schema columns;  // keys, then what views take
    Table in_file;
  };
  struct RandomView {
    std::string name;
    std::vector<std::string> entities;
    size_t source = 0;
    std::vector<std::string> features;
    std::string ttl;
  };

  int64_t up_to(int64_t n) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(n + 1));
  }
  bool chance(int64_t percent) { return up_to(99) < percent; }
  void log(const std::string& what) { log_ += fmt::format("\n  {}us {}", now_, what); }

  // ---- definitions ----------------------------------------------------------------------------

  void make_definitions() {
    const Type key_types[] = {int64_type(), int32_type(), string_type(), bool_type(),
                              timestamp_type()};
    for (const char* name : {"k0", "k1"}) keys_.push_back({name, key_types[up_to(4)]});
    const int64_t sources = 1 + up_to(2);
    for (int64_t s = 0; s < sources; ++s) make_source(s);
    const int64_t views = 2 + up_to(1);
    for (int64_t v = 0; v < views; ++v) make_view(v);
  }

  void make_source(int64_t number) {
    RandomSource source;
    source.name = fmt::format("source{}", number);
    source.known = chance(50);
    source.columns = keys_;
    source.columns.push_back({fmt::format("v{}", number), double_type()});
    const Type types[] = {double_type(), int64_type(),  int32_type(),     float_type(),
                          bool_type(),   string_type(), timestamp_type(), list_type(int64_type())};
    for (int64_t i = up_to(3); i > 0; --i) {
      source.columns.push_back({fmt::format("c{}_{}", number, i), types[up_to(7)]});
    }
    source.kind = chance(50) ? "file" : "push";
    if (source.kind == "push" && chance(50)) {
      RandomSource before = source;
      before.kind = "file";
      before.name += "_before";
      source.history = before.name;
      before.in_file = rows(before, up_to(8), 5);
      sources_.push_back(std::move(before));
    }
    if (source.kind == "file") source.in_file = rows(source, up_to(8), 5);
    taken_.push_back(sources_.size());
    sources_.push_back(std::move(source));
  }

  void make_view(int64_t number) {
    RandomView view;
    view.name = fmt::format("view{}", number);
    for (const char* entity : {"e0", "e1"}) {
      if (chance(60)) view.entities.emplace_back(entity);
    }
    view.source = any(taken_);
    const Schema& columns = sources_[view.source].columns;
    for (size_t c = keys_.size(); c < columns.size(); ++c) {
      if (c == keys_.size() || chance(70)) view.features.push_back(columns[c].name);
    }
    if (columns[keys_.size()].name == "v0" && chance(60)) view.features.emplace_back("fuzz_twice");
    view.ttl = random_ttl();
    views_.push_back(std::move(view));
  }

  std::string random_ttl() { return chance(50) ? "" : fmt::format(", ttl: {}us", up_to(8)); }

  std::string path_of(const RandomSource& source) const {
    return folder_.path() + "/" + source.name + ".parquet";
  }

  std::string yaml() const {
    std::string text =
        fmt::format("entities: {{e0: {{keys: {{k0: {}}}}}, e1: {{keys: {{k1: {}}}}}}}\n",
                    keys_[0].type->name, keys_[1].type->name);
    text += "sources:\n";
    for (const RandomSource& source : sources_) {
      text += fmt::format("  {}: {{kind: {}, time: at", source.name, source.kind);
      if (source.kind == "file") text += ", path: " + path_of(source);
      if (!source.history.empty()) text += ", history: " + source.history;
      if (source.known) text += ", known: seen";
      text += ", columns: {";
      for (const auto& [name, type] : source.columns) {
        text += fmt::format("{}: {}, ", name, type->name);
      }
      text += "}}\n";
    }
    text += "views:\n";
    std::string all;
    for (const RandomView& view : views_) {
      text += fmt::format("  {}: {{entities: [{}], source: {}, features: [{}]{}}}\n", view.name,
                          fmt::join(view.entities, ", "), sources_[view.source].name,
                          fmt::join(view.features, ", "), view.ttl);
      all += fmt::format("{{view: {}}}, ", view.name);
    }
    const bool renames = !views_[0].entities.empty();
    const char* key = renames && views_[0].entities[0] == "e0" ? "k0" : "k1";
    text += fmt::format("services: {{all: {{views: [{}{{view: view0, alias: other{}}}]}}}}\n", all,
                        renames ? fmt::format(", keys: {{{}: other_key}}", key) : "");
    other_key_ = key;
    return text;
  }

  void open() {
    for (const RandomSource& source : sources_) {
      if (source.kind == "file") write_parquet(source.in_file, path_of(source));
    }
    StoreOptions options;
    options.directory = folder_.path() + "/store";
    options.clock = &clock_;
    definitions_ = yaml();
    options.definitions = {folder_.with("definitions.yaml", definitions_)};
    store_.reset();
    store_.emplace(Driver({compiled_module("random_store")}), std::move(options));
    store_->apply({.allow_destructive = true});
  }

  // ---- rows -----------------------------------------------------------------------------------

  static Value key_value(Type type, int64_t i) {
    if (type == int64_type()) return Value::of(i * 1'000'000'000'000 - 1);
    if (type == int32_type()) return Value::of(static_cast<int32_t>(i - 1));
    if (type == string_type()) return Value::of(std::string(static_cast<size_t>(i), 'k'));
    if (type == bool_type()) return Value::of(i % 2 == 0);
    return Value::of(Time(Duration(i - 1)));
  }

  Value feature_value(Type type) {
    const int64_t i = up_to(5);
    if (chance(15)) return Value::null(type);
    const double odd[] = {std::nan(""), -0.0, std::numeric_limits<double>::infinity(), 1.5, 0.1, 0};
    if (type == double_type()) return Value::of(odd[i]);
    if (type == float_type()) return Value::of(static_cast<float>(odd[i]));
    if (type->kind == Kind::kList) {
      return Value::of(std::vector<int64_t>(static_cast<size_t>(i), i));
    }
    return key_value(type, i);
  }

  ColumnData times(int64_t rows, int64_t last, int64_t nulls) {
    std::vector<std::optional<Time>> values;
    for (int64_t i = 0; i < rows; ++i) {
      values.emplace_back(Time(Duration(up_to(last))));
      if (chance(nulls)) values.back().reset();
    }
    return ColumnData::of(values);
  }

  Table rows(const RandomSource& source, int64_t count, int64_t last) {
    std::vector<std::pair<std::string, ColumnData>> columns;
    for (size_t c = 0; c < source.columns.size(); ++c) {
      const auto& [name, type] = source.columns[c];
      std::vector<Value> values;
      for (int64_t i = 0; i < count; ++i) {
        const bool is_key = c < keys_.size();
        values.push_back(!is_key     ? feature_value(type)
                         : chance(8) ? Value::null(type)
                                     : key_value(type, up_to(2)));
      }
      columns.emplace_back(name, ColumnData::of_values(type, values));
    }
    columns.emplace_back("at", times(count, last, 5));
    if (source.known) columns.emplace_back("seen", times(count, 6, 15));
    return Table(std::move(columns));
  }

  // ---- what happens ---------------------------------------------------------------------------

  void step() {
    const int64_t kind = up_to(11);
    if (kind < 4) return push();
    if (kind < 6) return write();
    if (kind == 6) return grow_file();
    if (kind == 7) return pass_time();
    if (kind == 8) return materialize_range();
    if (kind < 11) return materialize_all(kind == 9);
    any(views_).ttl = random_ttl();
    open();
    log("opened again:\n" + definitions_);
  }

  template <class T>
  T& any(std::vector<T>& of) {
    return of[static_cast<size_t>(up_to(static_cast<int64_t>(of.size()) - 1))];
  }

  // What is pushed has happened.
  void push() {
    const RandomSource& source = sources_[any(taken_)];
    const Table pushed = rows(source, 1 + up_to(4), now_);
    log(fmt::format("push to {}\n{}", source.name, pushed.to_string()));
    store_->push(source.name, pushed);
  }

  // What is written may be yet to come.
  void write() {
    const RandomSource& source = sources_[any(taken_)];
    const Table written = rows(source, 1 + up_to(4), now_ + up_to(5));
    log(fmt::format("write to {}\n{}", source.name, written.to_string()));
    store_->write_offline(source.name, written);
    behind_ = has_later_rows_ = true;
  }

  void grow_file() {
    RandomSource& source = any(sources_);
    if (source.kind != "file") return;
    const Table parts[] = {source.in_file, rows(source, 1 + up_to(4), now_ + up_to(5))};
    log(fmt::format("in the file of {}\n{}", source.name, parts[1].to_string()));
    source.in_file = Table::concat(parts);
    write_parquet(source.in_file, path_of(source));
    behind_ = has_later_rows_ = true;
  }

  void pass_time() {
    now_ += up_to(4);
    clock_.set(Time(Duration(now_)));
    behind_ |= has_later_rows_;
    log("is the time");
  }

  void materialize_range() {
    const int64_t start = up_to(now_);
    const int64_t end = start + up_to(now_ - start);
    log(fmt::format("materialize {} to {}", start, end));
    store_->materialize({.start = Time(Duration(start)), .end = Time(Duration(end))});
    ranges_only_ |= !was_complete_;
  }

  void materialize_all(bool incremental) {
    // The first incremental after nothing but ranges goes on where they ended.
    incremental &= was_complete_ || !ranges_only_;
    log(incremental ? "incremental" : "materialize");
    incremental ? store_->materialize_incremental() : store_->materialize();
    was_complete_ = true;
    behind_ = false;
  }

  // ---- the property ---------------------------------------------------------------------------

  // Every key that there may be, and some that there is not.
  Table all_keys() const {
    std::vector<Value> k0;
    std::vector<Value> k1;
    std::vector<Value> other;
    const Type other_type = keys_[other_key_ == "k0" ? 0 : 1].type;
    for (int64_t i = 0; i < 4; ++i) {
      for (int64_t j = 0; j < 4; ++j) {
        k0.push_back(key_value(keys_[0].type, i));
        k1.push_back(key_value(keys_[1].type, j));
        other.push_back(key_value(other_type, (i + j) % 4));
      }
    }
    return {{"k0", ColumnData::of_values(keys_[0].type, k0)},
            {"k1", ColumnData::of_values(keys_[1].type, k1)},
            {"other_key", ColumnData::of_values(other_type, other)}};
  }

  void compare() {
    const FeatureRequest request = {.service = "all", .full_names = true};
    const Spine spine = {.rows = all_keys(), .at = clock_.now()};
    const Table past = store_->get_historical_features(request, spine).load();
    const Table latest = store_->get_online_features(request, spine.rows);
    ASSERT_TRUE(past.equals(latest)) << past.to_string(20) << latest.to_string(20) << story();
    compare_reasons(request, spine);
  }

  void compare_reasons(const FeatureRequest& request, const Spine& spine) {
    const Table past =
        store_->get_historical_features(request, spine, {.event_times = true, .reasons = true});
    FeatureReader reader(store_->online_plan(request));
    reader.begin(spine.rows.num_rows());
    for (size_t i = 0; i < reader.plan().inputs().size(); ++i) {
      const ColumnData column = spine.rows.column(reader.plan().inputs()[i].name);
      for (int64_t row = 0; row < column.size(); ++row) reader.set_value(row, i, column.at(row));
    }
    reader.run();
    for (size_t o = 0; o < reader.plan().outputs().size(); ++o) {
      const std::string& name = reader.plan().outputs()[o].name;
      const std::string prefix = name.substr(0, name.find("__"));
      for (int64_t row = 0; row < reader.rows(); ++row) {
        const std::string reason = past.column(prefix + "__reason").at(row).get<std::string>();
        const FeatureStatus status = reader.status(row, o);
        ASSERT_EQ(reason == "matched",
                  status == FeatureStatus::kPresent || status == FeatureStatus::kNull)
            << name << " row " << row << ": " << reason << story();
        ASSERT_EQ(reason == "older than ttl", status == FeatureStatus::kOutsideMaxAge)
            << name << " row " << row << ": " << reason << story();
        if (reason != "matched") continue;
        ASSERT_EQ(past.column(prefix + "__event_time").at(row).get<Time>(),
                  reader.event_time(row, o))
            << name << " row " << row << story();
      }
    }
  }

  std::string story() const { return "\n" + definitions_ + log_; }

  std::mt19937_64 random_;
  ScratchFolder folder_;
  int64_t now_ = 5;
  ManualClock clock_{Time(Duration(now_))};
  Schema keys_;
  std::vector<RandomSource> sources_;
  std::vector<size_t> taken_;  // sources that views may be over
  std::vector<RandomView> views_;
  mutable std::string other_key_;
  std::string definitions_;
  std::optional<FeatureStore> store_;
  bool behind_ = true;          // history has what was not brought online yet
  bool has_later_rows_ = true;  // history may have rows after now
  bool was_complete_ = false;   // all was brought online once
  bool ranges_only_ = false;    // before that, ranges were
  std::string log_;
};

}  // namespace

void run_random_stores(uint64_t first_seed, uint64_t count) {
  for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStore(seed).run();
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace weft::random_store
