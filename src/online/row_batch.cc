#include "online/row_batch.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/nearest_name.h"

namespace weft {
namespace {

const ColumnSchema* column_in(const Schema& rows, std::string_view name) {
  const auto found = std::ranges::find(rows, name, &ColumnSchema::name);
  return found == rows.end() ? nullptr : &*found;
}

void check_column(const Schema& rows, const char* what, const std::string& name, Type type) {
  const ColumnSchema* column = column_in(rows, name);
  if (!column) {
    std::vector<std::string> names;
    for (const ColumnSchema& each : rows) names.push_back(each.name);
    throw Error(ErrorCode::kNotFound, std::string("the rows have no column '") + name +
                                          "' for the " + what + did_you_mean(name, names));
  }
  if (type && !widens(column->type, type)) {
    throw Error(ErrorCode::kTypeMismatch, std::string("the column '") + name + "' of the " + what +
                                              " is of type " + column->type->name + ", expected " +
                                              type->name);
  }
}

FlatColumn flat_column(const Table& rows, const std::string& name, Type type) {
  try {
    return FlatColumn(rows.column(name).as(type));
  } catch (const Error& error) {
    throw Error(error.code(), "column '" + name + "': " + error.message());
  }
}

// The first eight bytes as a number that sorts like them.
uint64_t prefix_of(std::string_view key) {
  uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), std::min(key.size(), sizeof prefix));
  return __builtin_bswap64(prefix);
}

}  // namespace

std::vector<std::string> columns_to_write(const OnlineView& view, const Schema& rows,
                                          const OnlineRowColumns& columns) {
  check_column(rows, "event time", columns.event_time, timestamp_type());
  if (!columns.known_time.empty()) {
    check_column(rows, "known time", columns.known_time, timestamp_type());
  }
  if (!columns.sequence.empty()) check_column(rows, "sequence", columns.sequence, int64_type());
  std::vector<std::string> names;
  for (const ColumnSchema& key : view.keys) {
    check_column(rows, "key", key.name, key.type);
    names.push_back(key.name);
  }
  for (const OnlineColumn& feature : features_in(view, rows)) {
    check_column(rows, "feature", feature.name, feature.type);
    names.push_back(feature.name);
  }
  for (const std::string* name : {&columns.event_time, &columns.known_time, &columns.sequence}) {
    if (!name->empty()) names.push_back(*name);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::vector<OnlineColumn> features_in(const OnlineView& view, const Schema& rows) {
  std::vector<OnlineColumn> features;
  for (const OnlineColumn& feature : view.features) {
    if (column_in(rows, feature.name)) features.push_back(feature);
  }
  return features;
}

RowBatch::RowBatch(const OnlineView& view, const Table& rows, const OnlineRowColumns& columns)
    : features_(features_in(view, rows.schema())), keys_(view.keys, rows) {
  for (const OnlineColumn& feature : features_) {
    values_.push_back(flat_column(rows, feature.name, feature.type));
    slices_.push_back(values_.back().slice());
  }
  report_.rows = rows.num_rows();
  entries_ = keyed_rows(rows, columns);
  report_.no_key = report_.rows - static_cast<int64_t>(entries_.size());
  // Of equal rows of one key the later one counts: it comes last.
  std::ranges::sort(entries_, [this](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const auto by_key = keys_.at(a.row) <=> keys_.at(b.row);
    if (by_key != 0) return by_key < 0;
    const auto by_order = a.order <=> b.order;
    return by_order != 0 ? by_order < 0 : a.row < b.row;
  });
  size_t kept = 0;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (i + 1 < entries_.size() && keys_.at(entries_[i].row) == keys_.at(entries_[i + 1].row)) {
      continue;
    }
    entries_[kept++] = entries_[i];
  }
  report_.older = static_cast<int64_t>(entries_.size() - kept);
  entries_.resize(kept);
}

std::vector<RowBatch::Entry> RowBatch::keyed_rows(const Table& rows,
                                                  const OnlineRowColumns& columns) {
  const auto column = [&](const std::string& name, Type type) {
    return name.empty() ? FlatColumn(type, 0) : flat_column(rows, name, type);
  };
  const FlatColumn event = column(columns.event_time, timestamp_type());
  const FlatColumn known = column(columns.known_time, timestamp_type());
  const FlatColumn sequence = column(columns.sequence, int64_type());
  const Slice at = event.slice(), known_at = known.slice(), numbers = sequence.slice();
  std::vector<Entry> entries;
  entries.reserve(static_cast<size_t>(rows.num_rows()));
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    if (keys_.is_null(row) || !at.is_valid(row)) continue;
    Entry entry{row, prefix_of(keys_.at(row)), {at.at<int64_t>(row), kBeforeAll, kBeforeAll}};
    if (!columns.known_time.empty() && known_at.is_valid(row)) {
      entry.order.known_us = known_at.at<int64_t>(row);
    }
    if (!columns.sequence.empty() && numbers.is_valid(row)) {
      entry.order.sequence = numbers.at<int64_t>(row);
    }
    entries.push_back(entry);
  }
  return entries;
}

void RowBatch::append(std::string& out, const RowSchema& schema, size_t i) const {
  const int64_t row = entries_[i].row;
  std::array<const void*, 64> few = {};
  std::vector<const void*> many(slices_.size() > few.size() ? slices_.size() : 0);
  const std::span slots = many.empty() ? std::span(few).first(slices_.size()) : std::span(many);
  for (size_t c = 0; c < slices_.size(); ++c) {
    if (slices_[c].is_valid(row)) slots[c] = slices_[c].data + row * slices_[c].stride;
  }
  append_row(out, schema, entries_[i].order, slots);
}

}  // namespace weft
