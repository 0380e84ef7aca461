/// One line of JSON for each request.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "server/http.h"
#include "weft/clock.h"

namespace weft {

/// Thread-safe. Says nothing of bodies, queries and tokens.
class AccessLog {
 public:
  AccessLog(std::function<void(std::string_view line)> sink, const Clock& clock)
      : sink_(std::move(sink)), clock_(clock) {}
  /// `line` is memory that is used again.
  void write(const HttpRequest& request, const HttpResponse& response,
             std::chrono::nanoseconds took, std::string& line);

 private:
  std::function<void(std::string_view line)> sink_;
  const Clock& clock_;
  std::mutex mutex_;
};

}  // namespace weft
