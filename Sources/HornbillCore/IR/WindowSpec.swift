/// A window that slides over the spatial axes of a channels-last tensor `(batch, spatial…, channels)`.
package struct WindowSpec: Sendable, Hashable {
  /// The extents of the window per spatial axis.
  package var size: [Int]
  /// The steps per spatial axis.
  package var strides: [Int]
  /// The distances between the window's cells per spatial axis; 1 is a dense window.
  package var dilations: [Int]
  /// The cells added before each spatial axis.
  package var paddingBefore: [Int]
  /// The cells added after each spatial axis.
  package var paddingAfter: [Int]

  package init(
    size: [Int], strides: [Int], dilations: [Int], paddingBefore: [Int], paddingAfter: [Int]
  ) {
    self.size = size
    self.strides = strides
    self.dilations = dilations
    self.paddingBefore = paddingBefore
    self.paddingAfter = paddingAfter
  }

  /// The cells that the window spans along one axis, its gaps included.
  package func span(_ axis: Int) -> Int { (size[axis] - 1) * dilations[axis] + 1 }

  /// The number of window positions along one axis of the given extent; at least 0.
  package func positions(_ axis: Int, extent: Int) -> Int {
    let room = extent + paddingBefore[axis] + paddingAfter[axis] - span(axis)
    return room < 0 ? 0 : room / strides[axis] + 1
  }

  /// Whether the places that the window covers have numbers that `Int` holds, those outside of the axis too.
  package func isMeasurable(_ axis: Int, extent: Int) -> Bool {
    let most = Int.max / 8
    let (reach, overflow) = size[axis].multipliedReportingOverflow(by: dilations[axis])
    return !overflow && reach <= most && extent <= most && paddingBefore[axis] <= most
      && paddingAfter[axis] <= most && strides[axis] <= most
  }
}

/// How a pooling window folds the cells it covers; padding cells never count.
package enum PoolKind: String, Sendable, Hashable {
  case maximum, average
}

/// What a recurrent op computes at each step; shapes are in the ops' descriptions.
package struct RecurrentSpec: Sendable, Hashable {
  /// The activation of the candidate, and of an LSTM's output.
  package var activation: Activation
  /// The activation of the gates; unused by a simple RNN.
  package var recurrentActivation: Activation
  /// GRU only: the reset gate is applied after the recurrent product, and the bias has two rows.
  package var resetAfter: Bool
  /// Whether a bias operand is present.
  package var hasBias: Bool
  /// Whether a mask operand `(batch, time)` is present.
  ///
  /// A masked step keeps the states, and its output is the previous step's output (zeros before the first unmasked step).
  package var hasMask: Bool
  /// Masked steps give zeros instead of the previous output.
  package var zeroOutputForMask: Bool

  package init(
    activation: Activation, recurrentActivation: Activation = .linear, resetAfter: Bool = false,
    hasBias: Bool, hasMask: Bool, zeroOutputForMask: Bool
  ) {
    self.activation = activation
    self.recurrentActivation = recurrentActivation
    self.resetAfter = resetAfter
    self.hasBias = hasBias
    self.hasMask = hasMask
    self.zeroOutputForMask = zeroOutputForMask
  }
}
