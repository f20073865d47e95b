package import HornbillCore

/// An image layer that acts in training only: at inference images stay as they are, though some layers cast them to the type of
/// the layer's computation.
///
/// Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/`; Keras 2,
/// `keras/src/layers/preprocessing/image_preprocessing.py`.
package protocol ImageAugmentation: UncastInputLayer {
  /// Whether images of integers are cast.
  var castsImages: Bool { get }

  /// Makes sure that Keras would take the arguments.
  func check() throws(LayerError)
}

extension ImageAugmentation {
  package var castsImages: Bool { true }

  package func check() throws(LayerError) {}

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try check()
    return try call.mapParts { (part, spec) throws(LayerError) in
      part == .images && castsImages ? TensorSpec(spec.shape) : spec
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try call.mapParts { (part, value) throws(LayerError) in
      let isFloat = lowering.graph.dtype(value).isFloatingPoint
      guard isFloat || part == .images && castsImages else { return value }
      return try lowering.graph.cast(value, to: call.dtype)
    }
  }
}
