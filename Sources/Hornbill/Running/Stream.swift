public import HornbillCore
import HornbillFast
import HornbillLayers

/// Runs a recurrent model on one time step after another, as they come.
///
///     let stream = try model.stream()
///     while let frame = microphone.next() {                  // frame: [Float]
///       try stream.step(frame.span, into: &output)           // output: MutableSpan<Float>
///     }
///
/// Every recurrent layer goes on where the last step left it, whether it is stateful or not, so the outputs are those of the model
/// on the whole sequence, to a few units in the last place. A step takes no lock and makes no system call. A stream belongs to one task at
/// a time; any number of streams may share a model.
public final class Stream {
  /// The shape of one step's input, without batch and time.
  public let inputShape: [Int]
  /// The type of one step's input.
  public let inputType: DType
  /// The shape of one step's output, without batch and, where the output is a sequence, without time.
  public let outputShape: [Int]
  private let stream: ProgramStream
  private let path: String?

  init(
    _ stream: ProgramStream, input: ValueType, outputShape: [Int], path: String?
  ) {
    self.stream = stream
    inputShape = Array(input.shape.dropFirst(2))
    inputType = input.dtype
    self.outputShape = outputShape
    self.path = path
  }

  /// Goes one step on.
  ///
  /// - Parameters:
  ///   - input: the elements of one step, ``inputShape`` in row-major order.
  ///   - output: takes the elements of ``outputShape``: what the model computes at this step or, when its last recurrent layer gives only
  ///     its last output, what it would give if the sequence ended here.
  /// - Throws: ``ModelError`` when the model takes no `float32`, or when a span has another number of elements; the states stay as they were.
  public func step(
    _ input: Span<Float>, into output: inout MutableSpan<Float>
  ) throws(ModelError) {
    try step(input, .float32, &output)
  }

  /// Goes one step on with whole numbers, such as the ids that an embedding takes.
  ///
  /// - Throws: ``ModelError`` when the model takes no `int32`, when a span has another number of elements, or when a number is refused; the
  ///   states stay as they were.
  public func step(
    _ input: Span<Int32>, into output: inout MutableSpan<Float>
  ) throws(ModelError) {
    try step(input, .int32, &output)
  }

  /// Begins a new sequence.
  public func reset() { stream.reset() }

  @inline(__always)
  private func step<Element: BitwiseCopyable>(
    _ input: Span<Element>, _ type: DType, _ output: inout MutableSpan<Float>
  ) throws(ModelError) {
    guard inputType == type else {
      throw ModelError(.input, file: path, "the stream takes \(inputType), found \(type)")
    }
    do throws(ExecutionError) {
      try input.withUnsafeBytes { (source) throws(ExecutionError) in
        try output.withUnsafeMutableBytes { (result) throws(ExecutionError) in
          try stream.run(source, into: result)
        }
      }
    } catch {
      throw ModelError(error, file: path)
    }
  }
}

extension Model {
  /// A stream at the beginning of a sequence.
  ///
  /// The model has one input `(batch, time, …)` and one `float32` output, and between them recurrent layers that read forwards and layers
  /// that treat each time step alone.
  ///
  /// - Throws: ``ModelError`` with the code `unsupported` that names the first layer that joins time steps, and those of
  ///   ``predictor(for:threads:)``.
  public func stream() throws(ModelError) -> Stream {
    guard inputs.count == 1, let shape = inputs[0].shape, shape.rank >= 2,
      let features = shape.dropFirst(2).known
    else {
      throw ModelError(
        .unsupported, file: path,
        "a stream needs a model of one input (batch, time, …) with known features")
    }
    do throws(LayerError) {
      try StreamCheck.check(root)
    } catch {
      throw ModelError(error, file: path)
    }
    let type = ValueType(shape: [1, 1] + features, dtype: inputs[0].dtype)
    let (graph, executor) = try lowered(for: [type], threads: 1, keepsStates: true)
    guard graph.outputs.count == 1, graph.type(of: graph.outputs[0]).dtype == .float32 else {
      throw ModelError(.unsupported, file: path, "a stream needs one float32 output")
    }
    let shapes = graph.type(of: graph.outputs[0]).shape
    let isSequence = StreamCheck.givesSequence(root)
    do throws(ExecutionError) {
      let program = try executor.program(
        computing: graph.outputs + graph.states.map(\.final))
      return Stream(
        try program.stream(), input: type,
        outputShape: Array(shapes.dropFirst(isSequence ? 2 : 1)), path: path)
    } catch {
      throw ModelError(error, file: path)
    }
  }
}

/// Whether the layers of a model treat each time step alone, but for the states of recurrent layers.
private enum StreamCheck {
  static func check(_ instance: LayerInstance) throws(LayerError) {
    do {
      try checkLayer(instance)
    } catch {
      throw error.at(instance.name)
    }
  }

  private static func checkLayer(_ instance: LayerInstance) throws(LayerError) {
    if let model = instance.layer as? any ModelLayer {
      for layer in model.layers { try check(layer) }
      return
    }
    switch instance.layer {
    case is InputLayer, is Dense, is any InferenceIdentity, is any ElementwiseActivation: return
    case is Activate: return
    case let layer as any RecurrentNetwork:
      if layer.options.goBackwards || layer.options.timeMajor || layer.options.returnState {
        throw refusal(instance, "reads its sequence backwards, time first, or gives its states")
      }
    case let layer as Embedding:
      if layer.maskZero { throw refusal(instance, "masks steps, which a stream leaves out") }
    case let layer as BatchNormalization where layer.axes == [-1]: return
    case let layer as LayerNormalization where layer.axes == [-1]: return
    case let layer as TimeDistributed:
      if layer.layer.layer is any RecurrentLayer || layer.layer.layer is any ModelLayer {
        throw refusal(instance, "holds a layer with a sequence of its own")
      }
    default: throw refusal(instance, "may join time steps")
    }
  }

  private static func refusal(_ instance: LayerInstance, _ reason: String) -> LayerError {
    LayerError(
      .unsupported, "\(instance.className) \(reason); a stream runs one time step at a time")
  }

  /// Whether the last recurrent layer gives an output for each step.
  static func givesSequence(_ instance: LayerInstance) -> Bool {
    if let model = instance.layer as? any ModelLayer {
      return model.layers.allSatisfy(givesSequence)
    }
    return (instance.layer as? any RecurrentNetwork)?.options.returnSequences ?? true
  }
}
