// Training sets over Arrow Flight, asked for by Arrow's own client.
#include "weft/flight_server.h"

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <arrow/flight/types.h>
#include <arrow/util/align_util.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/scratch_folder.h"
#include "data/arrow.h"
#include "io/writer.h"
#include "weft/module.h"

namespace weft {
namespace {

namespace flight = arrow::flight;
using flight::FlightDescriptor;
using flight::FlightStatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kDrivers = 50;

Time hour(int64_t h) { return Time(std::chrono::hours(h)); }

// Every driver is somewhere at hour 10 and somewhere else at hour 20.
Table positions() {
  std::vector<int64_t> drivers;
  std::vector<Time> times;
  std::vector<std::optional<double>> xs;
  std::vector<std::string> names;
  std::vector<std::optional<Time>> seen;
  for (int64_t i = 0; i < 2 * kDrivers; ++i) {
    drivers.push_back(i % kDrivers);
    times.push_back(hour(i < kDrivers ? 10 : 20));
    xs.push_back(i % 7 == 0 ? std::nullopt : std::optional(0.5 * static_cast<double>(i)));
    names.push_back("n" + std::to_string(i));
    seen.push_back(i % 5 == 0 ? std::nullopt : std::optional(Time(Duration(i * 1'000'001))));
  }
  return {{"driver_id", ColumnData::of(drivers)},
          {"at", ColumnData::of(times)},
          {"x", ColumnData::of(xs)},
          {"name", ColumnData::of(names)},
          {"seen", ColumnData::of(seen)}};
}

// Rows in no order, with keys nobody knows, and nulls for key, time and label.
Table spine_of(int64_t rows) {
  std::vector<std::optional<int64_t>> drivers;
  std::vector<std::optional<Time>> times;
  std::vector<std::optional<double>> distances;
  for (int64_t i = 0; i < rows; ++i) {
    drivers.push_back(i % 11 == 3 ? std::nullopt : std::optional(i * 37 % (kDrivers + 5)));
    times.push_back(i % 13 == 4 ? std::nullopt : std::optional(hour(i * 7 % 30)));
    distances.push_back(i % 17 == 5 ? std::nullopt : std::optional(static_cast<double>(i)));
  }
  return {{"driver_id", ColumnData::of(drivers)},
          {"when", ColumnData::of(times)},
          {"distance", ColumnData::of(distances)}};
}

template <class T>
T ok(arrow::Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().ToString());
  return std::move(result).ValueUnsafe();
}
void ok(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

struct Asked {
  arrow::Status status;
  Table rows = {};
  int64_t batches = 0;
};

class FlightServerTest : public testing::Test {
 protected:
  FlightServerTest() {
    StoreOptions options;
    options.directory = folder_.path() + "/store";
    options.project = "rides";
    store_ = std::make_shared<FeatureStore>(Driver({compiled_module("flight_test")}),
                                            std::move(options));
    store_->apply();
    store_->push("positions", positions());
  }

  void start(FlightOptions options = {}) {
    options.port = 0;
    options.project = "rides";
    server_ = std::make_unique<FlightServer>(store_, std::move(options));
    server_->start();
  }
  std::unique_ptr<flight::FlightClient> client() const {
    return ok(flight::FlightClient::Connect(
        ok(flight::Location::ForGrpcTcp("127.0.0.1", server_->port()))));
  }
  static flight::FlightCallOptions with_token(const std::string& token) {
    flight::FlightCallOptions options;
    if (!token.empty()) options.headers.emplace_back("authorization", "Bearer " + token);
    return options;
  }
  // All of the spine, then all of the answer.
  Asked exchange(const std::string& command, const Table& spine, int64_t batch_rows = 100,
                 const std::string& token = {}) const {
    const auto to = client();
    auto streams = to->DoExchange(with_token(token), FlightDescriptor::Command(command));
    if (!streams.ok()) return {streams.status()};
    const auto& [writer, reader] = *streams;
    const auto table = spine.to_arrow();
    // What the server refuses may end the stream while it is written: the reason is read below.
    (void)(writer->Begin(table->schema()).ok() && writer->WriteTable(*table, batch_rows).ok() &&
           writer->DoneWriting().ok());
    Asked asked = read(*reader);
    const arrow::Status closed = writer->Close();
    if (asked.status.ok() || !closed.ok()) asked.status = closed;
    return asked;
  }
  Asked get(const std::string& ticket, const std::string& token = {}) const {
    const auto to = client();
    auto stream = to->DoGet(with_token(token), {ticket});
    if (!stream.ok()) return {stream.status()};
    return read(**stream);
  }
  // The report, or why there is none.
  arrow::Result<std::string> put(const std::string& command, const Table& rows,
                                 const std::string& token = {}) const {
    const auto to = client();
    const auto table = rows.to_arrow();
    ARROW_ASSIGN_OR_RAISE(
        auto streams,
        to->DoPut(with_token(token), FlightDescriptor::Command(command), table->schema()));
    (void)(streams.writer->WriteTable(*table).ok() && streams.writer->DoneWriting().ok());
    std::shared_ptr<arrow::Buffer> report;
    const arrow::Status told = streams.reader->ReadMetadata(&report);
    ARROW_RETURN_NOT_OK(streams.writer->Close());
    ARROW_RETURN_NOT_OK(told);
    return report ? report->ToString() : "";
  }
  static Asked read(flight::MetadataRecordBatchReader& reader) {
    auto schema = reader.GetSchema();
    if (!schema.ok()) return {schema.status()};
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    while (true) {
      auto chunk = reader.Next();
      if (!chunk.ok()) return {chunk.status()};
      if (!chunk->data) break;
      // Arrow's client leaves buffers where they lie in the message, and Weft wants them aligned.
      batches.push_back(ok(arrow::util::EnsureAlignment(chunk->data, arrow::util::kValueAlignment,
                                                        arrow::default_memory_pool())));
    }
    const auto count = static_cast<int64_t>(batches.size());
    return {arrow::Status::OK(),
            Table::from_arrow(ok(arrow::Table::FromRecordBatches(*schema, std::move(batches)))),
            count};
  }
  std::string health() const {
    const auto to = client();
    return ok(ok(to->DoAction({"health", nullptr}))->Next())->body->ToString();
  }
  void wait_for_requests(int count) const {
    while (!health().ends_with(":" + std::to_string(count) + "}")) continue;
  }
  static FlightStatusCode code_of(const arrow::Status& status) {
    const auto detail = flight::FlightStatusDetail::UnwrapStatus(status);
    return detail ? detail->code() : FlightStatusCode::Internal;
  }

  ScratchFolder folder_;
  std::shared_ptr<FeatureStore> store_;
  std::unique_ptr<FlightServer> server_;
};

constexpr char kEta[] = R"({"service": "eta_v1", "time": "when"})";
constexpr char kAll[] = R"({"service": "all_of_it", "time": "when"})";
constexpr char kAtNoon[] = R"({"service": "all_of_it", "at": "1970-01-01T12:00:00Z"})";

// ---- rows ---------------------------------------------------------------------------------------

TEST_F(FlightServerTest, ASpineGetsItsFeaturesInItsOrder) {
  start();
  for (const int64_t rows : {0, 1, 1000}) {
    const Table spine = spine_of(rows);
    const Asked asked = exchange(kAll, spine);
    ASSERT_TRUE(asked.status.ok()) << asked.status;
    EXPECT_THAT(asked.rows.names(),
                ElementsAre("driver_id", "when", "distance", "x", "name", "seen"));
    EXPECT_TRUE(asked.rows.equals(
        store_->get_historical_features({.service = "all_of_it"}, {spine, "when"})))
        << rows << '\n'
        << asked.rows.to_string();
  }
}

TEST_F(FlightServerTest, OptionsAreThoseOfAJoin) {
  start();
  const Table spine = spine_of(200);
  const Asked asked = exchange(R"({"features": ["position:x", "position:seen"], "time": "when",
                                   "full_names": true, "event_times": true, "reasons": true,
                                   "as_of": "known"})",
                               spine);
  ASSERT_TRUE(asked.status.ok()) << asked.status;
  const FeatureRequest request = {.features = {"position:x", "position:seen"}, .full_names = true};
  EXPECT_TRUE(asked.rows.equals(store_->get_historical_features(
      request, {spine, "when"}, {.as_of = AsOf::kKnown, .event_times = true, .reasons = true})));
  const Asked at = exchange(R"({"service": "eta_v1", "at": "1970-01-01T15:00:00Z"})", spine);
  ASSERT_TRUE(at.status.ok()) << at.status;
  EXPECT_TRUE(at.rows.equals(
      store_->get_historical_features({.service = "eta_v1"}, {.rows = spine, .at = hour(15)})));
}

TEST_F(FlightServerTest, EveryKeyAsOfATime) {
  start({.batch_rows = 8});
  const Asked asked = get(kAtNoon);
  ASSERT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_EQ(asked.rows.num_rows(), kDrivers);
  EXPECT_EQ(asked.batches, (kDrivers + 7) / 8);
  EXPECT_TRUE(
      asked.rows.equals(store_->get_historical_features({.service = "all_of_it"}, hour(12))));
}

TEST_F(FlightServerTest, ALargeSpineGoesThroughAFile) {
  start({.spine_memory_max = 1000, .batch_rows = 64, .memory_limit = 1 << 20});
  const Table spine = spine_of(5000);
  const Asked asked = exchange(kEta, spine);
  ASSERT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_GE(asked.batches, 5000 / 64);
  EXPECT_TRUE(
      asked.rows.equals(store_->get_historical_features({.service = "eta_v1"}, {spine, "when"})));
}

TEST_F(FlightServerTest, TimesOfOtherUnitsAreTaken) {
  start();
  const auto type = arrow::timestamp(arrow::TimeUnit::NANO);
  arrow::TimestampBuilder times(type, arrow::default_memory_pool());
  ok(times.Append(std::chrono::nanoseconds(std::chrono::hours(11)).count() + 999));
  arrow::Int32Builder drivers;  // narrower than the key
  ok(drivers.Append(3));
  const auto schema = arrow::schema(
      {arrow::field("driver_id", arrow::int32()), arrow::field("event_timestamp", type)});
  const auto batch =
      arrow::RecordBatch::Make(schema, 1, {ok(drivers.Finish()), ok(times.Finish())});
  const auto to = client();
  auto streams =
      ok(to->DoExchange(FlightDescriptor::Command(R"({"features": ["position:name"]})")));
  ok(streams.writer->Begin(schema));
  ok(streams.writer->WriteRecordBatch(*batch));
  ok(streams.writer->DoneWriting());
  const Asked asked = read(*streams.reader);
  ok(streams.writer->Close());
  ASSERT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_EQ(asked.rows.column("name").at(0).get<std::string>(), "n3");
  EXPECT_EQ(asked.rows.column("event_timestamp").at(0).get<Time>(), hour(11));
}

TEST_F(FlightServerTest, SeveralClientsAtOnce) {
  start();
  const Table spine = spine_of(2000);
  const Table expected =
      store_->get_historical_features({.service = "eta_v1"}, {spine, "when"}).load();
  std::vector<std::thread> threads;
  std::atomic<int> equal{0};
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const Asked asked = exchange(kEta, spine);
      if (asked.status.ok() && asked.rows.equals(expected)) ++equal;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(equal, 6);
}

// ---- what is told -------------------------------------------------------------------------------

TEST_F(FlightServerTest, ServicesAreListedWithTheirSchemas) {
  start();
  const auto to = client();
  const auto listing = ok(to->ListFlights());
  std::vector<std::string> told;
  while (const auto info = ok(listing->Next())) {
    arrow::ipc::DictionaryMemo memo;
    told.push_back(info->descriptor().cmd + " " +
                   to_string(schema_from_arrow(*ok(info->GetSchema(&memo)))));
  }
  EXPECT_THAT(told, ElementsAre(R"({"service":"all_of_it"} driver_id: int64, event_timestamp: )"
                                "timestamp, x: double, name: string, seen: timestamp",
                                R"({"service":"eta_v1"} driver_id: int64, distance: double, )"
                                "event_timestamp: timestamp, x: double, eta: double"));
}

TEST_F(FlightServerTest, ASetIsGotByItsTicket) {
  start();
  const auto to = client();
  const auto info = ok(to->GetFlightInfo(FlightDescriptor::Command(kAtNoon)));
  ASSERT_EQ(info->endpoints().size(), 1);
  arrow::ipc::DictionaryMemo memo;
  const auto promised = ok(info->GetSchema(&memo));
  const Asked asked = get(info->endpoints()[0].ticket.ticket);
  ASSERT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_EQ(schema_from_arrow(*promised), asked.rows.schema());
  EXPECT_TRUE(ok(to->GetFlightInfo(FlightDescriptor::Path({"eta_v1"})))->endpoints().empty());
  const auto schema = ok(to->GetSchema(FlightDescriptor::Command(kAtNoon)));
  EXPECT_TRUE(ok(schema->GetSchema(&memo))->Equals(*promised));
}

TEST_F(FlightServerTest, ItIsHealthy) {
  start({.tokens = {{.name = "app", .token = "let-me-in"}}});
  EXPECT_EQ(health(), R"({"project":"rides","version":1,"requests":0})");
  EXPECT_EQ(ok(client()->ListActions())[0].type, "health");
}

// ---- errors -------------------------------------------------------------------------------------

TEST_F(FlightServerTest, ErrorsSayWhatIsWrong) {
  start({.spine_bytes_max = 4000});
  struct Case {
    const char* command;
    int64_t rows;
    arrow::StatusCode code;
    const char* message;
  };
  using enum arrow::StatusCode;
  const Case cases[] = {
      {R"({"service": "eta_v2"})", 3, KeyError, "did you mean 'eta_v1'?"},
      {R"({"features": ["position:y"]})", 3, KeyError, "y"},
      {R"({"service": "eta_v1"})", 3, KeyError, "event_timestamp"},
      {R"({"service": "eta_v1", "time": "distance"})", 3, Invalid, "timestamp"},
      {kEta, 1000, Invalid, "more than 4000 bytes (spine_bytes_max)"},
      {"eta_v1", 3, Invalid, "has to be a JSON object"},
      {"[]", 3, Invalid, "has to be a JSON object"},
      {"{}", 3, Invalid, "one of \"service\" and \"features\""},
      {R"({"service": "eta_v1", "features": ["position:x"]})", 3, Invalid, "one of"},
      {R"({"service": 3})", 3, Invalid, "service: expected a text, found 3"},
      {R"({"features": "position:x"})", 3, Invalid, "features: expected a list of names"},
      {R"({"service": "eta_v1", "reasons": 1})", 3, Invalid, "expected true or false"},
      {R"({"service": "eta_v1", "sql": "select 1"})", 3, Invalid, "no field \"sql\""},
      {R"({"service": "eta_v1", "tme": "when"})", 3, Invalid, "did you mean 'time'?"},
      {R"({"service": "eta_v1", "at": "noon"})", 3, Invalid, "expected a time as"},
      {R"({"service": "eta_v1", "at": "2024-01-01", "time": "when"})", 3, Invalid, "both"},
      {R"({"service": "eta_v1", "as_of": "then"})", 3, Invalid, "expected event or known"},
  };
  for (const Case& each : cases) {
    const Asked asked = exchange(each.command, spine_of(each.rows), 10);
    EXPECT_EQ(asked.status.code(), each.code) << each.command << ": " << asked.status;
    EXPECT_THAT(asked.status.message(), HasSubstr(each.message)) << each.command;
  }
  EXPECT_THAT(get(R"({"service": "eta_v1"})").status.message(), HasSubstr("for which rows?"));
  EXPECT_TRUE(get(R"({"service": "eta_v2", "at": "2024-01-01"})").status.IsKeyError());
  const auto to = client();
  EXPECT_TRUE(to->GetFlightInfo(FlightDescriptor::Path({"a", "b"})).status().IsInvalid());
  EXPECT_TRUE(to->GetFlightInfo(FlightDescriptor::Path({"nothing"})).status().IsKeyError());
  const auto results = to->DoAction({"helth", nullptr});
  const arrow::Status status = results.ok() ? (*results)->Next().status() : results.status();
  EXPECT_THAT(status.message(), HasSubstr("did you mean 'health'?"));
  EXPECT_TRUE(exchange(kEta, spine_of(10)).status.ok()) << "it goes on";
}

TEST_F(FlightServerTest, ARequestWithoutRowsIsRefused) {
  start();
  const auto to = client();
  auto streams = ok(to->DoExchange(FlightDescriptor::Command(kEta)));
  ok(streams.writer->DoneWriting());
  const Asked asked = read(*streams.reader);
  const arrow::Status closed = streams.writer->Close();
  EXPECT_THAT((closed.ok() ? asked.status : closed).message(), HasSubstr("no rows came"));
}

TEST_F(FlightServerTest, TokensOpenWhatTheyAreFor) {
  folder_.with("tokens.yaml", "tokens:\n  app: {token: reader}\n");
  start({.tokens = {{.name = "trainer", .token = "writer", .may_write = true},
                    {.name = "other", .token = "elsewhere", .projects = {"flights"}}},
         .token_file = folder_.path() + "/tokens.yaml"});
  const Table spine = spine_of(3);
  EXPECT_EQ(code_of(exchange(kEta, spine).status), FlightStatusCode::Unauthenticated);
  EXPECT_EQ(code_of(get(kAtNoon, "guess").status), FlightStatusCode::Unauthenticated);
  EXPECT_EQ(code_of(get(kAtNoon, "elsewhere").status), FlightStatusCode::Unauthorized);
  EXPECT_TRUE(exchange(kEta, spine, 100, "reader").status.ok());
  EXPECT_TRUE(get(kAtNoon, "writer").status.ok());
  const auto refused = put(R"({"push": "positions"})", positions(), "reader");
  EXPECT_EQ(code_of(refused.status()), FlightStatusCode::Unauthorized);
  EXPECT_THAT(refused.status().message(), HasSubstr("'app' may read, but not write"));
  EXPECT_TRUE(put(R"({"push": "positions"})", positions(), "writer").ok());
  const auto to = client();
  EXPECT_FALSE(to->ListFlights().ok());
  EXPECT_FALSE(to->GetFlightInfo(FlightDescriptor::Path({"eta_v1"})).ok());
  EXPECT_FALSE(to->GetSchema(FlightDescriptor::Path({"eta_v1"})).ok());

  folder_.with("tokens.yaml", "tokens:\n  app: {token: another}\n");
  server_->reload();
  EXPECT_EQ(code_of(get(kAtNoon, "reader").status), FlightStatusCode::Unauthenticated);
  EXPECT_TRUE(get(kAtNoon, "another").status.ok());
  folder_.with("tokens.yaml", "nothing");
  EXPECT_THROW(server_->reload(), Error);
  EXPECT_TRUE(get(kAtNoon, "another").status.ok()) << "what was read before stands";
}

// ---- pushes -------------------------------------------------------------------------------------

TEST_F(FlightServerTest, PushedRowsAreThereWhenItAnswers) {
  start({.push_bytes_max = 2000});
  const Table rows = {{"driver_id", ColumnData::of<int64_t>({3, 77})},
                      {"at", ColumnData::of<Time>({hour(30), hour(30)})},
                      {"x", ColumnData::of<std::optional<double>>({1.25, std::nullopt})},
                      {"name", ColumnData::of<std::string>({"new", "newer"})},
                      {"seen", ColumnData::of<Time>({hour(1), hour(2)})}};
  const auto report = put(R"({"push": "positions", "to": "offline"})", rows);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(*report, R"({"rows":2,"offline":2,"online":0,"older":0})");
  const Asked asked = get(R"({"features": ["position:name"], "at": "1970-01-03"})");
  ASSERT_TRUE(asked.status.ok()) << asked.status;
  EXPECT_EQ(asked.rows.num_rows(), kDrivers + 1);

  EXPECT_TRUE(put(R"({"push": "position"})", rows).status().IsKeyError());
  EXPECT_THAT(put(R"({"push": "positions", "to": "disk"})", rows).status().message(),
              HasSubstr("expected online, offline or both"));
  EXPECT_TRUE(put(R"({"to": "both"})", rows).status().IsInvalid());
  const arrow::Status other = put(R"({"push": "positions"})", spine_of(3)).status();
  EXPECT_THAT(other.message(), HasSubstr("no column \"x\"")) << other;
  const arrow::Status large = put(R"({"push": "positions"})", positions()).status();
  EXPECT_THAT(large.message(), HasSubstr("push_bytes_max")) << large;
}

// ---- limits and ends ----------------------------------------------------------------------------

TEST_F(FlightServerTest, NoMoreThanSoManyAreUnderWay) {
  start({.requests_max = 1});
  const auto to = client();
  auto first = ok(to->DoExchange(FlightDescriptor::Command(kEta)));
  const auto spine = spine_of(10).to_arrow();
  ok(first.writer->Begin(spine->schema()));
  wait_for_requests(1);
  const Asked second = get(kAtNoon);
  EXPECT_EQ(code_of(second.status), FlightStatusCode::Unavailable);
  EXPECT_THAT(second.status.message(), HasSubstr("come again"));
  ok(first.writer->WriteTable(*spine));
  ok(first.writer->DoneWriting());
  EXPECT_EQ(read(*first.reader).rows.num_rows(), 10);
  ok(first.writer->Close());
  wait_for_requests(0);
  EXPECT_TRUE(get(kAtNoon).status.ok());
}

TEST_F(FlightServerTest, AClientThatGoesAwayMakesRoom) {
  start({.requests_max = 1});
  {
    const auto to = client();
    auto streams = ok(to->DoExchange(FlightDescriptor::Command(kEta)));
    ok(streams.writer->Begin(spine_of(1).to_arrow()->schema()));
    wait_for_requests(1);
    streams.reader->Cancel();
    (void)streams.writer->Close();
  }
  wait_for_requests(0);
  const Asked asked = get(kAtNoon);
  EXPECT_TRUE(asked.status.ok()) << asked.status;
}

TEST_F(FlightServerTest, StopsWhileOneReads) {
  start({.batch_rows = 100});
  const auto to = client();
  auto streams = ok(to->DoExchange(FlightDescriptor::Command(kEta)));
  const auto spine = spine_of(300'000).to_arrow();
  ok(streams.writer->Begin(spine->schema()));
  ok(streams.writer->WriteTable(*spine, 100'000));
  ok(streams.writer->DoneWriting());
  ok(streams.reader->Next());  // it answers, and waits for us to read on
  server_->stop(Duration(0));
  arrow::Status status;
  while (status.ok()) {
    const auto chunk = streams.reader->Next();
    status = chunk.status();
    if (chunk.ok() && !chunk->data) break;
  }
  const arrow::Status closed = streams.writer->Close();
  EXPECT_FALSE(status.ok() && closed.ok()) << "what is cut off does not look whole";
  EXPECT_FALSE(get(kAtNoon).status.ok());
  server_->stop();  // again
}

TEST_F(FlightServerTest, StopLetsThoseUnderWayEnd) {
  start({.batch_rows = 1000});
  const auto to = client();
  auto streams = ok(to->DoExchange(FlightDescriptor::Command(kEta)));
  const auto spine = spine_of(20'000).to_arrow();
  ok(streams.writer->Begin(spine->schema()));
  ok(streams.writer->WriteTable(*spine, 10'000));
  ok(streams.writer->DoneWriting());
  ok(streams.reader->GetSchema());
  std::thread stopping([&] { server_->stop(60s); });
  const Asked asked = read(*streams.reader);
  const arrow::Status closed = streams.writer->Close();
  stopping.join();
  EXPECT_TRUE(asked.status.ok() && closed.ok()) << asked.status << closed;
  EXPECT_EQ(asked.rows.num_rows(), 20'000);
}

TEST_F(FlightServerTest, ItDoesNotStartWithWhatIsWrong) {
  start();
  const auto fails = [&](FlightOptions options) {
    try {
      FlightServer(store_, std::move(options)).start();
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorCode::kInternal, "it started");
  };
  const Error taken = fails({.port = server_->port()});
  EXPECT_EQ(taken.code(), ErrorCode::kIo);
  EXPECT_THAT(taken.what(), HasSubstr("cannot listen at 127.0.0.1:"));
  EXPECT_EQ(fails({.port = 0, .tls_key = "key.pem"}).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(fails({.port = 0, .tls_certificate = "no.pem", .tls_key = "no.pem"}).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(fails({.port = 0, .token_file = folder_.path() + "/none"}).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(FlightServer(store_).port(), 0);
}

}  // namespace
}  // namespace weft
