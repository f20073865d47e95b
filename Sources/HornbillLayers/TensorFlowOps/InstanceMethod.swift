package import HornbillCore

/// A use of a method of a ragged or sparse tensor, which Hornbill does not run; its model can be listed.
///
/// - Source: Keras 2.15, `keras/src/layers/core/tf_op_layer.py`.
package struct InstanceMethod: Layer {
  package static let className = "InstanceMethod"

  package init(config: LayerConfig) throws(LayerError) {}

  package func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] { [.unknown] }

  package func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    throw LayerError(
      .unsupported,
      "InstanceMethod is a method of a ragged or sparse tensor, which is not supported")
  }
}
