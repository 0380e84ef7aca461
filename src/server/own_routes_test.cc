// Our own routes, tokens, metrics, the log, and definitions that change.
#include <random>
#include <thread>

#include "base/test_seed.h"
#include "server/rides_server.h"
#include "server/rows.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class OwnRoutesTest : public testing::Test {
 protected:
  OwnRoutesTest() { rides_.fill(); }
  RidesServer rides_;
};

TEST_F(OwnRoutesTest, RowsOfObjects) {
  const TestAnswer answer =
      rides_.post("/v1/features", {{"service", "eta_v1"},
                                   {"rows",
                                    {{{"driver_id", 1}, {"distance", 3}},
                                     {{"distance", 6}, {"driver_id", "3"}, {"ignored", {}}},
                                     {{"driver_id", 1}, {"distance", 3}, {"factor", 4}}}}});
  EXPECT_EQ(answer.body,
            R"({"rows":[{"driver_id":1,"distance":3.0,"factor":null,"x":1.5,"eta":4.0},)"
            R"({"driver_id":3,"distance":6.0,"factor":null,"x":null,"eta":null},)"
            R"({"driver_id":1,"distance":3.0,"factor":4.0,"x":1.5,"eta":8.0}]})");
}

TEST_F(OwnRoutesTest, StatusesAndTimes) {
  const Json answer =
      rides_.ok(rides_.post("/v1/features", {{"features", {"position:seen"}},
                                             {"rows", {{{"driver_id", 1}}, {{"driver_id", 9}}}},
                                             {"full_names", true},
                                             {"statuses", true},
                                             {"event_times", true}}));
  EXPECT_EQ(answer["rows"][0]["position__seen"], "1970-01-01T01:00:00Z");
  EXPECT_EQ(answer["statuses"][0]["position__seen"], "PRESENT");
  EXPECT_EQ(answer["statuses"][1]["position__seen"], "NOT_FOUND");
  EXPECT_EQ(answer["event_times"][0]["position__seen"], "1970-01-04T18:00:00Z");
  EXPECT_EQ(answer["event_times"][1]["position__seen"], nullptr);
}

TEST_F(OwnRoutesTest, ArrowInAndOut) {
  const std::string type = "Content-Type: application/vnd.apache.arrow.stream\r\n";
  const std::string accept = "Accept: application/vnd.apache.arrow.stream\r\n";
  const std::string body = arrow_of_rows({{"driver_id", ColumnData::of<int32_t>({1, 9})},
                                          {"distance", ColumnData::of<double>({3, 3})}});
  const TestAnswer answer =
      rides_.send(post_request("/v1/features?service=eta_v1&statuses=true", body, type + accept));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.field("Content-Type"), "application/vnd.apache.arrow.stream");
  const Table table = rows_of_arrow(answer.body).load();
  EXPECT_EQ(to_string(table.schema()),
            "driver_id: int64, distance: double, factor: double, x: double, x__status: string, "
            "eta: double, eta__status: string");
  EXPECT_EQ(table.column("eta").at(0).to_string(), "4.0");
  EXPECT_EQ(table.column("x__status").at(1).get<std::string>(), "NOT_FOUND");
  const Json json = rides_.ok(
      rides_.send(post_request("/v1/features?features=position:x,position:trips", body, type)));
  EXPECT_EQ(json["rows"][0], Json({{"driver_id", 1}, {"x", 1.5}, {"trips", 7}}));
  EXPECT_EQ(rides_.send(post_request("/v1/features?service=eta_v1", "no arrow", type)).status, 400);
  const std::string texts = arrow_of_rows({{"driver_id", ColumnData::of<std::string>({"x"})}});
  EXPECT_EQ(rides_.send(post_request("/v1/features?features=position:x", texts, type)).status, 422);
}

TEST_F(OwnRoutesTest, LargeReadsAreAnsweredToo) {
  Json rows = Json::array();
  for (int i = 0; i < 5000; ++i) rows.push_back({{"driver_id", i % 5}});
  const Json answer =
      rides_.ok(rides_.post("/v1/features", {{"features", {"position:x"}}, {"rows", rows}}));
  EXPECT_EQ(answer["rows"].size(), 5000u);
  EXPECT_EQ(answer["rows"][4996]["x"], 1.5);
}

TEST_F(OwnRoutesTest, PushesTellWhatTheyDid) {
  const Json report = rides_.ok(rides_.post(
      "/v1/push/weather", {{"rows",
                            {{{"city", "Oslo"}, {"at", rides_.hour(99)}, {"celsius", 3}},
                             {{"city", "Rome"}, {"at", rides_.hour(99)}}}}}));
  EXPECT_EQ(report, Json({{"rows", 2}, {"offline", 2}, {"online", 2}, {"older", 0}}));
  const std::string body = arrow_of_rows({{"city", ColumnData::of<std::string>({"Oslo"})},
                                          {"at", ColumnData::of<Time>({Time(98h)})},
                                          {"celsius", ColumnData::of<double>({1})}});
  const Json late =
      rides_.ok(rides_.send(post_request("/v1/push/weather?to=online", body,
                                         "Content-Type: application/vnd.apache.arrow.stream\r\n")));
  EXPECT_EQ(late["older"], 1);
  const Json answer = rides_.ok(rides_.post(
      "/v1/features", {{"features", {"city_weather:celsius"}}, {"rows", {{{"city", "Oslo"}}}}}));
  EXPECT_EQ(answer["rows"][0]["celsius"], 3.0);
}

TEST_F(OwnRoutesTest, BadRowsOfAPushAreNamed) {
  const TestAnswer answer = rides_.post(
      "/v1/push/weather",
      {{"rows", {{{"city", "Oslo"}, {"celsius", "cold"}}, {{"city", 5}, {"celsius", 1}}}}});
  EXPECT_EQ(answer.status, 422);
  const Json error = Json::parse(answer.body)["error"];
  EXPECT_EQ(error["code"], "type_mismatch");
  ASSERT_EQ(error["rows"].size(), 2u);
  EXPECT_EQ(
      error["rows"][0],
      Json({{"row", 0}, {"column", "celsius"}, {"reason", "expected double, found \"cold\""}}));
}

TEST_F(OwnRoutesTest, DefinitionsAndRuns) {
  const Json services = rides_.ok(rides_.get("/v1/services"));
  EXPECT_EQ(services["services"].size(), 2u);
  const Json service = rides_.ok(rides_.get("/v1/services/eta_v1"));
  EXPECT_EQ(service["name"], "eta_v1");
  EXPECT_EQ(service["inputs"][0],
            Json({{"name", "driver_id"}, {"type", "int64"}, {"key", true}, {"required", true}}));
  EXPECT_EQ(service["outputs"][1], Json({{"name", "eta"}, {"type", "double"}}));
  const Json view = rides_.ok(rides_.get("/v1/views/position"));
  EXPECT_EQ(view["ttl"], "1d12h");
  EXPECT_EQ(view["outputs"][0], Json({{"name", "x"}, {"type", "double"}, {"view", "position"}}));
  EXPECT_EQ(rides_.ok(rides_.get("/v1/views"))["views"].size(), 3u);
  EXPECT_THAT(rides_.get("/v1/views/positon").body, HasSubstr("did you mean 'position'?"));
  const Json runs = rides_.ok(rides_.get("/v1/runs?max=1"));
  ASSERT_EQ(runs["runs"].size(), 1u);
  EXPECT_EQ(runs["runs"][0]["what"], "push");
  EXPECT_EQ(runs["runs"][0]["ended"], true);
  EXPECT_EQ(rides_.get("/v1/runs?max=0").status, 422);
}

TEST_F(OwnRoutesTest, PathsAndMethods) {
  EXPECT_EQ(rides_.get("/nowhere").status, 404);
  EXPECT_EQ(rides_.get("/v1/push/").status, 404);
  EXPECT_EQ(rides_.get("/v1/views/a/b").status, 404);
  EXPECT_EQ(rides_.get("/%ff%00").status, 404);
  const TestAnswer wrong = rides_.get("/v1/features");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.field("Allow"), "POST");
  const TestAnswer posted = rides_.post("/health", {});
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.field("Allow"), "GET, HEAD");
  const TestAnswer head = rides_.send("HEAD /v1/views HTTP/1.1\r\nHost: h\r\n\r\n", false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), std::to_string(rides_.get("/v1/views").body.size()));
}

TEST_F(OwnRoutesTest, CountsWhatItDoes) {
  rides_.post("/v1/features", {{"features", {"position:x", "position:trips"}},
                               {"rows", {{{"driver_id", 1}}, {{"driver_id", 9}}}}});
  rides_.get("/nowhere");
  const TestAnswer answer = rides_.get("/metrics");
  EXPECT_THAT(answer.field("Content-Type"), HasSubstr("text/plain"));
  for (const char* line :
       {"weft_http_requests_total{route=\"/v1/features\",status=\"200\"} 1",
        "weft_http_requests_total{route=\"\",status=\"404\"} 1",
        "weft_http_request_seconds_count{route=\"/push\",service=\"\"} 1",
        "weft_feature_values_total{view=\"position\",status=\"PRESENT\"} 2",
        "weft_feature_values_total{view=\"position\",status=\"NOT_FOUND\"} 2",
        "weft_feature_staleness_seconds_bucket{view=\"position\",le=\"21600\"} 0",
        "weft_feature_staleness_seconds_bucket{view=\"position\",le=\"43200\"} 1",
        "weft_feature_staleness_seconds_max{view=\"position\"} 36000", "weft_registry_version 1"}) {
    EXPECT_THAT(answer.body, HasSubstr(std::string(line) + "\n"));
  }
}

TEST_F(OwnRoutesTest, TheLogSaysWhoAskedWhat) {
  rides_.post("/v1/features?secret=1",
              {{"service", "eta_v1"}, {"rows", {{{"driver_id", 1}, {"distance", 3}}}}},
              "X-Request-Id: me-1\r\nAuthorization: Bearer hidden\r\n");
  const std::string line = rides_.lines().back();
  EXPECT_THAT(line, Not(HasSubstr("hidden")));
  EXPECT_THAT(line, Not(HasSubstr("secret")));
  const Json entry = Json::parse(line);
  EXPECT_EQ(entry["id"], "me-1");
  EXPECT_EQ(entry["path"], "/v1/features");
  EXPECT_EQ(entry["service"], "eta_v1");
  EXPECT_EQ(entry["status"], 200);
  EXPECT_EQ(entry["rows"], 1);
  EXPECT_EQ(entry["remote"], "127.0.0.1");
  EXPECT_EQ(entry["time"], "1970-01-05T04:00:00Z");
  rides_.get("/v1/views/x");
  EXPECT_EQ(Json::parse(rides_.lines().back())["error"], "not_found");
}

TEST_F(OwnRoutesTest, ARequestIsNeverDroppedWhileDefinitionsChange) {
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::thread reader([&] {
    TestClient client(rides_.server().port());
    const std::string request =
        post_request("/v1/features", R"({"features":["position:x"],"rows":[{"driver_id":1}]})");
    while (!stop) {
      const TestAnswer answer = client.ask(request);
      ASSERT_EQ(answer.status, 200) << answer.body;
      ++answered;
    }
  });
  StoreOptions options;
  options.directory = rides_.folder().path() + "/store";
  options.project = "rides";
  options.definitions = {rides_.folder().with("more.yaml", R"(
services:
  later: {views: [{view: position, features: [trips]}]}
)")};
  while (answered < 10) std::this_thread::yield();
  FeatureStore other(Driver({compiled_module("server_test")}), options);
  other.apply();
  rides_.server().reload();
  EXPECT_EQ(rides_.get("/v1/services/later").status, 200);
  const int before = answered;
  while (answered < before + 10) std::this_thread::yield();
  stop = true;
  reader.join();
}

// ---- tokens -------------------------------------------------------------------------------------

TEST(TokenTest, ReadersReadAndWritersWrite) {
  const ScratchFolder folder;
  const std::string path = folder.with("tokens.yaml", "tokens:\n  file: {token: from-file}\n");
  RidesServer rides({.tokens = {{.name = "app", .token = "r"},
                                {.name = "trainer", .token = "w", .may_write = true},
                                {.name = "elsewhere", .token = "e", .projects = {"other"}}},
                     .token_file = path});
  const auto status = [&](const std::string& method, const std::string& target,
                          const std::string& token) {
    const std::string fields = token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
    const std::string body = R"({"rows": []})";
    return rides.send(method == "GET" ? get_request(target, fields)
                                      : post_request(target, body, fields));
  };
  EXPECT_EQ(status("GET", "/health", "").status, 200) << "health needs no token";
  const TestAnswer none = status("GET", "/v1/views", "");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.field("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(status("GET", "/v1/views", "x").status, 401);
  EXPECT_EQ(status("GET", "/metrics", "").status, 401);
  EXPECT_EQ(status("GET", "/v1/views", "r").status, 200);
  EXPECT_EQ(status("GET", "/v1/views", "from-file").status, 200);
  EXPECT_EQ(status("GET", "/v1/views", "e").status, 403);
  EXPECT_EQ(status("POST", "/v1/push/weather", "r").status, 403);
  EXPECT_EQ(status("POST", "/push", "").status, 401);
  EXPECT_THAT(status("POST", "/push", "r").body, HasSubstr("FeastPermissionError"));
  EXPECT_NE(status("POST", "/v1/push/weather", "w").status, 403);
  EXPECT_EQ(Json::parse(rides.lines().back())["client"], "trainer");

  write_file(path, "tokens:\n  new: {token: next}\n");
  rides.server().reload();
  EXPECT_EQ(status("GET", "/v1/views", "from-file").status, 401);
  EXPECT_EQ(status("GET", "/v1/views", "next").status, 200);
  write_file(path, "tokens: none\n");
  EXPECT_THROW(rides.server().reload(), Error);
  EXPECT_EQ(status("GET", "/v1/views", "next").status, 200) << "what was read before stands";
}

// ---- fuzz ---------------------------------------------------------------------------------------

// Bodies that are almost right: each is answered, and none with 500.
TEST(ServerFuzzTest, BodiesThatAreAlmostRight) {
  RidesServer rides;
  rides.fill();
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::pair<std::string, std::string> good[] = {
      {"/get-online-features",
       R"({"features":["position:x","position:path"],"entities":{"driver_id":[1,"2"]}})"},
      {"/get-online-features",
       R"({"feature_service":"eta_v1","entities":{"driver_id":[1],"distance":[2.5]}})"},
      {"/v1/features",
       R"({"service":"eta_v1","rows":[{"driver_id":1,"distance":-3e2}],"statuses":true})"},
      {"/v1/push/weather",
       R"({"rows":[{"city":"Oslo","at":"1970-01-05T00:00:00Z","celsius":1}],"to":"online"})"},
      {"/push",
       R"({"push_source_name":"weather","df":{"city":["a"],"at":[86400],"celsius":[null]}})"},
      {"/materialize", R"({"start_ts":"1970-01-01","end_ts":"1970-01-02","feature_views":[]})"},
  };
  const std::string alphabet = "{}[]\",:0123456789.-eE+tfn\\u\xff position";
  TestClient client(rides.server().port());
  for (int round = 0; round < 400; ++round) {
    auto [target, body] = good[random() % std::size(good)];
    for (uint64_t n = random() % 4; n > 0; --n) {
      const size_t at = random() % body.size();
      switch (random() % 3) {
        case 0:
          body[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          body.erase(at, random() % 5);
          break;
        default:
          body.insert(at, 1, alphabet[random() % alphabet.size()]);
      }
      if (body.empty()) body = "{";
    }
    const TestAnswer answer = client.ask(post_request(target, body));
    ASSERT_NE(answer.status, 0) << target << " " << body;
    EXPECT_LT(answer.status, 500) << target << " " << body << answer.body;
    EXPECT_TRUE(answer.body.empty() || Json::accept(answer.body)) << answer.body;
  }
}

}  // namespace
}  // namespace weft
