// Runs that go on while the caller does something else, functions whose value comes later, hooks.
#include "weft/async.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <nlohmann/json.hpp>

#include "weft/definition_builder.h"
#include "weft/module.h"
#include "weft/weft.h"

namespace async_test {
using namespace weft;

constexpr int kCalls = 100;

// Calls that are all begun before any of them ends.
struct Gate {
  std::latch begun{kCalls};
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  std::mutex mutex;

  std::future<int64_t> call(int64_t number) {
    std::promise<int64_t> promise;
    std::future<int64_t> future = promise.get_future();
    const std::scoped_lock lock(mutex);
    threads.emplace_back([this, number, promise = std::move(promise)]() mutable {
      begun.arrive_and_wait();
      ++ended;
      promise.set_value(number * 2);
    });
    return future;
  }
  ~Gate() {
    for (auto& thread : threads) thread.join();
  }
};
std::unique_ptr<Gate> gate;

// Futures that the test fulfils.
struct Later {
  std::promise<double> promise;
  std::promise<void> asked;
};
std::unique_ptr<Later> later;

FEATURE(std::future<double>, fetched, (std::string url)) {
  static_cast<void>(url);
  later->asked.set_value();
  return later->promise.get_future();
}
FEATURE(double, at_once, (double x)) { return x + 1; }
FEATURE(double, after, (double fetched, double at_once)) { return fetched + at_once; }
FEATURE(std::future<std::optional<double>>, maybe, ()) {
  std::promise<std::optional<double>> promise;
  promise.set_value(std::nullopt);
  return promise.get_future();
}
FEATURE(double, after_maybe, (double maybe)) { return maybe; }
FEATURE(std::future<int64_t>, deferred, (int64_t n)) {
  return std::async(std::launch::deferred, [n] { return n + 1; });
}
FEATURE(std::future<int64_t>, failing, (int64_t n)) {
  return std::async(std::launch::deferred, [n]() -> int64_t {
    throw std::runtime_error("no answer to " + std::to_string(n));
  });
}
FEATURE(Parallel<int64_t>, number, ()) { return std::views::iota(0, kCalls); }
FEATURE(std::future<int64_t>, looked_up, (int64_t number)) { return gate->call(number); }
FEATURE(int64_t, found, (Collect<int64_t> looked_up)) {
  int64_t sum = 0;
  for (const int64_t x : looked_up) sum += x;
  return sum;
}
// Answers as soon as five wait.
struct Fives {
  std::mutex mutex;
  std::vector<std::promise<int64_t>> open;
  int64_t begun = 0;

  std::future<int64_t> ask() {
    const std::scoped_lock lock(mutex);
    ++begun;
    open.emplace_back();
    std::future<int64_t> future = open.back().get_future();
    if (open.size() < 5) return future;
    for (auto& promise : open) promise.set_value(1);
    open.clear();
    return future;
  }
};
std::unique_ptr<Fives> fives;
FEATURE(std::future<int64_t>, asked, (int64_t number)) {
  static_cast<void>(number);
  return fives->ask();
}
FEATURE(int64_t, answers, (Collect<int64_t> asked)) { return asked.size(); }
FEATURE(std::future<int64_t>, one_call, (int64_t n)) { return gate->call(n); }

using testing::ElementsAre;
using testing::HasSubstr;

Driver driver(int threads = 2, Hooks hooks = {}) {
  return Driver({compiled_module("async_test")}, {},
                {.threads = threads, .hooks = std::move(hooks)});
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

const Values kInputs = {{"url", Value::of("here")}, {"x", Value::of(1.0)}};

TEST(AsyncTest, ARunGoesOnUntilWhatItAwaitsIsThere) {
  for (const int threads : {1, 2}) {
    later = std::make_unique<Later>();
    const Task task = driver(threads).execute_async({"after"}, kInputs);
    later->asked.get_future().wait();
    EXPECT_FALSE(task.done());
    later->promise.set_value(40);
    EXPECT_EQ(task.get().get<double>("after"), 42);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.wait_for(Duration(0)));
  }
}

TEST(AsyncTest, ManyRunsWaitAtOnce) {
  for (const int threads : {1, 2}) {
    gate = std::make_unique<Gate>();
    const Driver d = driver(threads);
    std::vector<Task> tasks;
    for (int64_t i = 0; i < kCalls; ++i) {
      tasks.push_back(d.execute_async({"one_call"}, {{"n", Value::of(i)}}));
    }
    for (int64_t i = 0; i < kCalls; ++i) {
      EXPECT_EQ(tasks[static_cast<size_t>(i)].get().get<int64_t>("one_call"), 2 * i);
    }
    gate.reset();
  }
}

TEST(AsyncTest, ManyElementsWaitAtOnce) {
  for (const int threads : {1, 2}) {
    gate = std::make_unique<Gate>();
    EXPECT_EQ(driver(threads).execute({"found"}).get<int64_t>("found"), kCalls * (kCalls - 1));
    gate = std::make_unique<Gate>();
    const Task task = driver(threads).execute_async({"found"});
    EXPECT_EQ(task.get().get<int64_t>("found"), kCalls * (kCalls - 1));
    gate.reset();
  }
}

TEST(AsyncTest, OnlySoManyElementsAreUnderWay) {
  for (const int threads : {1, 2}) {
    fives = std::make_unique<Fives>();
    int64_t most = 0;
    Hooks hooks;
    int64_t last_done = 0;
    std::mutex mutex;
    hooks.progress = [&](std::string_view, int64_t done, int64_t) {
      const std::scoped_lock lock(mutex, fives->mutex);
      last_done = std::max(last_done, done);
      most = std::max(most, fives->begun - last_done);
    };
    const Result result =
        driver(threads).execute({"answers"}, {}, {}, {.hooks = &hooks, .elements_in_flight = 5});
    EXPECT_EQ(result.get<int64_t>("answers"), kCalls);
    EXPECT_LE(most, 5);
  }
}

TEST(AsyncTest, ManyNodesWaitAtOnce) {
  gate = std::make_unique<Gate>();
  Definitions definitions;
  std::vector<std::string> names;
  for (int64_t i = 0; i < kCalls; ++i) {
    names.push_back("call_" + std::to_string(i));
    definitions.push_back(DefinitionBuilder(names.back())
                              .version("1")
                              .object(int64_type(), [i](std::span<const Value>) {
                                return Value::of(Awaited::of(gate->call(i)));
                              }));
  }
  const Driver d({{"built", definitions}}, {}, {.threads = 1});
  const Result result = d.execute(names);
  EXPECT_EQ(result.get<int64_t>("call_7"), 14);
  gate.reset();
}

TEST(AsyncTest, RequestsWaitForTheirValue) {
  const Driver d = driver();
  RowRunner rows =
      d.plan({"deferred"}, {.context = Context::kOnline}).rows({{"n", Value::of(int64_t{4})}});
  rows.run();
  EXPECT_EQ(rows.value(rows.output("deferred")).get<int64_t>(), 5);
}

TEST(AsyncTest, NullsAndErrorsComeLaterToo) {
  EXPECT_FALSE(driver().execute({"after_maybe"}).at("after_maybe").has_value());
  const std::string text =
      error_of([] { driver().execute({"failing"}, {{"n", Value::of(int64_t{7})}}); });
  EXPECT_THAT(text, HasSubstr("failing: no answer to 7"));
  EXPECT_THAT(text, HasSubstr("async_test.cc:"));
  const Task task = driver().execute_async({"failing"}, {{"n", Value::of(int64_t{7})}});
  EXPECT_THAT(error_of([&] { static_cast<void>(task.get()); }), HasSubstr("no answer to 7"));
}

TEST(AsyncTest, WhatIsWrongWithTheCallIsThrownAtOnce) {
  const Driver d = driver();
  EXPECT_THAT(error_of([&] { d.execute_async({"after"}, {{"url", Value::of("here")}}); }),
              HasSubstr("x (double"));
  std::atomic<bool> cancelled = false;
  EXPECT_THAT(error_of([&] { d.execute_async({"after"}, kInputs, {}, {.cancelled = &cancelled}); }),
              HasSubstr("cancelled through its Task"));
}

TEST(AsyncTest, ATaskIsCancelledWhileItWaits) {
  later = std::make_unique<Later>();
  const Task task = driver().execute_async({"after"}, kInputs);
  later->asked.get_future().wait();
  task.cancel();
  try {
    static_cast<void>(task.get());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCancelled);
  }
}

TEST(AsyncTest, ADroppedTaskEnds) {
  std::promise<void> ended;
  Hooks hooks;
  hooks.after_run = [&](const Result&) { ended.set_value(); };
  later = std::make_unique<Later>();
  // The run is the last owner of all it needs.
  driver(2, hooks).execute_async({"after"}, kInputs);
  later->asked.get_future().wait();
  later->promise.set_value(1);
  ended.get_future().wait();
}

// ---- hooks
// ---------------------------------------------------------------------------------------

TEST(HooksTest, ARunTellsWhatItDoes) {
  std::mutex mutex;
  std::vector<std::string> told;
  const auto tell = [&](std::string what) {
    const std::scoped_lock lock(mutex);
    told.push_back(std::move(what));
  };
  Hooks first;
  first.graph_built = [&](const Graph&) { tell("graph"); };
  first.before_run = [&](const Plan&) { tell("run"); };
  first.before_node = [&](std::string_view node, std::string_view) {
    tell("> " + std::string(node));
  };
  first.after_node = [&](const NodeReport& n) { tell("< " + n.node); };
  Hooks second;
  second.after_run = [&](const Result&) { tell("done"); };
  second.run_failed = [&](const Error& e) { tell("failed: " + e.message()); };
  const Driver d = driver(1, combine({first, second}));
  d.execute({"deferred"}, {{"n", Value::of(int64_t{1})}});
  EXPECT_THAT(told, ElementsAre("graph", "run", "> deferred", "< deferred", "done"));
  told.clear();
  error_of([&] { d.execute({"failing"}, {{"n", Value::of(int64_t{1})}}); });
  EXPECT_THAT(told,
              ElementsAre("run", "> failing", "< failing", "failed: failing: no answer to 1"));
  // A plan that is held tells the driver's hooks as well, unless it is given others.
  told.clear();
  d.plan({"deferred"}).run({{"n", Value::of(int64_t{1})}});
  EXPECT_EQ(told.size(), 4u);
  const Hooks none;
  d.plan({"deferred"}).run({{"n", Value::of(int64_t{1})}}, {.hooks = &none});
  EXPECT_EQ(told.size(), 4u);
}

TEST(HooksTest, ATraceHasASpanForEachStep) {
  Trace trace;
  const Driver d = driver(1);
  d.execute({"deferred"}, {{"n", Value::of(int64_t{1})}}, {}, {.hooks = &trace.hooks()});
  error_of([&] {
    d.execute({"failing"}, {{"n", Value::of(int64_t{1})}}, {}, {.hooks = &trace.hooks()});
  });
  const std::vector<Span> spans = trace.spans();
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].name, "deferred");
  EXPECT_EQ(spans[0].kind, "call");
  EXPECT_THAT(spans[1].error, HasSubstr("failing: no answer to 1"));
  const auto json = nlohmann::json::parse(trace.to_json());
  ASSERT_EQ(json["traceEvents"].size(), 2u);
  EXPECT_EQ(json["traceEvents"][0]["ph"], "X");
  EXPECT_EQ(json["traceEvents"][0]["args"]["nodes"][0], "deferred");
}

}  // namespace async_test
