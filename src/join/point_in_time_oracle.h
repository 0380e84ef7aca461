/// For tests: point-in-time joins by comparing every row of the spine with every row of the views,
/// random tables for them, and tables that stream.
#pragma once

#include <algorithm>
#include <limits>
#include <random>
#include <tuple>

#include "data/pieces.h"
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

/// A table of columns in memory that pretends to lie in row groups, of which it knows the ranges of
/// integers, times and texts, and of every third column of a group nothing.
class GroupSource final : public PiecedSource {
 public:
  GroupSource(Table table, int64_t group_rows) : table_(std::move(table)), rows_(group_rows) {}
  const Schema& schema() const override { return table_.schema(); }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return table_.select(columns).read(columns, rows_);
  }
  std::string describe() const override { return "row groups"; }
  std::optional<int64_t> num_rows() const override { return table_.num_rows(); }

  std::shared_ptr<const Pieces> pieces(const MayHold& may_hold) const override {
    auto out = std::make_shared<Groups>(table_);
    for (int64_t from = 0; from < table_.num_rows(); from += rows_) {
      const Piece piece = {from, std::min(rows_, table_.num_rows() - from)};
      size_t asked = static_cast<size_t>(from / rows_);
      const auto range_of = [&](const std::string& column) {
        if (asked++ % 3 == 2) return ValueRange{{}, {}, {}, piece.rows};
        return range_in(table_.column(column).slice(piece.first_row, piece.rows));
      };
      if (may_hold(range_of)) out->list_.push_back(piece);
    }
    return out;
  }

 private:
  struct Groups final : Pieces {
    struct Reader final : PieceReader {
      explicit Reader(Table rows) : rows_(std::move(rows)) {}
      Table read(std::span<const std::string> columns) const override {
        return rows_.select(columns);
      }
      Table rows_;
    };
    explicit Groups(const Table& table) : table_(table) {}
    std::span<const Piece> list() const override { return list_; }
    int64_t num_rows() const override { return table_.num_rows(); }
    std::unique_ptr<PieceReader> open(size_t piece) const override {
      return std::make_unique<Reader>(table_.slice(list_[piece].first_row, list_[piece].rows));
    }
    Table table_;
    std::vector<Piece> list_;
  };

  template <class T>
  static void widen(ValueRange& range, const Value& value) {
    if (!range.min || value.get<T>() < range.min->get<T>()) range.min = value;
    if (!range.max || range.max->get<T>() < value.get<T>()) range.max = value;
  }
  static ValueRange range_in(const ColumnData& column) {
    ValueRange range = {{}, {}, column.null_count(), column.size()};
    for (int64_t i = 0; i < column.size(); ++i) {
      const Value value = column.at(i);
      if (!value.has_value()) continue;
      if (column.type() == int64_type()) widen<int64_t>(range, value);
      if (column.type() == int32_type()) widen<int32_t>(range, value);
      if (column.type() == timestamp_type()) widen<Time>(range, value);
      if (column.type() == string_type()) widen<std::string>(range, value);
    }
    return range;
  }

  Table table_;
  int64_t rows_;
};

inline Table in_groups(const Table& table, int64_t group_rows) {
  return Table(std::make_shared<GroupSource>(table, group_rows));
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
