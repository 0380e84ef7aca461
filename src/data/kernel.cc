#include "weft/kernel.h"

#include "base/thrown.h"

namespace weft::detail {

bool and_valid(const Slice* in, const bool* optional, size_t arity, const Sink& out, int64_t n) {
  bool all = true;
  for (int64_t w = 0; w * 64 < n; ++w) {
    uint64_t valid = ~uint64_t{0};
    for (size_t k = 0; k < arity; ++k) {
      if (!in[k].valid || optional[k]) continue;
      valid &= in[k].stride ? in[k].valid[w] : -(in[k].valid[0] & 1);
    }
    if (n - w * 64 < 64) valid |= ~uint64_t{0} << (n - w * 64);
    out.valid[w] = valid;
    all &= valid == ~uint64_t{0};
  }
  return all;
}

bool run_by_rows(void (*row)(const void*, const Cell*, const Cell&, Arena&), const void* context,
                 const Slice* in, size_t arity, const Sink& out, int64_t n, size_t result_size) {
  bool all = true;
  std::vector<Cell> cells(arity);
  const std::unique_ptr<bool[]> ok(new bool[arity + 1]());
  for (int64_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < arity; ++k) {
      ok[k] = in[k].is_valid(i);
      cells[k] = {const_cast<char*>(in[k].data + in[k].stride * i), &ok[k]};
    }
    bool valid = false;
    char* result = static_cast<char*>(out.data) + static_cast<size_t>(i) * result_size;
    try {
      row(context, cells.data(), {result, &valid}, *out.arena);
    } catch (...) {
      if (!out.error_is_null) std::throw_with_nested(RowError(i, thrown_text()));
      valid = false;
    }
    if (i % 64 == 0) out.valid[i >> 6] = ~uint64_t{0};
    if (!valid) {
      clear_valid(out, i);
      all = false;
    }
  }
  return all;
}

}  // namespace weft::detail
