/// A feature store with a little of everything and a server in front of it, for tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/scratch_folder.h"
#include "server/http_test_client.h"
#include "weft/module.h"
#include "weft/server.h"

namespace weft {

class RidesServer {
 public:
  using Json = nlohmann::json;

  explicit RidesServer(ServerOptions options = {}) {
    clock_.set(Time(100h));
    StoreOptions store_options;
    store_options.directory = folder_.path() + "/store";
    store_options.project = "rides";
    store_options.clock = &clock_;
    store_ = std::make_shared<FeatureStore>(Driver({compiled_module("server_test")}),
                                            std::move(store_options));
    store_->apply();
    options.port = 0;
    options.threads = 2;
    options.project = "rides";
    options.clock = &clock_;
    options.log = [this](std::string_view text) {
      const std::lock_guard lock(mutex_);
      told_.emplace_back(text);
    };
    options.access_log = [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
    server_ = std::make_unique<FeatureServer>(store_, std::move(options));
    server_->start();
  }

  FeatureServer& server() { return *server_; }
  FeatureStore& store() { return *store_; }
  ManualClock& clock() { return clock_; }
  const ScratchFolder& folder() const { return folder_; }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  /// Drivers 1 (x 1.5, 90 hours), 2 (x null), 3 (50 hours: older than the ttl) are known.
  void fill() {
    const auto answer = post("/push", {{"push_source_name", "positions"},
                                       {"to", "online_and_offline"},
                                       {"df",
                                        {{"driver_id", {1, 2, 3}},
                                         {"at", {hour(90), hour(91), hour(50)}},
                                         {"x", {1.5, nullptr, 3.5}},
                                         {"trips", {7, 8, 9}},
                                         {"name", {"Ann", "B\"ob", "Cy"}},
                                         {"seen", {hour(1), nullptr, hour(3)}},
                                         {"path", {{1, 2.5}, Json::array(), {"NaN"}}}}}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    ASSERT_EQ(answer.body, "");
  }
  static std::string hour(int h) {
    return "1970-01-0" + std::to_string(1 + h / 24) + "T" + (h % 24 < 10 ? "0" : "") +
           std::to_string(h % 24) + ":00:00Z";
  }

  TestAnswer send(const std::string& request, bool has_body = true) {
    TestClient client(server_->port());
    return client.ask(request, has_body);
  }
  TestAnswer post(const std::string& target, const Json& body, const std::string& fields = {}) {
    return send(post_request(target, body.dump(), fields));
  }
  TestAnswer get(const std::string& target, const std::string& fields = {}) {
    return send(get_request(target, fields));
  }
  /// The answer to a request that has to go well.
  Json ok(const TestAnswer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body, nullptr, false);
  }

 private:
  ScratchFolder folder_;
  ManualClock clock_;
  mutable std::mutex mutex_;
  std::vector<std::string> told_;
  std::vector<std::string> lines_;
  std::shared_ptr<FeatureStore> store_;
  std::unique_ptr<FeatureServer> server_;
};

}  // namespace weft
