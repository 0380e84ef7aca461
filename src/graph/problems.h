/// Problems: what is wrong with a set of definitions, gathered so that all of it is told at once.
#pragma once

#include <fmt/format.h>

#include "weft/graph.h"

namespace weft {

class Problems {
 public:
  /// With millions of nodes one mistake can be repeated as often: only so many are kept.
  static constexpr size_t kMax = 200;

  template <class... A>
  void add(const SourceLocation& where, fmt::format_string<A...> text, A&&... a) {
    add_text(ErrorCode::kInvalidGraph, where, fmt::format(text, std::forward<A>(a)...));
  }
  template <class... A>
  void add(ErrorCode code, const SourceLocation& where, fmt::format_string<A...> text, A&&... a) {
    add_text(code, where, fmt::format(text, std::forward<A>(a)...));
  }
  void add_text(ErrorCode code, const SourceLocation& where, std::string message) {
    if (list_.size() < kMax) {
      list_.push_back({code, std::move(message), where});
    } else {
      ++left_out_;
    }
  }

  bool empty() const { return list_.empty(); }
  size_t size() const { return list_.size() + left_out_; }
  std::vector<Problem> take() {
    if (left_out_ > 0) {
      list_.push_back({ErrorCode::kInvalidGraph, fmt::format("and {} more problems", left_out_)});
    }
    return std::move(list_);
  }

 private:
  std::vector<Problem> list_;
  size_t left_out_ = 0;
};

}  // namespace weft
