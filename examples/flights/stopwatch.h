/// What each step took, on the screen.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline void say(const std::string& what, double seconds) {
  std::printf("%-58s %9.3f s\n", what.c_str(), seconds);
}
