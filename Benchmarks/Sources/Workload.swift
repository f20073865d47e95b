import Hornbill

/// A model with weights made up and the work of one call.
struct Workload: Sendable {
  let name: String
  let input: ValueType
  /// The shapes of the weights, in the order of `model.get_weights()`.
  let weights: [[Int]]
  /// Multiplications and additions of the matrix products of one call.
  let operations: Double
  let layers: @Sendable () throws -> Sequential

  static func float(_ shape: [Int]) -> ValueType { ValueType(shape: shape, dtype: .float32) }

  /// The model, with numbers whose products neither grow nor vanish from layer to layer.
  func model() throws -> Model {
    var state: UInt64 = 1
    let tensors = weights.map { shape in
      let count = shape.reduce(1, *)
      let rows = shape.count == 1 ? 100 : shape.dropLast().reduce(1, *)
      let scale = 1 / Float(rows).squareRoot()
      return Tensor(
        shape: shape,
        (0..<count).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31 * scale
        })
    }
    let spec = TensorSpec(Shape([nil] + input.shape.dropFirst().map { $0 }), input.dtype)
    return try Model(layers(), input: spec, weights: tensors)
  }

  /// The time of a call in memory of the caller.
  func times(threads: Int, seconds: Double) throws -> CallTimes {
    let predictor = try model().predictor(for: [input], threads: threads)
    var (inputs, outputs) = (CallMemory([input] as [ValueType]), CallMemory(predictor.outputs))
    return try inputs.withBuffers { sources in
      try outputs.withBuffers { results in
        let from = sources.map { UnsafeRawBufferPointer($0) }
        return try CallTimes(seconds: seconds) { count in
          for _ in 0..<count { try predictor.predict(from, into: results) }
        }
      }
    }
  }

  static func recurrent(
    _ name: String, gates: Int, units: Int, time: Int, features: Int, batch: Int,
    biases: [[Int]], _ layers: @escaping @Sendable () throws -> Sequential
  ) -> Workload {
    Workload(
      name: name, input: float([batch, time, features]),
      weights: [[features, gates * units], [units, gates * units]] + biases,
      operations: 2 * Double(batch * time * gates * units * (features + units)), layers: layers)
  }

  static func dense(_ name: String, _ sizes: [Int], batch: Int) -> Workload {
    let pairs = Array(zip(sizes, sizes.dropFirst()))
    return Workload(
      name: name, input: float([batch, sizes[0]]), weights: pairs.flatMap { [[$0, $1], [$1]] },
      operations: pairs.reduce(0) { $0 + 2 * Double(batch * $1.0 * $1.1) }
    ) {
      Sequential { for size in sizes.dropFirst() { Dense(units: size, activation: .relu()) } }
    }
  }

  private static func images(batch: Int) -> Workload {
    Workload(
      name: "convolutions, batch \(batch)", input: float([batch, 28, 28, 1]),
      weights: [[3, 3, 1, 32], [32], [3, 3, 32, 64], [64], [1600, 10], [10]],
      operations: Double(batch) * 2 * Double(26 * 26 * 32 * 9 + 11 * 11 * 64 * 288 + 16000)
    ) {
      Sequential {
        Conv2D(filters: 32, kernelSize: (3, 3), activation: .relu())
        MaxPooling2D()
        Conv2D(filters: 64, kernelSize: (3, 3), activation: .relu())
        MaxPooling2D()
        Flatten()
        Dense(units: 10, activation: .softmax)
      }
    }
  }

  /// Small ones, whose instructions are counted.
  static let small = [
    Workload(
      name: "ids", input: ValueType(shape: [1, 10], dtype: .int32),
      weights: [[12, 12], [12, 10], [10, 10], [10], [10, 2], [2]], operations: 2 * 10 * 220 + 40
    ) {
      Sequential {
        Embedding(inputDim: 12, outputDim: 12, maskZero: true)
        SimpleRNN(units: 10)
        Dense(units: 2, activation: .softmax)
      }
    },
    recurrent(
      "SimpleRNN(64)", gates: 1, units: 64, time: 100, features: 64, batch: 1, biases: [[64]]
    ) { Sequential { SimpleRNN(units: 64) } },
    recurrent(
      "LSTM(20), one step", gates: 4, units: 20, time: 1, features: 1, batch: 1, biases: [[80]]
    ) {
      Sequential { LSTM(units: 20) }
    },
    recurrent(
      "GRU(32)", gates: 3, units: 32, time: 20, features: 32, batch: 1, biases: [[2, 96]]
    ) { Sequential { GRU(units: 32) } },
    dense("dense 784-512-512-10", [784, 512, 512, 10], batch: 1),
    images(batch: 1),
  ]

  /// One that is run step by step, as in audio.
  static let streamed = Workload(
    name: "LSTM(20), Dense, streamed", input: float([1, 1, 1]),
    weights: [[1, 80], [20, 80], [80], [20, 1], [1]], operations: 0
  ) {
    Sequential {
      LSTM(units: 20)
      Dense(units: 1)
    }
  }

  /// Large ones, for their speed alone.
  static let large = [
    recurrent(
      "LSTM(128), 100 steps", gates: 4, units: 128, time: 100, features: 128, batch: 1,
      biases: [[512]]
    ) { Sequential { LSTM(units: 128) } },
    recurrent(
      "LSTM(128), batch 32", gates: 4, units: 128, time: 100, features: 128, batch: 32,
      biases: [[512]]
    ) { Sequential { LSTM(units: 128) } },
    dense("dense 784-512-512-10, batch 256", [784, 512, 512, 10], batch: 256),
    dense("dense 4096-4096", [4096, 4096], batch: 1),
    dense("dense 4096-4096, batch 256", [4096, 4096], batch: 256),
    images(batch: 32),
  ]
}
