internal import CHornbillKernels
import HornbillCore

/// One action of a plan, with the places of its operands settled.
typealias Step = @Sendable (RunContext) throws(ExecutionError) -> Void

/// The floating-point types that tensors are held in.
typealias FloatElement = BinaryFloatingPoint & BitwiseCopyable & Sendable

/// What a step does to its result while it is in the cache.
struct Fusion: Sendable {
  /// A fixed vector that is added to every row.
  var bias: Operand?
  /// A tensor of the result's shape that is added.
  var residual: Operand?
  var activation: hb_activation = .linear
  /// What each column of a product's fixed kernel is multiplied by.
  var scale: [Double]?
  /// The window of a convolution in place of the graph's.
  var window: WindowSpec?
  /// The factor of the softmax that stands in place of a multiplication.
  var softmaxFactor: Float?
  /// The arithmetic that stands in place of an elementwise op.
  var affine: Affine?
  /// What stands in place of the last op of a normalization.
  var normalization: Normalization?
}

/// `(x - mean) / √(variance + epsilon) · scale + after` along the last axis, the latter two numbers for every column; `nil` for one
/// that does nothing.
struct Normalization: Sendable {
  let epsilon: Double
  let scale: Operand?
  let after: Operand?
}

/// `(x + before) · scale + after`, each a number for every column; `nil` for one that does nothing.
struct Affine: Sendable {
  let before: Operand?
  let scale: Operand?
  let after: Operand?
}

/// Makes the step for one node once the places of its operands and results are known.
struct StepMaker {
  /// The operands; fixed ones that an op may pack need not be aligned.
  var inputs: [Operand]
  let outputs: [Operand]
  let kernels: KernelSet
  let fixed: FixedTensors
  let threads: Int
  let workers: WorkerPool?
  let fusion: Fusion
  /// What settles the step in an arena, when that is possible.
  var settler: Settler?
  /// The arena with the step's own reservations.
  private(set) var layout: ArenaLayout
  private var ranges: [(offset: Int, bytes: Int)] = []

  init(
    inputs: [Operand], outputs: [Operand], layout: ArenaLayout, kernels: KernelSet,
    fixed: FixedTensors, threads: Int, workers: WorkerPool?, fusion: Fusion = Fusion()
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.layout = layout
    self.kernels = kernels
    self.fixed = fixed
    self.threads = threads
    self.workers = workers
    self.fusion = fusion
  }

  /// Reserves a part of the arena for the step alone.
  mutating func scratch(bytes: Int) throws(ExecutionError) -> Int {
    let offset = try layout.allocate(bytes)
    ranges.append((offset, bytes))
    return offset
  }

  /// Gives the step's own reservations back.
  func release(in layout: inout ArenaLayout) throws(ExecutionError) {
    for range in ranges { try layout.release(offset: range.offset, bytes: range.bytes) }
  }

  /// Makes every fixed operand one that any step can read.
  mutating func alignInputs() throws(ExecutionError) {
    for index in inputs.indices { inputs[index] = try fixed.aligned(inputs[index]) }
  }

  /// The kernel of a product for steps that do not pack it, its columns multiplied.
  func readableKernel() throws(ExecutionError) -> Operand {
    let kernel = try fixed.aligned(inputs[1])
    guard let scale = fusion.scale, let source = kernel.block else { return kernel }
    let block = try Block(byteCount: kernel.byteCount)
    let from = (source.base + kernel.offset).assumingMemoryBound(to: Float.self)
    let to = block.base.bindMemory(to: Float.self, capacity: kernel.count)
    for row in stride(from: 0, to: kernel.count, by: scale.count) {
      for column in 0..<scale.count {
        to[row + column] = Float(Double(from[row + column]) * scale[column])
      }
    }
    return Operand(type: kernel.type, count: kernel.count, block: block, offset: 0)
  }

  var x: Operand { inputs[0] }
  var y: Operand { outputs[0] }

  /// The step of an op.
  mutating func step(_ op: Op) throws(ExecutionError) -> Step {
    switch op {
    case .input, .weight, .constant, .state:
      return { (_: RunContext) throws(ExecutionError) -> Void in }
    case .unary(let op): return unary(op)
    case .activation(let activation): return self.activation(activation)
    case .binary(let op): return try binary(op)
    case .select: return select()
    case .cast: return cast()
    case .reshape: return reshape()
    case .transpose(let permutation): return transpose(permutation)
    case .broadcast: return broadcast()
    case .concatenate(let axis): return concatenate(axis)
    case .slice(let starts, _, let strides): return slice(starts, strides)
    case .pad(let before, let after, let mode): return pad(before, after, mode)
    case .gather(let axis, let negative): return gather(axis, negative: negative)
    case .gatherElements(let axis): return gatherElements(axis)
    case .scatter(let mode): return try scatter(mode)
    case .reduce(let reduction, let axes, _): return try reduce(reduction, axes)
    case .argReduce(let reduction, let axis): return try argReduce(reduction, axis)
    case .accumulate(let accumulation, let axis, let reverse):
      return try accumulate(accumulation, axis, reverse: reverse)
    case .sort(let descending): return try sort(descending: descending)
    case .matmul(let transposeA, let transposeB):
      return try matmul(transposeA, transposeB)
    case .convolution(let window, let groups):
      return try convolution(window, groups: groups)
    case .transposedConvolution(let window, _): return try transposedConvolution(window)
    case .pool(let kind, let window): return pool(kind, window)
    case .resample(let resampling, let axis): return resample(resampling, axis)
    case .text(let function): return text(function)
    case .tokens(let tokenizer, let width): return tokens(tokenizer, width: width)
    case .tokenCount(let tokenizer): return tokenCount(tokenizer)
    case .lookup(let required): return lookup(required: required)
    case .hash(let function, let bins): return hash(function, bins: bins)
    case .linearAlgebra(let kind): return try linearAlgebra(kind)
    case .fft(let inverse): return try fft(inverse: inverse)
    case .bitcast: return bitcast()
    case .simpleRNN(let spec): return try recurrent(.simple, spec)
    case .lstm(let spec): return try recurrent(.lstm, spec)
    case .gru(let spec): return try recurrent(.gru, spec)
    }
  }

  /// Refuses text, which most ops do not know.
  func refuseText(_ name: String) throws(ExecutionError) {
    if inputs.contains(where: { $0.type.dtype == .string }) {
      throw ExecutionError("\(name) of text is not possible")
    }
  }
}
