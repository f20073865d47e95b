public import HornbillCore

/// All axes after the batch as one, channels last.
///
/// - Input: `(batch, …)`. Output: `(batch, product)`; a tensor that is only a batch gets an axis of extent 1.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/flatten.py`.
public struct Flatten: Layer {
  public static let className = "Flatten"

  /// Where the channels stand in the input; they are moved last before the axes are joined.
  public let dataFormat: DataFormat

  /// Makes a flattening layer.
  public init(dataFormat: DataFormat = .channelsLast) {
    self.dataFormat = dataFormat
  }

  public init(config: LayerConfig) throws(LayerError) {
    dataFormat = try config.dataFormat()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("data_format", dataFormat)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shape = try call.inputShape
    guard shape.rank > 0 else { throw LayerError(.shape, "a scalar has no batch to keep") }
    return [TensorSpec([shape[0], try shape.dropFirst().flattened], try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.channelsLast(call.input, from: dataFormat)
    let extents = lowering.graph.shape(x)
    guard let batch = extents.first, let count = Shape.elementCount(Array(extents.dropFirst()))
    else { throw LayerError(.shape, "shape \(Shape(extents)) cannot be flattened") }
    return [try lowering.graph.reshape(x, to: [batch, count])]
  }
}

extension Shape {
  /// The product of the extents; `nil` when one is unknown.
  ///
  /// - Throws: ``LayerError`` when the product exceeds the integers.
  var flattened: Int? {
    get throws(LayerError) {
      guard let known else { return nil }
      guard let count = Shape.elementCount(known) else {
        throw LayerError(.shape, "shape \(self) has too many elements")
      }
      return count
    }
  }
}
