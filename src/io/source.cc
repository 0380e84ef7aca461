#include "io/source.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "io/filter.h"

namespace weft {
namespace {

// One file of the table: where each of the table's columns comes from.
struct Member {
  std::string path;
  std::shared_ptr<const DataFile> file;
  std::vector<int> fields;           // [columns of the table]; kFromFolder, kMissing or a number
  std::vector<Value> folder_values;  // [partition columns]
};
constexpr int kFromFolder = -1;
constexpr int kMissing = -2;

struct Layout {
  std::string what;  // "Parquet flights.parquet"
  Schema schema;     // what the table shows
  Schema all;        // that, and what only the filter needs
  std::vector<Member> members;
  Filter filter;
  std::shared_ptr<ReadStats> stats;
};

size_t index_of(const Schema& schema, std::string_view name) {
  return static_cast<size_t>(std::ranges::find(schema, name, &ColumnSchema::name) - schema.begin());
}

bool is_plain_integer(const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end && text != "-0" &&
         (text.size() == 1 || !text.starts_with('0'));
}

// "01" is a plain integer too where it is a part of a date, as in month=01.
bool is_padded_integer(const std::string& text) {
  return text.size() == 2 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

Type type_of_folder_values(const std::vector<FoundFile>& files, size_t key) {
  bool integer = true;
  bool date = true;
  bool any = false;
  for (const FoundFile& file : files) {
    const auto& value = file.partition[key].second;
    if (!value) continue;
    any = true;
    integer &= is_plain_integer(*value) || is_padded_integer(*value);
    date &= parse_time(*value).has_value();
  }
  if (!any) return string_type();
  return integer ? int64_type() : date ? timestamp_type() : string_type();
}

Value folder_value(Type type, const std::optional<std::string>& text) {
  if (!text) return Value::null(type);
  if (type == int64_type()) {
    int64_t value = 0;
    std::from_chars(text->data(), text->data() + text->size(), value);
    return Value::of(value);
  }
  if (type == timestamp_type()) return Value::of(*parse_time(*text));
  return Value::of(*text);
}

// What a file's field is to the table; nothing if Weft has no such type.
std::optional<Type> type_of_field(const arrow::Field& field) {
  try {
    return type_from_arrow(*field.type(), field.name());
  } catch (const Error&) {
    return {};
  }
}

Type wider(Type a, Type b, const std::string& column, const std::string& first,
           const std::string& second) {
  if (widens(a, b)) return b;
  if (widens(b, a)) return a;
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("column {} is {} in {} and {} in {}", quote(column), a->name, first,
                          b->name, second));
}

class LayoutMaker {
 public:
  LayoutMaker(const Paths& paths, FilesOptions options, const OpenDataFile& open)
      : options_(std::move(options)), files_(find_files(paths, options_)) {
    layout_.what = options_.format + " " + files_[0].path;
    if (files_.size() > 1) layout_.what += fmt::format(" and {} more", files_.size() - 1);
    for (const FoundFile& file : files_) {
      opened_.push_back(open(file.path));
      add_fields(*opened_.back(), file.path);
    }
  }

  Layout make() {
    for (size_t key = 0; key < files_[0].partition.size(); ++key) {
      const std::string& name = files_[0].partition[key].first;
      std::erase_if(known_, [&](const auto& column) { return column.name == name; });
      known_.push_back({name, type_of_folder_values(files_, key)});
      unsupported_.erase(name);
    }
    choose_columns();
    for (size_t i = 0; i < files_.size(); ++i) add_member(i);
    layout_.stats = options_.stats;
    return std::move(layout_);
  }

 private:
  void add_fields(const DataFile& file, const std::string& path) {
    for (const auto& field : file.schema()->fields()) {
      const std::string& name = field->name();
      if (file.schema()->GetAllFieldIndices(name).size() > 1) {
        throw Error(ErrorCode::kBadData,
                    fmt::format("{} has two columns named {}", path, quote(name)));
      }
      const auto type = type_of_field(*field);
      if (!type) {
        unsupported_.emplace(name, field->type()->ToString());
        continue;
      }
      const size_t at = index_of(known_, name);
      if (at == known_.size()) {
        known_.push_back({name, *type});
        first_seen_[name] = path;
      } else if (known_[at].type != *type) {
        conflicts_.try_emplace(name, path, *type);
        if (widens(known_[at].type, *type)) known_[at].type = *type;
      }
    }
  }

  void choose_columns() {
    if (options_.columns.empty()) {
      if (!unsupported_.empty()) {
        const auto& [name, type] = *unsupported_.begin();
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("{}: column {} has the type {}, which Weft has not; name the "
                                "columns to be read in `columns`",
                                layout_.what, quote(name), type));
      }
      layout_.schema = known_;
    }
    for (const std::string& name : options_.columns) {
      if (index_of(layout_.schema, name) < layout_.schema.size()) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("column {} is asked for twice", quote(name)));
      }
      layout_.schema.push_back(known_column(name));
    }
    layout_.filter = bind_filter(options_.filter, known_, layout_.what);
    layout_.all = layout_.schema;
    for (const Condition& condition : layout_.filter) {
      if (index_of(layout_.all, condition.column) == layout_.all.size()) {
        layout_.all.push_back(known_column(condition.column));
      }
    }
    for (const auto& [name, type] : layout_.all) {
      if (const auto conflict = conflicts_.find(name); conflict != conflicts_.end()) {
        wider(type, conflict->second.second, name, first_seen_[name], conflict->second.first);
      }
    }
  }

  ColumnSchema known_column(const std::string& name) const {
    const size_t at = index_of(known_, name);
    if (at < known_.size()) return known_[at];
    if (const auto found = unsupported_.find(name); found != unsupported_.end()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: column {} has the type {}, which Weft has not", layout_.what,
                              quote(name), found->second));
    }
    std::vector<std::string> names;
    for (const auto& column : known_) names.push_back(column.name);
    std::string has = fmt::format("{}", fmt::join(names, ", "));
    throw Error(ErrorCode::kNotFound, fmt::format("{} has no column {}; it has {}{}", layout_.what,
                                                  quote(name), has, did_you_mean(name, names)));
  }

  void add_member(size_t i) {
    Member member{files_[i].path, std::move(opened_[i]), {}, {}};
    const auto& partition = files_[i].partition;
    for (const auto& [name, type] : layout_.all) {
      const auto key = std::ranges::find(partition, name, [](const auto& p) { return p.first; });
      if (key != partition.end()) {
        member.fields.push_back(kFromFolder);
        member.folder_values.push_back(folder_value(type, key->second));
        continue;
      }
      member.folder_values.emplace_back();
      const int field = member.file->schema()->GetFieldIndex(name);
      if (field < 0 && !options_.fill_missing) throw missing_column(name, member.path);
      member.fields.push_back(field < 0 ? kMissing : field);
    }
    layout_.members.push_back(std::move(member));
  }

  Error missing_column(const std::string& name, const std::string& path) const {
    const auto seen = first_seen_.find(name);
    return Error(
        ErrorCode::kTypeMismatch,
        fmt::format("{} has no column {}, which {} has; with fill_missing it is null there", path,
                    quote(name), seen == first_seen_.end() ? "?" : seen->second));
  }

  FilesOptions options_;
  std::vector<FoundFile> files_;
  std::vector<std::unique_ptr<DataFile>> opened_;
  Layout layout_;
  Schema known_;
  std::map<std::string, std::string> unsupported_;
  std::map<std::string, std::string> first_seen_;
  std::map<std::string, std::pair<std::string, Type>> conflicts_;
};

// A column of a file as the table shows it.
ColumnData shown_column(const Member& member, std::shared_ptr<arrow::ChunkedArray> found,
                        const std::string& name, Type type) {
  try {
    return ColumnData::from_arrow(std::move(found), name).as(type);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", member.path, error.message()));
  }
}

// The table's column number `at` where it is one value in the whole file.
Value constant_of(const Layout& layout, const Member& member, size_t at) {
  return member.fields[at] == kFromFolder ? member.folder_values[at]
                                          : Value::null(layout.all[at].type);
}

class FilesReader : public BatchReader {
 public:
  FilesReader(std::shared_ptr<const Layout> layout, std::span<const std::string> columns)
      : layout_(std::move(layout)), columns_(columns.begin(), columns.end()) {
    std::vector<std::string> needed = columns_;
    for (const Condition& condition : layout_->filter) needed.push_back(condition.column);
    for (size_t i = 0; i < layout_->all.size(); ++i) {
      if (std::ranges::count(needed, layout_->all[i].name) > 0) needed_.push_back(i);
    }
  }

  std::optional<Table> next() override {
    if (columns_.empty()) return {};
    while (true) {
      if (!stream_ && !open_next()) return {};
      const auto block = stream_->next();
      if (!block) {
        stream_.reset();
        continue;
      }
      if (layout_->stats) layout_->stats->rows += block->num_rows();
      Table table = filter_rows(to_table(*block), row_filter_);
      if (table.num_rows() > 0) return table.select(columns_);
    }
  }

 private:
  // The next file that its folders do not rule out; false at the end.
  bool open_next() {
    while (next_ < layout_->members.size()) {
      member_ = &layout_->members[next_++];
      if (!ruled_out()) {
        open_member();
        return true;
      }
      if (layout_->stats) ++layout_->stats->files_skipped;
    }
    return false;
  }

  bool ruled_out() {
    row_filter_.clear();
    for (const Condition& condition : layout_->filter) {
      const size_t at = index_of(layout_->all, condition.column);
      const int field = member_->fields[at];
      if (field >= 0) {
        row_filter_.push_back(condition);
      } else if (!matches(condition, constant_of(*layout_, *member_, at))) {
        return true;
      }
    }
    return false;
  }

  void open_member() {
    fields_.clear();
    places_.clear();
    for (const size_t i : needed_) {
      const int field = member_->fields[i];
      if (field >= 0) {
        places_[i] = fields_.size();
        fields_.push_back(field);
      }
    }
    // Where only folders are asked for, any field tells how many rows there are.
    if (fields_.empty()) fields_.push_back(0);
    Filter pushed;
    for (const Condition& condition : row_filter_) pushed.push_back(condition);
    stream_ = member_->file->open(fields_, pushed);
    if (layout_->stats) ++layout_->stats->files;
  }

  Table to_table(const arrow::RecordBatch& block) const {
    std::vector<std::pair<std::string, ColumnData>> columns;
    for (const size_t i : needed_) {
      const auto& [name, type] = layout_->all[i];
      const auto place = places_.find(i);
      if (place == places_.end()) {
        columns.emplace_back(
            name, constant_column(constant_of(*layout_, *member_, i), type, block.num_rows()));
        continue;
      }
      auto array = block.column(static_cast<int>(place->second));
      columns.emplace_back(
          name, shown_column(*member_, std::make_shared<arrow::ChunkedArray>(std::move(array)),
                             name, type));
    }
    return Table(std::move(columns));
  }

  std::shared_ptr<const Layout> layout_;
  std::vector<std::string> columns_;
  std::vector<size_t> needed_;  // numbers in layout_->all
  size_t next_ = 0;
  const Member* member_ = nullptr;
  std::vector<int> fields_;
  std::map<size_t, size_t> places_;  // number in layout_->all -> place in the block
  Filter row_filter_;
  std::unique_ptr<BlockStream> stream_;
};

// ---- row groups
// ---------------------------------------------------------------------------------

class GroupReader : public PieceReader {
 public:
  GroupReader(std::shared_ptr<const Layout> layout, const Member& member, int group)
      : layout_(std::move(layout)),
        member_(member),
        group_(member.file->open_group(group)),
        rows_(member.file->group_rows(group)) {}

  Table read(std::span<const std::string> names) const override {
    std::vector<int> fields;
    for (const std::string& name : names) {
      const int field = member_.fields[index_of(layout_->all, name)];
      if (field >= 0) fields.push_back(field);
    }
    const auto found = fields.empty() ? nullptr : group_->read(fields);
    std::vector<std::pair<std::string, ColumnData>> columns;
    int next = 0;
    for (const std::string& name : names) {
      const size_t at = index_of(layout_->all, name);
      const Type type = layout_->all[at].type;
      columns.emplace_back(name,
                           member_.fields[at] >= 0
                               ? shown_column(member_, found->column(next++), name, type)
                               : constant_column(constant_of(*layout_, member_, at), type, rows_));
    }
    return Table(std::move(columns));
  }

 private:
  std::shared_ptr<const Layout> layout_;
  const Member& member_;
  std::unique_ptr<OpenGroup> group_;
  int64_t rows_;
};

class FilesPieces : public Pieces {
 public:
  FilesPieces(std::shared_ptr<const Layout> layout, const MayHold& may_hold)
      : layout_(std::move(layout)) {
    for (const Member& member : layout_->members) add(member, may_hold);
  }

  std::span<const Piece> list() const override { return list_; }
  int64_t num_rows() const override { return rows_; }
  std::unique_ptr<PieceReader> open(size_t piece) const override {
    const auto& [member, group] = groups_[piece];
    return std::make_unique<GroupReader>(layout_, *member, group);
  }

 private:
  void add(const Member& member, const MayHold& may_hold) {
    const auto& stats = layout_->stats;
    const auto of_file = [&](const std::string& name) {
      return range_of(member, index_of(layout_->all, name), member.file->num_rows().value_or(0));
    };
    const bool wanted = may_hold(of_file);
    if (stats) ++(wanted ? stats->files : stats->files_skipped);
    for (int group = 0; group < member.file->num_groups(); ++group) {
      const int64_t rows = member.file->group_rows(group);
      const auto of_group = [&](const std::string& name) {
        const size_t at = index_of(layout_->all, name);
        const int field = member.fields[at];
        return field >= 0 ? member.file->group_range(group, field, layout_->all[at].type)
                          : range_of(member, at, rows);
      };
      const bool held = wanted && may_hold(of_group);
      if (stats && wanted) ++(held ? stats->row_groups : stats->row_groups_skipped);
      if (held && rows > 0) {
        list_.push_back({rows_, rows});
        groups_.emplace_back(&member, group);
        if (stats) stats->rows += rows;
      }
      rows_ += rows;
    }
  }

  // Of a whole file: what its folders say.
  ValueRange range_of(const Member& member, size_t at, int64_t rows) const {
    if (member.fields[at] >= 0) return {.min = {}, .max = {}, .nulls = {}, .rows = rows};
    const Value value = constant_of(*layout_, member, at);
    if (!value.has_value()) return {.min = {}, .max = {}, .nulls = rows, .rows = rows};
    return {.min = value, .max = value, .nulls = 0, .rows = rows};
  }

  std::shared_ptr<const Layout> layout_;
  std::vector<Piece> list_;
  std::vector<std::pair<const Member*, int>> groups_;
  int64_t rows_ = 0;
};

class FilesSource : public PiecedSource {
 public:
  explicit FilesSource(Layout layout) : layout_(std::make_shared<Layout>(std::move(layout))) {}

  const Schema& schema() const override { return layout_->schema; }
  std::string describe() const override { return layout_->what; }

  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    for (const std::string& name : columns) {
      if (index_of(layout_->schema, name) < layout_->schema.size()) continue;
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} has no column {}", layout_->what, quote(name)));
    }
    return std::make_unique<FilesReader>(layout_, columns);
  }

  std::shared_ptr<const Pieces> pieces(const MayHold& may_hold) const override {
    const bool in_groups = std::ranges::all_of(
        layout_->members, [](const Member& member) { return member.file->in_groups(); });
    if (!in_groups || !layout_->filter.empty()) return nullptr;
    return std::make_shared<FilesPieces>(layout_, may_hold);
  }

  std::optional<int64_t> num_rows() const override {
    if (!layout_->filter.empty()) return {};
    int64_t rows = 0;
    for (const Member& member : layout_->members) {
      const auto known = member.file->num_rows();
      if (!known) return {};
      rows += *known;
    }
    return rows;
  }

  std::optional<int64_t> byte_size(std::span<const std::string> columns) const override {
    if (const auto known = TableSource::byte_size(columns)) return known;
    // Text takes about as much as what it says; compressed, some five times that.
    int64_t bytes = 0;
    for (const Member& member : layout_->members) {
      std::error_code error;
      const auto size = static_cast<int64_t>(std::filesystem::file_size(member.path, error));
      const bool compressed = member.path.ends_with(".gz") || member.path.ends_with(".zst");
      if (!error) bytes += compressed ? size * 5 : size;
    }
    return bytes * static_cast<int64_t>(columns.size()) /
           std::max<int64_t>(static_cast<int64_t>(layout_->schema.size()), 1);
  }

 private:
  std::shared_ptr<const Layout> layout_;
};

}  // namespace

ColumnData constant_column(const Value& value, Type type, int64_t rows) {
  const auto one = ColumnData::of_values(type, std::span(&value, 1)).arrow();
  const auto scalar = value_or_throw(one->GetScalar(0), "making a column");
  auto array = value_or_throw(arrow::MakeArrayFromScalar(*scalar, rows), "making a column");
  return ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(std::move(array)));
}

Table table_of_files(const Paths& paths, FilesOptions options, const OpenDataFile& open) {
  return Table(std::make_shared<FilesSource>(LayoutMaker(paths, std::move(options), open).make()));
}

}  // namespace weft
