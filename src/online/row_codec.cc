#include "online/row_codec.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace weft {
namespace {

constexpr size_t kEventAt = 8;
constexpr size_t kReferenceBytes = 8;  // of a text or list: u32 offset in the row, u32 size

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

bool is_plain(Type type) { return type->kind < Kind::kString || type->is_time(); }

size_t kept_bytes(Type type) { return is_plain(type) ? type->size : kReferenceBytes; }

size_t up_to_8(size_t n) { return (n + 7) & ~size_t{7}; }

[[noreturn]] void damaged(const char* what) {
  throw Error(ErrorCode::kBadData, std::string("a row of the online store is damaged: ") + what);
}

// ---- writing ----

class RowBytes {
 public:
  explicit RowBytes(std::string& out) : out_(out), start_(out.size()) {}

  size_t size() const { return out_.size() - start_; }
  void pad() { out_.resize(start_ + up_to_8(size())); }
  size_t add(size_t n) {
    const size_t at = size();
    if (n > kRowBytesMax - at) {
      throw Error(ErrorCode::kResourceLimit, "a row of the online store would take more than " +
                                                 std::to_string(kRowBytesMax >> 20) + " MiB");
    }
    out_.resize(out_.size() + n);
    return at;
  }
  void put(size_t at, const void* from, size_t n) {
    std::memcpy(out_.data() + start_ + at, from, n);
  }
  template <class T>
  void put(size_t at, T value) {
    put(at, &value, sizeof(T));
  }

  // Writes the value that lies at `slot` to `at`, and what belongs to it behind all else.
  void put_value(size_t at, Type type, const void* slot) {
    if (is_plain(type)) return put(at, slot, type->size);
    if (type->kind == Kind::kString) {
      const auto& text = *static_cast<const std::string_view*>(slot);
      const size_t behind = add(text.size());
      if (!text.empty()) put(behind, text.data(), text.size());
      return put_reference(at, behind, text.size());
    }
    const auto& list = *static_cast<const ListView*>(slot);
    const auto n = static_cast<size_t>(list.size);
    const size_t each = kept_bytes(type->element);
    if (n > kRowBytesMax) add(n);
    pad();
    const size_t behind = add(n * each);
    put_reference(at, behind, n);
    if (is_plain(type->element)) {
      if (n) put(behind, list.data, n * each);
      return;
    }
    for (size_t i = 0; i < n; ++i) {
      put_value(behind + i * each, type->element,
                static_cast<const char*>(list.data) + i * type->element->size);
    }
  }

 private:
  void put_reference(size_t at, size_t behind, size_t n) {
    put(at, static_cast<uint32_t>(behind));
    put(at + 4, static_cast<uint32_t>(n));
  }

  std::string& out_;
  size_t start_;
};

// ---- reading ----

// What a text or list refers to: [offset, offset + n * each) in the row.
const char* referred(const char* row, size_t size, const char* at, size_t each, size_t& n) {
  const auto offset = load<uint32_t>(at);
  n = load<uint32_t>(at + 4);
  if (offset > size || n > (size - offset) / each) damaged("a value lies outside of it");
  return row + offset;
}

// Recursion is on the type only.
void read_borrowed(const char* row, size_t size, const char* at, Type type, void* slot,
                   Arena& arena) {
  size_t n = 0;
  if (type->kind == Kind::kString) {
    const char* text = referred(row, size, at, 1, n);
    *static_cast<std::string_view*>(slot) = {text, n};
    return;
  }
  const Type element = type->element;
  const char* data = referred(row, size, at, kept_bytes(element), n);
  auto& list = *static_cast<ListView*>(slot);
  if (is_plain(element)) {
    if (reinterpret_cast<uintptr_t>(data) % element->size != 0) damaged("a list lies askew");
    list = {data, static_cast<int64_t>(n)};
    return;
  }
  char* slots = arena.take(n * element->size);
  for (size_t i = 0; i < n; ++i) {
    read_borrowed(row, size, data + i * kReferenceBytes, element, slots + i * element->size, arena);
  }
  list = {slots, static_cast<int64_t>(n)};
}

}  // namespace

void check_kept_type(std::string_view column, Type type) {
  Type inner = type;
  while (inner && inner->kind == Kind::kList) inner = inner->element;
  if (inner && inner->kind < Kind::kList) return;
  throw Error(ErrorCode::kUnsupported,
              "feature '" + std::string(column) + "' is of type " +
                  (type ? type->name : "unknown") +
                  ", which the online store does not keep; it keeps numbers, texts, bools, "
                  "timestamps, durations and lists of them");
}

RowSchema::RowSchema(uint32_t id, std::vector<OnlineColumn> columns)
    : id_(id), columns_(std::move(columns)), offsets_(columns_.size()) {
  fixed_bytes_ += up_to_8((columns_.size() + 7) / 8);
  // Wide ones first, so that each lies at a multiple of its size.
  for (const size_t bytes : {size_t{8}, size_t{4}, size_t{1}}) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      check_kept_type(columns_[i].name, columns_[i].type);
      if (kept_bytes(columns_[i].type) != bytes) continue;
      offsets_[i] = static_cast<uint32_t>(fixed_bytes_);
      fixed_bytes_ += bytes;
    }
  }
}

void append_row(std::string& out, const RowSchema& schema, const RowOrder& order,
                std::span<const void* const> slots) {
  const auto& columns = schema.columns();
  WEFT_DCHECK(slots.size() == columns.size() && out.size() % 8 == 0);
  RowBytes row(out);
  row.add(schema.fixed_bytes());
  row.put(kEventAt, order.event_us);
  row.put(kEventAt + 8, order.known_us);
  row.put(kEventAt + 16, order.sequence);
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!slots[i]) continue;
    char& valid = out[out.size() - row.size() + kRowHeaderBytes + i / 8];
    valid = static_cast<char>(valid | 1 << (i % 8));
    row.put_value(schema.offset(i), columns[i].type, slots[i]);
  }
  row.put(0, schema.id());
  row.put(4, static_cast<uint32_t>(row.size()));
  row.pad();
}

RowOrder row_order(std::string_view row) {
  if (row.size() < kRowHeaderBytes) damaged("it is too short");
  return {load<int64_t>(row.data() + kEventAt), load<int64_t>(row.data() + kEventAt + 8),
          load<int64_t>(row.data() + kEventAt + 16)};
}

uint32_t row_schema(std::string_view row) {
  if (row.size() < kRowHeaderBytes) damaged("it is too short");
  return load<uint32_t>(row.data());
}

size_t RowReader::select(OnlineSelection selection) {
  selections_.push_back({std::move(selection), {}, 0});
  return selections_.size() - 1;
}

void RowReader::begin(Time now) {
  arena_.reset();
  now_us_ = now.time_since_epoch().count();
}

const RowReader::Resolved& RowReader::resolve(Selection& selection, uint32_t schema) {
  auto& known = selection.resolved;
  if (selection.last < known.size() && known[selection.last].schema == schema) {
    return known[selection.last];
  }
  const auto found = std::ranges::find(known, schema, &Resolved::schema);
  selection.last = static_cast<size_t>(found - known.begin());
  if (found != known.end()) return *found;

  const auto kept = find_schema_(schema);
  Resolved resolved{schema, static_cast<uint32_t>(kept->fixed_bytes()), {}};
  for (const OnlineColumn& wanted : selection.wanted.features) {
    const auto column = std::ranges::find(kept->columns(), wanted);
    Step step;
    if (column != kept->columns().end()) {
      step.column = static_cast<uint32_t>(column - kept->columns().begin());
      step.offset = static_cast<uint32_t>(kept->offset(step.column));
      step.type = column->type;
      step.form = is_plain(step.type)                ? Form::kPlain
                  : step.type->kind == Kind::kString ? Form::kText
                                                     : Form::kList;
    }
    resolved.steps.push_back(step);
  }
  known.push_back(std::move(resolved));
  return known.back();
}

std::span<OnlineCell> RowReader::cells(const Selection& selection, OnlineLookup& lookup) {
  const size_t n = selection.wanted.features.size();
  auto* cells = reinterpret_cast<OnlineCell*>(arena_.take(n * sizeof(OnlineCell)));
  std::uninitialized_value_construct_n(cells, n);
  lookup.cells = {cells, n};
  return {cells, n};
}

void RowReader::read_cell(const char* row, size_t size, const Step& step, OnlineCell& cell) {
  if (step.form == Form::kAbsent) {
    cell.status = OnlineStatus::kAbsent;
    return;
  }
  const char valid = row[kRowHeaderBytes + step.column / 8];
  if (!(valid >> (step.column % 8) & 1)) {
    cell.status = OnlineStatus::kNull;
    return;
  }
  cell.status = OnlineStatus::kPresent;
  cell.slot = row + step.offset;
  if (step.form == Form::kPlain) return;
  char* slot = arena_.take(step.type->size);
  read_borrowed(row, size, row + step.offset, step.type, slot, arena_);
  cell.slot = slot;
}

void RowReader::not_found(OnlineLookup& lookup) {
  lookup.found = false;
  cells(selections_[lookup.selection], lookup);
}

void RowReader::read(OnlineLookup& lookup, std::string_view row) {
  Selection& selection = selections_[lookup.selection];
  const RowOrder order = row_order(row);
  lookup.found = true;
  lookup.event_time = Time(Duration(order.event_us));
  lookup.known_time = Time(Duration(order.known_us));
  lookup.sequence = order.sequence;
  const std::span<OnlineCell> out = cells(selection, lookup);
  const auto& ttl = selection.wanted.ttl;
  int64_t oldest = std::numeric_limits<int64_t>::min();
  if (ttl && __builtin_sub_overflow(now_us_, ttl->count(), &oldest)) {
    oldest = std::numeric_limits<int64_t>::min();
  }
  if (order.event_us < oldest) {
    for (OnlineCell& cell : out) cell.status = OnlineStatus::kExpired;
    return;
  }
  const Resolved& resolved = resolve(selection, load<uint32_t>(row.data()));
  const size_t size = load<uint32_t>(row.data() + 4);
  if (size > row.size() || size < resolved.fixed_bytes) damaged("its size is wrong");
  const char* at = row.data();
  if (reinterpret_cast<uintptr_t>(at) % 8 != 0) {  // values are read where they lie
    char* copy = arena_.take(size);
    std::memcpy(copy, at, size);
    at = copy;
  }
  for (size_t i = 0; i < out.size(); ++i) read_cell(at, size, resolved.steps[i], out[i]);
}

}  // namespace weft
