#ifndef OUTPACE_CKERNELS_H
#define OUTPACE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Every function here gives the same bits on every processor, compiler and optimisation level. Sums
// have 32 lanes: entry e is added to lane e mod 32 in order of e, then lanes l, l + 8, l + 16 and
// l + 24 as (l + (l + 8)) + ((l + 16) + (l + 24)), then the eight that are left as
// ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)). Counts are free: a vector padded with zeros has the sum
// of the vector without. Arrays may have any alignment; 64 bytes is fastest.

/// The instruction set that kernels run on. The choice never changes a bit.
enum { OUTPACE_BASELINE = 0, OUTPACE_AVX2 = 1, OUTPACE_AVX512 = 2 };

/// The best variant that this processor can run.
int outpace_best_variant(void);
/// The variant in use.
int outpace_current_variant(void);
/// Makes all threads use a variant from now on. Returns 0, and changes nothing, if this processor
/// cannot run it.
int outpace_force_variant(int variant);

/// ⟨a, b⟩
double outpace_dot(const double *a, const double *b, size_t count);
/// ⟨a, b⟩, while half as many bytes from `ahead` on are asked for, as `outpace_prefetch` does at once.
double outpace_dot_fetching(
    const double *a, const double *b, size_t count, const void *ahead);
/// Σ a
double outpace_sum(const double *a, size_t count);
/// y += scale · x
void outpace_axpy(double scale, const double *x, double *y, size_t count);
/// The same, while half as many bytes from `ahead` on are asked for.
void outpace_axpy_fetching(
    double scale, const double *x, double *y, size_t count, const void *ahead);
/// y += scale · x, then ⟨row, y⟩: the bits of `outpace_axpy` and `outpace_dot`, in one pass. As many bytes as
/// y has are asked for from `ahead` on, unless it is null. Neither x nor row may overlap y.
double outpace_axpy_dot(
    double scale, const double *x, double *y, const double *row, size_t count,
    const void *ahead);
/// out_jm = `outpace_axpy_dot` with scales_jm, x_j and row_j for each y_m, step j after step j − 1, with
/// the same bits: scales and out are steps × members. As many rows as `ahead_count` says, of `count`
/// entries too, are brought near meanwhile.
void outpace_axpy_dots(
    const double *scales, const double *const *x, double *const *y, const double *const *rows,
    double *out, size_t steps, size_t members, size_t count, const double *const *ahead,
    size_t ahead_count);
/// y = scale · x; x and y may be the same array.
void outpace_scale(double scale, const double *x, double *y, size_t count);
/// out_i = ⟨row i, x⟩ for `row_count` rows of `count` entries that lie `stride` apart.
void outpace_gemv(
    const double *rows, size_t stride, size_t row_count, const double *x, double *out,
    size_t count);
/// y += Σ_i scales_i · row i, added in order of i: the bits of as many `outpace_axpy`.
void outpace_gemv_transposed(
    const double *rows, size_t stride, size_t row_count, const double *scales, double *y,
    size_t count);
/// out_i = ⟨row at_i, x⟩: the bits of as many `outpace_dot`. Rows may occur more than once.
void outpace_dots_at(
    const double *rows, size_t stride, const int32_t *at, size_t row_count, const double *x,
    double *out, size_t count);
/// y += Σ_i (scale · values_i) · row at_i, added in order of i: the bits of as many `outpace_axpy`. Rows may
/// occur more than once.
void outpace_combine_at(
    double scale, const double *values, const double *rows, size_t stride, const int32_t *at,
    size_t row_count, double *y, size_t count);
/// row k += scales_k · x for `row_count` rows of `count` entries that lie `stride` apart.
void outpace_ger(
    const double *scales, const double *x, double *rows, size_t stride, size_t row_count,
    size_t count);
/// c_ij = ⟨row i of a, row j of b⟩, with the bits of as many `outpace_dot`: a is m × count, b is
/// n × count, c is m × n, each with its own distance between rows.
void outpace_gemm_rows(
    const double *a, size_t a_stride, size_t m, const double *b, size_t b_stride, size_t n,
    double *c, size_t c_stride, size_t count);
/// row k of c = scale · row k of start + Σ_i a_ik · row i of b, added in order of i with the bits of an
/// `outpace_scale` and as many `outpace_axpy`: a is m × n, b is m × count, c and start are n × count with
/// c_stride between rows. start may be c.
void outpace_gemm_columns(
    const double *a, size_t a_stride, size_t m, size_t n, const double *b, size_t b_stride,
    double scale, const double *start, double *c, size_t c_stride, size_t count);
/// out_i = diagonal · x_i + beside · (x_(i−1) + x_(i+1)), where what lies outside is 0. x and out
/// must not overlap.
void outpace_tridiagonal(
    double diagonal, double beside, const double *x, double *out, size_t count);

/// Σ_e values_e · x[columns_e] in four lanes: entry e goes to lane e mod 4, then (0 + 2) + (1 + 3).
double outpace_sparse_dot(
    const double *values, const int32_t *columns, size_t count, const double *x);
/// y[columns_e] += scale · values_e
void outpace_sparse_axpy(
    double scale, const double *values, const int32_t *columns, size_t count, double *y);

/// Asks for memory to be brought near before it is read. A hint: it changes nothing but the time.
void outpace_prefetch(const void *start, size_t byte_count);

double outpace_exp(double x);
double outpace_log(double x);
double outpace_log1p(double x);
double outpace_tanh(double x);
/// 1 / (1 + e^−x)
double outpace_sigmoid(double x);
/// log(1 + e^x), finite wherever the result is
double outpace_softplus(double x);

// In place, with the bits of the functions above.
void outpace_exp_block(double *values, size_t count);
void outpace_log_block(double *values, size_t count);
void outpace_log1p_block(double *values, size_t count);
void outpace_tanh_block(double *values, size_t count);
void outpace_sigmoid_block(double *values, size_t count);
void outpace_softplus_block(double *values, size_t count);
/// Puts softplus of the values into another array, and sigmoid of them in their place.
void outpace_softplus_sigmoid_block(double *values, double *softplus, size_t count);

/// Replaces predictions by the slopes −b σ(−b · prediction) of the logistic loss, where b = targets[at_i] for
/// prediction i. The arrays may not overlap.
void outpace_logistic_slopes(
    double *predictions, const double *targets, const int32_t *at, size_t count);

/// Replaces z by e^(z − max) / Σ e^(z − max) and returns max + log Σ e^(z − max). `count` ≥ 1.
double outpace_softmax(double *z, size_t count);

/// Philox4x32-10 of Salmon et al. 2011.
void outpace_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/// samples_i = ⌊w_i n / 2^32⌋ for the first words w_i of eight gradients of a worker, `gradient`, a multiple
/// of 8, and the seven after it.
void outpace_draw_ahead(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, uint32_t n,
    int32_t *samples);
/// samples_i = ⌊w_i n / 2^32⌋ for the words w_i of one gradient of a worker, as many whole blocks of 32 of them as
/// `count` has.
void outpace_draw_batch(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, uint32_t n,
    int32_t *samples, size_t count);
/// Draws 0 ..< count of the counter (worker, gradient) as uniform numbers (w + ½) / 2^32.
void outpace_fill_uniform(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, double *out,
    size_t count);
/// The quantile of the standard normal distribution at p in (0, 1), by Wichura's AS241 (PPND16).
double outpace_normal_quantile(double p);
/// Draws 0 ..< count as standard normal numbers.
void outpace_fill_normal(
    uint32_t key_low, uint32_t key_high, uint32_t worker, uint64_t gradient, double *out,
    size_t count);

/// Where a key and a value of a JSON object stand, in bytes from the bracket that opens the object. A
/// key goes without its quotes, a value with them.
struct outpace_json_entry {
  uint32_t key, key_end, value, value_end;
};
/// Finds the entries of the object that opens at the first byte of `text`. Returns its size in bytes, and
/// 0 if it needs a careful look: if it has no end in the whole blocks of 64 bytes that `count` bytes have,
/// breaks JSON's rules outside of nested values, has more than `room` entries or nested brackets deeper
/// than `depth_limit`, or holds a backslash, a control character or a byte above 127 in a string, or a
/// capital N or I or a '!' outside of one. In nested values only brackets count.
size_t outpace_json_object(
    const uint8_t *text, size_t count, size_t depth_limit, struct outpace_json_entry *entries,
    size_t room, size_t *found);

/// A row of a table: a name, its first eight bytes as a little-endian number, and one or two numbers.
struct outpace_plain_row {
  const void *name_start;
  size_t name_size;
  uint64_t name_word;
  /// 0 where rows have no such number.
  int64_t first;
  int64_t last;
};
/// What a row is made of: a name, perhaps a first number, and a last one.
struct outpace_row_shape {
  /// The powers of ten that numbers are multiplied by, 0 to 9.
  uint8_t first_scale, last_scale;
  uint8_t separator;
  uint8_t has_first;
  /// The last number has to be above the first one; else above 0.
  uint8_t is_span;
};
/// Takes rows from the front of `text`: a name that is not empty and does not begin with a quote, and numbers of up
/// to 18 digits, perhaps with a point in them, which with their powers of ten are whole and below 10^18, in lines
/// that end in LF or CRLF. Returns their size in bytes; `row_count` is how many they are, at most `room`. Leaves
/// the first row that is not so with all behind it, the rows of the last 80 bytes, and rows of more than 2,048.
size_t outpace_plain_rows(
    const uint8_t *text, size_t count, const struct outpace_row_shape *shape,
    struct outpace_plain_row *rows, size_t room, size_t *row_count);

/// A tournament of `leaf_count` workers, a power of two: 2 · leaf_count places, each a key and a worker. The
/// first is at 1, below place p are 2p and 2p + 1, and the last `leaf_count` are the workers' own. The lower key is
/// first, and of equal ones the lower worker's; keys are not 0. Gives one worker a key.
void outpace_tournament_put(
    uint64_t *places, size_t leaf_count, uint64_t worker, uint64_t key);
/// Decides all places above the workers' own.
void outpace_tournament_build(uint64_t *places, size_t leaf_count);
/// The worker who is next after the first, as far as its last eight rounds tell: among 256 workers or fewer for
/// certain. There must be two whose key is not the largest number.
uint64_t outpace_tournament_second(const uint64_t *places, size_t leaf_count);

#endif
