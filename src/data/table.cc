#include "weft/table.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/pieces.h"
#include "data/text_form.h"

namespace weft {

std::string to_string(const Schema& schema) {
  std::string out;
  for (const auto& [name, type] : schema) {
    if (!out.empty()) out += ", ";
    out += name + ": " + type->name;
  }
  return out;
}

// Either columns in memory, or a source and the columns that were read from it so far.
struct Table::State {
  Schema schema;
  std::map<std::string, size_t, std::less<>> index;
  int64_t rows = 0;  // of columns in memory
  std::shared_ptr<const TableSource> source;
  mutable std::mutex mutex;
  mutable std::vector<std::optional<ColumnData>> columns;

  explicit State(Schema s) : schema(std::move(s)), columns(schema.size()) {
    for (size_t i = 0; i < schema.size(); ++i) {
      if (!index.emplace(schema[i].name, i).second) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("a table has two columns named {}", quote(schema[i].name)));
      }
    }
  }

  size_t find(std::string_view name) const {
    const auto it = index.find(name);
    if (it != index.end()) return it->second;
    std::vector<std::string> names;
    for (const auto& column : schema) names.push_back(column.name);
    throw Error(ErrorCode::kNotFound,
                fmt::format("no column {} in the table, which has {}{}", quote(name),
                            names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                            did_you_mean(name, names)));
  }
};

namespace {

class MemoryReader : public BatchReader {
 public:
  MemoryReader(Table table, int64_t batch_rows)
      : table_(std::move(table)), batch_rows_(batch_rows) {}
  std::optional<Table> next() override {
    const int64_t n = std::min(batch_rows_, table_.num_rows() - at_);
    if (n <= 0) return {};
    Table batch = table_.slice(at_, n);
    at_ += n;
    return batch;
  }

 private:
  Table table_;
  int64_t batch_rows_;
  int64_t at_ = 0;
};

// A text is taken to have some sixteen bytes, a list a few values.
int64_t row_bytes(const Schema& schema, std::span<const std::string> columns) {
  int64_t bytes = 0;
  for (const auto& [name, type] : schema) {
    if (std::ranges::find(columns, name) == columns.end()) continue;
    const bool plain = type->is_number() || type->is_time() || type->kind == Kind::kBool;
    bytes += plain ? static_cast<int64_t>(type->size) : 24;
  }
  return bytes;
}

std::vector<ColumnData> read_all(const TableSource& source, std::span<const std::string> names) {
  std::vector<arrow::ArrayVector> chunks(names.size());
  std::vector<Type> types(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    for (const auto& column : source.schema()) {
      if (column.name == names[i]) types[i] = column.type;
    }
  }
  const auto reader = source.open(names);
  while (const auto batch = reader->next()) {
    for (size_t i = 0; i < names.size(); ++i) {
      const auto column = batch->column(names[i]);
      const auto& parts = column.arrow()->chunks();
      chunks[i].insert(chunks[i].end(), parts.begin(), parts.end());
    }
  }
  std::vector<ColumnData> columns;
  for (size_t i = 0; i < names.size(); ++i) {
    columns.push_back(column_of(types[i], std::make_shared<arrow::ChunkedArray>(
                                              std::move(chunks[i]), type_to_arrow(types[i]))));
  }
  return columns;
}

std::shared_ptr<const Table::State> make_state(std::vector<std::pair<std::string, ColumnData>> in) {
  Schema schema;
  for (const auto& [name, data] : in) schema.push_back({name, data.type()});
  auto state = std::make_shared<Table::State>(std::move(schema));
  for (size_t i = 0; i < in.size(); ++i) {
    auto& [name, data] = in[i];
    if (i == 0) state->rows = data.size();
    if (data.size() != state->rows) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("column {} has {} rows, the table has {}", quote(name), data.size(),
                              state->rows));
    }
    state->columns[i] = std::move(data);
  }
  return state;
}

}  // namespace

std::optional<int64_t> TableSource::byte_size(std::span<const std::string> columns) const {
  const auto rows = num_rows();
  if (!rows) return {};
  return *rows * row_bytes(schema(), columns);
}

Table::Table() : state_(make_state({})) {}
Table::Table(std::initializer_list<std::pair<std::string, ColumnData>> columns)
    : state_(make_state(columns)) {}
Table::Table(std::vector<std::pair<std::string, ColumnData>> columns)
    : state_(make_state(std::move(columns))) {}

Table::Table(std::shared_ptr<const TableSource> source) {
  auto state = std::make_shared<State>(source->schema());
  state->source = std::move(source);
  state_ = std::move(state);
}

Table Table::from_arrow(const std::shared_ptr<arrow::Table>& table) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (int i = 0; i < table->num_columns(); ++i) {
    const std::string& name = table->field(i)->name();
    columns.emplace_back(name, ColumnData::from_arrow(table->column(i), name));
  }
  return Table(std::move(columns));
}

std::shared_ptr<arrow::Table> Table::to_arrow() const {
  arrow::FieldVector fields;
  arrow::ChunkedArrayVector columns;
  const Table loaded = load();
  for (const auto& [name, type] : schema()) {
    const auto column = loaded.column(name);
    fields.push_back(arrow::field(name, column.arrow()->type()));
    columns.push_back(column.arrow());
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(columns), num_rows());
}

const Schema& Table::schema() const { return state_->schema; }
bool Table::has(std::string_view name) const { return state_->index.contains(name); }

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  for (const auto& column : state_->schema) names.push_back(column.name);
  return names;
}

int64_t Table::num_rows() const {
  if (!state_->source) return state_->rows;
  if (const auto rows = state_->source->num_rows()) return *rows;
  if (state_->schema.empty()) return 0;
  return column(state_->schema[0].name).size();
}

ColumnData Table::column(std::string_view name) const {
  const size_t i = state_->find(name);
  const std::scoped_lock lock(state_->mutex);
  auto& column = state_->columns[i];
  if (!column) {
    const std::string wanted[] = {std::string(name)};
    column = read_all(*state_->source, wanted)[0];
  }
  return *column;
}

Table Table::load() const {
  if (!state_->source) return *this;
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> missing;
  for (size_t i = 0; i < state_->schema.size(); ++i) {
    if (!state_->columns[i]) missing.push_back(state_->schema[i].name);
  }
  // One pass for all that is missing: a CSV file is parsed once.
  auto read = missing.empty() ? std::vector<ColumnData>() : read_all(*state_->source, missing);
  for (size_t i = 0; i < missing.size(); ++i) {
    state_->columns[state_->find(missing[i])] = std::move(read[i]);
  }
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (size_t i = 0; i < state_->schema.size(); ++i) {
    columns.emplace_back(state_->schema[i].name, *state_->columns[i]);
  }
  return Table(std::move(columns));
}

Table Table::with_column(std::string_view name, ColumnData data) const {
  const Table loaded = load();
  std::vector<std::pair<std::string, ColumnData>> columns;
  bool replaced = false;
  for (const auto& column : schema()) {
    const bool here = column.name == name;
    replaced |= here;
    columns.emplace_back(column.name, here ? data : loaded.column(column.name));
  }
  if (!replaced) columns.emplace_back(name, std::move(data));
  return Table(std::move(columns));
}

namespace {

class SelectedSource : public PiecedSource {
 public:
  SelectedSource(std::shared_ptr<const TableSource> source, Schema schema)
      : source_(std::move(source)), schema_(std::move(schema)) {}
  const Schema& schema() const override { return schema_; }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return source_->open(columns);
  }
  std::string describe() const override { return source_->describe(); }
  std::optional<int64_t> num_rows() const override { return source_->num_rows(); }
  std::optional<int64_t> byte_size(std::span<const std::string> columns) const override {
    return source_->byte_size(columns);
  }
  std::shared_ptr<const Pieces> pieces(const MayHold& may_hold) const override {
    const auto* pieced = dynamic_cast<const PiecedSource*>(source_.get());
    return pieced ? pieced->pieces(may_hold) : nullptr;
  }

 private:
  std::shared_ptr<const TableSource> source_;
  Schema schema_;
};

}  // namespace

Table Table::select(std::span<const std::string> names) const {
  if (state_->source) {
    Schema schema;
    for (const auto& name : names) schema.push_back(state_->schema[state_->find(name)]);
    auto state = std::make_shared<State>(std::move(schema));
    state->source = std::make_shared<SelectedSource>(state_->source, state->schema);
    const std::scoped_lock lock(state_->mutex);
    for (size_t i = 0; i < names.size(); ++i) {
      state->columns[i] = state_->columns[state_->find(names[i])];  // what is read stays read
    }
    return Table(std::shared_ptr<const State>(std::move(state)));
  }
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& name : names) columns.emplace_back(name, column(name));
  return Table(std::move(columns));
}

Table Table::drop(std::span<const std::string> names) const {
  std::vector<std::string> kept;
  std::set<size_t> dropped;
  for (const auto& name : names) dropped.insert(state_->find(name));
  for (size_t i = 0; i < state_->schema.size(); ++i) {
    if (!dropped.contains(i)) kept.push_back(state_->schema[i].name);
  }
  return select(kept);
}

Table Table::rename(std::string_view from, std::string_view to) const {
  const size_t renamed = state_->find(from);
  const Table loaded = load();
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (size_t i = 0; i < state_->schema.size(); ++i) {
    const std::string& name = state_->schema[i].name;
    columns.emplace_back(i == renamed ? std::string(to) : name, loaded.column(name));
  }
  return Table(std::move(columns));
}

Table Table::slice(int64_t offset, int64_t rows) const {
  std::vector<std::pair<std::string, ColumnData>> columns;
  const Table loaded = load();
  for (const auto& name : names())
    columns.emplace_back(name, loaded.column(name).slice(offset, rows));
  return Table(std::move(columns));
}

Table Table::take(std::span<const int64_t> rows) const {
  std::vector<std::pair<std::string, ColumnData>> columns;
  const Table loaded = load();
  for (const auto& name : names()) columns.emplace_back(name, loaded.column(name).take(rows));
  return Table(std::move(columns));
}

Table Table::concat(std::span<const Table> tables) {
  if (tables.empty()) return {};
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, type] : tables[0].schema()) {
    arrow::ArrayVector chunks;
    for (const Table& table : tables) {
      if (table.schema() != tables[0].schema()) {
        throw Error(
            ErrorCode::kTypeMismatch,
            fmt::format("tables to be put under another differ: expected {}; found {}",
                        weft::to_string(tables[0].schema()), weft::to_string(table.schema())));
      }
      const auto part = table.column(name).arrow()->chunks();
      chunks.insert(chunks.end(), part.begin(), part.end());
    }
    columns.emplace_back(name, column_of(type, std::make_shared<arrow::ChunkedArray>(
                                                   std::move(chunks), type_to_arrow(type))));
  }
  return Table(std::move(columns));
}

const std::shared_ptr<const TableSource>& Table::source() const { return state_->source; }

std::unique_ptr<BatchReader> Table::read(std::span<const std::string> columns,
                                         int64_t batch_rows) const {
  for (const auto& name : columns) static_cast<void>(state_->find(name));
  if (state_->source) return state_->source->open(columns);
  return std::make_unique<MemoryReader>(select(columns), batch_rows);
}

bool Table::equals(const Table& other) const {
  if (schema() != other.schema() || num_rows() != other.num_rows()) return false;
  return std::ranges::all_of(
      names(), [&](const auto& name) { return column(name).equals(other.column(name)); });
}

int64_t Table::byte_size() const {
  const std::scoped_lock lock(state_->mutex);
  int64_t bytes = 0;
  for (const auto& column : state_->columns) bytes += column ? column->byte_size() : 0;
  return bytes;
}

namespace {
// Bytes that start a letter of UTF-8.
size_t letters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}
}  // namespace

std::string Table::to_string(int64_t rows_max) const {
  const int64_t rows = num_rows();
  const int64_t shown = std::min(rows, rows_max);
  const Table head = slice(0, shown);
  std::vector<std::vector<std::string>> cells;
  std::vector<size_t> widths;
  for (const auto& [name, type] : schema()) {
    auto& column = cells.emplace_back();
    column.push_back(name);
    for (int64_t i = 0; i < shown; ++i) {
      const Value value = head.column(name).at(i);
      column.push_back(type == string_type() && value.has_value() ? value.get<std::string>()
                                                                  : value.to_string());
    }
    widths.push_back(0);
    for (const auto& text : column) widths.back() = std::max(widths.back(), letters(text));
  }
  std::string out;
  for (int64_t i = 0; i <= shown; ++i) {
    for (size_t c = 0; c < cells.size(); ++c) {
      const bool right = schema()[c].type->is_number();
      const std::string& text = cells[c][static_cast<size_t>(i)];
      if (c > 0) out += "  ";
      const std::string padding(widths[c] - letters(text), ' ');
      out += right ? padding + text : text + padding;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  if (rows > shown) out += fmt::format("... {} more rows\n", rows - shown);
  return out;
}

}  // namespace weft
