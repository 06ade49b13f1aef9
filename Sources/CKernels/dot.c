#pragma STDC FP_CONTRACT OFF
#include "CKernels.h"

double outpace_dot(const double *a, const double *b, size_t count) {
  double lanes[8] = {0};
  for (size_t i = 0; i < count; i += 8)
    for (size_t lane = 0; lane < 8; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
         ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}
