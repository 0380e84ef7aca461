/// What a C++ function is to a graph, worked out at compile time: parameters, shapes, lifted loops.
#pragma once

#include <coroutine>

#include "weft/definition.h"
#include "weft/parameter_names.h"

namespace weft::detail {

// ---- default arguments
// ---------------------------------------------------------------------------

/// A coroutine's promise is constructed from the function's parameters, after the caller has filled
/// in the defaults: that is how their values are caught.
struct Defaults {
  struct promise_type {
    static inline thread_local std::vector<std::optional<Value>>* seen = nullptr;
    template <class... A>
    explicit promise_type(A&... a) {
      if (seen) (seen->push_back(boxed_default(a)), ...);
    }
    template <class T>
    static Value boxed_default(const T& value) {
      if constexpr (Native<T>::kNullable) {
        return value ? Value::of(*value) : Value::null(type_of<T>());
      } else {
        return Value::of(T(value));
      }
    }
    Defaults get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }
  };
};

/// Calls f with as few leading arguments as it takes; those get no default.
template <class Arguments, size_t K, class F>
void call_defaults(F f, std::vector<std::optional<Value>>& out) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    if constexpr (requires { f(std::declval<std::tuple_element_t<I, Arguments>>()...); }) {
      Defaults::promise_type::seen = &out;
      f(std::tuple_element_t<I, Arguments>{}...);
      Defaults::promise_type::seen = nullptr;
      for (size_t i = 0; i < K; ++i) out[i].reset();
    } else {
      call_defaults<Arguments, K + 1>(f, out);
    }
  }(std::make_index_sequence<K>());
}

template <ParsedNames Parsed, class Arguments, class F>
void capture_defaults(std::vector<std::optional<Value>>& out, F f) {
  if constexpr (Parsed.has_defaults) call_defaults<Arguments, 0>(f, out);
}

// ---- what a function is
// ---------------------------------------------------------------------------

template <class T>
inline constexpr bool is_series = false;
template <class T>
inline constexpr bool is_series<Series<T>> = true;

template <class T>
struct ValueTypeOf {
  using type = inner_t<T>;
};
template <Symbolic T>
struct ValueTypeOf<T> {
  using type = typename T::value_type;
};
template <class T>
struct ValueTypeOf<Series<T>> {
  using type = T;
};
template <class T>
struct ValueTypeOf<Parallel<T>> {
  using type = inner_t<T>;
};
template <class T>
struct ValueTypeOf<Collect<T>> {
  using type = inner_t<T>;
};
template <class T>
using declared_t = typename ValueTypeOf<std::remove_cvref_t<T>>::type;

template <class T>
inline constexpr bool is_parallel = false;
template <class T>
inline constexpr bool is_parallel<Parallel<T>> = true;
template <class T>
inline constexpr bool is_collect = false;
template <class T>
inline constexpr bool is_collect<Collect<T>> = true;

/// What a function yields in the end: T for std::future<T>.
template <class R>
struct Yielded {
  using type = R;
  static constexpr bool kAwaited = false;
};
template <class T>
struct Yielded<std::future<T>> {
  using type = T;
  static constexpr bool kAwaited = true;
};

/// Does the parameter see nulls, or may the result be one?
template <class T>
struct SeesNull : std::bool_constant<native<T>::kNullable> {};
template <class T>
struct SeesNull<Parallel<T>> : std::bool_constant<native<T>::kNullable> {};
template <class T>
struct SeesNull<Collect<T>> : std::bool_constant<native<T>::kNullable> {};

template <class T>
constexpr Shape shape_of() {
  using U = std::remove_cvref_t<T>;
  if constexpr (Symbolic<U>) {
    return U::kScalar ? Shape::kScalar : Shape::kColumn;
  } else if constexpr (is_series<U>) {
    return Shape::kSeries;
  } else if constexpr (is_parallel<U>) {
    return Shape::kParallel;
  } else if constexpr (is_collect<U>) {
    return Shape::kCollect;
  } else {
    return native<U>::kRow ? Shape::kRow : Shape::kObject;
  }
}

template <class A>
decltype(auto) unpack(const Value& v) {
  using T = std::remove_cvref_t<A>;
  if constexpr (Symbolic<T>) {
    return T{{v.get<ExprPtr>()}};
  } else if constexpr (is_series<T>) {
    return T(v.get<ColumnData>());
  } else if constexpr (is_collect<T>) {
    return T(v.get<ValueList>());
  } else if constexpr (Native<T>::kNullable) {
    return v.has_value() ? T(v.get<boxed_t<inner_t<T>>>()) : T();
  } else if constexpr (!std::is_same_v<boxed_t<T>, T>) {
    return T(v.get<boxed_t<T>>());
  } else {
    return v.get<T>();
  }
}

template <class R>
Value pack(R r) {
  if constexpr (Symbolic<R>) {
    return Value::of(r.expr);
  } else if constexpr (is_series<R>) {
    return Value::of(r.column());
  } else if constexpr (is_parallel<R>) {
    return Value::of(r.elements());
  } else if constexpr (Yielded<R>::kAwaited) {
    return Value::of(Awaited::of(std::move(r)));
  } else if constexpr (Native<R>::kNullable) {
    return r ? Value::of(std::move(*r)) : Value::null(type_of<R>());
  } else {
    return Value::of(std::move(r));
  }
}

struct ParameterInfo {
  Type (*type)();
  Shape shape;
  bool nullable;
  uint16_t begin, size;  // of the name in the stringified list
};

/// Constant data: describing a feature costs no code of its own.
struct FunctionInfo {
  const ParameterInfo* parameters;
  size_t arity;
  Type (*result)();
  Shape shape;
  bool nullable;
  decltype(Kernel::block) block;
  decltype(Kernel::row) row;
  Value (*call)(std::span<const Value>);
};

template <auto F, class Signature>
struct Describe;
template <auto F, class R, class... A>
struct Describe<F, R(A...)> {
  static constexpr bool kSymbolic = Symbolic<R> || (Symbolic<std::remove_cvref_t<A>> || ...);
  static constexpr bool kHasSeries = is_series<R> || (is_series<std::remove_cvref_t<A>> || ...);
  using Y = typename Yielded<R>::type;
  static constexpr bool kTakesAll = kHasSeries || (is_collect<std::remove_cvref_t<A>> || ...);
  static constexpr bool kIsRow =
      !kSymbolic && !kTakesAll && !is_parallel<R> && !Yielded<R>::kAwaited && native<R>::kRow;

  template <class T>
  static constexpr bool kKnownNumber = !std::is_arithmetic_v<inner_t<T>> || native<T>::kRow;

  template <ParsedNames Parsed>
  static consteval void check() {
    static_assert(Parsed.fault != Fault::kUnnamed,
                  "weft: every FEATURE parameter needs a name: it says which feature it takes");
    static_assert(Parsed.fault != Fault::kUnparsed,
                  "weft: parameters not understood: put a default that has commas in brackets");
    static_assert(!std::is_void_v<R>, "weft: a FEATURE returns its value");
    static_assert(!std::is_pointer_v<R> && !(std::is_pointer_v<std::remove_cvref_t<A>> || ...),
                  "weft: pointers are not values: use std::string_view for text, std::optional "
                  "for null");
    static_assert(!is_collect<R> && !(is_parallel<std::remove_cvref_t<A>> || ...),
                  "weft: Parallel<T> is what a function returns (its elements are taken as T), "
                  "Collect<T> what it takes");
    static_assert(kKnownNumber<Y> && (kKnownNumber<A> && ...),
                  "weft: numbers are bool, int, int64_t, float or double");
    static_assert(
        !((std::is_lvalue_reference_v<A> && !std::is_const_v<std::remove_reference_t<A>>) || ...),
        "weft: a FEATURE may not change its arguments: take T or const T&");
    if constexpr (kSymbolic) {
      static_assert(Symbolic<R>, "weft: a column function returns Column<T> or Scalar<T>");
      static_assert(((Symbolic<std::remove_cvref_t<A>> || native<A>::kRow) && ...),
                    "weft: a column function takes Column<T>, Scalar<T> and plain values; "
                    "Scalar<Table> stands for a table");
    }
    if constexpr (kIsRow) {
      static_assert(((native<A>::kRow || std::is_reference_v<A>) && ...),
                    "weft: a row function takes objects by const&: by value it would copy them "
                    "for every row");
    }
  }

  template <size_t... I>
  static Value invoke([[maybe_unused]] std::span<const Value> v, std::index_sequence<I...>) {
    return pack<R>(F(unpack<A>(v[I])...));
  }
  static Value call(std::span<const Value> v) { return invoke(v, std::index_sequence_for<A...>()); }

  template <ParsedNames Parsed>
  static constexpr std::array<ParameterInfo, sizeof...(A)> parameters() {
    check<Parsed>();
    return []<size_t... I>(std::index_sequence<I...>) {
      return std::array<ParameterInfo, sizeof...(A)>{ParameterInfo{
          &type_of<declared_t<A>>, shape_of<A>(), SeesNull<std::remove_cvref_t<A>>::value,
          Parsed.begin[I], Parsed.size[I]}...};
    }(std::index_sequence_for<A...>());
  }

  static constexpr FunctionInfo info(const ParameterInfo* parameters) {
    FunctionInfo i{parameters,
                   sizeof...(A),
                   &type_of<declared_t<Y>>,
                   shape_of<Y>(),
                   SeesNull<Y>::value,
                   nullptr,
                   nullptr,
                   nullptr};
    if constexpr (kIsRow) {
      i.block = &Lift<F, R(A...)>::block;
      i.row = &Lift<F, R(A...)>::row;
    } else {
      i.call = &call;
      // A single value that an object function returns is a scalar in the graph.
      if (i.shape == Shape::kRow) i.shape = Shape::kObject;
    }
    return i;
  }
};

}  // namespace weft::detail
