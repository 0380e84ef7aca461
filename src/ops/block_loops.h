/// Loops over blocks that built-in row functions are made of: branch-free, over values and words of
/// validity, in shapes the compiler vectorizes.
#pragma once

#include <tuple>

#include "weft/kernel.h"

// Loops are compiled for the baseline and, on x86 by g++, for wider vectors as well; which one runs
// is chosen once, by what the CPU can do. All give the same bits: nothing is contracted or
// reassociated. A loop's parts have to be inlined into it, or they would stay narrow.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WEFT_WIDE_LOOPS 1
#define WEFT_AVX2 [[gnu::target("avx2,fma")]]
#define WEFT_AVX512 \
  [[gnu::target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")]]
#else
#define WEFT_WIDE_LOOPS 0
#endif
#define WEFT_INLINE [[gnu::always_inline]]
#define WEFT_INLINE_LAMBDA __attribute__((always_inline))

namespace weft::loops {

// How an argument is read: side by side, one value for all rows, or any stride.
template <class T>
struct Dense {
  const T* p;
  T operator[](int64_t i) const { return p[i]; }
};
template <class T>
struct Same {
  T value;
  T operator[](int64_t) const { return value; }
};
template <class T>
struct Strided {
  const char* p;
  int64_t stride;
  T operator[](int64_t i) const { return *reinterpret_cast<const T*>(p + i * stride); }
};

template <class T>
Dense<T> dense(const Slice& in) {
  return {reinterpret_cast<const T*>(in.data)};
}

namespace detail {

template <class F, class... Done>
WEFT_INLINE inline void with_next(const Slice*, std::tuple<>*, const F& f, Done... done) {
  f(done...);
}
template <class T, class... Rest, class F, class... Done>
WEFT_INLINE inline void with_next(const Slice* in, std::tuple<T, Rest...>*, const F& f,
                                  Done... done) {
  constexpr std::tuple<Rest...>* rest = nullptr;
  if (in->stride == 0) {
    with_next(in + 1, rest, f, done..., Same<T>{*reinterpret_cast<const T*>(in->data)});
  } else {
    with_next(in + 1, rest, f, done..., dense<T>(*in));
  }
}

}  // namespace detail

/// Calls f with a reader of T[i] for each argument: one instance of f for every pattern of dense
/// and single arguments, and one for odd strides.
template <class... T, class F>
WEFT_INLINE inline void with_readers(const Slice* in, const F& f) {
  [&]<size_t... I>(std::index_sequence<I...>) WEFT_INLINE_LAMBDA {
    const bool usual =
        ((in[I].stride == 0 || in[I].stride == static_cast<int64_t>(sizeof(T))) && ...);
    if (usual) {
      constexpr std::tuple<T...>* types = nullptr;
      detail::with_next(in, types, f);
    } else {
      f(Strided<T>{in[I].data, in[I].stride}...);
    }
  }(std::index_sequence_for<T...>());
}

/// 64 rows of validity.
inline uint64_t valid_word(const Slice& in, int64_t w) {
  if (!in.valid) return ~uint64_t{0};
  return in.stride ? in.valid[w] : -(in.valid[0] & 1);
}

inline bool any_null(const Slice& in) { return in.valid != nullptr; }

/// Ones past row n of its last word.
inline uint64_t past_end(int64_t w, int64_t n) {
  return n - w * 64 < 64 ? ~uint64_t{0} << (n - w * 64) : 0;
}

inline bool set_all_valid(const Sink& out, int64_t n) {
  for (int64_t w = 0; w * 64 < n; ++w) out.valid[w] = ~uint64_t{0};
  return true;
}

/// Writes each word of out.valid as f(w); true if all rows are valid.
template <class F>
bool write_valid(const Sink& out, int64_t n, const F& f) {
  uint64_t all = ~uint64_t{0};
  for (int64_t w = 0; w * 64 < n; ++w) {
    const uint64_t valid = f(w) | past_end(w, n);
    out.valid[w] = valid;
    all &= valid;
  }
  return all == ~uint64_t{0};
}

/// 64 bools (or as many as there are) as bits; `bytes` hold 0 or 1.
template <class Reader>
uint64_t bits_of(const Reader& bytes, int64_t w, int64_t n) {
  const int64_t from = w * 64;
  const int64_t m = std::min<int64_t>(64, n - from);
  bool some[64] = {};
  for (int64_t i = 0; i < m; ++i) some[i] = (bytes[from + i] & 1) != 0;
  return weft::detail::pack_bits(some);
}

template <class T>
inline constexpr bool kIsTime = std::is_same_v<T, Time> || std::is_same_v<T, Duration>;
/// What a loop reads for a slot of T: times as their microseconds, bools as bytes.
template <class T>
using raw_t = std::conditional_t<kIsTime<T>, int64_t,
                                 std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>;

/// int64 to double, rounded to nearest, in steps that SSE2 and AVX2 have for vectors: the halves
/// become doubles by their bits, and only the last sum rounds.
inline double to_double(int64_t x) {
  const auto bits = static_cast<uint64_t>(x);
  const auto low = std::bit_cast<double>((bits & 0xffffffff) | 0x4330000000000000);
  const auto high = std::bit_cast<double>((bits >> 32) ^ 0x4530000080000000);
  return (high - std::bit_cast<double>(uint64_t{0x4530000080100000})) + low;
}
inline double to_double(int32_t x) { return x; }

template <size_t kArity>
bool and_valid(const Slice* in, const Sink& out, int64_t n) {
  static constexpr bool kOptional[kArity] = {};
  return weft::detail::and_valid(in, kOptional, kArity, out, n);
}

template <class... A>
bool all_valid(const Cell* in, std::index_sequence_for<A...> = {}) {
  bool all = true;
  for (size_t k = 0; k < sizeof...(A); ++k) all &= *in[k].valid;
  return all;
}

template <class T>
T read(const Cell& cell) {
  return *static_cast<const T*>(cell.data);
}

/// Op::apply(values...) of any value, also of rows that are null: it may not trap.
template <class Op, class R, class... A>
struct Map {
  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    return run(in, out, n);
  }
#if WEFT_WIDE_LOOPS
  WEFT_AVX2 static bool avx2(const void*, const Slice* in, const Sink& out, int64_t n) {
    return run(in, out, n);
  }
#endif
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    *out.valid = all_valid<A...>(in);
    if (!*out.valid) return;
    [&]<size_t... I>(std::index_sequence<I...>) {
      *static_cast<raw_t<R>*>(out.data) =
          static_cast<raw_t<R>>(Op::apply(read<raw_t<A>>(in[I])...));
    }(std::index_sequence_for<A...>());
  }

 protected:
  WEFT_INLINE static bool run(const Slice* in, const Sink& out, int64_t n) {
    const bool all = and_valid<sizeof...(A)>(in, out, n);
    auto* __restrict to = static_cast<raw_t<R>*>(out.data);
    with_readers<raw_t<A>...>(in, [to, n](auto... x) WEFT_INLINE_LAMBDA {
      for (int64_t i = 0; i < n; ++i) to[i] = static_cast<raw_t<R>>(Op::apply(x[i]...));
    });
    return all;
  }
};

/// The same for what computes for long, such as exp: the widest vectors pay there.
template <class Op, class R, class... A>
struct LongMap : Map<Op, R, A...> {
#if WEFT_WIDE_LOOPS
  WEFT_AVX512 static bool avx512(const void*, const Slice* in, const Sink& out, int64_t n) {
    return Map<Op, R, A...>::run(in, out, n);
  }
#endif
};

/// Op::wrapped(bad, values...) never traps and sets the sign bit of `bad` where there is no result;
/// Op::exact(values...) throws there. A block with such a row runs again row by row, so that nulls
/// cannot fail and the error names its row.
template <class Op, class R, class... A>
struct CheckedMap {
  static bool block(const void* context, const Slice* in, const Sink& out, int64_t n) {
    return run(context, in, out, n);
  }
#if WEFT_WIDE_LOOPS
  WEFT_AVX2 static bool avx2(const void* context, const Slice* in, const Sink& out, int64_t n) {
    return run(context, in, out, n);
  }
#endif
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    *out.valid = all_valid<A...>(in);
    if (!*out.valid) return;
    [&]<size_t... I>(std::index_sequence<I...>) {
      *static_cast<raw_t<R>*>(out.data) = Op::exact(read<raw_t<A>>(in[I])...);
    }(std::index_sequence_for<A...>());
  }

 private:
  WEFT_INLINE static bool run(const void* context, const Slice* in, const Sink& out, int64_t n) {
    const bool all = and_valid<sizeof...(A)>(in, out, n);
    auto* __restrict to = static_cast<raw_t<R>*>(out.data);
    typename Op::Bad bad = 0;
    with_readers<raw_t<A>...>(in, [to, n, &bad](auto... x) WEFT_INLINE_LAMBDA {
      typename Op::Bad wrong = 0;
      for (int64_t i = 0; i < n; ++i) to[i] = Op::wrapped(wrong, x[i]...);
      bad = wrong;
    });
    if (bad >= 0) return all;
    return weft::detail::run_by_rows(&row, context, in, sizeof...(A), out, n, sizeof(raw_t<R>));
  }
};

/// A plain function as an Op of Map.
template <auto F>
struct Call {
  static auto apply(auto... x) { return F(x...); }
};

/// The widest form of a loop that this CPU runs.
template <class Loop>
auto block_of() -> decltype(&Loop::block) {
#if WEFT_WIDE_LOOPS
  if constexpr (requires { &Loop::avx512; }) {
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (wide) return &Loop::avx512;
  }
  if constexpr (requires { &Loop::avx2; }) {
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &Loop::avx2;
  }
#endif
  return &Loop::block;
}

/// The kernel of a class with block() and row().
template <class Loop, class R, class... A>
KernelPtr kernel(std::string_view name) {
  Kernel k;
  k.name = name;
  k.result = type_of<inner_t<R>>();
  k.result_nullable = native<R>::kNullable;
  k.parameters = {type_of<inner_t<A>>()...};
  k.parameter_nullable = {native<A>::kNullable...};
  k.block = block_of<Loop>();
  k.row = &Loop::row;
  return std::make_shared<const Kernel>(std::move(k));
}
template <class Op, class R, class... A>
KernelPtr map(std::string_view name) {
  return kernel<Map<Op, R, A...>, R, A...>(name);
}
/// The same of a function that computes for long, such as exp.
template <auto F, class R, class... A>
KernelPtr long_map(std::string_view name) {
  return kernel<LongMap<Call<F>, R, A...>, R, A...>(name);
}
template <class Op, class R, class... A>
KernelPtr checked_map(std::string_view name) {
  return kernel<CheckedMap<Op, R, A...>, R, A...>(name);
}

}  // namespace weft::loops
