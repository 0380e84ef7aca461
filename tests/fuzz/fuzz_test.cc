// Random graphs give the same bits in batch, in micro-batches and per request. The seed is printed;
// WEFT_SEED=<seed> runs that one graph, WEFT_LONG_SECONDS says how long the long test goes on.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/test_seed.h"
#include "compare.h"

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace weft::fuzz {
namespace {

// Now and then so many rows that two threads share them.
GraphSize size_of(uint64_t seed) {
  if (seed % 400 == 0) return {.nodes_max = 6, .rows = 70'000};
  return {};
}

// So that a crash or a finding of a sanitizer tells its seed too.
std::atomic<uint64_t> seed_now = 0;
void tell_seed() { std::fprintf(stderr, "WEFT_SEED=%lu\n", seed_now.load()); }
void tell_seed_of_signal(int signal) {
  tell_seed();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}
void tell_seed_at_death() {
  if (&__sanitizer_set_death_callback != nullptr) return __sanitizer_set_death_callback(&tell_seed);
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(signal, &tell_seed_of_signal);
}

void run_seed(uint64_t seed) {
  seed_now = seed;
  const FuzzGraph graph = random_graph(seed, size_of(seed));
  if (graph.outputs.empty()) return;
  const Trial trial = {graph.outputs, 0, graph.rows};
  if (!failure_of(graph, trial, seed)) return;
  const Trial small = minimized(graph, trial, seed);
  const auto text = failure_of(graph, small, seed);
  ADD_FAILURE() << "WEFT_SEED=" << seed << "\n"
                << graph.to_string(small.outputs, small.from, small.size) << "\n"
                << text.value_or("fails only now and then");
}

void run_for(std::chrono::seconds time) {
  tell_seed_at_death();
  if (const auto seed = seed_asked_for()) return run_seed(*seed);
  const auto start = std::chrono::steady_clock::now();
  const uint64_t first = first_seed();
  std::cout << "seeds from " << first << std::endl;
  uint64_t seed = first;
  while (std::chrono::steady_clock::now() - start < time && !testing::Test::HasFailure()) {
    run_seed(seed++);
  }
  const Counts& c = counts();
  std::cout << fmt::format(
                   "{} seeds: {} graphs ({} fail alike everywhere), {} micro-batches, {} requests, "
                   "{} running streams",
                   seed - first, c.graphs, c.failed_in_all, c.streams, c.requests, c.running)
            << std::endl;
}

// Half of them never did what they are there for once: every kind of function comes up.
TEST(FuzzTest, GraphsAreOfEveryKind) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const FuzzGraph graph = random_graph(seed, {.rows = 0});
    for (const auto& node : graph.nodes) {
      for (const char* part : {"boxed", "may fail", "of all rows", "predict", "over(", "mean(",
                               "scalar", "column", "group("}) {
        if (node.text.find(part) != std::string::npos) seen.insert(part);
      }
    }
  }
  EXPECT_EQ(seen.size(), 9) << fmt::format("{}", fmt::join(seen, " "));
}

TEST(FuzzTest, EveryContextGivesTheSameBits) { run_for(std::chrono::seconds(4)); }

TEST(FuzzTest, LongEveryContextGivesTheSameBits) { run_for(long_test_time(60s)); }

}  // namespace
}  // namespace weft::fuzz
