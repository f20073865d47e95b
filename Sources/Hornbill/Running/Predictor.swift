public import HornbillCore
import HornbillFast
import HornbillLayers

/// Runs a model for inputs of fixed shapes, for any number of callers at once.
///
///     let predictor = try model.predictor(for: [ValueType(shape: [1, 784], dtype: .float32)])
///     try predictor.predict(pixels.span, into: &scores)          // pixels: [Float], scores: MutableSpan<Float>
///
/// The plan is made once. A call then takes memory that nobody else has, without a lock, and gives it back; in the forms with the
/// caller's memory no tensor is made. A model whose layers keep states from call to call needs a ``Session``.
public struct Predictor: Sendable {
  /// The types of the inputs, with the batch axis.
  public let inputs: [ValueType]
  /// The types of the outputs.
  public let outputs: [ValueType]
  let program: Program
  let graph: Graph
  let path: String?

  /// The outputs for one set of inputs.
  ///
  /// - Throws: ``ModelError`` when the inputs are not of the types of ``inputs``, or when a layer refuses their elements.
  public func predict(_ tensors: [Tensor]) throws(ModelError) -> [Tensor] {
    guard tensors.count == inputs.count else {
      throw error(.input, "the model takes \(inputs.count) inputs, \(tensors.count) were given")
    }
    for (number, (tensor, type)) in zip(tensors, inputs).enumerated() {
      guard tensor.shape == type.shape, tensor.dtype == type.dtype else {
        throw error(
          .input,
          "input \(number): expected \(type.dtype)\(Shape(type.shape)), "
            + "found \(tensor.dtype)\(Shape(tensor.shape))")
      }
    }
    do {
      return try program.run(tensors)
    } catch {
      throw ModelError(error, file: path)
    }
  }

  /// Computes the output of a model of one input and one output, both `float32`, in the caller's memory.
  ///
  /// - Parameters:
  ///   - input: the elements in row-major order.
  ///   - output: takes the elements in row-major order.
  /// - Throws: ``ModelError`` when the model has other inputs or outputs, when a span has another number of elements, or when a layer
  ///   refuses the elements.
  public func predict(
    _ input: Span<Float>, into output: inout MutableSpan<Float>
  ) throws(ModelError) {
    guard inputs.count == 1, outputs.count == 1, inputs[0].dtype == .float32,
      outputs[0].dtype == .float32
    else {
      throw error(
        .input, "spans of Float serve a model of one float32 input and one float32 output")
    }
    var failure: ExecutionError?
    input.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { result in
        do throws(ExecutionError) {
          try program.run(source, into: result)
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw ModelError(failure, file: path) }
  }

  /// Computes the outputs in the caller's memory.
  ///
  /// Elements stand in row-major order. An integer has the width of its type, a Boolean takes one byte, `float16` and `bfloat16` their 16
  /// bits; text has no such form.
  ///
  /// - Parameters:
  ///   - sources: the elements of each input.
  ///   - results: takes the elements of each output.
  /// - Throws: ``ModelError`` when a buffer has not the size of its tensor, or when a layer refuses the elements.
  public func predict(
    _ sources: [UnsafeRawBufferPointer], into results: [UnsafeMutableRawBufferPointer]
  ) throws(ModelError) {
    do {
      try program.run(sources, into: results)
    } catch {
      throw ModelError(error, file: path)
    }
  }

  func error(_ code: ModelError.Code, _ detail: String) -> ModelError {
    ModelError(code, file: path, detail)
  }
}

extension Model {
  /// A predictor for inputs of some types.
  ///
  /// - Parameters:
  ///   - inputs: the type of each input, with the batch axis.
  ///   - threads: the threads that one call may use.
  /// - Throws: ``ModelError`` when the inputs do not fit, when the model holds a layer that does not run or that keeps states, when shapes
  ///   in it depend on the inputs' elements, or when weights are missing.
  public func predictor(
    for inputs: [ValueType], threads: Int = 1
  ) throws(ModelError) -> Predictor {
    try checkInputs(inputs)
    let (graph, executor) = try lowered(for: inputs, threads: threads)
    if !graph.states.isEmpty {
      throw ModelError(
        .unsupported, file: path,
        "holds layers that keep states from call to call; run it with a session")
    }
    do {
      let program = try executor.program(computing: graph.outputs)
      return Predictor(
        inputs: inputs, outputs: program.outputs, program: program, graph: graph, path: path)
    } catch {
      throw ModelError(error, file: path)
    }
  }
}
