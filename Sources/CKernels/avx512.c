#pragma STDC FP_CONTRACT OFF
// avx512f implies FMA; the line above is what keeps the compiler from fusing.
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f")))
#define BYTES_TARGET __attribute__((target("avx512f,avx512bw,popcnt,bmi,bmi2")))
#define BYTES 64
#define TABLE outpace_kernels_avx512
#define DOT_ROWS 3
#define DOT_COLUMNS 2
#define SUM_ROWS 4
#define SUM_LANES 4
#define STEPS 4
#define VECTORS 4
#include "kernels_body.h"
#endif
