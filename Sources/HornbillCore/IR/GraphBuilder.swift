/// Builds a graph node by node, checking shapes and types as it goes.
///
/// Layers lower themselves with the methods here; each states its operands and its result. A shape or type that does
/// not fit throws ``LayerError`` with the code ``LayerError/Code/shape``, so a broken model fails before it runs.
public struct GraphBuilder: Sendable {
  package private(set) var graph = Graph()
  /// The values that hold complex numbers: their last axis is the real and the imaginary part.
  package private(set) var complexValues: Set<Value> = []
  private var weightValues: [WeightID: Value] = [:]
  private var scalarValues: [ScalarKey: Value] = [:]
  private var callCount = 0

  private struct ScalarKey: Hashable {
    let bits: UInt64
    let dtype: DType
  }

  /// Makes a builder of an empty graph.
  package init() {}

  // MARK: Reading

  /// The static shape of a value.
  public func shape(_ value: Value) -> [Int] { graph.types[value.index].shape }

  /// The element type of a value.
  public func dtype(_ value: Value) -> DType { graph.types[value.index].dtype }

  /// The number of axes of a value.
  public func rank(_ value: Value) -> Int { shape(value).count }

  /// An axis counted from the front.
  ///
  /// - Throws: ``LayerError`` when the value has no such axis.
  public func axis(_ axis: Int, of value: Value) throws(LayerError) -> Int {
    let rank = rank(value)
    let result = axis < 0 ? axis + rank : axis
    guard result >= 0, result < rank else {
      throw LayerError(.shape, "axis \(axis) does not exist in shape \(Shape(shape(value)))")
    }
    return result
  }

  // MARK: Sources

  /// Adds the next input of the model.
  package mutating func input(_ type: ValueType) -> Value {
    let value = append(.input(graph.inputs.count), [], [type])[0]
    graph.inputs.append(value)
    return value
  }

  /// A variable of a layer; the same value at every use.
  package mutating func weight(_ id: WeightID, _ type: ValueType) -> Value {
    if let value = weightValues[id] { return value }
    let value = append(.weight(graph.weights.count), [], [type])[0]
    graph.weights.append(id)
    weightValues[id] = value
    return value
  }

  /// A tensor that is known now.
  public mutating func constant(_ tensor: Tensor) -> Value {
    let type = ValueType(shape: tensor.shape, dtype: tensor.dtype)
    graph.constants.append(tensor)
    return append(.constant(graph.constants.count - 1), [], [type])[0]
  }

  /// A number as a scalar of the given type.
  public mutating func scalar(_ number: Double, _ dtype: DType) -> Value {
    let key = ScalarKey(bits: number.bitPattern, dtype: dtype)
    if let value = scalarValues[key] { return value }
    let storage: Tensor.Storage =
      switch dtype {
      case .float16, .bfloat16, .float32: .float([Float(number)])
      case .float64: .double([number])
      case .string: .text([String(number)])
      default: .integer([Int64(saturating: number)])
      }
    let value = constant(Tensor(shape: [], dtype: dtype, storage: storage))
    scalarValues[key] = value
    return value
  }

  /// A tensor filled with one number.
  public mutating func full(
    _ number: Double, shape: [Int], _ dtype: DType
  ) throws(LayerError) -> Value {
    try broadcast(scalar(number, dtype), to: shape)
  }

  /// A state that a run hands to the next one; zeros before the first run.
  ///
  /// ``setState(_:to:)`` says what it becomes.
  public mutating func state(shape: [Int], dtype: DType) -> StateHandle {
    let value = append(
      .state(graph.states.count), [], [ValueType(shape: shape, dtype: dtype)])[0]
    graph.states.append(Graph.State(initial: value, final: value))
    return StateHandle(index: graph.states.count - 1, value: value)
  }

  /// Says what a state is at the end of a run.
  public mutating func setState(_ state: StateHandle, to value: Value) {
    graph.states[state.index].final = value
  }

  // MARK: Bookkeeping

  /// Says that the last axis of a value is the real and the imaginary part of complex numbers.
  package mutating func markComplex(_ value: Value) { complexValues.insert(value) }

  /// Refuses complex numbers, which only few operations know.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported`.
  package func requireReal(_ value: Value) throws(LayerError) {
    if complexValues.contains(value) {
      throw LayerError(.unsupported, "complex numbers are supported only where they become real")
    }
  }

  /// Starts the next layer call of a recording and gives its number.
  package mutating func beginMarkedCall() -> Int {
    defer { callCount += 1 }
    return callCount
  }

  /// Keeps a layer's output for recordings.
  package mutating func mark(_ key: MarkKey, _ value: Value, call: Int, isSequence: Bool) {
    graph.marks.append(Graph.Mark(key: key, value: value, call: call, isSequence: isSequence))
  }

  /// The graph, with the given outputs; variables that neither they, nor states, nor recordings depend on are left out.
  package func finished(outputs: [Value]) -> Graph {
    var result = graph
    result.outputs = outputs
    let wanted = outputs + graph.states.map(\.final) + graph.marks.map(\.value)
    let needed = Set(graph.nodes(needed: wanted).flatMap(\.outputs))
    result.nodes = graph.nodes.filter { node in
      guard case .weight = node.op else { return true }
      return node.outputs.contains { needed.contains($0) }
    }
    return result
  }

  // MARK: Nodes

  /// Adds a node and gives its results.
  package mutating func add(_ op: Op, _ inputs: [Value]) throws(LayerError) -> [Value] {
    let types = try op.infer(inputs.map { graph.types[$0.index] })
    for type in types where Shape.elementCount(type.shape) == nil {
      throw LayerError(.shape, "a tensor of shape \(Shape(type.shape)) has too many elements")
    }
    return append(op, inputs, types)
  }

  private mutating func append(_ op: Op, _ inputs: [Value], _ types: [ValueType]) -> [Value] {
    let outputs = types.indices.map { Value(index: graph.types.count + $0) }
    graph.types += types
    graph.nodes.append(Graph.Node(op: op, inputs: inputs, outputs: outputs))
    return outputs
  }

  private mutating func one(_ op: Op, _ inputs: Value...) throws(LayerError) -> Value {
    try add(op, inputs)[0]
  }

  // MARK: Elementwise

  package mutating func unary(_ op: UnaryOp, _ x: Value) throws(LayerError) -> Value {
    try one(.unary(op), x)
  }

  package mutating func binary(_ op: BinaryOp, _ a: Value, _ b: Value) throws(LayerError) -> Value {
    try one(.binary(op), a, b)
  }

  /// The activation of a tensor; ``Activation/linear`` gives the tensor itself.
  public mutating func activation(
    _ activation: Activation, _ x: Value
  ) throws(LayerError) -> Value {
    if case .linear = activation { return x }
    return try one(.activation(activation), x)
  }

  /// `condition ? a : b`, broadcast.
  public mutating func select(
    _ condition: Value, _ a: Value, _ b: Value
  ) throws(LayerError) -> Value {
    try one(.select, condition, a, b)
  }

  /// The tensor in another element type; the tensor itself when it has that type.
  public mutating func cast(_ x: Value, to dtype: DType) throws(LayerError) -> Value {
    self.dtype(x) == dtype ? x : try one(.cast(dtype), x)
  }

  // MARK: Movement

  /// The same elements under another shape.
  public mutating func reshape(_ x: Value, to shape: [Int]) throws(LayerError) -> Value {
    self.shape(x) == shape ? x : try one(.reshape(shape), x)
  }

  /// The tensor with its axes in another order: axis `i` of the result is axis `permutation[i]` of the operand.
  public mutating func transpose(_ x: Value, _ permutation: [Int]) throws(LayerError) -> Value {
    permutation == Array(0..<rank(x)) ? x : try one(.transpose(permutation), x)
  }

  /// The tensor repeated to a shape as NumPy broadcasts.
  public mutating func broadcast(_ x: Value, to shape: [Int]) throws(LayerError) -> Value {
    self.shape(x) == shape ? x : try one(.broadcast(shape), x)
  }

  /// Tensors one after another along an axis.
  public mutating func concatenate(_ values: [Value], axis: Int) throws(LayerError) -> Value {
    guard let first = values.first else {
      throw LayerError(.shape, "concatenation needs at least one tensor")
    }
    if values.count == 1 { return first }
    return try add(.concatenate(axis: self.axis(axis, of: first)), values)[0]
  }

  /// Element `starts + i · strides` of every axis, for `i < counts`.
  public mutating func slice(
    _ x: Value, starts: [Int], counts: [Int], strides: [Int]
  ) throws(LayerError) -> Value {
    let isWhole =
      counts == shape(x) && starts.allSatisfy { $0 == 0 } && strides.allSatisfy { $0 == 1 }
    return isWhole ? x : try one(.slice(starts: starts, counts: counts, strides: strides), x)
  }

  package mutating func pad(
    _ x: Value, before: [Int], after: [Int], mode: PadMode = .constant(0)
  ) throws(LayerError) -> Value {
    let isNothing = before.allSatisfy { $0 == 0 } && after.allSatisfy { $0 == 0 }
    return isNothing ? x : try one(.pad(before: before, after: after, mode: mode), x)
  }

  /// Slices of `x` along an axis, one for each index.
  ///
  /// - Parameter negative: negative indices count from the end; otherwise they are errors when the graph runs.
  public mutating func gather(
    _ x: Value, _ indices: Value, axis: Int, negative: Bool = false
  ) throws(LayerError) -> Value {
    try one(.gather(axis: self.axis(axis, of: x), negative: negative), x, indices)
  }

  package mutating func gatherElements(
    _ x: Value, _ indices: Value, axis: Int
  ) throws(LayerError) -> Value {
    try one(.gatherElements(axis: self.axis(axis, of: x)), x, indices)
  }

  package mutating func scatter(
    _ mode: ScatterMode, _ base: Value, _ indices: Value, _ updates: Value
  ) throws(LayerError) -> Value {
    try one(.scatter(mode), base, indices, updates)
  }

  // MARK: Folding

  package mutating func reduce(
    _ reduction: Reduction, _ x: Value, axes: [Int], keepDimensions: Bool = false
  ) throws(LayerError) -> Value {
    var resolved: [Int] = []
    for axis in axes { resolved.append(try self.axis(axis, of: x)) }
    return try one(
      .reduce(reduction, axes: Set(resolved).sorted(), keepDimensions: keepDimensions), x)
  }

  package mutating func argReduce(
    _ reduction: ArgReduction, _ x: Value, axis: Int
  ) throws(LayerError) -> Value {
    try one(.argReduce(reduction, axis: self.axis(axis, of: x)), x)
  }

  package mutating func accumulate(
    _ accumulation: Accumulation, _ x: Value, axis: Int, reverse: Bool = false
  ) throws(LayerError) -> Value {
    try one(.accumulate(accumulation, axis: self.axis(axis, of: x), reverse: reverse), x)
  }

  package mutating func sort(
    _ x: Value, descending: Bool = false
  ) throws(LayerError) -> (values: Value, indices: Value) {
    let results = try add(.sort(descending: descending), [x])
    return (results[0], results[1])
  }

  // MARK: Products

  /// The matrix product of the last two axes, leading axes broadcast.
  public mutating func matmul(
    _ a: Value, _ b: Value, transposeA: Bool = false, transposeB: Bool = false
  ) throws(LayerError) -> Value {
    try one(.matmul(transposeA: transposeA, transposeB: transposeB), a, b)
  }

  package mutating func convolution(
    _ x: Value, _ kernel: Value, _ window: WindowSpec, groups: Int
  ) throws(LayerError) -> Value {
    try one(.convolution(window, groups: groups), x, kernel)
  }

  package mutating func transposedConvolution(
    _ x: Value, _ kernel: Value, _ window: WindowSpec, output: [Int]
  ) throws(LayerError) -> Value {
    try one(.transposedConvolution(window, output: output), x, kernel)
  }

  package mutating func pool(
    _ kind: PoolKind, _ x: Value, _ window: WindowSpec
  ) throws(LayerError) -> Value {
    try one(.pool(kind, window), x)
  }

  package mutating func resample(
    _ x: Value, _ resampling: Resampling, axis: Int
  ) throws(LayerError) -> Value {
    try one(.resample(resampling, axis: axis), x)
  }
}

/// A state of a graph, see ``GraphBuilder/state(shape:dtype:)``.
public struct StateHandle: Sendable {
  let index: Int
  /// The state at the start of a run.
  public let value: Value
}

extension Int64 {
  /// The nearest integer; the ends of the range for what lies outside, 0 for NaN.
  package init(saturating number: Double) {
    if number.isNaN {
      self = 0
    } else if number >= 0x1p63 {
      self = .max
    } else if number <= -0x1p63 {
      self = .min
    } else {
      self = Int64(number.rounded(.towardZero))
    }
  }
}
