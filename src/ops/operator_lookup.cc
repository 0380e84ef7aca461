// A field of a table's row of the same key, and as of a time.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "data/arrow.h"
#include "data/text_form.h"
#include "ops/column_operator_makers.h"
#include "ops/group_ids.h"

namespace weft {
namespace {

constexpr std::string_view kDuplicates[] = {"error", "first", "last"};

struct LookupSpec {
  std::vector<std::string> key_names;
  std::string field;
  std::string event_time;  // empty: rows have none
  std::optional<Duration> ttl;
  std::string duplicates;
};

// The table's side: which of its rows belong to a key, and in which order.
class LookupIndex {
 public:
  LookupIndex(const Table& table, const LookupSpec& spec, std::span<const Type> key_types)
      : groups_(std::vector<Type>(key_types.begin(), key_types.end()), NullKeys::kLeftOut) {
    const int64_t n = table.num_rows();
    std::vector<FlatColumn> keys;
    std::vector<Slice> slices;
    for (size_t k = 0; k < key_types.size(); ++k) {
      keys.emplace_back(key_column(table, spec.key_names[k], key_types[k]));
      slices.push_back(keys.back().slice());
    }
    RowGroups rows = {std::vector<int32_t>(static_cast<size_t>(n)), 0};
    groups_.add(slices.data(), n, rows.ids.data());
    rows.count = groups_.size();
    if (spec.event_time.empty()) {
      if (spec.duplicates == "error") check_unique(rows, table, spec);
      order_ = order_rows(rows, {});
      return;
    }
    const FlatColumn times(table.column(spec.event_time).as(timestamp_type()));
    const Slice slice = times.slice();
    for (int64_t i = 0; i < n && slice.valid; ++i) {
      if (!slice.is_valid(i)) rows.ids[static_cast<size_t>(i)] = GroupIndex::kNone;
    }
    order_ = order_rows(rows, sort_codes({slice, timestamp_type()}, n));
    for (const int32_t row : order_.rows) times_.push_back(slice.at<int64_t>(row));
  }

  /// The group of each of n rows of the other side.
  std::vector<int32_t> find(const Slice* keys, int64_t n) const {
    std::vector<int32_t> group(static_cast<size_t>(n));
    groups_.find(keys, n, group.data());
    return group;
  }

  /// The first or last row of a group.
  int64_t only(int32_t group, bool first) const {
    const auto at = static_cast<size_t>(group);
    const int32_t i = first ? order_.begin[at] : order_.begin[at + 1] - 1;
    return order_.rows[static_cast<size_t>(i)];
  }

  /// The newest row at `time`, if it is no older than `ttl`; -1 if there is none.
  int64_t as_of(int32_t group, int64_t time, const std::optional<Duration>& ttl) const {
    const auto at = static_cast<size_t>(group);
    const auto begin = times_.begin() + order_.begin[at];
    const auto end = times_.begin() + order_.begin[at + 1];
    const auto after = std::upper_bound(begin, end, time);
    if (after == begin) return -1;
    // Unsigned, because two times can lie further apart than int64 reaches.
    const uint64_t age = static_cast<uint64_t>(time) - static_cast<uint64_t>(*(after - 1));
    if (ttl && age > static_cast<uint64_t>(ttl->count())) return -1;
    return order_.rows[static_cast<size_t>(after - 1 - times_.begin())];
  }

 private:
  static ColumnData key_column(const Table& table, const std::string& name, Type type) {
    try {
      return table.column(name).as(type);
    } catch (const Error& e) {
      if (e.code() != ErrorCode::kTypeMismatch) throw;
      throw Error(e.code(), fmt::format("lookup: the key {} is {} in the table and {} in the rows: "
                                        "cast one of them",
                                        quote(name), table.column(name).type()->name, type->name));
    }
  }

  void check_unique(const RowGroups& rows, const Table& table, const LookupSpec& spec) const {
    std::vector<uint8_t> seen(static_cast<size_t>(rows.count));
    for (size_t i = 0; i < rows.ids.size(); ++i) {
      if (rows.ids[i] < 0) continue;
      if (!std::exchange(seen[static_cast<size_t>(rows.ids[i])], uint8_t{1})) continue;
      std::string key;
      for (const auto& name : spec.key_names) {
        key += fmt::format("{}{} = {}", key.empty() ? "" : ", ", name,
                           table.column(name).at(static_cast<int64_t>(i)).to_string());
      }
      throw Error(ErrorCode::kBadData,
                  fmt::format("lookup of {}: the table has several rows of {}; look up as of a "
                              "time, or say that the first or last counts",
                              spec.field, key));
    }
  }

  GroupIndex groups_;
  RowOrder order_;
  std::vector<int64_t> times_;  // in that order; empty without a time
};

class LookupOperator final : public BasicOperator {
 public:
  LookupOperator(OperatorSignature signature, ArgumentLayout layout, LookupSpec spec)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)), spec_(std::move(spec)) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    clear_all_valid(out, n);
    const auto prepared = prepare(*reinterpret_cast<const Table*>(in[0].data));
    const LookupIndex& index = prepared->index;
    const Slice values = prepared->field.slice();
    const Slice* time = layout_.has_time ? &in[1] : nullptr;
    const auto groups = index.find(in + 1 + (time ? 1 : 0), n);
    for (int64_t i = 0; i < n; ++i) {
      const int32_t group = groups[static_cast<size_t>(i)];
      if (group < 0 || (time && !time->is_valid(i))) continue;
      const int64_t row = time ? index.as_of(group, time->at<int64_t>(i), spec_.ttl)
                               : index.only(group, spec_.duplicates == "first");
      if (row >= 0 && values.is_valid(row)) write(values, row, out, i);
    }
    return every_row_valid(out, n);
  }

  bool row_wise() const override { return true; }

 private:
  // A table made ready to be looked up. Blocks and requests come one by one, so the last table is
  // kept; it is the same for all of them.
  struct Prepared {
    Table table;
    LookupIndex index;
    FlatColumn field;
  };

  std::shared_ptr<const Prepared> prepare(const Table& table) const {
    const std::scoped_lock lock(mutex_);
    // Copies of one table share its schema, and nobody else does.
    if (!prepared_ || &prepared_->table.schema() != &table.schema()) {
      prepared_ = std::make_shared<const Prepared>(
          Prepared{table, LookupIndex(table, spec_, layout_.keys),
                   FlatColumn(table.column(spec_.field).as(result()))});
    }
    return prepared_;
  }

  // Bytes of texts belong to the table, which outlives the run; lists are laid out by `values`.
  void write(const Slice& values, int64_t row, const Sink& out, int64_t i) const {
    const Type type = result();
    const char* from = values.data + row * values.stride;
    char* to = static_cast<char*>(out.data) + static_cast<size_t>(i) * type->size;
    if (type->kind == Kind::kList) {
      type->unbox(type, type->box(type, from), to, *out.arena);
    } else {
      std::memcpy(to, from, type->size);
    }
    set_valid(out, i);
  }

  ArgumentLayout layout_;
  LookupSpec spec_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Prepared> prepared_;
};

}  // namespace

ColumnOperatorPtr make_lookup(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  if (layout.inputs[0] != type_of<Table>()) {
    throw Error(ErrorCode::kTypeMismatch, "lookup takes a table, not " + layout.inputs[0]->name);
  }
  LookupSpec spec;
  spec.key_names = options.texts("key_names");
  spec.field = options.required_text("field");
  const std::string type_name = options.required_text("type");
  const Type type = type_by_name(type_name);
  if (!type) options.fail("type", "is the name of a type, not " + quote(type_name));
  need_copyable(options.name(), type);
  spec.event_time = options.text("event_time", "");
  spec.ttl = options.duration("ttl");
  spec.duplicates = options.text("duplicates", "error", kDuplicates);
  if (layout.keys.empty() || spec.key_names.size() != layout.keys.size()) {
    options.fail("key_names", fmt::format("names each key: {} for {}", spec.key_names.size(),
                                          layout.keys.size()));
  }
  if (layout.has_time == spec.event_time.empty()) {
    options.fail("event_time", "and a time to look up at go together");
  }
  if (spec.ttl && !layout.has_time) options.fail("ttl", "needs a time to look up at");
  if (spec.ttl && spec.ttl->count() < 0) options.fail("ttl", "is not negative");
  return std::make_shared<LookupOperator>(OperatorSignature{"lookup", options.spelled(), type},
                                          std::move(layout), std::move(spec));
}

}  // namespace weft
