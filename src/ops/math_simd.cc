// The elementary functions, of one value and of several: libsleef behind the names of the x86-64
// vector function ABI (https://sourceware.org/glibc/wiki/libmvec has a copy), which are
//   _ZGV<isa>N<lanes>v_<name>   isa b: SSE2, c: AVX, d: AVX2, e: AVX-512F.
// A caller compiled for SSE2 or AVX may run on a CPU without FMA. SLEEF's FMA family needs it even
// in its scalar form, and nothing else gives the same bits, so there the program ends and says why.

// Without the attribute that has the compiler write the vector forms itself.
#define WEFT_SIMD
#include "weft/math.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "weft/error.h"

extern "C" {
#define WEFT_SLEEF(name, bound) double Sleef_finz_##name##d1_##bound##purecfma(double);
WEFT_UNARY_MATH(WEFT_SLEEF)
#undef WEFT_SLEEF
#define WEFT_SLEEF(name, bound) double Sleef_finz_##name##d1_##bound##purecfma(double, double);
WEFT_BINARY_MATH(WEFT_SLEEF)
#undef WEFT_SLEEF
}

namespace {

#if defined(__x86_64__)
inline bool has_fma() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
inline bool has_fma() { return true; }
#endif

[[noreturn, gnu::cold, gnu::noinline]] void no_fma() {
  throw weft::Error(weft::ErrorCode::kUnsupported,
                    "this CPU has no AVX2 and FMA instructions, which Weft's exp, log, sin and the "
                    "like need to give the same bits everywhere");
}

inline void require_fma() {
  if (!has_fma()) [[unlikely]]
    no_fma();
}

}  // namespace

void weft::check_cpu() { require_fma(); }

extern "C" {

#define WEFT_SCALAR(name, bound)                       \
  double weft_##name(double x) noexcept {              \
    require_fma();                                     \
    return Sleef_finz_##name##d1_##bound##purecfma(x); \
  }
WEFT_UNARY_MATH(WEFT_SCALAR)
#undef WEFT_SCALAR
#define WEFT_SCALAR(name, bound)                          \
  double weft_##name(double x, double y) noexcept {       \
    require_fma();                                        \
    return Sleef_finz_##name##d1_##bound##purecfma(x, y); \
  }
WEFT_BINARY_MATH(WEFT_SCALAR)
#undef WEFT_SCALAR

double weft_sqrt(double x) noexcept { return __builtin_sqrt(x); }

#if defined(__x86_64__)

#define WEFT_AVX __attribute__((target("avx")))
#define WEFT_AVX2 __attribute__((target("avx2,fma")))
#define WEFT_AVX512 __attribute__((target("avx512f")))

#define WEFT_VECTOR(name, bound)                                       \
  __m128d Sleef_finz_##name##d2_##bound##avx2128(__m128d);             \
  WEFT_AVX __m256d Sleef_finz_##name##d4_##bound##avx2(__m256d);       \
  WEFT_AVX512 __m512d Sleef_finz_##name##d8_##bound##avx512f(__m512d); \
  __m128d _ZGVbN2v_weft_##name(__m128d x) noexcept {                   \
    require_fma();                                                     \
    return Sleef_finz_##name##d2_##bound##avx2128(x);                  \
  }                                                                    \
  WEFT_AVX __m256d _ZGVcN4v_weft_##name(__m256d x) noexcept {          \
    require_fma();                                                     \
    return Sleef_finz_##name##d4_##bound##avx2(x);                     \
  }                                                                    \
  WEFT_AVX2 __m256d _ZGVdN4v_weft_##name(__m256d x) noexcept {         \
    return Sleef_finz_##name##d4_##bound##avx2(x);                     \
  }                                                                    \
  WEFT_AVX512 __m512d _ZGVeN8v_weft_##name(__m512d x) noexcept {       \
    return Sleef_finz_##name##d8_##bound##avx512f(x);                  \
  }
WEFT_UNARY_MATH(WEFT_VECTOR)
#undef WEFT_VECTOR

#define WEFT_VECTOR(name, bound)                                                \
  __m128d Sleef_finz_##name##d2_##bound##avx2128(__m128d, __m128d);             \
  WEFT_AVX __m256d Sleef_finz_##name##d4_##bound##avx2(__m256d, __m256d);       \
  WEFT_AVX512 __m512d Sleef_finz_##name##d8_##bound##avx512f(__m512d, __m512d); \
  __m128d _ZGVbN2vv_weft_##name(__m128d x, __m128d y) noexcept {                \
    require_fma();                                                              \
    return Sleef_finz_##name##d2_##bound##avx2128(x, y);                        \
  }                                                                             \
  WEFT_AVX __m256d _ZGVcN4vv_weft_##name(__m256d x, __m256d y) noexcept {       \
    require_fma();                                                              \
    return Sleef_finz_##name##d4_##bound##avx2(x, y);                           \
  }                                                                             \
  WEFT_AVX2 __m256d _ZGVdN4vv_weft_##name(__m256d x, __m256d y) noexcept {      \
    return Sleef_finz_##name##d4_##bound##avx2(x, y);                           \
  }                                                                             \
  WEFT_AVX512 __m512d _ZGVeN8vv_weft_##name(__m512d x, __m512d y) noexcept {    \
    return Sleef_finz_##name##d8_##bound##avx512f(x, y);                        \
  }
WEFT_BINARY_MATH(WEFT_VECTOR)
#undef WEFT_VECTOR

__m128d _ZGVbN2v_weft_sqrt(__m128d x) noexcept { return _mm_sqrt_pd(x); }
WEFT_AVX __m256d _ZGVcN4v_weft_sqrt(__m256d x) noexcept { return _mm256_sqrt_pd(x); }
WEFT_AVX2 __m256d _ZGVdN4v_weft_sqrt(__m256d x) noexcept { return _mm256_sqrt_pd(x); }
WEFT_AVX512 __m512d _ZGVeN8v_weft_sqrt(__m512d x) noexcept { return _mm512_maskz_sqrt_pd(0xff, x); }

#endif

}  // extern "C"
