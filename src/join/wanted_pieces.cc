#include "join/wanted_pieces.h"

#include <algorithm>
#include <limits>

#include "join/feature_rows.h"

namespace weft {
namespace {

// Of the keys of more rows hardly any piece has none.
constexpr int64_t kRowsMax = 65536;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// An integer or a time as a number; nothing if it is neither.
std::optional<int64_t> number_of(const Value& value) {
  switch (value.type()->kind) {
    case Kind::kInt32:
      return value.get<int32_t>();
    case Kind::kInt64:
      return value.get<int64_t>();
    case Kind::kTimestamp:
      return value.get<Time>().time_since_epoch().count();
    case Kind::kDuration:
      return value.get<Duration>().count();
    default:
      return {};
  }
}

bool all_null(const ValueRange& range) { return range.nulls && *range.nulls == range.rows; }

}  // namespace

template <class T>
void SpineKeys::Values<T>::add(const T& value) {
  if (all || sorted.size() < 2) {
    sorted.push_back(value);
    if (sorted.size() == 2 && sorted[1] < sorted[0]) std::swap(sorted[0], sorted[1]);
  } else if (value < sorted[0]) {
    sorted[0] = value;
  } else if (sorted[1] < value) {
    sorted[1] = value;
  }
}

template <class T>
void SpineKeys::Values<T>::finish() {
  std::ranges::sort(sorted);
  const auto repeats = std::ranges::unique(sorted);
  sorted.erase(repeats.begin(), repeats.end());
}

template <class T>
bool SpineKeys::Values<T>::meets(const T& low, const T& high) const {
  if (sorted.empty()) return false;
  if (!all) return sorted.front() <= high && low <= sorted.back();
  const auto at = std::ranges::lower_bound(sorted, low);
  return at != sorted.end() && *at <= high;
}

SpineKeys::SpineKeys(const KeySet& set, std::span<const ColumnData> columns) {
  for (size_t k = 0; k < columns.size(); ++k) {
    Key& key = keys_.emplace_back();
    const Type type = set.types[k];
    const bool is_text = type->kind == Kind::kString;
    const bool is_number =
        type->is_time() || type->kind == Kind::kInt32 || type->kind == Kind::kInt64;
    if (!is_text && !is_number) continue;
    const bool all = columns[k].size() <= kRowsMax;
    if (is_text) key.texts.emplace().all = all;
    if (is_number) key.numbers.emplace().all = all;
    read_in_ranges({&columns[k], 1}, {&type, 1},
                   [&](std::span<const Slice> slices, int64_t, int64_t n) {
                     const Slice& slice = slices[0];
                     for (int64_t i = 0; i < n; ++i) {
                       if (!slice.is_valid(i)) continue;
                       if (is_text) {
                         key.texts->add(std::string(slice.at<std::string_view>(i)));
                       } else if (type->size == sizeof(int64_t)) {
                         key.numbers->add(slice.at<int64_t>(i));
                       } else {
                         key.numbers->add(slice.at<int32_t>(i));
                       }
                     }
                   });
    if (is_text) key.texts->finish();
    if (is_number) key.numbers->finish();
  }
}

bool SpineKeys::may_be(size_t k, const ValueRange& range) const {
  if (all_null(range)) return false;
  const Key& key = keys_[k];
  if (!range.min || !range.max) return true;
  if (key.texts && range.min->type()->kind == Kind::kString) {
    return key.texts->meets(range.min->get<std::string>(), range.max->get<std::string>());
  }
  const auto low = number_of(*range.min);
  const auto high = number_of(*range.max);
  return !key.numbers || !low || !high || key.numbers->meets(*low, *high);
}

MayHold wanted_pieces(const SpineIndex& index, const SpineKeys& keys, const ResolvedView& view) {
  return [&](const RangeOf& range_of) {
    for (size_t k = 0; k < view.keys.size(); ++k) {
      if (!keys.may_be(k, range_of(view.keys[k]))) return false;
    }
    if (!view.reason_name.empty()) return true;
    const ValueRange events = range_of(view.event_time);
    if (all_null(events) || index.places() == 0) return false;
    const int64_t earliest = events.min ? number_of(*events.min).value_or(kLeast) : kLeast;
    const int64_t latest = events.max ? number_of(*events.max).value_or(kMost) : kMost;
    if (earliest > index.last_us()) return false;
    // Unsigned, because two times can lie further apart than int64 reaches.
    const bool too_old =
        view.ttl_us && latest < index.first_us() &&
        static_cast<uint64_t>(index.first_us()) - static_cast<uint64_t>(latest) > *view.ttl_us;
    return !too_old;
  };
}

}  // namespace weft
