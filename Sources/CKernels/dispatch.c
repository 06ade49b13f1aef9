#pragma STDC FP_CONTRACT OFF
#include "CKernels.h"

#include <stdatomic.h>

#include "variant.h"

// Never null, so that a call of a kernel is a load and a jump. All variants give the same bits, so a thread that
// still sees the old table computes the same numbers.
static _Atomic(const struct kernel_table *) chosen = &outpace_kernels_baseline;

static const struct kernel_table *table_of(int variant) {
#if defined(__x86_64__)
  if (variant == OUTPACE_AVX512) return &outpace_kernels_avx512;
  if (variant == OUTPACE_AVX2) return &outpace_kernels_avx2;
#endif
  return variant == OUTPACE_BASELINE ? &outpace_kernels_baseline : NULL;
}

int outpace_best_variant(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("popcnt") ||
      !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2"))
    return OUTPACE_BASELINE;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") ? OUTPACE_AVX512
                                                                                 : OUTPACE_AVX2;
#endif
  return OUTPACE_BASELINE;
}

/// When the program is loaded, after what the compiler's own library finds out of the processor.
__attribute__((constructor)) static void choose_best(void) {
  atomic_store_explicit(&chosen, table_of(outpace_best_variant()), memory_order_relaxed);
}

static inline const struct kernel_table *kernels(void) {
  return atomic_load_explicit(&chosen, memory_order_relaxed);
}

int outpace_current_variant(void) {
  const struct kernel_table *table = kernels();
  for (int variant = OUTPACE_AVX512; variant > OUTPACE_BASELINE; --variant)
    if (table == table_of(variant)) return variant;
  return OUTPACE_BASELINE;
}

int outpace_force_variant(int variant) {
  if (variant < OUTPACE_BASELINE || variant > outpace_best_variant()) return 0;
  atomic_store_explicit(&chosen, table_of(variant), memory_order_relaxed);
  return 1;
}

double outpace_dot(const double *a, const double *b, size_t count) {
  return kernels()->dot(a, b, count);
}

double outpace_dot_fetching(
    const double *a, const double *b, size_t count, const void *ahead) {
  return kernels()->dot_fetching(a, b, count, ahead);
}

double outpace_sum(const double *a, size_t count) { return kernels()->sum(a, count); }

void outpace_axpy(double scale, const double *x, double *y, size_t count) {
  kernels()->axpy(scale, x, y, count);
}

void outpace_axpy_fetching(
    double scale, const double *x, double *y, size_t count, const void *ahead) {
  kernels()->axpy_fetching(scale, x, y, count, ahead);
}

double outpace_axpy_dot(
    double scale, const double *x, double *y, const double *row, size_t count,
    const void *ahead) {
  return kernels()->axpy_dot(scale, x, y, row, count, ahead);
}

void outpace_axpy_dots(
    const double *scales, const double *const *x, double *const *y, const double *const *rows,
    double *out, size_t steps, size_t members, size_t count, const double *const *ahead,
    size_t ahead_count) {
  kernels()->axpy_dots(
      scales, x, y, rows, out, steps, members, count, ahead, ahead_count);
}

void outpace_scale(double scale, const double *x, double *y, size_t count) {
  kernels()->scale(scale, x, y, count);
}

void outpace_gemv(
    const double *rows, size_t stride, size_t row_count, const double *x, double *out,
    size_t count) {
  kernels()->gemv(rows, stride, row_count, x, out, count);
}

void outpace_gemv_transposed(
    const double *rows, size_t stride, size_t row_count, const double *scales, double *y,
    size_t count) {
  kernels()->gemv_transposed(rows, stride, row_count, scales, y, count);
}

void outpace_dots_at(
    const double *rows, size_t stride, const int32_t *at, size_t row_count, const double *x,
    double *out, size_t count) {
  kernels()->dots_at(rows, stride, at, row_count, x, out, count);
}

void outpace_combine_at(
    double scale, const double *values, const double *rows, size_t stride, const int32_t *at,
    size_t row_count, double *y, size_t count) {
  kernels()->combine_at(scale, values, rows, stride, at, row_count, y, count);
}

void outpace_ger(
    const double *scales, const double *x, double *rows, size_t stride, size_t row_count,
    size_t count) {
  kernels()->ger(scales, x, rows, stride, row_count, count);
}

void outpace_gemm_rows(
    const double *a, size_t a_stride, size_t m, const double *b, size_t b_stride, size_t n,
    double *c, size_t c_stride, size_t count) {
  kernels()->gemm_rows(a, a_stride, m, b, b_stride, n, c, c_stride, count);
}

void outpace_gemm_columns(
    const double *a, size_t a_stride, size_t m, size_t n, const double *b, size_t b_stride,
    double scale, const double *start, double *c, size_t c_stride, size_t count) {
  kernels()->gemm_columns(a, a_stride, m, n, b, b_stride, scale, start, c, c_stride, count);
}

void outpace_tridiagonal(
    double diagonal, double beside, const double *x, double *out, size_t count) {
  kernels()->tridiagonal(diagonal, beside, x, out, count);
}

void outpace_exp_block(double *values, size_t count) { kernels()->exp_block(values, count); }
void outpace_log_block(double *values, size_t count) { kernels()->log_block(values, count); }
void outpace_log1p_block(double *values, size_t count) { kernels()->log1p_block(values, count); }
void outpace_tanh_block(double *values, size_t count) { kernels()->tanh_block(values, count); }
void outpace_sigmoid_block(double *values, size_t count) {
  kernels()->sigmoid_block(values, count);
}
void outpace_softplus_block(double *values, size_t count) {
  kernels()->softplus_block(values, count);
}

void outpace_softplus_sigmoid_block(double *values, double *softplus, size_t count) {
  kernels()->softplus_sigmoid_block(values, softplus, count);
}

void outpace_logistic_slopes(
    double *predictions, const double *targets, const int32_t *at, size_t count) {
  kernels()->logistic_slopes(predictions, targets, at, count);
}

void outpace_draw_batch(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, uint32_t n,
    int32_t *samples, size_t count) {
  kernels()->draw_batch(key_low, key_high, worker, gradient, n, samples, count);
}

void outpace_draw_ahead(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, uint32_t n,
    int32_t *samples) {
  kernels()->draw_ahead(key_low, key_high, worker, gradient, n, samples);
}

double outpace_softmax(double *z, size_t count) { return kernels()->softmax(z, count); }

size_t outpace_json_object(
    const uint8_t *text, size_t count, size_t depth_limit, struct outpace_json_entry *entries,
    size_t room, size_t *found) {
  return kernels()->json_object(text, count, depth_limit, entries, room, found);
}

size_t outpace_plain_rows(
    const uint8_t *text, size_t count, const struct outpace_row_shape *shape,
    struct outpace_plain_row *rows, size_t room, size_t *row_count) {
  return kernels()->plain_rows(text, count, shape, rows, room, row_count);
}
