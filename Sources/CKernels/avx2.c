#pragma STDC FP_CONTRACT OFF
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define TABLE outpace_kernels_avx2
#include "kernels_body.h"
#endif
