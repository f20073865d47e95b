// Convolutions and products of few columns, read where the tensor is. Included once per instruction
// set.

/// Terms that follow each other in the tensor and in the kernel.
typedef struct term_run {
  /// Elements from the first cell's first one.
  ptrdiff_t offset;
  /// The first one's row in the packed kernel.
  ptrdiff_t row;
  ptrdiff_t count;
} term_run;

#define MOST_RUNS 64

/// The terms of positions that cover the same cells, in blocks that are summed one by one.
typedef struct term_list {
  /// The cells inside, along each axis.
  ptrdiff_t first[3], last[3];
  int runs, blocks;
  term_run run[MOST_RUNS];
  /// The first run of each block, and the end of the last one.
  int start[MOST_RUNS + 1];
} term_list;

/// Up to ROWS positions at even distances that share a list.
typedef struct direct_tile {
  int list;
  ptrdiff_t rows;
  /// The element of the first position's first cell, which may lie outside.
  ptrdiff_t origin;
  ptrdiff_t step;
  /// The first position, and the distance of the next one.
  ptrdiff_t position, position_step;
} direct_tile;

#define MOST_TILES 128
#define MOST_LISTS 9

/// Tiles that use the same part of the kernel one after another.
typedef struct direct_group {
  const hb_product* p;
  ptrdiff_t panel0, panel1;
  const float* x;
  int tiles, lists;
  direct_tile tile[MOST_TILES];
  term_list list[MOST_LISTS];
} direct_group;

/// The sums of a tile's terms `run..<end`. It adds the terms in the order of a tile of copied
/// patches, but for cells outside, whose terms are 0.
INLINE void direct_sums(const int rows, const int vectors, const float* x, const direct_tile* d,
                        const term_run* run, const term_run* end, const float* b,
                        const target* t) {
  vf sums[4][ROWS][2];
  ptrdiff_t step = d->step;
  const float* ahead = t->ahead;
  fetch_result(rows, vectors, t);
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[0][r][v] = splat(0);
  for (; run < end; run++) {
    // Three rows share a pointer, so that the addresses of a tile stay in registers.
    const float* base[(ROWS + 2) / 3];
#pragma clang loop unroll(full)
    for (int g = 0; g < (rows + 2) / 3; g++) base[g] = x + (d->origin + run->offset + 3 * g * step);
    const float* right_row = b + run->row * PANEL;
    ptrdiff_t count = run->count;
    for (ptrdiff_t q = 0; q < count; q++, right_row += PANEL) {
      vf right[2];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) right[v] = load(right_row + v * W);
      if (rows >= 4) __builtin_prefetch(ahead + (run->offset + row_ahead(step, q)), 0, 2);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        vf left = splat(base[r / 3][r % 3 * step + q]);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[0][r][v] = left * right[v] + sums[0][r][v];
      }
    }
  }
  finish(rows, 1, vectors, sums, t);
}

/// A tile of a row count known only now.
static void any_direct_sums(const float* x, const direct_tile* d, const term_run* run,
                            const term_run* end, const float* b, const target* t) {
#define CASE(R)                                    \
  case R:                                          \
    if (t->columns > W)                            \
      direct_sums(R, 2, x, d, run, end, b, t);     \
    else                                           \
      direct_sums(R, 1, x, d, run, end, b, t);     \
    break;
  switch (d->rows) {
    CASE(1)
    MORE_ROW_CASES(CASE)
  }
#undef CASE
}

/// Computes the tiles of a group and forgets them.
static void finish_group(direct_group* g) {
  const hb_product* p = g->p;
  ptrdiff_t first = g->panel0 * PANEL;
  ptrdiff_t end = g->panel1 * PANEL < p->n ? g->panel1 * PANEL : p->n;
  int blocks = 0;
  for (int i = 0; i < g->lists; i++)
    if (g->list[i].blocks > blocks) blocks = g->list[i].blocks;
  for (ptrdiff_t panel = g->panel0; panel < g->panel1; panel++)
    for (int block = 0; block < blocks; block++)
      for (int i = 0; i < g->tiles; i++) {
        const direct_tile* d = &g->tile[i];
        const term_list* list = &g->list[d->list];
        if (block >= list->blocks) continue;
        ptrdiff_t column = panel * PANEL, stride = d->position_step * p->c_stride;
        float* c = p->c + d->position * p->c_stride + column;
        target t = {.c = c, .c_stride = stride, .sums_stride = stride, .columns = end - column};
        if (block > 0 || p->adding) t.sums = c;
        if (block + 1 == list->blocks) {
          if (p->bias) t.bias = p->bias + column;
          if (clips(&p->activation)) t.clip = &p->activation;
        }
        // The rows of the next tile, which the first panel reads first.
        t.ahead = g->x + d->origin;
        if (!p->window && panel == g->panel0) t.ahead += d->rows * d->step;
        any_direct_sums(g->x, d, list->run + list->start[block],
                        list->run + list->start[block + 1], p->packed + column * p->k, &t);
      }
  if (p->activation.function != hb_linear && !clips(&p->activation))
    for (int i = 0; i < g->tiles; i++)
      for (ptrdiff_t r = 0; r < g->tile[i].rows; r++) {
        ptrdiff_t row = g->tile[i].position + r * g->tile[i].position_step;
        apply_rows(p, row, row + 1, first, end);
      }
  g->tiles = 0;
}

/// Adds a run of terms, in parts that are not longer than `depth`.
static void add_run(term_list* list, ptrdiff_t offset, ptrdiff_t row, ptrdiff_t count,
                    ptrdiff_t depth) {
  while (count > 0) {
    ptrdiff_t part = count < depth ? count : depth;
    list->run[list->runs++] = (term_run){offset, row, part};
    offset += part;
    row += part;
    count -= part;
  }
}

/// Divides the runs into blocks of about `depth` terms.
static void divide_runs(term_list* list, ptrdiff_t depth) {
  ptrdiff_t terms = 0;
  list->blocks = 0;
  list->start[0] = 0;
  for (int i = 0; i < list->runs; i++) {
    if (terms > 0 && terms + list->run[i].count > depth + depth / 4) {
      list->start[++list->blocks] = i;
      terms = 0;
    }
    terms += list->run[i].count;
  }
  list->start[++list->blocks] = list->runs;
}

/// The number of runs that a window's list has at most.
INLINE ptrdiff_t run_count(const hb_window* w, ptrdiff_t depth) {
  // A row of cells is one run of memory when nothing lies between its places.
  int is_run = w->dilation[2] == 1 && w->place_stride == w->channels;
  ptrdiff_t count = is_run ? w->size[2] * w->channels : w->channels;
  return w->size[0] * w->size[1] * (is_run ? 1 : w->size[2]) * ((count + depth - 1) / depth);
}

/// The list of the positions that cover what the one at `c` does.
static int find_list(direct_group* g, const hb_window* w, const corner* c) {
  ptrdiff_t at[3] = {c->z, c->y, c->x}, first[3], last[3];
  for (int a = 0; a < 3; a++) {
    ptrdiff_t d = w->dilation[a], beyond = w->extent[a] - at[a];
    first[a] = at[a] < 0 ? (d - 1 - at[a]) / d : 0;
    last[a] = beyond < 0 ? 0 : (beyond + d - 1) / d;
    if (first[a] > w->size[a]) first[a] = w->size[a];
    if (last[a] > w->size[a]) last[a] = w->size[a];
  }
  for (int i = 0; i < g->lists; i++) {
    const term_list* list = &g->list[i];
    int same = 1;
    for (int a = 0; a < 3; a++) same &= list->first[a] == first[a] && list->last[a] == last[a];
    if (same) return i;
  }
  if (g->lists == MOST_LISTS) {
    finish_group(g);
    g->lists = 0;
  }
  term_list* list = &g->list[g->lists];
  list->runs = 0;
  for (int a = 0; a < 3; a++) {
    list->first[a] = first[a];
    list->last[a] = last[a];
  }
  ptrdiff_t channels = w->channels, depth = block_depth(g->p->n);
  int is_run = w->dilation[2] == 1 && w->place_stride == channels;
  for (ptrdiff_t z = first[0]; z < last[0]; z++)
    for (ptrdiff_t y = first[1]; y < last[1]; y++) {
      ptrdiff_t cell = (z * w->size[1] + y) * w->size[2];
      ptrdiff_t line = (z * w->dilation[0] * w->extent[1] + y * w->dilation[1]) * w->extent[2];
      for (ptrdiff_t x = first[2]; x < last[2]; x++) {
        ptrdiff_t cells = is_run ? last[2] - first[2] : 1;
        add_run(list, (line + x * w->dilation[2]) * w->place_stride, (cell + x) * channels,
                cells * channels, depth);
        if (is_run) break;
      }
    }
  divide_runs(list, depth);
  return g->lists++;
}

static void add_tile(direct_group* g, direct_tile tile) {
  g->tile[g->tiles++] = tile;
  if (g->tiles == MOST_TILES) finish_group(g);
}

/// Whether a product is better computed without copying its left operand.
INLINE int is_direct(const hb_product* p) {
  const hb_window* w = p->window;
  if (w)
    return 3 * w->positions[2] >= 2 * ROWS && run_count(w, block_depth(p->n)) <= MOST_RUNS &&
           w->stride[2] * w->place_stride % 1024 != 0;
  // Copies of few terms take longer than they save.
  return (p->n <= 2 * PANEL || p->k <= 32) && p->m >= ROWS && p->rows.inner >= p->m &&
         p->rows.column_stride == 1 && p->rows.row_stride % 512 != 0 && p->k <= 8 * DEPTH;
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

/// The element of a corner.
INLINE ptrdiff_t origin_of(const hb_window* w, const corner* c) {
  return (((c->sample * w->extent[0] + c->z) * w->extent[1] + c->y) * w->extent[2] + c->x) *
         w->place_stride;
}

/// Adds positions `row0..<row1` of one line, which cover the same cells.
static void add_line(direct_group* g, const hb_window* w, ptrdiff_t row0, ptrdiff_t row1) {
  ptrdiff_t tiles = (row1 - row0 + ROWS - 1) / ROWS, done = row0;
  for (ptrdiff_t i = 1; i <= tiles; i++) {
    ptrdiff_t next = row0 + (row1 - row0) * i / tiles;
    corner c = corner_at(w, done);
    int list = find_list(g, w, &c);
    add_tile(g, (direct_tile){list, next - done, origin_of(w, &c), w->stride[2] * w->place_stride,
                              done, 1});
    done = next;
  }
}

/// Adds the positions at `x` of lines `line0..<line1` that lie in `row0..<row1`: those that cover the
/// same cells in tiles down the lines.
static void add_edge(direct_group* g, const hb_window* w, ptrdiff_t x, ptrdiff_t line0,
                     ptrdiff_t line1, ptrdiff_t row0, ptrdiff_t row1) {
  ptrdiff_t width = w->positions[2];
  direct_tile tile = {.rows = 0, .step = w->stride[1] * w->extent[2] * w->place_stride,
                      .position_step = width};
  for (ptrdiff_t line = line0; line < line1; line++) {
    ptrdiff_t position = line * width + x;
    if (position < row0 || position >= row1) continue;
    corner c = corner_at(w, position);
    // The group may end here and its lists with it, so the tile under way is in it before.
    if (tile.rows > 0 && (line % w->positions[1] == 0 || tile.rows == ROWS)) {
      add_tile(g, tile);
      tile.rows = 0;
    }
    if (tile.rows > 0) {
      const term_list* last = &g->list[tile.list];
      ptrdiff_t d = w->dilation[1];
      int inside = last->first[1] == 0 && last->last[1] == w->size[1] && c.y >= 0 &&
                   c.y + (w->size[1] - 1) * d < w->extent[1];
      if (!inside) {
        add_tile(g, tile);
        tile.rows = 0;
      }
    }
    if (tile.rows == 0) {
      tile.list = find_list(g, w, &c);
      tile.origin = origin_of(w, &c);
      tile.position = position;
    }
    tile.rows++;
  }
  if (tile.rows > 0) add_tile(g, tile);
}

/// A product whose left operand is not copied.
static void direct_product(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                           ptrdiff_t panel1) {
  direct_group g;
  g.p = p;
  g.panel0 = panel0;
  g.panel1 = panel1;
  g.tiles = g.lists = 0;
  const hb_window* w = p->window;
  if (!w) {
    g.x = p->rows.x;
    term_list* list = &g.list[g.lists++];
    list->runs = 0;
    add_run(list, 0, 0, p->k, block_depth(p->n));
    divide_runs(list, block_depth(p->n));
    ptrdiff_t tiles = (row1 - row0 + ROWS - 1) / ROWS, done = row0;
    for (ptrdiff_t i = 1; i <= tiles; i++) {
      ptrdiff_t next = row0 + (row1 - row0) * i / tiles, stride = p->rows.row_stride;
      add_tile(&g, (direct_tile){0, next - done, done * stride, stride, done, 1});
      if (g.tiles == 16) finish_group(&g);
      done = next;
    }
    finish_group(&g);
    return;
  }
  g.x = w->x;
  ptrdiff_t width = w->positions[2], inner0, inner1, lines = (row1 + width - 1) / width;
  inner_positions(w, &inner0, &inner1);
  for (ptrdiff_t line0 = row0 / width; line0 < lines; line0 += ROWS) {
    ptrdiff_t line1 = lines - line0 < ROWS ? lines : line0 + ROWS;
    for (ptrdiff_t line = line0; line < line1; line++) {
      ptrdiff_t start = line * width + inner0, end = line * width + inner1;
      if (start < row0) start = row0;
      if (end > row1) end = row1;
      if (start < end) add_line(&g, w, start, end);
    }
    for (ptrdiff_t x = 0; x < width; x++) {
      if (x == inner0 && inner0 < inner1) x = inner1;
      if (x < width) add_edge(&g, w, x, line0, line1, row0, row1);
    }
    finish_group(&g);
  }
}
