// The row functions are those of the module itself; its column functions are written out.
#include "hand.h"

#include <algorithm>

#include "../expressions/features.cc"

namespace expressions {
namespace {

using Maybe = std::optional<double>;

// As functions of another library are called.
template <auto F>
struct Called {
  template <class... A>
  [[gnu::noinline]] static auto call(A... arguments) {
    return F(arguments...);
  }
};

// As the compiler likes.
template <auto F>
struct Inlined {
  template <class... A>
  static auto call(A... arguments) {
    return F(arguments...);
  }
};

template <class F, class... A>
auto where_known(F function, const A&... arguments)
    -> std::optional<decltype(function(*arguments...))> {
  if (!(arguments && ...)) return {};
  return function(*arguments...);
}

template <template <auto> class By>
RowOutputs one_after_another(const Row& row, double a_mean, double a_stddev) {
  const double f01 = By<&weft_feature_f01::call>::call(row.a, row.b);
  const double f02 = By<&weft_feature_f02::call>::call(f01, row.c);
  const bool f03 = By<&weft_feature_f03::call>::call(row.a, row.b);
  const Maybe f04 = f03 ? Maybe(f01) : row.d;
  const Maybe f05 = where_known(By<&weft_feature_f05::call>::template call<double>, f04);
  const Maybe f06 = where_known(By<&weft_feature_f06::call>::template call<double>, f05);
  const double f07 = std::clamp(f02, -10.0, 10.0);
  const double f08 = row.d.value_or(f07);
  const int64_t f09 = By<&weft_feature_f09::call>::call(row.ts);
  const int64_t f10 = By<&weft_feature_f10::call>::call(row.ts);
  const bool f11 = By<&weft_feature_f11::call>::call(f09);
  const bool f12 = By<&weft_feature_f12::call>::call(row.s);
  const bool f13 = By<&weft_feature_f13::call>::call(f12, f03);
  const Maybe f14 = f11 ? f06 : Maybe(f07);
  const Maybe f15 =
      where_known(By<&weft_feature_f15::call>::template call<double, double>, f14, f06);
  const double f16 = By<&weft_feature_f16::call>::call(row.a, a_mean);
  const double f17 = By<&weft_feature_f17::call>::call(f16, a_stddev);
  const double f18 = By<&weft_feature_f18::call>::call(f17);
  const Maybe f19 =
      where_known([f18](double f15) { return By<&weft_feature_f19::call>::call(f18, f15); }, f15);
  const Maybe f20 = where_known(By<&weft_feature_f20::call>::template call<double>, f05);
  const Maybe f21 =
      where_known(By<&weft_feature_f21::call>::template call<double, double>, f20, f06);
  const Maybe f22 = where_known(By<&weft_feature_f22::call>::template call<double>, f21);
  const bool f23 = !row.d;
  const double f24 = f23 ? 0.0 : f02;
  const double f25 = By<&weft_feature_f25::call>::call(f24);
  const Maybe f26 =
      where_known([f25](double f22) { return By<&weft_feature_f26::call>::call(f25, f22); }, f22);
  const bool f27 = By<&weft_feature_f27::call>::call(f25, f08);
  const Maybe f28 = f27 ? f26 : Maybe(f08);
  const double f29 = By<&weft_feature_f29::call>::call(f10);
  const Maybe f30 =
      where_known([f29](double f28) { return By<&weft_feature_f30::call>::call(f28, f29); }, f28);
  return {f08, f13, f17, f19, f22, f28, f30};
}

}  // namespace

RowOutputs by_hand(const Row& row, double a_mean, double a_stddev) {
  return one_after_another<Called>(row, a_mean, a_stddev);
}

RowOutputs by_hand_inlined(const Row& row, double a_mean, double a_stddev) {
  return one_after_another<Inlined>(row, a_mean, a_stddev);
}

}  // namespace expressions
