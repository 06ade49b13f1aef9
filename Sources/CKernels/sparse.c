#pragma STDC FP_CONTRACT OFF
#include "CKernels.h"

void outpace_prefetch(const void *start, size_t byte_count) {
  const char *line = start;
  for (size_t offset = 0; offset < byte_count; offset += 64) __builtin_prefetch(line + offset, 0, 2);
}

double outpace_sparse_dot(
    const double *values, const int32_t *columns, size_t count, const double *x) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  size_t e = 0;
  for (; e + 4 <= count; e += 4) {
    s0 += values[e] * x[columns[e]];
    s1 += values[e + 1] * x[columns[e + 1]];
    s2 += values[e + 2] * x[columns[e + 2]];
    s3 += values[e + 3] * x[columns[e + 3]];
  }
  if (e < count) s0 += values[e] * x[columns[e]];
  if (e + 1 < count) s1 += values[e + 1] * x[columns[e + 1]];
  if (e + 2 < count) s2 += values[e + 2] * x[columns[e + 2]];
  return (s0 + s2) + (s1 + s3);
}

void outpace_sparse_axpy(
    double scale, const double *values, const int32_t *columns, size_t count, double *y) {
  for (size_t e = 0; e < count; ++e) y[columns[e]] += scale * values[e];
}
