/// The best feature row seen for a place, in the one order of rows: event time, known time,
/// sequence, row number.
#pragma once

#include <cstdint>
#include <limits>

namespace weft {

/// Of a view whose rows have neither a known time nor a sequence.
struct Candidate {
  int64_t event_us = std::numeric_limits<int64_t>::min();
  int64_t row = -1;  // -1: none; comes before every row
};

/// Whether `a` comes after `b`; without branches, which could not be foreseen.
inline bool newer(const Candidate& a, const Candidate& b) {
  return (a.event_us > b.event_us) | ((a.event_us == b.event_us) & (a.row > b.row));
}

struct TiedCandidate {
  int64_t event_us = std::numeric_limits<int64_t>::min();
  int64_t row = -1;
  int64_t known_us = std::numeric_limits<int64_t>::min();
  int64_t sequence = std::numeric_limits<int64_t>::min();
};

inline bool newer(const TiedCandidate& a, const TiedCandidate& b) {
  if (a.event_us != b.event_us) return a.event_us > b.event_us;
  if (a.known_us != b.known_us) return a.known_us > b.known_us;
  if (a.sequence != b.sequence) return a.sequence > b.sequence;
  return a.row > b.row;
}

}  // namespace weft
