/// An operation of the intermediate representation.
///
/// The set is closed and small: an op exists only where composing others cannot say it, or where saying it as one
/// is what makes it fast. Operands and results are listed as `operands → results`; shapes are static.
package enum Op: Sendable, Hashable {
  // MARK: Sources

  /// `→ x`. The model's input of that number.
  case input(Int)
  /// `→ w`. The variable of that slot.
  case weight(Int)
  /// `→ c`. The constant of that number.
  case constant(Int)
  /// `→ s`. The state of that number, as the previous call left it.
  case state(Int)

  // MARK: Elementwise

  /// `x → y`.
  case unary(UnaryOp)
  /// `x → y`.
  case activation(Activation)
  /// `a, b → y`, both of one type, broadcast.
  case binary(BinaryOp)
  /// `condition, a, b → y`: `condition ? a : b`, broadcast.
  case select
  /// `x → y`. Fractions are truncated towards zero, integers wrap, to `bool` is `≠ 0`. A half type keeps all digits until a result is
  /// read, as in every op; see ``GraphBuilder/rounded(_:to:)``.
  case cast(DType)

  // MARK: Movement

  /// `x → y`, the same elements in row-major order.
  case reshape([Int])
  /// `x → y`; axis `i` of the result is axis `permutation[i]` of the operand.
  case transpose([Int])
  /// `x → y`, repeated along axes of extent 1 and along new leading axes.
  case broadcast([Int])
  /// `x₀, x₁, … → y`.
  case concatenate(axis: Int)
  /// `x → y`; element `i` of an axis is element `start + i · stride`, for `i < count`. A stride may be negative.
  case slice(starts: [Int], counts: [Int], strides: [Int])
  /// `x → y`.
  case pad(before: [Int], after: [Int], mode: PadMode)
  /// `x, indices → y`, of shape `x.shape[..<axis] + indices.shape + x.shape[(axis + 1)...]`. An index outside the
  /// axis is an error; negative ones count from the end when `negative` is set.
  case gather(axis: Int, negative: Bool)
  /// `x, indices → y`, of the indices' shape, which equals the operand's but along `axis`. Negative indices count from the end.
  case gatherElements(axis: Int)
  /// `base, indices, updates → y`; indices `(n, k)` name the first `k` axes of `base`, updates are `(n,) + base.shape[k...]`.
  /// Rows outside are dropped.
  case scatter(ScatterMode)

  // MARK: Folding

  /// `x → y`.
  case reduce(Reduction, axes: [Int], keepDimensions: Bool)
  /// `x → y`, int32: the first position of the greatest or least element along an axis, which goes.
  case argReduce(ArgReduction, axis: Int)
  /// `x → y`.
  case accumulate(Accumulation, axis: Int, reverse: Bool)
  /// `x → values, indices (int32)`, ascending along the last axis or descending, stable; NaN last when ascending.
  case sort(descending: Bool)

  // MARK: Products

  /// `a (…, m, k), b (…, k, n) → (…, m, n)`; leading axes broadcast. Operands of integer type are summed exactly.
  case matmul(transposeA: Bool, transposeB: Bool)
  /// `x (batch, spatial…, channels), kernel (size…, channels / groups, filters) → (batch, positions…, filters)`: cross-correlation.
  case convolution(WindowSpec, groups: Int)
  /// `x (batch, positions…, filters), kernel (size…, channels, filters) → (batch, output…, channels)`: the gradient of
  /// the convolution of that window from an input of spatial extents `output`.
  case transposedConvolution(WindowSpec, output: [Int])
  /// `x (batch, spatial…, channels) → (batch, positions…, channels)`.
  case pool(PoolKind, WindowSpec)
  /// `x → y`, both float32, with as many cells along the axis as there are in the resampling.
  case resample(Resampling, axis: Int)

  // MARK: Text

  /// `x → y`, element by element.
  case text(TextFunction)
  /// `text (…) → tokens (…, width)`; what lies beyond `width` is left out, empty text fills the rest.
  case tokens(Tokenizer, width: Int)
  /// `text (…) → int64 (…)`: the number of tokens.
  case tokenCount(Tokenizer)
  /// `x, keys (n) → int64`, both text or integers of one type: the first position of the element among the keys. Of one that
  /// is not there it is −1, or, when it is `required`, an error.
  case lookup(required: Bool)
  /// `x → int64`, below `bins`; ``HashFunction/crossed`` takes any number of operands of one shape.
  case hash(HashFunction, bins: Int)

  // MARK: Numerics

  /// Matrices stand in the last two axes; see ``LinearAlgebra`` for operands and results.
  case linearAlgebra(LinearAlgebra)
  /// `re, im → re, im`, along the last axis: `Σ x · exp(∓2πi·jk/n)`, the inverse divided by `n`.
  case fft(inverse: Bool)
  /// `x → y`: the same bits as elements of another type of the same width.
  case bitcast(DType)

  // MARK: Recurrence

  /// `x (b, t, f), kernel (f, u), recurrent (u, u), h (b, u)[, bias (u)][, mask (b, t)] → sequence (b, t, u), h (b, u)`:
  /// `h' = act(x·kernel + bias + h·recurrent)`.
  case simpleRNN(RecurrentSpec)
  /// `x, kernel (f, 4u), recurrent (u, 4u), h, c[, bias (4u)][, mask] → sequence, h, c`; gates i, f, c, o:
  /// `c' = f·c + i·act(candidate)`, `h' = o·act(c')`.
  case lstm(RecurrentSpec)
  /// `x, kernel (f, 3u), recurrent (u, 3u), h[, bias (3u) or (2, 3u) with resetAfter][, mask] → sequence, h`; gates z, r, h:
  /// `h' = z·h + (1 − z)·candidate`.
  case gru(RecurrentSpec)
}

/// What stands in the cells that ``Op/pad(before:after:mode:)`` adds.
package enum PadMode: Sendable, Hashable {
  /// A number.
  case constant(Double)
  /// The mirror image without the edge itself.
  case reflect
  /// The mirror image with the edge.
  case symmetric
  /// The edge's own value.
  case edge
}

/// How ``Op/scatter(_:)`` joins an update with what is there; of duplicate `update` rows the last wins.
package enum ScatterMode: String, Sendable, Hashable {
  case update, add, multiply, maximum, minimum
}

/// Which element ``Op/argReduce(_:axis:)`` looks for.
package enum ArgReduction: String, Sendable, Hashable {
  case maximum, minimum
}
