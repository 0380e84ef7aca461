// All rows of a view in a range of time, streamed.
#include <fmt/format.h>

#include <algorithm>

#include "data/text_form.h"
#include "io/filter.h"
#include "join/join_spec.h"

namespace weft {
namespace {

struct Renamed {
  std::string from;
  std::string to;
};

// Blocks of a view's table: rows in the range, columns under their new names.
class HistoryReader final : public BatchReader {
 public:
  HistoryReader(std::unique_ptr<BatchReader> blocks, std::vector<Renamed> columns, Filter filter)
      : blocks_(std::move(blocks)), columns_(std::move(columns)), filter_(std::move(filter)) {}

  std::optional<Table> next() override {
    while (const auto block = blocks_->next()) {
      const Table rows = filter_rows(*block, filter_);
      if (rows.num_rows() == 0) continue;
      std::vector<std::pair<std::string, ColumnData>> columns;
      for (const auto& [from, to] : columns_) columns.emplace_back(to, rows.column(from));
      return Table(std::move(columns));
    }
    return {};
  }

 private:
  std::unique_ptr<BatchReader> blocks_;
  std::vector<Renamed> columns_;
  Filter filter_;
};

class HistorySource final : public TableSource {
 public:
  HistorySource(PointInTimeView view, Filter filter, bool full_names)
      : view_(std::move(view)), filter_(std::move(filter)) {
    for (const ViewKey& key : view_.keys) add(key.name, key.spine_name, "its key");
    add(view_.event_time, "event_time", "its event time");
    for (const ViewFeature& feature : features_of(view_)) {
      add(feature.name, full_names ? view_.name + "__" + feature.as : feature.as, "its feature");
    }
  }

  const Schema& schema() const override { return schema_; }
  std::string describe() const override { return "history of " + view_.name; }

  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    std::vector<Renamed> wanted;
    std::vector<std::string> needed;
    const auto need = [&](const std::string& name) {
      if (std::ranges::find(needed, name) == needed.end()) needed.push_back(name);
    };
    for (const std::string& name : columns) {
      wanted.push_back(*std::ranges::find(columns_, name, &Renamed::to));
      need(wanted.back().from);
    }
    for (const Condition& condition : filter_) need(condition.column);
    return std::make_unique<HistoryReader>(view_.table.read(needed), std::move(wanted), filter_);
  }

 private:
  void add(const std::string& from, const std::string& to, const char* what) {
    const Type type = view_column_type(view_, from, what);
    if (std::ranges::find(columns_, to, &Renamed::to) != columns_.end()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the history of view {} has two columns named {}: name the feature "
                              "otherwise, or ask for full names",
                              quote(view_.name), quote(to)));
    }
    columns_.push_back({from, to});
    schema_.push_back({to, type});
  }

  PointInTimeView view_;
  Filter filter_;
  Schema schema_;
  std::vector<Renamed> columns_;
};

}  // namespace

Table feature_history(const PointInTimeView& view, Time start, Time end,
                      const PointInTimeOptions& options) {
  check_view(view, options);
  if (start > end) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a history from {} to {}: the end comes before the start",
                            format_time(start), format_time(end)));
  }
  Filter filter = {{view.event_time, Compare::kGreaterEqual, Value::of(start)},
                   {view.event_time, Compare::kLessEqual, Value::of(end)}};
  if (options.as_of == AsOf::kKnown) {
    filter.push_back({view.known_time, Compare::kLessEqual, Value::of(end)});
  }
  const Table rows(std::make_shared<HistorySource>(view, std::move(filter), options.full_names));
  return view.table.source() ? rows : rows.load();
}

}  // namespace weft
