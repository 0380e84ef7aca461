// Topological order, and the cycles that stand in its way.
#include <queue>

#include "graph/connect.h"

namespace weft {
namespace {

// To find a cycle can cost a walk over the whole graph: nobody reads more than these.
constexpr size_t kMaxCycles = 50;

class Ordering {
 public:
  Ordering(const std::vector<std::vector<uint32_t>>& sources, const std::vector<uint64_t>& key)
      : sources_(sources), key_(key), waiting_(sources.size()), done_(sources.size()) {
    first_.resize(sources.size() + 1);
    for (const auto& list : sources) {
      for (const uint32_t s : list) ++first_[s + 1];
    }
    for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    consumers_.resize(first_.back());
    std::vector<uint32_t> next(first_.begin(), first_.end() - 1);
    for (uint32_t i = 0; i < sources.size(); ++i) {
      waiting_[i] = static_cast<uint32_t>(sources[i].size());
      for (const uint32_t s : sources[i]) consumers_[next[s]++] = i;
      if (sources[i].empty()) ready_.push({key[i], i});
    }
    order_.reserve(sources.size());
  }

  std::vector<uint32_t> run(std::vector<std::vector<uint32_t>>& cycles) {
    drain();
    for (uint32_t i = 0; order_.size() < sources_.size();) {
      while (done_[i]) ++i;
      if (cycles.size() == kMaxCycles) {
        finish(i);
        continue;
      }
      cycles.push_back(find_cycle(i));
      // Cut here, so that what hangs on the cycle, and other cycles, are seen too.
      finish(cycles.back().front());
      drain();
    }
    return std::move(order_);
  }

 private:
  void finish(uint32_t node) {
    done_[node] = true;
    order_.push_back(node);
    for (uint32_t c = first_[node]; c < first_[node + 1]; ++c) {
      const uint32_t consumer = consumers_[c];
      if (--waiting_[consumer] == 0 && !done_[consumer]) ready_.push({key_[consumer], consumer});
    }
  }
  void drain() {
    while (!ready_.empty()) {
      const uint32_t node = ready_.top().second;
      ready_.pop();
      finish(node);
    }
  }
  // A node that is left has an input that is left: walking back must come round.
  std::vector<uint32_t> find_cycle(uint32_t start) {
    std::vector<uint32_t> path;
    std::unordered_map<uint32_t, size_t> at;
    uint32_t node = start;
    while (at.emplace(node, path.size()).second) {
      path.push_back(node);
      for (const uint32_t s : sources_[node]) {
        if (!done_[s]) {
          node = s;
          break;
        }
      }
    }
    return {path.rbegin(), path.rend() - static_cast<std::ptrdiff_t>(at[node])};
  }

  using Entry = std::pair<uint64_t, uint32_t>;
  const std::vector<std::vector<uint32_t>>& sources_;
  const std::vector<uint64_t>& key_;
  std::vector<uint32_t> first_;
  std::vector<uint32_t> consumers_;
  std::vector<uint32_t> waiting_;
  std::vector<bool> done_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready_;
  std::vector<uint32_t> order_;
};

}  // namespace

std::vector<uint32_t> topological_order(const std::vector<std::vector<uint32_t>>& sources,
                                        const std::vector<uint64_t>& key,
                                        std::vector<std::vector<uint32_t>>& cycles) {
  return Ordering(sources, key).run(cycles);
}

}  // namespace weft
