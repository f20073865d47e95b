// Depthwise convolution and pooling. Included once per instruction set.

/// The cells of a window that is looked up in a list.
#define MOST_CELLS 128

/// Walks over the covered cells of a window at a corner: `cell` is the cell's number, `from` the
/// place's first element.
#define FOR_EACH_CELL(w, c, BODY)                                                                 \
  for (ptrdiff_t cz_ = 0; cz_ < (w)->size[0]; cz_++) {                                            \
    ptrdiff_t pz_ = (c).z + cz_ * (w)->dilation[0];                                               \
    if (pz_ < 0 || pz_ >= (w)->extent[0]) continue;                                               \
    for (ptrdiff_t cy_ = 0; cy_ < (w)->size[1]; cy_++) {                                          \
      ptrdiff_t py_ = (c).y + cy_ * (w)->dilation[1];                                             \
      if (py_ < 0 || py_ >= (w)->extent[1]) continue;                                             \
      ptrdiff_t cell = (cz_ * (w)->size[1] + cy_) * (w)->size[2];                                 \
      ptrdiff_t px_ = (c).x;                                                                      \
      const float* from =                                                                         \
          (w)->x +                                                                                \
          ((((c).sample * (w)->extent[0] + pz_) * (w)->extent[1] + py_) * (w)->extent[2] + px_) * \
              (w)->place_stride;                                                                  \
      ptrdiff_t step_ = (w)->dilation[2] * (w)->place_stride;                                     \
      for (ptrdiff_t cx_ = 0; cx_ < (w)->size[2];                                                 \
           cx_++, cell++, px_ += (w)->dilation[2], from += step_) {                               \
        if (px_ < 0 || px_ >= (w)->extent[2]) continue;                                           \
        BODY;                                                                                     \
      }                                                                                           \
    }                                                                                             \
  }

/// Positions one by one, wherever they lie.
static void depthwise_any(const hb_window* w, const float* kernel, ptrdiff_t multiplier,
                      const float* bias, hb_activation f, float* y, ptrdiff_t row0,
                      ptrdiff_t row1) {
  ptrdiff_t channels = w->channels, filters = channels * multiplier;
  corner at = corner_at(w, row0);
  for (ptrdiff_t r = row0; r < row1; r++, advance(w, &at)) {
    float* to = y + r * filters;
    if (multiplier == 1) {
      ptrdiff_t c = 0;
      for (; c + 4 * W <= channels; c += 4 * W) {
        vf s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
        FOR_EACH_CELL(w, at, const float* k = kernel + cell * channels + c;
                      const float* v = from + c; s0 = load(v) * load(k) + s0;
                      s1 = load(v + W) * load(k + W) + s1;
                      s2 = load(v + 2 * W) * load(k + 2 * W) + s2;
                      s3 = load(v + 3 * W) * load(k + 3 * W) + s3)
        store(to + c, s0);
        store(to + c + W, s1);
        store(to + c + 2 * W, s2);
        store(to + c + 3 * W, s3);
      }
      for (; c < channels; c += W) {
        ptrdiff_t count = channels - c < W ? channels - c : W;
        vf s = splat(0);
        if (count == W) {
          FOR_EACH_CELL(w, at, s = load(from + c) * load(kernel + cell * channels + c) + s)
          store(to + c, s);
        } else {
          FOR_EACH_CELL(
              w, at,
              s = load_some(from + c, count) * load_some(kernel + cell * channels + c, count) + s)
          store_some(to + c, s, count);
        }
      }
    } else {
      for (ptrdiff_t j = 0; j < filters; j++) to[j] = 0;
      FOR_EACH_CELL(
          w, at, const float* k = kernel + cell * filters;
          for (ptrdiff_t c = 0; c < channels; c++) {
            for (ptrdiff_t q = 0; q < multiplier; q++)
              to[c * multiplier + q] += from[c] * k[c * multiplier + q];
          })
    }
    if (bias)
      for (ptrdiff_t j = 0; j < filters; j++) to[j] += bias[j];
    if (f.function != hb_linear) apply(f, to, to, filters);
  }
}

/// The cells that a row of positions covers, for positions that read nothing outside along the last
/// axis.
typedef struct cell_list {
  ptrdiff_t count;
  ptrdiff_t number[MOST_CELLS];
  /// The elements from the corner's first one to the cell's.
  ptrdiff_t offset[MOST_CELLS];
} cell_list;

INLINE ptrdiff_t cell_count(const hb_window* w) { return w->size[0] * w->size[1] * w->size[2]; }

static void list_cells(const hb_window* w, corner c, cell_list* list) {
  list->count = 0;
  const float* origin = w->x;
  FOR_EACH_CELL(w, c, list->number[list->count] = cell; list->offset[list->count++] = from - origin)
}

/// Calls `BODY` for runs of positions `first..<last` of row `row0..<row1`, `inside` telling whether
/// they read nothing outside along the last axis.
#define FOR_EACH_RUN(w, BODY)                                                                     \
  {                                                                                               \
    ptrdiff_t width_ = (w)->positions[2], inner0_, inner1_;                                       \
    inner_positions(w, &inner0_, &inner1_);                                                       \
    for (ptrdiff_t first = row0; first < row1;) {                                                 \
      ptrdiff_t line_ = first / width_ * width_, x_ = first - line_;                              \
      int inside = x_ >= inner0_ && x_ < inner1_;                                                 \
      ptrdiff_t end_ = x_ < inner0_ ? inner0_ : inside ? inner1_ : width_;                        \
      ptrdiff_t last = line_ + end_ < row1 ? line_ + end_ : row1;                                 \
      BODY;                                                                                       \
      first = last;                                                                               \
    }                                                                                             \
  }

/// Places whose sums are under way at once.
#define PLACES 4

/// Two vectors of channels of `places` positions. With `threes`, the cells come in threes that follow
/// each other as the positions do, and what several positions read is loaded once.
INLINE void depthwise_tile(const int places, const int threes, const cell_list* cells, const float* from,
                           ptrdiff_t step, const float* kernel, ptrdiff_t channels,
                           const float* bias, const hb_activation* clip, float* to,
                           ptrdiff_t count) {
  vf sums[PLACES][2];
  ptrdiff_t rest = count - W;
#pragma clang loop unroll(full)
  for (int i = 0; i < places; i++) sums[i][0] = sums[i][1] = splat(0);
#define DEPTHWISE(LOAD_LOW, LOAD_HIGH)                                         \
  for (ptrdiff_t j = 0; j < cells->count; j++) {                               \
    const float* k = kernel + cells->number[j] * channels;                     \
    const float* v = from + cells->offset[j];                                  \
    vf low = LOAD_LOW(k, count), high = LOAD_HIGH(k + W, rest);                \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < places; i++) {      \
      sums[i][0] = LOAD_LOW(v + i * step, count) * low + sums[i][0];           \
      sums[i][1] = LOAD_HIGH(v + i * step + W, rest) * high + sums[i][1];      \
    }                                                                          \
  }
#define LOAD_ALL(p, n) load(p)
#define LOAD_NONE(p, n) splat(0)
  if (rest == W && threes) {
    for (ptrdiff_t j = 0; j < cells->count; j += 3) {
      const float* k = kernel + cells->number[j] * channels;
      const float* v = from + cells->offset[j];
#pragma clang loop unroll(full)
      for (int half = 0; half < 2; half++) {
        vf x[PLACES + 2];
#pragma clang loop unroll(full)
        for (int i = 0; i < places + 2; i++) x[i] = load(v + i * step + half * W);
#pragma clang loop unroll(full)
        for (int c = 0; c < 3; c++) {
          vf factor = load(k + c * channels + half * W);
#pragma clang loop unroll(full)
          for (int i = 0; i < places; i++) sums[i][half] = x[i + c] * factor + sums[i][half];
        }
      }
    }
  } else if (rest == W)
    DEPTHWISE(LOAD_ALL, LOAD_ALL)
  else if (rest > 0)
    DEPTHWISE(LOAD_ALL, load_some)
  else if (rest == 0)
    DEPTHWISE(LOAD_ALL, LOAD_NONE)
  else
    DEPTHWISE(load_some, LOAD_NONE)
#undef LOAD_NONE
#undef LOAD_ALL
#undef DEPTHWISE
  ptrdiff_t part = count < W ? count : W;
  vf least = splat(clip ? (float)clip->c : 0), most = splat(clip ? (float)clip->b : 0);
#pragma clang loop unroll(full)
  for (int i = 0; i < places; i++) {
    vf low = sums[i][0], high = sums[i][1];
    if (bias) low += load_first(bias, part);
    if (clip) low = clipped(low, least, most);
    store_first(to + i * channels, low, part);
    if (rest > 0) {
      if (bias) high += load_first(bias + W, rest);
      if (clip) high = clipped(high, least, most);
      store_first(to + i * channels + W, high, rest);
    }
  }
}

/// Positions `first..<last` of one line, which cover the same cells, or one position.
static void depthwise_run(const hb_window* w, const float* kernel, const float* bias,
                          const hb_activation* clip, float* y, ptrdiff_t first, ptrdiff_t last,
                          int inside) {
  ptrdiff_t channels = w->channels, step = w->stride[2] * w->place_stride;
  int threes = inside && w->size[2] == 3 && w->dilation[2] == 1 && w->stride[2] == 1;
  cell_list cells;
  corner c = corner_at(w, first);
  ptrdiff_t start = inside ? c.x * w->place_stride : 0;
  if (inside) c.x = 0;
  list_cells(w, c, &cells);
  for (ptrdiff_t j = 0; j < channels; j += 2 * W) {
    ptrdiff_t count = channels - j < 2 * W ? channels - j : 2 * W;
    const float* from = w->x + start + j;
    const float* b = bias ? bias + j : 0;
    for (ptrdiff_t r = first; r < last;) {
      float* to = y + r * channels + j;
      int places = last - r >= PLACES ? PLACES : 1;
      if (places == 1)
        depthwise_tile(1, 0, &cells, from, step, kernel + j, channels, b, clip, to, count);
      else if (threes)
        depthwise_tile(PLACES, 1, &cells, from, step, kernel + j, channels, b, clip, to, count);
      else
        depthwise_tile(PLACES, 0, &cells, from, step, kernel + j, channels, b, clip, to, count);
      r += places;
      from += places * step;
    }
  }
}

/// Places of `lines` lines under way at once: a vector of channels, or its first `count`.
INLINE void depthwise_block(const int whole, const int stride, const float* from, ptrdiff_t line,
                            ptrdiff_t place, const float* kernel, ptrdiff_t channels,
                            const float* bias, const hb_activation* clip, float* to,
                            ptrdiff_t to_line, ptrdiff_t count) {
#define LOAD_PART(p) (whole ? load(p) : load_some(p, count))
  vf factor[3][3], sums[2][PLACES];
#pragma clang loop unroll(full)
  for (int i = 0; i < 9; i++) factor[i / 3][i % 3] = LOAD_PART(kernel + i * channels);
#pragma clang loop unroll(full)
  for (int i = 0; i < 2 * PLACES; i++) sums[i / PLACES][i % PLACES] = splat(0);
  // The lines below are read next.
#pragma clang loop unroll(full)
  for (int r = 0; r < 2 * stride; r++)
#pragma clang loop unroll(full)
    for (int c = 0; c < PLACES * stride; c++)
      __builtin_prefetch(from + (r + stride + 3) * line + c * place, 0, 2);
#pragma clang loop unroll(full)
  for (int r = 0; r < stride + 3; r++) {
    vf x[2 * PLACES + 1];
#pragma clang loop unroll(full)
    for (int c = 0; c < (PLACES - 1) * stride + 3; c++)
      x[c] = LOAD_PART(from + r * line + c * place);
#pragma clang loop unroll(full)
    for (int l = 0; l < 2; l++)
      if (r >= l * stride && r < l * stride + 3)
#pragma clang loop unroll(full)
        for (int c = 0; c < 3; c++)
#pragma clang loop unroll(full)
          for (int i = 0; i < PLACES; i++)
            sums[l][i] = x[i * stride + c] * factor[r - l * stride][c] + sums[l][i];
  }
  vf more = bias ? LOAD_PART(bias) : splat(0);
  vf least = splat(clip ? (float)clip->c : 0), most = splat(clip ? (float)clip->b : 0);
#pragma clang loop unroll(full)
  for (int l = 0; l < 2; l++)
#pragma clang loop unroll(full)
    for (int i = 0; i < PLACES; i++) {
      float* at = to + l * to_line + i * channels;
      vf y = sums[l][i];
      __builtin_prefetch(at + 2 * to_line, 1, 2);
      if (bias) y += more;
      if (clip) y = clipped(y, least, most);
      if (whole)
        store(at, y);
      else
        store_some(at, y, count);
    }
#undef LOAD_PART
}

/// Two lines of positions from `position` on, whose windows of 3 by 3 lie inside.
INLINE void depthwise_lines(const int stride, const hb_window* w, const float* kernel,
                            const float* bias, const hb_activation* clip, float* y,
                            ptrdiff_t position, ptrdiff_t positions) {
  ptrdiff_t channels = w->channels, place = w->place_stride, line = w->extent[2] * place;
  ptrdiff_t to_line = w->positions[2] * channels;
  corner c = corner_at(w, position);
  const float* start =
      w->x + ((c.sample * w->extent[0] + c.z) * w->extent[1] + c.y) * line + c.x * place;
  for (ptrdiff_t i = 0; i < positions; i += PLACES) {
    // The last places may be computed twice.
    if (i + PLACES > positions) i = positions - PLACES;
    const float* from = start + i * stride * place;
    float* to = y + (position + i) * channels;
    ptrdiff_t j = 0;
    for (; j + W <= channels; j += W)
      depthwise_block(1, stride, from + j, line, place, kernel + j, channels, bias ? bias + j : 0,
                      clip, to + j, to_line, W);
    if (j < channels)
      depthwise_block(0, stride, from + j, line, place, kernel + j, channels, bias ? bias + j : 0,
                      clip, to + j, to_line, channels - j);
  }
}

/// Whether the two lines from `position` on have windows of 3 by 3 that lie inside along the second
/// axis.
INLINE int is_pair(const hb_window* w, ptrdiff_t position, ptrdiff_t end) {
  ptrdiff_t width = w->positions[2], stride = w->stride[2];
  if (w->size[0] != 1 || w->size[1] != 3 || w->size[2] != 3 || w->dilation[1] != 1 ||
      w->dilation[2] != 1 || w->stride[1] != stride || stride > 2)
    return 0;
  corner c = corner_at(w, position);
  return position % width == 0 && end - position >= 2 * width && c.z >= 0 &&
         c.z < w->extent[0] && position / width % w->positions[1] + 1 < w->positions[1] &&
         c.y >= 0 && c.y + stride + 3 <= w->extent[1];
}

static void depthwise(const hb_window* w, const float* kernel, ptrdiff_t multiplier,
                      const float* bias, hb_activation f, float* y, ptrdiff_t row0,
                      ptrdiff_t row1) {
  if (multiplier != 1 || cell_count(w) > MOST_CELLS) {
    depthwise_any(w, kernel, multiplier, bias, f, y, row0, row1);
    return;
  }
  ptrdiff_t channels = w->channels, width = w->positions[2], inner0, inner1;
  const hb_activation* clip = clips(&f) ? &f : 0;
  inner_positions(w, &inner0, &inner1);
  for (ptrdiff_t row = row0, done = row0; row < row1; row = done) {
    ptrdiff_t line = row / width * width;
    int lines = inner1 - inner0 >= PLACES && is_pair(w, row, row1) ? 2 : 1;
    if (lines == 2 && w->stride[2] == 1)
      depthwise_lines(1, w, kernel, bias, clip, y, row + inner0, inner1 - inner0);
    else if (lines == 2)
      depthwise_lines(2, w, kernel, bias, clip, y, row + inner0, inner1 - inner0);
    done = line + lines * width < row1 ? line + lines * width : row1;
    for (ptrdiff_t r = row; r < done; r++) {
      ptrdiff_t x = r % width;
      if (x < inner0 || x >= inner1) {
        depthwise_run(w, kernel, bias, clip, y, r, r + 1, 0);
      } else {
        ptrdiff_t last = r - x + inner1 < done ? r - x + inner1 : done;
        if (lines == 1) depthwise_run(w, kernel, bias, clip, y, r, last, 1);
        r = last - 1;
      }
    }
    if (f.function != hb_linear && !clip) {
      float* to = y + row * channels;
      apply(f, to, to, (done - row) * channels);
    }
  }
}

/// Positions one by one, wherever they lie.
static void pool_any(const hb_window* w, int average, float* y, ptrdiff_t row0, ptrdiff_t row1) {
  ptrdiff_t channels = w->channels;
  corner at = corner_at(w, row0);
  for (ptrdiff_t r = row0; r < row1; r++, advance(w, &at)) {
    float* to = y + r * channels;
    ptrdiff_t covered = 0;
    FOR_EACH_CELL(w, at, covered++)
    float divisor = (float)covered;
    for (ptrdiff_t c = 0; c < channels; c += W) {
      ptrdiff_t count = channels - c < W ? channels - c : W;
      vf s = splat(average ? 0 : -__builtin_inff());
#define FOLD(LOAD)                  \
  if (average)                      \
    FOR_EACH_CELL(w, at, s += LOAD) \
  else                              \
    FOR_EACH_CELL(w, at, vf v = LOAD; s = pick((v > s) | (v != v), v, s))
      if (count == W) {
        FOLD(load(from + c))
      } else {
        FOLD(load_some(from + c, count))
      }
#undef FOLD
      if (average) s /= divisor;
      if (count == W)
        store(to + c, s);
      else
        store_some(to + c, s, count);
    }
  }
}

/// Two vectors of channels of one position.
INLINE void pool_tile(const int average, const cell_list* cells, const float* from, float* to,
                      ptrdiff_t count) {
  vf low = splat(average ? 0 : -__builtin_inff()), high = low;
  ptrdiff_t part = count < W ? count : W, rest = count - W;
  for (ptrdiff_t j = 0; j < cells->count; j++) {
    vf v = load_first(from + cells->offset[j], part);
    low = average ? low + v : pick((v > low) | (v != v), v, low);
    if (rest > 0) {
      v = load_first(from + cells->offset[j] + W, rest);
      high = average ? high + v : pick((v > high) | (v != v), v, high);
    }
  }
  if (average) {
    low /= (float)cells->count;
    high /= (float)cells->count;
  }
  store_first(to, low, part);
  if (rest > 0) store_first(to + W, high, rest);
}

static void pool(const hb_window* w, int average, float* y, ptrdiff_t row0, ptrdiff_t row1) {
  if (cell_count(w) > MOST_CELLS) {
    pool_any(w, average, y, row0, row1);
    return;
  }
  ptrdiff_t channels = w->channels, step = w->stride[2] * w->place_stride;
  cell_list cells;
  FOR_EACH_RUN(w, {
    if (!inside) {
      pool_any(w, average, y, first, last);
    } else {
      corner c = corner_at(w, first);
      const float* from = w->x + c.x * w->place_stride;
      c.x = 0;
      list_cells(w, c, &cells);
      for (ptrdiff_t r = first; r < last; r++, from += step)
        for (ptrdiff_t j = 0; j < channels; j += 2 * W) {
          ptrdiff_t count = channels - j < 2 * W ? channels - j : 2 * W;
          if (average)
            pool_tile(1, &cells, from + j, y + r * channels + j, count);
          else
            pool_tile(0, &cells, from + j, y + r * channels + j, count);
        }
    }
  })
}
