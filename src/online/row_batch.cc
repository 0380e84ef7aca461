#include "online/row_batch.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <random>

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
  has_short_keys_ = std::ranges::all_of(entries_, [this](const Entry& entry) {
    return keys_.at(entry.row).size() <= sizeof entry.prefix;
  });
  keep_newest();
  std::ranges::sort(entries_, [this](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix || has_short_keys_) return a.prefix < b.prefix;
    return keys_.at(a.row) < keys_.at(b.row);
  });
}

// No key is the beginning of another one, nor is it with zeros behind it.
bool RowBatch::is_same_key(const Entry& a, const Entry& b) const {
  return a.prefix == b.prefix && (has_short_keys_ || keys_.at(a.row) == keys_.at(b.row));
}

// Of equal rows of one key the later one counts.
void RowBatch::keep_newest() {
  static const uint64_t seed = std::random_device()();  // nobody can choose keys that collide
  constexpr uint32_t kFree = std::numeric_limits<uint32_t>::max();
  WEFT_CHECK(entries_.size() < kFree);
  std::vector<uint32_t> slots(std::bit_ceil(entries_.size() * 3 / 2 + 1), kFree);
  size_t kept = 0;
  for (const Entry& entry : entries_) {
    const std::string_view key = keys_.at(entry.row);
    size_t at = XXH3_64bits_withSeed(key.data(), key.size(), seed) & (slots.size() - 1);
    while (slots[at] != kFree && !is_same_key(entries_[slots[at]], entry)) {
      at = (at + 1) & (slots.size() - 1);
    }
    if (slots[at] == kFree) {
      slots[at] = static_cast<uint32_t>(kept);
      entries_[kept++] = entry;
    } else if (Entry& known = entries_[slots[at]]; entry.order >= known.order) {
      known = entry;
    }
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
