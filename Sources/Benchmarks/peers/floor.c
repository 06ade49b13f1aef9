// The same gradients with nothing around them: the least that a replay could take.
//
//   gcc -O3 -march=native -ffast-math floor.c -o floor -lm && ./floor D N
//
// 64 gradients in flight, one number and one row each, applied in turn: x -= step * c * row, then a new
// row is drawn and c = -b / (1 + exp(b <row, x>)) computed. Sums in any order, the C library's exp, no queue,
// no counting, no hash. After each line on standard input it prints nanoseconds an update.

#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { IN_FLIGHT = 64 };

static uint64_t state = 1;
static inline uint32_t next(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 32);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  const size_t d = (size_t)atol(argv[1]), n = (size_t)atol(argv[2]);
  const size_t stride = (d + 7) & ~(size_t)7;
  const size_t bytes = (n * stride * 8 + (1 << 21)) & ~(size_t)((1 << 21) - 1);
  double *rows = aligned_alloc(1 << 21, bytes);
  double *labels = malloc(n * 8);
  double *x = aligned_alloc(64, stride * 8);
  if (!rows || !labels || !x) return 1;
  // The pages of 2 MiB that the replay asks for too.
  madvise(rows, bytes, MADV_HUGEPAGE);
  for (size_t i = 0; i < n * stride; ++i) rows[i] = next() / 2147483648.0 - 1;
  for (size_t i = 0; i < n; ++i) labels[i] = next() & 1 ? 1 : -1;
  const size_t updates = d > 200 ? 200000 : 2000000;
  uint32_t row[IN_FLIGHT];
  double slope[IN_FLIGHT];
  puts("ready");
  fflush(stdout);
  for (int c; (c = getchar()) != EOF;) {
    if (c != '\n') continue;
    for (size_t j = 0; j < d; ++j) x[j] = 0;
    for (int m = 0; m < IN_FLIGHT; ++m) row[m] = 0, slope[m] = 0;
    const double start = now();
    for (size_t k = 0; k < updates; ++k) {
      const size_t m = k % IN_FLIGHT;
      const double *old = rows + row[m] * stride;
      const double scale = 1e-3 * slope[m];
      for (size_t j = 0; j < d; ++j) x[j] -= scale * old[j];
      const uint32_t i = (uint32_t)(((uint64_t)next() * n) >> 32);
      const double *a = rows + i * stride;
      double sum = 0;
      for (size_t j = 0; j < d; ++j) sum += a[j] * x[j];
      row[m] = i;
      slope[m] = -labels[i] / (1 + exp(labels[i] * sum));
    }
    const double elapsed = now() - start;
    if (!isfinite(x[0])) return 1;
    printf("%.17g\n", elapsed / (double)updates);
    fflush(stdout);
  }
  return 0;
}
