// Several steps y += scale · x, ⟨row, y⟩ of several vectors at once; part of kernels_body.h.
//
// STEPS × VECTORS of them are a tile. Of one dot product's four sums a tile keeps one in a register: it takes
// every fourth eight of all its vectors and rows, and four passes make the whole. So each eight of a row that
// is loaded serves all VECTORS, and each of a vector all STEPS. An entry of a vector depends on no other one,
// and each sum is added to in its own order, so that the bits are those of one step after the other.

/// Entries of all that a tile works on, a quarter of which a pass keeps in the nearest cache.
#define NEAR_ENTRIES 1024
/// Vectors whose sums are kept between the passes.
#define NEAR_VECTORS 8
/// Entries of all vectors and steps from which on the passes are worth their beginnings and ends.
#define LEAST_ENTRIES 2048

/// The vectors of a tile, with the scale of each by step.
struct tile {
  double *y[VECTORS];
  double scales[STEPS][VECTORS];
};

/// Lines that are asked for meanwhile, since they are read next: all rows take turns. A memory is the faster the
/// more streams there are.
struct lines_ahead {
  const double *const *rows;
  size_t row_count, lines_per_turn, row, offset;
};

/// Whether two lines of four rows are asked for at a time, which costs less where that is known beforehand.
INLINE int is_two_of_four(const struct lines_ahead *ahead) {
  return ahead->row_count == 4 && ahead->lines_per_turn == 2;
}

INLINE void fetch_lines(const int two_of_four, struct lines_ahead *ahead) {
  if (two_of_four) {
    const double *const *rows = ahead->rows + ahead->row;
    __builtin_prefetch((const char *)rows[0] + ahead->offset, 0, 2);
    __builtin_prefetch((const char *)rows[1] + ahead->offset, 0, 2);
    // From the first two to the last two, and from those to the next line.
    ahead->offset += ahead->row * 32;
    ahead->row ^= 2;
    return;
  }
  for (size_t line = 0; line < ahead->lines_per_turn; ++line) {
    __builtin_prefetch((const char *)ahead->rows[ahead->row] + ahead->offset, 0, 2);
    if (++ahead->row < ahead->row_count) continue;
    ahead->row = 0;
    ahead->offset += 64;
  }
}

/// V vectors, S steps: the eights that begin at `first`, `first` + 32, … before `end`. What is in `sums` is not
/// looked at if `begins`.
INLINE void tile_pass(
    const int V, const int S, const int two_of_four, const struct tile *tile,
    const double *const *all_x, const double *const *all_rows, lanes (*sums)[STEPS], int begins,
    size_t first, size_t end, struct lines_ahead *all_ahead) {
  lanes own[VECTORS][STEPS];
  // Copies: for all the compiler knows, a store to y could change the pointers.
  struct lines_ahead ahead = *all_ahead;
  double *y[VECTORS];
  const double *x[STEPS], *row[STEPS];
  UNROLLED for (int v = 0; v < V; ++v) {
    y[v] = tile->y[v];
    UNROLLED for (int j = 0; j < S; ++j) own[v][j] = begins ? (lanes){0} : sums[v][j];
  }
  UNROLLED for (int j = 0; j < S; ++j) {
    x[j] = all_x[j];
    row[j] = all_rows[j];
  }
  for (size_t i = first; i < end; i += 32) {
    // Registers are for the sums: a multiplication takes its scale from memory on its way.
    const double(*scales)[VECTORS] = tile->scales;
    __asm__("" : "+r"(scales));
    fetch_lines(two_of_four, &ahead);
    lanes near[VECTORS];
    UNROLLED for (int v = 0; v < V; ++v) near[v] = *lanes_at(y[v] + i);
    UNROLLED for (int j = 0; j < S; ++j) {
      const lanes xj = *lanes_at(x[j] + i), rj = *lanes_at(row[j] + i);
      UNROLLED for (int v = 0; v < V; ++v) {
        near[v] += scales[j][v] * xj;
        own[v][j] += rj * near[v];
      }
    }
    UNROLLED for (int v = 0; v < V; ++v) *(lanes *)(y[v] + i) = near[v];
  }
  UNROLLED for (int v = 0; v < V; ++v)
    UNROLLED for (int j = 0; j < S; ++j) sums[v][j] = own[v][j];
  all_ahead->row = ahead.row;
  all_ahead->offset = ahead.offset;
}

/// S steps of up to NEAR_VECTORS vectors.
INLINE void axpy_dots_near(
    const int S, const double *scales, size_t scale_stride, const double *const *x,
    double *const *y, const double *const *rows, double *out, size_t vectors, size_t count,
    const double *const *ahead_rows, size_t ahead_count) {
  struct tile tiles[NEAR_VECTORS / VECTORS];
  for (size_t v = 0; v < vectors; ++v) {
    struct tile *const tile = tiles + v / VECTORS;
    tile->y[v % VECTORS] = y[v];
    UNROLLED for (int j = 0; j < S; ++j)
      tile->scales[j][v % VECTORS] = scales[j * scale_stride + v];
  }
  lanes sums[4][NEAR_VECTORS][STEPS];
  const size_t whole = count - count % 8;
  const size_t turns = 4 * ((vectors + VECTORS - 1) / VECTORS) * (count / 32 + 1);
  struct lines_ahead ahead = {
      .rows = ahead_rows,
      .row_count = ahead_count,
      .lines_per_turn = (ahead_count * ((count + 7) / 8) + turns - 1) / turns,
  };
  const int two_of_four = is_two_of_four(&ahead);
  for (size_t start = 0; start < whole; start += NEAR_ENTRIES) {
    const size_t end = start + NEAR_ENTRIES < whole ? start + NEAR_ENTRIES : whole;
    for (size_t k = 0; k < 4; ++k)
      for (size_t v = 0; v < vectors; v += VECTORS) {
        const struct tile *const tile = tiles + v / VECTORS;
        const size_t first = start + 8 * k;
#define PASS(V, F) \
  tile_pass(V, S, F, tile, x, rows, sums[k] + v, start == 0, first, end, &ahead)
        switch (vectors - v) {
          case 1: PASS(1, 0); break;
#if VECTORS > 2
          case 2: PASS(2, 0); break;
#endif
#if VECTORS > 3
          case 3: PASS(3, 0); break;
#endif
          default:
            if (S == STEPS && two_of_four) PASS(VECTORS, 1);
            else PASS(VECTORS, 0);
        }
#undef PASS
      }
  }
  const size_t rest = count - whole;
  for (size_t v = 0; v < vectors; ++v) {
    lanes end = {0};
    if (rest > 0) load_tail(y[v] + whole, rest, &end);
    UNROLLED for (int j = 0; j < S; ++j) {
      lanes own[4] = {sums[0][v][j], sums[1][v][j], sums[2][v][j], sums[3][v][j]};
      if (rest > 0) {
        lanes x_end, row_end;
        load_tail(x[j] + whole, rest, &x_end);
        load_tail(rows[j] + whole, rest, &row_end);
        axpy_tail(scales[j * scale_stride + v], &x_end, &end, rest);
        own[whole / 8 % 4] += row_end * end;
      }
      out[j * scale_stride + v] = reduce(&own[0], &own[1], &own[2], &own[3]);
    }
    if (rest > 0) store_tail(&end, y[v] + whole, rest);
  }
}

/// S steps of any number of vectors.
INLINE void axpy_dots_tiled(
    const int S, const double *scales, const double *const *x, double *const *y,
    const double *const *rows, double *out, size_t vectors, size_t count,
    const double *const *ahead, size_t ahead_count) {
  for (size_t v = 0; v < vectors; v += NEAR_VECTORS) {
    const size_t left = vectors - v;
    axpy_dots_near(
        S, scales + v, vectors, x, y + v, rows, out + v, left < NEAR_VECTORS ? left : NEAR_VECTORS,
        count, ahead, ahead_count);
    ahead_count = 0;
  }
}
