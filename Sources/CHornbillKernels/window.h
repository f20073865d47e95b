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
  c.x = 0;
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

static void depthwise(const hb_window* w, const float* kernel, ptrdiff_t multiplier,
                      const float* bias, hb_activation f, float* y, ptrdiff_t row0,
                      ptrdiff_t row1) {
  if (multiplier != 1 || cell_count(w) > MOST_CELLS) {
    depthwise_any(w, kernel, multiplier, bias, f, y, row0, row1);
    return;
  }
  ptrdiff_t channels = w->channels, step = w->stride[2] * w->place_stride;
  cell_list cells;
  int threes = w->size[2] == 3 && w->dilation[2] == 1 && w->stride[2] == 1;
  FOR_EACH_RUN(w, {
    if (!inside) {
      depthwise_any(w, kernel, 1, bias, f, y, first, last);
    } else {
      corner c = corner_at(w, first);
      list_cells(w, c, &cells);
      for (ptrdiff_t j = 0; j < channels; j += 2 * W) {
        ptrdiff_t count = channels - j < 2 * W ? channels - j : 2 * W;
        const float* from = w->x + c.x * w->place_stride + j;
        for (ptrdiff_t r = first; r < last;) {
          float* to = y + r * channels + j;
          const float* b = bias ? bias + j : 0;
          const hb_activation* clip = clips(&f) ? &f : 0;
          if (last - r >= PLACES && threes) {
            depthwise_tile(PLACES, 1, &cells, from, step, kernel + j, channels, b, clip, to, count);
            r += PLACES;
            from += PLACES * step;
          } else if (last - r >= PLACES) {
            depthwise_tile(PLACES, 0, &cells, from, step, kernel + j, channels, b, clip, to, count);
            r += PLACES;
            from += PLACES * step;
          } else {
            depthwise_tile(1, 0, &cells, from, step, kernel + j, channels, b, clip, to, count);
            r++;
            from += step;
          }
        }
      }
      if (f.function != hb_linear && !clips(&f)) {
        float* to = y + first * channels;
        apply(f, to, to, (last - first) * channels);
      }
    }
  })
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
      list_cells(w, c, &cells);
      const float* from = w->x + c.x * w->place_stride;
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
