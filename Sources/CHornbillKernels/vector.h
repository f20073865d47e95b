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

/// `exp(x)` within 1 ulp; 0 below -104, infinite above 88.7, NaN for NaN.
INLINE vf v_exp(vf x) {
  vf low = splat(-104.0f), high = splat(89.0f);
  vf t = pick(x < low, low, x);
  t = pick(t > high, high, t);
  vf shifted = t * 0x1.715476p+0f + 0x1.8p23f;
  vf whole = shifted - 0x1.8p23f;
  vf r = t - whole * 0x1.62e400p-1f;
  r = r - whole * 0x1.7f7d1cp-20f;
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

/// The coefficients of `log(erfc(z) / t) + z * z` as a polynomial in `t = 2 / (2 + z)`, highest
/// first.
static const double erfc_coefficients[] = {
    0.1858116289599533,  -1.3723493597421852, 4.391175958198026,  -7.8663472145353435,
    8.517235213942712,   -5.73266175770813,   2.649257529824258,  -1.0656825356334094,
    0.13302172068975562, 0.04742536389180884, 0.3788636311955989, 0.9997550214665967,
    -1.2655052003772902,
};
#define ERFC_COUNT (int)(sizeof erfc_coefficients / sizeof erfc_coefficients[0])

/// `erfc(x)` to about 1e-9 of its value.
INLINE vd d_erfc(vd x) {
  vd z = pickd(x < 0.0, -x, x);
  vd t = 2.0 / (2.0 + z);
  vd p = (vd)0.0;
  for (int i = 0; i < ERFC_COUNT; i++) p = p * t + erfc_coefficients[i];
  vd y = t * d_exp(p - z * z);
  return pickd(x < 0.0, 2.0 - y, y);
}
