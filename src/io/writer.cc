#include "io/writer.h"

#include <arrow/api.h>
#include <arrow/io/compressed.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "io/file_stream.h"
#include "io/input.h"
#include "io/json_text.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr size_t kOpenPartitionsMax = 256;

Overwrite overwrite_of(IfExists if_exists) {
  return if_exists == IfExists::kFail ? Overwrite::kFail : Overwrite::kReplace;
}

// One file with its encoder.
class OutputFile {
 public:
  OutputFile(const std::string& path, Overwrite overwrite, FileOps& ops, const Schema& schema,
             const MakeEncoder& make, Durable durable = Durable::kNow)
      : stream_(std::make_shared<FileStream>(path, overwrite, ops, durable)) {
    guarded([&] { encoder_ = make(stream_, path, schema); });
  }
  void write(const std::shared_ptr<arrow::Table>& rows) {
    guarded([&] { encoder_->write(rows); });
  }
  void commit() {
    guarded([&] { encoder_->finish(); });
    stream_->commit();
  }
  int64_t size() const { return stream_->size(); }

 private:
  template <class F>
  void guarded(F&& call) {
    try {
      call();
    } catch (...) {
      stream_->rethrow();
      throw;
    }
    stream_->rethrow();
  }

  std::shared_ptr<FileStream> stream_;
  std::unique_ptr<FileEncoder> encoder_;
};

// The columns of `schema` out of `table`, widened. Throws Error(kTypeMismatch).
Table conformed(const Table& table, const Schema& schema) {
  if (table.schema() == schema) return table;
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, type] : schema) {
    if (!table.has(name)) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("the rows to be written lack column {}: expected {}; found {}",
                              quote(name), to_string(schema), to_string(table.schema())));
    }
    try {
      columns.emplace_back(name, table.column(name).as(type));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("column {}: {}", quote(name), error.message()));
    }
  }
  if (table.num_columns() > static_cast<int64_t>(schema.size())) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("the rows to be written have other columns: expected {}; found {}",
                            to_string(schema), to_string(table.schema())));
  }
  return Table(std::move(columns));
}

// Shared by both writers: a table in a source comes block by block, and after an error nothing more
// can be written.
class WriterBase : public TableWriter {
 public:
  WriterBase(std::string path, Schema schema) : schema_(std::move(schema)) {
    result_.path = std::move(path);
  }

  void write(const Table& batch) final {
    check_usable();
    failed_ = true;
    if (batch.source()) {
      const auto names = batch.names();
      const auto reader = batch.read(names);
      bool any = false;
      while (const auto rows = reader->next()) {
        any = true;
        write_some(*rows);
      }
      if (!any) conformed(batch.load(), schema_);
    } else {
      write_some(batch);
    }
    failed_ = false;
  }

  WriteResult commit() final {
    check_usable();
    failed_ = true;
    finish();
    return result_;
  }

 protected:
  virtual void write_rows(const Table& rows) = 0;
  virtual void finish() = 0;

  Schema schema_;
  WriteResult result_;

 private:
  void check_usable() const {
    if (!failed_) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the writer of {} has failed or was committed before", result_.path));
  }
  void write_some(const Table& rows) {
    const Table fitting = conformed(rows, schema_);
    write_rows(fitting);
    result_.rows += fitting.num_rows();
  }

  bool failed_ = false;
};

class PlainWriter : public WriterBase {
 public:
  PlainWriter(const std::string& path, const Schema& schema, const WriterOptions& options,
              const MakeEncoder& make)
      : WriterBase(path, schema),
        file_(path, overwrite_of(options.if_exists), *options.ops, schema, make) {}

 protected:
  void write_rows(const Table& rows) override {
    if (rows.num_rows() > 0) file_.write(rows.to_arrow());
  }
  void finish() override {
    file_.commit();
    result_.bytes = file_.size();
    result_.files = {result_.path};
  }

 private:
  OutputFile file_;
};

// The folder names "key=value" of a column's rows, appended to `folders` [rows].
void append_folders(const std::string& key, const arrow::ChunkedArray& values,
                    std::vector<std::string>& folders) {
  const std::string head = fmt::format("/{}=", percent_encoded(key));
  size_t at = 0;
  for (const auto& chunk : values.chunks()) {
    const auto cells = make_cell_writer(*chunk, TextForm::kCsv);
    for (int64_t row = 0; row < chunk->length(); ++row, ++at) {
      std::string text = "__HIVE_DEFAULT_PARTITION__";
      if (!cells->is_null(row)) {
        text.clear();
        cells->append(row, text);
        if (chunk->type_id() == arrow::Type::TIMESTAMP && text.ends_with("T00:00:00Z")) {
          text.resize(text.size() - 10);
        }
        text = percent_encoded(text);
      }
      folders[at] += head + text;
    }
  }
}

// A folder that is to be replaced must hold nothing but what such a write makes.
void check_replaceable(const std::string& folder, const std::string& extension) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return;
  for (const std::string& name : list_folder(folder)) {
    const bool is_folder = name.ends_with('/');
    const std::string path = folder + "/" + name;
    if (is_folder && name.find('=') != name.npos) {
      check_replaceable(path.substr(0, path.size() - 1), extension);
    } else if (is_folder || (extension_of(name) != extension && !name.starts_with('_'))) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("will not replace the folder {}: {} is no part of a partitioned "
                              "table of {} files",
                              folder, path, extension));
    }
  }
}

// The rows of each partition go to a file of their own; with very many partitions the one used
// longest ago is closed, and a later row of it starts a further file.
class PartitionedWriter : public WriterBase {
 public:
  PartitionedWriter(const std::string& path, const Schema& schema, WriterOptions options,
                    MakeEncoder make)
      : WriterBase(path, schema), options_(std::move(options)), make_(std::move(make)) {
    std::vector<std::string> names;
    for (const auto& column : schema) names.push_back(column.name);
    for (const std::string& name : options_.partition_by) {
      const auto column = std::ranges::find(schema, name, &ColumnSchema::name);
      if (column == schema.end()) {
        throw Error(ErrorCode::kNotFound, fmt::format("partition_by: no column {}{}", quote(name),
                                                      did_you_mean(name, names)));
      }
      const Kind kind = column->type->kind;
      if (kind != Kind::kString && kind != Kind::kInt32 && kind != Kind::kInt64 &&
          kind != Kind::kBool && kind != Kind::kTimestamp) {
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("partition_by: column {} of type {} cannot name folders",
                                quote(name), column->type->name));
      }
    }
    for (const auto& column : schema) {
      if (std::ranges::count(options_.partition_by, column.name) == 0) kept_.push_back(column);
    }
    if (kept_.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "partition_by names every column of the table");
    }
    if (options_.if_exists == IfExists::kReplace) check_replaceable(path, options_.extension);
    folder_.emplace(path, overwrite_of(options_.if_exists), *options_.ops);
  }

 protected:
  void write_rows(const Table& rows) override {
    std::map<std::string, std::vector<int64_t>> parts;
    std::vector<std::string> folders(static_cast<size_t>(rows.num_rows()));
    for (const std::string& name : options_.partition_by) {
      append_folders(name, *rows.column(name).arrow(), folders);
    }
    for (size_t i = 0; i < folders.size(); ++i) {
      parts[folders[i]].push_back(static_cast<int64_t>(i));
    }
    std::vector<std::string> names;
    for (const auto& column : kept_) names.push_back(column.name);
    const Table values = rows.select(names);
    for (const auto& [folder, numbers] : parts) {
      const bool all = static_cast<int64_t>(numbers.size()) == rows.num_rows();
      file_of(folder).write((all ? values : values.take(numbers)).to_arrow());
    }
  }

  void finish() override {
    while (!open_.empty()) close(open_.begin()->first);
    folder_->commit();
    std::ranges::sort(result_.files);
  }

 private:
  struct Open {
    std::unique_ptr<OutputFile> file;
    uint64_t used = 0;
  };

  OutputFile& file_of(const std::string& folder) {
    auto found = open_.find(folder);
    if (found == open_.end()) {
      if (open_.size() >= kOpenPartitionsMax) {
        close(std::ranges::min_element(open_, {}, [](const auto& o) {
                return o.second.used;
              })->first);
      }
      const std::string place = folder_->staging() + folder;
      std::error_code error;
      fs::create_directories(place, error);
      if (error) throw file_error("write", result_.path + folder, error.value());
      const std::string name =
          fmt::format("{}/part-{}{}", folder, files_of_[folder]++, options_.extension);
      result_.files.push_back(result_.path + name);
      auto file = std::make_unique<OutputFile>(folder_->staging() + name, Overwrite::kFail,
                                               *options_.ops, kept_, make_, Durable::kLater);
      found = open_.emplace(folder, Open{std::move(file)}).first;
    }
    found->second.used = ++clock_;
    return *found->second.file;
  }

  void close(const std::string& folder) {
    const auto found = open_.find(folder);
    found->second.file->commit();
    result_.bytes += found->second.file->size();
    open_.erase(found);
  }

  WriterOptions options_;
  MakeEncoder make_;
  Schema kept_;
  std::optional<AtomicFolder> folder_;
  std::map<std::string, Open> open_;
  std::map<std::string, int> files_of_;
  uint64_t clock_ = 0;
};

template <class Options>
WriterOptions common(const Options& options, std::string extension) {
  return {.extension = std::move(extension),
          .partition_by = options.partition_by,
          .if_exists = options.if_exists};
}

template <class Options>
WriteResult write_all(const Table& table, const std::string& path, const Options& options) {
  const auto writer = open_writer(path, table.schema(), options);
  writer->write(table);
  return writer->commit();
}

}  // namespace

std::unique_ptr<TableWriter> make_writer(const std::string& path, const Schema& schema,
                                         WriterOptions options, MakeEncoder make_encoder) {
  if (schema.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cannot write {}: the table has no columns", path));
  }
  for (const auto& column : schema) type_to_arrow(column.type);
  if (!options.partition_by.empty()) {
    return std::make_unique<PartitionedWriter>(path, schema, std::move(options),
                                               std::move(make_encoder));
  }
  return std::make_unique<PlainWriter>(path, schema, options, make_encoder);
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f ||
        std::string_view("\"#%'*/:=?\\{}[]^|<>").find(c) != std::string_view::npos) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::shared_ptr<arrow::Schema> schema_to_arrow(const Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& [name, type] : schema) fields.push_back(arrow::field(name, type_to_arrow(type)));
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::io::OutputStream> compressed(std::shared_ptr<arrow::io::OutputStream> out,
                                                    const std::string& path) {
  using Codecs = arrow::Compression;
  const std::pair<std::string_view, Codecs::type> suffixes[] = {{".gz", Codecs::GZIP},
                                                                {".zst", Codecs::ZSTD},
                                                                {".bz2", Codecs::BZ2},
                                                                {".lz4", Codecs::LZ4_FRAME}};
  for (const auto& [suffix, type] : suffixes) {
    if (!path.ends_with(suffix)) continue;
    const auto codec = value_or_throw(arrow::util::Codec::Create(type), "writing " + path);
    return value_or_throw(arrow::io::CompressedOutputStream::Make(codec.get(), std::move(out)),
                          "writing " + path);
  }
  return out;
}

std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const ParquetWriteOptions& options) {
  return make_writer(path, schema, common(options, ".parquet"), parquet_encoder(options));
}
std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const CsvWriteOptions& options) {
  return make_writer(path, schema, common(options, ".csv"), csv_encoder(options));
}
std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const IpcWriteOptions& options) {
  return make_writer(path, schema, common(options, ".arrow"), ipc_encoder(options));
}
std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const JsonWriteOptions& options) {
  return make_writer(path, schema, common(options, ".jsonl"), json_encoder(options));
}

WriteResult write_parquet(const Table& table, const std::string& path,
                          const ParquetWriteOptions& options) {
  return write_all(table, path, options);
}
WriteResult write_csv(const Table& table, const std::string& path, const CsvWriteOptions& options) {
  return write_all(table, path, options);
}
WriteResult write_ipc(const Table& table, const std::string& path, const IpcWriteOptions& options) {
  return write_all(table, path, options);
}
WriteResult write_json(const Table& table, const std::string& path,
                       const JsonWriteOptions& options) {
  return write_all(table, path, options);
}

}  // namespace weft
