import HornbillCore

/// Sums that Keras 3 takes for a convolution's bias.
///
/// On TensorFlow its `add` looks at the second operand: when all extents but one are 1, and that one is the extent of the first operand's
/// last axis or of its axis 1, the numbers are added along that axis, wherever they stand.
///
/// Source: Keras 3, `keras/src/backend/tensorflow/numpy.py`, `add`.
enum ChannelBias {
  /// Whether Keras 3 may add a second operand along another axis than broadcasting does.
  ///
  /// - Parameters:
  ///   - first: the extents of the first operand; `nil` for one that is not known.
  ///   - isBatchOpen: whether the batch, where it is not known, is taken as known when the model runs.
  static func isMisread(_ first: [Int?], _ second: [Int?], isBatchOpen: Bool) -> Bool {
    guard first.count > 1, first != second else { return false }
    func settled(_ extents: [Int?]) -> [Int?] {
      var extents = extents
      // An extent that is neither 1 nor that of any other axis.
      if !isBatchOpen, let batch = extents.first, batch == nil { extents[0] = Int.max }
      return extents
    }
    let (a, b) = (settled(first), settled(second))
    let isLonger = b.count > a.count
    return b.indices.contains { axis in
      guard b[axis] != 1, b[axis] != Int.max,
        b.indices.allSatisfy({ $0 == axis || b[$0] == nil || b[$0] == 1 })
      else { return false }
      let isEqual = { (extent: Int?) in
        extent != 1 && (extent == nil || b[axis] == nil || extent == b[axis])
      }
      let place = b.count - 1 - axis
      if isEqual(a[a.count - 1]), place != 0 || isLonger { return true }
      let isLast = b[axis] != nil && a[a.count - 1] == b[axis]
      return !isLast && isEqual(a[1]) && (place != a.count - 2 || isLonger)
    }
  }

  /// Throws for a layer whose sums the two Kerases compute along different axes.
  static func require(
    _ instance: LayerInstance, _ outputs: [TensorSpec]
  ) throws(LayerError) {
    guard let extents = outputs.first?.shape?.dimensions else { return }
    if instance.layer is TimeDistributed, let inner = instance.layer.sublayers.first?.instance {
      guard extents.count > 2 else { return }
      var spec = TensorSpec(Shape(extents), .float32)
      spec.shape = Shape([nil] + extents.dropFirst(2))
      return try require(inner, [spec])
    }
    guard let bias = bias(of: instance, extents), isMisread(extents, bias, isBatchOpen: false)
    else { return }
    throw LayerError(
      .unsupported,
      "Keras 3 adds the bias along another axis of the same extent, Keras 2 does not")
  }

  /// The call of a layer that adds its inputs, in an order in which Keras 3 computes by broadcasting.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` where there is none.
  static func ordered(
    _ arguments: CallArguments<DraftTensor>, of instance: LayerInstance
  ) throws(LayerError) -> CallArguments<DraftTensor> {
    guard let inputs = summands(arguments, of: instance) else { return arguments }
    guard isMisread(sumOf: inputs, isBatchOpen: true) else { return arguments }
    if inputs.count == 2, !isMisread(sumOf: inputs.reversed(), isBatchOpen: true),
      case .list(let elements) = arguments.positional[0]
    {
      var arguments = arguments
      arguments.positional[0] = .list(elements.reversed())
      return arguments
    }
    guard !isMisread(sumOf: inputs, isBatchOpen: false) else { throw misread }
    return arguments
  }

  /// Throws for a call of a layer that adds its inputs otherwise in Keras 3 than in Keras 2.
  static func requireSums(
    _ arguments: CallArguments<DraftTensor>, of instance: LayerInstance
  ) throws(LayerError) {
    guard let inputs = summands(arguments, of: instance) else { return }
    guard !isMisread(sumOf: inputs, isBatchOpen: false) else { throw misread }
  }

  private static let misread = LayerError(
    .unsupported, "Keras 3 adds an input along another axis of the same extent, Keras 2 does not")

  /// The extents of what a layer adds, of one rank; `nil` for another layer and for unknown shapes.
  private static func summands(
    _ arguments: CallArguments<DraftTensor>, of instance: LayerInstance
  ) -> [[Int?]]? {
    guard instance.layer is Add || instance.layer is Average else { return nil }
    var all = (arguments.positional.first?.tensors ?? []).compactMap { $0.spec.shape?.dimensions }
    guard all.count == arguments.positional.first?.tensors.count,
      let rank = all.map(\.count).max(), all.allSatisfy({ !$0.isEmpty })
    else { return nil }
    for index in all.indices {
      all[index].insert(contentsOf: [Int?](repeating: 1, count: rank - all[index].count), at: 1)
    }
    return all
  }

  private static func isMisread(sumOf inputs: [[Int?]], isBatchOpen: Bool) -> Bool {
    guard var sum = inputs.first else { return false }
    for input in inputs.dropFirst() {
      if isMisread(sum, input, isBatchOpen: isBatchOpen) { return true }
      sum = zip(sum, input).map { $0 == 1 ? $1 : $1 == 1 ? $0 : $0 ?? $1 }
    }
    return false
  }

  /// The extents of a bias where it does not stand along the last axis.
  private static func bias(of instance: LayerInstance, _ extents: [Int?]) -> [Int?]? {
    let fields = instance.configuration().fields
    if instance.className.contains("Conv") {
      guard fields["data_format"]?.string == "channels_first", fields["use_bias"]?.bool == true,
        extents.count > 2
      else { return nil }
      return [1, extents[1]] + [Int?](repeating: 1, count: extents.count - 2)
    }
    guard instance.layer is EinsumDense, let axes = fields["bias_axes"]?.string,
      let letters = fields["equation"]?.string?.split(separator: ">").last, !axes.isEmpty
    else { return nil }
    let known = letters.filter { $0 != "." && $0 != " " }
    guard let first = known.firstIndex(where: { axes.contains($0) }) else { return nil }
    return known[first...].enumerated().map { index, letter in
      let axis = extents.count - known[first...].count + index
      return axes.contains(letter) && extents.indices.contains(axis) ? extents[axis] : 1
    }
  }
}

extension GraphDraft {
  /// Adds a sum that Keras 3 computes by broadcasting.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` where no order of the operands is safe and the type has no negatives.
  mutating func sum(
    _ a: Argument<DraftTensor>, _ b: Argument<DraftTensor>
  ) throws(LayerError) -> DraftTensor {
    let dtype = (a.tensors + b.tensors).first?.spec.dtype ?? .float32
    guard dtype != .string else {
      throw LayerError(.unsupported, "keras.ops does not join texts")
    }
    if !GraphDraft.isMisread(a, b) { return apply("Add", a, b) }
    if !GraphDraft.isMisread(b, a) { return apply("Add", b, a) }
    guard
      dtype.isFloatingPoint || dtype == .int32 || dtype == .int64 || dtype == .int8
        || dtype == .int16
    else {
      throw LayerError(
        .unsupported, "Keras 3 may add the operands along another axis than TensorFlow")
    }
    return apply("Subtract", a, .tensor(apply("Negative", b)))
  }

  private static func isMisread(_ a: Argument<DraftTensor>, _ b: Argument<DraftTensor>) -> Bool {
    guard let second = extents(b) else { return extents(a)?.count ?? 2 > 1 }
    if second.allSatisfy({ $0 == 1 }) { return false }
    guard let first = extents(a) else { return true }
    return ChannelBias.isMisread(first, second, isBatchOpen: true)
  }
}
