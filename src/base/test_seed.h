/// Where random tests take their seeds from, and how long those that go on may go on.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

namespace weft {

/// The one seed to be run: WEFT_SEED, which a failure printed.
inline std::optional<uint64_t> seed_asked_for() {
  const char* text = std::getenv("WEFT_SEED");
  if (!text) return {};
  return std::strtoull(text, nullptr, 10);
}

/// The first of the seeds to be tried: WEFT_SEED, else WEFT_SEEDS_FROM, else a random one. A gate
/// sets WEFT_SEEDS_FROM, so that a change fails for what it does and not for the day's luck.
inline uint64_t first_seed() {
  if (const auto seed = seed_asked_for()) return *seed;
  if (const char* text = std::getenv("WEFT_SEEDS_FROM")) return std::strtoull(text, nullptr, 10);
  return std::random_device{}() * uint64_t{1'000'000};
}

/// How long a long test goes on: WEFT_LONG_SECONDS, else `otherwise`.
inline std::chrono::seconds long_test_time(std::chrono::seconds otherwise) {
  const char* text = std::getenv("WEFT_LONG_SECONDS");
  return text ? std::chrono::seconds(std::atoi(text)) : otherwise;
}

}  // namespace weft
