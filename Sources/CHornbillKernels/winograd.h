// Convolutions of windows of 3 by 3 as products of transformed tiles: Winograd's F(2x2, 3x3). Two by two
// positions are computed from the 16 cells that they cover, with 16 multiplications for each channel in
// place of 36. Included once per instruction set.

/// The transformed cells of a tile.
#define CELLS 16
/// The floats of transformed tiles and of their sums that stay in the cache.
#define TILE_ROOM (160 * 1024)
/// The most rows of tiles, ROWS each, that are transformed together.
#define MOST_TILE_ROWS 16

/// The least odd number of cache lines that hold `count` floats, so that neither rows nor planes fall
/// into one cache set.
INLINE ptrdiff_t odd_lines(ptrdiff_t count) { return ((count + 15) / 16 | 1) * 16; }

/// The tiles that are transformed and multiplied together at most.
INLINE ptrdiff_t tile_block(ptrdiff_t channels) {
  ptrdiff_t rows = TILE_ROOM / CELLS / (odd_lines(channels) + PANEL) / ROWS;
  return (rows < 2 ? 2 : rows > MOST_TILE_ROWS ? MOST_TILE_ROWS : rows) * ROWS;
}

static ptrdiff_t winograd_scratch(ptrdiff_t channels) {
  ptrdiff_t tiles = tile_block(channels);
  return CELLS * (odd_lines(tiles * odd_lines(channels)) + odd_lines(tiles * PANEL));
}

static void winograd_pack(const hb_matrix* kernel, ptrdiff_t channel0, ptrdiff_t channel1,
                          float* packed) {
  static const double factor[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  ptrdiff_t channels = kernel->k, n = kernel->n;
  for (ptrdiff_t column = 0; column < n; column += PANEL, packed += CELLS * channels * PANEL) {
    ptrdiff_t width = n - column < PANEL ? n - column : PANEL;
    for (ptrdiff_t c = channel0; c < channel1; c++) {
      float cells[9][PANEL];
      for (ptrdiff_t i = 0; i < 9; i++)
        pack_rows((const float_anywhere*)kernel->elements + (i * channels + c) * n + column, n, 1,
                  width, kernel->scale ? kernel->scale + column : 0, cells[i]);
      double lines[4][3][PANEL];
      for (int i = 0; i < 4; i++)
        for (int x = 0; x < 3; x++)
          for (ptrdiff_t j = 0; j < PANEL; j++)
            lines[i][x][j] = factor[i][0] * cells[x][j] + factor[i][1] * cells[3 + x][j] +
                             factor[i][2] * cells[6 + x][j];
      for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) {
          float* to = packed + ((i * 4 + k) * channels + c) * PANEL;
          for (ptrdiff_t j = 0; j < PANEL; j++)
            to[j] = (float)(factor[k][0] * lines[i][0][j] + factor[k][1] * lines[i][1][j] +
                            factor[k][2] * lines[i][2][j]);
        }
    }
  }
}

/// A tile: its sample and its first position.
typedef struct tile_place {
  ptrdiff_t sample, y, x;
} tile_place;

INLINE tile_place tile_at(const hb_window* w, ptrdiff_t tile) {
  ptrdiff_t across = (w->positions[2] + 1) / 2, down = (w->positions[1] + 1) / 2;
  return (tile_place){tile / across / down, tile / across % down * 2, tile % across * 2};
}

INLINE void next_tile(const hb_window* w, tile_place* t) {
  t->x += 2;
  if (t->x < w->positions[2]) return;
  t->x = 0;
  t->y += 2;
  if (t->y < w->positions[1]) return;
  t->y = 0;
  t->sample++;
}

/// Transforms a vector of channels of a tile's cells.
INLINE void transform_cells(vf d[4][4], float* to, ptrdiff_t plane) {
  vf t[4][4];
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j++) {
    t[0][j] = d[0][j] - d[2][j];
    t[1][j] = d[1][j] + d[2][j];
    t[2][j] = d[2][j] - d[1][j];
    t[3][j] = d[1][j] - d[3][j];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    store(to + (4 * i + 0) * plane, t[i][0] - t[i][2]);
    store(to + (4 * i + 1) * plane, t[i][1] + t[i][2]);
    store(to + (4 * i + 2) * plane, t[i][2] - t[i][1]);
    store(to + (4 * i + 3) * plane, t[i][1] - t[i][3]);
  }
}

/// Transforms `count` tiles, each a row of channels in 16 planes; cells outside are 0.
static void transform_tiles(const hb_window* w, ptrdiff_t tile, ptrdiff_t count, float* to,
                            ptrdiff_t row, ptrdiff_t plane) {
  static const float zeros[W];
  ptrdiff_t channels = w->channels, whole = channels / W * W;
  ptrdiff_t place = w->place_stride, line = w->extent[2] * place;
  tile_place t = tile_at(w, tile);
  vf d[4][4];
  for (ptrdiff_t k = 0; k < count; k++, next_tile(w, &t), to += row) {
    ptrdiff_t y = t.y - w->before[1], x = t.x - w->before[2];
    const float* from = w->x + (t.sample * w->extent[1] + y) * line + x * place;
    int inside = y >= 0 && y + 4 <= w->extent[1] && x >= 0 && x + 4 <= w->extent[2];
    if (inside) {
      for (ptrdiff_t c = 0; c < whole; c += W) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++)
#pragma clang loop unroll(full)
          for (int j = 0; j < 4; j++) d[i][j] = load(from + i * line + j * place + c);
        transform_cells(d, to + c, plane);
      }
      if (whole == channels) continue;
    }
    const float* cell[4][4];
    ptrdiff_t mask[4][4];
    for (int i = 0; i < 4; i++)
      for (int j = 0; j < 4; j++) {
        int reads = y + i >= 0 && y + i < w->extent[1] && x + j >= 0 && x + j < w->extent[2];
        cell[i][j] = reads ? from + i * line + j * place : zeros;
        mask[i][j] = reads ? -1 : 0;
      }
    for (ptrdiff_t c = inside ? whole : 0; c < channels; c += W) {
      ptrdiff_t left = channels - c < W ? channels - c : W;
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < 4; j++) d[i][j] = load_first(cell[i][j] + (c & mask[i][j]), left);
      transform_cells(d, to + c, plane);
    }
  }
}

/// The sums of `depth` channels of some tiles at one of the transformed cells.
INLINE void cell_sums(const int rows, const int vectors, ptrdiff_t depth, const float* a,
                      ptrdiff_t row, const float* b, const target* t) {
  vf sums[4][ROWS][2];
  // Three rows share a pointer, so that the addresses of a tile stay in registers.
  const float* base[(ROWS + 2) / 3];
#pragma clang loop unroll(full)
  for (int g = 0; g < (rows + 2) / 3; g++) base[g] = a + 3 * g * row;
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[0][r][v] = splat(0);
  const float* ahead = t->ahead;
  const float* input = t->rows_ahead ? t->rows_ahead : a;
  ptrdiff_t input_step = t->rows_ahead ? t->row_stride : 0;
  for (ptrdiff_t p = 0; p < depth; p++, b += PANEL) {
    vf right[2];
    __builtin_prefetch(ahead + p * PANEL, 0, 2);
    __builtin_prefetch(input + p * input_step, 0, 2);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) right[v] = load(b + v * W);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      vf left = splat(base[r / 3][r % 3 * row + p]);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[0][r][v] = left * right[v] + sums[0][r][v];
    }
  }
  finish(rows, 1, vectors, sums, t);
}

/// The sums of a number of tiles that is known only now.
static void any_cell_sums(ptrdiff_t rows, ptrdiff_t depth, const float* a, ptrdiff_t row,
                          const float* b, const target* t) {
#define CASE(R)                                \
  case R:                                      \
    if (t->columns > W)                        \
      cell_sums(R, 2, depth, a, row, b, t);    \
    else                                       \
      cell_sums(R, 1, depth, a, row, b, t);    \
    break;
  switch (rows) {
    CASE(1)
    MORE_ROW_CASES(CASE)
  }
#undef CASE
}

/// Tiles that are transformed and multiplied together.
typedef struct tile_group {
  ptrdiff_t tiles;
  /// The transformed cells, and the distances of tiles and of cells.
  const float* cells;
  ptrdiff_t row, plane;
  /// The sums, a panel in each row, and the distance of cells.
  float* sums;
  ptrdiff_t sum_plane;
  /// What the next group reads of the tensor, of which each tile of this one asks for four places.
  const float* ahead;
  /// The first position of each tile.
  ptrdiff_t position[MOST_TILE_ROWS * ROWS];
} tile_group;

/// Asks for the memory of a tile's results.
INLINE void fetch_positions(const hb_product* p, ptrdiff_t position, ptrdiff_t column) {
  const float* c = p->c + position * p->c_stride + column;
  for (int i = 0; i < 4; i++) {
    const float* at = c + (i / 2 * p->window->positions[2] + i % 2) * p->c_stride;
    __builtin_prefetch(at, 1, 2);
    if (W * sizeof(float) >= 64) __builtin_prefetch(at + W, 1, 2);
  }
}

/// The sums of all cells of a group for one panel of filters. `ahead` is what is read of the packed
/// kernel later.
static void panel_sums(const hb_product* p, const tile_group* g, ptrdiff_t panel, int is_first,
                       const float* ahead) {
  ptrdiff_t channels = p->window->channels, depth = block_depth(p->n), tiles = g->tiles;
  ptrdiff_t blocks = (channels + depth - 1) / depth, parts = (tiles + ROWS - 1) / ROWS;
  const float* b = p->packed + panel * CELLS * channels * PANEL;
  target t = {.c_stride = PANEL, .sums_stride = PANEL, .columns = p->n - panel * PANEL};
  if (t.columns > PANEL) t.columns = PANEL;
  t.row_stride = (ROWS + 3) / 4;
  for (int cell = 0; cell < CELLS; cell++)
    for (ptrdiff_t block = 0, start = 0; block < blocks; block++) {
      ptrdiff_t end = channels * (block + 1) / blocks, done = 0;
      const float* right = b + (cell * channels + start) * PANEL;
      int is_last = cell + 1 == CELLS && block + 1 == blocks;
      const float* next = is_last ? ahead : right + (end - start) * PANEL;
      for (ptrdiff_t i = 0; i < parts; i++) {
        ptrdiff_t until = tiles * (i + 1) / parts;
        t.c = g->sums + cell * g->sum_plane + done * PANEL;
        t.sums = block > 0 ? t.c : 0;
        t.ahead = next + (i & 1) * W;
        if (is_first)
          t.rows_ahead = g->ahead + ((cell * parts + i) * channels + start) * t.row_stride;
        if (block == 0 && done + cell < until)
          fetch_positions(p, g->position[done + cell], panel * PANEL);
        any_cell_sums(until - done, end - start, g->cells + cell * g->plane + done * g->row + start,
                      g->row, right, &t);
        done = until;
      }
      start = end;
    }
}

/// The position at `t` of some filters, from the tensor and the kernel themselves.
static vf exact_position(const hb_product* p, const tile_place* t, ptrdiff_t column,
                         ptrdiff_t count) {
  const hb_window* w = p->window;
  ptrdiff_t channels = w->channels;
  const double* scale = p->kernel->scale ? p->kernel->scale + column : 0;
  vf sum = splat(0);
  for (ptrdiff_t i = 0; i < 3; i++)
    for (ptrdiff_t j = 0; j < 3; j++) {
      ptrdiff_t y = t->y - w->before[1] + i, x = t->x - w->before[2] + j;
      if (y < 0 || y >= w->extent[1] || x < 0 || x >= w->extent[2]) continue;
      const float* from =
          w->x + ((t->sample * w->extent[1] + y) * w->extent[2] + x) * w->place_stride;
      const float_anywhere* k = (const float_anywhere*)p->kernel->elements +
                                (i * 3 + j) * channels * p->n + column;
      for (ptrdiff_t c = 0; c < channels;) {
        vf part = splat(0);
        ptrdiff_t end = channels - c < DEPTH ? channels : c + DEPTH;
        for (; c < end; c++) {
          float weights[PANEL];
          pack_rows(k + c * p->n, 0, 1, count, scale, weights);
          part = splat(from[c]) * load(weights) + part;
        }
        sum += part;
      }
    }
  return sum;
}

/// The positions of a tile differ too much when the greatest is so many times the least.
#define GREATEST_RATIO 64.0f

INLINE vi magnitude(vf x) { return bits(x) & 0x7fffffff; }
INLINE int any_true(vi mask) { return __builtin_reduce_or(mask) != 0; }

/// Whether a transform loses too much: it rounds to the precision of the tile's greatest numbers, and
/// spreads what is not finite.
INLINE int is_lossy(vi least, vi greatest) {
  return any_true(greatest >= 0x7f800000) ||
         !any_true(from_bits(greatest) < from_bits(least) * GREATEST_RATIO);
}

/// Computes the positions of a lossy tile anew that are not finite, or small beside the others.
static __attribute__((noinline)) void mend_tile(const hb_product* p, const tile_place* t,
                                                ptrdiff_t column, ptrdiff_t count, vi greatest,
                                                vf y[2][2]) {
  const hb_window* w = p->window;
  for (int i = 0; i < 2 && t->y + i < w->positions[1]; i++)
    for (int j = 0; j < 2 && t->x + j < w->positions[2]; j++) {
      tile_place at = {t->sample, t->y + i, t->x + j};
      if (is_lossy(magnitude(y[i][j]), greatest)) y[i][j] = exact_position(p, &at, column, count);
    }
}

/// The positions of a tile that exist, of a vector of filters from their sums.
INLINE void finish_tile(const hb_product* p, const tile_place* t, const float* m, ptrdiff_t plane,
                        ptrdiff_t column, ptrdiff_t count) {
  const hb_window* w = p->window;
  vf s[2][4], y[2][2];
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j++) {
    vf m1 = load(m + (4 + j) * plane), m2 = load(m + (8 + j) * plane);
    s[0][j] = load(m + j * plane) + (m1 + m2);
    s[1][j] = (m1 - m2) - load(m + (12 + j) * plane);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++) {
    y[i][0] = s[i][0] + (s[i][1] + s[i][2]);
    y[i][1] = (s[i][1] - s[i][2]) - s[i][3];
  }
  vi least = magnitude(y[0][0]), greatest = least;
#pragma clang loop unroll(full)
  for (int i = 1; i < 4; i++) {
    vi size = magnitude(y[i / 2][i % 2]);
    least = __builtin_elementwise_min(least, size);
    greatest = __builtin_elementwise_max(greatest, size);
  }
  if (__builtin_expect(is_lossy(least, greatest), 0))
    mend_tile(p, t, column, count, greatest, y);
  int down = w->positions[1] - t->y > 1 ? 2 : 1, across = w->positions[2] - t->x > 1 ? 2 : 1;
  vf bias = p->bias ? load_first(p->bias + column, count) : splat(0);
  const hb_activation* clip = clips(&p->activation) ? &p->activation : 0;
  vf least_kept = splat(clip ? (float)clip->c : 0), most = splat(clip ? (float)clip->b : 0);
  float* c = p->c + ((t->sample * w->positions[1] + t->y) * w->positions[2] + t->x) * p->c_stride +
             column;
  for (int i = 0; i < down; i++, c += w->positions[2] * p->c_stride)
    for (int j = 0; j < across; j++) {
      float* to = c + j * p->c_stride;
      vf result = y[i][j];
      if (p->adding) result += load_first(to, count);
      if (p->bias) result += bias;
      if (clip) result = clipped(result, least_kept, most);
      store_first(to, result, count);
    }
}

/// A convolution of windows of 3 by 3 with neither strides nor dilation.
static void winograd(const hb_product* p, ptrdiff_t tile0, ptrdiff_t tile1, ptrdiff_t panel0,
                     ptrdiff_t panel1, float* scratch) {
  const hb_window* w = p->window;
  ptrdiff_t channels = w->channels, most = tile_block(channels);
  ptrdiff_t blocks = (tile1 - tile0 + most - 1) / most;
  tile_group g = {.cells = scratch, .row = odd_lines(channels)};
  g.plane = odd_lines(most * g.row);
  g.sum_plane = odd_lines(most * PANEL);
  g.sums = scratch + CELLS * g.plane;
  for (ptrdiff_t block = 0, tile = tile0; block < blocks; block++) {
    ptrdiff_t end = tile0 + (tile1 - tile0) * (block + 1) / blocks, tiles = end - tile;
    tile_place t = tile_at(w, tile);
    for (ptrdiff_t k = 0; k < tiles; k++, next_tile(w, &t))
      g.position[k] = (t.sample * w->positions[1] + t.y) * w->positions[2] + t.x;
    ptrdiff_t line = t.sample * w->extent[1] + t.y - w->before[1] + 2;
    g.tiles = tiles;
    g.ahead = w->x + (line * w->extent[2] + t.x) * w->place_stride;
    transform_tiles(w, tile, tiles, scratch, g.row, g.plane);
    for (ptrdiff_t panel = panel0; panel < panel1; panel++) {
      ptrdiff_t next = panel + 1 < panel1 ? panel + 1 : panel0;
      const float* ahead = p->packed + next * CELLS * channels * PANEL;
      panel_sums(p, &g, panel, panel == panel0, ahead);
      for (int v = 0; v < 2; v++) {
        ptrdiff_t column = panel * PANEL + v * W;
        ptrdiff_t count = p->n - column < W ? p->n - column : W;
        if (count <= 0) break;
        t = tile_at(w, tile);
        for (ptrdiff_t k = 0; k < tiles; k++, next_tile(w, &t))
          finish_tile(p, &t, g.sums + k * PANEL + v * W, g.sum_plane, column, count);
      }
    }
    if (p->activation.function != hb_linear && !clips(&p->activation)) {
      ptrdiff_t first = panel0 * PANEL, last = panel1 * PANEL < p->n ? panel1 * PANEL : p->n;
      t = tile_at(w, tile);
      for (ptrdiff_t k = 0; k < tiles; k++, next_tile(w, &t))
        for (ptrdiff_t i = 0; i < 2 && t.y + i < w->positions[1]; i++) {
          ptrdiff_t at = (t.sample * w->positions[1] + t.y + i) * w->positions[2] + t.x;
          ptrdiff_t across = w->positions[2] - t.x > 1 ? 2 : 1;
          apply_rows(p, at, at + across, first, last);
        }
    }
    tile = end;
  }
}
