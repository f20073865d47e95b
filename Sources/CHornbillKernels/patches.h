// The patches that windows cover, as rows of a matrix. Included once per instruction set.

INLINE void copy_floats(float* to, const float* from, ptrdiff_t count) {
  for (; count >= W; count -= W, to += W, from += W) store(to, load(from));
  if (count > 0) store_some(to, load_some(from, count), count);
}

INLINE void clear_floats(float* to, ptrdiff_t count) {
  if (count > 0) __builtin_memset(to, 0, (size_t)count * sizeof(float));
}

/// A position of a window: the place of its first cell, which may lie outside.
typedef struct corner {
  ptrdiff_t sample, z, y, x;
} corner;

/// The corner of position `r`.
INLINE corner corner_at(const hb_window* w, ptrdiff_t r) {
  ptrdiff_t x = r % w->positions[2], rest = r / w->positions[2];
  ptrdiff_t y = rest % w->positions[1];
  rest /= w->positions[1];
  return (corner){rest / w->positions[0], rest % w->positions[0] * w->stride[0] - w->before[0],
                  y * w->stride[1] - w->before[1], x * w->stride[2] - w->before[2]};
}

/// Moves to the next position.
INLINE void advance(const hb_window* w, corner* c) {
  c->x += w->stride[2];
  if (c->x + w->before[2] < w->positions[2] * w->stride[2]) return;
  c->x = -w->before[2];
  c->y += w->stride[1];
  if (c->y + w->before[1] < w->positions[1] * w->stride[1]) return;
  c->y = -w->before[1];
  c->z += w->stride[0];
  if (c->z + w->before[0] < w->positions[0] * w->stride[0]) return;
  c->z = -w->before[0];
  c->sample++;
}

/// Copies terms `p0..<p1` of the patches that a window covers at `rows` positions from `row0` on;
/// cells outside are 0.
static void copy_patches(const hb_window* w, ptrdiff_t row0, ptrdiff_t rows, ptrdiff_t p0,
                         ptrdiff_t p1, float* scratch) {
  ptrdiff_t channels = w->channels, extent = w->extent[2], stride = w->place_stride;
  // A row of cells is one run of memory when nothing lies between its places.
  int is_run = w->dilation[2] == 1 && stride == channels;
  ptrdiff_t line = w->size[2] * channels;
  ptrdiff_t line0 = p0 / line, at0 = p0 % line;
  ptrdiff_t cy0 = line0 % w->size[1], cz0 = line0 / w->size[1];
  corner c = corner_at(w, row0);
  for (ptrdiff_t r = 0; r < rows; r++, advance(w, &c), scratch += ROW_STRIDE) {
    float* to = scratch;
    ptrdiff_t left = p1 - p0, at = at0, cy = cy0, cz = cz0;
    while (left > 0) {
      ptrdiff_t count = line - at < left ? line - at : left;
      ptrdiff_t py = c.y + cy * w->dilation[1], pz = c.z + cz * w->dilation[0];
      if (py < 0 || py >= w->extent[1] || pz < 0 || pz >= w->extent[0]) {
        clear_floats(to, count);
      } else {
        const float* from =
            w->x + ((c.sample * w->extent[0] + pz) * w->extent[1] + py) * extent * stride;
        if (is_run) {
          // The terms of the line that lie inside are `first..<last`.
          ptrdiff_t first = -c.x * channels, last = (extent - c.x) * channels, end = at + count;
          first = first < at ? at : first > end ? end : first;
          last = last > end ? end : last < first ? first : last;
          clear_floats(to, first - at);
          copy_floats(to + (first - at), from + (c.x * channels + first), last - first);
          clear_floats(to + (last - at), end - last);
        } else {
          ptrdiff_t rest = count, cx = at / channels, channel = at % channels;
          float* part = to;
          while (rest > 0) {
            ptrdiff_t width = channels - channel < rest ? channels - channel : rest;
            ptrdiff_t px = c.x + cx * w->dilation[2];
            if (px >= 0 && px < extent)
              copy_floats(part, from + px * stride + channel, width);
            else
              clear_floats(part, width);
            part += width;
            rest -= width;
            channel = 0;
            cx++;
          }
        }
      }
      to += count;
      left -= count;
      at = 0;
      if (++cy == w->size[1]) {
        cy = 0;
        cz++;
      }
    }
  }
}

