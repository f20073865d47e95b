public import HornbillCore

/// A layer that is a model: layers with their wiring.
///
/// Its calls are recorded layer by layer, and its layers are listed in summaries.
public protocol ModelLayer: Layer {
  /// The model's layers in stored order, operations left out.
  var layers: [LayerInstance] { get }

  /// The shapes and types of the model's inputs, flattened; `nil` when the model does not state them.
  var inputSpecs: [TensorSpec]? { get }

  /// Lowers the model and gives its outputs with the masks that its layers attached.
  ///
  /// - Throws: ``LayerError`` with the path of the layer.
  func lowerFlows(_ call: LayerCall, into lowering: inout Lowering) throws(LayerError) -> [Flow]
}

extension ModelLayer {
  /// Nothing: a model's layers and their wiring are written by who writes the architecture.
  public func encode(to config: inout ConfigEncoder) {}

  /// The outputs without their masks.
  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try lowerFlows(call, into: &lowering).map(\.value)
  }
}

extension GraphBuilder {
  /// An input in the form that a model states: Keras adds or drops a last axis of extent 1, takes any batch size, and casts.
  ///
  /// Source: Keras 3, `keras/src/models/functional.py`, `_adjust_input_rank`.
  mutating func adjusted(_ x: Value, to spec: TensorSpec) throws(LayerError) -> Value {
    var value = x
    if let expected = spec.shape {
      if rank(value) == expected.rank + 1, shape(value).last == 1 {
        value = try squeeze(value, axis: -1)
      } else if rank(value) == expected.rank - 1, expected.dimensions.last == 1 {
        value = try expand(value, axis: -1)
      }
      let found = shape(value)
      let fits =
        found.count == expected.rank
        && zip(found, expected.dimensions).dropFirst().allSatisfy { $1 == nil || $0 == $1 }
      guard fits else {
        throw LayerError(
          .shape, "expected an input of shape \(expected), found \(Shape(found))")
      }
    }
    if dtype(value) != .string, spec.dtype != .string {
      value = try cast(value, to: spec.dtype)
    } else if dtype(value) != spec.dtype {
      throw LayerError(.shape, "expected an input of \(spec.dtype), found \(dtype(value))")
    }
    return value
  }
}
