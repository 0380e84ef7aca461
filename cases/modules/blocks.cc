// Blocks for cases/: what runs once for each element, and who collects it.
#include <weft/weft.h>

namespace blocks {
using namespace weft;

FEATURE(Parallel<int64_t>, part, (int64_t parts)) {
  if (parts < 0) throw std::invalid_argument("a negative number of parts");
  return std::views::iota(int64_t{1}, parts + 1);
}
FEATURE(Scalar<double>, part_sum, (Column<double> x, Scalar<int64_t> part)) {
  return sum(x) * part;
}
FEATURE(double, strict, (double part_sum)) {
  if (part_sum > 100) throw std::runtime_error("more than 100");
  return part_sum;
}
FEATURE(double, total, (Collect<double> strict)) {
  double sum = 0;
  for (const double s : strict) sum += s;
  return sum;
}
FEATURE(double, share, (double x, double total)) { return x / total; }

FEATURE(Parallel<int64_t>, piece, (int64_t part)) { return std::vector<int64_t>{part, part * 10}; }
FEATURE(int64_t, piece_sum, (Collect<int64_t> piece)) {
  int64_t sum = 0;
  for (const int64_t p : piece) sum += p;
  return sum;
}
FEATURE(std::vector<int64_t>, piece_sums, (Collect<int64_t> piece_sum, int64_t parts)) {
  auto sums = piece_sum.to_vector();
  sums.push_back(parts);
  return sums;
}
}  // namespace blocks
