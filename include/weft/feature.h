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

#include "weft/describe.h"
#include "weft/modifiers.h"

namespace weft::detail {

/// What a module was compiled with, as `key=value;` pairs. Modules whose stamp differs from
/// libweft's are refused, because their types or their bits may differ.
#ifndef WEFT_VERSION
#define WEFT_VERSION "unknown"
#endif
#ifndef WEFT_FEATURE_FLAGS
#define WEFT_FEATURE_FLAGS "none"  // weft_add_features says which it has set
#endif
#define WEFT_TEXT_(x) #x
#define WEFT_TEXT(x) WEFT_TEXT_(x)
#ifdef __clang__
#define WEFT_COMPILER "clang " WEFT_TEXT(__clang_major__)
#else
#define WEFT_COMPILER "gcc " WEFT_TEXT(__GNUC__)
#endif
#ifdef _GLIBCXX_DEBUG
#define WEFT_LIBRARY "libstdc++ debug"
#else
#define WEFT_LIBRARY "libstdc++ abi " WEFT_TEXT(_GLIBCXX_USE_CXX11_ABI)
#endif
#ifdef __FAST_MATH__
#define WEFT_MATH "fast"
#else
#define WEFT_MATH "exact"
#endif
#define WEFT_ABI_STAMP                                                                        \
  "weft=" WEFT_VERSION ";compiler=" WEFT_COMPILER ";library=" WEFT_LIBRARY ";math=" WEFT_MATH \
  ";flags=" WEFT_FEATURE_FLAGS ";"

/// What FEATURE, LOADER and SAVER declare.
enum class FunctionUse : uint8_t { kFeature, kLoader, kSaver };

/// Pushed on a list when the library is loaded; everything else happens later, in
/// compiled_modules(), where errors can be caught.
struct FeatureEntry {
  // These three come first in every version of Weft, so that a stranger's entries can be skipped.
  const char* abi = WEFT_ABI_STAMP;
  const FeatureEntry* next = nullptr;
  const void* library;  ///< which library or program it was compiled into

  const char* name;
  const char* parameter_list;
  const char* file;
  int line;
  const char* module;
  const FunctionInfo* info;
  std::vector<Modifier> (*modifiers)();
  void (*defaults)(std::vector<std::optional<Value>>&);
  FunctionUse use = FunctionUse::kFeature;
};
/// Thread-safe: libraries may be loaded from several threads.
void register_feature(FeatureEntry* entry);
struct Registered {
  FeatureEntry entry;

  explicit Registered(const FeatureEntry& e) : entry(e) { register_feature(&entry); }
  Registered(const Registered&) = delete;  // the list holds its address
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
#define WEFT_FUNCTION(use, R, name, text, params, parameter_text, ...)                             \
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
      ::weft::detail::parse_parameters<weft_feature_##name::Signature::kArity>(parameter_text);    \
  static constexpr auto weft_parameters_##name =                                                   \
      ::weft::detail::Describe<&weft_feature_##name::call, weft_feature_##name::Signature::type>:: \
          parameters<weft_parsed_##name>();                                                        \
  static constexpr ::weft::detail::FunctionInfo weft_info_##name =                                 \
      ::weft::detail::Describe<&weft_feature_##name::call,                                         \
                               weft_feature_##name::Signature::type>::info(weft_parameters_##name  \
                                                                               .data());           \
  [[maybe_unused]] static const ::weft::detail::Registered weft_entry_##name{                      \
      {WEFT_ABI_STAMP, nullptr, &__dso_handle, text, parameter_text, __FILE__, __LINE__,           \
       WEFT_MODULE, &weft_info_##name,                                                             \
       []() -> std::vector<::weft::Modifier> {                                                     \
         using namespace ::weft::modifiers;                                                        \
         return {__VA_ARGS__};                                                                     \
       },                                                                                          \
       [](std::vector<std::optional<::weft::Value>>& out) {                                        \
         ::weft::detail::capture_defaults<weft_parsed_##name,                                      \
                                          weft_feature_##name::Signature::arguments>(              \
             out,                                                                                  \
             [](auto&&... a) -> decltype(weft_defaults_##name(static_cast<decltype(a)>(a)...)) {   \
               return weft_defaults_##name(static_cast<decltype(a)>(a)...);                        \
             });                                                                                   \
       },                                                                                          \
       ::weft::detail::FunctionUse::use}};                                                         \
  inline WEFT_TYPE(R) weft_feature_##name::call params

#define FEATURE(R, name, params, ...) \
  WEFT_FUNCTION(kFeature, R, name, #name, params, #params, __VA_ARGS__)

/// A loader of this module, for load_from("name", ...): a function of typed options, of which those
/// without a default are needed. It returns the data, or a pair of the data and Values that tell of
/// it. It is no node.
///   LOADER(Table, access_log, (std::string path, int64_t skip = 0)) { ... }
#define LOADER(R, name, params) WEFT_FUNCTION(kLoader, R, name##_loader, #name, params, #params)
/// A saver of this module, for save_to("name", ...): the first parameter is the data. It returns
/// Values that tell of what it wrote.
///   SAVER(Values, access_log, (const Table& data, std::string path)) { ... }
#define SAVER(R, name, params) WEFT_FUNCTION(kSaver, R, name##_saver, #name, params, #params)
