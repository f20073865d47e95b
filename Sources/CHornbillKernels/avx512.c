#include "CHornbillKernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma"))), apply_to = function)
#define W 16
#define ROWS 12
#define NAME "avx512"
#include "kernels.h"
#pragma clang attribute pop

const hb_kernels *hb_kernels_avx512(void) {
  int supported = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  return supported ? &kernels : NULL;
}

#else

const hb_kernels *hb_kernels_avx512(void) { return NULL; }

#endif
