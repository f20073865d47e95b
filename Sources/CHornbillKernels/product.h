// Matrix products over packed panels. Included once per instruction set, with ROWS (the rows of a
// tile) defined.

#define PANEL (2 * W)
/// The most terms summed in registers before they join the result, which bounds the rounding error.
#define DEPTH 256
/// The distance of the rows of the copied left operand; off a power of two, so that rows fall into
/// different cache sets.
#define ROW_STRIDE (DEPTH + 16)
#define ROW_BLOCK (8 * ROWS)
/// The columns whose sums stay in the cache while their terms go by, and the distance of their rows.
#define COLUMN_BLOCK 512
#define SUM_STRIDE (COLUMN_BLOCK + 16)

static ptrdiff_t packed_count(ptrdiff_t k, ptrdiff_t n) {
  return (n + PANEL - 1) / PANEL * PANEL * k;
}

static void pack(const float* b, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t k,
                 ptrdiff_t n, float* packed) {
  for (ptrdiff_t column = 0; column < n; column += PANEL) {
    ptrdiff_t width = n - column < PANEL ? n - column : PANEL;
    for (ptrdiff_t p = 0; p < k; p++) {
      const float* from = b + p * row_stride + column * column_stride;
      for (ptrdiff_t j = 0; j < width; j++) packed[j] = from[j * column_stride];
      for (ptrdiff_t j = width; j < PANEL; j++) packed[j] = 0;
      packed += PANEL;
    }
  }
}

/// The blocks that `k` terms are summed in. Results of few columns are most often the last ones of a
/// model and cheap, so theirs are shorter.
INLINE ptrdiff_t term_blocks(ptrdiff_t k, ptrdiff_t n) {
  ptrdiff_t depth = n < 32 ? 64 : DEPTH;
  return (k + depth - 1) / depth;
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
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        vf sum = sums[q][r][v];
        ptrdiff_t at = q * PANEL + v * W, left = t->columns - at;
        float* to = t->c + r * t->c_stride + at;
        const float* from = t->sums + r * t->sums_stride + at;
        if (left >= W) {
          if (t->sums) sum += load(from);
          if (t->bias) sum += load(t->bias + at);
          store(to, sum);
        } else if (left > 0) {
          if (t->sums) sum += load_some(from, left);
          if (t->bias) sum += load_some(t->bias + at, left);
          store_some(to, sum, left);
        }
      }
}

/// One tile: `rows` rows by `panels` panels of `vectors` vectors, the sum of `depth` terms. Every
/// element is summed in the order of its terms, whatever the tile, so that a row's result does not
/// depend on the rows beside it.
INLINE void tile(const int rows, const int panels, const int vectors, ptrdiff_t depth,
                 const float* a, const float* b, ptrdiff_t panel_stride, const target* t) {
  vf sums[4][ROWS][2];
#pragma clang loop unroll(full)
  for (int q = 0; q < panels; q++)
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[q][r][v] = splat(0);
  for (ptrdiff_t p = 0; p < depth; p++) {
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
    CASE(2)
    CASE(3)
    CASE(4)
#if ROWS >= 6
    CASE(5)
    CASE(6)
#endif
#if ROWS >= 12
    CASE(7)
    CASE(8)
    CASE(9)
    CASE(10)
    CASE(11)
    CASE(12)
#endif
  }
#undef CASE
#undef TILE
}

/// Copies terms `p0..<p1` of row `r` of the left operand.
INLINE void copy_row(const hb_rows* rows, ptrdiff_t r, ptrdiff_t p0, ptrdiff_t p1, float* to) {
  const float* from =
      rows->x + r / rows->inner * rows->outer_stride + r % rows->inner * rows->row_stride;
  ptrdiff_t stride = rows->column_stride;
  if (stride == 1) {
    __builtin_memcpy(to, from + p0, (size_t)(p1 - p0) * sizeof(float));
  } else {
    for (ptrdiff_t p = p0; p < p1; p++) to[p - p0] = from[p * stride];
  }
}

INLINE void copy_floats(float* to, const float* from, ptrdiff_t count) {
  for (; count >= W; count -= W, to += W, from += W) store(to, load(from));
  if (count > 0) store_some(to, load_some(from, count), count);
}

INLINE void clear_floats(float* to, ptrdiff_t count) {
  if (count > 0) __builtin_memset(to, 0, (size_t)count * sizeof(float));
}

/// A position of a window: the place of its first cell, which may lie outside.
typedef struct corner {
  ptrdiff_t sample, z, y, x;
} corner;

/// The corner of position `r`.
INLINE corner corner_at(const hb_window* w, ptrdiff_t r) {
  ptrdiff_t x = r % w->positions[2], rest = r / w->positions[2];
  ptrdiff_t y = rest % w->positions[1];
  rest /= w->positions[1];
  return (corner){rest / w->positions[0], rest % w->positions[0] * w->stride[0] - w->before[0],
                  y * w->stride[1] - w->before[1], x * w->stride[2] - w->before[2]};
}

/// Moves to the next position.
INLINE void advance(const hb_window* w, corner* c) {
  c->x += w->stride[2];
  if (c->x + w->before[2] < w->positions[2] * w->stride[2]) return;
  c->x = -w->before[2];
  c->y += w->stride[1];
  if (c->y + w->before[1] < w->positions[1] * w->stride[1]) return;
  c->y = -w->before[1];
  c->z += w->stride[0];
  if (c->z + w->before[0] < w->positions[0] * w->stride[0]) return;
  c->z = -w->before[0];
  c->sample++;
}

/// Copies terms `p0..<p1` of the patches that a window covers at `rows` positions from `row0` on;
/// cells outside are 0.
static void copy_patches(const hb_window* w, ptrdiff_t row0, ptrdiff_t rows, ptrdiff_t p0,
                         ptrdiff_t p1, float* scratch) {
  ptrdiff_t channels = w->channels, extent = w->extent[2], stride = w->place_stride;
  // A row of cells is one run of memory when nothing lies between its places.
  int is_run = w->dilation[2] == 1 && stride == channels;
  ptrdiff_t line = w->size[2] * channels;
  ptrdiff_t line0 = p0 / line, at0 = p0 % line;
  ptrdiff_t cy0 = line0 % w->size[1], cz0 = line0 / w->size[1];
  corner c = corner_at(w, row0);
  for (ptrdiff_t r = 0; r < rows; r++, advance(w, &c), scratch += ROW_STRIDE) {
    float* to = scratch;
    ptrdiff_t left = p1 - p0, at = at0, cy = cy0, cz = cz0;
    while (left > 0) {
      ptrdiff_t count = line - at < left ? line - at : left;
      ptrdiff_t py = c.y + cy * w->dilation[1], pz = c.z + cz * w->dilation[0];
      if (py < 0 || py >= w->extent[1] || pz < 0 || pz >= w->extent[0]) {
        clear_floats(to, count);
      } else {
        const float* from =
            w->x + ((c.sample * w->extent[0] + pz) * w->extent[1] + py) * extent * stride;
        if (is_run) {
          // The terms of the line that lie inside are `first..<last`.
          ptrdiff_t first = -c.x * channels, last = (extent - c.x) * channels, end = at + count;
          first = first < at ? at : first > end ? end : first;
          last = last > end ? end : last < first ? first : last;
          clear_floats(to, first - at);
          copy_floats(to + (first - at), from + (c.x * channels + first), last - first);
          clear_floats(to + (last - at), end - last);
        } else {
          ptrdiff_t rest = count, cx = at / channels, channel = at % channels;
          float* part = to;
          while (rest > 0) {
            ptrdiff_t width = channels - channel < rest ? channels - channel : rest;
            ptrdiff_t px = c.x + cx * w->dilation[2];
            if (px >= 0 && px < extent)
              copy_floats(part, from + px * stride + channel, width);
            else
              clear_floats(part, width);
            part += width;
            rest -= width;
            channel = 0;
            cx++;
          }
        }
      }
      to += count;
      left -= count;
      at = 0;
      if (++cy == w->size[1]) {
        cy = 0;
        cz++;
      }
    }
  }
}

static void apply(hb_activation f, const float* x, float* y, ptrdiff_t n);

/// Computes some panels of the rows `block..<block + rows`. Sums of several blocks of terms are
/// kept in `room`, whose rows do not fall into one cache set as those of a wide result can.
INLINE void product_block(const hb_product* p, ptrdiff_t block, ptrdiff_t rows, ptrdiff_t panel0,
                          ptrdiff_t panel1, float* scratch) {
  float* room = scratch + ROW_BLOCK * ROW_STRIDE;
  ptrdiff_t first = panel0 * PANEL;
  ptrdiff_t columns = panel1 * PANEL < p->n ? panel1 * PANEL - first : p->n - first;
  ptrdiff_t tiles = (rows + ROWS - 1) / ROWS;
  ptrdiff_t blocks = term_blocks(p->k, p->n), start = 0;
  float* c = p->c + block * p->c_stride + first;
  for (ptrdiff_t b = 1; b <= blocks; b++) {
    ptrdiff_t end = p->k * b / blocks;
    const float* left = scratch;
    if (rows == 1 && !p->window && p->rows.column_stride == 1) {
      const hb_rows* a = &p->rows;
      left = a->x + block / a->inner * a->outer_stride + block % a->inner * a->row_stride + start;
    } else {
      if (p->window)
        copy_patches(p->window, block, rows, start, end, scratch);
      else
        for (ptrdiff_t r = 0; r < rows; r++)
          copy_row(&p->rows, block + r, start, end, scratch + r * ROW_STRIDE);
    }
    target whole = {c, p->c_stride, 0, 0, 0, columns};
    if (b < blocks) {
      whole.c = room;
      whole.c_stride = SUM_STRIDE;
    } else if (p->bias) {
      whole.bias = p->bias + first;
    }
    if (b > 1) {
      whole.sums = room;
      whole.sums_stride = SUM_STRIDE;
    } else if (p->adding) {
      whole.sums = c;
      whole.sums_stride = p->c_stride;
    }
    for (ptrdiff_t panel = panel0; panel < panel1;) {
      ptrdiff_t panels = next_panels(rows, panel1 - panel);
      const float* right = p->packed + panel * PANEL * p->k + start * PANEL;
      ptrdiff_t done = 0;
      for (ptrdiff_t i = 0; i < tiles; i++) {
        ptrdiff_t next = rows * (i + 1) / tiles;
        target t = moved(whole, done, (panel - panel0) * PANEL);
        any_tile(next - done, (int)panels, end - start, left + done * ROW_STRIDE, right,
                 PANEL * p->k, &t);
        done = next;
      }
      panel += panels;
    }
    start = end;
  }
}

static void apply_rows(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t first,
                       ptrdiff_t last) {
  if (p->activation.function == hb_linear || first >= last) return;
  if (first == 0 && last == p->c_stride) {
    float* c = p->c + row0 * p->c_stride;
    apply(p->activation, c, c, (row1 - row0) * p->c_stride);
  } else {
    for (ptrdiff_t r = row0; r < row1; r++) {
      float* c = p->c + r * p->c_stride + first;
      apply(p->activation, c, c, last - first);
    }
  }
}

#include "direct.h"

/// A convolution of few filters: rows inside are read where they are, those at the edges copied.
static void direct_product(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                           ptrdiff_t panel1, float* scratch) {
  ptrdiff_t width = p->window->positions[2], inner0, inner1;
  ptrdiff_t last = panel1 * PANEL < p->n ? panel1 * PANEL : p->n;
  inner_positions(p->window, &inner0, &inner1);
  for (ptrdiff_t row = row0; row < row1;) {
    ptrdiff_t line = row / width * width, x = row - line;
    ptrdiff_t end = line + width < row1 ? line + width : row1;
    if (x < inner0) {
      if (line + inner0 < end) end = line + inner0;
    } else if (x < inner1) {
      if (line + inner1 < end) end = line + inner1;
    }
    if (x >= inner0 && x < inner1) {
      if (end - row > ROW_BLOCK) end = row + ROW_BLOCK;
      direct_rows(p, row, end, panel0, panel1);
    } else {
      if (end - row > ROW_BLOCK) end = row + ROW_BLOCK;
      product_block(p, row, end - row, panel0, panel1, scratch);
    }
    apply_rows(p, row, end, panel0 * PANEL, last);
    row = end;
  }
}

static void product(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                    ptrdiff_t panel1, float* scratch) {
  if (p->k > 0 && panel0 < panel1 && is_direct(p)) {
    direct_product(p, row0, row1, panel0, panel1, scratch);
    return;
  }
  ptrdiff_t step = COLUMN_BLOCK / PANEL;
  for (ptrdiff_t from = panel0; from < panel1; from += step) {
    ptrdiff_t to = panel1 - from < step ? panel1 : from + step;
    ptrdiff_t first = from * PANEL, last = to * PANEL < p->n ? to * PANEL : p->n;
    for (ptrdiff_t block = row0; block < row1; block += ROW_BLOCK) {
      ptrdiff_t rows = row1 - block < ROW_BLOCK ? row1 - block : ROW_BLOCK;
      if (p->k == 0)
        for (ptrdiff_t r = 0; r < rows; r++)
          for (ptrdiff_t j = first; j < last; j++) {
            float* c = p->c + (block + r) * p->c_stride + j;
            *c = (p->adding ? *c : 0) + (p->bias ? p->bias[j] : 0);
          }
      product_block(p, block, rows, from, to, scratch);
      apply_rows(p, block, block + rows, first, last);
    }
  }
}
