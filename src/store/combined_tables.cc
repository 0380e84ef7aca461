#include "store/combined_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "data/pieces.h"
#include "data/text_form.h"

namespace weft {
namespace {

std::string described(const Table& table) {
  return table.source() ? table.source()->describe() : "a table in memory";
}

Table in_memory_if(bool wanted, Table table) { return wanted ? table.load() : table; }

bool all_in_memory(std::span<const Table> tables) {
  return std::ranges::none_of(tables, [](const Table& t) { return t.source() != nullptr; });
}

std::optional<int64_t> rows_known(const Table& table) {
  return table.source() ? table.source()->num_rows() : table.num_rows();
}

// ---- under each other ---------------------------------------------------------------------------

// The columns of `schema` with these names.
Schema columns_named(const Schema& schema, std::span<const std::string> names) {
  Schema out;
  for (const std::string& name : names) {
    out.push_back(*std::ranges::find(schema, name, &ColumnSchema::name));
  }
  return out;
}

// Those of the columns that the table has. Rows that have none of them still count: any column
// tells how many.
std::vector<std::string> names_in(const Table& table, const Schema& wanted) {
  std::vector<std::string> names;
  for (const auto& [name, type] : wanted) {
    if (table.has(name)) names.push_back(name);
  }
  if (names.empty()) names.push_back(table.schema().front().name);
  return names;
}

// With nulls where the block lacks a column.
Table as_wanted(const Table& block, const Schema& wanted) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, type] : wanted) {
    if (block.has(name)) {
      columns.emplace_back(name, block.column(name).as(type));
    } else {
      const std::vector<Value> nulls(static_cast<size_t>(block.num_rows()), Value::null(type));
      columns.emplace_back(name, ColumnData::of_values(type, nulls));
    }
  }
  return Table(std::move(columns));
}

class StackedReader final : public BatchReader {
 public:
  StackedReader(const std::vector<Table>& tables, Schema wanted)
      : tables_(tables), wanted_(std::move(wanted)) {}

  std::optional<Table> next() override {
    while (at_ < tables_.size()) {
      if (!blocks_) blocks_ = tables_[at_].read(names_in(tables_[at_], wanted_));
      if (const auto block = blocks_->next()) return as_wanted(*block, wanted_);
      blocks_.reset();
      ++at_;
    }
    return {};
  }

 private:
  std::vector<Table> tables_;
  Schema wanted_;
  size_t at_ = 0;
  std::unique_ptr<BatchReader> blocks_;
};

class StackedSource final : public PiecedSource {
 public:
  explicit StackedSource(std::vector<Table> tables) : tables_(std::move(tables)) {
    for (const Table& table : tables_) add(table);
  }

  const Schema& schema() const override { return schema_; }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return std::make_unique<StackedReader>(tables_, columns_named(schema_, columns));
  }
  std::shared_ptr<const Pieces> pieces(const MayHold& may_hold) const override {
    std::vector<std::shared_ptr<const Pieces>> parts;
    for (const Table& table : tables_) parts.push_back(pieces_of_one(table, may_hold));
    return joined_pieces(std::move(parts));
  }
  std::string describe() const override {
    std::string text;
    for (const Table& table : tables_) text += (text.empty() ? "" : ", ") + described(table);
    return text;
  }
  std::optional<int64_t> num_rows() const override {
    int64_t rows = 0;
    for (const Table& table : tables_) {
      const auto known = rows_known(table);
      if (!known) return {};
      rows += *known;
    }
    return rows;
  }

 private:
  std::shared_ptr<const Pieces> pieces_of_one(const Table& table, const MayHold& may_hold) const {
    const auto may_hold_here = [&](const RangeOf& range_of) {
      return may_hold([&](const std::string& name) {
        return table.has(name) ? range_of(name) : ValueRange{{}, {}, 0, 0};  // only nulls
      });
    };
    return mapped_pieces(
        pieces_of(table, may_hold_here),
        [table, schema = schema_](const PieceReader& inner, std::span<const std::string> columns) {
          const Schema wanted = columns_named(schema, columns);
          return as_wanted(inner.read(names_in(table, wanted)), wanted);
        });
  }

  void add(const Table& table) {
    for (const auto& [name, type] : table.schema()) {
      const auto column = std::ranges::find(schema_, name, &ColumnSchema::name);
      if (column == schema_.end()) {
        schema_.push_back({name, type});
      } else if (widens(column->type, type)) {
        column->type = type;
      } else if (!widens(type, column->type)) {
        throw Error(ErrorCode::kTypeMismatch,
                    fmt::format("column {} is {} in {}, and {} in what comes before", quote(name),
                                type->name, described(table), column->type->name));
      }
    }
  }

  std::vector<Table> tables_;
  Schema schema_;
};

// ---- beside each other --------------------------------------------------------------------------

class SideBySideReader final : public BatchReader {
 public:
  struct Part {
    std::unique_ptr<BatchReader> blocks;
    Table block = {};
    int64_t at = 0;
  };
  SideBySideReader(std::vector<Part> parts, std::vector<std::string> columns)
      : parts_(std::move(parts)), columns_(std::move(columns)) {}

  std::optional<Table> next() override {
    int64_t rows = -1;
    size_t ended = 0;
    for (Part& part : parts_) {
      if (part.at == part.block.num_rows() && !refill(part)) {
        ++ended;
        continue;
      }
      const int64_t left = part.block.num_rows() - part.at;
      rows = rows < 0 ? left : std::min(rows, left);
    }
    if (ended == parts_.size()) return {};
    if (ended > 0) {
      throw Error(ErrorCode::kInternal, "tables that stand side by side have different rows");
    }
    std::vector<std::pair<std::string, ColumnData>> columns(columns_.size());
    for (Part& part : parts_) {
      const Table slice = part.block.slice(part.at, rows);
      for (const std::string& name : slice.names()) {
        const auto at = std::ranges::find(columns_, name) - columns_.begin();
        columns[static_cast<size_t>(at)] = {name, slice.column(name)};
      }
      part.at += rows;
    }
    return Table(std::move(columns));
  }

 private:
  static bool refill(Part& part) {
    auto block = part.blocks->next();
    if (!block) return false;
    part.block = std::move(*block);
    part.at = 0;
    return true;
  }

  std::vector<Part> parts_;
  std::vector<std::string> columns_;
};

class SideBySideSource final : public TableSource {
 public:
  explicit SideBySideSource(std::vector<Table> tables) : tables_(std::move(tables)) {
    for (const Table& table : tables_) {
      for (const ColumnSchema& column : table.schema()) {
        if (std::ranges::find(schema_, column.name, &ColumnSchema::name) != schema_.end()) {
          throw Error(ErrorCode::kInvalidArgument, "two columns are called " + quote(column.name));
        }
        schema_.push_back(column);
      }
    }
  }

  const Schema& schema() const override { return schema_; }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    std::vector<SideBySideReader::Part> parts;
    for (const Table& table : tables_) {
      std::vector<std::string> names;
      for (const std::string& name : columns) {
        if (table.has(name)) names.push_back(name);
      }
      if (!names.empty()) parts.push_back({table.read(names)});
    }
    return std::make_unique<SideBySideReader>(
        std::move(parts), std::vector<std::string>(columns.begin(), columns.end()));
  }
  std::string describe() const override { return described(tables_.front()); }
  std::optional<int64_t> num_rows() const override {
    for (const Table& table : tables_) {
      if (const auto rows = rows_known(table)) return rows;
    }
    return {};
  }

 private:
  std::vector<Table> tables_;
  Schema schema_;
};

// ---- converted ----------------------------------------------------------------------------------

// What is read of a table, once each, to be shown as these columns.
std::vector<std::string> names_under(std::span<const ConvertedColumn> columns) {
  std::vector<std::string> names;
  for (const ConvertedColumn& column : columns) {
    if (std::ranges::find(names, column.from) == names.end()) names.push_back(column.from);
  }
  return names;
}

std::vector<ConvertedColumn> wanted_columns(const std::vector<ConvertedColumn>& all,
                                            std::span<const std::string> names) {
  std::vector<ConvertedColumn> wanted;
  for (const std::string& name : names) {
    wanted.push_back(*std::ranges::find(all, name, &ConvertedColumn::name));
  }
  return wanted;
}

Table convert(const Table& block, std::span<const ConvertedColumn> wanted) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const ConvertedColumn& column : wanted) {
    const ColumnData from = block.column(column.from);
    columns.emplace_back(column.name, column.convert ? column.convert(from) : from);
  }
  return Table(std::move(columns));
}

class ConvertedReader final : public BatchReader {
 public:
  ConvertedReader(std::unique_ptr<BatchReader> blocks, std::vector<ConvertedColumn> columns)
      : blocks_(std::move(blocks)), columns_(std::move(columns)) {}

  std::optional<Table> next() override {
    const auto block = blocks_->next();
    if (!block) return {};
    return convert(*block, columns_);
  }

 private:
  std::unique_ptr<BatchReader> blocks_;
  std::vector<ConvertedColumn> columns_;
};

class ConvertedSource final : public PiecedSource {
 public:
  ConvertedSource(Table table, std::vector<ConvertedColumn> columns, std::string describe)
      : table_(std::move(table)), columns_(std::move(columns)), describe_(std::move(describe)) {
    for (const ConvertedColumn& column : columns_) schema_.push_back({column.name, column.type});
  }

  const Schema& schema() const override { return schema_; }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    auto wanted = wanted_columns(columns_, columns);
    return std::make_unique<ConvertedReader>(table_.read(names_under(wanted)), std::move(wanted));
  }
  std::shared_ptr<const Pieces> pieces(const MayHold& may_hold) const override {
    const auto may_hold_here = [&](const RangeOf& range_of) {
      return may_hold([&](const std::string& name) {
        const ConvertedColumn& column = *std::ranges::find(columns_, name, &ConvertedColumn::name);
        const Type before =
            std::ranges::find(table_.schema(), column.from, &ColumnSchema::name)->type;
        ValueRange range = range_of(column.from);
        // Integers that widen stay what they are; what becomes of other values is not known.
        const bool as_they_are =
            before == column.type || (before == int32_type() && column.type == int64_type());
        if (!as_they_are) return ValueRange{{}, {}, range.nulls, range.rows};
        if (range.min) range.min = range.min->as(column.type);
        if (range.max) range.max = range.max->as(column.type);
        return range;
      });
    };
    return mapped_pieces(
        pieces_of(table_, may_hold_here),
        [all = columns_](const PieceReader& inner, std::span<const std::string> columns) {
          const auto wanted = wanted_columns(all, columns);
          return convert(inner.read(names_under(wanted)), wanted);
        });
  }
  std::string describe() const override { return describe_; }
  std::optional<int64_t> num_rows() const override { return rows_known(table_); }

 private:
  Table table_;
  std::vector<ConvertedColumn> columns_;
  Schema schema_;
  std::string describe_;
};

}  // namespace

Table stacked(std::vector<Table> tables) {
  if (tables.size() == 1) return tables.front();
  const bool held = all_in_memory(tables);
  return in_memory_if(held, Table(std::make_shared<StackedSource>(std::move(tables))));
}

Table side_by_side(std::vector<Table> tables) {
  if (tables.size() == 1) return tables.front();
  const bool held = all_in_memory(tables);
  return in_memory_if(held, Table(std::make_shared<SideBySideSource>(std::move(tables))));
}

Table converted(const Table& table, std::vector<ConvertedColumn> columns, std::string describe) {
  const bool held = table.source() == nullptr;
  return in_memory_if(held, Table(std::make_shared<ConvertedSource>(table, std::move(columns),
                                                                    std::move(describe))));
}

}  // namespace weft
