// Parallel and Collect: blocks that run once for each element.
#include "weft/parallel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "base/scratch_folder.h"
#include "weft/definition_builder.h"
#include "weft/lineage.h"
#include "weft/module.h"
#include "weft/weft.h"

namespace parallel_test {
using namespace weft;

std::atomic<int> outer_calls{0};
std::atomic<int> alive{0};
std::atomic<int> alive_max{0};

// Counts how many of its kind are there at once.
struct Heavy {
  Heavy() { count(); }
  Heavy(const Heavy&) { count(); }
  Heavy& operator=(const Heavy&) = default;
  ~Heavy() { --alive; }
  static void count() {
    const int now = ++alive;
    int most = alive_max;
    while (now > most && !alive_max.compare_exchange_weak(most, now)) {
    }
  }
};

FEATURE(Parallel<std::string>, file, (int64_t files)) {
  return [i = int64_t{0}, files]() mutable -> std::optional<std::string> {
    if (i == files) return {};
    return "file " + std::to_string(i++);
  };
}
/// Computed once, whatever the number of files.
FEATURE(double, factor, (double base)) {
  ++outer_calls;
  return base * 2;
}
FEATURE(Table, events, (std::string file, double factor)) {
  const auto n = static_cast<double>(std::stoi(file.substr(5)));
  return {{"amount", ColumnData::of<double>({n, factor, 1})},
          {"name", ColumnData::of<std::string>({file, "x", "y"})}};
}
FEATURE(Table, read, (const Table& events),
        extract_columns(column<double>("amount"), column<std::string>("name"))) {
  return events;
}
FEATURE(double, taxed, (double amount)) { return amount * 10; }
FEATURE(Scalar<double>, spent, (Column<double> taxed)) { return sum(taxed); }
FEATURE(int64_t, length, (std::string_view file)) { return static_cast<int64_t>(file.size()); }
FEATURE(Table, kept, (Series<double> taxed, Series<std::string> name)) {
  return {{"taxed", taxed.column()}, {"name", name.column()}};
}
FEATURE(std::vector<double>, all_spent, (Collect<double> spent)) { return spent.to_vector(); }
/// Several collects of one Parallel, one collect of several inputs, and elements themselves.
FEATURE(std::string, told, (Collect<double> spent, Collect<std::string> file, double factor)) {
  std::string text;
  for (int64_t i = 0; i < spent.size(); ++i) {
    text += file[i] + ": " + std::to_string(static_cast<int>(spent[i])) + "; ";
  }
  return text + std::to_string(static_cast<int>(factor));
}
FEATURE(double, widened, (Collect<double> length)) { return length[0]; }
FEATURE(Table, all_kept, (Collect<Table> kept)) {
  const std::vector<Table> tables = kept.to_vector();
  return Table::concat(tables);
}
/// What was collected is taken by the block again: another pass over the elements.
FEATURE(double, total, (Collect<double> spent)) {
  double sum = 0;
  for (const double x : spent) sum += x;
  return sum;
}
FEATURE(double, share, (double spent, double total)) { return spent / total; }
FEATURE(std::vector<double>, shares, (Collect<double> share)) { return share.to_vector(); }

// ---- nested
FEATURE(Parallel<int64_t>, folder, (int64_t folders)) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < folders; ++i) all.push_back(i);
  return all;
}
FEATURE(Parallel<int64_t>, page, (int64_t folder)) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < folder; ++i) all.push_back(folder * 10 + i);
  return all;
}
FEATURE(int64_t, weight, (int64_t page, int64_t folder, double base)) {
  return page + folder * 100 + static_cast<int64_t>(base);
}
FEATURE(int64_t, folder_weight, (Collect<int64_t> weight)) {
  int64_t sum = 0;
  for (const int64_t w : weight) sum += w;
  return sum;
}
FEATURE(std::vector<int64_t>, weights, (Collect<int64_t> folder_weight)) {
  return folder_weight.to_vector();
}

// ---- nulls, errors, checks
FEATURE(Parallel<std::optional<double>>, reading, ()) {
  return std::vector<std::optional<double>>{1.0, std::nullopt, 3.0};
}
FEATURE(double, doubled, (double reading)) { return reading * 2; }
FEATURE(int64_t, nulls, (Collect<std::optional<double>> doubled)) {
  int64_t n = 0;
  for (const auto x : doubled) n += !x;
  return n;
}
FEATURE(int64_t, never, (Collect<double> doubled)) { return doubled.size(); }
FEATURE(Parallel<int64_t>, number, (int64_t numbers)) {
  return std::views::iota(int64_t{0}, numbers);
}
FEATURE(int64_t, strict, (int64_t number)) {
  if (number >= 3) throw std::runtime_error("too big");
  return number;
}
FEATURE(int64_t, all_strict, (Collect<int64_t> strict)) { return strict.size(); }
FEATURE(Parallel<std::string>, patient, (), tag("pii", "true")) { return {"Ann", "Ben"}; }
FEATURE(int64_t, secret, (std::string_view patient)) {
  if (patient == "Ben") throw std::runtime_error("no");
  return 1;
}
FEATURE(int64_t, secrets, (Collect<int64_t> secret)) { return secret.size(); }
FEATURE(double, watched, (int64_t number), check(warn(in_range(0, 1)))) {
  return static_cast<double>(number);
}
FEATURE(int64_t, all_watched, (Collect<double> watched)) { return watched.size(); }
FEATURE(Heavy, heavy, (int64_t number)) {
  static_cast<void>(number);
  return {};
}
FEATURE(int64_t, light, (const Heavy& heavy, int64_t number)) {
  static_cast<void>(heavy);
  return number;
}
FEATURE(int64_t, all_light, (Collect<int64_t> light)) {
  int64_t sum = 0;
  for (const int64_t x : light) sum += x;
  return sum;
}
std::atomic<int> made{0};
FEATURE(Table, costly, (int64_t number), cache()) {
  ++made;
  return {{"n", ColumnData::of<int64_t>({number})}};
}
FEATURE(int64_t, all_costly, (Collect<Table> costly)) { return costly.size(); }
FEATURE(Scalar<double>, over_inputs, (Column<double> price, Column<double> weight_of)) {
  return sum(price * weight_of);
}
FEATURE(Scalar<double>, scaled, (Column<double> price, Scalar<double> step)) {
  return sum(price * step);
}
FEATURE(Parallel<double>, step, ()) { return {1.0, 2.0}; }
FEATURE(std::vector<double>, all_scaled, (Collect<double> scaled)) { return scaled.to_vector(); }

using testing::ElementsAre;
using testing::HasSubstr;

Driver driver(int threads = 2) {
  return Driver({compiled_module("parallel_test")}, {}, {.threads = threads});
}

const Values kFiles = {{"files", Value::of(int64_t{3})}, {"base", Value::of(1.5)}};

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(ParallelTest, ABlockRunsForEachElementAndKeepsTheOrder) {
  for (const int threads : {1, 2, 4}) {
    outer_calls = 0;
    const Result result = driver(threads).execute({"all_spent", "told", "widened"}, kFiles);
    EXPECT_THAT(result.get<std::vector<double>>("all_spent"), ElementsAre(40, 50, 60));
    EXPECT_EQ(result.get<std::string>("told"), "file 0: 40; file 1: 50; file 2: 60; 3");
    EXPECT_EQ(result.get<double>("widened"), 6);
    EXPECT_EQ(outer_calls, 1);
  }
}

TEST(ParallelTest, NoElementsGiveAnEmptyCollect) {
  const Values none = {{"files", Value::of(int64_t{0})}, {"base", Value::of(1.5)}};
  EXPECT_THAT(driver().execute({"all_spent"}, none).get<std::vector<double>>("all_spent"),
              testing::IsEmpty());
}

TEST(ParallelTest, TablesAreCollected) {
  const Table table = driver().execute({"all_kept"}, kFiles).get<Table>("all_kept");
  EXPECT_EQ(table.num_rows(), 9);
  EXPECT_EQ(table.column("name").at(3).get<std::string>(), "file 1");
}

TEST(ParallelTest, ABlockMayTakeWhatWasCollectedOfIt) {
  const Result result = driver().execute({"shares", "total"}, kFiles);
  EXPECT_EQ(result.get<double>("total"), 150);
  EXPECT_THAT(result.get<std::vector<double>>("shares"),
              ElementsAre(40.0 / 150, 50.0 / 150, 60.0 / 150));
}

TEST(ParallelTest, BlocksNest) {
  const Values inputs = {{"folders", Value::of(int64_t{4})}, {"base", Value::of(1.0)}};
  for (const int threads : {1, 2}) {
    const Result result = driver(threads).execute({"weights"}, inputs);
    EXPECT_THAT(result.get<std::vector<int64_t>>("weights"),
                ElementsAre(0, 111, 20 + 21 + 402, 30 + 31 + 32 + 903));
  }
}

TEST(ParallelTest, NullsAreElementsThatOnlyOptionalsSee) {
  const Result result = driver().execute({"nulls", "never"});
  EXPECT_EQ(result.get<int64_t>("nulls"), 1);
  EXPECT_FALSE(result.at("never").has_value());
}

TEST(ParallelTest, ErrorsNameTheFirstElementThatFailed) {
  const Values inputs = {{"numbers", Value::of(int64_t{5})}};
  for (const int threads : {1, 4}) {
    const std::string text = error_of([&] { driver(threads).execute({"all_strict"}, inputs); });
    EXPECT_THAT(text, HasSubstr("element 3 of number (3): strict: too big"));
    EXPECT_THAT(text, HasSubstr("parallel_test.cc:"));
  }
  const std::string text = error_of([] { driver().execute({"secrets"}); });
  EXPECT_THAT(text, HasSubstr("element 1 of patient: secret"));
  EXPECT_THAT(text, testing::Not(HasSubstr("Ben")));
}

TEST(ParallelTest, ChecksTellOfTheirElement) {
  const Result result = driver().execute({"all_watched"}, {{"numbers", Value::of(int64_t{3})}});
  ASSERT_EQ(result.checks().size(), 3u);
  EXPECT_TRUE(result.checks()[1].passed);
  EXPECT_THAT(result.checks()[2].message, HasSubstr("element 2 of number (2): "));
}

TEST(ParallelTest, WhatAnElementMadeIsFreed) {
  alive = alive_max = 0;
  const Result result = driver(2).execute({"all_light"}, {{"numbers", Value::of(int64_t{200})}});
  EXPECT_EQ(result.get<int64_t>("all_light"), 199 * 100);
  EXPECT_EQ(alive, 0);
  EXPECT_LE(alive_max, 2 * 2);  // one a thread, and the copy that is moved into its Value
}

TEST(ParallelTest, ColumnsFromOutsideKeepTheirRows) {
  const Result result =
      driver().execute({"all_scaled"}, {{"price", Value::of(ColumnData::of<double>({1, 2, 3}))}});
  EXPECT_THAT(result.get<std::vector<double>>("all_scaled"), ElementsAre(6, 12));
}

TEST(ParallelTest, ElementsMayBeGiven) {
  const Result result =
      driver().execute({"all_strict"}, {}, {{"number", Value::of(std::vector<int64_t>{2, 1})}});
  EXPECT_EQ(result.get<int64_t>("all_strict"), 2);
  EXPECT_THAT(
      driver()
          .execute({"all_spent"}, kFiles, {{"taxed", Value::of(ColumnData::of<double>({1}))}})
          .get<std::vector<double>>("all_spent"),
      ElementsAre(1, 1, 1));
  EXPECT_THAT(error_of([] { driver().execute({"all_strict"}, {}, {{"number", Value::of(1.0)}}); }),
              HasSubstr("expected the elements of a Parallel<int64>"));
}

TEST(ParallelTest, NodesOfABlockAreNoOutputs) {
  EXPECT_THAT(error_of([] { driver().plan({"spent"}); }),
              HasSubstr("spent has a value for each element of file: ask for a node that takes "
                        "Collect<double> spent"));
  EXPECT_THAT(error_of([] { driver().plan({"file"}); }), HasSubstr("file is a Parallel"));
}

TEST(ParallelTest, RequestsTakeAFittedValue) {
  const Driver d = driver();
  EXPECT_THAT(error_of([&] { d.plan({"total"}, {.context = Context::kOnline}); }),
              HasSubstr("total needs all rows (it collects the elements of a Parallel), which a "
                        "request does not have; choose fitted, given for it"));
  EXPECT_THAT(
      error_of([&] { d.plan({"total"}, {.context = Context::kStream, .choice = Choice::kBatch}); }),
      HasSubstr("run in batch only"));
  const auto fit = std::make_shared<const Fit>(d.execute({"total"}, kFiles).fit("all files"));
  RowRunner rows =
      d.plan({"total"}, {.context = Context::kOnline, .choice = Choice::kFitted, .fit = fit})
          .rows();
  rows.run();
  EXPECT_EQ(rows.get<double>(rows.output("total")), 150);
}

TEST(ParallelTest, PlansShowTheirBlocks) {
  const Driver d = driver();
  const Plan plan = d.plan({"all_spent"}, {.shapes = {{"base", Shape::kScalar}}});
  const Result result = plan.run(kFiles);
  const std::string text = plan.explain(&result);
  EXPECT_THAT(text, HasSubstr("for each element, in parallel,: file"));
  EXPECT_THAT(text, HasSubstr("fused over the table read"));
  EXPECT_THAT(text, HasSubstr("segment, 3 times: taxed"));
  const Node& spent = d.graph().node(d.graph().at("spent"));
  ASSERT_EQ(spent.block.size(), 1u);
  EXPECT_EQ(d.graph().node(spent.block[0]).name, "file");
  EXPECT_TRUE(d.graph().node(d.graph().at("all_spent")).block.empty());
}

TEST(ParallelTest, HooksNameTheElement) {
  std::mutex mutex;
  std::set<std::string> elements;
  std::vector<std::string> nodes;
  int64_t done = 0;
  Hooks hooks;
  hooks.after_node = [&](const NodeReport& node) {
    const std::scoped_lock lock(mutex);
    if (node.node == "weight") elements.insert(node.element);
    nodes.push_back(node.node + node.error);
  };
  hooks.progress = [&](std::string_view what, int64_t n, int64_t total) {
    const std::scoped_lock lock(mutex);
    if (what == "folder" && total == 3) done = std::max(done, n);
  };
  const Driver d = driver();
  d.plan({"weights"}, {.shapes = {{"base", Shape::kScalar}}})
      .run({{"folders", Value::of(int64_t{3})}, {"base", Value::of(1.0)}}, {.hooks = &hooks});
  EXPECT_THAT(elements, ElementsAre("folder[1].page[0]", "folder[2].page[0]", "folder[2].page[1]"));
  EXPECT_THAT(nodes, testing::Contains("weights"));
  EXPECT_EQ(done, 3);
}

TEST(ParallelTest, ElementsAreCachedOneByOne) {
  const ScratchFolder folder;
  const Driver d({compiled_module("parallel_test")}, {},
                 {.threads = 2, .cache = {.directory = folder.path() + "/cache"}});
  made = 0;
  d.execute({"all_costly"}, {{"numbers", Value::of(int64_t{3})}});
  EXPECT_EQ(made, 3);
  const Result result = d.execute({"all_costly"}, {{"numbers", Value::of(int64_t{4})}});
  EXPECT_EQ(made, 4);
  EXPECT_EQ(std::ranges::count(result.cache_log(), "hit", &CacheReport::outcome), 3);
}

TEST(ParallelTest, CancelledRunsStop) {
  std::atomic<bool> cancelled = true;
  const Plan plan = driver().plan({"all_strict"});
  try {
    plan.run({{"numbers", Value::of(int64_t{2})}}, {.cancelled = &cancelled});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCancelled);
  }
}

// ---- graphs that have no meaning ----------------------------------------------------------------

DefinitionPtr parallel(const std::string& name, const std::vector<std::string>& inputs = {}) {
  DefinitionBuilder b(name);
  for (const auto& input : inputs) b.parameter(input, int64_type());
  return b.version("1").object(
      int64_type(),
      [](std::span<const Value>) { return Value::of(Parallel<int64_t>({1, 2, 3}).elements()); },
      Shape::kParallel);
}

DefinitionPtr taking(const std::string& name, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& collected = {}) {
  DefinitionBuilder b(name);
  for (const auto& input : collected) b.parameter(input, int64_type(), Shape::kCollect);
  for (const auto& input : inputs) b.parameter(input, int64_type());
  return b.version("1").object(int64_type(), [n = collected.size()](std::span<const Value> v) {
    int64_t sum = 0;
    for (size_t i = 0; i < n; ++i) {
      for (const Value& x : v[i].get<ValueList>()) sum += x.get<int64_t>();
    }
    for (size_t i = n; i < v.size(); ++i) sum += v[i].get<int64_t>();
    return Value::of(sum);
  });
}

std::string error_of_graph(Definitions definitions) {
  return error_of([&] { Driver({{"built", std::move(definitions)}}); });
}

TEST(ParallelTest, BuiltDefinitionsFormBlocks) {
  const Driver d({{"built",
                   {parallel("p"), taking("inner", {"p"}), taking("sum", {"x"}, {"inner"}),
                    taking("sum_of_elements", {}, {"p"})}}},
                 {}, {.threads = 2});
  const Result result = d.execute({"sum", "sum_of_elements"}, {{"x", Value::of(int64_t{10})}});
  EXPECT_EQ(result.get<int64_t>("sum"), 16);
  EXPECT_EQ(result.get<int64_t>("sum_of_elements"), 6);
}

TEST(ParallelTest, SequentialBlocks) {
  const Driver d(
      {{"built",
        {parallel("p"), taking("a", {"p"}), taking("sum", {}, {"a"}), parallel("q", {"sum"}),
         taking("b", {"q", "sum"}), taking("end", {"sum"}, {"b"})}}});
  EXPECT_EQ(d.execute({"end"}).get<int64_t>("end"), 6 + (1 + 2 + 3 + 18));
}

TEST(ParallelTest, MistakesAreToldOfWhenTheGraphIsBuilt) {
  EXPECT_THAT(error_of_graph({taking("sum", {}, {"a"}), taking("a", {"x"})}),
              HasSubstr("'sum' collects 'a', which does not depend on a Parallel"));
  EXPECT_THAT(error_of_graph({parallel("p"), parallel("q"), taking("pair", {"p", "q"})}),
              HasSubstr("'pair' takes 'p', of the elements of 'p', and 'q', of those of 'q': they "
                        "do not line up"));
  EXPECT_THAT(error_of_graph({parallel("p"), taking("a", {"p"}), taking("both", {"p"}, {"a"})}),
              HasSubstr("collect in a node of its own"));
}

TEST(ParallelTest, WhatBuiltElementsAreIsChecked) {
  const auto wrong = DefinitionBuilder("p").version("1").object(
      int64_type(), [](std::span<const Value>) { return Value::of(std::string("no")); },
      Shape::kParallel);
  const Driver d({{"built", {wrong, taking("sum", {}, {"p"})}}});
  EXPECT_THAT(error_of([&] { d.execute({"sum"}); }), HasSubstr("p says it returns Elements"));
}

}  // namespace parallel_test
