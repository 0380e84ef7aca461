#include "join/partitioned_join.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/page_pool.h"
#include "exec/thread_pool.h"
#include "join/feature_rows.h"
#include "join/held_join.h"
#include "join/spill_parts.h"

namespace weft {
namespace {

constexpr char kRow[] = "#row";
constexpr char kTime[] = "#time";
constexpr int64_t kPartsMax = 128;
constexpr int64_t kRangeRowsMin = 1024;
constexpr int64_t kBlockRows = 65536;
constexpr int64_t kSampleRows = 16384;

std::string key_name(size_t k) { return "#key" + std::to_string(k); }

int64_t width_of(Type type) {
  return type->is_number() || type->is_time() ? static_cast<int64_t>(type->size) : 24;
}

int64_t known_rows(const Table& table) {
  if (!table.source()) return table.num_rows();
  if (const auto rows = table.source()->num_rows()) return *rows;
  // About as many as fit into what its columns take.
  int64_t width = 1;
  for (const auto& column : table.schema()) width += width_of(column.type);
  return table.source()->byte_size(table.names()).value_or(0) / width;
}

// Of one row of the spine: its index, what threads find for it, and what a view gives.
int64_t row_bytes(const ResolvedView& view, int threads) {
  const bool ties = !view.known_time.empty() || !view.sequence.empty();
  int64_t bytes = 48 + (ties ? 32 : 16) * threads;
  for (const ResolvedFeature& feature : view.features) bytes += width_of(feature.type) + 1;
  if (!view.event_time_name.empty()) bytes += 16;
  if (!view.reason_name.empty()) bytes += 48;
  return bytes;
}

int64_t view_bytes(const ResolvedView& view) {
  int64_t width = 8;
  for (const auto& column : view.match_columns()) width += column.empty() ? 0 : 8;
  for (const ResolvedFeature& feature : view.features) width += width_of(feature.type);
  return known_rows(view.table) * width;
}

struct TimeRange {
  int64_t first = std::numeric_limits<int64_t>::max();
  int64_t last = std::numeric_limits<int64_t>::min();
};

// The rows that a view adds, in files: {#row, features...}, each by ascending row number, every row
// of the spine in one of them.
using ViewParts = std::vector<SpilledRows>;

class PartsMaker {
 public:
  PartsMaker(const Spine& spine, const JoinSpec& spec, int64_t memory_limit, int threads)
      : spine_(spine), spec_(spec), limit_(memory_limit), pool_(threads), threads_(threads) {}

  std::vector<ViewParts> make() {
    std::vector<ViewParts> out(spec_.views.size());
    for (size_t set = 0; set < spec_.key_sets.size(); ++set) {
      std::vector<size_t> left;
      for (size_t v = 0; v < spec_.views.size(); ++v) {
        if (spec_.views[v].key_set == set) left.push_back(v);
      }
      join_where_they_lie(set, left, out);
      if (!left.empty()) join_dealt_out(set, left, out);
    }
    return out;
  }

 private:
  // Views whose tables are clustered by the key, so that each part of the spine has a use for other
  // pieces of them, are read in place: as much of them as of the parts' rows is in memory. Takes
  // those out of `views`.
  void join_where_they_lie(size_t set, std::vector<size_t>& views, std::vector<ViewParts>& out) {
    const KeySet& key_set = spec_.key_sets[set];
    const auto in_pieces = [&](size_t v) {
      const Table& table = spec_.views[v].table;
      return table.source() && pieces_of(table, [](const RangeOf&) { return false; });
    };
    if (!KeyParts::takes_ranges(key_set.types) || std::ranges::none_of(views, in_pieces)) return;
    const KeyParts parts(key_set.types, parts_for(spine_bytes(views)), sample_of_keys(key_set));
    if (!parts.are_ranges()) return;
    const std::vector<SpilledRows> spine = split_spine(key_set, parts);
    std::erase_if(views, [&](size_t v) {
      const ResolvedView& view = spec_.views[v];
      if (!lies_in_ranges(view, spine)) return false;
      for (const SpilledRows& part : spine) join_part(view, view.table, part, out[v]);
      return true;
    });
  }

  void join_dealt_out(size_t set, const std::vector<size_t>& views, std::vector<ViewParts>& out) {
    const KeySet& key_set = spec_.key_sets[set];
    int64_t bytes = spine_bytes(views);
    for (const size_t v : views) bytes = std::max(bytes, view_bytes(spec_.views[v]));
    const KeyParts parts(key_set.types, parts_for(bytes), sample_of_keys(key_set));
    const std::vector<SpilledRows> spine = split_spine(key_set, parts);
    for (const size_t v : views) {
      std::vector<SpilledRows> rows = split_view(spec_.views[v], key_set, parts);
      for (size_t p = 0; p < spine.size(); ++p) {
        // Its file goes with it.
        join_part(spec_.views[v], std::exchange(rows[p], {}).rows, spine[p], out[v]);
      }
    }
  }

  int64_t spine_bytes(const std::vector<size_t>& views) const {
    int64_t bytes = 0;
    for (const size_t v : views) {
      bytes = std::max(bytes, known_rows(spine_.rows) * row_bytes(spec_.views[v], threads_));
    }
    return bytes;
  }

  // So that what is divided takes a quarter of the limit a part.
  uint32_t parts_for(int64_t bytes) const {
    return static_cast<uint32_t>(std::clamp<int64_t>(4 * bytes / limit_ + 1, 2, kPartsMax));
  }

  // Some of the spine's first keys, from all over it.
  ColumnData sample_of_keys(const KeySet& set) const {
    if (!KeyParts::takes_ranges(set.types)) return {};
    const int64_t step = std::max<int64_t>(1, known_rows(spine_.rows) / kSampleRows);
    std::vector<Table> taken = {Table({{"key", ColumnData::of_values(set.types[0], {})}})};
    const auto reader = spine_.rows.read(std::span(set.columns).first(1), kBlockRows);
    int64_t next = 0;  // in the block
    while (const auto block = reader->next()) {
      std::vector<int64_t> rows;
      for (; next < block->num_rows(); next += step) rows.push_back(next);
      next -= block->num_rows();
      taken.push_back(Table({{"key", block->column(set.columns[0]).as(set.types[0]).take(rows)}}));
    }
    return Table::concat(taken).column("key");
  }

  Schema spine_schema(const KeySet& set) const {
    Schema schema = {{kRow, int64_type()}};
    for (size_t k = 0; k < set.types.size(); ++k) schema.push_back({key_name(k), set.types[k]});
    if (!spine_.time.empty()) schema.push_back({kTime, timestamp_type()});
    return schema;
  }

  std::vector<SpilledRows> split_spine(const KeySet& set, const KeyParts& parts) {
    std::vector<std::string> columns;
    for (const auto& name : set.columns) {
      if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
    }
    if (!spine_.time.empty() && std::ranges::find(columns, spine_.time) == columns.end()) {
      columns.push_back(spine_.time);
    }
    // A spine of one time, joined without keys: its rows have to be counted all the same.
    if (columns.empty()) columns.push_back(spine_.rows.schema().at(0).name);
    SpilledParts out(spine_schema(set), parts.size());
    const auto reader = spine_.rows.read(columns, kBlockRows);
    int64_t first = 0;
    while (const auto block = reader->next()) {
      add_spine_block(*block, set, parts, first, out);
      first += block->num_rows();
    }
    if (spine_.at) times_.first = times_.last = spine_.at->time_since_epoch().count();
    return out.finish();
  }

  void add_spine_block(const Table& block, const KeySet& set, const KeyParts& parts, int64_t first,
                       SpilledParts& out) {
    std::vector<int64_t> row(static_cast<size_t>(block.num_rows()));
    for (size_t i = 0; i < row.size(); ++i) row[i] = first + static_cast<int64_t>(i);
    NamedColumns columns = {{kRow, ColumnData::of(row)}};
    std::vector<ColumnData> keys;
    for (size_t k = 0; k < set.columns.size(); ++k) {
      keys.push_back(block.column(set.columns[k]).as(set.types[k]));
      columns.emplace_back(key_name(k), keys.back());
    }
    if (!spine_.time.empty()) {
      columns.emplace_back(kTime, block.column(spine_.time));
      add_times(columns.back().second);
    }
    out.append(Table(std::move(columns)), parts_of(keys, set.types, parts, block.num_rows()));
  }

  void add_times(const ColumnData& column) {
    const Type type = timestamp_type();
    read_in_ranges({&column, 1}, {&type, 1}, [&](std::span<const Slice> time, int64_t, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        if (!time[0].is_valid(i)) continue;
        times_.first = std::min(times_.first, time[0].at<int64_t>(i));
        times_.last = std::max(times_.last, time[0].at<int64_t>(i));
      }
    });
  }

  static std::vector<uint32_t> parts_of(std::span<const ColumnData> keys,
                                        std::span<const Type> types, const KeyParts& parts,
                                        int64_t rows) {
    std::vector<uint32_t> part(static_cast<size_t>(rows));
    read_in_ranges(keys, types, [&](std::span<const Slice> slices, int64_t from, int64_t n) {
      parts.find(slices.data(), n, part.data() + from);
    });
    return part;
  }

  static KeySet keys_in_parts(const KeySet& set) {
    KeySet out = set;
    for (size_t k = 0; k < set.columns.size(); ++k) out.columns[k] = key_name(k);
    return out;
  }

  // Does each part of the spine have a use for other pieces of the view's table?
  bool lies_in_ranges(const ResolvedView& view, const std::vector<SpilledRows>& spine) const {
    if (!view.table.source()) return false;
    const KeySet set = keys_in_parts(spec_.key_sets[view.key_set]);
    int64_t rows = 0;
    int64_t read = 0;
    for (const SpilledRows& part : spine) {
      const SpineKeys keys(set, key_columns_of(part.rows, set));
      part.let_go();
      const auto pieces = pieces_of(view.table, [&](const RangeOf& range_of) {
        return keys.may_be(0, range_of(view.keys[0]));
      });
      if (!pieces) return false;
      rows = pieces->num_rows();
      for (const Piece& piece : pieces->list()) read += piece.rows;
    }
    return read <= 2 * rows;
  }

  std::vector<SpilledRows> split_view(const ResolvedView& view, const KeySet& set,
                                      const KeyParts& parts) const {
    std::vector<std::string> columns = view.match_columns();
    for (const ResolvedFeature& feature : view.features) columns.push_back(feature.column);
    std::vector<std::string> once;
    Schema schema;
    for (const auto& name : columns) {
      if (std::ranges::find(once, name) != once.end()) continue;
      once.push_back(name);
      schema.push_back(*std::ranges::find(view.table.schema(), name, &ColumnSchema::name));
    }
    SpilledParts out(schema, parts.size());
    const auto reader = view.table.read(once, kBlockRows);
    while (const auto block = reader->next()) {
      std::vector<ColumnData> keys;
      for (size_t k = 0; k < view.keys.size(); ++k) {
        keys.push_back(block->column(view.keys[k]).as(set.types[k]));
      }
      auto part = parts_of(keys, set.types, parts, block->num_rows());
      leave_out(view, block->column(view.event_time), part);
      out.append(*block, part);
    }
    return out.finish();
  }

  // Rows that no row of the spine can match. Reasons tell of them all the same.
  void leave_out(const ResolvedView& view, const ColumnData& event,
                 std::vector<uint32_t>& part) const {
    if (!view.reason_name.empty()) return;
    const Type type = timestamp_type();
    const auto too_old = [&](int64_t us) {
      return view.ttl_us &&
             us<times_.first&& static_cast<uint64_t>(times_.first) - static_cast<uint64_t>(us)> *
                 view.ttl_us;
    };
    read_in_ranges({&event, 1}, {&type, 1},
                   [&](std::span<const Slice> time, int64_t from, int64_t n) {
                     for (int64_t i = 0; i < n; ++i) {
                       const auto us = time[0].at<int64_t>(i);
                       if (time[0].is_valid(i) && us <= times_.last && !too_old(us)) continue;
                       part[static_cast<size_t>(from + i)] = std::numeric_limits<uint32_t>::max();
                     }
                   });
  }

  // A range of the part's spine rows at a time, if the part is larger than was hoped for.
  // `rows`: of the view, in files or where they lie.
  void join_part(const ResolvedView& view, const Table& rows, const SpilledRows& spine,
                 ViewParts& out) {
    const KeySet set = keys_in_parts(spec_.key_sets[view.key_set]);
    const int64_t range = std::max(kRangeRowsMin, limit_ / 2 / row_bytes(view, threads_));
    for (int64_t from = 0; from < spine.rows.num_rows(); from += range) {
      const Spine some = {spine.rows.slice(from, range), spine_.time.empty() ? "" : kTime,
                          spine_.at};
      const HeldSpine held(some, pool_, threads_);
      NamedColumns columns = {{kRow, some.rows.column(kRow)}};
      const SpineIndex index = held.index(set);
      ViewTable table = {rows};
      if (rows.source()) table.pieces = pieces_of(rows, wanted_pieces(index, held.keys(set), view));
      add_view(index, view, table, set.types, spec_.known, pool_, threads_, columns);
      const Table joined(std::move(columns));
      SpillFile file(joined.schema());
      for (int64_t at = 0; at < joined.num_rows(); at += kBlockRows) {
        file.append(joined.slice(at, kBlockRows));
      }
      out.push_back(file.finish());
    }
    spine.let_go();
    PagePool::instance().trim();
  }

  const Spine& spine_;
  const JoinSpec& spec_;
  int64_t limit_;
  ThreadPool pool_;
  int threads_;
  TimeRange times_;
};

// Puts the parts of one view into the order of the spine, as it goes along.
class PartsCursor {
 public:
  PartsCursor(const ViewParts& parts, std::vector<std::string> columns)
      : columns_(std::move(columns)) {
    std::vector<std::string> wanted = columns_;
    wanted.insert(wanted.begin(), kRow);
    for (const SpilledRows& part : parts) {
      if (part.rows.num_rows() == 0) continue;
      parts_.push_back({{part.rows.select(wanted), part.mapped},
                        std::make_unique<SlotReader>(part.rows.column(kRow), int64_type())});
    }
  }

  /// The rows up to, without, `end`; `from` is where the last ones ended.
  NamedColumns take(int64_t from, int64_t end) {
    std::vector<Table> pieces;
    std::vector<int64_t> order(static_cast<size_t>(end - from), -1);
    int64_t taken = 0;
    for (Part& part : parts_) {
      const int64_t most = std::min(part.spilled.rows.num_rows() - part.at, end - from);
      if (most == 0) continue;
      const Slice rows = part.numbers->read(part.at, most);
      int64_t n = 0;
      for (; n < most && rows.at<int64_t>(n) < end; ++n) {
        order[static_cast<size_t>(rows.at<int64_t>(n) - from)] = taken + n;
      }
      if (n == 0) continue;
      pieces.push_back(part.spilled.rows.slice(part.at, n));
      part.at += n;
      taken += n;
    }
    WEFT_CHECK(taken == end - from);
    const Table all = Table::concat(pieces).select(columns_).take(order);
    NamedColumns out;
    for (const auto& name : columns_) out.emplace_back(name, all.column(name));
    for (const Part& part : parts_) part.spilled.let_go();
    return out;
  }

 private:
  struct Part {
    SpilledRows spilled;
    std::unique_ptr<SlotReader> numbers;
    int64_t at = 0;
  };
  std::vector<std::string> columns_;
  std::vector<Part> parts_;
};

class PartsReader final : public BatchReader {
 public:
  PartsReader(const Spine& spine, const JoinSpec& spec, const std::vector<ViewParts>& parts,
              std::span<const std::string> columns)
      : columns_(columns.begin(), columns.end()) {
    std::vector<std::string> of_spine;
    for (const auto& name : columns_) {
      if (spine.rows.has(name)) of_spine.push_back(name);
    }
    for (size_t v = 0; v < spec.views.size(); ++v) {
      std::vector<std::string> of_view;
      for (const auto& name : columns_) {
        if (!parts[v].empty() && parts[v][0].rows.has(name)) of_view.push_back(name);
      }
      if (!of_view.empty()) cursors_.emplace_back(parts[v], std::move(of_view));
    }
    // Blocks follow the spine, even where nothing of it is asked for.
    if (of_spine.empty()) of_spine.push_back(spine.rows.schema().at(0).name);
    spine_ = spine.rows.read(of_spine, kBlockRows);
  }

  std::optional<Table> next() override {
    const auto block = spine_->next();
    if (!block) return {};
    NamedColumns all;
    for (const auto& name : block->names()) all.emplace_back(name, block->column(name));
    const int64_t end = row_ + block->num_rows();
    for (PartsCursor& cursor : cursors_) {
      for (auto& column : cursor.take(row_, end)) all.push_back(std::move(column));
    }
    row_ = end;
    return Table(std::move(all)).select(columns_);
  }

 private:
  std::vector<std::string> columns_;
  std::unique_ptr<BatchReader> spine_;
  std::vector<PartsCursor> cursors_;
  int64_t row_ = 0;
};

class PartsSource final : public TableSource {
 public:
  PartsSource(Spine spine, JoinSpec spec, std::vector<ViewParts> parts)
      : spine_(std::move(spine)), spec_(std::move(spec)), parts_(std::move(parts)) {}

  const Schema& schema() const override { return spec_.schema; }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return std::make_unique<PartsReader>(spine_, spec_, parts_, columns);
  }
  std::string describe() const override { return "a point-in-time join"; }
  std::optional<int64_t> num_rows() const override { return known(); }

 private:
  std::optional<int64_t> known() const {
    return spine_.rows.source() ? spine_.rows.source()->num_rows() : spine_.rows.num_rows();
  }

  Spine spine_;
  JoinSpec spec_;
  std::vector<ViewParts> parts_;
};

}  // namespace

int64_t held_bytes(const Spine& spine, const JoinSpec& spec, int threads) {
  const int64_t rows = known_rows(spine.rows);
  int64_t bytes = 0;
  if (spine.rows.source()) {
    for (const auto& column : spine.rows.schema()) bytes += rows * width_of(column.type);
  }
  int64_t most = 0;
  for (const ResolvedView& view : spec.views) {
    const int64_t of_view = row_bytes(view, threads);
    most = std::max(most, of_view);
    for (const ResolvedFeature& feature : view.features) bytes += rows * width_of(feature.type);
  }
  return bytes + rows * most;
}

Table join_in_parts(const Spine& spine, const JoinSpec& spec, int64_t memory_limit, int threads) {
  auto parts = PartsMaker(spine, spec, memory_limit, threads).make();
  JoinSpec described = spec;  // without the views' tables: the parts hold what is needed of them
  for (ResolvedView& view : described.views) view.table = Table();
  return Table(std::make_shared<PartsSource>(spine, std::move(described), std::move(parts)));
}

}  // namespace weft
