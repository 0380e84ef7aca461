/// The thirty features as one hand-fused loop: what a compiler could make of exactly this chain.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace expressions {

struct HandInput {
  int64_t rows;
  const double* a;
  const double* b;
  const double* c;
  const double* d;
  const uint8_t* d_valid;  ///< Arrow's bitmap from bit 0; null: all valid
  const int64_t* ts;
  const int32_t* s_offsets;
  const char* s_data;
};

/// Numbers and validity words of the seven outputs; null pointers where an output has no nulls.
struct HandOutput {
  double* f08;
  uint64_t* f13;  ///< bits
  double* f17;
  double* f19;
  uint64_t* f19_valid;
  double* f22;
  uint64_t* f22_valid;
  double* f28;
  uint64_t* f28_valid;
  double* f30;
};

/// Rows [from, to); `from` is a multiple of 64. f30 has the nulls of f28.
void hand_fused(const HandInput& in, const HandOutput& out, int64_t from, int64_t to, double mean,
                double stddev);

}  // namespace expressions
