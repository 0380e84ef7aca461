/// The thirty features of expressions/features.cc for one row, called one after another by hand.
#pragma once

#include <optional>
#include <string_view>

#include "weft/types.h"

namespace expressions {

struct Row {
  double a;
  double b;
  double c;
  std::optional<double> d;
  weft::Time ts;
  std::string_view s;
};

/// The seven outputs. Doubles only, so that nobody pays for boxes; nullopt where a feature is null.
struct RowOutputs {
  double f08;
  bool f13;
  double f17;
  std::optional<double> f19;
  std::optional<double> f22;
  std::optional<double> f28;
  std::optional<double> f30;
};

/// Each function is called; nothing is inlined into the caller.
RowOutputs by_hand(const Row& row, double a_mean, double a_stddev);
/// All in one, as the compiler likes.
RowOutputs by_hand_inlined(const Row& row, double a_mean, double a_stddev);

}  // namespace expressions
