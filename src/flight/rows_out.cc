#include "flight/rows_out.h"

#include <arrow/api.h>

#include <algorithm>

#include "data/arrow.h"
#include "flight/status.h"
#include "io/writer.h"

namespace weft {
namespace {

constexpr char kWriting[] = "writing the rows of the answer";
// So that no batch of numbers is larger than 8 MiB: gRPC holds two or three at a time.
constexpr int64_t kCellsMax = 1 << 20;
constexpr int64_t kRowsMin = 64;

class RowsOut final : public arrow::RecordBatchReader {
 public:
  RowsOut(const Table& table, int64_t batch_rows, std::function<void()> check)
      : check_(std::move(check)),
        batch_rows_(std::clamp(kCellsMax / std::max<int64_t>(table.num_columns(), 1),
                               std::min(kRowsMin, batch_rows), batch_rows)),
        schema_(schema_to_arrow(table.schema())),
        reader_(table.read(table.names(), batch_rows_)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    return answered([&] {
      *out = next();
      return arrow::Status::OK();
    });
  }

 private:
  std::shared_ptr<arrow::RecordBatch> next() {
    check_();
    while (true) {
      if (batches_) {
        const auto batch = value_or_throw(batches_->Next(), kWriting);
        if (batch) return arrow::RecordBatch::Make(schema_, batch->num_rows(), batch->columns());
        batches_.reset();
      }
      const auto rows = reader_->next();
      if (!rows) return nullptr;
      block_ = rows->to_arrow();
      batches_ = std::make_unique<arrow::TableBatchReader>(*block_);
      batches_->set_chunksize(batch_rows_);
    }
  }

  const std::function<void()> check_;
  const int64_t batch_rows_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::unique_ptr<BatchReader> reader_;
  std::shared_ptr<arrow::Table> block_;
  std::unique_ptr<arrow::TableBatchReader> batches_;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> rows_out(const Table& table, int64_t batch_rows,
                                                   std::function<void()> check) {
  return std::make_shared<RowsOut>(table, batch_rows, std::move(check));
}

}  // namespace weft
