#include "CHornbillKernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define W 8
#define ROWS 6
#define NAME "avx2"
#include "kernels.h"
#pragma clang attribute pop

const hb_kernels *hb_kernels_avx2(void) {
  int supported = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return supported ? &kernels : NULL;
}

#else

const hb_kernels *hb_kernels_avx2(void) { return NULL; }

#endif
