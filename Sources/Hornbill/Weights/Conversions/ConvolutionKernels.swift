import HornbillCore

/// The kernels of convolutions trained with another backend.
///
/// Source: Keras 2.2.4, `keras/engine/saving.py`, `preprocess_weights_for_loading`, and `keras/utils/conv_utils.py`,
/// `convert_kernel`.
enum ConvolutionKernels {
  /// How many arrays of a layer are such kernels.
  private static func count(_ className: String) -> Int {
    switch className {
    case "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose": 1
    case "ConvLSTM2D": 2
    default: 0
    }
  }

  /// The kernels of a true convolution as those of a cross-correlation: every spatial axis backwards.
  static func mirrored(_ arrays: [Tensor], _ layer: ConvertedLayer) -> [Tensor] {
    let kernels = count(layer.className)
    return arrays.enumerated().map { index, array in
      index < kernels && array.rank > 2 ? array.reversed(axes: 0..<(array.rank - 2)) : array
    }
  }

  /// Kernels whose shape is not the layer's, in the order that gives it, if the one that Keras tries does.
  static func arranged(_ arrays: [Tensor], _ layer: ConvertedLayer) -> [Tensor] {
    let kernels = count(layer.className)
    return arrays.enumerated().map { index, array in
      guard index < kernels, array.rank == 4, let shape = layer.shape(index), shape != array.shape,
        [3, 2, 0, 1].map({ array.shape[$0] }) == shape
      else { return array }
      return array.transposed([3, 2, 0, 1])
    }
  }
}
