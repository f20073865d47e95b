public import HornbillCore

/// The same elements under another shape.
///
/// - Input: `(batch, …)`. Output: `(batch,) + targetShape`, in which one extent may be left to be computed.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/reshaping/reshape.py`.
public struct Reshape: Layer {
  public static let className = "Reshape"

  /// The extents after the batch; `nil` (in files −1) for the one that follows from the others.
  public let targetShape: [Int?]
  private let writesNone: Bool

  /// Makes a reshaping layer; the extent -1 is `nil`.
  ///
  /// Building a model throws ``LayerError`` when more than one extent is left open.
  public init(targetShape: [Int?]) {
    self.targetShape = targetShape.map { $0 == -1 ? nil : $0 }
    writesNone = false
  }

  public init(config: LayerConfig) throws(LayerError) {
    let expected = "a list of extents, at most one of them -1"
    guard let elements = config["target_shape"]?.array else {
      throw config.invalid("target_shape", expected: expected)
    }
    var extents: [Int?] = []
    for element in elements {
      if element.isNull || element.int == -1 {
        extents.append(nil)
      } else if let extent = element.int, extent >= 0 {
        extents.append(extent)
      } else {
        throw config.invalid("target_shape", expected: expected)
      }
    }
    guard extents.count(where: { $0 == nil }) < 2 else {
      throw config.invalid("target_shape", expected: expected)
    }
    targetShape = extents
    writesNone = elements.contains(where: \.isNull)
  }

  public func encode(to config: inout ConfigEncoder) {
    config["target_shape"] = .array(
      targetShape.map { writesNone ? .optional($0) : .integer(Int64($0 ?? -1)) })
  }

  public var isBuiltFromStart: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    guard targetShape.count(where: { $0 == nil }) < 2, targetShape.allSatisfy({ $0 ?? 0 >= 0 })
    else {
      throw LayerError(
        .configuration,
        "targetShape: expected extents, at most one of them nil, found \(Shape(targetShape))")
    }
    let shape = try call.inputShape
    guard shape.rank > 0 else { throw LayerError(.shape, "a scalar has no batch to keep") }
    var target = targetShape
    if let count = try shape.dropFirst().flattened {
      target = try resolved(count, from: shape).map(Optional.some)
    }
    return [TensorSpec(Shape([shape[0]] + target), try call.input.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let extents = lowering.graph.shape(x)
    guard let batch = extents.first, let count = Shape.elementCount(Array(extents.dropFirst()))
    else { throw LayerError(.shape, "shape \(Shape(extents)) cannot be reshaped") }
    return [try lowering.graph.reshape(x, to: [batch] + resolved(count, from: Shape(extents)))]
  }

  /// The target's extents for that many elements.
  private func resolved(_ count: Int, from shape: Shape) throws(LayerError) -> [Int] {
    let known = targetShape.compactMap { $0 }
    guard let product = Shape.elementCount(known) else {
      throw LayerError(.shape, "target shape \(Shape(targetShape)) has too many elements")
    }
    let fits =
      known.count == targetShape.count
      ? product == count : product > 0 && count % product == 0
    guard fits else {
      throw LayerError(
        .shape,
        "shape \(shape) without its batch has \(count) elements, which do not fill target shape \(Shape(targetShape))"
      )
    }
    return targetShape.map { $0 ?? count / product }
  }
}
