public import HornbillCore

/// The identity: its outputs are its inputs, masks included.
///
/// - Input: any shape, one tensor or several. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/core/identity.py`.
public struct Identity: InferenceIdentity {
  public static let className = "Identity"

  /// Makes an identity.
  public init() {}

  public init(config: LayerConfig) throws(LayerError) {}

  public func encode(to config: inout ConfigEncoder) {}
}
