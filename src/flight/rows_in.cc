#include "flight/rows_in.h"

#include <arrow/api.h>
#include <arrow/util/align_util.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include "data/arrow.h"
#include "io/spill.h"

namespace weft {
namespace {

constexpr char kReading[] = "reading the rows of the request";

using Batch = std::shared_ptr<arrow::RecordBatch>;

// The batches that come, each checked as what comes from outside has to be.
class Incoming {
 public:
  Incoming(const arrow::flight::ServerCallContext& context,
           arrow::flight::FlightMessageReader& reader, const RowsInLimits& limits)
      : context_(context), reader_(reader), limits_(limits) {
    auto schema = reader.GetSchema();
    if (!schema.ok()) {
      fail_if_cancelled();
      throw Error(ErrorCode::kInvalidArgument,
                  "no rows came with the request, not even a schema: " + schema.status().message());
    }
    schema_ = *schema;
    schema_from_arrow(*schema_);  // says which column is of a type that we do not have
  }

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int64_t bytes() const { return bytes_; }

  // Null at the end.
  Batch next() {
    while (true) {
      fail_if_cancelled();
      auto chunk = reader_.Next();
      if (!chunk.ok()) fail_if_cancelled();
      const auto given = value_or_throw(std::move(chunk), kReading);
      if (!given.data && given.app_metadata) continue;
      if (!given.data) return nullptr;
      if (const arrow::Status valid = given.data->ValidateFull(); !valid.ok()) {
        throw Error(ErrorCode::kBadData, std::string(kReading) + ": " + valid.message());
      }
      if (given.data->num_rows() == 0) continue;
      bytes_ += arrow::util::TotalBufferSize(*given.data);
      if (bytes_ > limits_.bytes_max) {
        throw Error(ErrorCode::kResourceLimit,
                    fmt::format("the rows of the request take more than {} bytes ({}): send them "
                                "in parts",
                                limits_.bytes_max, limits_.option));
      }
      // They lie in the message as it came from the network, wherever that put them.
      return value_or_throw(arrow::util::EnsureAlignment(given.data, arrow::util::kValueAlignment,
                                                         arrow::default_memory_pool()),
                            kReading);
    }
  }

 private:
  void fail_if_cancelled() const {
    if (context_.is_cancelled()) throw Error(ErrorCode::kCancelled, "the client went away");
  }

  const arrow::flight::ServerCallContext& context_;
  arrow::flight::FlightMessageReader& reader_;
  const RowsInLimits limits_;
  std::shared_ptr<arrow::Schema> schema_;
  int64_t bytes_ = 0;
};

Table table_of(const std::shared_ptr<arrow::Schema>& schema, std::vector<Batch> batches) {
  return Table::from_arrow(
      value_or_throw(arrow::Table::FromRecordBatches(schema, std::move(batches)), kReading));
}

// What has come, then what still comes. Is read once, by spill().
class OnceSource final : public TableSource {
 public:
  OnceSource(Incoming& incoming, std::vector<Batch> first)
      : incoming_(incoming),
        first_(std::move(first)),
        schema_(schema_from_arrow(*incoming.schema())) {}

  const Schema& schema() const override { return schema_; }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return std::make_unique<Reader>(*this, columns);
  }
  std::string describe() const override { return "the rows of a request"; }

 private:
  class Reader final : public BatchReader {
   public:
    Reader(const OnceSource& source, std::span<const std::string> columns)
        : source_(source), columns_(columns.begin(), columns.end()) {}
    std::optional<Table> next() override {
      Batch batch =
          at_ < source_.first_.size() ? std::move(source_.first_[at_++]) : source_.incoming_.next();
      if (!batch) return {};
      return table_of(source_.incoming_.schema(), {std::move(batch)}).select(columns_);
    }

   private:
    const OnceSource& source_;
    const std::vector<std::string> columns_;
    size_t at_ = 0;
  };

  Incoming& incoming_;
  mutable std::vector<Batch> first_;  // let go of as they are read
  const Schema schema_;
};

}  // namespace

Table rows_in(const arrow::flight::ServerCallContext& context,
              arrow::flight::FlightMessageReader& reader, const RowsInLimits& limits) {
  Incoming incoming(context, reader, limits);
  std::vector<Batch> batches;
  while (incoming.bytes() <= limits.memory_max) {
    Batch batch = incoming.next();
    if (!batch) return table_of(incoming.schema(), std::move(batches));
    batches.push_back(std::move(batch));
  }
  return spill(Table(std::make_shared<OnceSource>(incoming, std::move(batches))));
}

}  // namespace weft
