#include "server/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

constexpr Histogram::Bounds kTookBounds = {
    50,     100,    200,     500,     1'000,   2'000,       5'000,       10'000,
    20'000, 50'000, 100'000, 200'000, 500'000, 1 * kSecond, 5 * kSecond, 60 * kSecond};
constexpr Histogram::Bounds kStalenessBounds = {
    kSecond,  5 * kSecond, 15 * kSecond, kMinute,    5 * kMinute, 15 * kMinute,
    kHour,    3 * kHour,   6 * kHour,    12 * kHour, kDay,        2 * kDay,
    4 * kDay, 7 * kDay,    30 * kDay,    365 * kDay};

// Sums of several shards.
struct Sums {
  std::array<uint64_t, Histogram::kBounds + 1> counts = {};
  uint64_t sum_us = 0;
  uint64_t max_us = 0;
  const Histogram::Bounds* bounds = nullptr;

  void add(const Histogram& histogram) {
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += histogram.counts[i].get();
    sum_us += histogram.sum_us.get();
    max_us = std::max(max_us, histogram.max_us.get());
    bounds = &histogram.bounds();
  }
};

std::string seconds(uint64_t us) { return fmt::format("{:.9g}", static_cast<double>(us) / 1e6); }

// A label's value: what would end it is escaped.
std::string label(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

void append_head(std::string_view name, std::string_view type, std::string_view help,
                 std::string& out) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void append_histogram(std::string_view name, const std::string& labels, const Sums& sums,
                      std::string& out) {
  uint64_t so_far = 0;
  for (size_t i = 0; i < sums.counts.size(); ++i) {
    so_far += sums.counts[i];
    const std::string bound =
        i < Histogram::kBounds ? seconds(static_cast<uint64_t>((*sums.bounds)[i])) : "+Inf";
    out += fmt::format("{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, bound, so_far);
  }
  out += fmt::format("{}_sum{{{}}} {}\n{}_count{{{}}} {}\n", name, labels, seconds(sums.sum_us),
                     name, labels, so_far);
}

}  // namespace

void Histogram::observe(int64_t us) {
  us = std::max<int64_t>(us, 0);
  const auto* at = std::lower_bound(bounds_.begin(), bounds_.end(), us);
  counts[at - bounds_.begin()].add();
  sum_us.add(static_cast<uint64_t>(us));
  max_us.raise_to(static_cast<uint64_t>(us));
}

ViewCounts::ViewCounts() : staleness(kStalenessBounds) {}

MetricsShard::Requests::Requests(std::string_view of_route, std::string_view of_service)
    : route(of_route), service(of_service), took(kTookBounds) {}

void MetricsShard::add_request(std::string_view route, std::string_view service, int status,
                               std::chrono::nanoseconds took) {
  key_.assign(route).append(1, '\0').append(service);
  auto found = requests_.find(key_);
  if (found == requests_.end() || !found->second->statuses.contains(status)) {
    const std::lock_guard lock(mutex_);
    if (found == requests_.end()) {
      found = requests_.emplace(key_, std::make_unique<Requests>(route, service)).first;
    }
    found->second->statuses[status];
  }
  found->second->statuses.find(status)->second.add();
  found->second->took.observe(took.count() / 1000);
}

void MetricsShard::add_refused(std::string_view why) {
  auto found = refused_.find(why);
  if (found == refused_.end()) {
    const std::lock_guard lock(mutex_);
    found = refused_.try_emplace(why).first;
  }
  found->second.add();
}

ViewCounts& MetricsShard::view(const std::string& name) {
  const auto found = views_.find(name);
  if (found != views_.end()) return *found->second;
  const std::lock_guard lock(mutex_);
  return *views_.emplace(name, std::make_unique<ViewCounts>()).first->second;
}

MetricsShard& Metrics::add_shard() {
  const std::lock_guard lock(mutex_);
  return *shards_.emplace_back(std::make_unique<MetricsShard>());
}

namespace {

// What the text is made of, summed over shards.
struct Totals {
  std::map<std::pair<std::string, int>, uint64_t> requests = {};               // route, status
  std::map<std::pair<std::string, std::string>, Sums> took = {};               // route, service
  std::map<std::pair<std::string, std::string_view>, uint64_t> statuses = {};  // view, status
  std::map<std::string, Sums> staleness = {};
  std::map<std::string, uint64_t> refused = {};

  std::string text() const {
    std::string out;
    append_head("weft_http_requests_total", "counter", "Requests answered.", out);
    for (const auto& [key, n] : requests) {
      out += fmt::format("weft_http_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first,
                         key.second, n);
    }
    append_head("weft_http_request_seconds", "histogram", "From read to answered.", out);
    for (const auto& [key, sums] : took) {
      append_histogram("weft_http_request_seconds",
                       fmt::format("route=\"{}\",service=\"{}\"", key.first, label(key.second)),
                       sums, out);
    }
    append_head("weft_http_refused_total", "counter", "Requests refused unread, by reason.", out);
    for (const auto& [why, n] : refused) {
      out += fmt::format("weft_http_refused_total{{reason=\"{}\"}} {}\n", why, n);
    }
    append_head("weft_feature_values_total", "counter", "Values served, by what there was.", out);
    for (const auto& [key, n] : statuses) {
      out += fmt::format("weft_feature_values_total{{view=\"{}\",status=\"{}\"}} {}\n",
                         label(key.first), key.second, n);
    }
    append_head("weft_feature_staleness_seconds", "histogram",
                "Age of the rows that were served: now less their event time.", out);
    for (const auto& [view, sums] : staleness) {
      append_histogram("weft_feature_staleness_seconds", fmt::format("view=\"{}\"", label(view)),
                       sums, out);
    }
    append_head("weft_feature_staleness_seconds_max", "gauge", "The oldest row served so far.",
                out);
    for (const auto& [view, sums] : staleness) {
      out += fmt::format("weft_feature_staleness_seconds_max{{view=\"{}\"}} {}\n", label(view),
                         seconds(sums.max_us));
    }
    return out;
  }
};

}  // namespace

std::string Metrics::text(std::span<const Gauge> gauges) {
  Totals totals;
  const std::lock_guard lock(mutex_);
  for (const auto& shard : shards_) {
    const std::lock_guard shard_lock(shard->mutex_);
    for (const auto& [key, requests] : shard->requests_) {
      for (const auto& [status, n] : requests->statuses) {
        totals.requests[{std::string(requests->route), status}] += n.get();
      }
      totals.took[{std::string(requests->route), requests->service}].add(requests->took);
    }
    for (const auto& [why, n] : shard->refused_) totals.refused[std::string(why)] += n.get();
    for (const auto& [name, view] : shard->views_) {
      for (size_t i = 0; i < std::size(view->statuses); ++i) {
        totals.statuses[{name, feature_status_name(static_cast<FeatureStatus>(i))}] +=
            view->statuses[i].get();
      }
      totals.staleness[name].add(view->staleness);
    }
  }
  std::string out = totals.text();
  for (const Gauge& gauge : gauges) {
    append_head(gauge.name, gauge.is_counter ? "counter" : "gauge", gauge.help, out);
    out += fmt::format("{} {}\n", gauge.name, gauge.value);
  }
  return out;
}

}  // namespace weft
