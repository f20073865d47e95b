// Steps of recurrent layers. Included once per instruction set.

/// The distance of the rows of states; more than whole groups, so that rows fall into different cache
/// sets.
INLINE ptrdiff_t state_stride(ptrdiff_t units) { return (unit_groups(units) + 1) * W; }

/// What one step of a layer does to its units.
typedef enum cell_work { simple_work, lstm_work, gru_work, gru_gates_work, gru_state_work } cell_work;

/// The vectors of sums that a unit group has.
INLINE int gate_count(const cell_work work) {
  return work == lstm_work ? 4 : work == gru_work ? 3 : work == gru_gates_work ? 2 : 1;
}

/// The most vectors of sums of a tile.
#define MOST_SUMS (2 * ROWS)
/// Whether the sums of so many rows and groups fit into the registers, beside what they are made of.
INLINE int fits(const int rows, const int groups, const cell_work work) {
  const int vectors = groups * gate_count(work), factors = rows < vectors ? rows : vectors;
  return vectors <= 8 && rows * vectors <= MOST_SUMS &&
         rows * vectors + factors + 1 < (ROWS > 6 ? 32 : 16);
}

struct step_run;
typedef void step_function(const struct step_run* run, ptrdiff_t group0, ptrdiff_t group1,
                           int backwards);

/// Memory of a run of steps: what its states are before and after the step under way, with the units
/// of each row filled up to whole vectors.
typedef struct step_run {
  const hb_steps* s;
  /// Whether the activations are tanh and, for gates, sigmoid.
  int usual;
  /// A step of some groups of units, from the last one on where `backwards`.
  step_function* step;
  ptrdiff_t t;
  const float* packed;
  /// What is multiplied: the state, or a GRU's state after the reset.
  const float* from;
  const float* before;
  float* after;
  float* cell;
  /// The update gate and the state after the reset, for a GRU that resets before its product.
  float *update, *reset;
} step_run;

/// The sums of `rows` rows and `groups` groups from `group` on, `gates` vectors to a group.
INLINE void gate_sums(const int rows, const int groups, const int gates, const step_run* run,
                      ptrdiff_t row, ptrdiff_t group, vf total[MOST_SUMS]) {
  ptrdiff_t units = run->s->units, stride = state_stride(units);
  ptrdiff_t blocks = (units + DEPTH - 1) / DEPTH, start = 0;
  const float* b = run->packed + group * units * gates * W;
  const int vectors = groups * gates;
#define GATE_VECTOR(v) (b + (((v) / gates * units + p) * gates + (v) % gates) * W)
  vf sums[MOST_SUMS];
  for (ptrdiff_t block = 1; block <= blocks; block++) {
    ptrdiff_t end = units * block / blocks;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * vectors; i++) sums[i] = splat(0);
    // Three rows share a pointer, so that the addresses of a tile stay in registers.
    const float* left[(MOST_SUMS + 2) / 3];
#pragma clang loop unroll(full)
    for (int i = 0; i < (rows + 2) / 3; i++) left[i] = run->from + (row + 3 * i) * stride;
    for (ptrdiff_t p = start; p < end; p++) {
      // What there is less of waits in registers for what there is more of.
      if (rows >= vectors) {
        vf right[8];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) right[v] = load(GATE_VECTOR(v));
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
          vf factor = splat(left[r / 3][r % 3 * stride + p]);
#pragma clang loop unroll(full)
          for (int v = 0; v < vectors; v++)
            sums[r * vectors + v] = factor * right[v] + sums[r * vectors + v];
        }
      } else {
        vf factor[MOST_SUMS];
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) factor[r] = splat(left[r / 3][r % 3 * stride + p]);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
          vf right = load(GATE_VECTOR(v));
#pragma clang loop unroll(full)
          for (int r = 0; r < rows; r++)
            sums[r * vectors + v] = factor[r] * right + sums[r * vectors + v];
        }
      }
    }
    start = end;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * vectors; i++)
      total[i] = block == 1 ? sums[i] : total[i] + sums[i];
  }
#undef GATE_VECTOR
}

/// An activation of a vector.
static __attribute__((noinline)) void activate_vector(const hb_activation* f, float* x) {
  apply(*f, x, x, W);
}

/// A layer's activation of a vector: of the state when `usual` tanh, of a gate sigmoid.
INLINE vf activated(const int usual, const int is_gate, const step_run* run, vf x) {
  if (usual) return is_gate ? v_sigmoid(x) : v_tanh(x);
  float room[W] __attribute__((aligned(64)));
  store(room, x);
  activate_vector(is_gate ? &run->s->recurrent_activation : &run->s->activation, room);
  return load(room);
}

/// Whether a step of a row is left out.
INLINE int is_kept(const hb_steps* s, ptrdiff_t row, ptrdiff_t t) {
  return s->mask && !s->mask[row * s->mask_stride + t];
}

/// Ends a step for a group of units of a row, with its sums.
INLINE void finish_units(const cell_work work, const int usual, const step_run* run, ptrdiff_t row,
                         ptrdiff_t group, const vf* sums) {
  const hb_steps* s = run->s;
  ptrdiff_t groups = unit_groups(s->units), at = row * state_stride(s->units) + group * W;
  ptrdiff_t left = s->units - group * W, count = left < W ? left : W;
  ptrdiff_t gates = work == gru_gates_work || work == gru_state_work ? 3 : gate_count(work);
  const float* z = s->z + ((run->t * s->batch + row) * groups + group) * gates * W;
  float* out = s->output + row * s->output_stride + run->t * s->units + group * W;
  float* last = s->last_output ? s->last_output + row * s->units + group * W : 0;
  vf old = load(run->before + at), new;
  if (work != gru_gates_work && is_kept(s, row, run->t)) {
    store(run->after + at, old);
    store_first(out, s->zero_output ? splat(0) : load_first(last, count), count);
    return;
  }
#define GATE(x) activated(usual, 1, run, x)
#define STATE(x) activated(usual, 0, run, x)
  switch (work) {
    case simple_work:
      new = STATE(load(z) + sums[0]);
      break;
    case lstm_work: {
      vf i = GATE(load(z) + sums[0]), forget = GATE(load(z + W) + sums[1]);
      vf candidate = STATE(load(z + 2 * W) + sums[2]);
      vf o = GATE(load(z + 3 * W) + sums[3]);
      vf cell = forget * load(run->cell + at) + i * candidate;
      store(run->cell + at, cell);
      new = o * STATE(cell);
      break;
    }
    case gru_work: {
      const float* bias = s->recurrent_bias ? s->recurrent_bias + group * 3 * W : 0;
      vf inner[3];
#pragma clang loop unroll(full)
      for (int q = 0; q < 3; q++) inner[q] = bias ? sums[q] + load(bias + q * W) : sums[q];
      vf update = GATE(load(z) + inner[0]), reset = GATE(load(z + W) + inner[1]);
      vf candidate = STATE(load(z + 2 * W) + reset * inner[2]);
      new = update * old + (1.0f - update) * candidate;
      break;
    }
    case gru_gates_work:
      store(run->update + at, GATE(load(z) + sums[0]));
      store(run->reset + at, GATE(load(z + W) + sums[1]) * old);
      return;
    case gru_state_work: {
      vf candidate = STATE(load(z + 2 * W) + sums[0]), update = load(run->update + at);
      new = update * old + (1.0f - update) * candidate;
      break;
    }
  }
  store(run->after + at, new);
  store_first(out, new, count);
  if (last) store_first(last, new, count);
#undef STATE
#undef GATE
}

/// The sums of as many of the rows from `row` on as fit, and their number.
#define SUM_ROWS(GATES, GROUPS, WORK)                                                              \
  static __attribute__((noinline)) int sum_rows_##GATES##_##GROUPS(                                \
      const step_run* run, ptrdiff_t row, ptrdiff_t group, vf* sums) {                             \
    ptrdiff_t left = run->s->batch - row;                                                          \
    SOME_ROWS(12, GATES, GROUPS, WORK)                                                             \
    SOME_ROWS(8, GATES, GROUPS, WORK)                                                              \
    SOME_ROWS(6, GATES, GROUPS, WORK)                                                              \
    SOME_ROWS(4, GATES, GROUPS, WORK)                                                              \
    SOME_ROWS(3, GATES, GROUPS, WORK)                                                              \
    SOME_ROWS(2, GATES, GROUPS, WORK)                                                              \
    gate_sums(1, GROUPS, GATES, run, row, group, sums);                                            \
    return 1;                                                                                      \
  }
#define SOME_ROWS(R, GATES, GROUPS, WORK)                                  \
  if (fits(R, GROUPS, WORK) && left >= R) {                                \
    gate_sums(fits(R, GROUPS, WORK) ? R : 1, GROUPS, GATES, run, row, group, sums); \
    return R;                                                              \
  }
SUM_ROWS(1, 4, simple_work)
SUM_ROWS(1, 2, simple_work)
SUM_ROWS(1, 1, simple_work)
SUM_ROWS(2, 2, gru_gates_work)
SUM_ROWS(2, 1, gru_gates_work)
SUM_ROWS(3, 1, gru_work)
SUM_ROWS(4, 1, lstm_work)
#undef SOME_ROWS
#undef SUM_ROWS

/// The sums of some rows from `row` on and of `groups` groups; the number of rows.
INLINE int sum_rows(const cell_work work, const int groups, const step_run* run, ptrdiff_t row,
                    ptrdiff_t group, vf* sums) {
  switch (gate_count(work)) {
    case 1:
      return groups == 4   ? sum_rows_1_4(run, row, group, sums)
             : groups == 2 ? sum_rows_1_2(run, row, group, sums)
                           : sum_rows_1_1(run, row, group, sums);
    case 2:
      return groups == 2 ? sum_rows_2_2(run, row, group, sums)
                         : sum_rows_2_1(run, row, group, sums);
    case 3:
      return sum_rows_3_1(run, row, group, sums);
    default:
      return sum_rows_4_1(run, row, group, sums);
  }
}

/// A step of all rows and of `groups` groups of units.
INLINE void step_rows(const cell_work work, const int usual, const int groups,
                      const step_run* run, ptrdiff_t group) {
  const int gates = gate_count(work);
  ptrdiff_t batch = run->s->batch;
  vf sums[MOST_SUMS];
  if (batch == 1) {
    // The sums of one row stay in registers.
    gate_sums(1, groups, gates, run, 0, group, sums);
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++)
      finish_units(work, usual, run, 0, group + g, sums + g * gates);
    return;
  }
  ptrdiff_t row = 0;
  if (work == simple_work && usual && groups == 1 && run->s->units <= W) {
    // Those of four rows of a small layer do too.
    for (; row + 4 <= batch; row += 4) {
      gate_sums(4, 1, gates, run, row, group, sums);
#pragma clang loop unroll(full)
      for (int r = 0; r < 4; r++) finish_units(work, usual, run, row + r, group, sums + r);
    }
  }
  while (row < batch) {
    int rows = sum_rows(work, groups, run, row, group, sums);
#pragma clang loop unroll(disable)
    for (int i = 0; i < rows * groups; i++)
      finish_units(work, usual, run, row + i / groups, group + i % groups, sums + i * gates);
    row += rows;
  }
}

/// A step of all rows and of the groups `group0..<group1`, from the last one on where `backwards`: what
/// was read last of a large matrix is then read first, while it is still near.
INLINE void step_groups(const cell_work work, const int usual, const step_run* run,
                        ptrdiff_t group0, ptrdiff_t group1, int backwards) {
  const int gates = gate_count(work);
  ptrdiff_t batch = run->s->batch, done = 0;
  // The groups that give eight sums, fewer of which would wait for each other.
  ptrdiff_t most = batch == 1 ? 8 / gates : batch < 4 ? 4 / gates : gates == 1 && ROWS < 8 ? 2 : 1;
  while (done < group1 - group0) {
    ptrdiff_t left = group1 - group0 - done, groups = 1;
    while (2 * groups <= most && 2 * groups <= left) groups *= 2;
    ptrdiff_t group = backwards ? group1 - done - groups : group0 + done;
    if (groups == 1)
      step_rows(work, usual, 1, run, group);
    else if (4 * gates <= 8 && groups == 4)
      step_rows(work, usual, 4 * gates <= 8 ? 4 : 1, run, group);
    else if (gates == 1 && groups == 8)
      step_rows(work, usual, gates == 1 ? 8 : 1, run, group);
    else
      step_rows(work, usual, 2, run, group);
    done += groups;
  }
}

#define STEP(WORK)                                                                               \
  static void step_##WORK(const step_run* run, ptrdiff_t group0, ptrdiff_t group1,               \
                          int backwards) {                                                       \
    if (run->usual)                                                                              \
      step_groups(WORK, 1, run, group0, group1, backwards);                                      \
    else                                                                                         \
      step_groups(WORK, 0, run, group0, group1, backwards);                                      \
  }
STEP(simple_work)
STEP(lstm_work)
STEP(gru_work)
STEP(gru_gates_work)
STEP(gru_state_work)
#undef STEP

/// The share of a step that one of the threads has.
static void step_part(void* context, int part) {
  const step_run* run = context;
  ptrdiff_t groups = unit_groups(run->s->units), parts = run->s->parts;
  run->step(run, groups * part / parts, groups * (part + 1) / parts, run->t & 1);
}

INLINE void run_step(step_run* run, step_function* step, const float* packed, const float* from) {
  run->step = step;
  run->packed = packed;
  run->from = from;
  if (run->s->parts > 1)
    hb_pool_run(run->s->pool, run->s->parts, step_part, run);
  else
    step(run, 0, unit_groups(run->s->units), run->t & 1);
}

/// Fills rows of states up to whole vectors.
static void fill_states(const float* from, ptrdiff_t units, float* to, ptrdiff_t rows) {
  for (ptrdiff_t r = 0; r < rows; r++, from += units, to += state_stride(units))
    for (ptrdiff_t j = 0; j < units; j += W)
      store(to + j, load_first(from + j, units - j < W ? units - j : W));
}

/// Copies the units of rows of states.
static void copy_states(const float* from, float* to, ptrdiff_t units, ptrdiff_t rows) {
  for (ptrdiff_t r = 0; r < rows; r++, from += state_stride(units), to += units)
    copy_floats(to, from, units);
}

/// Runs the steps; a masked one keeps the states.
static void steps(const hb_steps* s) {
  ptrdiff_t u = s->units, size = s->batch * state_stride(u);
  float* states[2] = {s->scratch, s->scratch + size};
  int has_usual_gates =
      s->cell == hb_simple_rnn || s->recurrent_activation.function == hb_sigmoid;
  step_run run = {.s = s,
                  .usual = s->activation.function == hb_tanh && has_usual_gates,
                  .cell = s->scratch + 2 * size,
                  .update = s->scratch + 2 * size,
                  .reset = s->scratch + 3 * size};
  step_function* step = s->cell == hb_lstm  ? step_lstm_work
                        : s->cell == hb_gru ? step_gru_work
                                            : step_simple_work;
  fill_states(s->hidden_before, u, states[0], s->batch);
  if (s->cell == hb_lstm) fill_states(s->cell_before, u, run.cell, s->batch);
  for (; run.t < s->steps; run.t++) {
    run.before = states[run.t & 1];
    run.after = states[~run.t & 1];
    if (s->cell == hb_gru && !s->reset_after) {
      run_step(&run, step_gru_gates_work, s->packed, run.before);
      run_step(&run, step_gru_state_work, s->packed_candidate, run.reset);
    } else {
      run_step(&run, step, s->packed, run.before);
    }
  }
  copy_states(states[s->steps & 1], s->hidden, u, s->batch);
  if (s->cell == hb_lstm) copy_states(run.cell, s->cell_state, u, s->batch);
}
