#include "join/match.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "exec/thread_pool.h"
#include "join/candidate.h"
#include "join/key_runs.h"

namespace weft {
namespace {

constexpr uint32_t kBlock = KeyRuns::kRowsMax;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// How many of n ascending times are before `us`. Takes as many steps whatever the times are, so
// that loads of many rows overlap: n < 2^steps. One time behind the n must be readable.
inline uint32_t count_before(const int64_t* times, uint32_t n, int64_t us, int steps) {
  uint32_t count = 0;
  for (uint32_t step = uint32_t{1} << steps >> 1; step > 0; step >>= 1) {
    const uint32_t next = count + step;
    const bool before = (next <= n) & (times[std::min(next - 1, n)] < us);
    count = before ? next : count;
  }
  return count;
}

// The columns of a view's rows, as match_columns() names them.
struct ViewColumns {
  size_t keys = 0;
  size_t event = 0;
  size_t known = 0;     // 0: none
  size_t sequence = 0;  // 0: none
  std::vector<Type> types;

  ViewColumns(const ResolvedView& view, std::span<const Type> key_types)
      : keys(key_types.size()), event(key_types.size()), types(key_types.begin(), key_types.end()) {
    types.push_back(timestamp_type());
    if (!view.known_time.empty()) {
      known = types.size();
      types.push_back(timestamp_type());
    }
    if (!view.sequence.empty()) {
      sequence = types.size();
      types.push_back(int64_type());
    }
  }
};

// The rows of a view that are being looked at: up to kBlock of them.
struct Block {
  std::span<const Slice> columns;
  int64_t at = 0;     // of the slices
  int64_t first = 0;  // number of the first row in the view's table
  uint32_t n = 0;
  bool in_runs = false;  // what of it is in `runs` may be taken run by run
  KeyRuns runs;
  uint32_t run_entity[kBlock];  // [runs]
  uint32_t entity[kBlock];
  int64_t visible[kBlock];  // from when on a row exists; filled as of known times only

  explicit Block(std::span<const Type> key_types) : runs(key_types) {}
  const int64_t* times(size_t column) const {
    return reinterpret_cast<const int64_t*>(columns[column].data) + at;
  }
  bool is_valid(size_t column, uint32_t i) const { return columns[column].is_valid(at + i); }
  int64_t or_least(size_t column, uint32_t i) const {
    return is_valid(column, i) ? times(column)[i] : std::numeric_limits<int64_t>::min();
  }

  /// Gives rows whose time is null to nobody.
  void leave_out_nulls(size_t column, uint32_t nobody) {
    if (!columns[column].valid) return;
    for (uint32_t i = 0; i < n; ++i) {
      if (is_valid(column, i)) continue;
      entity[i] = nobody;
      in_runs = false;
    }
  }
};

// How many of the rows [from, to), whose times ascend, have a time of at most `us`: found from the
// front, in steps that double. The first one has.
inline uint32_t seen_until(const int64_t* times, uint32_t from, uint32_t to, int64_t us) {
  uint32_t step = 1;
  uint32_t low = from;  // has been seen
  while (low + step < to && times[low + step] <= us) {
    low += step;
    step *= 2;
  }
  uint32_t high = std::min(to, low + step);  // has not
  while (low + 1 < high) {
    const uint32_t middle = low + (high - low) / 2;
    (times[middle] <= us ? low : high) = middle;
  }
  return low + 1;
}

// Finds, for each feature row, the first place of its entity that sees it, and keeps there the
// newest of the rows it is the first to see. A place sees what those before it see, so the maximum
// over all places up to one, in finish(), is the row that one gets.
//
// Where rows of a key lie together and by time, as in clustered tables, the key is looked up once
// for all of them, and each place of it looks for its row, instead of each row for its place.
//
// As of known times a row is seen from max(event time, known time) on: one time of the spine
// bounds both clocks, so what looks like a search in two dimensions is one in one.
template <class Best>
class Matcher {
 public:
  Matcher(const SpineIndex& index, const ResolvedView& view, std::span<const Type> types,
          const MatchOptions& options, int threads)
      : index_(index),
        columns_(view, types),
        ttl_us_(view.ttl_us),
        options_(options),
        steps_(std::bit_width(index.longest())),
        workers_(static_cast<size_t>(threads)) {}

  const std::vector<Type>& types() const { return columns_.types; }

  void take(std::span<const Slice> slices, int64_t first, int64_t n, int worker) {
    Worker& mine = workers_[static_cast<size_t>(worker)];
    if (mine.best.size() == 0) prepare(mine);
    Block& block = *mine.block;
    block.columns = slices;
    for (int64_t at = 0; at < n; at += kBlock) {
      block.at = at;
      block.first = first + at;
      block.n = static_cast<uint32_t>(std::min<int64_t>(kBlock, n - at));
      take_block(block, mine);
    }
  }

  ViewMatch finish(ThreadPool& pool, int threads);

 private:
  // What one thread has found.
  struct Worker {
    PooledArray<Best> best;                // [places + 1]
    PooledArray<Candidate> best_of_event;  // [places + 1] the same whatever was known; for reasons
    std::vector<int64_t> earliest;         // [entities + 1] event time; for reasons
    std::unique_ptr<Block> block;
  };

  void prepare(Worker& mine) const {
    mine.best = PooledArray<Best>(size_t{index_.places()} + 1);
    std::fill(mine.best.begin(), mine.best.end(), Best{});
    mine.block = std::make_unique<Block>(std::span(columns_.types).first(columns_.keys));
    if (!options_.reasons) return;
    mine.earliest.assign(size_t{index_.entities()} + 1, kNever);
    if (!options_.known) return;
    mine.best_of_event = PooledArray<Candidate>(size_t{index_.places()} + 1);
    std::fill(mine.best_of_event.begin(), mine.best_of_event.end(), Candidate{});
  }

  void take_block(Block& block, Worker& mine) const;
  void find_entities(Block& block) const;
  Best candidate(const Block& block, uint32_t i) const;
  template <class Kept, class Update>
  void place(const Block& block, const int64_t* visible, const Kept* kept, Update update) const;
  template <class Kept, class Update>
  void place_rows(const Block& block, uint32_t from, uint32_t to, const int64_t* visible,
                  const Kept* kept, Update update) const;
  template <class See>
  void place_among_many(const Block& block, std::span<const uint32_t> rows, const int64_t* visible,
                        See see) const;
  template <class Kept, class Update>
  void place_run(const Block& block, uint32_t from, uint32_t to, const int64_t* visible,
                 const Kept* kept, Update update) const;
  uint32_t newest_of_tie(const Block& block, uint32_t from, uint32_t row) const;
  void finish_entities(uint32_t from, uint32_t to, ViewMatch& match) const;
  void finish_place(uint32_t place, uint32_t entity, const Best& best, const Candidate& of_event,
                    ViewMatch& match) const;
  int64_t earliest(uint32_t entity) const;

  const SpineIndex& index_;
  ViewColumns columns_;
  std::optional<uint64_t> ttl_us_;
  MatchOptions options_;
  int steps_;
  std::vector<Worker> workers_;
};

template <class Best>
void Matcher<Best>::find_entities(Block& block) const {
  Slice keys[64];
  std::copy_n(block.columns.begin(), columns_.keys, keys);
  block.in_runs = block.runs.find(keys, block.at, block.n);
  if (block.in_runs) {
    index_.numbers().find(block.runs.keys(), block.runs.size(), block.run_entity);
    for (uint32_t r = 0; r < block.runs.size(); ++r) {
      std::fill(block.entity + block.runs.begin()[r], block.entity + block.runs.begin()[r + 1],
                block.run_entity[r]);
    }
    return;
  }
  for (size_t k = 0; k < columns_.keys; ++k) {
    keys[k].data += block.at * keys[k].stride;
    if (keys[k].valid) keys[k].valid += block.at / 64;
  }
  index_.numbers().find(keys, block.n, block.entity);
}

template <class Best>
void Matcher<Best>::take_block(Block& block, Worker& mine) const {
  find_entities(block);
  block.leave_out_nulls(columns_.event, index_.entities());
  const int64_t* event = block.times(columns_.event);
  if (options_.reasons) {
    for (uint32_t i = 0; i < block.n; ++i) {
      int64_t& earliest = mine.earliest[block.entity[i]];
      earliest = std::min(earliest, event[i]);
    }
  }
  const auto keep = [&](uint32_t place, uint32_t i) {
    Best& best = mine.best[place];
    const Best row = candidate(block, i);
    best = newer(row, best) ? row : best;
  };
  if (!options_.known) return place(block, event, mine.best.data(), keep);
  if (options_.reasons) {
    place(block, event, mine.best_of_event.data(), [&](uint32_t place, uint32_t i) {
      Candidate& best = mine.best_of_event[place];
      const Candidate row = {event[i], block.first + i};
      best = newer(row, best) ? row : best;
    });
  }
  block.leave_out_nulls(columns_.known, index_.entities());
  const int64_t* known = block.times(columns_.known);
  for (uint32_t i = 0; i < block.n; ++i) {
    block.visible[i] = std::max(event[i], known[i]);
  }
  place(block, block.visible, mine.best.data(), keep);
}

template <class Best>
Best Matcher<Best>::candidate(const Block& block, uint32_t i) const {
  Best best;
  best.event_us = block.times(columns_.event)[i];
  best.row = block.first + i;
  if constexpr (std::is_same_v<Best, TiedCandidate>) {
    if (columns_.known) best.known_us = block.or_least(columns_.known, i);
    if (columns_.sequence) best.sequence = block.or_least(columns_.sequence, i);
  }
  return best;
}

// Calls update(place, i) for each row i that is the newest one that some place sees.
template <class Best>
template <class Kept, class Update>
void Matcher<Best>::place(const Block& block, const int64_t* visible, const Kept* kept,
                          Update update) const {
  if (!block.in_runs) return place_rows(block, 0, block.n, visible, kept, update);
  for (uint32_t r = 0; r < block.runs.size(); ++r) {
    if (block.run_entity[r] == index_.entities()) continue;
    place_run(block, block.runs.begin()[r], block.runs.begin()[r + 1], visible, kept, update);
  }
}

// The same for rows [from, to) of one key. What the first of two places sees the second one sees,
// too, so that places behind the first one that sees the last row are left out.
template <class Best>
template <class Kept, class Update>
void Matcher<Best>::place_run(const Block& block, uint32_t from, uint32_t to,
                              const int64_t* visible, const Kept* kept, Update update) const {
  const int64_t* event = block.times(columns_.event);
  bool ascends = true;
  for (uint32_t i = from + 1; i < to; ++i) {
    ascends &= (event[i - 1] <= event[i]) & (visible[i - 1] <= visible[i]);
  }
  const uint32_t first = index_.begin()[block.entity[from]];
  const uint32_t count = index_.begin()[block.entity[from] + 1] - first;
  const int64_t* times = index_.times() + first;
  const int steps = std::bit_width(count);
  uint32_t at = count_before(times, count, visible[from], steps);
  if (at == count && ascends) return;
  const uint32_t end = std::min(count, count_before(times, count, visible[to - 1], steps) + 1);
  if (!ascends || end - at > to - from) return place_rows(block, from, to, visible, kept, update);
  for (uint32_t seen = from; at < end; ++at) {
    const uint32_t row = seen_until(visible, seen, to, times[at]) - 1;
    update(first + at, newest_of_tie(block, from, row));
    seen = row;
  }
}

// Of rows of one key that ascend by time, the newest up to `row`.
template <class Best>
uint32_t Matcher<Best>::newest_of_tie(const Block& block, uint32_t from, uint32_t row) const {
  if constexpr (std::is_same_v<Best, Candidate>) {
    return row;  // of equal times the last row counts
  } else {
    const int64_t* event = block.times(columns_.event);
    uint32_t newest = row;
    Best best = candidate(block, row);
    for (uint32_t i = row; i > from && event[i - 1] == event[row]; --i) {
      const Best other = candidate(block, i - 1);
      if (!newer(other, best)) continue;
      best = other;
      newest = i - 1;
    }
    return newest;
  }
}

// The same for rows [from, to), one by one. In three loops, each of which asks
// for the memory that the next one touches.
template <class Best>
template <class Kept, class Update>
void Matcher<Best>::place_rows(const Block& block, uint32_t from, uint32_t to,
                               const int64_t* visible, const Kept* kept, Update update) const {
  const uint32_t* begin = index_.begin();
  const int64_t* times = index_.times();
  uint32_t first[kBlock];
  uint32_t count[kBlock];
  uint32_t few[kBlock];  // rows whose entity has few places
  uint32_t many[kBlock];
  uint32_t few_rows = 0;
  uint32_t many_rows = 0;
  for (uint32_t i = from; i < to; ++i) {
    first[i] = begin[block.entity[i]];
    count[i] = begin[block.entity[i] + 1] - first[i];
    __builtin_prefetch(times + first[i]);
    __builtin_prefetch(times + first[i] + count[i]);
    few[few_rows] = many[many_rows] = i;
    few_rows += count[i] < SpineIndex::kManyPlaces;
    many_rows += count[i] >= SpineIndex::kManyPlaces;
  }
  uint32_t place[kBlock];
  uint32_t row[kBlock];
  uint32_t seen = 0;
  const auto see = [&](uint32_t i, uint32_t before) {
    place[seen] = first[i] + before;
    row[seen] = i;
    __builtin_prefetch(kept + place[seen], 1);
    seen += before < count[i];
  };
  for (uint32_t k = 0; k < few_rows; ++k) {
    const uint32_t i = few[k];
    see(i, count_before(times + first[i], count[i], visible[i], steps_));
  }
  place_among_many(block, {many, many_rows}, visible, see);
  for (uint32_t i = 0; i < seen; ++i) update(place[i], row[i]);
}

// Calls see(i, n) for rows whose entities have ladders: n of the entity's places are before row i.
template <class Best>
template <class See>
void Matcher<Best>::place_among_many(const Block& block, std::span<const uint32_t> rows,
                                     const int64_t* visible, See see) const {
  const uint32_t* rung[kBlock];
  for (size_t k = 0; k < rows.size(); ++k) {
    const SpineIndex::Ladder& ladder = index_.ladder(block.entity[rows[k]]);
    rung[k] = ladder.rung + ladder.rung_of(visible[rows[k]]);
    __builtin_prefetch(rung[k]);
  }
  for (size_t k = 0; k < rows.size(); ++k) {
    __builtin_prefetch(index_.times() + index_.begin()[block.entity[rows[k]]] + rung[k][0]);
  }
  for (size_t k = 0; k < rows.size(); ++k) {
    const uint32_t entity = block.entity[rows[k]];
    const int64_t* times = index_.times() + index_.begin()[entity] + rung[k][0];
    const uint32_t places = rung[k][1] - rung[k][0];
    const int steps = index_.ladder(entity).steps;
    see(rows[k], rung[k][0] + count_before(times, places, visible[rows[k]], steps));
  }
}

template <class Best>
ViewMatch Matcher<Best>::finish(ThreadPool& pool, int threads) {
  std::erase_if(workers_, [](const Worker& w) { return w.best.size() == 0; });
  ViewMatch match;
  const auto rows = static_cast<size_t>(index_.rows());
  match.row = PooledArray<int64_t>(rows);
  if (options_.event_times || options_.reasons) match.event_us = PooledArray<int64_t>(rows);
  if (options_.reasons) match.reason = PooledArray<MatchReason>(rows);
  for (const auto& [row, reason] : index_.placeless()) {
    const auto r = static_cast<size_t>(row);
    match.row[r] = -1;
    if (!match.event_us.empty()) match.event_us[r] = 0;
    if (options_.reasons) match.reason[r] = reason;
  }
  const std::vector<uint32_t> parts = entity_parts(index_, 8 * threads);
  pool.parallel_for(static_cast<int64_t>(parts.size()) - 1, threads, [&](int64_t i, int) {
    finish_entities(parts[static_cast<size_t>(i)], parts[static_cast<size_t>(i) + 1], match);
  });
  return match;
}

// What the threads found for each place, and the maximum over the places up to it.
template <class Best>
void Matcher<Best>::finish_entities(uint32_t from, uint32_t to, ViewMatch& match) const {
  for (uint32_t entity = from; entity < to; ++entity) {
    Best best;
    Candidate of_event;
    for (uint32_t p = index_.begin()[entity]; p < index_.begin()[entity + 1]; ++p) {
      for (const Worker& w : workers_) {
        best = newer(w.best[p], best) ? w.best[p] : best;
        if (w.best_of_event.empty()) continue;
        of_event = newer(w.best_of_event[p], of_event) ? w.best_of_event[p] : of_event;
      }
      finish_place(p, entity, best, of_event, match);
    }
  }
}

template <class Best>
void Matcher<Best>::finish_place(uint32_t place, uint32_t entity, const Best& best,
                                 const Candidate& of_event, ViewMatch& match) const {
  // Unsigned, because two times can lie further apart than int64 reaches.
  const auto time = static_cast<uint64_t>(index_.times()[place]);
  const auto in_ttl = [&](int64_t row, int64_t event_us) {
    return row >= 0 && (!ttl_us_ || time - static_cast<uint64_t>(event_us) <= *ttl_us_);
  };
  const auto r = static_cast<size_t>(index_.row()[place]);
  const bool found = in_ttl(best.row, best.event_us);
  match.row[r] = found ? best.row : -1;
  if (!match.event_us.empty()) match.event_us[r] = best.event_us;
  if (!options_.reasons) return;
  if (found) {
    match.reason[r] = MatchReason::kMatched;
  } else if (options_.known && in_ttl(of_event.row, of_event.event_us)) {
    match.reason[r] = MatchReason::kKnownLater;
    match.event_us[r] = of_event.event_us;
  } else if (best.row >= 0 || of_event.row >= 0) {
    match.reason[r] = MatchReason::kOlderThanTtl;
    match.event_us[r] = std::max(best.event_us, of_event.event_us);
  } else {
    match.event_us[r] = earliest(entity);
    match.reason[r] = match.event_us[r] == kNever ? MatchReason::kNoRow : MatchReason::kOnlyLater;
  }
}

template <class Best>
int64_t Matcher<Best>::earliest(uint32_t entity) const {
  int64_t earliest = kNever;
  for (const Worker& w : workers_) earliest = std::min(earliest, w.earliest[entity]);
  return earliest;
}

template <class Best>
ViewMatch match_with(const SpineIndex& index, const ResolvedView& view, const ViewTable& table,
                     std::span<const Type> types, const MatchOptions& options, ThreadPool& pool,
                     int threads) {
  Matcher<Best> matcher(index, view, types, options, threads);
  const auto names = view.match_columns();
  const int64_t rows = for_each_range(table, names, matcher.types(), pool, threads,
                                      [&](std::span<const Slice> slices, int64_t first, int64_t n,
                                          int worker) { matcher.take(slices, first, n, worker); });
  ViewMatch match = matcher.finish(pool, threads);
  match.view_rows = rows;
  return match;
}

}  // namespace

ViewMatch match_view(const SpineIndex& index, const ResolvedView& view, const ViewTable& table,
                     std::span<const Type> types, const MatchOptions& options, ThreadPool& pool,
                     int threads) {
  const bool ties = !view.known_time.empty() || !view.sequence.empty();
  return ties ? match_with<TiedCandidate>(index, view, table, types, options, pool, threads)
              : match_with<Candidate>(index, view, table, types, options, pool, threads);
}

}  // namespace weft
