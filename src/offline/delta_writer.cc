#include "offline/delta_writer.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/thread_pool.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "io/file_stream.h"
#include "io/source.h"
#include "io/writer.h"
#include "offline/delta_statistics.h"
#include "weft/table_ops.h"

namespace weft::delta {
namespace {

// Rows in memory take about this much more than in a file.
constexpr int64_t kMemoryFactor = 4;
// Of partitions together, in files' worth.
constexpr int64_t kBufferedFiles = 4;

// In file names, as other writers put it.
const char* codec_name(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "";
    case Compression::kZstd:
      return ".zstd";
    case Compression::kLz4:
      return ".lz4raw";
    case Compression::kSnappy:
      return ".snappy";
    case Compression::kGzip:
      return ".gz";
  }
  return "";
}

std::string partition_folder(const WriteLayout& layout, const PartitionTexts& values) {
  std::string folder;
  for (const std::string& name : layout.partition_columns) {
    const auto& value = values.at(name);
    folder += fmt::format("{}={}/", percent_encoded(name),
                          value ? percent_encoded(*value) : "__HIVE_DEFAULT_PARTITION__");
  }
  return folder;
}

// What the data files hold: everything but partition columns and what Weft has no type for.
std::vector<Column> file_columns(const WriteLayout& layout) {
  std::vector<Column> out;
  for (const Column& column : layout.schema.columns()) {
    const bool partition = std::ranges::count(layout.partition_columns, column.name) > 0;
    if (column.weft && !partition) out.push_back(column);
  }
  return out;
}

std::shared_ptr<parquet::WriterProperties> properties_of(const WriteLayout& layout,
                                                         const std::vector<Column>& columns) {
  parquet::WriterProperties::Builder properties;
  properties.compression(codec_of(layout.options.compression));
  if (layout.options.compression == Compression::kZstd) properties.compression_level(1);
  properties.max_row_group_length(layout.options.row_group_rows);
  for (const Column& column : columns) {
    const auto id = column.stored->id();
    const bool clustered = std::ranges::count(layout.cluster_columns, column.name) > 0;
    const bool whole =
        id == arrow::Type::INT32 || id == arrow::Type::INT64 || id == arrow::Type::TIMESTAMP;
    if (clustered && whole) {
      // Sorted numbers differ little from one to the next.
      properties.disable_dictionary(column.name);
      properties.encoding(column.name, parquet::Encoding::DELTA_BINARY_PACKED);
    } else if (id == arrow::Type::FLOAT || id == arrow::Type::DOUBLE) {
      // Measured numbers hardly repeat: a dictionary of them costs more than it saves.
      properties.disable_dictionary(column.name);
    }
  }
  return properties.build();
}

std::shared_ptr<arrow::Table> stored_rows(const std::vector<Column>& columns, const Table& rows) {
  arrow::FieldVector fields;
  arrow::ChunkedArrayVector values;
  for (const Column& column : columns) {
    fields.push_back(arrow::field(column.name, column.stored, column.nullable));
    values.push_back(to_stored(column, rows.column(column.name)));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(values), rows.num_rows());
}

std::string statistics_of(const WriteLayout& layout, const std::vector<Column>& columns,
                          const arrow::Table& stored) {
  std::vector<Column> indexed;
  std::vector<int> numbers;
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool clustered = std::ranges::count(layout.cluster_columns, columns[i].name) > 0;
    const bool first =
        layout.indexed_columns < 0 || static_cast<int64_t>(i) < layout.indexed_columns;
    if (!clustered && !first) continue;
    indexed.push_back(columns[i]);
    numbers.push_back(static_cast<int>(i));
  }
  StatisticsCollector statistics(std::move(indexed));
  statistics.add(*value_or_throw(stored.SelectColumns(numbers), "gathering statistics"));
  return statistics.to_text();
}

// Numbers of groups: rows that have the same value in all columns have the same one.
struct Groups {
  std::vector<int64_t> of_rows;
  std::vector<PartitionTexts> values;  // [groups]
};

Groups group_rows(const WriteLayout& layout, const Table& rows) {
  Groups groups;
  groups.of_rows.assign(static_cast<size_t>(rows.num_rows()), 0);
  groups.values.emplace_back();
  for (const std::string& name : layout.partition_columns) {
    const Column& column = *layout.schema.find(name);
    const auto& chunks = *rows.column(name).arrow();
    const auto flat = value_or_throw(arrow::Concatenate(chunks.chunks()), "splitting rows");
    const auto encoded =
        value_or_throw(arrow::compute::DictionaryEncode(flat), "splitting rows").make_array();
    const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*encoded);
    const auto values = weft::column_of(
        column.weft, std::make_shared<arrow::ChunkedArray>(dictionary.dictionary()));
    std::map<std::pair<int64_t, int64_t>, int64_t> numbers;  // former group and value -> group
    std::vector<PartitionTexts> next;
    for (size_t row = 0; row < groups.of_rows.size(); ++row) {
      const auto i = static_cast<int64_t>(row);
      const int64_t code = dictionary.IsNull(i) ? -1 : dictionary.GetValueIndex(i);
      int64_t& group = groups.of_rows[row];
      const auto [found, is_new] =
          numbers.try_emplace({group, code}, static_cast<int64_t>(next.size()));
      if (is_new) {
        next.push_back(groups.values[static_cast<size_t>(group)]);
        next.back()[name] = code < 0 ? std::nullopt : partition_text(column, values.at(code));
      }
      group = found->second;
    }
    groups.values = std::move(next);
  }
  return groups;
}

}  // namespace

FileOps& files_of(const DeltaOptions& options) {
  return options.files ? *options.files : FileOps::local();
}

int64_t now_ms(const DeltaOptions& options) {
  return std::chrono::floor<std::chrono::milliseconds>(options.clock->now())
      .time_since_epoch()
      .count();
}

WriteLayout layout_of(const std::string& table, const Snapshot& snapshot,
                      const DeltaOptions& options) {
  WriteLayout layout{.table = table,
                     .schema = snapshot.schema,
                     .partition_columns = snapshot.metadata.partition_columns,
                     .cluster_columns = {},
                     .indexed_columns = 32,
                     .options = options};
  for (const std::string& name : snapshot.cluster_columns()) {
    if (layout.schema.find(name)) layout.cluster_columns.push_back(name);
  }
  const auto& configuration = snapshot.metadata.configuration;
  if (const auto found = configuration.find("delta.dataSkippingNumIndexedCols");
      found != configuration.end()) {
    layout.indexed_columns = std::atoll(found->second.c_str());
  }
  return layout;
}

DataWriter::DataWriter(WriteLayout layout, bool one_file)
    : layout_(std::move(layout)), one_file_(one_file) {}

DataWriter::~DataWriter() {
  if (release_) return;
  for (const std::string& path : made_) files_of(layout_.options).remove(path);
}

void DataWriter::write(const Table& rows) {
  if (rows.num_rows() == 0) return;
  rows_ += rows.num_rows();
  if (layout_.partition_columns.empty()) return add_block({}, rows);
  const Groups groups = group_rows(layout_, rows);
  if (groups.values.size() == 1) return add_block(groups.values[0], rows);
  std::vector<std::vector<int64_t>> members(groups.values.size());
  for (size_t row = 0; row < groups.of_rows.size(); ++row) {
    members[static_cast<size_t>(groups.of_rows[row])].push_back(static_cast<int64_t>(row));
  }
  for (size_t group = 0; group < members.size(); ++group) {
    add_block(groups.values[group], rows.take(members[group]));
  }
}

void DataWriter::add_block(const PartitionTexts& values, const Table& rows) {
  Part& part = parts_[values];
  part.values = values;
  const int64_t bytes =
      value_or_throw(arrow::util::ReferencedBufferSize(*rows.to_arrow()), "measuring rows");
  part.blocks.push_back(rows);
  part.bytes += bytes;
  buffered_ += bytes;
  const int64_t file_bytes = layout_.options.file_bytes * kMemoryFactor;
  if (one_file_) return;
  if (part.bytes >= file_bytes) flush(part);
  while (buffered_ > file_bytes * kBufferedFiles) {
    flush(
        std::ranges::max_element(parts_, {}, [](const auto& p) { return p.second.bytes; })->second);
  }
}

void DataWriter::flush(Part& part) {
  if (part.blocks.empty()) return;
  buffered_ -= part.bytes;
  part.bytes = 0;
  Table rows = Table::concat(part.blocks);
  part.blocks.clear();
  if (!layout_.cluster_columns.empty()) {
    std::vector<SortKey> keys;
    for (const std::string& name : layout_.cluster_columns) keys.push_back({name, ascending});
    rows = sort_by(rows, keys);
  }
  // What comes in one large block is cut to files of the wanted size.
  const int64_t bytes =
      value_or_throw(arrow::util::ReferencedBufferSize(*rows.to_arrow()), "measuring rows");
  const int64_t file_bytes = layout_.options.file_bytes * kMemoryFactor;
  const int64_t files = one_file_ ? 1 : std::clamp<int64_t>(bytes / file_bytes, 1, rows.num_rows());
  const int64_t each = (rows.num_rows() + files - 1) / files;
  for (int64_t from = 0; from < rows.num_rows(); from += each) {
    write_file(part, files == 1 ? rows : rows.slice(from, each));
  }
}

void DataWriter::make_folders(const std::string& path) {
  FileOps& ops = files_of(layout_.options);
  std::string at = layout_.table;
  for (size_t from = 0; (from = path.find('/', from)) != path.npos; ++from) {
    const std::string folder = layout_.table + "/" + path.substr(0, from);
    const int status = ops.make_folder(folder);
    if (status != 0 && status != EEXIST) throw file_error("make", folder, status);
    if (status == 0) {
      if (const int synced = ops.sync_folder(at)) throw file_error("make sure of", at, synced);
    }
    at = folder;
  }
}

void DataWriter::write_file(const Part& part, const Table& rows) {
  const std::string relative =
      fmt::format("{}part-{:05}-{}-c000{}.parquet", partition_folder(layout_, part.values),
                  files_.size(), make_uuid(), codec_name(layout_.options.compression));
  make_folders(relative);
  const std::string path = layout_.table + "/" + relative;
  const std::vector<Column> columns = file_columns(layout_);
  const auto stored = stored_rows(columns, rows);
  const auto stream = std::make_shared<FileStream>(path, Overwrite::kFail,
                                                   files_of(layout_.options), Durable::kNow);
  made_.push_back(path);
  const std::string doing = "writing " + path;
  try {
    const auto writer = value_or_throw(
        parquet::arrow::FileWriter::Open(
            *stored->schema(), arrow::default_memory_pool(), stream,
            properties_of(layout_, columns),
            parquet::ArrowWriterProperties::Builder()
                .set_use_threads(!arrow::internal::GetCpuThreadPool()->OwnsThisThread())
                ->build()),
        doing);
    throw_if_failed(writer->WriteTable(*stored, layout_.options.row_group_rows), doing);
    throw_if_failed(writer->Close(), doing);
  } catch (...) {
    stream->rethrow();
    throw;
  }
  stream->commit();
  AddFile file{.path = relative,
               .partition = part.values,
               .size = stream->size(),
               .modified_ms = now_ms(layout_.options),
               .data_change = true,
               .stats = statistics_of(layout_, columns, *stored),
               .tags = {}};
  if (!layout_.cluster_columns.empty()) {
    file.tags[kSortedTag] = fmt::format("{}", fmt::join(layout_.cluster_columns, ","));
  }
  bytes_ += file.size;
  files_.push_back(std::make_shared<const AddFile>(std::move(file)));
}

AddFiles DataWriter::finish() {
  for (auto& [values, part] : parts_) flush(part);
  return files_;
}

// ---- columns
// -------------------------------------------------------------------------------------

namespace {

Error wrong_columns(const std::string& table, const std::string& problem, const Schema& expected,
                    const Schema& found) {
  return Error(ErrorCode::kTypeMismatch,
               fmt::format("the table {}: {}; expected {}; found {}", table, problem,
                           to_string(expected), to_string(found)));
}

// The same layout under the type that the table knows it by: structs have other names in C++.
ColumnData as_column(const ColumnData& data, const Column& column, const std::string& table) {
  if (data.type() == column.weft) return data;
  const ColumnData plain = ColumnData::from_arrow(data.arrow(), column.name);
  if (widens(plain.type(), column.weft)) return plain.as(column.weft);
  const bool narrower = widens(column.weft, plain.type());
  throw Error(
      ErrorCode::kTypeMismatch,
      fmt::format("the table {}: column {} is {}, and the rows have {}{}", table,
                  quote(column.name), column.weft->name, plain.type()->name,
                  narrower ? "; version 1 of the Delta protocol has no way to widen a column of a "
                             "table: convert the rows, or write a new table"
                           : ""));
}

}  // namespace

TableSchema grown(const TableSchema& schema, const Schema& rows, const Conform& how,
                  const std::string& table) {
  TableSchema out = schema;
  for (const ColumnSchema& column : rows) {
    if (schema.find(column.name)) continue;
    if (!how.grow_schema) {
      std::vector<std::string> known;
      for (const Column& one : schema.columns()) known.push_back(one.name);
      throw wrong_columns(table,
                          fmt::format("the rows have a column {} that it has not{}; with "
                                      "grow_schema it is added",
                                      quote(column.name), did_you_mean(column.name, known)),
                          schema.readable(), rows);
    }
    out.add(column_of(column));
  }
  check_names(out, schema.columns().size());
  return out;
}

Table conformed(const Table& rows, const TableSchema& schema, const Conform& how,
                const std::string& table) {
  std::vector<std::pair<std::string, ColumnData>> out;
  for (const Column& column : schema.columns()) {
    if (!column.weft) {
      if (column.nullable) continue;
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("the table {}: column {} has the type {}, which Weft has not, and "
                              "cannot be null",
                              table, quote(column.name), column.type.dump()));
    }
    const std::string day_of = column.day_of();
    if (!day_of.empty() && rows.has(day_of)) {
      out.emplace_back(column.name, days_of(rows.column(day_of).as(timestamp_type())));
    } else if (rows.has(column.name)) {
      out.emplace_back(column.name, as_column(rows.column(column.name), column, table));
    } else if (how.fill_missing) {
      out.emplace_back(column.name,
                       constant_column(Value::null(column.weft), column.weft, rows.num_rows()));
    } else {
      throw wrong_columns(table,
                          fmt::format("the rows lack its column {}; with fill_missing it is null",
                                      quote(column.name)),
                          schema.readable(), rows.schema());
    }
    if (!column.nullable && out.back().second.null_count() > 0) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("the table {}: column {} has no nulls, and the rows have {}", table,
                              quote(column.name), out.back().second.null_count()));
    }
  }
  return Table(std::move(out));
}

}  // namespace weft::delta
