import HornbillCore
import HornbillLayers
import Synchronization
import Testing

@testable import Hornbill

/// The layouts of weights that older releases wrote; the expectations are NumPy's, by the formulas of
/// Keras 2.15's `preprocess_weights_for_loading`.
@Suite("Conversion of stored weights")
struct WeightConversionTests {
  private let keras1 = WeightConversion.File(
    kerasVersion: nil, backend: nil, namesEndWithColonZero: true)
  private let keras2 = WeightConversion.File(
    kerasVersion: "2.3.1", backend: "tensorflow", namesEndWithColonZero: true)

  /// The numbers from `start` on.
  private func counting(_ shape: [Int], from start: Int = 0) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(shape: shape, (start..<(start + count)).map(Float.init))
  }

  private func converted(
    _ arrays: [Tensor], _ layer: String, input: [Int?], file: WeightConversion.File,
    keras major: Int = 1
  ) throws -> [Tensor] {
    let context = DecodingContext(rules: SemanticRules(kerasMajor: major))
    let instance = try context.decode(try JSON(parsing: Array(layer.utf8)))
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec(Shape(input))]))
    let walk = VariableWalk(build: build, rules: context.rules)
    return try WeightConversion.converted(arrays, of: instance, walk: walk, file: file)
  }

  private let conv1D = """
    {"class_name": "Convolution1D", "config": {"name": "c", "nb_filter": 4, "filter_length": 2,
    "border_mode": "valid", "subsample_length": 1}}
    """

  private func conv2D(_ order: String, _ className: String = "Convolution2D") -> String {
    """
    {"class_name": "\(className)", "config": {"name": "c", "nb_filter": 2, "nb_row": 2, "nb_col": 3,
    "border_mode": "valid", "subsample": [1, 1], "dim_ordering": "\(order)"}}
    """
  }

  @Test("a one-dimensional kernel loses its second axis")
  func convolution1D() throws {
    let kernel = counting([2, 1, 3, 4])
    let result = try converted(
      [kernel, counting([4])], conv1D, input: [nil, 8, 3], file: keras1)
    #expect(result == [kernel.reshaped([2, 3, 4]), counting([4])])
  }

  @Test("a one-dimensional kernel of Keras 1.0 is transposed first")
  func convolution1DBefore() throws {
    let result = try converted(
      [counting([4, 3, 2, 1]), counting([4])], conv1D, input: [nil, 8, 3], file: keras1)
    #expect(result[0].shape == [2, 3, 4])
    #expect(result[0].floats?.prefix(8) == [0, 6, 12, 18, 2, 8, 14, 20])
  }

  @Test("a one-dimensional kernel of another layer is refused")
  func convolution1DOfAnother() {
    #expect(throws: LayerError.self) {
      try converted([counting([5, 3, 2, 1])], conv1D, input: [nil, 8, 3], file: keras1)
    }
  }

  @Test("a kernel with channels first is transposed, one with channels last stays")
  func convolution2D() throws {
    let first = try converted(
      [counting([2, 1, 2, 3])], conv2D("th"), input: [nil, 1, 8, 8], file: keras1)
    #expect(first[0].shape == [2, 3, 1, 2])
    #expect(first[0].floats == [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11])
    let last = counting([2, 3, 1, 2])
    #expect(try converted([last], conv2D("tf"), input: [nil, 8, 8, 1], file: keras1) == [last])
  }

  @Test("the kernel of a transposed convolution")
  func transposedConvolution() throws {
    let last = try converted(
      [counting([2, 3, 1, 2])], conv2D("tf", "Deconvolution2D"), input: [nil, 8, 8, 1],
      file: keras1)
    #expect(last[0].shape == [2, 3, 2, 1])
    let first = try converted(
      [counting([2, 1, 2, 3])], conv2D("th", "Deconvolution2D"), input: [nil, 1, 8, 8],
      file: keras1)
    #expect(first[0].shape == [2, 3, 2, 1])
    #expect(first[0].floats == [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11])
  }

  @Test("the kernel of a three-dimensional convolution with channels first")
  func convolution3D() throws {
    let result = try converted(
      [counting([2, 1, 1, 2, 2])],
      """
      {"class_name": "Convolution3D", "config": {"name": "c", "nb_filter": 2, "kernel_dim1": 1,
      "kernel_dim2": 2, "kernel_dim3": 2, "dim_ordering": "th"}}
      """, input: [nil, 1, 4, 4, 4], file: keras1)
    #expect(result[0].shape == [1, 2, 2, 1, 2])
    #expect(result[0].floats == [0, 4, 1, 5, 2, 6, 3, 7])
  }

  @Test("both kernels of a separable convolution with channels first")
  func separable() throws {
    let result = try converted(
      [counting([1, 3, 2, 3]), counting([2, 3, 1, 1]), counting([2])],
      conv2D("th", "SeparableConvolution2D"), input: [nil, 3, 8, 8], file: keras1)
    #expect(result.map(\.shape) == [[2, 3, 3, 1], [1, 1, 3, 2], [2]])
  }

  @Test("the nine arrays of a GRU")
  func gru() throws {
    let arrays = (0..<3).flatMap { gate in
      [
        counting([2, 1], from: 10 * gate), counting([1, 1], from: 10 * gate + 5),
        counting([1], from: 10 * gate + 7),
      ]
    }
    let layer = #"{"class_name": "GRU", "config": {"name": "g", "output_dim": 1}}"#
    let result = try converted(arrays, layer, input: [nil, 4, 2], file: keras1)
    #expect(result.map(\.shape) == [[2, 3], [1, 3], [3]])
    #expect(
      result.map(\.floats) == [[0, 10, 20, 1, 11, 21], [5, 15, 25], [7, 17, 27]])
  }

  @Test("the twelve arrays of an LSTM, whose file has the gates i, c, f, o")
  func lstm() throws {
    let arrays = (0..<4).flatMap { gate in
      [
        counting([1, 1], from: 10 * gate), counting([1, 1], from: 10 * gate + 5),
        counting([1], from: 10 * gate + 7),
      ]
    }
    let layer = #"{"class_name": "LSTM", "config": {"name": "l", "output_dim": 1}}"#
    let result = try converted(arrays, layer, input: [nil, 4, 1], file: keras1)
    #expect(
      result.map(\.floats) == [[0, 20, 10, 30], [5, 25, 15, 35], [7, 27, 17, 37]])
    let ready = [counting([1, 4]), counting([1, 4]), counting([4])]
    #expect(try converted(ready, layer, input: [nil, 4, 1], file: keras1) == ready)
  }

  @Test("gates of different shapes are refused")
  func badGates() {
    let layer = #"{"class_name": "GRU", "config": {"name": "g", "output_dim": 1}}"#
    let arrays = (0..<9).map { counting([$0 + 1, 1]) }
    #expect(throws: LayerError.self) {
      try converted(arrays, layer, input: [nil, 4, 2], file: keras1)
    }
  }

  @Test("the twelve arrays of a convolutional LSTM with channels first")
  func convolutionalLSTM() throws {
    let arrays = (0..<4).flatMap { _ in
      [counting([3, 2, 1, 2]), counting([3, 3, 1, 2]), counting([3])]
    }
    let result = try converted(
      arrays,
      """
      {"class_name": "ConvLSTM2D", "config": {"name": "l", "nb_filter": 3, "nb_row": 1, "nb_col": 2,
      "dim_ordering": "th", "border_mode": "same", "subsample": [1, 1]}}
      """, input: [nil, 4, 2, 5, 5], file: keras1)
    #expect(result.map(\.shape) == [[1, 2, 2, 12], [1, 2, 3, 12], [12]])
  }

  @Test(
    "Theano's kernels are mirrored",
    arguments: [
      (nil, nil, false, true), (nil, nil, true, false), ("2.1.6", "theano", true, true),
      ("2.1.6", "tensorflow", false, false),
    ] as [(String?, String?, Bool, Bool)])
  func mirrored(version: String?, backend: String?, colonZero: Bool, isMirrored: Bool) throws {
    let file = WeightConversion.File(
      kerasVersion: version, backend: backend, namesEndWithColonZero: colonZero)
    let result = try converted(
      [counting([2, 3, 1, 2])], conv2D("tf"), input: [nil, 8, 8, 1], file: file)
    let plain: [Float] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    let turned: [Float] = [10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1]
    #expect(result[0].floats == (isMirrored ? turned : plain))
  }

  @Test("a kernel is brought into the order (3, 2, 0, 1) if it fits the layer so, and left if not")
  func arranged() throws {
    let layer =
      #"{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [2, 3]}}"#
    let fitting = try converted(
      [counting([1, 2, 3, 2])], layer, input: [nil, 8, 8, 1], file: keras2, keras: 2)
    #expect(fitting[0].shape == [2, 3, 1, 2])
    #expect(fitting[0].floats == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
    let other = [counting([3, 2, 1, 2])]
    let kept = try converted(other, layer, input: [nil, 8, 8, 1], file: keras2, keras: 2)
    #expect(kept == other)
  }

  private let plainLSTM =
    #"{"class_name": "LSTM", "config": {"name": "l", "units": 2, "recurrent_activation": "sigmoid"}}"#
  private let cuDNNLSTM = #"{"class_name": "CuDNNLSTM", "config": {"name": "l", "units": 2}}"#

  @Test("cuDNN's LSTM as a plain one, and back")
  func cuDNNLSTMBothWays() throws {
    let stored = [counting([3, 8]), counting([2, 8]), counting([16])]
    let plain = try converted(stored, plainLSTM, input: [nil, 4, 3], file: keras2, keras: 2)
    #expect(
      plain[0].floats == [
        0, 9, 2, 11, 4, 13, 6, 15, 1, 16, 3, 18, 5, 20, 7, 22, 8, 17, 10, 19, 12, 21, 14, 23,
      ])
    #expect(plain[2].floats == [8, 10, 12, 14, 16, 18, 20, 22])
    let back = try converted(plain, cuDNNLSTM, input: [nil, 4, 3], file: keras2, keras: 2)
    #expect(back[0] == stored[0])
    #expect(back[1] == stored[1])
    #expect(back[2].floats == [4, 5, 6, 7, 8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11])
    #expect(try converted(stored, cuDNNLSTM, input: [nil, 4, 3], file: keras2, keras: 2) == stored)
    #expect(try converted(plain, plainLSTM, input: [nil, 4, 3], file: keras2, keras: 2) == plain)
  }

  @Test("cuDNN's GRU as a plain one, and back")
  func cuDNNGRUBothWays() throws {
    let gru = #"{"class_name": "GRU", "config": {"name": "g", "units": 2, "reset_after": true}}"#
    let cuDNN = #"{"class_name": "CuDNNGRU", "config": {"name": "g", "units": 2}}"#
    let stored = [counting([3, 6]), counting([2, 6]), counting([12])]
    let plain = try converted(stored, gru, input: [nil, 4, 3], file: keras2, keras: 2)
    #expect(plain[1].floats == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
    #expect(plain[2] == counting([2, 6]))
    #expect(try converted(plain, cuDNN, input: [nil, 4, 3], file: keras2, keras: 2) == stored)
  }

  @Test("a GRU of the other kind is refused")
  func cuDNNGRUIntoCoupled() {
    let gru = #"{"class_name": "GRU", "config": {"name": "g", "units": 2, "reset_after": false}}"#
    for bias in [[12], [2, 6]] {
      #expect(throws: LayerError.self) {
        try converted(
          [counting([3, 6]), counting([2, 6]), counting(bias)], gru, input: [nil, 4, 3],
          file: keras2, keras: 2)
      }
    }
  }

  @Test("a bias of no recurrent layer is refused")
  func badBias() {
    #expect(throws: LayerError.self) {
      try converted(
        [counting([3, 8]), counting([2, 8]), counting([7])], plainLSTM, input: [nil, 4, 3],
        file: keras2, keras: 2)
    }
  }

  @Test("the halves of a bidirectional layer, and the layer inside a distributed one")
  func wrappers() throws {
    let inner = #"{"class_name": "GRU", "config": {"name": "g", "output_dim": 1}}"#
    let arrays = (0..<18).map { index in
      index % 3 == 2 ? counting([1], from: index) : counting([1, 1], from: index)
    }
    let both = try converted(
      arrays, #"{"class_name": "Bidirectional", "config": {"name": "b", "layer": \#(inner)}}"#,
      input: [nil, 4, 1], file: keras1)
    #expect(both.map(\.floats).first == [0, 3, 6])
    #expect(both.map(\.floats).last == [11, 14, 17])
    let distributed = try converted(
      [counting([2, 1, 2, 3])],
      #"{"class_name": "TimeDistributed", "config": {"name": "t", "layer": \#(conv2D("th"))}}"#,
      input: [nil, 5, 1, 8, 8], file: keras1)
    #expect(distributed[0].shape == [2, 3, 1, 2])
  }

  @Test("a nested model: trainable arrays of all layers, then the others")
  func nested() throws {
    let model = """
      {"class_name": "Sequential", "config": [
      {"class_name": "BatchNormalization", "config": {"name": "n", "axis": -1, "mode": 0,
      "batch_input_shape": [null, 4, 1]}},
      {"class_name": "GRU", "config": {"name": "g", "output_dim": 1}}]}
      """
    let gates = (0..<9).map { index in
      index % 3 == 2 ? counting([1], from: index) : counting([1, 1], from: index)
    }
    let statistics = (0..<4).map { counting([1], from: 100 + $0) }
    let result = try converted(
      Array(statistics[..<2]) + gates + statistics[2...], model, input: [nil, 4, 1], file: keras1)
    #expect(
      result.map(\.floats) == [[100], [101], [0, 3, 6], [1, 4, 7], [2, 5, 8], [102], [103]])
  }

  @Test("the weights of a Highway layer of Keras 1.0")
  func highway() throws {
    let layer = #"{"class_name": "Highway", "config": {"name": "h", "bias": true}}"#
    let (w, b) = (counting([2, 2]), counting([2]))
    let (carry, carryBias) = (counting([2, 2], from: 9), counting([2], from: 7))
    let result = try converted([w, b, carry, carryBias], layer, input: [nil, 2], file: keras1)
    #expect(result == [w, carry, b, carryBias])
    #expect(try converted(result, layer, input: [nil, 2], file: keras1) == result)
  }

  @Test("parameters shared along an axis, which the configuration does not say")
  func sharedParameters() throws {
    let result = try converted(
      [counting([1, 2])], #"{"class_name": "PReLU", "config": {"name": "p"}}"#,
      input: [nil, 3, 2], file: keras1)
    #expect(result[0].shape == [3, 2])
    #expect(result[0].floats == [0, 1, 0, 1, 0, 1])
  }

  @Test("weights of Keras 2 stay as they are")
  func unchanged() throws {
    let arrays = [counting([2, 3, 1, 2]), counting([2])]
    let result = try converted(
      arrays,
      #"{"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [2, 3]}}"#,
      input: [nil, 8, 8, 1], file: keras2, keras: 2)
    #expect(result == arrays)
    #expect(!keras2.needsConversion)
    #expect(keras1.needsConversion)
  }

  @Test("a group of arrays is converted once, whatever the order in which its variables are taken")
  func groupsAreConvertedOnce() throws {
    let counter = Mutex(0)
    let instance = LayerInstance(Dense(units: 2), name: "dense")
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec(Shape([nil, 3]))]))
    let walk = VariableWalk(build: build, rules: SemanticRules(kerasMajor: 2))
    let arrays = [counting([3, 2]), counting([2])]
    let group = WeightGroup(variables: walk.variables(instance), stored: []) { _ in
      counter.withLock { $0 += 1 }
      return arrays
    }
    #expect(try group.tensor(1) == arrays[1])
    #expect(try group.tensor(0) == arrays[0])
    #expect(counter.withLock { $0 } == 1)
    #expect(try group.tensor(0) == arrays[0])
  }
}
