#include "CHornbillKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma"))), \
                             apply_to = function)
#define W 16
#define ROWS 12
#define NAME "avx512"
#define MASK(n) (__mmask16)((1u << (n)) - 1)
#define MASKED_LOAD(p, n) _mm512_maskz_loadu_ps(MASK(n), p)
#define MASKED_STORE(p, n, x) _mm512_mask_storeu_ps(p, MASK(n), (__m512)(x))
#define SCALED(x, n) _mm512_scalef_ps(x, n)
#include "kernels.h"
#pragma clang attribute pop

const hb_kernels* hb_kernels_avx512(void) {
  int supported = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  return supported ? &kernels : NULL;
}

#else

const hb_kernels* hb_kernels_avx512(void) { return NULL; }

#endif
