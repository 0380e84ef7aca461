/// Our side of a bench, as a program: one line of stdin is a task, one JSON object the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

/// Takes the words after the task's name. The answer holds "seconds" (or another measure) and what
/// the peer's result is compared with.
using Task = std::function<nlohmann::json(const std::vector<std::string>& words)>;

template <class F>
double seconds_of(F&& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds of one of `calls` calls in a row: for what is shorter than a clock tells.
template <class F>
double seconds_each(int64_t calls, F&& run) {
  return seconds_of([&] {
           for (int64_t i = 0; i < calls; ++i) run();
         }) /
         static_cast<double>(calls);
}

/// The least time of one call among as many as fit into `budget` seconds, at least two.
template <class F>
double least_seconds(F&& run, double budget = 0.02) {
  double least = std::numeric_limits<double>::infinity();
  double spent = 0;
  for (int i = 0; i < 2 || spent < budget; ++i) {
    const double seconds = seconds_of(run);
    least = std::min(least, seconds);
    spent += seconds;
  }
  return least;
}

/// Answers until stdin ends. What a task throws ends the program.
inline int serve(const std::map<std::string, Task>& tasks) {
  try {
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream text(line);
      std::vector<std::string> words;
      for (std::string word; text >> word;) words.push_back(word);
      if (words.empty()) continue;
      const Task& task = tasks.at(words[0]);
      words.erase(words.begin());
      std::printf("%s\n", task(words).dump().c_str());
      std::fflush(stdout);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}

}  // namespace bench
