// Convolutions of few filters, read where the tensor is. Included once per instruction set.

/// A tile of a convolution: `rows` positions that follow each other along the last axis and whose
/// cells all lie inside along it, by one panel; the sum of terms `p0..<p1`. It adds the same terms in
/// the same order as a tile of copied patches, but for cells outside, whose terms are 0.
INLINE void direct_tile(const int rows, const int vectors, const hb_window* w, const corner* c,
                        ptrdiff_t p0, ptrdiff_t p1, const float* b, const target* t) {
  ptrdiff_t channels = w->channels, place = w->place_stride, step = w->stride[2] * place;
  // A row of cells is one run of memory when nothing lies between its places.
  int is_run = w->dilation[2] == 1 && place == channels;
  ptrdiff_t line = is_run ? w->size[2] * channels : channels;
  ptrdiff_t cells = is_run ? 1 : w->size[2];
  ptrdiff_t number = p0 / line, at = p0 % line;
  ptrdiff_t cx = number % cells, cy = number / cells % w->size[1],
            cz = number / cells / w->size[1];
  vf sums[4][ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[0][r][v] = splat(0);
  while (p0 < p1) {
    ptrdiff_t count = line - at < p1 - p0 ? line - at : p1 - p0;
    ptrdiff_t py = c->y + cy * w->dilation[1], pz = c->z + cz * w->dilation[0];
    if (py >= 0 && py < w->extent[1] && pz >= 0 && pz < w->extent[0]) {
      const float* from =
          w->x +
          (((c->sample * w->extent[0] + pz) * w->extent[1] + py) * w->extent[2] + c->x +
           cx * w->dilation[2]) *
              place +
          at;
      // Three rows share a pointer, so that the addresses of a tile stay in registers.
      const float* base[(ROWS + 2) / 3];
#pragma clang loop unroll(full)
      for (int g = 0; g < (rows + 2) / 3; g++) base[g] = from + 3 * g * step;
      const float* right_row = b + p0 * PANEL;
      for (ptrdiff_t q = 0; q < count; q++, right_row += PANEL) {
        vf right[2];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) right[v] = load(right_row + v * W);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
          vf left = splat(base[r / 3][r % 3 * step + q]);
#pragma clang loop unroll(full)
          for (int v = 0; v < vectors; v++) sums[0][r][v] = left * right[v] + sums[0][r][v];
        }
      }
    }
    p0 += count;
    at = 0;
    if (++cx == cells) {
      cx = 0;
      if (++cy == w->size[1]) {
        cy = 0;
        cz++;
      }
    }
  }
  finish(rows, 1, vectors, sums, t);
}

/// A tile of a row count known only now.
static void any_direct_tile(ptrdiff_t rows, const hb_window* w, const corner* c, ptrdiff_t p0,
                            ptrdiff_t p1, const float* b, const target* t) {
#define CASE(R)                                 \
  case R:                                       \
    if (t->columns > W)                         \
      direct_tile(R, 2, w, c, p0, p1, b, t);    \
    else                                        \
      direct_tile(R, 1, w, c, p0, p1, b, t);    \
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
}

/// The bytes of a packed kernel that may be read once for every few positions.
#define DIRECT_BYTES (192 * 1024)

/// Whether a product is better computed without copying patches: the kernel stays near, and a row of
/// positions fills tiles.
INLINE int is_direct(const hb_product* p) {
  return p->window && p->n <= 2 * PANEL && p->window->positions[2] >= ROWS &&
         packed_count(p->k, p->n) * (ptrdiff_t)sizeof(float) <= DIRECT_BYTES;
}

/// The first position along the last axis that reads nothing before the tensor, and the first after
/// it that reads beyond it.
INLINE void inner_positions(const hb_window* w, ptrdiff_t* first, ptrdiff_t* last) {
  ptrdiff_t stride = w->stride[2], span = (w->size[2] - 1) * w->dilation[2] + 1;
  ptrdiff_t room = w->extent[2] + w->before[2] - span;
  *first = (w->before[2] + stride - 1) / stride;
  *last = room < 0 ? 0 : room / stride + 1;
  if (*last > w->positions[2]) *last = w->positions[2];
  if (*first > *last) *first = *last;
}

/// Rows `row0..<row1` whose cells lie inside along the last axis.
static void direct_rows(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                        ptrdiff_t panel1) {
  const hb_window* w = p->window;
  ptrdiff_t tiles = (row1 - row0 + ROWS - 1) / ROWS, done = row0;
  ptrdiff_t blocks = term_blocks(p->k, p->n);
  corner c = corner_at(w, row0);
  for (ptrdiff_t i = 0; i < tiles; i++) {
    ptrdiff_t next = row0 + (row1 - row0) * (i + 1) / tiles;
    for (ptrdiff_t panel = panel0; panel < panel1; panel++) {
      float* to = p->c + done * p->c_stride + panel * PANEL;
      ptrdiff_t columns = p->n - panel * PANEL < PANEL ? p->n - panel * PANEL : PANEL;
      target t = {to, p->c_stride, p->adding ? to : 0, p->c_stride, 0, columns};
      for (ptrdiff_t b = 1, start = 0; b <= blocks; b++) {
        ptrdiff_t end = p->k * b / blocks;
        if (b == blocks && p->bias) t.bias = p->bias + panel * PANEL;
        any_direct_tile(next - done, w, &c, start, end, p->packed + panel * PANEL * p->k, &t);
        t.sums = t.c;
        start = end;
      }
    }
    c.x += (next - done) * w->stride[2];
    done = next;
  }
}
