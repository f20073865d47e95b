/// The weights with which the cells of an axis make up those of a resized one.
///
/// TensorFlow resizes images in `float32` whatever their type, so the precision is a part of the definition: every product and
/// every sum is rounded, in the order of the weights.
///
/// Source: TensorFlow, `tensorflow/core/kernels/image`: `resize_bilinear_op.cc`, `resize_bicubic_op.cc`, `resize_area_op.cc`,
/// `scale_and_translate_op.cc`.
package struct Resampling: Sendable, Hashable {
  /// What one cell of the result is made of.
  package struct Cell: Sendable, Hashable {
    /// The first cell of the operand that counts.
    package var start: Int
    /// The weights of it and the cells after it; at least one.
    package var weights: [Float]

    package init(start: Int, weights: [Float]) {
      self.start = start
      self.weights = weights
    }
  }

  /// How the cells are joined.
  package enum Form: Sendable, Hashable {
    /// `((w₀·x₀ + w₁·x₁) + …) · factor`.
    case sum(factor: Float)
    /// `x₀ + (x₁ − x₀)·w₁`; `x₀` where there is one weight.
    case line
  }

  /// The cells of the result.
  package var cells: [Cell]
  package var form: Form

  package init(cells: [Cell], form: Form) {
    self.cells = cells
    self.form = form
  }
}
