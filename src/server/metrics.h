/// What the server counts, in the text form of Prometheus.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weft/store.h"

namespace weft {

/// Counts that one thread raises and others read.
class Count {
 public:
  void add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void raise_to(uint64_t n) {
    if (n > value_.load(std::memory_order_relaxed)) value_.store(n, std::memory_order_relaxed);
  }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// How many observations fell under each bound. Units are microseconds.
class Histogram {
 public:
  static constexpr size_t kBounds = 16;
  using Bounds = std::array<int64_t, kBounds>;  ///< ascending, each included

  explicit Histogram(const Bounds& bounds) : bounds_(bounds) {}
  void observe(int64_t us);
  const Bounds& bounds() const { return bounds_; }

  Count counts[kBounds + 1];  ///< the last: above all bounds
  Count sum_us;
  Count max_us;

 private:
  const Bounds& bounds_;
};

/// What one thread counts of one view.
struct ViewCounts {
  Count statuses[5];  ///< by FeatureStatus
  Histogram staleness;
  ViewCounts();
};

/// What one thread counts. add and view are called by that thread only.
class MetricsShard {
 public:
  /// `route` is static text; `service` is one that exists, or empty.
  void add_request(std::string_view route, std::string_view service, int status,
                   std::chrono::nanoseconds took);
  void add_refused(std::string_view why);
  /// Stays where it is.
  ViewCounts& view(const std::string& name);

 private:
  friend class Metrics;
  struct Requests {
    std::string_view route;
    std::string service;
    std::map<int, Count> statuses = {};
    Histogram took;
    Requests(std::string_view of_route, std::string_view of_service);
  };

  std::mutex mutex_;  // held to add an entry, and by others to read all
  std::unordered_map<std::string, std::unique_ptr<Requests>> requests_;
  std::unordered_map<std::string, std::unique_ptr<ViewCounts>> views_;
  std::map<std::string_view, Count> refused_;
  std::string key_;
};

/// A number of the moment.
struct Gauge {
  std::string_view name;
  std::string_view help;
  int64_t value;
  bool is_counter = false;
};

/// Thread-safe.
class Metrics {
 public:
  /// One for a thread to write to; lives as long as this.
  MetricsShard& add_shard();
  /// All shards together, and the gauges.
  std::string text(std::span<const Gauge> gauges);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<MetricsShard>> shards_;
};

}  // namespace weft
