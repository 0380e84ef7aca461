/// What the server answers, call by call.
#pragma once

#include <arrow/flight/server.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "flight/command.h"
#include "server/access.h"
#include "weft/flight_server.h"

namespace weft {

/// Thread-safe: gRPC calls it from many threads.
class FlightService final : public arrow::flight::FlightServerBase {
 public:
  FlightService(std::shared_ptr<FeatureStore> store, FlightOptions options);

  void set_access(std::shared_ptr<const AccessList> access);  ///< null: everybody may do everything

  using Context = arrow::flight::ServerCallContext;
  using Status = arrow::Status;
  Status ListFlights(const Context& context, const arrow::flight::Criteria* criteria,
                     std::unique_ptr<arrow::flight::FlightListing>* listings) override;
  Status GetFlightInfo(const Context& context, const arrow::flight::FlightDescriptor& request,
                       std::unique_ptr<arrow::flight::FlightInfo>* info) override;
  Status GetSchema(const Context& context, const arrow::flight::FlightDescriptor& request,
                   std::unique_ptr<arrow::flight::SchemaResult>* schema) override;
  Status DoGet(const Context& context, const arrow::flight::Ticket& request,
               std::unique_ptr<arrow::flight::FlightDataStream>* stream) override;
  Status DoPut(const Context& context, std::unique_ptr<arrow::flight::FlightMessageReader> reader,
               std::unique_ptr<arrow::flight::FlightMetadataWriter> writer) override;
  Status DoExchange(const Context& context,
                    std::unique_ptr<arrow::flight::FlightMessageReader> reader,
                    std::unique_ptr<arrow::flight::FlightMessageWriter> writer) override;
  Status DoAction(const Context& context, const arrow::flight::Action& action,
                  std::unique_ptr<arrow::flight::ResultStream>* result) override;
  Status ListActions(const Context& context,
                     std::vector<arrow::flight::ActionType>* actions) override;

 private:
  class Turn;
  Status admitted(const Context& context, AccessScope scope) const;
  arrow::Result<std::shared_ptr<Turn>> turn();
  void refresh() const;
  PointInTimeOptions join_options(const HistoryCommand& command) const;
  std::shared_ptr<arrow::Schema> schema_of(const HistoryCommand& command) const;
  arrow::flight::FlightInfo info_of(const HistoryCommand& command,
                                    const arrow::flight::FlightDescriptor& descriptor) const;
  void exchange(const Context& context, arrow::flight::FlightMessageReader& reader,
                arrow::flight::FlightMessageWriter& writer);

  const std::shared_ptr<FeatureStore> store_;
  const FlightOptions options_;
  const std::shared_ptr<std::atomic<int64_t>> under_way_;  // outlives what is still read
  mutable std::mutex mutex_;
  std::shared_ptr<const AccessList> access_;
};

}  // namespace weft
