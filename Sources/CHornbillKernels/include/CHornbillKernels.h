#ifndef HORNBILL_KERNELS_H
#define HORNBILL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Functions of one number that the kernels know.
typedef enum hb_function {
  hb_linear,
  hb_relu,
  hb_leaky_relu,
  hb_elu,
  hb_gelu,
  hb_gelu_tanh,
  hb_sigmoid,
  hb_tanh,
  hb_exponential,
  hb_softplus,
  hb_softsign,
  hb_silu,
  hb_mish,
  hb_hard_sigmoid,
  hb_hard_silu
} hb_function;

/// An elementwise function with its parameters.
///
/// relu: `x > c ? min(x, b) : a * (x - c)`; leaky_relu: `x >= 0 ? x : a * x`; elu:
/// `b * (x > 0 ? x : a * expm1(x))`; hard_sigmoid, and hard_silu times `x`: `clip(a * x + b, 0, c)
/// / c`. The others have none.
typedef struct hb_activation {
  hb_function function;
  double a, b, c;
} hb_activation;

/// Where the rows of a matrix product's left operand are.
///
/// Row `r` starts at `x + (r / inner) * outer_stride + (r % inner) * row_stride`; its elements are
/// `column_stride` apart.
typedef struct hb_rows {
  const float* x;
  ptrdiff_t inner;
  ptrdiff_t outer_stride;
  ptrdiff_t row_stride;
  ptrdiff_t column_stride;
} hb_rows;

/// A matrix to be packed: `k` times `n` elements, `n` rounded up to whole panels.
typedef struct hb_matrix {
  /// The first of the floats, which need not be aligned.
  const void* elements;
  ptrdiff_t row_stride;
  ptrdiff_t column_stride;
  ptrdiff_t k, n;
  /// What each column is multiplied by, or null.
  const double* scale;
} hb_matrix;

/// A sliding window over `(batch, extent[0], extent[1], extent[2], ...)`; unused axes come first
/// and have extent 1.
typedef struct hb_window {
  const float* x;
  ptrdiff_t extent[3];
  ptrdiff_t positions[3];
  ptrdiff_t size[3];
  ptrdiff_t stride[3];
  ptrdiff_t dilation[3];
  ptrdiff_t before[3];
  /// Elements between spatial places, and the channels of each that are read.
  ptrdiff_t place_stride;
  ptrdiff_t channels;
} hb_window;

/// `c (m, n) = a (m, k) * b (k, n) [+ c] [+ bias], then an activation`.
typedef struct hb_product {
  /// The left operand: rows of a matrix, or when `window` is not null the patches that it covers,
  /// one to a row.
  hb_rows rows;
  const hb_window* window;
  /// The right operand as `pack` leaves it.
  const float* packed;
  /// `n` elements, or null.
  const float* bias;
  float* c;
  ptrdiff_t m, n, k;
  ptrdiff_t c_stride;
  /// Nonzero to add to what `c` holds.
  int adding;
  hb_activation activation;
  /// For `winograd`: the right operand as the model has it, the matrix `(channels, n)` of each of the
  /// 3 by 3 cells after the other.
  const hb_matrix* kernel;
} hb_product;

/// Threads that sleep until there is work.
typedef struct hb_pool hb_pool;

typedef enum hb_cell { hb_simple_rnn, hb_lstm, hb_gru } hb_cell;

/// Some steps of a recurrent layer, whose inputs are already projected.
///
/// Units stand in groups of `lanes`, the last one filled up; a group has the vectors of its gates side
/// by side, as `pack_gates` leaves them.
typedef struct hb_steps {
  hb_cell cell;
  /// Batch rows, steps and units.
  ptrdiff_t batch, steps, units;
  /// `(steps, batch, groups, gates, lanes)`: the projected inputs with their bias.
  const float* z;
  /// The recurrent kernel in panels of one group; a GRU that resets before its product has its
  /// candidate's part in `packed_candidate`.
  const float* packed;
  const float* packed_candidate;
  /// GRU: the bias of the recurrent product as a row of groups, or null.
  const float* recurrent_bias;
  /// GRU: nonzero when the reset gate comes after the product.
  int reset_after;
  hb_activation activation, recurrent_activation;
  /// `(batch, units)`: the states before the first step and after the last; those of the cell for LSTM
  /// alone. Both may be the same memory.
  const float* hidden_before;
  const float* cell_before;
  float* hidden;
  float* cell_state;
  /// The mask of step 0 of row 0, 1 to keep; null when there is none. Rows are `mask_stride` apart.
  const int64_t* mask;
  ptrdiff_t mask_stride;
  int zero_output;
  /// The place of step 0 of row 0 in the sequence; rows are `output_stride` apart, steps `units`.
  float* output;
  ptrdiff_t output_stride;
  /// `(batch, units)`: the last outputs, updated. Null without a mask.
  float* last_output;
  /// Room for 4 times `batch` rows of whole groups and one more.
  float* scratch;
  /// The threads that share each step by groups of units, in so many parts; 1 for none.
  hb_pool* pool;
  int parts;
} hb_steps;

/// What is known of numbers; the first four are those of the finite ones.
///
/// Before the first number `least` is infinite, `greatest` infinite below 0, and the rest 0.
typedef struct hb_statistics {
  double least, greatest;
  double sum;
  /// The sum of the squared distances from the mean.
  double squares;
  /// How many are finite.
  double count;
  ptrdiff_t zeros, nans, infinities;
} hb_statistics;

/// The kernels for one instruction set.
typedef struct hb_kernels {
  const char* name;
  /// The columns of a panel of a packed matrix.
  ptrdiff_t panel;
  /// Packs rows `row0..<row1` of panels `panel0..<panel1` of a matrix into its packed form.
  void (*pack)(const hb_matrix* b, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
               ptrdiff_t panel1, float* packed);
  /// The units of a group of a recurrent layer.
  ptrdiff_t lanes;
  /// Packs `k` rows of the gates of a recurrent layer, `row_stride` apart and each `gates` times `units`
  /// columns, into panels of `vectors` vectors of `lanes`: group by group, in each gate by gate. The
  /// floats need not be aligned.
  void (*pack_gates)(const void* b, ptrdiff_t row_stride, ptrdiff_t k, ptrdiff_t units,
                     ptrdiff_t gates, ptrdiff_t vectors, float* packed);
  /// The elements of scratch memory that a product needs for each thread.
  ptrdiff_t product_scratch;
  /// Computes rows `row0..<row1` of panels `panel0..<panel1`.
  void (*product)(const hb_product* p, ptrdiff_t row0, ptrdiff_t row1, ptrdiff_t panel0,
                  ptrdiff_t panel1, float* scratch);
  /// Packs channels `channel0..<channel1` of a kernel of `winograd`, whose `k` is the number of channels,
  /// into its packed form: `16 * k` times `n` elements, `n` rounded up to whole panels.
  void (*winograd_pack)(const hb_matrix* kernel, ptrdiff_t channel0, ptrdiff_t channel1,
                        float* packed);
  /// The elements of scratch memory that `winograd` needs for each thread.
  ptrdiff_t (*winograd_scratch)(ptrdiff_t channels);
  /// Computes tiles `tile0..<tile1` of panels `panel0..<panel1` of a convolution of 3 by 3 cells over
  /// the last two axes, without strides or dilation; a tile is two by two positions, or those of them
  /// that exist. `p` has a window, and `k` is not read.
  void (*winograd)(const hb_product* p, ptrdiff_t tile0, ptrdiff_t tile1, ptrdiff_t panel0,
                   ptrdiff_t panel1, float* scratch);
  /// Runs steps of a recurrent layer.
  void (*steps)(const hb_steps* s);
  /// `y = f(x)`; `x` and `y` may be the same.
  void (*apply)(hb_activation f, const float* x, float* y, ptrdiff_t n);
  /// `y = f((x + before) * scale + after)` along rows of `n` elements, a number for each column; null
  /// for one that does nothing. `x` and `y` may be the same.
  void (*affine)(const float* x, const float* before, const float* scale, const float* after,
                 hb_activation f, float* y, ptrdiff_t rows, ptrdiff_t n);
  /// `y = (x - mean) / sqrt(variance + epsilon) * scale + after` with the mean and the variance of each
  /// row of `n` elements; null for a `scale` or an `after` that does nothing. `x` and `y` may be the
  /// same.
  void (*normalize)(const float* x, double epsilon, const float* scale, const float* after,
                    float* y, ptrdiff_t rows, ptrdiff_t n);
  /// Of `x` times a positive factor, along rows of `n` elements; `x` and `y` may be the same.
  void (*softmax)(const float* x, float factor, float* y, ptrdiff_t rows, ptrdiff_t n);
  /// A convolution of each channel alone, `multiplier` filters to a channel: positions
  /// `row0..<row1` of `y`, with the bias (or null) and the activation.
  void (*depthwise)(const hb_window* w, const float* kernel, ptrdiff_t multiplier,
                    const float* bias, hb_activation f, float* y, ptrdiff_t row0, ptrdiff_t row1);
  /// Maximum (`average` zero) or average of the covered places.
  void (*pool)(const hb_window* w, int average, float* y, ptrdiff_t row0, ptrdiff_t row1);
  /// Adds `n` numbers to what is known; they need not be aligned.
  void (*statistics)(const void* numbers, ptrdiff_t n, hb_statistics* s);
  /// Multiplies and adds numbers in registers so many times over; the number of multiplications and
  /// additions.
  double (*peak)(ptrdiff_t rounds);
} hb_kernels;

/// Starts `threads - 1` threads, which work beside the caller; null when the system refuses.
hb_pool* hb_pool_create(int threads);
/// Calls `body(context, part)` once for each part from 0 to `parts - 1` and waits for all; parts
/// run side by side unless the pool is taken by another caller.
void hb_pool_run(hb_pool* pool, int parts, void (*body)(void* context, int part), void* context);
/// Ends the threads.
void hb_pool_destroy(hb_pool* pool);

/// The kernels that any machine runs.
const hb_kernels* hb_kernels_portable(void);
/// The kernels for AVX2 and FMA; null where the machine or the build lacks them.
const hb_kernels* hb_kernels_avx2(void);
/// The kernels for AVX-512F; null where the machine or the build lacks them.
const hb_kernels* hb_kernels_avx512(void);

#endif
