#include "weft/trace.h"

#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.h"

namespace weft {

struct Trace::State {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point made = Clock::now();
  Hooks hooks;
  std::mutex mutex;
  std::vector<Span> spans;
  std::map<std::thread::id, int> threads;

  int64_t now_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - made).count();
  }
  int thread() {
    return threads.emplace(std::this_thread::get_id(), static_cast<int>(threads.size()))
        .first->second;
  }

  void add_step(const StepReport& step) {
    Span span;
    for (const auto& node : step.nodes) span.name += (span.name.empty() ? "" : ", ") + node;
    span.kind = step.name;
    span.duration_us = static_cast<int64_t>(step.seconds * 1e6);
    span.nodes = step.nodes;
    span.rows = step.rows;
    span.bytes = step.bytes;
    span.element = step.element;
    span.error = step.error;
    const std::scoped_lock lock(mutex);
    span.start_us = std::max<int64_t>(0, now_us() - span.duration_us);
    span.thread = thread();
    spans.push_back(std::move(span));
  }
};

namespace {

nlohmann::json event_of(const Span& span) {
  nlohmann::json args = {{"rows", span.rows}, {"bytes", span.bytes}};
  if (!span.nodes.empty()) args["nodes"] = span.nodes;
  if (!span.element.empty()) args["element"] = span.element;
  if (!span.error.empty()) args["error"] = span.error;
  return {{"name", span.name},      {"cat", span.kind},        {"ph", "X"},
          {"ts", span.start_us},    {"dur", span.duration_us}, {"pid", 1},
          {"tid", span.thread + 1}, {"args", std::move(args)}};
}

}  // namespace

Trace::Trace() : state_(new State) {
  State* state = state_.get();
  state->hooks.after_step = [state](const StepReport& step) { state->add_step(step); };
}

Trace::~Trace() = default;

const Hooks& Trace::hooks() const { return state_->hooks; }

std::vector<Span> Trace::spans() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->spans;
}

std::string Trace::to_json() const {
  nlohmann::json events = nlohmann::json::array();
  for (const Span& span : spans()) events.push_back(event_of(span));
  const nlohmann::json all = {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Trace::write(const std::string& path) const { write_file(path, to_json()); }

}  // namespace weft
