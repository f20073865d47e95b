// Matrix products over packed panels. Included once per instruction set, with ROWS (the rows of a
// tile) defined.

#define PANEL (2 * W)
/// The terms summed in registers before they join the result, which bounds the rounding error.
#define DEPTH 64
/// The distance of the rows of the copied left operand; off a power of two, so that rows fall into
/// different cache sets.
#define ROW_STRIDE (DEPTH + 16)
#define ROW_BLOCK (8 * ROWS)

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

/// One tile: `rows` rows by `panels` panels of `vectors` vectors, the sum of `depth` terms. Every
/// element is summed in the order of its terms, whatever the tile, so that a row's result does not
/// depend on the rows beside it.
INLINE void tile(const int rows, const int panels, const int vectors, ptrdiff_t depth,
                 const float* a, const float* b, ptrdiff_t panel_stride, float* c,
                 ptrdiff_t c_stride, ptrdiff_t columns, int adding, const float* bias) {
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
#pragma clang loop unroll(full)
  for (int q = 0; q < panels; q++)
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        vf sum = sums[q][r][v];
        ptrdiff_t at = q * PANEL + v * W, left = columns - at;
        float* to = c + r * c_stride + at;
        if (left >= W) {
          if (adding) sum += load(to);
          if (bias) sum += load(bias + at);
          store(to, sum);
        } else if (left > 0) {
          if (adding) sum += load_some(to, left);
          if (bias) sum += load_some(bias + at, left);
          store_some(to, sum, left);
        }
      }
}

/// The panels that a tile of few rows takes at once, to have enough sums under way.
#define PANEL_GROUP(rows) ((rows) == 1 ? 4 : (rows) <= 3 ? 2 : 1)

/// A tile of a row count known only now.
static void any_tile(ptrdiff_t rows, int panels, ptrdiff_t depth, const float* a, const float* b,
                     ptrdiff_t panel_stride, float* c, ptrdiff_t c_stride, ptrdiff_t columns,
                     int adding, const float* bias) {
#define TILE(R, P, V) tile(R, P, V, depth, a, b, panel_stride, c, c_stride, columns, adding, bias)
#define CASE(R)                   \
  case R:                         \
    if (panels > 1) {             \
      TILE(R, PANEL_GROUP(R), 2); \
    } else if (columns > W) {     \
      TILE(R, 1, 2);              \
    } else {                      \
      TILE(R, 1, 1);              \
    }                             \
    break;
  switch (rows) {
    CASE(1)
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

static void product(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                    ptrdiff_t panel1, float* scratch) {
  ptrdiff_t last = panel1 * PANEL < p->n ? panel1 * PANEL : p->n;
  ptrdiff_t first = panel0 * PANEL;
  for (ptrdiff_t block = row0; block < row1; block += ROW_BLOCK) {
    ptrdiff_t rows = row1 - block < ROW_BLOCK ? row1 - block : ROW_BLOCK;
    ptrdiff_t tiles = (rows + ROWS - 1) / ROWS;
    if (p->k == 0)
      for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t j = first; j < last; j++) {
          float* to = p->c + (block + r) * p->c_stride + j;
          *to = (p->adding ? *to : 0) + (p->bias ? p->bias[j] : 0);
        }
    ptrdiff_t blocks = (p->k + DEPTH - 1) / DEPTH, start = 0;
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
      int adding = p->adding || start > 0;
      const float* bias = end == p->k ? p->bias : 0;
      ptrdiff_t group = PANEL_GROUP(rows);
      for (ptrdiff_t panel = panel0; panel < panel1;) {
        ptrdiff_t panels = panel1 - panel < group ? 1 : group;
        ptrdiff_t column = panel * PANEL;
        ptrdiff_t columns = p->n - column < panels * PANEL ? p->n - column : panels * PANEL;
        const float* right = p->packed + panel * PANEL * p->k + start * PANEL;
        ptrdiff_t done = 0;
        for (ptrdiff_t t = 0; t < tiles; t++) {
          ptrdiff_t next = rows * (t + 1) / tiles;
          any_tile(next - done, (int)panels, end - start, left + done * ROW_STRIDE, right,
                   PANEL * p->k, p->c + (block + done) * p->c_stride + column, p->c_stride, columns,
                   adding, bias ? bias + column : 0);
          done = next;
        }
        panel += panels;
      }
      start = end;
    }
    if (p->activation.function != hb_linear && first < last) {
      if (first == 0 && last == p->c_stride) {
        float* c = p->c + block * p->c_stride;
        apply(p->activation, c, c, rows * p->c_stride);
      } else {
        for (ptrdiff_t r = 0; r < rows; r++) {
          float* c = p->c + (block + r) * p->c_stride + first;
          apply(p->activation, c, c, last - first);
        }
      }
    }
  }
}
