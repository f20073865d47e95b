// Packing the right operand of a product. Included once per instruction set.

/// The rows of a block: so few that what they take of the source stays in the cache while the panels go by.
#define PACK_ROWS 32

/// A float at any address.
typedef float float_anywhere __attribute__((aligned(1), may_alias));

/// Packs some rows of a panel whose columns lie side by side.
INLINE void pack_rows(const float_anywhere* from, ptrdiff_t row_stride, ptrdiff_t rows,
                      ptrdiff_t width, const double* scale, float* to) {
  for (ptrdiff_t p = 0; p < rows; p++, from += row_stride, to += PANEL) {
    if (width == PANEL)
      __builtin_memcpy(to, from, PANEL * sizeof(float));
    else
      for (ptrdiff_t j = 0; j < PANEL; j++) to[j] = j < width ? from[j] : 0;
    if (scale)
      for (ptrdiff_t j = 0; j < width; j++) to[j] = (float)(to[j] * scale[j]);
  }
}

/// Packs some rows of a panel whose columns lie apart, so few rows that a line of the cache that is read once serves them all.
INLINE void pack_columns(const float_anywhere* from, ptrdiff_t row_stride, ptrdiff_t column_stride,
                         ptrdiff_t rows, ptrdiff_t width, const double* scale, float* to) {
  for (ptrdiff_t j = 0; j < PANEL; j++) {
    if (j >= width)
      for (ptrdiff_t p = 0; p < rows; p++) to[p * PANEL + j] = 0;
    else if (scale)
      for (ptrdiff_t p = 0; p < rows; p++)
        to[p * PANEL + j] = (float)(from[j * column_stride + p * row_stride] * scale[j]);
    else
      for (ptrdiff_t p = 0; p < rows; p++)
        to[p * PANEL + j] = from[j * column_stride + p * row_stride];
  }
}

static void pack(const hb_matrix* b, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                 ptrdiff_t panel1, float* packed) {
  const float_anywhere* elements = b->elements;
  for (ptrdiff_t block = row0; block < row1; block += PACK_ROWS) {
    ptrdiff_t rows = row1 - block < PACK_ROWS ? row1 - block : PACK_ROWS;
    for (ptrdiff_t panel = panel0; panel < panel1; panel++) {
      ptrdiff_t column = panel * PANEL;
      ptrdiff_t width = b->n - column < PANEL ? b->n - column : PANEL;
      const float_anywhere* from = elements + block * b->row_stride + column * b->column_stride;
      const double* scale = b->scale ? b->scale + column : b->scale;
      float* to = packed + (panel * b->k + block) * PANEL;
      if (b->column_stride == 1)
        pack_rows(from, b->row_stride, rows, width, scale, to);
      else
        pack_columns(from, b->row_stride, b->column_stride, rows, width, scale, to);
    }
  }
}

/// The groups of W units that a recurrent layer has; the last one may be filled up.
INLINE ptrdiff_t unit_groups(ptrdiff_t units) { return (units + W - 1) / W; }

/// Packs `k` rows of `gates` times `units` columns so that a vector of units has its gates side by
/// side: panels of `vectors` vectors, gate by gate and group by group, each with its `k` rows.
static void pack_gates(const void* b, ptrdiff_t row_stride, ptrdiff_t k, ptrdiff_t units,
                       ptrdiff_t gates, ptrdiff_t vectors, float* packed) {
  const float_anywhere* elements = b;
  ptrdiff_t count = unit_groups(units) * gates;
  for (ptrdiff_t first = 0; first < count; first += vectors)
    for (ptrdiff_t p = 0; p < k; p++)
      for (ptrdiff_t v = first; v < first + vectors; v++, packed += W) {
        ptrdiff_t unit = v / gates * W, width = v < count ? units - unit : 0;
        if (width > W) width = W;
        const float_anywhere* from = elements + p * row_stride + v % gates * units + unit;
        for (ptrdiff_t j = 0; j < W; j++) packed[j] = j < width ? from[j] : 0;
      }
}
