package import HornbillCore

/// A slice of a tensor, or the elements that a mask chooses.
///
/// The keyword argument `slice_spec` holds the key: an item or a list of integers, slices, `None` for a new axis, `...`, and
/// tensors in the place of integers.
///
/// - Source: Keras 2.15, `keras/src/layers/core/tf_op_layer.py`.
package struct SlicingOpLambda: TensorFlowLayer {
  package static let className = "SlicingOpLambda"

  package let function: String
  package let rule: Operation.Rule?

  package init(config: LayerConfig) throws(LayerError) {
    let name = try config.string("function")
    function = TensorFlowFunctions.plainName(name)
    rule = TensorFlowFunctions.rule(name)
  }
}
