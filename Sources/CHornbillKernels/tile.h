// Tiles of a matrix product: what is summed in registers. Included once per instruction set, with ROWS
// (the rows of a tile) defined.

#define PANEL (2 * W)
/// The distance of the rows of the copied left operand; off a power of two, so that rows fall into
/// different cache sets.
#define ROW_STRIDE (DEPTH + 16)
/// The most terms summed in registers before they join the result, which bounds the rounding error.
#define DEPTH 256

/// `CASE(R)` for each number of rows above one that a tile can have.
#if ROWS >= 12
#define MORE_ROW_CASES(CASE)                                                        \
  CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) \
  CASE(12)
#elif ROWS >= 6
#define MORE_ROW_CASES(CASE) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#else
#define MORE_ROW_CASES(CASE) CASE(2) CASE(3) CASE(4)
#endif

/// The terms of a block. Results of few columns are most often the last ones of a model and cheap, so
/// theirs are shorter.
INLINE ptrdiff_t block_depth(ptrdiff_t n) { return n < 32 ? 64 : DEPTH; }

/// The blocks that `k` terms are summed in.
INLINE ptrdiff_t term_blocks(ptrdiff_t k, ptrdiff_t n) {
  return (k + block_depth(n) - 1) / block_depth(n);
}

/// Where a tile's sums go: `c = a * b [+ sums] [+ bias]`.
typedef struct target {
  float* c;
  ptrdiff_t c_stride;
  /// What is added, or null.
  const float* sums;
  ptrdiff_t sums_stride;
  /// A number for each column, or null.
  const float* bias;
  ptrdiff_t columns;
  /// The bounds that the sums are brought into, or null.
  const hb_activation* clip;
  /// What the next tiles read: of the right operand a vector in each row of a panel, or rows of the
  /// left operand where it is not copied; or null.
  const float* ahead;
  /// What is copied next of the left operand, or null.
  const float* rows_ahead;
  ptrdiff_t row_stride;
} target;

/// The target that begins some rows and columns further on.
INLINE target moved(target t, ptrdiff_t rows, ptrdiff_t columns) {
  t.c += rows * t.c_stride + columns;
  if (t.sums) t.sums += rows * t.sums_stride + columns;
  if (t.bias) t.bias += columns;
  t.columns -= columns;
  return t;
}

/// Writes the sums of a tile.
INLINE void finish(const int rows, const int panels, const int vectors, vf sums[4][ROWS][2],
                   const target* t) {
#pragma clang loop unroll(full)
  for (int q = 0; q < panels; q++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      ptrdiff_t at = q * PANEL + v * W, left = t->columns - at;
      if (left <= 0) return;
      if (left > W) left = W;
      if (t->sums) {
        const float* from = t->sums + at;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
          sums[q][r][v] += load_first(from + r * t->sums_stride, left);
      }
      if (t->bias) {
        vf bias = load_first(t->bias + at, left);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[q][r][v] += bias;
      }
      if (t->clip) {
        vf least = splat((float)t->clip->c), most = splat((float)t->clip->b);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[q][r][v] = clipped_below(sums[q][r][v], least);
        if (t->clip->b < __builtin_inf())
#pragma clang loop unroll(full)
          for (int r = 0; r < rows; r++) sums[q][r][v] = clipped_above(sums[q][r][v], most);
      }
      float* to = t->c + at;
      if (left == W) {
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) store(to + r * t->c_stride, sums[q][r][v]);
      } else {
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) store_some(to + r * t->c_stride, sums[q][r][v], left);
      }
    }
}

/// Asks for the memory that a tile's sums go to, which is far when the result is large.
INLINE void fetch_result(const int rows, const int vectors, const target* t) {
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    __builtin_prefetch(t->c + r * t->c_stride, 1);
    if (vectors > 1 && W * sizeof(float) >= 64) __builtin_prefetch(t->c + r * t->c_stride + W, 1);
  }
}

/// The element to ask for with term `p` so that, term by term, 16 rows are asked for.
INLINE ptrdiff_t row_ahead(ptrdiff_t row_stride, ptrdiff_t p) {
  return (p & 15) * row_stride + (p & ~(ptrdiff_t)15);
}

/// One tile: `rows` rows by `panels` panels of `vectors` vectors, the sum of `depth` terms. Every
/// element is summed in the order of its terms, whatever the tile, so that a row's result does not
/// depend on the rows beside it.
INLINE void tile(const int rows, const int panels, const int vectors, ptrdiff_t depth,
                 const float* a, const float* b, ptrdiff_t panel_stride, const target* t) {
  vf sums[4][ROWS][2];
  // Tiles of few rows are bound by their loads, so that fetching would slow them.
  const int fetches = rows >= 4;
  const float* ahead = t->ahead ? t->ahead : b;
  const float* rows_ahead = t->rows_ahead ? t->rows_ahead : a;
  ptrdiff_t row_stride = t->rows_ahead ? t->row_stride : 0;
  // Asked for one by one while the tile before it is summed, the result's lines are no queue.
  int spread = depth >= 2 * 16;
  if (fetches && !spread) fetch_result(rows, vectors, t);
  const float* result = spread ? t->c + rows * t->c_stride : t->c;
  ptrdiff_t result_stride = spread ? t->c_stride : 0;
#pragma clang loop unroll(full)
  for (int q = 0; q < panels; q++)
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[q][r][v] = splat(0);
  for (ptrdiff_t p = 0; p < depth; p++) {
    if (fetches) {
      __builtin_prefetch(ahead + p * PANEL, 0, 2);
      __builtin_prefetch(rows_ahead + row_ahead(row_stride, p), 0, 2);
      __builtin_prefetch(result + (p >> 1 & 15) * result_stride + (p & 1) * W, 1);
    }
#pragma clang loop unroll(full)
    for (int q = 0; q < panels; q++) {
      vf right[2];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) right[v] = load(b + q * panel_stride + p * PANEL + v * W);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        vf left = splat(a[r * ROW_STRIDE + p]);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[q][r][v] = left * right[v] + sums[q][r][v];
      }
    }
  }
  finish(rows, panels, vectors, sums, t);
}

/// The panels that a tile of few rows takes at once, to have enough sums under way.
#define PANEL_GROUP(rows) ((rows) == 1 ? 4 : (rows) <= 3 ? 2 : 1)

/// The panels of the next tile.
INLINE ptrdiff_t next_panels(ptrdiff_t rows, ptrdiff_t left) {
  ptrdiff_t group = PANEL_GROUP(rows);
  return left >= group ? group : rows == 1 ? left : 1;
}

/// A tile of a row count known only now.
static void any_tile(ptrdiff_t rows, int panels, ptrdiff_t depth, const float* a, const float* b,
                     ptrdiff_t panel_stride, const target* t) {
#define TILE(R, P, V) tile(R, P, V, depth, a, b, panel_stride, t)
#define CASE(R)                   \
  case R:                         \
    if (panels > 1) {             \
      TILE(R, PANEL_GROUP(R), 2); \
    } else if (t->columns > W) {  \
      TILE(R, 1, 2);              \
    } else {                      \
      TILE(R, 1, 1);              \
    }                             \
    break;
  switch (rows) {
    case 1:
      if (panels == 4) {
        TILE(1, 4, 2);
      } else if (panels == 3) {
        TILE(1, 3, 2);
      } else if (panels == 2) {
        TILE(1, 2, 2);
      } else if (t->columns > W) {
        TILE(1, 1, 2);
      } else {
        TILE(1, 1, 1);
      }
      break;
    MORE_ROW_CASES(CASE)
  }
#undef CASE
#undef TILE
}

