// Five thousand columns and five thousand features: built, run in every context, drawn.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/scratch_folder.h"
#include "weft/definition_builder.h"
#include "weft/lineage.h"
#include "weft/read.h"
#include "weft/weft.h"
#include "weft/write.h"

namespace weft {
namespace {

constexpr int kColumns = 5000;
constexpr int64_t kRows = 1500;

std::string column_name(int i) { return "c" + std::to_string(i); }
std::string feature_name(int i) { return "f" + std::to_string(i); }

double value_of(int column, int64_t row) {
  return std::fmod(static_cast<double>(row * 31 + column * 17), 1009.0);
}

double mixed(double a, double b) { return a * 0.5 + b; }
double scaled(double a, double mean) { return mean == 0 ? 0 : a / mean; }

Table columns() {
  std::vector<std::pair<std::string, ColumnData>> made;
  for (int i = 0; i < kColumns; ++i) {
    std::vector<double> values;
    for (int64_t row = 0; row < kRows; ++row) values.push_back(value_of(i, row));
    made.emplace_back(column_name(i), ColumnData::of(values));
  }
  return Table(std::move(made));
}

DefinitionPtr reader() {
  ExtractColumns extract;
  for (int i = 0; i < kColumns; ++i)
    extract.columns.push_back(modifiers::column<double>(column_name(i)));
  return DefinitionBuilder("wide")
      .parameter("path", string_type(), Shape::kObject)
      .modifier({extract})
      .object(type_of<Table>(), [](std::span<const Value> in) {
        return Value::of(read_parquet(in[0].get<std::string>()));
      });
}

// Every tenth feature needs the mean of its column, the others two columns or a feature before.
Module module_of_all() {
  Module module{.name = "wide", .definitions = {reader()}};
  for (int i = 0; i < kColumns; ++i) {
    const std::string next = column_name((i + 1) % kColumns);
    if (i % 10 == 0) {
      const std::string mean_name = "mean" + std::to_string(i);
      module.definitions.push_back(DefinitionBuilder(mean_name)
                                       .parameter(column_name(i), double_type(), Shape::kColumn)
                                       .column(
                                           double_type(),
                                           [](std::span<const Value> in) {
                                             const Column<double> x{{in[0].get<ExprPtr>()}};
                                             const Scalar<double> m = mean(x);
                                             return Value::of(m.expr);
                                           },
                                           Shape::kScalar));
      module.definitions.push_back(
          modifiers::function<&scaled>(feature_name(i), {column_name(i), mean_name}));
    } else {
      module.definitions.push_back(
          modifiers::function<&mixed>(feature_name(i), {feature_name(i - 1), next}));
    }
  }
  return module;
}

std::vector<std::string> all_features() {
  std::vector<std::string> names;
  for (int i = 0; i < kColumns; ++i) names.push_back(feature_name(i));
  return names;
}

class WideTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { driver_ = new Driver({module_of_all()}, {}, {.threads = 2}); }
  static void TearDownTestSuite() { delete driver_; }
  static Driver* driver_;
  ScratchFolder folder_;
};
Driver* WideTest::driver_ = nullptr;

TEST_F(WideTest, Runs) {
  const std::string path = folder_.path() + "/wide.parquet";
  write_parquet(columns(), path);
  const Plan plan = driver_->plan(all_features());
  const Table held = plan.run({{"path", Value::of(path)}}).table();
  ASSERT_EQ(held.num_columns(), kColumns);
  std::vector<double> before(kRows);
  for (int i = 0; i < kColumns; ++i) {
    double sum = 0;
    for (int64_t row = 0; row < kRows; ++row) sum += value_of(i, row);
    const Series<double> found(held.column(feature_name(i)));
    for (int64_t row = 0; row < kRows; ++row) {
      const double expected = i % 10 == 0 ? scaled(value_of(i, row), sum / kRows)
                                          : mixed(before[row], value_of((i + 1) % kColumns, row));
      ASSERT_EQ(found[row], expected) << feature_name(i) << " of row " << row;
      before[row] = expected;
    }
  }
  const Table computed = plan.run({{"path", Value::of(path)}}, {.memory_limit = 1 << 20}).table();
  ASSERT_TRUE(computed.source());
  EXPECT_TRUE(computed.load().equals(held));
}

TEST_F(WideTest, RunsPerRequest) {
  PlanOptions options{.context = Context::kOnline, .choice = Choice::kGiven};
  RowRunner runner = driver_->plan({"f0", "f4999"}, options).rows();
  runner.set(runner.input("c4990"), 2.0);
  for (int i = 4992; i < kColumns; ++i) runner.set(runner.input(column_name(i)), 2.0);
  runner.set(runner.input("c0"), 3.0);
  runner.set(runner.input("mean0"), 1.5);
  runner.set(runner.input("mean4990"), 4.0);
  runner.run();
  EXPECT_EQ(runner.get<double>(runner.output("f0")), 2.0);
  double expected = 0.5;
  for (int i = 4991; i < kColumns; ++i) expected = mixed(expected, i == 4999 ? 3.0 : 2.0);
  EXPECT_EQ(runner.get<double>(runner.output("f4999")), expected);
}

TEST_F(WideTest, IsDrawn) {
  for (const char* format : {"dot", "svg", "json", "html"}) {
    const std::string path = folder_.path() + "/wide." + format;
    write_lineage(driver_->graph(), path);
    std::ifstream in(path);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    EXPECT_NE(text.find("f4999"), std::string::npos) << path;
    EXPECT_NE(text.find("c4998"), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace weft
