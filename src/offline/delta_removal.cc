#include "offline/delta_removal.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "offline/delta_rows.h"
#include "weft/table_ops.h"

namespace weft::delta {
namespace {

// Above so many comparisons of keys with files only the keys' smallest and largest are compared.
constexpr int64_t kComparisonsMax = 50'000'000;

class FilterRule : public RowRule {
 public:
  FilterRule(std::shared_ptr<const Snapshot> snapshot, Filter filter)
      : snapshot_(std::move(snapshot)), filter_(std::move(filter)) {
    for (const Condition& condition : filter_) {
      if (std::ranges::count(columns_, condition.column) == 0) columns_.push_back(condition.column);
      by_partition_ &= snapshot_->is_partition_column(condition.column);
    }
  }

  const std::vector<std::string>& columns() const override { return columns_; }
  bool may_hold(const AddFile& file) const override {
    return delta::may_hold(*snapshot_, file, filter_);
  }
  bool surely_all(const AddFile& file) const override { return by_partition_ && may_hold(file); }

  // A row of which a condition is neither true nor false stays.
  Table kept(const Table& rows) const override {
    std::vector<int64_t> numbers(static_cast<size_t>(rows.num_rows()));
    std::iota(numbers.begin(), numbers.end(), 0);
    std::string name = "row";
    while (rows.has(name)) name += "_";
    const Table gone =
        filter_rows(rows.select(columns_).with_column(name, ColumnData::of(numbers)), filter_);
    if (gone.num_rows() == 0) return rows;
    const FlatColumn gone_column(gone.column(name));
    const Slice gone_numbers = gone_column.slice();
    std::vector<int64_t> stay;
    int64_t at = 0;
    for (const int64_t number : numbers) {
      if (at < gone_column.size() && gone_numbers.at<int64_t>(at) == number) {
        ++at;
      } else {
        stay.push_back(number);
      }
    }
    return rows.take(stay);
  }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  Filter filter_;
  std::vector<std::string> columns_;
  bool by_partition_ = true;
};

class KeyRule : public RowRule {
 public:
  KeyRule(std::shared_ptr<const Snapshot> snapshot, const Table& keys)
      : snapshot_(std::move(snapshot)), keys_(distinct(keys)), columns_(keys.names()) {
    for (const std::string& name : columns_) {
      join_.emplace_back(name);
      const ColumnData column = keys_.column(name);
      auto& values = values_.emplace_back();
      for (int64_t i = 0; i < column.size(); ++i) values.push_back(column.at(i));
    }
    const auto files = static_cast<int64_t>(snapshot_->files.size());
    each_ = files * keys_.num_rows() * keys_.num_columns() <= kComparisonsMax;
    for (const auto& values : values_) bounds_.push_back(bounds_of(values));
  }

  const std::vector<std::string>& columns() const override { return columns_; }

  bool may_hold(const AddFile& file) const override {
    if (keys_.num_rows() == 0) return false;
    const FileStatistics stats(file.stats);
    std::vector<ValueRange> ranges;
    for (const std::string& name : columns_) {
      ranges.push_back(range_of(*snapshot_, file, stats, *snapshot_->schema.find(name)));
    }
    for (size_t k = 0; k < columns_.size(); ++k) {
      if (bounds_[k].empty()) return false;  // all null
      for (const Condition& condition : bounds_[k]) {
        if (!may_match(condition, ranges[k])) return false;
      }
    }
    if (!each_) return true;
    for (size_t row = 0; row < static_cast<size_t>(keys_.num_rows()); ++row) {
      if (row_may_be_in(row, ranges)) return true;
    }
    return false;
  }

  Table kept(const Table& rows) const override { return anti_join(rows, keys_, join_); }

 private:
  // The smallest and the largest: what a file must reach. Empty: there is no value at all.
  static Filter bounds_of(const std::vector<Value>& values) {
    const Value* min = nullptr;
    const Value* max = nullptr;
    for (const Value& value : values) {
      if (!value.has_value()) continue;
      if (!min || matches({"", Compare::kLess, *min}, value)) min = &value;
      if (!max || matches({"", Compare::kGreater, *max}, value)) max = &value;
    }
    if (!min) return {};
    // NaN is in no order: any file may hold it.
    if (std::ranges::any_of(values, [](const Value& v) {
          return v.has_value() && !matches({"", Compare::kEqual, v}, v);
        })) {
      return {{"", Compare::kIsNotNull, {}}};
    }
    return {{"", Compare::kGreaterEqual, *min}, {"", Compare::kLessEqual, *max}};
  }

  bool row_may_be_in(size_t row, const std::vector<ValueRange>& ranges) const {
    for (size_t k = 0; k < ranges.size(); ++k) {
      const Value& value = values_[k][row];
      if (!value.has_value()) return false;
      const bool nan = !matches({"", Compare::kEqual, value}, value);
      if (!nan && !may_match({"", Compare::kEqual, value}, ranges[k])) return false;
    }
    return true;
  }

  std::shared_ptr<const Snapshot> snapshot_;
  Table keys_;
  std::vector<std::string> columns_;
  JoinKeys join_;
  std::vector<std::vector<Value>> values_;  // [columns][rows]
  std::vector<Filter> bounds_;              // [columns]
  bool each_ = true;
};

std::string operator_text(Compare op) {
  constexpr const char* kTexts[] = {"=",  "!=", "<",       "<=",         ">",
                                    ">=", "in", "is null", "is not null"};
  return kTexts[static_cast<size_t>(op)];
}

}  // namespace

std::unique_ptr<RowRule> rule_of_filter(std::shared_ptr<const Snapshot> snapshot,
                                        const Filter& filter, const std::string& table) {
  Filter bound = bind_filter(filter, snapshot->schema.readable(), "the Delta table " + table);
  return std::make_unique<FilterRule>(std::move(snapshot), std::move(bound));
}

std::unique_ptr<RowRule> rule_of_keys(std::shared_ptr<const Snapshot> snapshot, const Table& keys,
                                      const std::string& table) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  std::vector<std::string> known;
  for (const auto& [name, type] : snapshot->schema.readable()) known.push_back(name);
  for (const std::string& name : keys.names()) {
    const Column* column = snapshot->schema.find(name);
    if (!column || !column->weft) {
      throw Error(ErrorCode::kNotFound, fmt::format("the Delta table {} has no column {}, which "
                                                    "the keys name{}",
                                                    table, quote(name), did_you_mean(name, known)));
    }
    if (column->weft->kind > Kind::kDuration) {
      throw Error(ErrorCode::kUnsupported, fmt::format("column {} of type {} cannot be a key",
                                                       quote(name), column->weft->name));
    }
    try {
      columns.emplace_back(name, keys.column(name).as(column->weft));
    } catch (const Error& error) {
      throw Error(error.code(),
                  fmt::format("the keys' column {}: {}", quote(name), error.message()));
    }
  }
  if (columns.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "keys of rows to be removed need a column");
  }
  return std::make_unique<KeyRule>(std::move(snapshot), Table(std::move(columns)));
}

RemoveFile removal_of(const AddFile& file, int64_t now_ms) {
  return {.path = file.path,
          .deleted_ms = now_ms,
          .data_change = true,
          .partition = file.partition,
          .size = file.size};
}

Removal remove_by(const RowRule& rule, std::shared_ptr<const Snapshot> snapshot,
                  const std::string& table, int64_t now_ms, DataWriter& writer) {
  Removal removal;
  std::vector<std::string> all;
  for (const auto& [name, type] : snapshot->schema.readable()) all.push_back(name);
  for (const auto& file : snapshot->files) {
    if (!rule.may_hold(*file)) continue;
    if (rule.surely_all(*file)) {
      const auto rows = FileStatistics(file->stats).rows();
      removal.rows = rows && removal.rows >= 0 ? removal.rows + *rows : -1;
      removal.files.push_back(removal_of(*file, now_ms));
      continue;
    }
    int64_t rows = 0;
    int64_t stay = 0;
    FileRows looked_at(table, snapshot, file, rule.columns(), {});
    while (const auto block = looked_at.next()) {
      rows += block->num_rows();
      stay += rule.kept(*block).num_rows();
    }
    if (stay == rows) continue;
    if (removal.rows >= 0) removal.rows += rows - stay;
    removal.files.push_back(removal_of(*file, now_ms));
    if (stay == 0) continue;
    removal.kept += stay;
    FileRows whole(table, snapshot, file, all, {});
    while (const auto block = whole.next()) writer.write(rule.kept(*block));
  }
  return removal;
}

std::string to_string(const Filter& filter) {
  std::vector<std::string> texts;
  for (const Condition& condition : filter) {
    std::string text = fmt::format("{} {}", condition.column, operator_text(condition.op));
    if (condition.value.has_value()) text += " " + condition.value.to_string();
    texts.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(texts, " and "));
}

}  // namespace weft::delta
