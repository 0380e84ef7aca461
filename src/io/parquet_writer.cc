#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/thread_pool.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "data/arrow.h"
#include "io/writer.h"

namespace weft {
namespace {

class ParquetEncoder : public FileEncoder {
 public:
  ParquetEncoder(std::shared_ptr<arrow::io::OutputStream> out, const std::string& path,
                 const Schema& schema, const ParquetWriteOptions& options)
      : doing_("writing " + path), group_rows_(options.row_group_rows) {
    parquet::WriterProperties::Builder properties;
    properties.compression(codec_of(options.compression));
    if (options.compression == Compression::kZstd || options.compression == Compression::kGzip) {
      properties.compression_level(options.compression_level);
    }
    properties.max_row_group_length(group_rows_);
    // Measured numbers hardly repeat: a dictionary of them costs more time than it saves bytes.
    for (const auto& [name, type] : schema) {
      if (type == double_type() || type == float_type()) properties.disable_dictionary(name);
    }
    parquet::ArrowWriterProperties::Builder arrow_properties;
    // The Arrow schema beside Parquet's keeps types that Parquet has not, such as durations.
    arrow_properties.store_schema();
    arrow_properties.set_use_threads(!arrow::internal::GetCpuThreadPool()->OwnsThisThread());
    writer_ = value_or_throw(parquet::arrow::FileWriter::Open(
                                 *schema_to_arrow(schema), arrow::default_memory_pool(),
                                 std::move(out), properties.build(), arrow_properties.build()),
                             doing_);
  }

  void write(const std::shared_ptr<arrow::Table>& rows) override {
    arrow::TableBatchReader batches(*rows);
    batches.set_chunksize(group_rows_);
    std::shared_ptr<arrow::RecordBatch> batch;
    while (true) {
      throw_if_failed(batches.ReadNext(&batch), doing_);
      if (!batch) return;
      throw_if_failed(writer_->WriteRecordBatch(*batch), doing_);
    }
  }

  void finish() override { throw_if_failed(writer_->Close(), doing_); }

 private:
  std::string doing_;
  int64_t group_rows_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

arrow::Compression::type codec_of(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return arrow::Compression::UNCOMPRESSED;
    case Compression::kZstd:
      return arrow::Compression::ZSTD;
    case Compression::kLz4:
      return arrow::Compression::LZ4;
    case Compression::kSnappy:
      return arrow::Compression::SNAPPY;
    case Compression::kGzip:
      return arrow::Compression::GZIP;
  }
  return arrow::Compression::UNCOMPRESSED;
}

MakeEncoder parquet_encoder(const ParquetWriteOptions& options) {
  if (options.row_group_rows < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("row_group_rows is {}, expected at least 1", options.row_group_rows));
  }
  return [options](std::shared_ptr<arrow::io::OutputStream> out, const std::string& path,
                   const Schema& schema) {
    return std::make_unique<ParquetEncoder>(std::move(out), path, schema, options);
  };
}

}  // namespace weft
