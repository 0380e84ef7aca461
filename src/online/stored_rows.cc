#include "online/stored_rows.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "online/online_key.h"

namespace weft {
namespace {

constexpr size_t kWalkRows = 4096;

void add(OnlineWriteReport& total, const OnlineWriteReport& part) {
  total.rows += part.rows;
  total.written += part.written;
  total.older += part.older;
  total.no_key += part.no_key;
}

// Rows out of one schema into a smaller one.
class Narrowed {
 public:
  Narrowed(const RowSchema& from, std::span<const std::string> without,
           RowReader::FindSchema find_schema)
      : reader_(std::move(find_schema)) {
    for (const OnlineColumn& column : from.columns()) {
      if (std::ranges::find(without, column.name) == without.end()) columns_.push_back(column);
    }
    changes_ = columns_.size() < from.columns().size();
    selection_ = reader_.select({0, columns_, std::nullopt});
  }
  // Empty: the row has none of these columns. `schema_of` gives the schema of those that stay.
  template <class SchemaOf>
  std::string narrow(std::string_view row, SchemaOf&& schema_of) {
    if (!changes_) return {};
    if (!schema_) schema_ = schema_of(columns_);
    OnlineLookup lookup{.selection = selection_};
    reader_.begin(Time());
    reader_.read(lookup, row);
    std::vector<const void*> slots;
    for (const OnlineCell& cell : lookup.cells) slots.push_back(cell.slot);
    std::string narrowed;
    append_row(narrowed, *schema_, row_order(row), slots);
    return narrowed;
  }

 private:
  RowReader reader_;
  std::vector<OnlineColumn> columns_;
  size_t selection_ = 0;
  bool changes_ = false;
  std::shared_ptr<const RowSchema> schema_;
};

}  // namespace

Error unknown_view(std::string_view name, std::span<const std::string> views) {
  return Error(ErrorCode::kNotFound, "the online store has no view '" + std::string(name) + "'" +
                                         did_you_mean(name, views));
}

Error unknown_view(OnlineViewId id) {
  return Error(ErrorCode::kNotFound, "the online store has no view of the number " +
                                         std::to_string(id) + "; it may have been purged");
}

// ---- schemas ----

std::shared_ptr<const RowSchema> StoredRows::known_schema(uint32_t id) const {
  {
    std::lock_guard lock(schemas_mutex_);
    const auto found = schemas_.find(id);
    if (found != schemas_.end()) return found->second.schema;
  }
  return schema(id);
}

std::shared_ptr<const RowSchema> StoredRows::known_schema(
    OnlineViewId view, const std::vector<OnlineColumn>& columns) const {
  std::lock_guard lock(schemas_mutex_);
  for (const auto& [id, known] : schemas_) {
    if (known.view == view && known.schema->columns() == columns) return known.schema;
  }
  return nullptr;
}

std::shared_ptr<const RowSchema> StoredRows::keep_schema(
    OnlineViewId view, uint32_t id, const std::vector<OnlineColumn>& columns) const {
  auto schema = std::make_shared<const RowSchema>(id, columns);
  std::lock_guard lock(schemas_mutex_);
  return schemas_.emplace(id, Known{view, std::move(schema)}).first->second.schema;
}

// ---- writing ----

OnlineWriteReport StoredRows::write_chunk(OnlineViewId view, const Table& rows,
                                          const OnlineRowColumns& columns) {
  for (;;) {
    const Definition current = definition(view);
    const RowBatch batch(current.view, rows, columns);
    if (batch.size() == 0) return batch.report();
    const auto schema = schema_of(view, batch.features());
    if (auto report = write_batch(view, current, *schema, batch)) return *report;
  }
}

OnlineWriteReport StoredRows::write(OnlineViewId view, const Table& rows,
                                    const OnlineRowColumns& columns) {
  const std::vector<std::string> names =
      columns_to_write(definition(view).view, rows.schema(), columns);
  OnlineWriteReport total;
  const auto reader = rows.read(names, kOnlineChunkRows);
  while (const auto block = reader->next()) {
    for (int64_t from = 0; from < block->num_rows(); from += kOnlineChunkRows) {
      add(total, write_chunk(view, block->slice(from, kOnlineChunkRows), columns));
    }
  }
  return total;
}

int64_t StoredRows::purge_features(std::string_view name, std::span<const std::string> features) {
  const auto view = find(name);
  if (!view) throw unknown_view(name, views());
  std::map<uint32_t, Narrowed> forms;
  int64_t count = 0;
  std::string position;
  for (bool more = true; more;) {
    std::vector<Replacement> rows;
    more = walk(*view, position, kWalkRows, [&](std::string_view key, std::string_view row) {
      rows.push_back({std::string(key), std::string(row), {}});
    });
    for (Replacement& each : rows) {
      const auto from = known_schema(row_schema(each.former));
      const auto form = forms.try_emplace(from->id(), *from, features,
                                          [this](uint32_t id) { return known_schema(id); });
      each.row = form.first->second.narrow(
          each.former, [&](const auto& columns) { return schema_of(*view, columns); });
    }
    std::erase_if(rows, [](const Replacement& each) { return each.row.empty(); });
    if (!rows.empty()) count += replace(*view, rows);
  }
  return count;
}

// ---- scanning ----

class RowScan final : public BatchReader {
 public:
  RowScan(const StoredRows& store, OnlineViewId view, const OnlineRowColumns& columns)
      : store_(store),
        id_(view),
        view_(store.view(view)),
        columns_(columns),
        rows_([&store](uint32_t id) { return store.known_schema(id); }),
        selection_(rows_.select({view, view_.features, std::nullopt})) {}

  std::optional<Table> next() override {
    while (more_) {
      // Decoded afterwards: a schema is read in a transaction of its own.
      std::vector<std::pair<std::string, std::string>> rows;
      more_ = store_.walk(
          id_, position_, kWalkRows,
          [&](std::string_view key, std::string_view row) { rows.emplace_back(key, row); });
      if (rows.empty()) continue;
      Builders builders(view_, columns_);
      for (const auto& [key, row] : rows) {
        OnlineLookup lookup{.selection = selection_};
        rows_.begin(Time());
        rows_.read(lookup, row);
        builders.append(view_, decode_key(view_.keys, key), lookup);
      }
      return builders.finish();
    }
    return std::nullopt;
  }

 private:
  struct Builders {
    Builders(const OnlineView& view, const OnlineRowColumns& names) {
      for (const ColumnSchema& key : view.keys) add(key.name, key.type);
      for (const std::string* time : {&names.event_time, &names.known_time}) {
        times.push_back(!time->empty());
        if (!time->empty()) add(*time, timestamp_type());
      }
      times.push_back(!names.sequence.empty());
      if (!names.sequence.empty()) add(names.sequence, int64_type());
      for (const OnlineColumn& feature : view.features) add(feature.name, feature.type);
    }
    void add(const std::string& name, Type type) {
      columns.emplace_back(name, ColumnBuilder(type));
    }
    static void append(ColumnBuilder& column, int64_t number) {
      number == kBeforeAll ? column.append_null() : column.append_stored(&number);
    }
    void append(const OnlineView& view, const std::vector<Value>& key, const OnlineLookup& lookup) {
      size_t at = 0;
      for (; at < view.keys.size(); ++at) columns[at].second.append(key[at]);
      if (times[0]) columns[at++].second.append_stored(&lookup.event_time);
      if (times[1]) append(columns[at++].second, lookup.known_time.time_since_epoch().count());
      if (times[2]) append(columns[at++].second, lookup.sequence);
      for (const OnlineCell& cell : lookup.cells) {
        if (cell.slot) {
          columns[at++].second.append_stored(cell.slot);
        } else {
          columns[at++].second.append_null();
        }
      }
    }
    Table finish() {
      std::vector<std::pair<std::string, ColumnData>> finished;
      for (auto& [name, column] : columns) finished.emplace_back(name, column.finish());
      return Table(std::move(finished));
    }

    std::vector<std::pair<std::string, ColumnBuilder>> columns;
    std::vector<bool> times;
  };

  const StoredRows& store_;
  OnlineViewId id_;
  OnlineView view_;
  OnlineRowColumns columns_;
  RowReader rows_;
  size_t selection_;
  std::string position_;
  bool more_ = true;
};

std::unique_ptr<BatchReader> StoredRows::scan(OnlineViewId view, const OnlineRowColumns& columns) {
  return std::make_unique<RowScan>(*this, view, columns);
}

}  // namespace weft
