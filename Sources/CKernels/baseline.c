#pragma STDC FP_CONTRACT OFF
#define TARGET
#define TABLE outpace_kernels_baseline
#include "kernels_body.h"
