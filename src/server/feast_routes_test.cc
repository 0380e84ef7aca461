// Feast's feature-server protocol over a real store.
#include "server/rides_server.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class FeastRoutesTest : public testing::Test {
 protected:
  FeastRoutesTest() { rides_.fill(); }
  Json features(const std::vector<std::string>& names, const Json& entities) {
    return rides_.ok(
        rides_.post("/get-online-features", {{"features", names}, {"entities", entities}}));
  }
  RidesServer rides_;
};

TEST_F(FeastRoutesTest, AnswersInFeastsShape) {
  const TestAnswer answer =
      rides_.post("/get-online-features", {{"features", {"position:trips", "position:x"}},
                                           {"entities", {{"driver_id", {1, 99, "2", 3}}}}});
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  EXPECT_EQ(
      answer.body,
      R"({"results":[{"values":[1,99,2,3],"statuses":["PRESENT","PRESENT","PRESENT","PRESENT"],)"
      R"("event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},)"
      R"({"values":[7,null,8,null],"statuses":["PRESENT","NOT_FOUND","PRESENT","OUTSIDE_MAX_AGE"],)"
      R"("event_timestamps":["1970-01-04T18:00:00Z","1970-01-01T00:00:00Z","1970-01-04T19:00:00Z","1970-01-03T02:00:00Z"]},)"
      R"({"values":[1.5,null,null,null],"statuses":["PRESENT","NOT_FOUND","NULL_VALUE","OUTSIDE_MAX_AGE"],)"
      R"("event_timestamps":["1970-01-04T18:00:00Z","1970-01-01T00:00:00Z","1970-01-04T19:00:00Z","1970-01-03T02:00:00Z"]}],)"
      R"("metadata":{"feature_names":["driver_id","trips","x"]}})");
}

TEST_F(FeastRoutesTest, ValuesOfEveryType) {
  const Json answer =
      features({"position:name", "position:seen", "position:path"}, {{"driver_id", {1, 2}}});
  EXPECT_EQ(answer["results"][1]["values"], Json({"Ann", "B\"ob"}));
  EXPECT_EQ(answer["results"][2]["values"], Json({3600, nullptr})) << "seconds, as Feast has them";
  EXPECT_EQ(answer["results"][3]["values"], Json({{1.0, 2.5}, Json::array()}));
}

TEST_F(FeastRoutesTest, ServicesAndWhatTheyCompute) {
  const Json body = {{"feature_service", "eta_v1"},
                     {"entities", {{"driver_id", {1, 2}}, {"distance", {3, 6}}}}};
  const Json answer = rides_.ok(rides_.post("/get-online-features", body));
  EXPECT_EQ(answer["metadata"]["feature_names"], Json({"driver_id", "x", "eta"}));
  EXPECT_EQ(answer["results"][2]["values"], Json({4.0, nullptr}));
  EXPECT_EQ(answer["results"][2]["statuses"], Json({"PRESENT", "NULL_VALUE"}));
}

TEST_F(FeastRoutesTest, AFunctionThatFailsSpoilsItsValueOnly) {
  const Json body = {{"feature_service", "eta_v1"},
                     {"entities", {{"driver_id", {1, 1}}, {"distance", {-3, 3}}}}};
  const Json answer = rides_.ok(rides_.post("/get-online-features", body));
  EXPECT_EQ(answer["results"][2]["statuses"], Json({"INVALID", "PRESENT"}));
}

TEST_F(FeastRoutesTest, FullNamesAndAliases) {
  const Json body = {{"feature_service", "pair"},
                     {"full_feature_names", true},
                     {"entities", {{"driver_id", {1}}, {"other_id", {2}}}}};
  const Json answer = rides_.ok(rides_.post("/get-online-features", body));
  EXPECT_EQ(answer["metadata"]["feature_names"],
            Json({"driver_id", "other_id", "mine__x", "theirs__x"}));
}

struct Mistake {
  const char* name;
  std::string target;
  Json body;
  int status;
  std::string feast_class;
  std::string message;
};
class FeastMistakeTest : public testing::TestWithParam<Mistake> {
 protected:
  static RidesServer& rides() {
    static auto* server = new RidesServer();  // NOLINT: one for all, and never taken down
    return *server;
  }
};

TEST_P(FeastMistakeTest, IsToldAsFeastTellsIt) {
  const TestAnswer answer = rides().post(GetParam().target, GetParam().body);
  EXPECT_EQ(answer.status, GetParam().status) << answer.body;
  const Json outer = Json::parse(answer.body);
  ASSERT_TRUE(outer.is_string()) << answer.body;
  const Json inner = Json::parse(outer.get<std::string>());
  EXPECT_EQ(inner["module"], "feast.errors");
  EXPECT_EQ(inner["class"], GetParam().feast_class);
  EXPECT_THAT(inner["message"].get<std::string>(), HasSubstr(GetParam().message));
}

const Json kDrivers = {{"driver_id", {1}}};
const std::string kGet = "/get-online-features";
const Mistake kMistakes[] = {
    {"NoSuchView",
     kGet,
     {{"features", {"positon:x"}}, {"entities", kDrivers}},
     404,
     "FeatureViewNotFoundException",
     "did you mean 'position'?"},
    {"NoSuchFeature",
     kGet,
     {{"features", {"position:y"}}, {"entities", kDrivers}},
     404,
     "FeatureViewNotFoundException",
     "view position has no feature \"y\""},
    {"NoSuchService",
     kGet,
     {{"feature_service", "eta_v2"}, {"entities", kDrivers}},
     404,
     "FeatureServiceNotFoundException",
     "did you mean 'eta_v1'?"},
    {"NothingAsked", kGet, {{"entities", kDrivers}}, 422, "FeastError", "no features"},
    {"NoEntities", kGet, {{"features", {"position:x"}}}, 422, "FeastError", "'entities'"},
    {"NotAnObject", kGet, Json({1, 2}), 422, "FeastError", "expected an object, found a list"},
    {"UnevenColumns",
     kGet,
     {{"features", {"position:x"}}, {"entities", {{"driver_id", {1, 2}}, {"z", {1}}}}},
     422,
     "FeastError",
     "'driver_id' has 2 values, 'z' has 1"},
    {"MissingKey",
     kGet,
     {{"features", {"position:x"}}, {"entities", {{"driver", {1}}}}},
     422,
     "FeastError",
     "the key 'driver_id' is missing"},
    {"NullKey",
     kGet,
     {{"features", {"position:x"}}, {"entities", {{"driver_id", {nullptr}}}}},
     422,
     "FeastError",
     "key driver_id is missing or null in row 0"},
    {"WrongKey",
     kGet,
     {{"features", {"position:x"}}, {"entities", {{"driver_id", {"x"}}}}},
     422,
     "FeastError",
     "driver_id, row 0 of the request: expected int64, found \"x\""},
    {"KeyNoList",
     kGet,
     {{"features", {"position:x"}}, {"entities", {{"driver_id", 1}}}},
     422,
     "FeastError",
     "expected a list, found 1"},
    {"FeaturesNoList",
     kGet,
     {{"features", "position:x"}, {"entities", kDrivers}},
     422,
     "FeastError",
     "expected a list of names"},
    {"SameNameTwice",
     kGet,
     {{"feature_service", "pair"}, {"entities", kDrivers}},
     422,
     "FeastError",
     "full names"},
    {"NoSuchSource",
     "/push",
     {{"push_source_name", "position"}, {"df", kDrivers}},
     422,
     "PushSourceNotFoundException",
     "did you mean 'positions'?"},
    {"BadPushMode",
     "/push",
     {{"push_source_name", "positions"}, {"df", kDrivers}, {"to", "nowhere"}},
     422,
     "FeastError",
     "online_and_offline"},
    {"BadValue",
     "/push",
     {{"push_source_name", "positions"}, {"df", {{"driver_id", {1}}, {"x", {"far"}}}}},
     422,
     "FeastError",
     "row 0, column 'x': expected double, found \"far\""},
    {"NoSuchViewToWrite",
     "/write-to-online-store",
     {{"feature_view_name", "nope"}, {"df", kDrivers}},
     404,
     "FeatureViewNotFoundException",
     "no view is called"},
    {"NoDates", "/materialize", Json::object(), 422, "FeastError", "start_ts"},
    {"BadDate",
     "/materialize",
     {{"start_ts", "then"}, {"end_ts", "1970-01-01"}},
     422,
     "FeastError",
     "expected a time"},
    {"WrongOrder",
     "/materialize",
     {{"start_ts", "1970-01-02"}, {"end_ts", "1970-01-01"}},
     422,
     "FeastError",
     "before"},
    {"NoSuchViewToMaterialize",
     "/materialize-incremental",
     {{"end_ts", "1970-01-02"}, {"feature_views", {"nope"}}},
     404,
     "FeatureViewNotFoundException",
     "no view is called"},
    {"Versions",
     "/materialize-incremental",
     {{"end_ts", "1970-01-02"}, {"version", "v1"}},
     422,
     "FeastError",
     "one version"},
};
INSTANTIATE_TEST_SUITE_P(All, FeastMistakeTest, testing::ValuesIn(kMistakes),
                         [](const auto& row) { return row.param.name; });

TEST_F(FeastRoutesTest, MalformedJsonIsTheClientsFault) {
  const TestAnswer answer = rides_.send(post_request("/get-online-features", "{\"features\": ["));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("not JSON"));
}

TEST_F(FeastRoutesTest, FailedChecksRefuseThePush) {
  const TestAnswer answer = rides_.post("/push", {{"push_source_name", "positions"},
                                                  {"df",
                                                   {{"driver_id", {1}},
                                                    {"at", {rides_.hour(95)}},
                                                    {"x", {1e6}},
                                                    {"trips", {1}},
                                                    {"name", {"A"}},
                                                    {"seen", {nullptr}},
                                                    {"path", {{1}}}}}});
  EXPECT_EQ(answer.status, 422) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("x_doubled"));
  EXPECT_EQ(features({"position:x"}, kDrivers)["results"][1]["values"], Json({1.5}));
}

TEST_F(FeastRoutesTest, WritesTheOnlineStoreAsTheRemoteClientDoes) {
  const TestAnswer answer =
      rides_.post("/write-to-online-store", {{"feature_view_name", "position"},
                                             {"df",
                                              {{"driver_id", {5}},
                                               {"x", {9}},
                                               {"x_doubled", {18}},
                                               {"trips", {1}},
                                               {"name", {"E"}},
                                               {"seen", {nullptr}},
                                               {"path", {{1}}},
                                               {"event_timestamp", {"1970-01-05T00:00:00"}},
                                               {"created", {nullptr}}}},
                                             {"allow_registry_cache", false}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, "null");
  const Json read = features({"position:x"}, {{"driver_id", {5}}});
  EXPECT_EQ(read["results"][1]["values"], Json({9.0}));
  EXPECT_EQ(read["results"][1]["event_timestamps"], Json({"1970-01-05T00:00:00Z"}));
}

TEST_F(FeastRoutesTest, Materializes) {
  rides_.post("/push", {{"push_source_name", "positions"},
                        {"to", "offline"},
                        {"df",
                         {{"driver_id", {4}},
                          {"at", {rides_.hour(99)}},
                          {"x", {4.5}},
                          {"trips", {1}},
                          {"name", {"D"}},
                          {"seen", {nullptr}},
                          {"path", {{1}}}}}});
  const auto status = [&] {
    return features({"position:x"}, {{"driver_id", {4}}})["results"][1]["statuses"][0];
  };
  EXPECT_EQ(status(), "NOT_FOUND");
  const TestAnswer answer = rides_.post(
      "/materialize", {{"start_ts", rides_.hour(0)}, {"end_ts", "1970-01-05T04:00:00+00:00"}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, "null");
  EXPECT_EQ(status(), "PRESENT");
  const TestAnswer later =
      rides_.post("/materialize-incremental?async=true",
                  {{"end_ts", "1970-01-05T04:00:00"}, {"feature_views", {"position"}}});
  EXPECT_EQ(later.status, 202) << later.body;
  EXPECT_EQ(later.body, R"({"status":"accepted","feature_views":["position"]})");
}

TEST_F(FeastRoutesTest, HealthIsEmpty) {
  const TestAnswer answer = rides_.get("/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
}

}  // namespace
}  // namespace weft
