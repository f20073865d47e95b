#include "CHornbillKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define W 8
#define ROWS 6
#define NAME "avx2"
#define MASK(n) \
  _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define MASKED_LOAD(p, n) _mm256_maskload_ps(p, MASK(n))
#define MASKED_STORE(p, n, x) _mm256_maskstore_ps(p, MASK(n), (__m256)(x))
#include "kernels.h"
#pragma clang attribute pop

const hb_kernels* hb_kernels_avx2(void) {
  int supported = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return supported ? &kernels : NULL;
}

#else

const hb_kernels* hb_kernels_avx2(void) { return NULL; }

#endif
