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
#if BYTES == 64
  *into = (lanes)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), from);
#else
  // Entry by entry: what was just put into memory piecemeal cannot be loaded whole at once.
  lanes tail = {0};
  tail[0] = from[0];
  UNROLLED for (size_t i = 1; i < 7; ++i) if (i < count) tail[i] = from[i];
  *into = tail;
#endif
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

/// Rows of a matrix: all of them, or those that `at` names.
struct row_list {
  const double *rows;
  size_t stride;
  const int32_t *at;
};

INLINE const double *row_of(struct row_list list, size_t i) {
  return list.rows + (list.at ? (size_t)list.at[i] : i) * list.stride;
}

/// Rows shorter than this fit into registers a part at a time, and are not worth a tile.
#define FEW_ENTRIES 128

#if BYTES == 64
/// Adds up the lanes that eight dot products have left, each in the order of `reduce`.
INLINE void reduce_eight(const lanes s[8], double *out) {
  lanes four[4], two[2];
  UNROLLED for (int i = 0; i < 4; ++i) {
    const lanes a = s[2 * i], b = s[2 * i + 1];
    four[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
              __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
  UNROLLED for (int i = 0; i < 2; ++i) {
    const lanes a = four[2 * i], b = four[2 * i + 1];
    two[i] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
             __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
  }
  *(lanes *)out = __builtin_shufflevector(two[0], two[1], 0, 2, 4, 6, 8, 10, 12, 14) +
                  __builtin_shufflevector(two[0], two[1], 1, 3, 5, 7, 9, 11, 13, 15);
}

/// Eight rows of whole blocks of 32. To add up the lanes of each alone would take longer than the products.
INLINE void eight_dots(
    struct row_list list, size_t first, const double *x, double *out, size_t count) {
  lanes left[8];
  UNROLLED for (size_t k = 0; k < 8; ++k) {
    const double *const row = row_of(list, first + k);
    lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (size_t e = 0; e < count; e += 32) {
      s0 += *lanes_at(row + e) * *lanes_at(x + e);
      s1 += *lanes_at(row + e + 8) * *lanes_at(x + e + 8);
      s2 += *lanes_at(row + e + 16) * *lanes_at(x + e + 16);
      s3 += *lanes_at(row + e + 24) * *lanes_at(x + e + 24);
    }
    left[k] = (s0 + s1) + (s2 + s3);
  }
  reduce_eight(left, out);
}
#endif

INLINE void dots_inline(
    struct row_list list, size_t row_count, const double *x, double *out, size_t count) {
  size_t i = 0;
#if BYTES == 64
  if (count % 32 == 0 && count < FEW_ENTRIES)
    for (; i + 8 <= row_count; i += 8) eight_dots(list, i, x, out + i, count);
#endif
  for (; i < row_count; ++i) out[i] = dot_inline(row_of(list, i), x, count, NULL);
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

/// The first `count` < 8 lanes of y += scale · x; the others are zeros.
INLINE void axpy_tail(double scale, const lanes *x, lanes *y, size_t count) {
#if BYTES == 64
  *y = _mm512_maskz_add_pd((__mmask8)((1u << count) - 1), *y, scale * *x);
#else
  typedef long long whole_lanes __attribute__((vector_size(64)));
  const whole_lanes numbers = {0, 1, 2, 3, 4, 5, 6, 7};
  *y = (lanes)((whole_lanes)(*y + scale * *x) & (numbers < (long long)count));
#endif
}

INLINE void store_tail(const lanes *from, double *into, size_t count) {
#if BYTES == 64
  _mm512_mask_storeu_pd(into, (__mmask8)((1u << count) - 1), *from);
#else
  UNROLLED for (size_t i = 0; i < 7; ++i) if (i < count) into[i] = (*from)[i];
#endif
}

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
  lanes sums[4] = {s0, s1, s2, s3};
  // Unrolled, the sums stay in registers.
  UNROLLED for (int turn = 0; turn < 4; ++turn, i += 8) {
    if (i + 8 <= count) {
      const lanes moved = *lanes_at(y + i) + scale * *lanes_at(x + i);
      *(lanes *)(y + i) = moved;
      sums[turn] += *lanes_at(row + i) * moved;
      continue;
    }
    if (i == count) break;
    const size_t rest = count - i;
    lanes y_end, x_end, row_end;
    load_tail(y + i, rest, &y_end);
    load_tail(x + i, rest, &x_end);
    load_tail(row + i, rest, &row_end);
    axpy_tail(scale, &x_end, &y_end, rest);
    store_tail(&y_end, y + i, rest);
    sums[turn] += row_end * y_end;
    break;
  }
  return reduce(&sums[0], &sums[1], &sums[2], &sums[3]);
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
  dots_inline((struct row_list){rows, stride, NULL}, row_count, x, out, count);
}

KERNEL void dots_at(
    const double *rows, size_t stride, const int32_t *at, size_t row_count, const double *x,
    double *out, size_t count) {
  dots_inline((struct row_list){rows, stride, at}, row_count, x, out, count);
}

/// y += Σ_i factor · scales[i · scale_stride] · row i; a `factor` of NULL is none.
///
/// Few entries stay in registers for all rows. Of many, four rows share each pass over y: a quarter of the
/// stores, and rows are read from end to end. The order of sums is the same.
INLINE void combine_inline(
    struct row_list list, size_t row_count, const double *factor, const double *scales,
    size_t scale_stride, double *y, size_t count) {
#define SCALE(i) (factor ? *factor * scales[(i) * scale_stride] : scales[(i) * scale_stride])
  size_t done = 0;
  if (count < FEW_ENTRIES)
    for (; done + 32 <= count; done += 32) {
      lanes sums[4];
      UNROLLED for (size_t k = 0; k < 4; ++k) sums[k] = *lanes_at(y + done + 8 * k);
      for (size_t row = 0; row < row_count; ++row) {
        const double *const r = row_of(list, row) + done;
        const double c = SCALE(row);
        UNROLLED for (size_t k = 0; k < 4; ++k) sums[k] += c * *lanes_at(r + 8 * k);
      }
      UNROLLED for (size_t k = 0; k < 4; ++k) *(lanes *)(y + done + 8 * k) = sums[k];
    }
  if (done == count) return;
  size_t row = 0;
  for (; row + 4 <= row_count; row += 4) {
    const double *const r0 = row_of(list, row), *const r1 = row_of(list, row + 1);
    const double *const r2 = row_of(list, row + 2), *const r3 = row_of(list, row + 3);
    const double c0 = SCALE(row), c1 = SCALE(row + 1), c2 = SCALE(row + 2), c3 = SCALE(row + 3);
    size_t i = done;
    for (; i + 8 <= count; i += 8)
      *(lanes *)(y + i) =
          (((*lanes_at(y + i) + c0 * *lanes_at(r0 + i)) + c1 * *lanes_at(r1 + i)) +
           c2 * *lanes_at(r2 + i)) + c3 * *lanes_at(r3 + i);
    for (; i < count; ++i)
      y[i] = (((y[i] + c0 * r0[i]) + c1 * r1[i]) + c2 * r2[i]) + c3 * r3[i];
  }
  for (; row < row_count; ++row)
    axpy_inline(SCALE(row), row_of(list, row) + done, y + done, count - done, NULL);
#undef SCALE
}

KERNEL void gemv_transposed(
    const double *rows, size_t stride, size_t row_count, const double *scales, double *y,
    size_t count) {
  combine_inline((struct row_list){rows, stride, NULL}, row_count, NULL, scales, 1, y, count);
}

KERNEL void combine_at(
    double factor, const double *scales, const double *rows, size_t stride, const int32_t *at,
    size_t row_count, double *y, size_t count) {
  combine_inline((struct row_list){rows, stride, at}, row_count, &factor, scales, 1, y, count);
}

/// DOT_ROWS × DOT_COLUMNS dot products at once: each entry that is loaded serves several of them.
/// Every one has the four sums of `dot`, so that it has its bits too; they all stay in registers. Meanwhile every
/// fourth line of what lies behind these rows is asked for, from the `ahead`th one on: more, or all of them in one
/// place, would have to be waited for.
INLINE void dot_tile(
    const double *a, size_t a_stride, const double *b, size_t b_stride, double *c,
    size_t c_stride, size_t count, const int fetches, size_t ahead) {
  const double *const next = a + DOT_ROWS * a_stride + 8 * ahead;
  lanes sums[DOT_ROWS][DOT_COLUMNS][4] = {0};
  size_t k = 0;
  for (; k + 32 <= count; k += 32) {
    if (fetches)
      UNROLLED for (size_t i = 0; i < DOT_ROWS; ++i)
        __builtin_prefetch(next + i * a_stride + k, 0, 2);
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

/// A few rows of a stay in the cache while those of b pass by, and the next few are brought there. Short rows are
/// there anyway, and a tile of them is all beginning and end.
KERNEL void gemm_rows(
    const double *a, size_t a_stride, size_t m, const double *b, size_t b_stride, size_t n,
    double *c, size_t c_stride, size_t count) {
  const size_t tiled = DOT_ROWS * DOT_COLUMNS > 1 && count >= FEW_ENTRIES ? m - m % DOT_ROWS : 0;
  for (size_t i = 0; i < tiled; i += DOT_ROWS) {
    size_t j = 0;
#define TILE(fetches)                                                                    \
  dot_tile(                                                                              \
      a + i * a_stride, a_stride, b + j * b_stride, b_stride, c + i * c_stride + j,      \
      c_stride, count, fetches, j / DOT_COLUMNS)
    for (; j + DOT_COLUMNS <= n && j < 4 * DOT_COLUMNS; j += DOT_COLUMNS) TILE(1);
    for (; j + DOT_COLUMNS <= n; j += DOT_COLUMNS) TILE(0);
#undef TILE
    for (; j < n; ++j)
      for (size_t row = i; row < i + DOT_ROWS; ++row)
        c[row * c_stride + j] =
            dot_inline(a + row * a_stride, b + j * b_stride, count, NULL);
  }
  for (size_t i = tiled; i < m; ++i)
    dots_inline(
        (struct row_list){b, b_stride, NULL}, n, a + i * a_stride, c + i * c_stride, count);
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
    combine_inline(
        (struct row_list){b + done, b_stride, NULL}, m, NULL, a + k, a_stride, c + place, count - done);
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

/// Powers that are worked out before what is made of them: one loop for all would have more numbers to keep than
/// there are registers.
#define NEAR_POWERS 64

/// Puts softplus of x into `out`, which may be x unless sigmoid is wanted in its place.
INLINE void softplus_inline(double *x, double *out, size_t count, const int wants_sigmoid) {
  double powers[NEAR_POWERS];
  for (size_t start = 0; start < count; start += NEAR_POWERS) {
    const size_t end = count - start < NEAR_POWERS ? count : start + NEAR_POWERS;
    for (size_t i = start; i < end; ++i) powers[i - start] = falling_exp(x[i]);
    for (size_t i = start; i < end; ++i) out[i] = softplus_of(x[i], powers[i - start]);
    if (wants_sigmoid)
      for (size_t i = start; i < end; ++i) x[i] = sigmoid_of(x[i], powers[i - start]);
  }
}

KERNEL void softplus_block(double *values, size_t count) {
  softplus_inline(values, values, count, 0);
}

KERNEL void softplus_sigmoid_block(double *values, double *softplus, size_t count) {
  softplus_inline(values, softplus, count, 1);
}

KERNEL void logistic_slopes(
    double *restrict predictions, const double *restrict targets, const int32_t *restrict at,
    size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const double negative = -targets[at[i]];
    predictions[i] = elementary_sigmoid(predictions[i] * negative) * negative;
  }
}

KERNEL double softmax(double *z, size_t count) {
  double largest = z[0];
  for (size_t i = 1; i < count; ++i) largest = z[i] > largest ? z[i] : largest;
  for (size_t i = 0; i < count; ++i) z[i] = elementary_exp(z[i] - largest);
  const double total = sum_inline(z, count);
  for (size_t i = 0; i < count; ++i) z[i] = z[i] / total;
  return largest + elementary_log(total);
}

typedef uint64_t words __attribute__((vector_size(64), aligned(8), may_alias));

/// Eight blocks of Philox4x32-10 side by side, in place; every entry stays below 2^32, so that a product is one
/// instruction.
INLINE void philox_eight(uint32_t k0, uint32_t k1, words c[4]) {
  const words low = (words){0} + 0xFFFFFFFFu;
  UNROLLED for (int round = 0; round < 10; ++round) {
    const words p0 = c[0] * (uint64_t)0xD2511F53u, p1 = c[2] * (uint64_t)0xCD9E8D57u;
    c[0] = (p1 >> 32) ^ c[1] ^ (uint64_t)k0;
    c[1] = p1 & low;
    c[2] = (p0 >> 32) ^ c[3] ^ (uint64_t)k1;
    c[3] = p0 & low;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

KERNEL void draw_ahead(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, uint32_t n,
    int32_t *samples) {
  words c[4] = {{0}, {0, 1, 2, 3, 4, 5, 6, 7}, {0}, {0}};
  c[1] += gradient & 0xFFFFFFF8u;
  c[2] += gradient >> 32;
  c[3] += worker;
  philox_eight(key_low, key_high, c);
  c[0] = (c[0] * (uint64_t)n) >> 32;
  for (int i = 0; i < 8; ++i) samples[i] = (int32_t)c[0][i];
}

KERNEL void draw_batch(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, uint32_t n,
    int32_t *samples, size_t count) {
  for (size_t first = 0; first + 32 <= count; first += 32) {
    words c[4] = {{0, 1, 2, 3, 4, 5, 6, 7}, {0}, {0}, {0}};
    c[0] += first / 4;
    c[1] += gradient & 0xFFFFFFFFu;
    c[2] += gradient >> 32;
    c[3] += worker;
    philox_eight(key_low, key_high, c);
    UNROLLED for (int word = 0; word < 4; ++word) {
      const words scaled = (c[word] * (uint64_t)n) >> 32;
      for (int i = 0; i < 8; ++i) samples[first + 4 * i + word] = (int32_t)scaled[i];
    }
  }
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
    .dots_at = dots_at,
    .combine_at = combine_at,
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
    .softplus_sigmoid_block = softplus_sigmoid_block,
    .logistic_slopes = logistic_slopes,
    .softmax = softmax,
    .draw_ahead = draw_ahead,
    .draw_batch = draw_batch,
    .json_object = json_object,
    .plain_rows = plain_rows,
};
