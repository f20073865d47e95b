import CHornbillAllocations
import Hornbill
import HornbillTestSupport
import Testing

private var countsAllocations: Bool {
  #if DEBUG
  false
  #else
  hornbill_allocation_count() >= 0
  #endif
}

/// Calls in the caller's memory take none of their own, as the documentation says of a ``Predictor`` and a ``Stream``.
///
/// The compiler keeps that promise where it optimizes, so that builds for debugging are not looked at.
@Suite(.enabled(if: countsAllocations)) struct AllocationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let input: ValueType
    let layers: @Sendable () throws -> Sequential
    var testDescription: String { name }

    init(
      _ name: String, _ shape: [Int], _ dtype: DType = .float32,
      _ layers: @escaping @Sendable () throws -> Sequential
    ) {
      self.name = name
      input = ValueType(shape: shape, dtype: dtype)
      self.layers = layers
    }

    func model(times: Bool = true) throws -> Model {
      var shape = input.shape.map(Optional.some)
      shape[0] = nil
      if !times { shape[1] = nil }
      return try Model(layers(), input: TensorSpec(Shape(shape), input.dtype))
    }
  }

  static let cases = [
    Case("dense layers", [3, 12]) {
      Sequential {
        Dense(units: 9, activation: .relu())
        Dense(units: 5, activation: .tanh)
        Dense(units: 3, activation: .softmax)
      }
    },
    Case("ids, masked", [2, 10], .int32) {
      Sequential {
        Embedding(inputDim: 12, outputDim: 12, maskZero: true)
        SimpleRNN(units: 10)
        Dense(units: 2, activation: .softmax)
      }
    },
    Case("LSTM", [1, 7, 3]) { Sequential { LSTM(units: 20) } },
    Case("both directions", [2, 7, 3]) {
      Sequential {
        Bidirectional(LSTM(units: 8, returnSequences: true))
        GRU(units: 9)
      }
    },
    Case("convolutions", [1, 12, 12, 3]) {
      Sequential {
        Conv2D(filters: 18, kernelSize: (3, 3), activation: .relu())
        BatchNormalization()
        DepthwiseConv2D(kernelSize: (3, 3), activation: .relu())
        MaxPooling2D()
        Conv2D(filters: 20, kernelSize: (3, 3), padding: .same)
        GlobalAveragePooling2D()
        Dense(units: 3, activation: .gelu())
      }
    },
    Case("normalization", [2, 6, 8]) {
      Sequential {
        LayerNormalization()
        Dense(units: 8, activation: .sigmoid)
        Flatten()
      }
    },
  ]

  /// What the calling thread takes in so many calls, after some others.
  private func allocations(_ body: () throws -> Void) rethrows -> Int {
    for _ in 0..<3 { try body() }
    let before = hornbill_allocation_count()
    for _ in 0..<50 { try body() }
    return hornbill_allocation_count() - before
  }

  @Test func allocationsAreCounted() {
    #expect(allocations { _ = [Int](repeating: hornbill_allocation_count(), count: 1000) } >= 50)
  }

  @Test(arguments: cases) func callsAllocateNothing(_ item: Case) throws {
    let predictor = try item.model().predictor(for: [item.input])
    var (inputs, outputs) = (
      CallMemory([item.input] as [ValueType]), CallMemory(predictor.outputs)
    )
    let count = try inputs.withBuffers { sources in
      try outputs.withBuffers { results in
        let from = sources.map { UnsafeRawBufferPointer($0) }
        return try allocations { try predictor.predict(from, into: results) }
      }
    }
    #expect(count == 0)
    guard item.input.dtype == .float32 else { return }
    let input = [Float](repeating: 0.5, count: item.input.shape.reduce(1, *))
    var output = [Float](repeating: 0, count: predictor.outputs[0].shape.reduce(1, *))
    #expect(try allocations { try predict(predictor, input, &output) } == 0)
  }

  private func predict(
    _ predictor: Predictor, _ input: [Float], _ output: inout [Float]
  ) throws {
    var span = output.mutableSpan
    try predictor.predict(input.span, into: &span)
  }

  static let streamed = [
    Case("LSTM, Dense", [1, 1, 1]) {
      Sequential {
        LSTM(units: 20)
        Dense(units: 1)
      }
    },
    Case("two GRUs", [1, 1, 3]) {
      Sequential {
        GRU(units: 7, returnSequences: true)
        GRU(units: 40, resetAfter: false)
        Dense(units: 2, activation: .tanh)
      }
    },
    Case("ids", [1, 1], .int32) {
      Sequential {
        Embedding(inputDim: 9, outputDim: 5)
        SimpleRNN(units: 9, returnSequences: true)
      }
    },
  ]

  @Test(arguments: streamed) func stepsAllocateNothing(_ item: Case) throws {
    let stream = try item.model(times: false).stream()
    var output = [Float](repeating: 0, count: stream.outputShape.reduce(1, *))
    let count = stream.inputShape.reduce(1, *)
    if item.input.dtype == .int32 {
      let input = [Int32](repeating: 3, count: count)
      #expect(
        try allocations {
          var span = output.mutableSpan
          try stream.step(input.span, into: &span)
        } == 0)
    } else {
      let input = [Float](repeating: 0.5, count: count)
      #expect(
        try allocations {
          var span = output.mutableSpan
          try stream.step(input.span, into: &span)
        } == 0)
    }
  }
}
