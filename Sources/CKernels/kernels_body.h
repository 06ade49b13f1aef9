// The kernels, written once. baseline.c, avx2.c and avx512.c include this file with TARGET, the
// attribute that chooses the instruction set, and TABLE, the name of the table to fill. Eight lanes
// are one, two or four registers; which it is never shows in the sums. DOT_ROWS × DOT_COLUMNS dot
// products, SUM_ROWS × SUM_LANES blocks of sums, and STEPS × VECTORS single sums are what its registers
// hold.

#include "elementary.h"
#include "variant.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Eight lanes; aligned as a double, so that loads may start anywhere.
typedef double lanes __attribute__((vector_size(64), aligned(8), may_alias));

#define UNROLLED _Pragma("clang loop unroll(full)")
#define INLINE static inline __attribute__((always_inline)) TARGET
#define KERNEL static TARGET

INLINE const lanes *lanes_at(const double *p) { return (const lanes *)p; }

/// Lanes of the last `count` < 8 entries, zeros in the others. Only pointers are passed, since
/// vectors as arguments would change the calling convention with the instruction set.
INLINE void load_tail(const double *from, size_t count, lanes *into) {
  double padded[8] = {0};
  for (size_t i = 0; i < count; ++i) padded[i] = from[i];
  *into = *lanes_at(padded);
}

INLINE double reduce(const lanes *s0, const lanes *s1, const lanes *s2, const lanes *s3) {
  const lanes s = (*s0 + *s1) + (*s2 + *s3);
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/// The end of a dot product whose blocks of 32 are in `sums`: at most three blocks of eight and a
/// tail, which go to the sums in turn.
INLINE double end_dot(lanes sums[4], const double *a, const double *b, size_t count) {
  size_t i = 0, turn = 0;
  for (; i + 8 <= count; i += 8) sums[turn++] += *lanes_at(a + i) * *lanes_at(b + i);
  if (i < count) {
    lanes ta, tb;
    load_tail(a + i, count - i, &ta);
    load_tail(b + i, count - i, &tb);
    sums[turn] += ta * tb;
  }
  return reduce(&sums[0], &sums[1], &sums[2], &sums[3]);
}

/// Asks for two of the 64-byte lines of what is read next, while four of a row are worked on.
INLINE void fetch(const char *ahead, size_t i) {
  if (!ahead) return;
  __builtin_prefetch(ahead + i * 4, 0, 2);
  __builtin_prefetch(ahead + i * 4 + 64, 0, 2);
}

INLINE double dot_inline(const double *a, const double *b, size_t count, const char *ahead) {
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    fetch(ahead, i);
    s0 += *lanes_at(a + i) * *lanes_at(b + i);
    s1 += *lanes_at(a + i + 8) * *lanes_at(b + i + 8);
    s2 += *lanes_at(a + i + 16) * *lanes_at(b + i + 16);
    s3 += *lanes_at(a + i + 24) * *lanes_at(b + i + 24);
  }
  if (i == count) return reduce(&s0, &s1, &s2, &s3);
  lanes sums[4] = {s0, s1, s2, s3};
  return end_dot(sums, a + i, b + i, count - i);
}

KERNEL double dot(const double *a, const double *b, size_t count) {
  return dot_inline(a, b, count, NULL);
}

KERNEL double dot_fetching(const double *a, const double *b, size_t count, const char *ahead) {
  return dot_inline(a, b, count, ahead);
}

INLINE double sum_inline(const double *a, size_t count) {
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  lanes *const sums[4] = {&s0, &s1, &s2, &s3};
  size_t i = 0, turn = 0;
  for (; i + 32 <= count; i += 32) {
    s0 += *lanes_at(a + i);
    s1 += *lanes_at(a + i + 8);
    s2 += *lanes_at(a + i + 16);
    s3 += *lanes_at(a + i + 24);
  }
  for (; i + 8 <= count; i += 8) *sums[turn++] += *lanes_at(a + i);
  if (i < count) {
    lanes tail;
    load_tail(a + i, count - i, &tail);
    *sums[turn] += tail;
  }
  return reduce(&s0, &s1, &s2, &s3);
}

KERNEL double sum(const double *a, size_t count) { return sum_inline(a, count); }

INLINE void axpy_inline(
    double scale, const double *x, double *y, size_t count, const char *ahead) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    fetch(ahead, i);
    *(lanes *)(y + i) += scale * *lanes_at(x + i);
    *(lanes *)(y + i + 8) += scale * *lanes_at(x + i + 8);
    *(lanes *)(y + i + 16) += scale * *lanes_at(x + i + 16);
    *(lanes *)(y + i + 24) += scale * *lanes_at(x + i + 24);
  }
  for (; i + 8 <= count; i += 8) *(lanes *)(y + i) += scale * *lanes_at(x + i);
  for (; i < count; ++i) y[i] += scale * x[i];
}

KERNEL void axpy(double scale, const double *x, double *y, size_t count) {
  axpy_inline(scale, x, y, count, NULL);
}

KERNEL void axpy_fetching(
    double scale, const double *x, double *y, size_t count, const char *ahead) {
  axpy_inline(scale, x, y, count, ahead);
}

/// The two above, one after the other, in one pass over y.
KERNEL double axpy_dot(
    double scale, const double *x, double *y, const double *row, size_t count,
    const char *ahead) {
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    // All of it: twice half of what lies twice as far.
    if (ahead) {
      fetch(ahead + i * 4, i);
      fetch(ahead + i * 4 + 128, i);
    }
    const lanes y0 = *lanes_at(y + i) + scale * *lanes_at(x + i);
    const lanes y1 = *lanes_at(y + i + 8) + scale * *lanes_at(x + i + 8);
    const lanes y2 = *lanes_at(y + i + 16) + scale * *lanes_at(x + i + 16);
    const lanes y3 = *lanes_at(y + i + 24) + scale * *lanes_at(x + i + 24);
    *(lanes *)(y + i) = y0;
    *(lanes *)(y + i + 8) = y1;
    *(lanes *)(y + i + 16) = y2;
    *(lanes *)(y + i + 24) = y3;
    s0 += *lanes_at(row + i) * y0;
    s1 += *lanes_at(row + i + 8) * y1;
    s2 += *lanes_at(row + i + 16) * y2;
    s3 += *lanes_at(row + i + 24) * y3;
  }
  if (i == count) return reduce(&s0, &s1, &s2, &s3);
  axpy_inline(scale, x + i, y + i, count - i, NULL);
  lanes sums[4] = {s0, s1, s2, s3};
  return end_dot(sums, row + i, y + i, count - i);
}

#if STEPS > 1
#include "steps_body.h"
#endif

KERNEL void axpy_dots(
    const double *scales, const double *const *x, double *const *y, const double *const *rows,
    double *out, size_t steps, size_t members, size_t count, const double *const *ahead,
    size_t ahead_count) {
  size_t j = 0;
#if STEPS > 1
  // A vector alone has nobody to share rows with.
  while (members > 1 && j < steps) {
    const size_t left = steps - j, next = left >= STEPS ? STEPS : left >= 2 ? 2 : 1;
    if (next * members * count < LEAST_ENTRIES) break;
    const double *const own = scales + j * members;
    double *const results = out + j * members;
#define TILED(S) \
  axpy_dots_tiled(S, own, x + j, y, rows + j, results, members, count, ahead, ahead_count)
    switch (next) {
      case 1: TILED(1); break;
#if STEPS > 2
      case 2: TILED(2); break;
#endif
      default: TILED(STEPS);
    }
#undef TILED
    j += next;
    ahead_count = 0;
  }
#endif
  for (; j < steps; ++j)
    for (size_t m = 0; m < members; ++m)
      out[j * members + m] = axpy_dot(
          scales[j * members + m], x[j], y[m], rows[j], count,
          m == 0 && j < ahead_count ? (const char *)ahead[j] : NULL);
}

KERNEL void scale(double factor, const double *x, double *y, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) *(lanes *)(y + i) = factor * *lanes_at(x + i);
  for (; i < count; ++i) y[i] = factor * x[i];
}

KERNEL void gemv(
    const double *rows, size_t stride, size_t row_count, const double *x, double *out,
    size_t count) {
  for (size_t row = 0; row < row_count; ++row)
    out[row] = dot_inline(rows + row * stride, x, count, NULL);
}

/// y += Σ_i scales[i · scale_stride] · row i. Four rows share each pass over y: a quarter of the
/// stores, the same order of sums.
INLINE void combine_inline(
    const double *rows, size_t stride, size_t row_count, const double *scales,
    size_t scale_stride, double *y, size_t count) {
  size_t row = 0;
  for (; row + 4 <= row_count; row += 4) {
    const double *const r0 = rows + row * stride, *const r1 = r0 + stride;
    const double *const r2 = r1 + stride, *const r3 = r2 + stride;
    const double *const scale = scales + row * scale_stride;
    const double c0 = scale[0], c1 = scale[scale_stride];
    const double c2 = scale[2 * scale_stride], c3 = scale[3 * scale_stride];
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
      *(lanes *)(y + i) =
          (((*lanes_at(y + i) + c0 * *lanes_at(r0 + i)) + c1 * *lanes_at(r1 + i)) +
           c2 * *lanes_at(r2 + i)) + c3 * *lanes_at(r3 + i);
    for (; i < count; ++i)
      y[i] = (((y[i] + c0 * r0[i]) + c1 * r1[i]) + c2 * r2[i]) + c3 * r3[i];
  }
  for (; row < row_count; ++row)
    axpy_inline(scales[row * scale_stride], rows + row * stride, y, count, NULL);
}

KERNEL void gemv_transposed(
    const double *rows, size_t stride, size_t row_count, const double *scales, double *y,
    size_t count) {
  combine_inline(rows, stride, row_count, scales, 1, y, count);
}

/// DOT_ROWS × DOT_COLUMNS dot products at once: each entry that is loaded serves several of them.
/// Every one has the four sums of `dot`, so that it has its bits too; they all stay in registers.
INLINE void dot_tile(
    const double *a, size_t a_stride, const double *b, size_t b_stride, double *c,
    size_t c_stride, size_t count) {
  lanes sums[DOT_ROWS][DOT_COLUMNS][4] = {0};
  size_t k = 0;
  for (; k + 32 <= count; k += 32) {
    UNROLLED for (size_t turn = 0; turn < 4; ++turn) {
      lanes left[DOT_ROWS];
      UNROLLED for (size_t i = 0; i < DOT_ROWS; ++i)
        left[i] = *lanes_at(a + i * a_stride + k + 8 * turn);
      UNROLLED for (size_t j = 0; j < DOT_COLUMNS; ++j) {
        const lanes right = *lanes_at(b + j * b_stride + k + 8 * turn);
        UNROLLED for (size_t i = 0; i < DOT_ROWS; ++i)
          sums[i][j][turn] += left[i] * right;
      }
    }
  }
  UNROLLED for (size_t i = 0; i < DOT_ROWS; ++i)
    UNROLLED for (size_t j = 0; j < DOT_COLUMNS; ++j)
      c[i * c_stride + j] =
          end_dot(sums[i][j], a + i * a_stride + k, b + j * b_stride + k, count - k);
}

/// A few rows of a stay in the cache while those of b pass by.
KERNEL void gemm_rows(
    const double *a, size_t a_stride, size_t m, const double *b, size_t b_stride, size_t n,
    double *c, size_t c_stride, size_t count) {
  size_t i = 0;
  for (; i + DOT_ROWS <= m; i += DOT_ROWS) {
    size_t j = 0;
    for (; j + DOT_COLUMNS <= n; j += DOT_COLUMNS)
      dot_tile(
          a + i * a_stride, a_stride, b + j * b_stride, b_stride, c + i * c_stride + j, c_stride,
          count);
    for (; j < n; ++j)
      for (size_t row = i; row < i + DOT_ROWS; ++row)
        c[row * c_stride + j] =
            dot_inline(a + row * a_stride, b + j * b_stride, count, NULL);
  }
  for (; i < m; ++i)
    for (size_t j = 0; j < n; ++j)
      c[i * c_stride + j] = dot_inline(a + i * a_stride, b + j * b_stride, count, NULL);
}

/// SUM_ROWS rows of c and SUM_LANES times eight of their entries, held in registers while all rows
/// of b are added in their order.
INLINE void sum_tile(
    const double *a, size_t a_stride, size_t m, const double *b, size_t b_stride, double factor,
    const double *start, double *c, size_t c_stride) {
  lanes sums[SUM_ROWS][SUM_LANES];
  UNROLLED for (size_t k = 0; k < SUM_ROWS; ++k)
    UNROLLED for (size_t t = 0; t < SUM_LANES; ++t)
      sums[k][t] = factor * *lanes_at(start + k * c_stride + 8 * t);
  for (size_t i = 0; i < m; ++i) {
    lanes row[SUM_LANES];
    UNROLLED for (size_t t = 0; t < SUM_LANES; ++t)
      row[t] = *lanes_at(b + i * b_stride + 8 * t);
    UNROLLED for (size_t k = 0; k < SUM_ROWS; ++k) {
      const double scale = a[i * a_stride + k];
      UNROLLED for (size_t t = 0; t < SUM_LANES; ++t)
        sums[k][t] += scale * row[t];
    }
  }
  UNROLLED for (size_t k = 0; k < SUM_ROWS; ++k)
    UNROLLED for (size_t t = 0; t < SUM_LANES; ++t)
      *(lanes *)(c + k * c_stride + 8 * t) = sums[k][t];
}

/// A strip of b stays in the cache while the rows of c pass by; each entry of a tile of c is written once.
KERNEL void gemm_columns(
    const double *a, size_t a_stride, size_t m, size_t n, const double *b, size_t b_stride,
    double factor, const double *start, double *c, size_t c_stride, size_t count) {
  const size_t tiled = n - n % SUM_ROWS;
  size_t i = 0;
  for (; i + 8 * SUM_LANES <= count; i += 8 * SUM_LANES)
    for (size_t k = 0; k < tiled; k += SUM_ROWS)
      sum_tile(
          a + k, a_stride, m, b + i, b_stride, factor, start + k * c_stride + i, c + k * c_stride + i,
          c_stride);
  for (size_t k = 0; k < n; ++k) {
    const size_t done = k < tiled ? i : 0, place = k * c_stride + done;
    if (start != c || factor != 1) scale(factor, start + place, c + place, count - done);
    combine_inline(b + done, b_stride, m, a + k, a_stride, c + place, count - done);
  }
}

KERNEL void ger(
    const double *scales, const double *x, double *rows, size_t stride, size_t row_count,
    size_t count) {
  for (size_t row = 0; row < row_count; ++row)
    axpy_inline(scales[row], x, rows + row * stride, count, NULL);
}

KERNEL void tridiagonal(
    double diagonal, double beside, const double *restrict x, double *restrict out,
    size_t count) {
  if (count == 0) return;
  if (count == 1) {
    out[0] = diagonal * x[0] + beside * (0.0 + 0.0);
    return;
  }
  out[0] = diagonal * x[0] + beside * (0.0 + x[1]);
  for (size_t i = 1; i + 1 < count; ++i)
    out[i] = diagonal * x[i] + beside * (x[i - 1] + x[i + 1]);
  out[count - 1] = diagonal * x[count - 1] + beside * (x[count - 2] + 0.0);
}

#define BLOCK(name)                                                                   \
  KERNEL void name##_block(double *values, size_t count) {                            \
    for (size_t i = 0; i < count; ++i) values[i] = elementary_##name(values[i]);      \
  }

BLOCK(exp)
BLOCK(log)
BLOCK(log1p)
BLOCK(tanh)
BLOCK(sigmoid)
BLOCK(softplus)

KERNEL double softmax(double *z, size_t count) {
  double largest = z[0];
  for (size_t i = 1; i < count; ++i) largest = z[i] > largest ? z[i] : largest;
  for (size_t i = 0; i < count; ++i) z[i] = elementary_exp(z[i] - largest);
  const double total = sum_inline(z, count);
  for (size_t i = 0; i < count; ++i) z[i] = z[i] / total;
  return largest + elementary_log(total);
}

typedef uint64_t words __attribute__((vector_size(64), aligned(8), may_alias));

/// Eight blocks of Philox4x32-10 side by side; every entry stays below 2^32, so that a product is one
/// instruction.
KERNEL void draw_ahead(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, uint32_t n,
    int32_t *samples) {
  const words low = {0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu,
                     0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu};
  words c0 = {0}, c1 = {0, 1, 2, 3, 4, 5, 6, 7}, c2 = {0}, c3 = {0};
  c1 = (c1 + (gradient & 0xFFFFFFF8u)) & low;
  c2 = (c2 + (gradient >> 32)) & low;
  c3 = (c3 + worker) & low;
  uint32_t k0 = key_low, k1 = key_high;
  UNROLLED for (int round = 0; round < 10; ++round) {
    const words p0 = c0 * (uint64_t)0xD2511F53u, p1 = c2 * (uint64_t)0xCD9E8D57u;
    c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
    c1 = p1 & low;
    c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
    c3 = p0 & low;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  c0 = (c0 * (uint64_t)n) >> 32;
  for (int i = 0; i < 8; ++i) samples[i] = (int32_t)c0[i];
}

#include "json_body.h"
#include "rows_body.h"

const struct kernel_table TABLE = {
    .dot = dot,
    .dot_fetching = dot_fetching,
    .sum = sum,
    .axpy = axpy,
    .axpy_fetching = axpy_fetching,
    .axpy_dot = axpy_dot,
    .axpy_dots = axpy_dots,
    .scale = scale,
    .gemv = gemv,
    .gemv_transposed = gemv_transposed,
    .ger = ger,
    .gemm_rows = gemm_rows,
    .gemm_columns = gemm_columns,
    .tridiagonal = tridiagonal,
    .exp_block = exp_block,
    .log_block = log_block,
    .log1p_block = log1p_block,
    .tanh_block = tanh_block,
    .sigmoid_block = sigmoid_block,
    .softplus_block = softplus_block,
    .softmax = softmax,
    .draw_ahead = draw_ahead,
    .json_object = json_object,
    .plain_rows = plain_rows,
};
