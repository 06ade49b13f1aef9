#ifndef OUTPACE_VARIANT_H
#define OUTPACE_VARIANT_H

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

/// The kernels that differ by instruction set. What each does stands in CKernels.h.
struct kernel_table {
  double (*dot)(const double *, const double *, size_t);
  double (*dot_fetching)(const double *, const double *, size_t, const char *);
  double (*sum)(const double *, size_t);
  void (*axpy)(double, const double *, double *, size_t);
  void (*axpy_fetching)(double, const double *, double *, size_t, const char *);
  double (*axpy_dot)(
      double, const double *, double *, const double *, size_t, const char *);
  void (*axpy_dots)(
      const double *, const double *const *, double *const *, const double *const *, double *,
      size_t, size_t, size_t, const double *const *, size_t);
  void (*scale)(double, const double *, double *, size_t);
  void (*gemv)(const double *, size_t, size_t, const double *, double *, size_t);
  void (*gemv_transposed)(const double *, size_t, size_t, const double *, double *, size_t);
  void (*dots_at)(
      const double *, size_t, const int32_t *, size_t, const double *, double *, size_t);
  void (*combine_at)(
      double, const double *, const double *, size_t, const int32_t *, size_t, double *, size_t);
  void (*ger)(const double *, const double *, double *, size_t, size_t, size_t);
  void (*gemm_rows)(
      const double *, size_t, size_t, const double *, size_t, size_t, double *, size_t, size_t);
  void (*gemm_columns)(
      const double *, size_t, size_t, size_t, const double *, size_t, double, const double *, double *,
      size_t, size_t);
  void (*tridiagonal)(double, double, const double *, double *, size_t);
  void (*exp_block)(double *, size_t);
  void (*log_block)(double *, size_t);
  void (*log1p_block)(double *, size_t);
  void (*tanh_block)(double *, size_t);
  void (*sigmoid_block)(double *, size_t);
  void (*softplus_block)(double *, size_t);
  void (*softplus_sigmoid_block)(double *, double *, size_t);
  void (*logistic_slopes)(double *, const double *, const int32_t *, size_t);
  double (*softmax)(double *, size_t);
  void (*draw_ahead)(uint32_t, uint32_t, uint32_t, uint64_t, uint32_t, int32_t *);
  void (*draw_batch)(uint32_t, uint32_t, uint32_t, uint64_t, uint32_t, int32_t *, size_t);
  size_t (*json_object)(
      const uint8_t *, size_t, size_t, struct outpace_json_entry *, size_t, size_t *);
  size_t (*plain_rows)(
      const uint8_t *, size_t, const struct outpace_row_shape *, struct outpace_plain_row *, size_t,
      size_t *);
};

extern const struct kernel_table outpace_kernels_baseline;
#if defined(__x86_64__)
extern const struct kernel_table outpace_kernels_avx2;
extern const struct kernel_table outpace_kernels_avx512;
#endif

#endif
