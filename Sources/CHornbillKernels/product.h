// Matrix products over packed panels. Included once per instruction set, with ROWS (the rows of a
// tile) defined.

/// The rows whose copies stay in the cache while the columns go by.
#define ROW_BLOCK 144
/// The columns whose sums stay in the cache while their terms go by, and the distance of their rows.
#define COLUMN_BLOCK 512
#define SUM_STRIDE (COLUMN_BLOCK + 16)

/// Copies terms `p0..<p1` of row `r` of the left operand.
INLINE void copy_row(const hb_rows* rows, ptrdiff_t r, ptrdiff_t p0, ptrdiff_t p1, float* to) {
  const float* from =
      rows->x + r / rows->inner * rows->outer_stride + r % rows->inner * rows->row_stride;
  ptrdiff_t stride = rows->column_stride;
  if (stride == 1) {
    copy_floats(to, from + p0, p1 - p0);
  } else {
    for (ptrdiff_t p = p0; p < p1; p++) to[p - p0] = from[p * stride];
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
    target whole = {.c = c, .c_stride = p->c_stride, .columns = columns};
    if (b < blocks) {
      whole.c = room;
      whole.c_stride = SUM_STRIDE;
    } else {
      if (p->bias) whole.bias = p->bias + first;
      if (clips(&p->activation)) whole.clip = &p->activation;
    }
    if (b > 1) {
      whole.sums = room;
      whole.sums_stride = SUM_STRIDE;
    } else if (p->adding) {
      whole.sums = c;
      whole.sums_stride = p->c_stride;
    }
    // The rows that are copied next, which the first panels ask for.
    const float* rows_ahead = 0;
    const hb_rows* a = &p->rows;
    if (!p->window && a->column_stride == 1 && a->inner >= p->m)
      rows_ahead = a->x + (b < blocks ? block * a->row_stride + end : (block + rows) * a->row_stride);
    for (ptrdiff_t panel = panel0; panel < panel1;) {
      ptrdiff_t panels = next_panels(rows, panel1 - panel);
      const float* right = p->packed + panel * PANEL * p->k + start * PANEL;
      ptrdiff_t done = 0;
      for (ptrdiff_t i = 0; i < tiles; i++) {
        ptrdiff_t next = rows * (i + 1) / tiles;
        target t = moved(whole, done, (panel - panel0) * PANEL);
        if (panel + panels < panel1)
          t.ahead = right + panels * PANEL * p->k + (i & 1) * W;
        if (panel == panel0 && rows_ahead) {
          t.rows_ahead = rows_ahead + done * a->row_stride;
          t.row_stride = a->row_stride;
        }
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
  if (first >= last) return;
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
#include "pack.h"

/// Computes some panels of a single row of few terms, which lie side by side: what `product` does, without
/// its blocks.
static void short_row(const hb_product* p, ptrdiff_t panel0, ptrdiff_t panel1) {
  ptrdiff_t first = panel0 * PANEL, last = panel1 * PANEL < p->n ? panel1 * PANEL : p->n;
  target whole = {.c = p->c, .c_stride = p->c_stride, .columns = last, .bias = p->bias};
  if (p->adding) {
    whole.sums = p->c;
    whole.sums_stride = p->c_stride;
  }
  if (clips(&p->activation)) whole.clip = &p->activation;
  for (ptrdiff_t panel = panel0; panel < panel1;) {
    ptrdiff_t panels = next_panels(1, panel1 - panel);
    target t = moved(whole, 0, panel * PANEL);
    any_tile(1, (int)panels, p->k, p->rows.x, p->packed + panel * PANEL * p->k, PANEL * p->k, &t);
    panel += panels;
  }
  if (p->activation.function != hb_linear && !whole.clip)
    apply(p->activation, p->c + first, p->c + first, last - first);
}

static void product(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                    ptrdiff_t panel1, float* scratch) {
  if (p->m == 1 && row0 < row1 && !p->window && p->k > 0 && p->k <= block_depth(p->n) &&
      p->rows.column_stride == 1) {
    short_row(p, panel0, panel1);
    return;
  }
  if (p->k > 0 && panel0 < panel1 && row0 < row1 && is_direct(p)) {
    direct_product(p, row0, row1, panel0, panel1);
    return;
  }
  ptrdiff_t step = COLUMN_BLOCK / PANEL;
  for (ptrdiff_t from = panel0; from < panel1; from += step) {
    ptrdiff_t to = panel1 - from < step ? panel1 : from + step;
    ptrdiff_t first = from * PANEL, last = to * PANEL < p->n ? to * PANEL : p->n;
    ptrdiff_t blocks = (row1 - row0 + ROW_BLOCK - 1) / ROW_BLOCK;
    for (ptrdiff_t i = 0, block = row0; i < blocks; i++) {
      ptrdiff_t rows = row0 + (row1 - row0) * (i + 1) / blocks - block;
      if (p->k == 0)
        for (ptrdiff_t r = 0; r < rows; r++)
          for (ptrdiff_t j = first; j < last; j++) {
            float* c = p->c + (block + r) * p->c_stride + j;
            *c = (p->adding ? *c : 0) + (p->bias ? p->bias[j] : 0);
          }
      product_block(p, block, rows, from, to, scratch);
      if (p->activation.function != hb_linear && (p->k == 0 || !clips(&p->activation)))
        apply_rows(p, block, block + rows, first, last);
      block += rows;
    }
  }
}
