// Vectors of W floats and the functions on them. Included once per instruction set, with W defined.

typedef float vf __attribute__((ext_vector_type(W)));
typedef int vi __attribute__((ext_vector_type(W)));
typedef vf vf_loose __attribute__((aligned(4), may_alias));
typedef float vh __attribute__((ext_vector_type(W / 2)));
typedef vh vh_loose __attribute__((aligned(4), may_alias));
typedef double vd __attribute__((ext_vector_type(W / 2)));
typedef long vl __attribute__((ext_vector_type(W / 2)));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float* p) { return *(const vf_loose*)p; }
INLINE void store(float* p, vf x) { *(vf_loose*)p = x; }
INLINE vf splat(float x) { return (vf)x; }
INLINE vi bits(vf x) { return __builtin_bit_cast(vi, x); }
INLINE vf from_bits(vi x) { return __builtin_bit_cast(vf, x); }
INLINE vf pick(vi mask, vf a, vf b) { return from_bits((mask & bits(a)) | (~mask & bits(b))); }
INLINE vd pickd(vl mask, vd a, vd b) {
  return __builtin_bit_cast(
      vd, (mask & __builtin_bit_cast(vl, a)) | (~mask & __builtin_bit_cast(vl, b)));
}

/// The first `n` elements, fewer than W, and 0 after them.
INLINE vf load_some(const float* p, ptrdiff_t n) {
#if defined(MASKED_LOAD)
  return (vf)MASKED_LOAD(p, n);
#else
  float t[W] __attribute__((aligned(64))) = {0};
  for (ptrdiff_t i = 0; i < n; i++) t[i] = p[i];
  return load(t);
#endif
}
INLINE void store_some(float* p, vf x, ptrdiff_t n) {
#if defined(MASKED_STORE)
  MASKED_STORE(p, n, x);
#else
  float t[W] __attribute__((aligned(64)));
  store(t, x);
  for (ptrdiff_t i = 0; i < n; i++) p[i] = t[i];
#endif
}

/// The first `n` elements, W at most.
INLINE vf load_first(const float* p, ptrdiff_t n) { return n == W ? load(p) : load_some(p, n); }
INLINE void store_first(float* p, vf x, ptrdiff_t n) {
  if (n == W)
    store(p, x);
  else
    store_some(p, x, n);
}

/// Whether an activation is 0 up to a bound, and then its argument up to another.
INLINE int clips(const hb_activation* f) { return f->function == hb_relu && f->a == 0; }
INLINE vf clipped_below(vf x, vf least) { return pick(x <= least, splat(0), x); }
INLINE vf clipped_above(vf x, vf most) { return pick(x > most, most, x); }
INLINE vf clipped(vf x, vf least, vf most) { return clipped_above(clipped_below(x, least), most); }

/// `exp(x + low)` for a small `low`, within 1 ulp; 0 below -104, infinite above 88.7, NaN for NaN.
INLINE vf v_exp_sum(vf x, vf low) {
  vf least = splat(-104.0f), most = splat(89.0f);
  vf t = pick(x < least, least, x);
  t = pick(t > most, most, t);
  vf shifted = t * 0x1.715476p+0f + 0x1.8p23f;
  vf whole = shifted - 0x1.8p23f;
  vf r = t - whole * 0x1.62e400p-1f;
  r = r - whole * 0x1.7f7d1cp-20f;
  r += low;
  vf p = splat(0x1.a01a02p-13f);
  p = p * r + 0x1.6c16c2p-10f;
  p = p * r + 0x1.111112p-7f;
  p = p * r + 0x1.555556p-5f;
  p = p * r + 0x1.555556p-3f;
  p = p * r + 0.5f;
  p = p * (r * r) + r;
#if defined(SCALED)
  return (vf)SCALED(p + 1.0f, whole);
#else
  vi n = bits(shifted) - bits(splat(0x1.8p23f));
  vi half = n >> 1;
  vf one = from_bits((half + 127) << 23), two = from_bits((n - half + 127) << 23);
  return (p * one + one) * two;
#endif
}

INLINE vf v_exp(vf x) { return v_exp_sum(x, splat(-0.0f)); }

/// `1 / (1 + exp(-x))`.
INLINE vf v_sigmoid(vf x) {
  vf e = v_exp(from_bits(bits(x) | (int)0x80000000));
  return pick(x < 0.0f, e, splat(1)) / (1.0f + e);
}

/// `tanh(x)`.
INLINE vf v_tanh(vf x) {
  vi sign = bits(x) & (int)0x80000000;
  vf a = from_bits(bits(x) ^ sign);
  vf e = v_exp(a + a);
  vf large = 1.0f - 2.0f / (e + 1.0f);
  vf s = a * a;
  vf p = splat(0x1.2d201ep-9f);
  p = p * s + -0x1.118f16p-7f;
  p = p * s + 0x1.64af96p-6f;
  p = p * s + -0x1.ba092ep-5f;
  p = p * s + 0x1.1110eap-3f;
  p = p * s + -0x1.555556p-2f;
  vf small = p * (s * a) + a;
  return from_bits(bits(pick(a < 0.625f, small, large)) | sign);
}

/// `x` times the normal distribution up to `x`.
INLINE vf v_gelu(vf x) {
  vf a = from_bits(bits(x) & 0x7fffffff);
  a = pick(a > 14.5f, splat(14.5f), a);
  // The square of `high` is exact, so that the exponent is too.
  vf high = from_bits(bits(a) & ~0xfff), low = (high - a) * (a + high) * 0.5f;
  vf e = v_exp_sum(high * high * -0.5f, low);
  // `(0.5 + z) * exp(z * z) * erfc(z)` as a polynomial in `(z - 2) / (z + 2)`.
  vf z = a * 0x1.6a09e6p-1f, up = z + 2.0f, down = 1.0f + (z + z);
  vf r = 1.0f / (up * down), q = (z - 2.0f) * (r * down);
  vf p = splat(-0x1.a1ad46p-13f);
  p = p * q + -0x1.4169d6p-11f;
  p = p * q + 0x1.58373ep-11f;
  p = p * q + 0x1.1abd38p-8f;
  p = p * q + -0x1.081f8ap-8f;
  p = p * q + -0x1.bc08e8p-6f;
  p = p * q + 0x1.4ffc54p-4f;
  p = p * q + -0x1.540852p-4f;
  p = p * q + -0x1.7bf618p-5f;
  p = p * q + 0x1.46e80ep-1f;
  vf tail = p * (r * up) * e;
  return x * pick(x < 0.0f, tail, 1.0f - tail);
}

/// `exp(x)` to about 1e-14, or with `brief` 1e-10; 0 below -700, infinite above 709.
INLINE vd d_exp_to(vd x, const int brief) {
  vd t = pickd(x < -700.0, (vd)-700.0, x);
  t = pickd(t > 709.0, (vd)709.0, t);
  vd shifted = t * 0x1.71547652b82fep+0 + 0x1.8p52;
  vl n = __builtin_bit_cast(vl, shifted) - __builtin_bit_cast(vl, (vd)0x1.8p52);
  vd whole = shifted - 0x1.8p52;
  vd r = t - whole * 0x1.62e42fefa39efp-1;
  r = r - whole * 0x1.abc9e3b39803fp-56;
  vd p = (vd)(1.0 / 40320);
  if (!brief) {
    p = (vd)(1.0 / 39916800);
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
  }
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  vd y = p * __builtin_bit_cast(vd, (n + 1023) << 52);
  y = pickd(x < -700.0, (vd)0.0, y);
  return pickd(x > 709.0, (vd)__builtin_inf(), y);
}
INLINE vd d_exp(vd x) { return d_exp_to(x, 1); }

/// `exp(x) - 1`, accurate enough to be rounded to float.
INLINE vd d_expm1(vd x) {
  vl small = (x < 1e-5) & (x > -1e-5);
  return pickd(small, x + x * x * 0.5, d_exp_to(x, 0) - 1.0);
}

/// `log(1 + z)` for `0 <= z <= 1`, to about 1e-11.
INLINE vd d_log1p(vd z) {
  vd s = z / (2.0 + z);
  vd q = s * s;
  vd p = (vd)(1.0 / 21);
  p = p * q + 1.0 / 19;
  p = p * q + 1.0 / 17;
  p = p * q + 1.0 / 15;
  p = p * q + 1.0 / 13;
  p = p * q + 1.0 / 11;
  p = p * q + 1.0 / 9;
  p = p * q + 1.0 / 7;
  p = p * q + 1.0 / 5;
  p = p * q + 1.0 / 3;
  p = p * q + 1.0;
  return 2.0 * s * p;
}
