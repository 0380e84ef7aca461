// and, or, not in Kleene's logic: a null is "unknown", so false and null is false, true or null
// true, and what stays open is null.
#include "ops/block_loops.h"
#include "ops/row_function_table.h"

namespace weft {
namespace {

using loops::valid_word;

// The value that decides alone: false for and, true for or.
struct And {
  static constexpr std::string_view kName = "and";
  static uint8_t value(uint8_t x, uint8_t y) { return x & y; }
  static uint64_t deciding(uint64_t bits) { return ~bits; }
};
struct Or {
  static constexpr std::string_view kName = "or";
  static uint8_t value(uint8_t x, uint8_t y) { return x | y; }
  static uint64_t deciding(uint64_t bits) { return bits; }
};

template <class Op>
struct Kleene {
  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    auto* __restrict to = static_cast<uint8_t*>(out.data);
    bool all = true;
    loops::with_readers<uint8_t, uint8_t>(in, [&](auto x, auto y) {
      // Of a valid result this is right whatever a null's byte holds.
      for (int64_t i = 0; i < n; ++i) to[i] = Op::value(x[i], y[i]) & 1;
      if (!in[0].valid && !in[1].valid) {
        loops::set_all_valid(out, n);
        return;
      }
      all = loops::write_valid(out, n, [&](int64_t w) {
        const uint64_t a = valid_word(in[0], w), b = valid_word(in[1], w);
        if ((a & b) == ~uint64_t{0}) return a;
        return (a & b) | (a & Op::deciding(loops::bits_of(x, w, n))) |
               (b & Op::deciding(loops::bits_of(y, w, n)));
      });
    });
    return all;
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    const bool a = *in[0].valid, b = *in[1].valid;
    const uint8_t x = loops::read<uint8_t>(in[0]) & 1, y = loops::read<uint8_t>(in[1]) & 1;
    *static_cast<uint8_t*>(out.data) = Op::value(x, y) & 1;
    *out.valid = (a && b) || (a && (Op::deciding(x) & 1)) || (b && (Op::deciding(y) & 1));
  }
};

struct Not {
  static uint8_t apply(uint8_t x) { return (x & 1) ^ 1; }
};

template <class Op>
void add_kleene(RowFunctionTable& table, std::string_view summary) {
  using B = std::optional<bool>;
  table.add(summary, loops::kernel<Kleene<Op>, B, B, B>(Op::kName));
}

}  // namespace

void register_logic(RowFunctionTable& table) {
  add_kleene<And>(table, "Both true; false if one is false, else null if one is null.");
  add_kleene<Or>(table, "One of the two true; else null if one is null.");
  table.add("True for false; null for null.", loops::map<Not, bool, bool>("not"));
}

}  // namespace weft
