package import HornbillCore

/// A call of a public function of TensorFlow.
///
/// The first argument of a call is the function's first one, the keyword arguments are the others, by TensorFlow's names.
///
/// - Source: Keras 2.15, `keras/src/layers/core/tf_op_layer.py`.
package struct TFOpLambda: TensorFlowLayer {
  package static let className = "TFOpLambda"

  package let function: String
  package let rule: Operation.Rule?

  package init(config: LayerConfig) throws(LayerError) {
    let name = try config.string("function")
    function = TensorFlowFunctions.plainName(name)
    rule = TensorFlowFunctions.rule(name)
  }
}
