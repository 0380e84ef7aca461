#include "flight/flight_service.h"

#include <arrow/api.h>
#include <arrow/flight/types.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "flight/rows_in.h"
#include "flight/rows_out.h"
#include "flight/status.h"
#include "io/writer.h"

namespace weft {
namespace {

namespace flight = arrow::flight;
using arrow::Status;

constexpr char kHealth[] = "health";
constexpr char kAnswering[] = "answering over Arrow Flight";

Status error_of(flight::FlightStatusCode code, const std::string& message) {
  return flight::MakeFlightError(code, message);
}

// A service's name as a path, or a command.
HistoryCommand command_of(const flight::FlightDescriptor& descriptor) {
  if (descriptor.type == flight::FlightDescriptor::CMD) return history_command(descriptor.cmd);
  if (descriptor.type != flight::FlightDescriptor::PATH || descriptor.path.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "the descriptor has to be a command, as {\"service\": \"eta_v1\"}, or a path of "
                "one part, the name of a service");
  }
  HistoryCommand command;
  command.request.service = descriptor.path[0];
  return command;
}

std::string_view command_text(const flight::FlightDescriptor& descriptor) {
  if (descriptor.type == flight::FlightDescriptor::CMD) return descriptor.cmd;
  throw Error(ErrorCode::kInvalidArgument, "the descriptor has to be a command: a JSON object");
}

std::function<void()> while_wanted(const flight::ServerCallContext& context) {
  return [&context] {
    if (context.is_cancelled()) throw Error(ErrorCode::kCancelled, "the client went away");
  };
}

}  // namespace

// One of those that are under way; its end makes room for the next.
class FlightService::Turn {
 public:
  explicit Turn(std::shared_ptr<std::atomic<int64_t>> count) : count_(std::move(count)) {}
  ~Turn() { --*count_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const std::shared_ptr<std::atomic<int64_t>> count_;
};

FlightService::FlightService(std::shared_ptr<FeatureStore> store, FlightOptions options)
    : store_(std::move(store)),
      options_(std::move(options)),
      under_way_(std::make_shared<std::atomic<int64_t>>(0)) {}

void FlightService::set_access(std::shared_ptr<const AccessList> access) {
  const std::lock_guard lock(mutex_);
  access_ = std::move(access);
}

// ---- who may come in ----------------------------------------------------------------------------

Status FlightService::admitted(const Context& context, AccessScope scope) const {
  std::shared_ptr<const AccessList> access;
  {
    const std::lock_guard lock(mutex_);
    access = access_;
  }
  if (!access) return Status::OK();
  const flight::CallHeaders& headers = context.incoming_headers();
  const auto field = headers.find("authorization");
  const AccessList::Found found =
      field == headers.end() ? AccessList::Found() : access->find(field->second);
  if (!found.is_known) {
    return error_of(flight::FlightStatusCode::Unauthenticated,
                    field == headers.end()
                        ? "an access token is needed: send the header authorization: Bearer TOKEN"
                        : "the access token is not known");
  }
  if (found.scope >= scope) return Status::OK();
  return error_of(flight::FlightStatusCode::Unauthorized,
                  found.scope == AccessScope::kNone
                      ? fmt::format("the access token '{}' is not for project '{}'", found.name,
                                    options_.project)
                      : fmt::format("the access token '{}' may read, but not write", found.name));
}

arrow::Result<std::shared_ptr<FlightService::Turn>> FlightService::turn() {
  auto turn = (++*under_way_, std::make_shared<Turn>(under_way_));
  if (*under_way_ <= options_.requests_max) return turn;
  return error_of(flight::FlightStatusCode::Unavailable,
                  fmt::format("{} requests are under way, and no more are taken: come again",
                              options_.requests_max));
}

// Whoever applied need not tell the server. What cannot be read now is looked for again.
void FlightService::refresh() const {
  try {
    store_->refresh();
  } catch (const Error&) {
    return;
  }
}

PointInTimeOptions FlightService::join_options(const HistoryCommand& command) const {
  PointInTimeOptions options = command.options;
  options.full_names = command.request.full_names;
  options.memory_limit = options_.memory_limit;
  if (options.memory_limit == 0) {
    options.memory_limit = machine_memory() / 2 / std::max<int64_t>(options_.requests_max, 1);
  }
  return options;
}

// ---- what there is ------------------------------------------------------------------------------

std::shared_ptr<arrow::Schema> FlightService::schema_of(const HistoryCommand& command) const {
  const OnlinePlan plan = store_->online_plan(command.request);
  Schema schema;
  const auto add = [&](const std::string& name, Type type) {
    if (!type || std::ranges::find(schema, name, &ColumnSchema::name) != schema.end()) return;
    schema.push_back({name, type});
  };
  for (const OnlineInput& input : plan.inputs()) {
    if (input.is_key || !command.at) add(input.name, input.type);
  }
  add(command.at ? "event_time" : command.time, timestamp_type());
  for (const OnlineOutput& output : plan.outputs()) add(output.name, output.type);
  return schema_to_arrow(schema);
}

flight::FlightInfo FlightService::info_of(const HistoryCommand& command,
                                          const flight::FlightDescriptor& descriptor) const {
  std::vector<flight::FlightEndpoint> endpoints;
  if (command.at) {
    flight::FlightEndpoint endpoint;  // without a location: where the question was asked
    endpoint.ticket.ticket = descriptor.cmd;
    endpoints.push_back(std::move(endpoint));
  }
  return value_or_throw(
      flight::FlightInfo::Make(*schema_of(command), descriptor, endpoints, -1, -1), kAnswering);
}

Status FlightService::ListFlights(const Context& context, const flight::Criteria*,
                                  std::unique_ptr<flight::FlightListing>* listings) {
  return answered([&] {
    ARROW_RETURN_NOT_OK(admitted(context, AccessScope::kRead));
    refresh();
    std::vector<flight::FlightInfo> infos;
    for (const FeatureService& service : store_->definitions().services) {
      HistoryCommand command;
      command.request.service = service.name;
      const auto descriptor =
          flight::FlightDescriptor::Command(fmt::format("{{\"service\":{}}}", quote(service.name)));
      try {
        infos.push_back(info_of(command, descriptor));
      } catch (const Error&) {  // what its schema is cannot be told: it is there all the same
        infos.push_back(value_or_throw(
            flight::FlightInfo::Make(*arrow::schema(arrow::FieldVector()), descriptor, {}, -1, -1),
            kAnswering));
      }
    }
    *listings = std::make_unique<flight::SimpleFlightListing>(std::move(infos));
    return Status::OK();
  });
}

Status FlightService::GetFlightInfo(const Context& context, const flight::FlightDescriptor& request,
                                    std::unique_ptr<flight::FlightInfo>* info) {
  return answered([&] {
    ARROW_RETURN_NOT_OK(admitted(context, AccessScope::kRead));
    refresh();
    *info = std::make_unique<flight::FlightInfo>(info_of(command_of(request), request));
    return Status::OK();
  });
}

Status FlightService::GetSchema(const Context& context, const flight::FlightDescriptor& request,
                                std::unique_ptr<flight::SchemaResult>* schema) {
  return answered([&] {
    ARROW_RETURN_NOT_OK(admitted(context, AccessScope::kRead));
    refresh();
    ARROW_ASSIGN_OR_RAISE(*schema, flight::SchemaResult::Make(*schema_of(command_of(request))));
    return Status::OK();
  });
}

// ---- training sets ------------------------------------------------------------------------------

Status FlightService::DoGet(const Context& context, const flight::Ticket& request,
                            std::unique_ptr<flight::FlightDataStream>* stream) {
  return answered([&] {
    ARROW_RETURN_NOT_OK(admitted(context, AccessScope::kRead));
    ARROW_ASSIGN_OR_RAISE(auto turn, this->turn());
    const HistoryCommand command = history_command(request.ticket);
    if (!command.at) {
      throw Error(ErrorCode::kInvalidArgument,
                  "for which rows? DoGet takes every key as of one time, \"at\"; rows with times "
                  "of their own go through DoExchange");
    }
    refresh();
    const Table rows =
        store_->get_historical_features(command.request, *command.at, join_options(command));
    // The call's context lives until the stream is written.
    auto check = [turn = std::move(turn), wanted = while_wanted(context)] { wanted(); };
    *stream = std::make_unique<flight::RecordBatchStream>(
        rows_out(rows, options_.batch_rows, std::move(check)));
    return Status::OK();
  });
}

void FlightService::exchange(const Context& context, flight::FlightMessageReader& reader,
                             flight::FlightMessageWriter& writer) {
  const HistoryCommand command = history_command(command_text(reader.descriptor()));
  refresh();
  Spine spine;
  spine.rows = rows_in(context, reader,
                       {.memory_max = options_.spine_memory_max,
                        .bytes_max = options_.spine_bytes_max,
                        .option = "spine_bytes_max"});
  spine.at = command.at;
  if (!spine.at) spine.time = command.time;
  const Table rows = store_->get_historical_features(command.request, spine, join_options(command));
  const auto out = rows_out(rows, options_.batch_rows, while_wanted(context));
  throw_if_failed(writer.Begin(out->schema()), kAnswering);
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    throw_if_failed(out->ReadNext(&batch), kAnswering);
    if (!batch) return;
    throw_if_failed(writer.WriteRecordBatch(*batch), kAnswering);
  }
}

Status FlightService::DoExchange(const Context& context,
                                 std::unique_ptr<flight::FlightMessageReader> reader,
                                 std::unique_ptr<flight::FlightMessageWriter> writer) {
  return answered([&] {
    ARROW_RETURN_NOT_OK(admitted(context, AccessScope::kRead));
    ARROW_ASSIGN_OR_RAISE(const auto turn, this->turn());
    exchange(context, *reader, *writer);
    return Status::OK();
  });
}

// ---- pushes and health --------------------------------------------------------------------------

Status FlightService::DoPut(const Context& context,
                            std::unique_ptr<flight::FlightMessageReader> reader,
                            std::unique_ptr<flight::FlightMetadataWriter> writer) {
  return answered([&] {
    ARROW_RETURN_NOT_OK(admitted(context, AccessScope::kWrite));
    ARROW_ASSIGN_OR_RAISE(const auto turn, this->turn());
    const PushCommand command = push_command(command_text(reader->descriptor()));
    refresh();
    const Table rows = rows_in(context, *reader,
                               {.memory_max = options_.push_bytes_max,
                                .bytes_max = options_.push_bytes_max,
                                .option = "push_bytes_max"});
    const WriteReport report = store_->push(command.source, rows, command.to);
    const auto answer = arrow::Buffer::FromString(
        fmt::format("{{\"rows\":{},\"offline\":{},\"online\":{},\"older\":{}}}", report.rows,
                    report.offline, report.online, report.older));
    return writer->WriteMetadata(*answer);
  });
}

Status FlightService::DoAction(const Context&, const flight::Action& action,
                               std::unique_ptr<flight::ResultStream>* result) {
  return answered([&] {
    if (action.type != kHealth) {
      const std::vector<std::string> known = {kHealth};
      throw Error(ErrorCode::kNotFound, fmt::format("no action is called {}{}", quote(action.type),
                                                    did_you_mean(action.type, known)));
    }
    std::vector<flight::Result> results(1);
    results[0].body = arrow::Buffer::FromString(
        fmt::format("{{\"project\":{},\"version\":{},\"requests\":{}}}", quote(options_.project),
                    store_->version(), under_way_->load()));
    *result = std::make_unique<flight::SimpleResultStream>(std::move(results));
    return Status::OK();
  });
}

Status FlightService::ListActions(const Context&, std::vector<flight::ActionType>* actions) {
  *actions = {{kHealth, "answers while the server takes requests"}};
  return Status::OK();
}

}  // namespace weft
