// Choosing between values, and nulls: if_else, case_when, coalesce, is_null, null_if, keep_if,
// clip.
#include "ops/block_loops.h"
#include "ops/row_function_table.h"

namespace weft {
namespace {

using loops::past_end;
using loops::valid_word;

// What a slot of T is to these loops. Texts and lists are views, which are copied, never followed.
template <class T>
using slot_t = loops::raw_t<typename native<T>::Stored>;

template <class T>
void copy_row(const Cell& from, const Cell& to) {
  *to.valid = *from.valid;
  if (*from.valid) *static_cast<slot_t<T>*>(to.data) = loops::read<slot_t<T>>(from);
}

// kNullIsFalse: a null condition takes the second value, as in SQL's CASE; otherwise it gives null.
template <class T, bool kNullIsFalse>
struct IfElse {
  using V = slot_t<T>;

  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    auto* __restrict to = static_cast<V*>(out.data);
    bool all = true;
    loops::with_readers<uint8_t, V, V>(in, [&](auto test, auto x, auto y) {
      alignas(64) uint8_t known[kBlockRows];
      if (kNullIsFalse && in[0].valid && n <= kBlockRows) {
        const loops::Dense<uint8_t> taken = taken_rows(in[0], test, known, n);
        select(to, taken, x, y, n);
        all = validity(in, taken, out, n);
      } else if (kNullIsFalse && in[0].valid) {
        all = weft::detail::run_by_rows(&row, nullptr, in, 3, out, n, sizeof(V));
      } else {
        select(to, test, x, y, n);
        all = validity(in, test, out, n);
      }
    });
    return all;
  }

  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    *out.valid = kNullIsFalse || *in[0].valid;
    if (!*out.valid) return;
    const bool first = *in[0].valid && (loops::read<uint8_t>(in[0]) & 1);
    copy_row<T>(in[first ? 1 : 2], out);
  }

 private:
  static void select(V* __restrict to, auto test, auto x, auto y, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const V a = x[i], b = y[i];
      to[i] = test[i] ? a : b;
    }
  }

  static loops::Dense<uint8_t> taken_rows(const Slice& condition, auto test, uint8_t* known,
                                          int64_t n) {
    for (int64_t w = 0; w * 64 < n; ++w) {
      bool valid[64];
      weft::detail::unpack_bits(valid_word(condition, w), valid);
      const int64_t m = std::min<int64_t>(64, n - w * 64);
      for (int64_t j = 0; j < m; ++j) {
        known[w * 64 + j] = static_cast<uint8_t>(test[w * 64 + j] & valid[j]);
      }
    }
    return {known};
  }

  static bool validity(const Slice* in, auto test, const Sink& out, int64_t n) {
    const bool condition = !kNullIsFalse && in[0].valid;
    if (!in[1].valid && !in[2].valid) {
      if (!condition) return loops::set_all_valid(out, n);
      return loops::write_valid(out, n, [&](int64_t w) { return valid_word(in[0], w); });
    }
    return loops::write_valid(out, n, [&](int64_t w) {
      const uint64_t a = valid_word(in[1], w), b = valid_word(in[2], w);
      const uint64_t c = condition ? valid_word(in[0], w) : ~uint64_t{0};
      if (a == b) return a & c;
      const uint64_t first = loops::bits_of(test, w, n);
      return ((first & a) | (~first & b)) & c;
    });
  }
};

template <class T>
struct Coalesce {
  using V = slot_t<T>;

  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    auto* __restrict to = static_cast<V*>(out.data);
    loops::with_readers<V, V>(in, [&](auto x, auto y) {
      for (int64_t w = 0; w * 64 < n; ++w) {
        const int64_t from = w * 64, m = std::min<int64_t>(64, n - from);
        const uint64_t valid = valid_word(in[0], w);
        if ((valid | past_end(w, n)) == ~uint64_t{0}) {
          for (int64_t i = from; i < from + m; ++i) to[i] = x[i];
          continue;
        }
        bool first[64];
        weft::detail::unpack_bits(valid, first);
        for (int64_t j = 0; j < m; ++j) {
          const V a = x[from + j], b = y[from + j];
          to[from + j] = first[j] ? a : b;
        }
      }
    });
    if (!in[0].valid || !in[1].valid) return loops::set_all_valid(out, n);
    return loops::write_valid(
        out, n, [&](int64_t w) { return valid_word(in[0], w) | valid_word(in[1], w); });
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    copy_row<T>(*in[0].valid ? in[0] : in[1], out);
  }
};

template <bool kNull>
struct IsNull {
  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    auto* to = static_cast<bool*>(out.data);
    for (int64_t w = 0; w * 64 < n; ++w) {
      const uint64_t valid = valid_word(in[0], w);
      bool bools[64];
      weft::detail::unpack_bits(kNull ? ~valid : valid, bools);
      std::memcpy(to + w * 64, bools, static_cast<size_t>(std::min<int64_t>(64, n - w * 64)));
    }
    return loops::set_all_valid(out, n);
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    *static_cast<bool*>(out.data) = *in[0].valid != kNull;
    *out.valid = true;
  }
};

// x where y says so. Test::drops(x, y) and Test::drops_on_null say where not.
template <class Test, class T, class Y>
struct Keep {
  using V = slot_t<T>;
  using W = slot_t<Y>;

  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    auto* __restrict to = static_cast<V*>(out.data);
    bool all = true;
    loops::with_readers<V, W>(in, [&](auto x, auto y) {
      for (int64_t i = 0; i < n; ++i) to[i] = x[i];
      all = loops::write_valid(out, n, [&](int64_t w) {
        const int64_t from = w * 64, m = std::min<int64_t>(64, n - from);
        const uint64_t a = valid_word(in[0], w), b = valid_word(in[1], w);
        uint64_t drop = 0;
        if constexpr (std::is_same_v<V, std::string_view>) {
          for (int64_t j = 0; j < m; ++j) {
            if ((a & b) >> j & 1) drop |= uint64_t{Test::drops(x[from + j], y[from + j])} << j;
          }
        } else {
          bool dropped[64] = {};
          for (int64_t j = 0; j < m; ++j) dropped[j] = Test::drops(x[from + j], y[from + j]);
          drop = weft::detail::pack_bits(dropped);
        }
        return a & ~(drop & b) & (Test::kDropsOnNull ? b : ~uint64_t{0});
      });
    });
    return all;
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    copy_row<T>(in[0], out);
    if (!*out.valid) return;
    if (!*in[1].valid) {
      *out.valid = !Test::kDropsOnNull;
    } else {
      *out.valid = !Test::drops(loops::read<V>(in[0]), loops::read<W>(in[1]));
    }
  }
};
struct IfEqual {
  static constexpr bool kDropsOnNull = false;
  static bool drops(auto x, auto y) { return x == y; }
};
struct UnlessTrue {
  static constexpr bool kDropsOnNull = true;
  static bool drops(auto, uint8_t y) { return !(y & 1); }
};

// A null bound is open. If lo > hi, hi wins. NaN stays, and a NaN bound is open.
template <class T>
struct Clip {
  using V = slot_t<T>;

  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    auto* __restrict to = static_cast<V*>(out.data);
    loops::with_readers<V, V, V>(in, [&](auto x, auto lo, auto hi) {
      if (!in[1].valid && !in[2].valid) {
        for (int64_t i = 0; i < n; ++i) to[i] = clipped(x[i], lo[i], true, hi[i], true);
        return;
      }
      for (int64_t w = 0; w * 64 < n; ++w) {
        bool has_lo[64], has_hi[64];
        weft::detail::unpack_bits(valid_word(in[1], w), has_lo);
        weft::detail::unpack_bits(valid_word(in[2], w), has_hi);
        const int64_t from = w * 64, m = std::min<int64_t>(64, n - from);
        for (int64_t j = 0; j < m; ++j) {
          const int64_t i = from + j;
          to[i] = clipped(x[i], lo[i], has_lo[j], hi[i], has_hi[j]);
        }
      }
    });
    if (!in[0].valid) return loops::set_all_valid(out, n);
    return loops::write_valid(out, n, [&](int64_t w) { return valid_word(in[0], w); });
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    *out.valid = *in[0].valid;
    if (!*out.valid) return;
    const V lo = *in[1].valid ? loops::read<V>(in[1]) : V{};
    const V hi = *in[2].valid ? loops::read<V>(in[2]) : V{};
    *static_cast<V*>(out.data) = clipped(loops::read<V>(in[0]), lo, *in[1].valid, hi, *in[2].valid);
  }

 private:
  static V clipped(V x, V lo, bool has_lo, V hi, bool has_hi) {
    const V raised = has_lo & (x < lo) ? lo : x;
    return has_hi & (raised > hi) ? hi : raised;
  }
};

template <class T>
void add_choice(RowFunctionTable& table) {
  using O = std::optional<T>;
  using B = std::optional<bool>;
  table.add(
      "The first value where the condition is true, the second where it is false; null where "
      "it is null.",
      loops::kernel<IfElse<T, false>, O, B, O, O>("if_else"));
  table.add("The first value where the condition is true, else the second, also where it is null.",
            loops::kernel<IfElse<T, true>, O, B, O, O>("case_when"));
  table.add("The first of the two that is not null.",
            loops::kernel<Coalesce<T>, O, O, O>("coalesce"));
  table.add("True for null.", loops::kernel<IsNull<true>, bool, O>("is_null"));
  table.add("True but for null.", loops::kernel<IsNull<false>, bool, O>("is_valid"));
  table.add("x where the condition is true, else null.",
            loops::kernel<Keep<UnlessTrue, T, bool>, O, O, B>("keep_if"));
}

template <class T>
void add_null_if(RowFunctionTable& table) {
  using O = std::optional<T>;
  add_choice<T>(table);
  table.add("Null where the two are equal, else the first.",
            loops::kernel<Keep<IfEqual, T, T>, O, O, O>("null_if"));
}

template <class T>
void add_clip(RowFunctionTable& table) {
  using O = std::optional<T>;
  table.add("x, but not below the second and not above the third; a null bound is open.",
            loops::kernel<Clip<T>, O, O, O, O>("clip"));
}

}  // namespace

void register_choice(RowFunctionTable& table) {
  [&]<class... T>(std::tuple<T...>*) {
    (add_null_if<T>(table), ...);
    (add_choice<std::vector<T>>(table), ...);
  }(static_cast<std::tuple<bool, int32_t, int64_t, float, double, std::string, Time, Duration>*>(
      nullptr));
  add_clip<int32_t>(table);
  add_clip<int64_t>(table);
  add_clip<float>(table);
  add_clip<double>(table);
  add_clip<Time>(table);
  add_clip<Duration>(table);
}

}  // namespace weft
