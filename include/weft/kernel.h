/// The one kernel mechanism: a plain function lifted to a block of rows and to one row.
#pragma once

#include "weft/bits.h"
#include "weft/clones.h"
#include "weft/native.h"

namespace weft {

inline constexpr int64_t kBlockRows = 2048;  ///< rows of a block, at most; a multiple of 64

/// One argument of a block. Row i lies at data + i * stride; stride 0 broadcasts one value.
/// Validity is words of 64 rows, bit i%64 of word i/64 (stride 0: bit 0); null pointer: all valid.
struct Slice {
  const char* data = nullptr;
  const uint64_t* valid = nullptr;
  int64_t stride = 0;

  bool is_valid(int64_t i) const {
    if (!valid) return true;
    return stride ? (valid[i >> 6] >> (i & 63) & 1) != 0 : (valid[0] & 1) != 0;
  }
  template <class T>
  const T& at(int64_t i) const {
    return *reinterpret_cast<const T*>(data + i * stride);
  }
};

/// Where a block's result goes: data [n] stored values, valid [(n + 63) / 64] words that the kernel
/// writes whole (bits past n: ones).
struct Sink {
  void* data;
  uint64_t* valid;
  Arena* arena;
  bool error_is_null;  ///< a row whose function throws becomes null instead of failing the block
};

/// One value of a row: a slot and whether it holds a value.
struct Cell {
  void* data;
  bool* valid;
};

/// A lifted function. Both forms give the same bits for the same row. Stateless but for `context`.
struct Kernel {
  std::string name;
  Type result = nullptr;
  bool result_nullable = false;
  std::vector<Type> parameters;
  std::vector<bool> parameter_nullable;
  /// Returns true if every row of the result is valid. Throws RowError.
  bool (*block)(const void* context, const Slice* in, const Sink& out, int64_t n) = nullptr;
  void (*row)(const void* context, const Cell* in, const Cell& out, Arena& arena) = nullptr;
  const void* context = nullptr;
  std::shared_ptr<const void> owner = nullptr;  ///< keeps `context` alive
};
using KernelPtr = std::shared_ptr<const Kernel>;

/// What a function threw in a block: the row within the block and the message.
class RowError : public std::runtime_error {
 public:
  RowError(int64_t row, const std::string& what) : std::runtime_error(what), row_(row) {}
  int64_t row() const { return row_; }

 private:
  int64_t row_;
};

namespace detail {

/// ANDs the validity of all arguments that are not optional into out.valid; true if all are valid.
bool and_valid(const Slice* in, const bool* optional, size_t arity, const Sink& out, int64_t n);
/// The slow way: after an error, to name the row or make it null, and for odd strides.
bool run_by_rows(void (*row)(const void*, const Cell*, const Cell&, Arena&), const void* context,
                 const Slice* in, size_t arity, const Sink& out, int64_t n, size_t result_size);

inline void clear_valid(const Sink& out, int64_t i) {
  out.valid[i >> 6] &= ~(uint64_t{1} << (i & 63));
}

}  // namespace detail

/// The lifted loops of F. Nobody is called on a null row, except functions of floats, bools and
/// times, which cannot trap: their results on null rows are thrown away.
template <auto F, class Signature>
struct Lift;

template <auto F, class R, class... A>
struct Lift<F, R(A...)> {
  using Result = native<R>;
  using S = typename Result::Stored;
  template <class T>
  using stored = typename native<T>::Stored;

  template <class T>
  static constexpr bool kHarmless =
      native<T>::kNullable || std::is_floating_point_v<stored<T>> ||
      std::is_same_v<stored<T>, bool> || std::is_same_v<stored<T>, Time> ||
      std::is_same_v<stored<T>, Duration>;
  // is_same: a vector converts to the view in its slot, and would dangle.
  static constexpr bool kPlainResult =
      std::is_same_v<S, inner_t<R>> && std::is_trivially_copyable_v<S> && !is_record<S>;
  static constexpr bool kPlain = kPlainResult && (kHarmless<A> && ...);
  static constexpr bool kDense =  // integers only where no row is null
      kPlainResult && ((kHarmless<A> || std::is_integral_v<stored<A>>) && ...);

  static bool block(const void*, const Slice* in, const Sink& out, int64_t n) {
    return run(in, out, n, std::index_sequence_for<A...>());
  }
  static void row(const void*, const Cell* in, const Cell& out, Arena& arena) {
    run_row(in, out, arena, std::index_sequence_for<A...>());
  }

 private:
  template <size_t... I>
  static bool run([[maybe_unused]] const Slice* in, const Sink& out, int64_t n,
                  std::index_sequence<I...> indices) {
    static constexpr bool kOptional[] = {native<A>::kNullable..., false};
    const bool all = detail::and_valid(in, kOptional, sizeof...(A), out, n);
    Dense dense = Dense::kNotDone;  // the loop the compiler can vectorize
    if constexpr (kDense) {
      if ((kPlain || all) && ((in[I].stride == int64_t(sizeof(stored<A>)) &&
                               (!native<A>::kNullable || (Result::kNullable && !in[I].valid))) &&
                              ...)) {
        dense = run_dense(in, out, n, indices);
      }
      if (dense == Dense::kDone) return all;
    }
    if (dense != Dense::kThrew) {
      try {
        if constexpr (kPlain && Result::kNullable) return run_words(in, out, n, all, indices);
        return run_each(in, out, n, all, indices);
      } catch (...) {  // it is thrown again below, with its row
      }
    }
    return detail::run_by_rows(&row, nullptr, in, sizeof...(A), out, n, sizeof(S));
  }

  /// Not done: a nullable result held a null. Threw: told so, because nothing may leave a clone.
  enum class Dense : uint8_t { kDone, kNotDone, kThrew };
  template <size_t... I>
  WEFT_CLONES static Dense run_dense([[maybe_unused]] const Slice* in, const Sink& out, int64_t n,
                                     std::index_sequence<I...>) {
    S* __restrict o = static_cast<S*>(out.data);
    [[maybe_unused]] const auto p =
        std::make_tuple(reinterpret_cast<const stored<A>*>(in[I].data)...);
    try {
      bool every = true;
      for (int64_t i = 0; i < n; ++i) {
        if constexpr (Result::kNullable) {
          const auto r = F(std::get<I>(p)[i]...);
          every &= r.has_value();
          o[i] = r ? *r : S{};
        } else {
          o[i] = F(std::get<I>(p)[i]...);
        }
      }
      return every ? Dense::kDone : Dense::kNotDone;
    } catch (...) {
      return Dense::kThrew;
    }
  }

  /// 64 rows at a time, validity unpacked to bools and packed again.
  template <size_t... I>
  static bool run_words([[maybe_unused]] const Slice* in, const Sink& out, int64_t n, bool all,
                        std::index_sequence<I...>) {
    S* __restrict o = static_cast<S*>(out.data);
    for (int64_t w = 0; w * 64 < n; ++w) {
      const int64_t m = std::min<int64_t>(64, n - w * 64);
      bool has[64] = {};
      [[maybe_unused]] bool ok[sizeof...(A) + 1][64];
      [[maybe_unused]] auto word = [&](const Slice& s) {
        if (!s.valid) return ~uint64_t{0};
        return s.stride ? s.valid[w] : -(s.valid[0] & 1);
      };
      ((native<A>::kNullable ? detail::unpack_bits(word(in[I]), ok[I]) : void()), ...);
      auto at = [&]<class T, size_t K>(int64_t j) -> std::remove_cvref_t<T> {
        const auto& s = in[K].template at<stored<T>>(w * 64 + j);
        if constexpr (native<T>::kNullable) {
          return ok[K][j] ? std::remove_cvref_t<T>(s) : std::remove_cvref_t<T>();
        } else {
          return s;
        }
      };
      for (int64_t j = 0; j < m; ++j) {
        const auto r = F(at.template operator()<A, I>(j)...);
        has[j] = r.has_value();
        o[w * 64 + j] = r ? *r : S{};
      }
      uint64_t bits = detail::pack_bits(has);
      if (m < 64) bits |= ~uint64_t{0} << m;
      out.valid[w] &= bits;
      all &= out.valid[w] == ~uint64_t{0};
    }
    return all;
  }

  /// Texts, lists, records, integers: never computed where an argument is null.
  template <size_t... I>
  static bool run_each([[maybe_unused]] const Slice* in, const Sink& out, int64_t n, bool all,
                       std::index_sequence<I...>) {
    S* o = static_cast<S*>(out.data);
    [[maybe_unused]] std::tuple<typename native<A>::Scratch...> scratch;
    auto argument = [&]<class T, size_t K>(int64_t i) -> decltype(auto) {
      const auto& s = in[K].template at<stored<T>>(i);
      if constexpr (native<T>::kNullable) {
        return in[K].is_valid(i)
                   ? std::remove_cvref_t<T>(inner_t<T>(native<T>::load(s, std::get<K>(scratch))))
                   : std::remove_cvref_t<T>();
      } else {
        return native<T>::load(s, std::get<K>(scratch));
      }
    };
    const bool every = all;
    for (int64_t i = 0; i < n; ++i) {
      if (!every && !(out.valid[i >> 6] >> (i & 63) & 1)) continue;
      if constexpr (Result::kNullable) {
        auto r = F(argument.template operator()<A, I>(i)...);
        if (r) {
          Result::store(*r, o[i], *out.arena);
        } else {
          detail::clear_valid(out, i);
          all = false;
        }
      } else {
        Result::store(F(argument.template operator()<A, I>(i)...), o[i], *out.arena);
      }
    }
    return all;
  }

  template <size_t... I>
  static void run_row([[maybe_unused]] const Cell* in, const Cell& out,
                      [[maybe_unused]] Arena& arena, std::index_sequence<I...>) {
    if (!((native<A>::kNullable || *in[I].valid) && ...)) {
      *out.valid = false;
      return;
    }
    [[maybe_unused]] std::tuple<typename native<A>::Scratch...> scratch;
    auto argument = [&]<class T, size_t K>() -> decltype(auto) {
      const auto& s = *static_cast<const stored<T>*>(in[K].data);
      if constexpr (native<T>::kNullable) {
        return *in[K].valid
                   ? std::remove_cvref_t<T>(inner_t<T>(native<T>::load(s, std::get<K>(scratch))))
                   : std::remove_cvref_t<T>();
      } else {
        return native<T>::load(s, std::get<K>(scratch));
      }
    };
    S& o = *static_cast<S*>(out.data);
    if constexpr (Result::kNullable) {
      auto r = F(argument.template operator()<A, I>()...);
      *out.valid = r.has_value();
      if (r) Result::store(*r, o, arena);
    } else {
      Result::store(F(argument.template operator()<A, I>()...), o, arena);
      *out.valid = true;
    }
  }
};

template <class>
struct SignatureOf;
template <class R, class... A>
struct SignatureOf<R(A...)> {
  using type = R(A...);
  using result = R;
  static constexpr size_t kArity = sizeof...(A);
  using arguments = std::tuple<std::remove_cvref_t<A>...>;
};
template <class R, class... A>
struct SignatureOf<R (*)(A...)> : SignatureOf<R(A...)> {};
template <class R, class... A>
struct SignatureOf<R (*)(A...) noexcept> : SignatureOf<R(A...)> {};

namespace detail {
template <auto F, class R, class... A>
Kernel make_kernel(std::string_view name, SignatureOf<R(A...)>) {
  using L = Lift<F, R(A...)>;
  return {std::string(name),
          type_of<inner_t<R>>(),
          native<R>::kNullable,
          {type_of<inner_t<A>>()...},
          {native<A>::kNullable...},
          &L::block,
          &L::row};
}
}  // namespace detail

/// The kernel of a plain function: `kernel_of<&day_of_week>("day_of_week")`.
template <auto F>
KernelPtr kernel_of(std::string_view name) {
  using C = SignatureOf<decltype(F)>;
  static const KernelPtr kernel =
      std::make_shared<const Kernel>(detail::make_kernel<F>(name, SignatureOf<typename C::type>()));
  return kernel;
}

}  // namespace weft
