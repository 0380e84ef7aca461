// From history to the latest values.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

#include "data/text_form.h"
#include "exec/content_hash.h"
#include "io/filter.h"
#include "online/row_batch.h"
#include "store/store_state.h"
#include "weft/series.h"

namespace weft {
namespace {

// Rows that are gathered before they are written: of a key that comes often only the newest counts.
constexpr int64_t kRowsGathered = int64_t{1} << 18;
// Gathering goes on while no more than these are left of them.
constexpr int64_t kRowsKept = kRowsGathered / 2;

std::string fingerprint_of(const Standing& standing, const std::string& view) {
  std::string text;
  for (const auto& [name, feature] : standing.features.at(view)) {
    text += name + "=" + feature.fingerprint + ";";
  }
  return bytes_hash(text).substr(0, 16);
}

class Materialization {
 public:
  Materialization(FeatureStore::State& state, const Standing& standing, const FeatureView& view,
                  const MaterializeOptions& options)
      : state_(state), standing_(standing), view_(view), options_(options) {
    run_ = state.record(standing, "materialize", view.name);
    run_.start = options.start;
    run_.end = options.end.value_or(run_.started);
    run_.fingerprint = fingerprint_of(standing, view.name);
    const std::string inputs = state.reader(standing).version_of(view);
    if (!inputs.empty()) run_.inputs = bytes_hash(inputs).substr(0, 16);
  }

  // Where what was brought online ends, if nothing that it was read from has changed since. Else
  // rows that came late may be anywhere: all are read, and newer values stay what they are.
  void go_on_from_last() {
    const auto runs = state_.runs().materialized(view_.name, run_.fingerprint);
    if (runs.empty() || run_.inputs.empty() || runs.front().inputs != run_.inputs) return;
    std::optional<Time> covered;  // all up to here was read from these inputs
    bool from_others = false;
    for (const StoreRun& run : runs | std::views::reverse) {
      from_others |= run.inputs != run_.inputs;
      if (run.inputs != run_.inputs) continue;
      if (!run.start || (covered && *run.start <= *covered)) {
        covered = std::max(covered, run.end);
      }
    }
    // Ranges alone were read of these inputs. What came late since the runs before may lie outside
    // of them; if there were none before, somebody wanted no more than ranges.
    if (!covered && !from_others) covered = runs.front().end;
    // A run may have been asked to look into the future: then there is nothing left to do.
    if (covered) run_.start = std::min(*covered, *run_.end);
  }

  StoreRun run() {
    if (run_.start && *run_.start > *run_.end) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("materialize {} from {} to {}: the end comes before the start",
                              view_.name, format_time(*run_.start), format_time(*run_.end)));
    }
    before_ = state_.runs().interrupted(run_);
    run_.id = state_.runs().begin(run_);
    try {
      write_all();
    } catch (const Error& e) {
      run_.error = e.what();
      state_.end(run_);
      throw;
    }
    state_.end(run_);
    return run_;
  }

 private:
  void write_all() {
    const ViewRows rows = state_.reader(standing_).history(view_, view_.features);
    const OnlineViewId id = state_.online_view(standing_, view_);
    const OnlineRowColumns columns = {rows.event_time, rows.known_time, rows.sequence};
    filter_ = {{rows.event_time, Compare::kLessEqual, Value::of(*run_.end)}};
    if (run_.start) {
      filter_.push_back({rows.event_time, Compare::kGreaterEqual, Value::of(*run_.start)});
    }
    std::vector<std::string> names;
    for (const auto& key : view_.keys()) names.push_back(key.name);
    for (const std::string& name : {rows.event_time, rows.known_time, rows.sequence}) {
      if (!name.empty()) names.push_back(name);
    }
    names.insert(names.end(), view_.features.begin(), view_.features.end());
    const auto blocks = rows.table.read(names);
    while (const auto block = blocks->next()) {
      take(*block);
      if (gathered_ < kRowsGathered) continue;
      keep_newest(columns);
      if (gathered_ > kRowsKept) write(id, columns);
      if (options_.progress) options_.progress(view_.name, read_);
    }
    keep_newest(columns);
    write(id, columns);
    check_freshness();
    if (options_.progress) options_.progress(view_.name, read_);
  }

  void take(const Table& block) {
    read_ += block.num_rows();
    see_newest(block.column(filter_[0].column));
    Filter filter = filter_;
    if (before_ && read_ <= before_->rows) {
      // The run that was interrupted wrote these, up to its end.
      filter.push_back({filter[0].column, Compare::kGreater, Value::of(*before_->end)});
    }
    Table wanted = filter_rows(block, filter);
    gathered_ += wanted.num_rows();
    if (wanted.num_rows() > 0) parts_.push_back(std::move(wanted));
  }

  // Also puts them in the order of keys, in which the store takes them fastest.
  void keep_newest(const OnlineRowColumns& columns) {
    if (parts_.empty()) return;
    const OnlineView view = {view_.name, view_.keys(), {}};
    const Table rows = Table::concat(parts_);
    columns_to_write(view, rows.schema(), columns);
    const RowBatch newest(view, rows, columns);
    std::vector<int64_t> kept(newest.size());
    for (size_t i = 0; i < kept.size(); ++i) kept[i] = newest.row(i);
    run_.older += newest.report().older;
    gathered_ = static_cast<int64_t>(kept.size());
    parts_.assign(1, rows.take(kept));
  }

  void write(OnlineViewId id, const OnlineRowColumns& columns) {
    if (!parts_.empty()) {
      const OnlineWriteReport report = state_.online()->write(id, Table::concat(parts_), columns);
      run_.written += report.written;
      run_.older += report.older;
      parts_.clear();
      gathered_ = 0;
    }
    run_.rows = read_;
    state_.runs().progress(run_);
  }

  void see_newest(const ColumnData& times) {
    if (!view_.source.freshness) return;
    for (const std::optional<Time> time : Series<Time>(times)) {
      if (time && (!newest_ || *time > *newest_)) newest_ = time;
    }
  }

  void check_freshness() {
    const Source& source = view_.source;
    if (!source.freshness || (newest_ && *newest_ >= run_.started - *source.freshness)) return;
    const std::string age =
        newest_ ? fmt::format("its newest row is of {}, {} ago", format_time(*newest_),
                              format_duration(run_.started - *newest_))
                : std::string("it has no rows");
    run_.warning = fmt::format("{} is stale: {}; it declares at most {}; behind it is view {}: {}",
                               name_with_owner(source), age, format_duration(*source.freshness),
                               view_.name, fmt::join(view_.features, ", "));
  }

  FeatureStore::State& state_;
  const Standing& standing_;
  const FeatureView& view_;
  const MaterializeOptions& options_;
  StoreRun run_;
  std::optional<StoreRun> before_;  // which was interrupted
  std::optional<Time> newest_;      // event time of all rows seen
  Filter filter_;
  std::vector<Table> parts_;
  int64_t gathered_ = 0;
  int64_t read_ = 0;  // rows of the view, those in parts_ included
};

std::vector<const FeatureView*> wanted_views(const Standing& standing,
                                             const MaterializeOptions& options) {
  std::vector<const FeatureView*> views;
  for (const std::string& name : options.views) {
    const FeatureView& view = standing.view(name);
    if (!view.online) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("view {} is not kept online (online: false)", name));
    }
    views.push_back(&view);
  }
  if (!options.views.empty()) return views;
  for (const FeatureView& view : standing.definitions.views) {
    if (view.online && view.source.kind != Source::Kind::kRequest) views.push_back(&view);
  }
  return views;
}

}  // namespace

std::vector<StoreRun> FeatureStore::materialize(const MaterializeOptions& options) {
  const auto standing = state_->standing();
  std::vector<StoreRun> runs;
  for (const FeatureView* view : wanted_views(*standing, options)) {
    runs.push_back(Materialization(*state_, *standing, *view, options).run());
  }
  return runs;
}

std::vector<StoreRun> FeatureStore::materialize_incremental(const MaterializeOptions& options) {
  if (options.start) {
    throw Error(ErrorCode::kInvalidArgument,
                "materialize_incremental() starts where the last run ended: it takes no start");
  }
  const auto standing = state_->standing();
  std::vector<StoreRun> runs;
  for (const FeatureView* view : wanted_views(*standing, options)) {
    Materialization materialization(*state_, *standing, *view, options);
    materialization.go_on_from_last();
    runs.push_back(materialization.run());
  }
  return runs;
}

}  // namespace weft
