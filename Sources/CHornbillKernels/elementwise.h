// Elementwise functions and softmax. Included once per instruction set.

/// Calls `BODY`, which maps the vector `v`, over `n` elements.
#define MAP(BODY)                     \
  {                                   \
    ptrdiff_t i = 0;                  \
    for (; i + W <= n; i += W) {      \
      vf v = load(x + i);             \
      BODY;                           \
      store(y + i, v);                \
    }                                 \
    if (i < n) {                      \
      vf v = load_some(x + i, n - i); \
      BODY;                           \
      store_some(y + i, v, n - i);    \
    }                                 \
  }

/// Calls `BODY`, which maps the vector `d` of doubles, over `n` elements.
#define MAP_DOUBLE(BODY)                                       \
  {                                                            \
    ptrdiff_t i = 0;                                           \
    for (; i < n; i += W / 2) {                                \
      float t[W / 2] __attribute__((aligned(64))) = {0};       \
      ptrdiff_t count = n - i < W / 2 ? n - i : W / 2;         \
      vh h;                                                    \
      if (count == W / 2)                                      \
        h = *(const vh_loose*)(x + i);                         \
      else {                                                   \
        for (ptrdiff_t j = 0; j < count; j++) t[j] = x[i + j]; \
        h = *(const vh_loose*)t;                               \
      }                                                        \
      vd d = __builtin_convertvector(h, vd);                   \
      BODY;                                                    \
      h = __builtin_convertvector(d, vh);                      \
      if (count == W / 2)                                      \
        *(vh_loose*)(y + i) = h;                               \
      else {                                                   \
        *(vh_loose*)t = h;                                     \
        for (ptrdiff_t j = 0; j < count; j++) y[i + j] = t[j]; \
      }                                                        \
    }                                                          \
  }

/// `log(1 + exp(x))`.
INLINE vd d_softplus(vd x) {
  vd z = pickd(x < 0.0, x, -x);
  return d_log1p(d_exp(z)) + pickd(x < 0.0, (vd)0.0, x);
}

static void apply(hb_activation f, const float* x, float* y, ptrdiff_t n) {
  vf a = splat((float)f.a), b = splat((float)f.b), c = splat((float)f.c);
  switch (f.function) {
    case hb_linear:
      if (x != y) __builtin_memmove(y, x, (size_t)n * sizeof(float));
      break;
    case hb_relu:
      if (clips(&f)) {
        MAP(v = clipped(v, c, b))
      } else {
        MAP(v = pick(v <= c, (v - c) * a, v); v = pick(v > b, b, v))
      }
      break;
    case hb_leaky_relu:
      MAP(v = pick(v < 0.0f, v * a, v)) break;
    case hb_elu: {
      double alpha = f.a, scale = f.b;
      MAP_DOUBLE(d = pickd(d > 0.0, d, d_expm1(d) * alpha) * scale)
      break;
    }
    case hb_gelu:
      MAP(v = v_gelu(v)) break;
    case hb_gelu_tanh:
      MAP_DOUBLE(vd u = 0.79788456080286535588 * (d + 0.044715 * d * d * d);
                 d = d / (1.0 + d_exp(-2.0 * u)))
      break;
    case hb_sigmoid:
      MAP(v = v_sigmoid(v)) break;
    case hb_tanh:
      MAP(v = v_tanh(v)) break;
    case hb_exponential:
      MAP(v = v_exp(v)) break;
    case hb_softplus:
      MAP_DOUBLE(d = d_softplus(d)) break;
    case hb_softsign:
      MAP_DOUBLE(d = d / (1.0 + pickd(d < 0.0, -d, d))) break;
    case hb_silu:
      MAP_DOUBLE(d = d * (1.0 / (1.0 + d_exp(-d)))) break;
    case hb_mish:
      MAP_DOUBLE(vd e = d_exp(d); vd m = e * (e + 2.0); vd q = m / (m + 2.0);
                 d = d * pickd(d > 40.0, (vd)1.0, q))
      break;
    case hb_hard_sigmoid:
    case hb_hard_silu: {
      double slope = f.a, shift = f.b, most = f.c;
      double self = f.function == hb_hard_silu;
      MAP_DOUBLE(vd q = d * slope + shift; q = pickd(q < 0.0, (vd)0.0, q);
                 q = pickd(q > most, (vd)most, q) / most; d = self != 0 ? q * d : q)
      break;
    }
  }
}

static void affine(const float* x, const float* before, const float* scale, const float* after,
                   hb_activation f, float* y, ptrdiff_t rows, ptrdiff_t n) {
  int clipping = clips(&f);
  vf least = splat((float)f.c), most = splat((float)f.b);
  for (ptrdiff_t r = 0; r < rows; r++, x += n, y += n) {
    for (ptrdiff_t j = 0; j < n; j += W) {
      ptrdiff_t count = n - j < W ? n - j : W;
#define AFFINE(LOAD, STORE)                                        \
  {                                                                \
    vf v = LOAD(x + j);                                            \
    if (before) v += LOAD(before + j);                             \
    if (scale)                                                     \
      v = after ? v * LOAD(scale + j) + LOAD(after + j)            \
                : v * LOAD(scale + j);                             \
    else if (after)                                                \
      v += LOAD(after + j);                                        \
    if (clipping) v = clipped(v, least, most);                     \
    STORE(y + j, v);                                               \
  }
#define LOAD_PART(p) load_some(p, count)
#define STORE_PART(p, v) store_some(p, v, count)
      if (count == W)
        AFFINE(load, store)
      else
        AFFINE(LOAD_PART, STORE_PART)
#undef STORE_PART
#undef LOAD_PART
#undef AFFINE
    }
    if (!clipping && f.function != hb_linear) apply(f, y, y, n);
  }
}

/// The greatest number of a vector, NaN left out.
INLINE float greatest(vf x) {
  return __builtin_reduce_max(__builtin_elementwise_max(x.lo, x.hi));
}

/// The sum of a vector's numbers, in double precision.
INLINE double total_of(vf x) {
  vd sums = __builtin_convertvector(x.lo, vd) + __builtin_convertvector(x.hi, vd);
  double total[W / 2] __attribute__((aligned(64)));
  *(vd*)total = sums;
  for (int width = W / 4; width > 0; width /= 2)
    for (int i = 0; i < width; i++) total[i] += total[i + width];
  return total[0];
}

static void softmax(const float* x, float factor, float* y, ptrdiff_t rows, ptrdiff_t n) {
  for (ptrdiff_t r = 0; r < rows; r++, x += n, y += n) {
    float top = -__builtin_inff();
    ptrdiff_t i = 0;
    if (n >= W) {
      vf tops = load(x);
      for (i = W; i + W <= n; i += W) {
        vf v = load(x + i);
        tops = pick(v > tops, v, tops);
      }
      top = greatest(tops);
    }
    for (; i < n; i++) top = x[i] > top ? x[i] : top;
    top *= factor;
    double sum = 0;
    for (i = 0; i < n;) {
      ptrdiff_t end = i + 16 * W < n ? i + 16 * W : n;
      vf sums = splat(0);
      for (; i + W <= end; i += W) {
        vf e = v_exp(load(x + i) * factor - top);
        store(y + i, e);
        sums += e;
      }
      if (i < end) {
        vf e = v_exp(load_some(x + i, end - i) * factor - top);
        store_some(y + i, e, end - i);
        for (int j = 0; j < end - i; j++) sum += e[j];
        i = end;
      }
      sum += total_of(sums);
    }
    float total = (float)sum;
    for (i = 0; i + W <= n; i += W) store(y + i, load(y + i) / total);
    for (; i < n; i++) y[i] /= total;
  }
}

/// The sum of `x - less`, or of its square, over `n` elements.
INLINE double row_sum(const float* x, ptrdiff_t n, float less, const int squares) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < n;) {
    ptrdiff_t end = i + 16 * W < n ? i + 16 * W : n;
    vf sums = splat(0);
    for (; i + W <= end; i += W) {
      vf v = load(x + i) - less;
      sums += squares ? v * v : v;
    }
    for (int j = 0; j < W; j++) sum += sums[j];
    for (; i < end && i + W > n; i++) {
      float v = x[i] - less;
      sum += squares ? v * v : v;
    }
  }
  return sum;
}

static void normalize(const float* x, double epsilon, const float* scale, const float* after,
                      float* y, ptrdiff_t rows, ptrdiff_t n) {
  for (ptrdiff_t r = 0; r < rows; r++, x += n, y += n) {
    float mean = (float)(row_sum(x, n, 0, 0) / (double)n);
    double variance = row_sum(x, n, mean, 1) / (double)n;
    float inverse = (float)(1 / __builtin_elementwise_sqrt(variance + epsilon));
    for (ptrdiff_t j = 0; j < n; j += W) {
      ptrdiff_t count = n - j < W ? n - j : W;
      vf v = (load_first(x + j, count) - mean) * inverse;
      if (scale) v *= load_first(scale + j, count);
      if (after) v += load_first(after + j, count);
      store_first(y + j, v, count);
    }
  }
}

static double peak(ptrdiff_t rounds) {
  // What the compiler knew to stay the same would not be computed.
  volatile float unknown = 0.999f;
  vf sums[12], factor = splat(unknown), term = splat(1.0f - unknown);
#pragma clang loop unroll(full)
  for (int i = 0; i < 12; i++) sums[i] = splat((float)i * unknown);
  for (ptrdiff_t r = 0; r < rounds; r++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; i++) sums[i] = sums[i] * factor + term;
  volatile float kept;
#pragma clang loop unroll(full)
  for (int i = 0; i < 12; i++) kept = sums[i][0];
  (void)kept;
  return 2.0 * 12 * W * (double)rounds;
}
