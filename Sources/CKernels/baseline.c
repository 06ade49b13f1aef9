#pragma STDC FP_CONTRACT OFF
#define TARGET
#define BYTES_TARGET
#define BYTES 16
#define TABLE outpace_kernels_baseline
#define DOT_ROWS 1
#define DOT_COLUMNS 1
#define SUM_ROWS 2
#define SUM_LANES 1
#define STEPS 1
#define VECTORS 1
#include "kernels_body.h"
