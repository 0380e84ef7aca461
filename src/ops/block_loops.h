/// Loops over blocks that built-in row functions are made of: branch-free, over values and words of
/// validity, in shapes the compiler vectorizes.
#pragma once

#include <tuple>

#include "weft/kernel.h"

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
void with_next(const Slice*, std::tuple<>*, const F& f, Done... done) {
  f(done...);
}
template <class T, class... Rest, class F, class... Done>
void with_next(const Slice* in, std::tuple<T, Rest...>*, const F& f, Done... done) {
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
void with_readers(const Slice* in, const F& f) {
  [&]<size_t... I>(std::index_sequence<I...>) {
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
    const bool all = and_valid<sizeof...(A)>(in, out, n);
    auto* __restrict to = static_cast<raw_t<R>*>(out.data);
    with_readers<raw_t<A>...>(in, [to, n](auto... x) {
      for (int64_t i = 0; i < n; ++i) to[i] = static_cast<raw_t<R>>(Op::apply(x[i]...));
    });
    return all;
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    *out.valid = all_valid<A...>(in);
    if (!*out.valid) return;
    [&]<size_t... I>(std::index_sequence<I...>) {
      *static_cast<raw_t<R>*>(out.data) =
          static_cast<raw_t<R>>(Op::apply(read<raw_t<A>>(in[I])...));
    }(std::index_sequence_for<A...>());
  }
};

/// Op::wrapped(bad, values...) never traps and sets the sign bit of `bad` where there is no result;
/// Op::exact(values...) throws there. A block with such a row runs again row by row, so that nulls
/// cannot fail and the error names its row.
template <class Op, class R, class... A>
struct CheckedMap {
  static bool block(const void* context, const Slice* in, const Sink& out, int64_t n) {
    const bool all = and_valid<sizeof...(A)>(in, out, n);
    auto* __restrict to = static_cast<raw_t<R>*>(out.data);
    bool failed = false;
    with_readers<raw_t<A>...>(in, [to, n, &failed](auto... x) {
      typename Op::Bad bad = 0;
      for (int64_t i = 0; i < n; ++i) to[i] = Op::wrapped(bad, x[i]...);
      failed = bad < 0;
    });
    if (!failed) return all;
    return weft::detail::run_by_rows(&row, context, in, sizeof...(A), out, n, sizeof(raw_t<R>));
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena&) {
    *out.valid = all_valid<A...>(in);
    if (!*out.valid) return;
    [&]<size_t... I>(std::index_sequence<I...>) {
      *static_cast<raw_t<R>*>(out.data) = Op::exact(read<raw_t<A>>(in[I])...);
    }(std::index_sequence_for<A...>());
  }
};

/// The kernel of a class with block() and row().
template <class Loop, class R, class... A>
KernelPtr kernel(std::string_view name) {
  Kernel k;
  k.name = name;
  k.result = type_of<inner_t<R>>();
  k.result_nullable = native<R>::kNullable;
  k.parameters = {type_of<inner_t<A>>()...};
  k.parameter_nullable = {native<A>::kNullable...};
  k.block = &Loop::block;
  k.row = &Loop::row;
  return std::make_shared<const Kernel>(std::move(k));
}
template <class Op, class R, class... A>
KernelPtr map(std::string_view name) {
  return kernel<Map<Op, R, A...>, R, A...>(name);
}
template <class Op, class R, class... A>
KernelPtr checked_map(std::string_view name) {
  return kernel<CheckedMap<Op, R, A...>, R, A...>(name);
}

}  // namespace weft::loops
