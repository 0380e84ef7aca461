// Rows that are pushed or written: into a source's history, and into the latest values.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "store/combined_tables.h"
#include "store/store_state.h"

namespace weft {
namespace {

// So many rows at most of one push have numbers of their own.
constexpr int kRowsOfCommitBits = 32;

// A source without views keeps it, for those to come.
bool keeps_history(const Standing& standing, const std::string& source) {
  const auto views = standing.views_over(source);
  return views.empty() ||
         std::ranges::any_of(views, [](const FeatureView* view) { return view->offline; });
}

// What a push writes online, computed before anything is written.
struct ComputedView {
  const FeatureView* view;
  ViewRows rows;
};

ColumnData numbers_from(int64_t first, int64_t rows) {
  std::vector<int64_t> numbers(static_cast<size_t>(rows));
  std::iota(numbers.begin(), numbers.end(), first);
  return ColumnData::of(numbers);
}

// With the columns by which rows are told apart and ordered later.
Table with_ingest_columns(const Table& rows, Time now, int64_t first) {
  const auto n = static_cast<size_t>(rows.num_rows());
  return rows.with_column(kIngestTime, ColumnData::of(std::vector<Time>(n, now)))
      .with_column(kSequence, numbers_from(first, rows.num_rows()));
}

// The number of the next row that is written to a source: it grows from commit to commit, whatever
// was removed between them.
int64_t next_number(const std::string& folder, std::optional<DeltaTable>& table) {
  if (!table && !DeltaTable::exists(folder)) return 0;
  if (!table) table.emplace(DeltaTable::open(folder, written_rows_options()));
  table->refresh();
  return (table->version() + 1) << kRowsOfCommitBits;
}

int64_t next_number(FeatureStore::State& state, const Source& source) {
  int64_t next = 0;
  state.with_written_rows(source.name, [&](std::optional<DeltaTable>& table) {
    next = next_number(written_rows_folder(state.options, source.name), table);
  });
  return next;
}

// Returns the number of the first row.
int64_t append_rows(FeatureStore::State& state, const Standing& standing, const Source& source,
                    const Table& rows, Time now) {
  int64_t first = 0;
  state.with_written_rows(source.name, [&](std::optional<DeltaTable>& table) {
    const std::string folder = written_rows_folder(state.options, source.name);
    first = next_number(folder, table);
    if (!table) {
      DeltaCreate create;
      create.schema = with_ingest_columns(rows.slice(0, 0), now, 0).schema();
      const auto views = standing.views_over(source.name);
      if (!views.empty()) {
        for (const auto& key : views.front()->keys()) {
          if (rows.has(key.name)) create.cluster_by.push_back(key.name);
        }
      }
      if (!source.time.empty()) create.cluster_by.push_back(source.time);
      create.description = "rows written to source " + source.name;
      table.emplace(DeltaTable::create(folder, create, written_rows_options()));
    }
    DeltaAppend append;
    append.grow_schema = true;
    append.fill_missing = true;
    table->append(with_ingest_columns(rows, now, first), append);
  });
  return first;
}

// Does the work between the two ends of a record.
template <class Work>
WriteReport recorded(FeatureStore::State& state, StoreRun run, Work work) {
  WriteReport report;
  try {
    report = work();
  } catch (const Error& e) {
    run.error = e.what();
    state.end(run);
    throw;
  }
  run.rows = report.rows;
  run.written = report.offline + report.online;
  run.older = report.older;
  state.end(run);
  return report;
}

void write_computed(FeatureStore::State& state, const Standing& standing, const ComputedView& view,
                    WriteReport& report) {
  const OnlineWriteReport written =
      state.online()->write(state.online_view(standing, *view.view), view.rows.table,
                            {view.rows.event_time, view.rows.known_time, view.rows.sequence});
  report.online += written.written;
  report.older += written.older;
}

}  // namespace

WriteReport FeatureStore::push(const std::string& source_name, const Table& rows, PushTo to) {
  const auto standing = state_->standing();
  const Source& source = standing->source(source_name);
  if (source.kind == Source::Kind::kRequest) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("source {} is of kind request: its values come with each request",
                            source_name));
  }
  return recorded(*state_, state_->begun(*standing, "push", source_name), [&] {
    WriteReport report;
    report.rows = rows.num_rows();
    const ViewReader reader = state_->reader(*standing);
    const Table declared = reader.as_declared(source, rows).load();
    // What decides between equal event times is the same online as in history.
    const Time now = state_->now();
    const Table taken = with_ingest_columns(declared, now, 0);
    std::vector<ComputedView> computed;
    if (to != PushTo::kOffline) {
      for (const FeatureView* view : standing->views_over(source_name)) {
        if (!view->online) continue;
        computed.push_back({view, reader.of_rows(*view, view->features, taken, &report.checks)});
      }
    }
    int64_t first = 0;
    if (to == PushTo::kOnline || !keeps_history(*standing, source_name)) {
      first = next_number(*state_, source);
    } else {
      first = append_rows(*state_, *standing, source, declared, now);
      report.offline = rows.num_rows();
    }
    const ColumnData numbers = numbers_from(first, rows.num_rows());
    for (ComputedView& view : computed) {
      view.rows.table = view.rows.table.with_column(kSequence, numbers);
      write_computed(*state_, *standing, view, report);
    }
    return report;
  });
}

WriteReport FeatureStore::write_offline(const std::string& source_name, const Table& rows) {
  const auto standing = state_->standing();
  const Source& source = standing->source(source_name);
  return recorded(*state_, state_->begun(*standing, "write", source_name), [&] {
    const Table declared = state_->reader(*standing).as_declared(source, rows);
    append_rows(*state_, *standing, source, declared.load(), state_->now());
    WriteReport report;
    report.rows = report.offline = rows.num_rows();
    return report;
  });
}

WriteReport FeatureStore::write_online(const std::string& view_name, const Table& rows) {
  const auto standing = state_->standing();
  const FeatureView& view = standing->view(view_name);
  return recorded(*state_, state_->begun(*standing, "write", view_name), [&] {
    WriteReport report;
    report.rows = rows.num_rows();
    ViewRows computed = {rows, view.source.time, view.source.known, {}};
    if (view.source.known.empty() || !rows.has(view.source.known)) {
      computed.table = with_ingest_columns(rows, state_->now(), 0);
      computed.known_time = kIngestTime;
    }
    for (const auto& [name, type] : view.keys()) {
      if (rows.has(name)) continue;
      throw Error(ErrorCode::kNotFound,
                  fmt::format("view {}: the rows have no column {}, its key{}", view_name,
                              quote(name), did_you_mean(name, rows.names())));
    }
    write_computed(*state_, *standing, {&view, std::move(computed)}, report);
    return report;
  });
}

}  // namespace weft
