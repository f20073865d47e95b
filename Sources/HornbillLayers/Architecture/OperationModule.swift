/// The modules of Keras 3 that define the classes of operations.
///
/// Source: Keras 3.15, `keras/src/ops`, `keras/src/activations/activations.py` and `keras/src/quantizers/quantizers.py`.
package enum OperationModule {
  /// The module of an operation's class, as a `.keras` file names it.
  package static func name(ofClass className: String) -> String {
    modules[className] ?? "keras.src.ops.numpy"
  }

  private static let modules: [String: String] = {
    var modules: [String: String] = [:]
    for (module, classes) in classes {
      for className in classes.split(separator: " ") { modules[String(className)] = module }
    }
    return modules
  }()

  /// The classes outside `keras.src.ops.numpy`.
  private static let classes: [(module: String, classes: String)] = [
    ("keras.src.activations.activations", "Mish ReLU"),
    (
      "keras.src.ops.core",
      """
      AssociativeScan Cast Cond ConvertToTensor ForiLoop Map SaturateCast Scan Scatter ScatterUpdate Slice SliceUpdate \
      StopGradient Switch Unstack VectorizedMap WhileLoop
      """
    ),
    ("keras.src.ops.einops", "Rearrange"),
    (
      "keras.src.ops.image",
      """
      AffineTransform CropImages ElasticTransform ExtractPatches GaussianBlur HSVToRGB MapCoordinates PadImages \
      PerspectiveTransform RGBToGrayscale RGBToHSV Resize SSIM ScaleAndTranslate SobelEdges
      """
    ),
    (
      "keras.src.ops.linalg",
      """
      Cholesky CholeskyInverse Det Eig Eigh Inv JVP Lstsq LuFactor MatrixRank Norm Pinv Qr SVD Solve SolveTriangular
      """
    ),
    (
      "keras.src.ops.math",
      """
      CDist Erf Erfc Erfinv ExtractSequences FFT FFT2 IFFT2 IRFFT ISTFT InTopK Logdet Logsumexp RFFT Rsqrt STFT SegmentMax \
      SegmentMin SegmentProd SegmentReduction SegmentSum TopK ViewAsComplex ViewAsReal
      """
    ),
    (
      "keras.src.ops.nn",
      """
      AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm BinaryCrossentropy CTCDecode CTCLoss \
      CategoricalCrossentropy Celu Conv ConvTranspose DepthToSpace DepthwiseConv DotProductAttention Elu Fold Gelu Glu \
      HardShrink HardSigmoid HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid LogSoftmax MaxPool Moments MultiHot \
      Normalize OneHot PSNR Polar RMSNorm Relu Relu6 Selu SeparableConv Sigmoid Silu SoftShrink Softmax Softplus Softsign \
      SpaceToDepth SparseCategoricalCrossentropy SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink Threshold Unfold
      """
    ),
    ("keras.src.quantizers.quantizers", "FakeQuantWithMinMaxVars"),
  ]
}
