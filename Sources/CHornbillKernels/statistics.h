// Statistics of many numbers. Included once per instruction set.

/// The numbers that are looked at twice while they are in the nearest cache.
#define STATISTICS_BLOCK 2048

typedef vf vf_anywhere __attribute__((aligned(1), may_alias));

INLINE vf load_anywhere(const unsigned char* p) { return *(const vf_anywhere*)p; }
INLINE float number_at(const unsigned char* p) {
  float x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}
INLINE vd low_half(vf x) { return __builtin_convertvector(x.lo, vd); }
INLINE vd high_half(vf x) { return __builtin_convertvector(x.hi, vd); }
INLINE double total(vd x) {
  double sum = 0;
  for (int i = 0; i < W / 2; i++) sum += x[i];
  return sum;
}

/// Joins what is known of two parts (Chan, Golub and LeVeque).
static void join(hb_statistics* s, double count, double sum, double squares) {
  if (count == 0) return;
  double both = s->count + count;
  if (s->count > 0) {
    double apart = sum / count - s->sum / s->count;
    squares += apart * apart * s->count * count / both;
  }
  s->count = both;
  s->sum += sum;
  s->squares += squares;
}

static void statistics(const void* numbers, ptrdiff_t n, hb_statistics* s) {
  const unsigned char* p = numbers;
  const float infinity = __builtin_inff();
  for (ptrdiff_t start = 0; start < n; start += STATISTICS_BLOCK, p += 4 * STATISTICS_BLOCK) {
    ptrdiff_t size = n - start < STATISTICS_BLOCK ? n - start : STATISTICS_BLOCK;
    ptrdiff_t whole = size / W * W;
    vf least = splat(infinity), greatest = splat(-infinity);
    vd low = (vd)0.0, high = (vd)0.0;
    vi zeros = (vi)0, special = (vi)0;
    for (ptrdiff_t i = 0; i < whole; i += W) {
      vf x = load_anywhere(p + 4 * i);
      special |= (bits(x) & 0x7F800000) == 0x7F800000;
      zeros -= (vi)(x == splat(0));
      least = pick((vi)(x < least), x, least);
      greatest = pick((vi)(x > greatest), x, greatest);
      low += low_half(x);
      high += high_half(x);
    }
    int has_special = 0;
    for (int i = 0; i < W; i++) has_special |= special[i];
    if (has_special) whole = 0;
    double count = (double)whole, sum = 0, squares = 0;
    if (whole) {
      sum = total(low + high);
      for (int i = 0; i < W; i++) {
        s->zeros += zeros[i];
        if (least[i] < s->least) s->least = least[i];
        if (greatest[i] > s->greatest) s->greatest = greatest[i];
      }
    }
    for (ptrdiff_t i = whole; i < size; i++) {
      float x = number_at(p + 4 * i);
      if (!__builtin_isfinite(x)) {
        if (x != x) s->nans++;
        else s->infinities++;
        continue;
      }
      s->zeros += x == 0;
      if (x < s->least) s->least = x;
      if (x > s->greatest) s->greatest = x;
      sum += x;
      count++;
    }
    if (count == 0) continue;
    double mean = sum / count;
    vd middle = (vd)mean;
    low = high = (vd)0.0;
    for (ptrdiff_t i = 0; i < whole; i += W) {
      vf x = load_anywhere(p + 4 * i);
      vd a = low_half(x) - middle, b = high_half(x) - middle;
      low += a * a;
      high += b * b;
    }
    squares = total(low + high);
    for (ptrdiff_t i = whole; i < size; i++) {
      double x = number_at(p + 4 * i);
      if (__builtin_isfinite(x)) squares += (x - mean) * (x - mean);
    }
    join(s, count, sum, squares);
  }
}
