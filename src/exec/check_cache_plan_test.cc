// Checks, quarantine and the cache in plans that run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "weft/module.h"
#include "weft/object_format.h"
#include "weft/weft.h"

namespace check_cache_plan_test {
using namespace weft;

std::atomic<int> loads{0};
std::atomic<int> trainings{0};
std::atomic<int> reports{0};
std::atomic<double> oldest{50};

struct Model {
  double weight = 0;
};

FEATURE(Table, people, (std::string path),
        extract_columns(column<double>("age"), column<std::string>("name"))) {
  ++loads;
  return {{"age", ColumnData::of<double>({30, 40, oldest})},
          {"name", ColumnData::of<std::string>({"Ann", "Ben", path})}};
}
FEATURE(double, doubled, (double age), check(in_range(0, 90), warn(not_null()))) { return age * 2; }
FEATURE(double, sane, (double age), check(quarantine(in_range(0, 45)))) { return age; }
FEATURE(double, sane_plus_one, (double sane)) { return sane + 1; }
FEATURE(double, strict_age, (double age),
        check(fail(in_range(0, 45)), fail(mean_in_range(0, 1)), unique())) {
  return age;
}
FEATURE(Scalar<double>, checked_mean, (Column<double> age), check(in_range(0, 99))) {
  return mean(age);
}
FEATURE(double, above_mean, (double age, double checked_mean)) { return age - checked_mean; }
FEATURE(double, secret, (double age), tag("pii", "true"), check(in_range(0, 45))) { return age; }

FEATURE(Table, visits, (std::string path), extract_columns(column<int64_t>("client")),
        check(quarantine(on_column("client", in_range(1, 9))),
              quarantine(unique_over({"client", "day"})))) {
  return {{"client", ColumnData::of<int64_t>({1, 2, 77, 2})},
          {"day", ColumnData::of<int64_t>({1, 1, 1, 1})},
          {"note", ColumnData::of<std::string>({"a", "b", "c", path})}};
}
FEATURE(int64_t, next_client, (int64_t client)) { return client + 1; }
FEATURE(Scalar<int64_t>, visit_count, (Column<int64_t> client)) { return count(client); }

FEATURE(Scalar<double>, age_mean, (Column<double> age), cache()) { return mean(age); }
FEATURE(double, centred, (double age, double age_mean)) { return age - age_mean; }
FEATURE(Model, model, (Series<double> centred, double rate), cache()) {
  ++trainings;
  double sum = 0;
  for (const auto v : centred) sum += v.value_or(0) * v.value_or(0);
  return {sum * rate};
}
FEATURE(double, predicted, (const Model& model, double age)) { return model.weight * age; }
FEATURE(Table, summary, (const Model& model), cache()) {
  ++reports;
  return {{"weight", ColumnData::of<double>({model.weight})}};
}
FEATURE(double, per_mille, (double rate), cache(CacheBehavior::kRecompute)) { return rate * 1000; }
FEATURE(double, per_cent, (double rate), cache()) { return rate * 100; }
FEATURE(int64_t, always, (std::string path), cache(CacheBehavior::kRecompute)) {
  ++reports;
  return static_cast<int64_t>(path.size());
}

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Driver driver(const std::string& cache = "", bool all = false) {
  return Driver({compiled_module("check_cache_plan_test")}, {},
                {.threads = 2, .cache = {.directory = cache, .objects_and_tables = all}});
}

const Values kPath = {{"path", Value::of(std::string("Cy"))}};

std::vector<std::optional<double>> read(const ColumnData& column) {
  std::vector<std::optional<double>> out;
  for (const auto v : Series<double>(column)) out.push_back(v);
  return out;
}

// ---- checks ----------------------------------------------------------------------------------

TEST(PlanChecksTest, WarningsAreReported) {
  const Result result = driver().execute({"doubled", "doubled_range_validator"}, kPath);
  ASSERT_THAT(result.checks(), SizeIs(2));
  const CheckReport& range = result.checks()[0];
  EXPECT_EQ(range.node, "doubled");
  EXPECT_FALSE(range.passed);
  EXPECT_EQ(range.message, "1 of 3 rows outside [0, 90]: row 2 is 100.0");
  EXPECT_TRUE(result.checks()[1].passed);
  EXPECT_EQ(result.get<CheckReport>("doubled_range_validator").message, range.message);
  EXPECT_EQ(check_table(result.checks()).num_rows(), 2);
}

TEST(PlanChecksTest, FailuresEndTheRunTogether) {
  try {
    driver().execute({"strict_age"}, kPath);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCheckFailed);
    EXPECT_THAT(e.message(), HasSubstr("range of strict_age: 1 of 3 rows outside [0, 45]"));
    EXPECT_THAT(e.message(), HasSubstr("mean_in_range of strict_age: the mean is 40.0"));
    EXPECT_THAT(e.where().file, HasSubstr("check_cache_plan_test.cc"));
  }
}

TEST(PlanChecksTest, PiiIsHidden) {
  const Result result = driver().execute({"secret"}, kPath);
  EXPECT_THAT(result.checks()[0].message, HasSubstr("row 2 is <hidden: tagged pii>"));
}

TEST(PlanChecksTest, QuarantineMakesBadValuesNull) {
  const Result result = driver().execute({"sane", "sane_plus_one", "sane_raw"}, kPath);
  EXPECT_THAT(read(result.column("sane")), ElementsAre(30, 40, std::nullopt));
  EXPECT_THAT(read(result.column("sane_plus_one")), ElementsAre(31, 41, std::nullopt));
  EXPECT_THAT(read(result.column("sane_raw")), ElementsAre(30, 40, 50));
  const Table bad = result.quarantine().at("sane");
  EXPECT_TRUE(bad.equals(Table({{"node", ColumnData::of<std::string>({"sane"})},
                                {"check", ColumnData::of<std::string>({"range"})},
                                {"row", ColumnData::of<int64_t>({2})},
                                {"value", ColumnData::of<double>({50})}})))
      << bad.to_string();
}

TEST(PlanChecksTest, QuarantineLeavesRowsOutOfATable) {
  const Result result =
      driver().execute({"visits", "client", "next_client", "visit_count", "visits_raw"}, kPath);
  EXPECT_EQ(result.get<Table>("visits").num_rows(), 2);
  EXPECT_EQ(result.get<Table>("visits_raw").num_rows(), 4);
  EXPECT_TRUE(result.column("next_client").equals(ColumnData::of<int64_t>({2, 3})));
  EXPECT_EQ(result.get<int64_t>("visit_count"), 2);
  const Table bad = result.quarantine().at("visits");
  EXPECT_TRUE(bad.column("row").equals(ColumnData::of<int64_t>({2, 3}))) << bad.to_string();
  EXPECT_TRUE(
      bad.column("check").equals(ColumnData::of<std::string>({"client_range", "unique_over"})));
  EXPECT_TRUE(bad.column("note").equals(ColumnData::of<std::string>({"c", "Cy"})));
}

TEST(PlanChecksTest, ARequestRunsTheChecksThatTakeOneValue) {
  const Driver d = driver();
  PlanOptions online = {.context = Context::kOnline};
  const Plan sane = d.plan({"sane_plus_one"}, online);
  RowRunner rows = sane.rows();
  rows.set(rows.input("age"), 40.0);
  rows.run();
  EXPECT_EQ(rows.get<double>(rows.output("sane_plus_one")), 41);
  EXPECT_TRUE(rows.checks()[0].passed);
  rows.set(rows.input("age"), 50.0);
  rows.run();
  EXPECT_EQ(rows.get<double>(rows.output("sane_plus_one")), std::nullopt);
  EXPECT_EQ(rows.checks()[0].message, "50.0 is outside [0, 45]");

  const Plan strict = d.plan({"strict_age"}, online);
  EXPECT_THAT(strict.explain(), HasSubstr("skipped: strict_age_mean_in_range_validator: "));
  EXPECT_THAT(strict.explain(), HasSubstr("skipped: strict_age_unique_validator: "));
  RowRunner strict_rows = strict.rows();
  strict_rows.set(strict_rows.input("age"), 50.0);
  EXPECT_THROW(strict_rows.run(), Error);
  strict_rows.set(strict_rows.input("age"), 5.0);
  strict_rows.run();
  EXPECT_EQ(strict_rows.get<double>(strict_rows.output("strict_age")), 5);
}

TEST(PlanChecksTest, AFitHoldsWhatWasChecked) {
  const Driver d = driver();
  const auto fit = std::make_shared<const Fit>(d.execute({"above_mean"}, kPath).fit("f"));
  EXPECT_EQ(fit->entries().at("checked_mean").value.get<double>(), 40);
  const Plan plan = d.plan(
      {"above_mean"},
      {.context = Context::kOnline, .choices = {{"checked_mean", Choice::kFitted}}, .fit = fit});
  RowRunner rows = plan.rows();
  rows.set(rows.input("age"), 41.0);
  rows.run();
  EXPECT_EQ(rows.get<double>(rows.output("above_mean")), 1);
  try {
    d.plan({"above_mean"}, {.context = Context::kOnline});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.message(), HasSubstr("checked_mean needs all rows (mean("));
  }
}

TEST(PlanChecksTest, AMicroBatchIsCheckedAsAWhole) {
  const Plan plan = driver().plan({"strict_age"}, {.context = Context::kStream});
  StreamRunner stream(plan);
  EXPECT_NO_THROW(stream.feed(Table({{"age", ColumnData::of<double>({0.5, 0.7})}})));
  EXPECT_THROW(stream.feed(Table({{"age", ColumnData::of<double>({1.5, 1.7})}})), Error);
}

// ---- the cache -------------------------------------------------------------------------------

class PlanCacheTest : public ::testing::Test {
 protected:
  PlanCacheTest() : folder_(::testing::TempDir() + "weft_plan_cache") {
    std::filesystem::remove_all(folder_);
    register_object_format<Model>(
        [](const Model& m) { return std::to_string(m.weight); },
        [](std::string_view text) { return Model{std::stod(std::string(text))}; });
    loads = trainings = reports = 0;
    oldest = 50;
  }
  ~PlanCacheTest() override { std::filesystem::remove_all(folder_); }

  Values inputs(double rate) const {
    Values values = kPath;
    values["rate"] = Value::of(rate);
    return values;
  }
  static std::string outcomes(const Result& result) {
    std::string text;
    for (const auto& report : result.cache_log()) {
      text += report.node + ":" + report.outcome + (report.reason.empty() ? "" : "!") + " ";
    }
    return text;
  }
  static std::string reason(const Result& result, std::string_view node) {
    for (const auto& report : result.cache_log()) {
      if (report.node == node && report.outcome != "kept") return report.reason;
    }
    return "not mentioned";
  }

  std::string folder_;
};

TEST_F(PlanCacheTest, ASecondRunReadsWhatTheFirstKept) {
  const auto first = driver(folder_).execute({"predicted", "summary"}, inputs(0.5));
  EXPECT_EQ(trainings, 1);
  EXPECT_EQ(reports, 1);
  EXPECT_EQ(reason(first, "model"), "never kept before");
  const auto second = driver(folder_).execute({"predicted", "summary"}, inputs(0.5));
  EXPECT_EQ(trainings, 1);
  EXPECT_EQ(reports, 1);
  EXPECT_EQ(loads, 2) << "nobody asked to keep the table";
  EXPECT_THAT(outcomes(second), HasSubstr("model:hit"));
  EXPECT_TRUE(second.column("predicted").equals(first.column("predicted")));
  EXPECT_TRUE(second.get<Table>("summary").equals(first.get<Table>("summary")));
}

TEST_F(PlanCacheTest, WhatIsNotNeededIsNotComputedNorRead) {
  driver(folder_, true).execute({"summary"}, inputs(0.5));
  EXPECT_EQ(loads, 1);
  const auto again = driver(folder_, true).execute({"summary"}, inputs(0.5));
  EXPECT_EQ(loads, 1) << "the table was kept too, and only its version was needed";
  EXPECT_THAT(outcomes(again), HasSubstr("summary:hit"));
  EXPECT_THAT(outcomes(again), ::testing::Not(HasSubstr("people:hit")));
  EXPECT_EQ(again.get<Table>("summary").num_rows(), 1);
}

TEST_F(PlanCacheTest, OtherDataIsAnotherKey) {
  driver(folder_).execute({"model"}, inputs(0.5));
  EXPECT_EQ(reason(driver(folder_).execute({"model"}, inputs(0.7)), "model"), "changed: rate");
  EXPECT_EQ(trainings, 2);
  oldest = 51;
  EXPECT_THAT(reason(driver(folder_).execute({"model"}, inputs(0.5)), "model"),
              HasSubstr("changed: age"));
  EXPECT_EQ(trainings, 3);
  oldest = 50;
  driver(folder_).execute({"model"}, inputs(0.5));
  EXPECT_EQ(trainings, 3) << "both are kept";
}

TEST_F(PlanCacheTest, RecomputeAlwaysRuns) {
  driver(folder_).execute({"always"}, kPath);
  driver(folder_).execute({"always"}, kPath);
  EXPECT_EQ(reports, 2);
}

TEST_F(PlanCacheTest, PlansOfSingleValuesAreKeptToo) {
  const Values rate = {{"rate", Value::of(0.25)}};
  EXPECT_EQ(outcomes(driver(folder_).execute({"per_mille"}, rate)),
            "per_mille:recomputed! per_mille:kept ");
  driver(folder_).execute({"per_cent"}, rate);
  const Result again = driver(folder_).execute({"per_cent"}, rate);
  EXPECT_EQ(outcomes(again), "per_cent:hit ");
  EXPECT_EQ(again.get<double>("per_cent"), 25);
}

TEST_F(PlanCacheTest, ADamagedFileIsComputedAndReplaced) {
  const auto first = driver(folder_).execute({"predicted"}, inputs(0.5));
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder_ + "/objects")) {
    if (file.is_regular_file()) std::ofstream(file.path(), std::ios::app) << "x";
  }
  const auto second = driver(folder_).execute({"predicted"}, inputs(0.5));
  EXPECT_EQ(trainings, 2);
  EXPECT_THAT(reason(second, "model"), HasSubstr("damaged"));
  EXPECT_TRUE(second.column("predicted").equals(first.column("predicted")));
  driver(folder_).execute({"predicted"}, inputs(0.5));
  EXPECT_EQ(trainings, 2);
}

TEST_F(PlanCacheTest, WithoutAFolderNothingIsKept) {
  const auto result = driver().execute({"model"}, inputs(0.5));
  EXPECT_THAT(result.cache_log(), IsEmpty());
}

TEST_F(PlanCacheTest, AFitHasItsValuesWhateverWasRead) {
  const auto run = [&] { return driver(folder_).execute({"predicted"}, inputs(0.5)).fit("f"); };
  const Fit first = run();
  const Fit second = run();
  ASSERT_TRUE(first.entries().contains("age_mean"));
  EXPECT_EQ(second.entries().at("age_mean").value.get<double>(), 40);
  EXPECT_TRUE(second.entries().contains("model"));
}

}  // namespace check_cache_plan_test
