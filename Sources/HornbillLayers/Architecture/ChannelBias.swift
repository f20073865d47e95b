import HornbillCore

/// Refuses convolutions whose bias the two Kerases add along different axes.
///
/// With channels first, Keras 3 on TensorFlow finds the axis of a bias by its extent and looks at the last axis first.
/// Source: Keras 3, `keras/src/backend/tensorflow/numpy.py`, `add`.
enum ChannelBias {
  static func require(
    _ instance: LayerInstance, _ outputs: [TensorSpec]
  ) throws(LayerError) {
    guard let extents = outputs.first?.shape?.dimensions, extents.count > 2,
      instance.className.contains("Conv")
    else { return }
    let fields = instance.configuration().fields
    guard fields["data_format"]?.string == "channels_first", fields["use_bias"]?.bool == true,
      let filters = extents[1], filters > 1, extents.last == filters
    else { return }
    throw LayerError(
      .unsupported,
      "with channels first and as many filters as columns, Keras 3 adds the bias along the columns, Keras 2 does not"
    )
  }
}
