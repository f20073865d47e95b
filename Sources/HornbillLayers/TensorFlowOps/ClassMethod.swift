package import HornbillCore

/// A use of a method of a class of TensorFlow, which Hornbill does not run; its model can be listed.
///
/// - Source: Keras 2.15, `keras/src/layers/core/tf_op_layer.py`.
package struct ClassMethod: Layer {
  package static let className = "ClassMethod"

  package init(config: LayerConfig) throws(LayerError) {}

  package func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] { [.unknown] }

  package func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    throw LayerError(
      .unsupported, "ClassMethod is a method of a class of TensorFlow, which is not supported")
  }
}
