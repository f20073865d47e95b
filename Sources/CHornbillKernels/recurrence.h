// Steps of recurrent layers. Included once per instruction set.

/// `to = sums + h * packed [+ bias]` for one row; `sums` may be null. What was read last at one step
/// is read first at the next where `backwards` alternates, so that some of a large matrix is still
/// near.
static void project_row(const float* h, const float* packed, const float* sums, float* to,
                        ptrdiff_t units, ptrdiff_t n, const float* bias, int backwards) {
  ptrdiff_t panels = (n + PANEL - 1) / PANEL, groups = (panels + 3) / 4;
  ptrdiff_t blocks = term_blocks(units, n);
  for (ptrdiff_t i = 0; i < groups; i++) {
    ptrdiff_t panel = 4 * (backwards ? groups - 1 - i : i);
    ptrdiff_t count = panels - panel < 4 ? panels - panel : 4;
    target whole = {.c = to, .sums = sums, .columns = n};
    target t = moved(whole, 0, panel * PANEL);
    for (ptrdiff_t b = 1, start = 0; b <= blocks; b++) {
      ptrdiff_t end = units * b / blocks;
      if (b == blocks && bias) t.bias = bias + panel * PANEL;
      any_tile(1, (int)count, end - start, h + start,
               packed + panel * PANEL * units + start * PANEL, PANEL * units, &t);
      t.sums = t.c;
      start = end;
    }
  }
}

/// The bytes of a recurrent matrix that several rows read one after another without losing it.
#define NEAR_BYTES 8192

/// `z (batch, n) = h (batch, units) * packed [+ z] [+ bias]`.
static void project(const float* h, const float* packed, float* z, ptrdiff_t batch, ptrdiff_t units,
                    ptrdiff_t n, ptrdiff_t z_stride, int adding, const float* bias, int backwards,
                    float* scratch) {
  if (batch == 1 || units * n * (ptrdiff_t)sizeof(float) <= NEAR_BYTES) {
    for (ptrdiff_t r = 0; r < batch; r++, h += units, z += z_stride)
      project_row(h, packed, adding ? z : 0, z, units, n, bias, backwards);
    return;
  }
  hb_product p = {.rows = {h, batch, 0, units, 1},
                  .packed = packed,
                  .bias = bias,
                  .c = z,
                  .m = batch,
                  .n = n,
                  .k = units,
                  .c_stride = z_stride,
                  .adding = adding};
  product(&p, 0, batch, 0, (n + PANEL - 1) / PANEL, scratch);
}

/// The gates of an LSTM with the default activations.
INLINE void lstm_gates(const float* z, float* c, float* h, ptrdiff_t units) {
  ptrdiff_t j = 0;
  for (; j + W <= units; j += W) {
    vf i = v_sigmoid(load(z + j)), f = v_sigmoid(load(z + units + j));
    vf g = v_tanh(load(z + 2 * units + j)), o = v_sigmoid(load(z + 3 * units + j));
    vf state = f * load(c + j) + i * g;
    store(c + j, state);
    store(h + j, o * v_tanh(state));
  }
  ptrdiff_t n = units - j;
  if (n > 0) {
    vf i = v_sigmoid(load_some(z + j, n)), f = v_sigmoid(load_some(z + units + j, n));
    vf g = v_tanh(load_some(z + 2 * units + j, n)), o = v_sigmoid(load_some(z + 3 * units + j, n));
    vf state = f * load_some(c + j, n) + i * g;
    store_some(c + j, state, n);
    store_some(h + j, o * v_tanh(state), n);
  }
}

static void lstm_row(const hb_steps* s, float* z, float* c, float* h, float* room) {
  ptrdiff_t u = s->units;
  if (s->activation.function == hb_tanh && s->recurrent_activation.function == hb_sigmoid) {
    lstm_gates(z, c, h, u);
    return;
  }
  apply(s->recurrent_activation, z, z, 2 * u);
  apply(s->activation, z + 2 * u, z + 2 * u, u);
  apply(s->recurrent_activation, z + 3 * u, z + 3 * u, u);
  for (ptrdiff_t j = 0; j < u; j++) c[j] = z[u + j] * c[j] + z[j] * z[2 * u + j];
  apply(s->activation, c, room, u);
  for (ptrdiff_t j = 0; j < u; j++) h[j] = z[3 * u + j] * room[j];
}

/// A GRU's new state from its gates, `z` and `r` done, the candidate not.
static void gru_row(const hb_steps* s, float* z, float* h) {
  ptrdiff_t u = s->units;
  float* candidate = z + 2 * u;
  apply(s->activation, candidate, candidate, u);
  for (ptrdiff_t j = 0; j < u; j++) h[j] = z[j] * h[j] + (1.0f - z[j]) * candidate[j];
}

/// The rows of a small layer whose steps are under way at once, to hide how long each one takes.
#define SMALL_ROWS 4

/// One step of rows of a simple layer of at most a panel of units with the default activation. `near`
/// is a panel for each row with its state, which is read element by element: whole vectors are stored
/// there, since a part of one would have to reach the cache before it could be read.
INLINE void small_simple_rows(const int rows, const int vectors, const float* z,
                              const float* packed, const float* near, ptrdiff_t units,
                              vf next[SMALL_ROWS][2]) {
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) next[r][v] = splat(0);
  for (ptrdiff_t p = 0; p < units; p++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      vf right = load(packed + p * PANEL + v * W);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++)
        next[r][v] = splat(near[r * PANEL + p]) * right + next[r][v];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      ptrdiff_t left = units - v * W;
      next[r][v] = v_tanh(next[r][v] + load_first(z + r * units + v * W, left < W ? left : W));
    }
}

/// Puts the state of a row and step that is left out into the output.
static void keep_output(const hb_steps* s, ptrdiff_t r, float* out) {
  ptrdiff_t u = s->units;
  if (s->zero_output) {
    for (ptrdiff_t j = 0; j < u; j++) out[j] = 0;
  } else {
    copy_floats(out, s->last_output + r * u, u);
  }
}

INLINE int is_kept(const hb_steps* s, ptrdiff_t r, ptrdiff_t t) {
  return s->mask && !s->mask[r * s->mask_stride + t];
}

/// Step `t` of rows `r..<r + rows` of a small layer.
INLINE void small_step(const int rows, const int vectors, const hb_steps* s, ptrdiff_t t,
                       ptrdiff_t r, float* near) {
  ptrdiff_t u = s->units;
  vf next[SMALL_ROWS][2];
  small_simple_rows(rows, vectors, s->z + (t * s->batch + r) * u, s->packed, near + r * PANEL, u,
                    next);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    float* out = s->output + (r + i) * s->output_stride + t * u;
    if (is_kept(s, r + i, t)) {
      keep_output(s, r + i, out);
      continue;
    }
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      ptrdiff_t left = u - v * W < W ? u - v * W : W;
      store(near + (r + i) * PANEL + v * W, next[i][v]);
      store_first(out + v * W, next[i][v], left);
      store_first(s->hidden + (r + i) * u + v * W, next[i][v], left);
      if (s->last_output) store_first(s->last_output + (r + i) * u + v * W, next[i][v], left);
    }
  }
}

/// Runs the steps of a small layer; `near` has a panel for each row.
static void small_steps(const hb_steps* s, float* near) {
  for (ptrdiff_t r = 0; r < s->batch; r++)
    copy_floats(near + r * PANEL, s->hidden + r * s->units, s->units);
#define SMALL(VECTORS)                                                  \
  for (ptrdiff_t t = 0; t < s->steps; t++) {                            \
    ptrdiff_t r = 0;                                                    \
    for (; r + SMALL_ROWS <= s->batch; r += SMALL_ROWS)                 \
      small_step(SMALL_ROWS, VECTORS, s, t, r, near);                   \
    for (; r < s->batch; r++) small_step(1, VECTORS, s, t, r, near);    \
  }
  if (s->units <= W) {
    SMALL(1)
  } else {
    SMALL(2)
  }
#undef SMALL
}

/// Runs the steps; a masked one keeps the states.
static void steps(const hb_steps* s) {
  ptrdiff_t u = s->units, b = s->batch;
  ptrdiff_t gates = s->cell == hb_simple_rnn ? 1 : s->cell == hb_lstm ? 4 : 3;
  ptrdiff_t width = gates * u;
  int is_small = s->cell == hb_simple_rnn && u <= PANEL && b <= ROW_BLOCK &&
                 s->activation.function == hb_tanh;
  float *room = s->scratch, *product_room = s->scratch + 4 * b * u;
  if (is_small) {
    small_steps(s, product_room);
    return;
  }
  for (ptrdiff_t t = 0; t < s->steps; t++) {
    float* z = s->z + t * b * width;
    float* inner = room;
    if (s->cell == hb_gru) {
      if (s->reset_after) {
        project(s->hidden, s->packed, inner, b, u, width, width, 0, s->recurrent_bias, t & 1,
                product_room);
      } else {
        project(s->hidden, s->packed, z, b, u, 2 * u, width, 1, 0, t & 1, product_room);
        for (ptrdiff_t r = 0; r < b; r++) {
          float* row = z + r * width;
          apply(s->recurrent_activation, row, row, 2 * u);
          for (ptrdiff_t j = 0; j < u; j++) inner[r * u + j] = row[u + j] * s->hidden[r * u + j];
        }
        project(inner, s->packed_candidate, z + 2 * u, b, u, u, width, 1, 0, t & 1, product_room);
      }
    } else {
      project(s->hidden, s->packed, z, b, u, width, width, 1, 0, t & 1, product_room);
    }
    for (ptrdiff_t r = 0; r < b; r++) {
      float *row = z + r * width, *h = s->hidden + r * u;
      float* out = s->output + r * s->output_stride + t * u;
      if (is_kept(s, r, t)) {
        keep_output(s, r, out);
        continue;
      }
      switch (s->cell) {
        case hb_simple_rnn:
          apply(s->activation, row, h, u);
          break;
        case hb_lstm:
          lstm_row(s, row, s->cell_state + r * u, h, room + r * 4 * u);
          break;
        case hb_gru:
          if (s->reset_after) {
            float* in = inner + r * width;
            for (ptrdiff_t j = 0; j < 2 * u; j++) row[j] += in[j];
            apply(s->recurrent_activation, row, row, 2 * u);
            for (ptrdiff_t j = 0; j < u; j++) row[2 * u + j] += row[u + j] * in[2 * u + j];
          }
          gru_row(s, row, h);
          break;
      }
      copy_floats(out, h, u);
      if (s->last_output) copy_floats(s->last_output + r * u, h, u);
    }
  }
}
