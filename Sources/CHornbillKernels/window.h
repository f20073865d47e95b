// Depthwise convolution and pooling. Included once per instruction set.

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

static void depthwise(const hb_window* w, const float* kernel, ptrdiff_t multiplier,
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

static void pool(const hb_window* w, int average, float* y, ptrdiff_t row0, ptrdiff_t row1) {
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
