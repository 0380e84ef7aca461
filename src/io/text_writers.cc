#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include <algorithm>

#include "data/arrow.h"
#include "io/ahead.h"
#include "io/json_text.h"
#include "io/writer.h"

namespace weft {
namespace {

constexpr int64_t kSliceRows = 16384;

// The text of a slice of rows.
using FormatRows = std::function<std::string(const arrow::RecordBatch&)>;

// Slices become text on several threads and are written in order.
class TextEncoder : public FileEncoder {
 public:
  TextEncoder(std::shared_ptr<arrow::io::OutputStream> out, const std::string& path,
              const std::string& head, FormatRows format)
      : doing_("writing " + path),
        out_(compressed(std::move(out), path)),
        format_(std::move(format)) {
    put(head);
  }

  void write(const std::shared_ptr<arrow::Table>& rows) override {
    arrow::TableBatchReader batches(*rows);
    batches.set_chunksize(kSliceRows);
    Ahead<std::string> texts;
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      throw_if_failed(batches.ReadNext(&batch), doing_);
      while (texts.full() || (!batch && !texts.empty())) put(texts.take());
      if (batch) texts.start([format = format_, batch, rows] { return format(*batch); });
    } while (batch);
  }

  void finish() override { throw_if_failed(out_->Close(), doing_); }

 private:
  void put(const std::string& text) {
    throw_if_failed(out_->Write(text.data(), static_cast<int64_t>(text.size())), doing_);
  }

  std::string doing_;
  std::shared_ptr<arrow::io::OutputStream> out_;
  FormatRows format_;
};

// How one column's cells are quoted.
class CsvCells {
 public:
  CsvCells(const arrow::Array& array, const CsvWriteOptions& options)
      : options_(options),
        cells_(make_cell_writer(array, TextForm::kCsv)),
        text_(array.type_id() == arrow::Type::STRING),
        nested_(array.type()->num_fields() > 0) {}

  void append(int64_t row, std::string& out) const {
    if (cells_->is_null(row)) {
      out += options_.null_text;
      return;
    }
    const size_t from = out.size();
    cells_->append(row, out);
    if ((text_ || nested_) && must_quote(std::string_view(out).substr(from))) quote_from(from, out);
  }

 private:
  bool must_quote(std::string_view cell) const {
    if (nested_) return true;
    // What a reader takes for null, for a comment or for padding.
    if (cell.empty() || cell == options_.null_text || cell == "NA" || cell == "null" ||
        cell == "NULL" || cell.front() == ' ' || cell.back() == ' ' || cell.front() == '#') {
      return true;
    }
    return std::ranges::any_of(cell, [&](char c) {
      return c == options_.delimiter || c == '"' || c == '\n' || c == '\r';
    });
  }

  static void quote_from(size_t from, std::string& out) {
    const std::string cell = out.substr(from);
    out.resize(from);
    out += '"';
    for (const char c : cell) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }

  const CsvWriteOptions& options_;
  std::unique_ptr<CellWriter> cells_;
  bool text_;
  bool nested_;
};

std::string csv_rows(const arrow::RecordBatch& batch, const CsvWriteOptions& options) {
  std::vector<CsvCells> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (const auto& array : batch.columns()) columns.emplace_back(*array, options);
  std::string out;
  out.reserve(static_cast<size_t>(batch.num_rows()) * columns.size() * 12);
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += options.delimiter;
      columns[i].append(row, out);
    }
    out += '\n';
  }
  return out;
}

std::string csv_header(const Schema& schema, const CsvWriteOptions& options) {
  if (!options.header) return "";
  arrow::StringBuilder names;
  for (const auto& column : schema) throw_if_failed(names.Append(column.name), "writing CSV");
  const auto array = value_or_throw(names.Finish(), "writing CSV");
  const CsvCells cells(*array, options);
  std::string out;
  for (int64_t i = 0; i < array->length(); ++i) {
    if (i > 0) out += options.delimiter;
    cells.append(i, out);
  }
  return out + "\n";
}

std::string json_rows(const arrow::RecordBatch& batch) {
  std::vector<std::unique_ptr<CellWriter>> columns;
  std::vector<std::string> names;
  for (int i = 0; i < batch.num_columns(); ++i) {
    columns.push_back(make_cell_writer(*batch.column(i), TextForm::kJson));
    append_json_text(batch.column_name(i), names.emplace_back());
    names.back() += ':';
  }
  std::string out;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    out += '{';
    bool first = true;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i]->is_null(row)) continue;
      if (!first) out += ',';
      first = false;
      out += names[i];
      columns[i]->append(row, out);
    }
    out += "}\n";
  }
  return out;
}

}  // namespace

MakeEncoder csv_encoder(const CsvWriteOptions& options) {
  const char d = options.delimiter;
  if (d == '"' || d == '\n' || d == '\r' || d == '\0') {
    throw Error(ErrorCode::kInvalidArgument, "a quote or line end cannot be the CSV delimiter");
  }
  if (options.null_text.find_first_of(std::string{d, '"', '\n', '\r'}) != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                "null_text must not hold the delimiter, a quote or a line end");
  }
  return [options](std::shared_ptr<arrow::io::OutputStream> out, const std::string& path,
                   const Schema& schema) {
    // Shared, because tasks may outlive the encoder.
    const auto shared = std::make_shared<const CsvWriteOptions>(options);
    return std::make_unique<TextEncoder>(
        std::move(out), path, csv_header(schema, options),
        [shared](const arrow::RecordBatch& batch) { return csv_rows(batch, *shared); });
  };
}

MakeEncoder json_encoder(const JsonWriteOptions&) {
  return [](std::shared_ptr<arrow::io::OutputStream> out, const std::string& path, const Schema&) {
    return std::make_unique<TextEncoder>(std::move(out), path, "", json_rows);
  };
}

}  // namespace weft
