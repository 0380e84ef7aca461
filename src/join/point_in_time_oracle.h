/// For tests: point-in-time joins by comparing every row of the spine with every row of the views,
/// random tables for them, and tables that stream.
#pragma once

#include <limits>
#include <random>
#include <tuple>

#include "weft/point_in_time.h"

namespace weft::join_test {

/// A table of columns in memory that pretends to be in a source of blocks of some rows.
class BlockSource final : public TableSource {
 public:
  BlockSource(Table table, int64_t block_rows) : table_(std::move(table)), rows_(block_rows) {}
  const Schema& schema() const override { return table_.schema(); }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return table_.select(columns).read(columns, rows_);
  }
  std::string describe() const override { return "blocks"; }
  std::optional<int64_t> num_rows() const override { return table_.num_rows(); }

 private:
  Table table_;
  int64_t rows_;
};

inline Table in_blocks(const Table& table, int64_t block_rows) {
  return Table(std::make_shared<BlockSource>(table, block_rows));
}

/// The keys of each row as one text, and nothing where one is null.
inline std::vector<std::optional<std::string>> key_texts(const Table& table,
                                                         const std::vector<ViewKey>& keys,
                                                         bool of_spine) {
  std::vector<std::optional<std::string>> out(static_cast<size_t>(table.num_rows()), "");
  for (const ViewKey& key : keys) {
    ColumnData column = table.column(of_spine ? key.spine_name : key.name);
    if (column.type() == int32_type()) column = column.as(int64_type());
    if (column.type() == float_type()) column = column.as(double_type());
    for (size_t i = 0; i < out.size(); ++i) {
      const Value value = column.at(static_cast<int64_t>(i));
      if (!value.has_value()) out[i].reset();
      if (out[i]) *out[i] += value.to_string() + "|";
    }
  }
  return out;
}

inline std::vector<std::optional<int64_t>> integers(const Table& table, const std::string& name) {
  std::vector<std::optional<int64_t>> out(static_cast<size_t>(table.num_rows()));
  if (name.empty()) return out;
  const ColumnData column = table.column(name);
  for (size_t i = 0; i < out.size(); ++i) {
    const Value value = column.at(static_cast<int64_t>(i));
    if (!value.has_value()) continue;
    if (const auto* time = value.get_if<Time>()) out[i] = time->time_since_epoch().count();
    if (value.type() != timestamp_type()) out[i] = value.as(int64_type()).get<int64_t>();
  }
  return out;
}

struct Expected {
  std::vector<int64_t> row;
  std::vector<MatchReason> reason;
};

/// A view's rows, as the oracle compares them.
struct OracleRows {
  std::vector<std::optional<std::string>> key;
  std::vector<std::optional<int64_t>> event, known, sequence;

  explicit OracleRows(const PointInTimeView& view)
      : key(key_texts(view.table.load(), view.keys, false)),
        event(integers(view.table.load(), view.event_time)),
        known(integers(view.table.load(), view.known_time)),
        sequence(integers(view.table.load(), view.sequence)) {}

  auto order(size_t j) const {
    constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
    return std::tuple(*event[j], known[j].value_or(kLeast), sequence[j].value_or(kLeast), j);
  }

  /// The newest row of a key at a time, whatever its age; -1: none.
  int64_t newest(const std::string& wanted, int64_t time, bool as_known) const {
    int64_t best = -1;
    for (size_t j = 0; j < key.size(); ++j) {
      if (key[j] != wanted || !event[j] || *event[j] > time) continue;
      if (as_known && (!known[j] || *known[j] > time)) continue;
      if (best < 0 || order(j) > order(static_cast<size_t>(best))) best = static_cast<int64_t>(j);
    }
    return best;
  }
};

inline Expected expected(const Spine& spine, const PointInTimeView& view, bool as_known) {
  const Table rows = spine.rows.load();
  const OracleRows of_view(view);
  const auto keys = key_texts(rows, view.keys, true);
  auto times = integers(rows, spine.time);
  Expected out;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (spine.at) times[i] = spine.at->time_since_epoch().count();
    const auto in_ttl = [&](int64_t j) {
      __extension__ using Wide = __int128;
      return j >= 0 && (!view.ttl || Wide{*times[i]} - *of_view.event[static_cast<size_t>(j)] <=
                                         Wide{view.ttl->count()});
    };
    out.row.push_back(-1);
    out.reason.push_back(MatchReason::kMatched);
    MatchReason& reason = out.reason.back();
    if (!keys[i]) {
      reason = MatchReason::kKeyIsNull;
      continue;
    }
    if (!times[i]) {
      reason = MatchReason::kTimeIsNull;
      continue;
    }
    const int64_t seen = of_view.newest(*keys[i], *times[i], as_known);
    const int64_t happened = of_view.newest(*keys[i], *times[i], false);
    const int64_t any = of_view.newest(*keys[i], std::numeric_limits<int64_t>::max(), false);
    if (in_ttl(seen)) {
      out.row.back() = seen;
    } else if (in_ttl(happened)) {
      reason = MatchReason::kKnownLater;
    } else if (happened >= 0) {
      reason = MatchReason::kOlderThanTtl;
    } else {
      reason = any >= 0 ? MatchReason::kOnlyLater : MatchReason::kNoRow;
    }
  }
  return out;
}

}  // namespace weft::join_test
