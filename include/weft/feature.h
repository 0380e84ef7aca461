/// FEATURE: declares a feature function, registers it and opens its body.
///
///   /// Age in standard deviations from the mean.
///   FEATURE(double, age_normalized, (double age, double age_mean, double age_stddev),
///           tag("owner", "growth")) {
///     return (age - age_mean) / age_stddev;
///   }
///
/// The comment above it is its documentation everywhere. A result type with commas stands in
/// brackets: FEATURE((std::map<std::string, double>), rates, ()) { ... }. Features live in a
/// namespace of their module. The function is weft_feature_<name>::call; its name stays free, so a
/// feature called `hour` can call weft's hour().
#pragma once

#include <coroutine>

#include "weft/modifiers.h"

namespace weft::detail {

// ---- parameter names, out of the stringified list
// ------------------------------------------------

enum class Fault : uint8_t { kNone, kUnnamed, kUnparsed };

/// Offsets, not views: a template argument must be structural.
template <size_t N>
struct ParsedNames {
  std::array<uint16_t, N> begin{};
  std::array<uint16_t, N> size{};
  Fault fault = Fault::kNone;
  bool has_defaults = false;
};

consteval bool is_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

template <size_t N>
class NameParser {
 public:
  consteval explicit NameParser(std::string_view text) : text_(text.substr(0, text.size() - 1)) {}

  consteval ParsedNames<N> parse() {
    int depth = 0;
    bool quoted = false;
    for (size_t k = start_; k < text_.size(); ++k) {
      const char c = text_[k];
      if (c == '"' && text_[k - 1] != '\\') quoted = !quoted;
      if (quoted) continue;
      const bool in_default = equals_ != text_.npos;  // there, < and > may be comparisons
      if (c == '(' || c == '[' || c == '{' || (c == '<' && !in_default)) {
        ++depth;
      } else if (c == ')' || c == ']' || c == '}' || (c == '>' && !in_default)) {
        --depth;
      } else if (c == '=' && depth == 0 && !in_default) {
        names_.has_defaults = true;
        equals_ = k;
      } else if (c == ',' && depth == 0 && (count_ + 1 < N || !in_default)) {
        take(k);
        start_ = k + 1;
        equals_ = text_.npos;
      }
    }
    if (N > 0) take(text_.size());
    if (count_ != N) names_.fault = Fault::kUnparsed;
    return names_;
  }

 private:
  consteval void take(size_t end) {
    const auto part = text_.substr(start_, (equals_ == text_.npos ? end : equals_) - start_);
    size_t e = part.size();
    while (e > 0 && part[e - 1] == ' ') --e;
    size_t b = e;
    while (b > 0 && is_identifier(part[b - 1])) --b;
    const auto name = part.substr(b, e - b);
    size_t t = b;
    while (t > 0 && part[t - 1] == ' ') --t;
    const auto type = part.substr(0, t);
    for (const std::string_view word :
         {"double", "float", "int", "long", "bool", "char", "const", "short", "unsigned", ""}) {
      if (name == word) names_.fault = Fault::kUnnamed;
    }
    if (type.empty() || type.back() == ':' || type == "const") names_.fault = Fault::kUnnamed;
    if (count_ < N) {
      names_.begin[count_] = static_cast<uint16_t>(start_ + b);
      names_.size[count_] = static_cast<uint16_t>(name.size());
    }
    ++count_;
  }

  std::string_view text_;
  size_t start_ = 1;  // past the opening bracket
  size_t equals_ = std::string_view::npos;
  size_t count_ = 0;
  ParsedNames<N> names_;
};

template <size_t N>
consteval ParsedNames<N> parse_parameters(std::string_view text) {
  return NameParser<N>(text).parse();
}

// ---- default arguments
// ---------------------------------------------------------------------------

/// A coroutine's promise is constructed from the function's parameters, after the caller has filled
/// in the defaults: that is how their values are caught.
struct Defaults {
  struct promise_type {
    static inline thread_local std::vector<std::optional<Value>>* seen = nullptr;
    template <class... A>
    explicit promise_type(A&... a) {
      if (seen) (seen->push_back(Value::of(std::remove_cvref_t<A>(a))), ...);
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
using declared_t = typename ValueTypeOf<std::remove_cvref_t<T>>::type;

template <class T>
constexpr Shape shape_of() {
  using U = std::remove_cvref_t<T>;
  if constexpr (Symbolic<U>) {
    return U::kScalar ? Shape::kScalar : Shape::kColumn;
  } else if constexpr (is_series<U>) {
    return Shape::kSeries;
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
  static constexpr bool kIsRow = !kSymbolic && !kHasSeries && native<R>::kRow;

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
    static_assert(kKnownNumber<R> && (kKnownNumber<A> && ...),
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
      return std::array<ParameterInfo, sizeof...(A)>{
          ParameterInfo{&type_of<declared_t<A>>, shape_of<A>(), native<A>::kNullable,
                        Parsed.begin[I], Parsed.size[I]}...};
    }(std::index_sequence_for<A...>());
  }

  static constexpr FunctionInfo info(const ParameterInfo* parameters) {
    FunctionInfo i{parameters,
                   sizeof...(A),
                   &type_of<declared_t<R>>,
                   shape_of<R>(),
                   native<R>::kNullable,
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

/// Pushed on a list when the library is loaded; everything else happens later, in catalog(), where
/// errors can be caught.
struct FeatureEntry {
  const char* name;
  const char* parameter_list;
  const char* file;
  int line;
  const char* module;
  const void* library;  ///< which library or program it was compiled into
  const FunctionInfo* info;
  std::vector<Modifier> (*modifiers)();
  void (*defaults)(std::vector<std::optional<Value>>&);
  const FeatureEntry* next = nullptr;

  FeatureEntry(const char* name, const char* parameter_list, const char* file, int line,
               const char* module, const void* library, const FunctionInfo* info,
               std::vector<Modifier> (*modifiers)(),
               void (*defaults)(std::vector<std::optional<Value>>&));
};

/// The text of a module's file, embedded by weft_add_features; `file` is what __FILE__ says in it.
void register_source(const char* file, const char* text, size_t size);

/// A definition from a function's info; the names are those given.
DefinitionPtr make_definition(std::string name, const FunctionInfo& info,
                              std::vector<std::string> parameter_names);

}  // namespace weft::detail

namespace weft::modifiers {

template <auto F>
DefinitionPtr function(std::string name, std::vector<std::string> parameters) {
  using C = SignatureOf<decltype(F)>;
  using D = weft::detail::Describe<F, typename C::type>;
  static constexpr auto kParameters =
      D::template parameters<weft::detail::ParsedNames<C::kArity>{}>();
  static constexpr auto kInfo = D::info(kParameters.data());
  return weft::detail::make_definition(std::move(name), kInfo, std::move(parameters));
}

template <auto F, class... D>
Step step(std::string function_name, D... bindings) {
  using C = SignatureOf<decltype(F)>;
  static_assert(C::kArity == sizeof...(D) + 1,
                "weft: a step's function takes the value and one argument for each binding");
  std::vector<std::string> names;
  for (size_t i = 0; i < C::kArity; ++i) names.push_back("p" + std::to_string(i));
  Step step;
  size_t i = 0;
  ((step.bindings[names[++i]] = bindings), ...);
  step.function = function<F>(std::move(function_name), std::move(names));
  return step;
}

}  // namespace weft::modifiers

extern "C" __attribute__((visibility("hidden"))) void* __dso_handle;  // NOLINT: one per library

#ifndef WEFT_MODULE
#define WEFT_MODULE ""  // the file's own name without its ending
#endif

#define WEFT_PROBE(...) ~, 1
#define WEFT_SECOND(a, b, ...) b
#define WEFT_IS_PAREN(...) WEFT_SECOND(__VA_ARGS__, 0, 0)
#define WEFT_CAT_(a, b) a##b
#define WEFT_CAT(a, b) WEFT_CAT_(a, b)
#define WEFT_ID(...) __VA_ARGS__
#define WEFT_TYPE0(x) x
#define WEFT_TYPE1(x) WEFT_ID x
#define WEFT_TYPE(x) WEFT_CAT(WEFT_TYPE, WEFT_IS_PAREN(WEFT_PROBE x))(x)  // (a<b, c>) -> a<b, c>

// The signature is laundered through a template, because gcc keeps default arguments in decltype.
// Constants are `static`, never `inline`: an inline variable keyed on a feature's name would be one
// object for all modules that define a feature of that name.
#define FEATURE(R, name, params, ...)                                                              \
  WEFT_TYPE(R) weft_signature_##name params;                                                       \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wunused-parameter\"")          \
      [[maybe_unused]] static ::weft::detail::Defaults weft_defaults_##name params {               \
    co_return;                                                                                     \
  }                                                                                                \
  _Pragma("GCC diagnostic pop") struct weft_feature_##name {                                       \
    using Signature = ::weft::SignatureOf<decltype(weft_signature_##name)>;                        \
    static typename Signature::type call;                                                          \
  };                                                                                               \
  static constexpr auto weft_parsed_##name =                                                       \
      ::weft::detail::parse_parameters<weft_feature_##name::Signature::kArity>(#params);           \
  static constexpr auto weft_parameters_##name =                                                   \
      ::weft::detail::Describe<&weft_feature_##name::call, weft_feature_##name::Signature::type>:: \
          parameters<weft_parsed_##name>();                                                        \
  static constexpr ::weft::detail::FunctionInfo weft_info_##name =                                 \
      ::weft::detail::Describe<&weft_feature_##name::call,                                         \
                               weft_feature_##name::Signature::type>::info(weft_parameters_##name  \
                                                                               .data());           \
  [[maybe_unused]] static const ::weft::detail::FeatureEntry weft_entry_##name{                    \
      #name,                                                                                       \
      #params,                                                                                     \
      __FILE__,                                                                                    \
      __LINE__,                                                                                    \
      WEFT_MODULE,                                                                                 \
      &__dso_handle,                                                                               \
      &weft_info_##name,                                                                           \
      []() -> std::vector<::weft::Modifier> {                                                      \
        using namespace ::weft::modifiers;                                                         \
        return {__VA_ARGS__};                                                                      \
      },                                                                                           \
      [](std::vector<std::optional<::weft::Value>>& out) {                                         \
        ::weft::detail::capture_defaults<weft_parsed_##name,                                       \
                                         weft_feature_##name::Signature::arguments>(               \
            out,                                                                                   \
            [](auto&&... a) -> decltype(weft_defaults_##name(static_cast<decltype(a)>(a)...)) {    \
              return weft_defaults_##name(static_cast<decltype(a)>(a)...);                         \
            });                                                                                    \
      }};                                                                                          \
  inline WEFT_TYPE(R) weft_feature_##name::call params
