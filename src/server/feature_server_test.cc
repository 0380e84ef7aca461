// The server as a whole: starting, ending, long jobs, definitions that somebody else applies.
#include <future>

#include "server/rides_server.h"
#include "server/slow_table.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

TEST(FeatureServerTest, ServesAStoreUntilItIsStopped) {
  const ScratchFolder folder;
  const auto store = std::make_shared<FeatureStore>(
      Driver({compiled_module("server_test")}),
      StoreOptions{.directory = folder.path() + "/store", .project = "rides"});
  store->apply();

  ServerOptions options;
  options.project = "rides";
  options.port = 0;  // any that is free; without it 6566
  FeatureServer server(store, options);
  server.start();  // answers from here on
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());

  EXPECT_NE(url, "http://127.0.0.1:0");
  auto waiting = std::async(std::launch::async, [&] { server.wait(); });
  TestClient client(server.port());
  EXPECT_EQ(client.ask(get_request("/health")).status, 200);
  server.stop();
  waiting.get();
  EXPECT_FALSE(TestClient(server.port()).connected());
  server.stop();
}

TEST(FeatureServerTest, WhatCannotBeStarted) {
  RidesServer rides;
  EXPECT_THROW(FeatureServer(nullptr, {.port = rides.server().port()}).start(), Error);
  EXPECT_THROW(FeatureServer(nullptr, {.port = 0, .token_file = "/nowhere"}).start(), Error);
  EXPECT_THROW(FeatureServer(nullptr, {.port = 0, .tls_certificate = "/nowhere"}).start(), Error);
  EXPECT_THROW(FeatureServer(nullptr, {.host = "no such host", .port = 0}).start(), Error);
}

TEST(FeatureServerTest, FindsWhatSomebodyElseApplied) {
  RidesServer rides({.refresh_interval = 5ms});
  StoreOptions options;
  options.directory = rides.folder().path() + "/store";
  options.project = "rides";
  options.definitions = {
      rides.folder().with("more.yaml", "services:\n  later: {views: [city_weather]}\n")};
  FeatureStore other(Driver({compiled_module("server_test")}), options);
  other.apply();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  int status = 404;
  while (status == 404 && std::chrono::steady_clock::now() < end) {
    status = rides.get("/v1/services/later").status;
  }
  EXPECT_EQ(status, 200);
}

// A materialize that waits until the test lets it go on.
class SlowJobTest : public testing::Test {
 protected:
  SlowJobTest() { slow_table().hold = true; }
  ~SlowJobTest() override { release(); }
  static void release() {
    if (slow_table().hold.exchange(false)) slow_table().may_go.release();
  }
  TestAnswer start() {
    const TestAnswer answer = rides_.post("/materialize-incremental?async=true", kBody);
    slow_table().entered.acquire();
    return answer;
  }
  const Json kBody = {{"end_ts", "1970-01-05T00:00:00Z"}, {"feature_views", {"slow"}}};
  RidesServer rides_;
};

TEST_F(SlowJobTest, AViewIsMaterializedOnceAtATime) {
  EXPECT_EQ(start().status, 202);
  const TestAnswer again = rides_.post("/materialize-incremental", kBody);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(Json::parse(again.body)["feature_views"], Json({"slow"}));
  EXPECT_EQ(rides_.post("/materialize-incremental?async=true", kBody).status, 409);
  // Others go on meanwhile.
  rides_.fill();
  EXPECT_EQ(rides_.get("/v1/views").status, 200);
  release();
  TestAnswer answer;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  do {
    answer = rides_.post("/materialize-incremental", kBody);
  } while (answer.status == 409 && std::chrono::steady_clock::now() < end);
  EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST_F(SlowJobTest, StopInterruptsIt) {
  EXPECT_EQ(start().status, 202);
  auto stopping = std::async(std::launch::async, [&] { rides_.server().stop(Duration(0)); });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (TestClient(rides_.server().port()).connected() && std::chrono::steady_clock::now() < end) {
  }
  release();
  stopping.get();
  EXPECT_THAT(rides_.store().runs(1).at(0).error, HasSubstr("the server stops"));
}

TEST(FeatureServerTest, ManyThreadsReadAndWriteAtOnce) {
  RidesServer rides;
  rides.fill();
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, i] {
      TestClient client(rides.server().port());
      for (int n = 0; n < 60; ++n) {
        const Json push = {
            {"rows", {{{"city", "c" + std::to_string(i)}, {"at", n}, {"celsius", n}}}}};
        const Json read = {{"features", {"position:x", "city_weather:celsius"}},
                           {"rows", {{{"driver_id", 1}, {"city", "c0"}}}}};
        const TestAnswer answer = n % 4 == i % 4
                                      ? client.ask(post_request("/v1/push/weather", push.dump()))
                                      : client.ask(post_request("/v1/features", read.dump()));
        ASSERT_EQ(answer.status, 200) << answer.body;
        if (n % 20 == 0) {
          ASSERT_EQ(client.ask(get_request("/metrics")).status, 200);
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace weft
