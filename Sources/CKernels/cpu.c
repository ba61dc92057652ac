#include "CKernels.h"

uint32_t ck_cpu_features(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return (__builtin_cpu_supports("sse4.2") ? 1u : 0u) | (__builtin_cpu_supports("avx2") ? 2u : 0u) |
         (__builtin_cpu_supports("bmi2") ? 4u : 0u) | (__builtin_cpu_supports("pclmul") ? 8u : 0u);
#else
  return 0;
#endif
}
