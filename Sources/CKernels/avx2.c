#pragma STDC FP_CONTRACT OFF
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2")))
#define BYTES_TARGET __attribute__((target("avx2,popcnt,bmi,bmi2")))
#define BYTES 32
#define TABLE outpace_kernels_avx2
#define DOT_ROWS 1
#define DOT_COLUMNS 1
#define SUM_ROWS 2
#define SUM_LANES 2
#define STEPS 2
#define VECTORS 2
#include "kernels_body.h"
#endif
