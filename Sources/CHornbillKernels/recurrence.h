// Steps of recurrent layers. Included once per instruction set.

/// `z (batch, n) += h (batch, units) * packed`.
static void project(const float* h, const float* packed, float* z, ptrdiff_t batch, ptrdiff_t units,
                    ptrdiff_t n, ptrdiff_t z_stride, int adding, const float* bias,
                    float* scratch) {
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

/// Runs the steps; a masked one keeps the states.
static void steps(const hb_steps* s) {
  ptrdiff_t u = s->units, b = s->batch;
  ptrdiff_t gates = s->cell == hb_simple_rnn ? 1 : s->cell == hb_lstm ? 4 : 3;
  ptrdiff_t width = gates * u;
  float *room = s->scratch, *product_room = s->scratch + 4 * b * u;
  for (ptrdiff_t t = 0; t < s->steps; t++) {
    float* z = s->z + t * b * width;
    float* inner = room;
    if (s->cell == hb_gru) {
      if (s->reset_after) {
        project(s->hidden, s->packed, inner, b, u, width, width, 0, s->recurrent_bias,
                product_room);
      } else {
        project(s->hidden, s->packed, z, b, u, 2 * u, width, 1, 0, product_room);
        for (ptrdiff_t r = 0; r < b; r++) {
          float* row = z + r * width;
          apply(s->recurrent_activation, row, row, 2 * u);
          for (ptrdiff_t j = 0; j < u; j++) inner[r * u + j] = row[u + j] * s->hidden[r * u + j];
        }
        project(inner, s->packed_candidate, z + 2 * u, b, u, u, width, 1, 0, product_room);
      }
    } else {
      project(s->hidden, s->packed, z, b, u, width, width, 1, 0, product_room);
    }
    for (ptrdiff_t r = 0; r < b; r++) {
      float *row = z + r * width, *h = s->hidden + r * u;
      float* out = s->output + r * s->output_stride + t * u;
      if (s->mask && !s->mask[r * s->mask_stride + t]) {
        if (s->zero_output) {
          for (ptrdiff_t j = 0; j < u; j++) out[j] = 0;
        } else {
          __builtin_memcpy(out, s->last_output + r * u, (size_t)u * sizeof(float));
        }
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
      __builtin_memcpy(out, h, (size_t)u * sizeof(float));
      if (s->last_output) __builtin_memcpy(s->last_output + r * u, h, (size_t)u * sizeof(float));
    }
  }
}
