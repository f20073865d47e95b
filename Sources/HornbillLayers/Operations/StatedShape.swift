import HornbillCore

/// The shapes of the few operations for which Keras states others than the computation gives.
///
/// Source: Keras 3, `compute_output_spec` of the classes in `keras/src/ops`.
enum StatedShape {
  /// The specifications of the results; `nil` for an operation whose shapes follow from its computation.
  static func specs(
    _ className: String, _ fields: JSONObject, _ call: BuildCall
  ) throws(LayerError) -> [TensorSpec]? {
    guard let rule = rules[className] else { return nil }
    guard let first = call.arguments.tensors.first, let shape = first.shape else { return nil }
    return try rule(fields, call, shape, first.dtype)
  }

  private typealias Rule =
    @Sendable (JSONObject, BuildCall, Shape, DType) throws(LayerError) -> [TensorSpec]?

  private static let rules: [String: Rule] = [
    "GetItem": getItem,
    "Corrcoef": { (_, _, shape, dtype) throws(LayerError) in
      [TensorSpec(shape, dtype == .int64 ? .float64 : TypePromotion.floating(dtype))]
    },
    "Slogdet": { (_, _, shape, dtype) throws(LayerError) in
      [TensorSpec([], dtype), TensorSpec(Shape(Array(shape.dimensions.dropLast(2))), dtype)]
    },
    "Ndim": { (_, _, shape, _) throws(LayerError) in [TensorSpec([shape.rank], .int32)] },
    "Nonzero": { (_, _, shape, _) throws(LayerError) in
      [TensorSpec](repeating: TensorSpec([nil], .int32), count: shape.rank)
    },
    "Bincount": { (_, _, shape, _) throws(LayerError) in
      [TensorSpec(Shape(Array(shape.dimensions.dropLast()) + [nil]), .int32)]
    },
    "Unique": unique,
    "DotProductAttention": { (_, call, shape, _) throws(LayerError) in
      let types = call.arguments.positional.prefix(3).flatMap(\.tensors).map {
        OperandType.dtype($0.dtype)
      }
      return [TensorSpec(shape, try TypePromotion.dtype(types))]
    },
    "AffineTransform": same, "PerspectiveTransform": same,
    "AdaptiveAveragePool": adaptivePool, "AdaptiveMaxPool": adaptivePool,
    "Polar": same,
    "Rot90": { (fields, _, shape, dtype) throws(LayerError) in
      let axes = fields["axes"]?.array?.compactMap(\.int) ?? [0, 1]
      let known = -shape.rank..<shape.rank
      guard axes.count == 2, axes.allSatisfy(known.contains) else { return nil }
      var result = shape
      (result[axes[0]], result[axes[1]]) = (shape[axes[1]], shape[axes[0]])
      return [TensorSpec(result, dtype)]
    },
    "ScaleAndTranslate": { (_, call, _, dtype) throws(LayerError) in
      guard let argument = call.arguments.parameter(1, "output_shape"),
        let extents = Tensor(literal: argument)?.integers
      else { return nil }
      return [TensorSpec(Shape(extents.map { Int($0) }), dtype)]
    },
    "SegmentSum": segment, "SegmentMax": segment, "SegmentMin": segment, "SegmentProd": segment,
  ]

  private static let same: Rule = { (_, _, shape, dtype) throws(LayerError) in
    [TensorSpec(shape, dtype)]
  }

  /// Keras leaves as many axes out at the end as it adds, the channels among them.
  private static let adaptivePool: Rule = { (fields, _, shape, dtype) throws(LayerError) in
    let size = fields["output_size"]?.array?.map(\.int) ?? []
    guard !size.isEmpty, size.count < shape.rank else { return nil }
    if fields["data_format"]?.string == DataFormat.channelsFirst.rawValue {
      return [TensorSpec(Shape(Array(shape.dimensions[..<2]) + size), dtype)]
    }
    let lead = shape.dimensions.dropLast(size.count)
    return [TensorSpec(Shape(Array(lead) + size + [shape.dimensions[shape.rank - 1]]), dtype)]
  }

  private static let getItem: Rule = { (_, call, shape, dtype) throws(LayerError) in
    guard let key = call.arguments.parameter(1, "key") else {
      throw LayerError(.wiring, "GetItem lacks its key")
    }
    return [TensorSpec(try Subscript(key).shape(of: shape), dtype)]
  }

  private static let unique: Rule = { (fields, _, shape, dtype) throws(LayerError) in
    let size = fields["size"]?.int
    let axis = fields["axis"]?.int.map { $0 < 0 ? $0 + shape.rank : $0 }
    var values: Shape = [size]
    var inverse = shape
    if let axis {
      guard (0..<shape.rank).contains(axis) else {
        throw LayerError(.shape, "axis \(axis) does not exist in shape \(shape)")
      }
      values = shape
      values[axis] = size
      inverse = [shape[axis]]
    }
    var result = [TensorSpec(values, dtype)]
    if fields["return_index"]?.bool == true { result.append(TensorSpec([size], .int32)) }
    if fields["return_inverse"]?.bool == true { result.append(TensorSpec(inverse, .int32)) }
    if fields["return_counts"]?.bool == true { result.append(TensorSpec([size], .int32)) }
    return result
  }

  private static let segment: Rule = { (fields, _, shape, dtype) throws(LayerError) in
    guard fields["num_segments"]?.int == nil else { return nil }
    return [TensorSpec(Shape([nil] + Array(shape.dimensions.dropFirst())), dtype)]
  }
}
