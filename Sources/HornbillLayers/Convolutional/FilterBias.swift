import HornbillCore

extension Lowering {
  /// The result of a convolution, channels last, with a bias of one number for each filter.
  ///
  /// With channels first, Keras 3 on TensorFlow finds the axis of the bias by its extent and looks at the last axis first: where
  /// the last spatial extent equals the number of filters, the bias goes along that axis.
  ///
  /// Source: Keras 3, `keras/src/backend/tensorflow/numpy.py`, `add`.
  mutating func addingBias(
    _ bias: Value, to y: Value, format: DataFormat
  ) throws(LayerError) -> Value {
    let shape = graph.shape(y)
    let filters = shape.last ?? 1
    let isMistaken =
      rules.kerasMajor >= 3 && format == .channelsFirst && filters > 1 && shape.count > 2
      && shape[shape.count - 2] == filters
    return try graph.add(y, isMistaken ? graph.reshape(bias, to: [filters, 1]) : bias)
  }
}
