package import HornbillCore

/// A layer that drops a share of something in training.
package protocol DropoutLayer: InferenceIdentity {
  /// The share, from 0 to 1.
  var rate: Double { get }
}

extension DropoutLayer {
  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(share: rate, "rate")
    return call.inputs
  }
}

/// A dropout of whole channels, which Keras makes without the fields that it refuses here.
///
/// Source: Keras 3, `keras/src/layers/regularization/spatial_dropout.py`, `BaseSpatialDropout.get_config`.
package protocol SpatialDropoutLayer: DropoutLayer, CommonFieldsLayer {}

extension SpatialDropoutLayer {
  package var refusedFields: [String] { ["trainable", "activity_regularizer"] }
}

extension LayerConfig {
  /// The share of elements that a dropout layer drops in training.
  func dropoutRate() throws(LayerError) -> Double {
    let rate = try number("rate")
    guard (0...1).contains(rate) else {
      throw invalid("rate", expected: "a number from 0 to 1")
    }
    return rate
  }
}
