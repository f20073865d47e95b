public import HornbillCore
import HornbillFast
import HornbillLayers
import HornbillReference
import Synchronization

/// Which executor computes.
public enum Engine: String, Sendable, CaseIterable {
  /// `Float`, planned for speed.
  case fast
  /// `Double`, the definition of every operation; slow.
  case reference
}

/// One output of one layer call, kept while a model ran.
public struct LayerActivation: Sendable {
  /// The names from the model to the layer, the model first.
  public let path: [String]
  /// The number of the call among those of the same layer, from 0.
  public let occurrence: Int
  /// The number of the output, when the call has several.
  public let output: Int?
  /// The place of the layer call in the order of execution, from 0.
  public let call: Int
  /// Whether axis 1 is time.
  public let isSequence: Bool
  /// Whether the layer is itself a model.
  public let isModel: Bool
  /// The output.
  public let tensor: Tensor
}

/// Runs a model again and again, keeping the states of its stateful layers and the plans for the last sets of input shapes.
///
/// A session belongs to one task at a time; any number of sessions may share a model.
public final class Session {
  /// The model.
  public let model: Model
  /// Which executor computes.
  public let engine: Engine
  /// The number of threads that one run may use.
  public let threads: Int
  /// The plans that are kept, the last used first.
  private var plans: [Plan] = []
  private var states: [Tensor] = []

  private struct Plan {
    /// The types of the inputs that it serves.
    let inputs: [ValueType]
    let graph: Graph
    let executor: any Executor
    /// The extents of the graph that depend on the inputs' elements.
    let extents: [DataExtents.Extent]
  }

  /// The most plans that are kept; weights that are not mapped are copied for each.
  private static let keptPlans = 8

  init(model: Model, engine: Engine, threads: Int) {
    self.model = model
    self.engine = engine
    self.threads = max(threads, 1)
  }

  /// Sets the states of stateful layers back to zeros.
  public func resetStates() { states = [] }

  /// The outputs for one set of inputs.
  ///
  /// - Parameters:
  ///   - inputs: one tensor for each input, in order, with the batch axis.
  ///   - batchSize: the most rows to compute at once; all when absent.
  /// - Throws: ``ModelError``.
  public func run(_ inputs: [Tensor], batchSize: Int? = nil) throws(ModelError) -> [Tensor] {
    guard let batchSize, let rows = inputs.first?.shape.first, rows > batchSize else {
      return try run(inputs, recording: { _ in false }).outputs
    }
    guard batchSize > 0, inputs.allSatisfy({ $0.shape.first == rows }) else {
      throw error(.input, "batches need inputs with one number of rows and a size above 0")
    }
    var parts: [[Tensor]] = []
    for start in stride(from: 0, to: rows, by: batchSize) {
      let count = min(batchSize, rows - start)
      let part = inputs.map { $0.rows(start, count) }
      parts.append(try run(part, recording: { _ in false }).outputs)
    }
    var outputs: [Tensor] = []
    for index in parts[0].indices {
      guard let joined = Tensor(joiningRows: parts.map { $0[index] }) else {
        throw error(
          .input, "output \(index) has no batch axis, so it cannot be computed in batches")
      }
      outputs.append(joined)
    }
    return outputs
  }

  /// The outputs for one set of inputs, and the activations of the layers that `isWanted` names.
  ///
  /// - Parameters:
  ///   - inputs: one tensor for each input, in order, with the batch axis.
  ///   - isWanted: says for the names from the model to a layer whether its outputs are kept.
  /// - Throws: ``ModelError``.
  public func run(
    _ inputs: [Tensor], recording isWanted: ([String]) -> Bool
  ) throws(ModelError) -> (outputs: [Tensor], activations: [LayerActivation]) {
    let (outputs, activations, _) = try trace(inputs, recording: isWanted)
    return (outputs, activations)
  }

  /// What ``run(_:recording:)`` gives, and the graph that was run.
  func trace(
    _ inputs: [Tensor], recording isWanted: ([String]) -> Bool
  ) throws(ModelError) -> (outputs: [Tensor], activations: [LayerActivation], graph: Graph) {
    try model.checkInputs(inputs.map { ValueType(shape: $0.shape, dtype: $0.dtype) })
    let plan = try plan(for: inputs)
    let graph = plan.graph
    let marks = graph.marks.filter { isWanted($0.key.path) }
    let isFresh =
      states.count != graph.states.count
      || zip(states, graph.states).contains { $0.shape != graph.type(of: $1.initial).shape }
    if isFresh { states = graph.states.map { Tensor(zeros: graph.type(of: $0.initial)) } }
    let wanted = graph.outputs + graph.states.map(\.final) + marks.map(\.value)
    let results: [Tensor]
    do {
      results = try plan.executor.run(inputs: inputs, states: states, computing: wanted)
    } catch {
      let layer = failingLayer(plan, inputs).map { "layer \($0): " } ?? ""
      throw self.error(.execution, layer + error.description)
    }
    let outputCount = graph.outputs.count
    states = Array(results[outputCount..<(outputCount + graph.states.count)])
    let activations = zip(marks, results.dropFirst(outputCount + graph.states.count)).map {
      LayerActivation(
        path: $0.key.path, occurrence: $0.key.occurrence, output: $0.key.output, call: $0.call,
        isSequence: $0.isSequence, isModel: $0.key.isModel, tensor: $1)
    }
    return (Array(results[..<outputCount]), activations, graph)
  }

  private func error(_ code: ModelError.Code, _ detail: String) -> ModelError {
    ModelError(code, file: model.path, detail)
  }

  /// The layer call with which the run of a plan fails, as the names from the model to it; `nil` when no single one is to blame.
  ///
  /// The calls up to the k-th one fail for every k from that call on, so halving finds it.
  private func failingLayer(_ plan: Plan, _ inputs: [Tensor]) -> String? {
    let marks = plan.graph.marks.filter { !$0.key.isModel }.sorted { $0.call < $1.call }
    func fails(_ count: Int) -> Bool {
      do {
        _ = try plan.executor.run(
          inputs: inputs, states: states, computing: marks.prefix(count).map(\.value))
        return false
      } catch {
        return true
      }
    }
    guard fails(marks.count) else { return nil }
    var (succeeding, failing) = (0, marks.count)
    while failing - succeeding > 1 {
      let middle = (succeeding + failing) / 2
      if fails(middle) { failing = middle } else { succeeding = middle }
    }
    return marks[failing - 1].key.path.joined(separator: "/")
  }

  /// A plan for these inputs: one that is kept if its extents are theirs.
  private func plan(for inputs: [Tensor]) throws(ModelError) -> Plan {
    let types = inputs.map { ValueType(shape: $0.shape, dtype: $0.dtype) }
    do throws(LayerError) {
      for (index, plan) in plans.enumerated() where plan.inputs == types {
        guard try Session.holds(plan, for: inputs) else { continue }
        plans.remove(at: index)
        plans.insert(plan, at: 0)
        return plan
      }
      let (build, bindings) = try model.built(for: types)
      let weights = KeptWeights(model.weights(build, bindings))
      let executor = {
        @Sendable [engine, threads] (graph: Graph) throws(LayerError) -> any Executor in
        try Session.executor(graph, weights, engine: engine, threads: threads)
      }
      let lowered = try model.lower(types, build, bindings) { (graph, value) throws(LayerError) in
        try Session.extent(value, of: graph, executor(graph), inputs)
      }
      let plan = Plan(
        inputs: types, graph: lowered.graph, executor: try executor(lowered.graph),
        extents: lowered.extents)
      plans = [plan] + plans.prefix(Session.keptPlans - 1)
      return plan
    } catch {
      throw ModelError(error, file: model.path)
    }
  }

  /// Whether the extents of a plan, each of which may depend on the former, are those of these inputs.
  private static func holds(_ plan: Plan, for inputs: [Tensor]) throws(LayerError) -> Bool {
    for known in plan.extents {
      let extent = try extent(known.value, of: plan.graph, plan.executor, inputs)
      if extent != known.extent { return false }
    }
    return true
  }

  /// A scalar integer of a graph that depends on no state.
  private static func extent(
    _ value: Value, of graph: Graph, _ executor: any Executor, _ inputs: [Tensor]
  ) throws(LayerError) -> Int {
    do {
      let states = graph.states.map { Tensor(zeros: graph.type(of: $0.initial)) }
      let results = try executor.run(inputs: inputs, states: states, computing: [value])
      guard let number = results.first?.integers?.first, let extent = Int(exactly: number) else {
        throw LayerError(.shape, "an extent of the graph is not an integer")
      }
      return extent
    } catch let error as LayerError {
      throw error
    } catch {
      throw LayerError(.shape, "\(error)")
    }
  }

  private static func executor(
    _ graph: Graph, _ weights: KeptWeights, engine: Engine, threads: Int
  ) throws(LayerError) -> any Executor {
    do {
      switch engine {
      case .fast:
        return try FastExecutor(graph: graph, threads: threads, weights: weights.tensor)
      case .reference:
        return try ReferenceExecutor(graph: graph, threads: threads, weights: weights.tensor)
      }
    } catch {
      throw LayerError(.weights, error.description)
    }
  }
}

/// The variables of a model, each fetched once for all the graphs that one plan takes to make.
private final class KeptWeights: Sendable {
  private let fetch: @Sendable (WeightID) throws(ExecutionError) -> Tensor
  private let tensors = Mutex<[WeightID: Tensor]>([:])

  init(_ fetch: @escaping @Sendable (WeightID) throws(ExecutionError) -> Tensor) {
    self.fetch = fetch
  }

  func tensor(_ id: WeightID) throws(ExecutionError) -> Tensor {
    if let known = tensors.withLock({ $0[id] }) { return known }
    let tensor = try fetch(id)
    tensors.withLock { $0[id] = tensor }
    return tensor
  }
}

extension Tensor {
  /// A tensor of zeros.
  init(zeros type: ValueType) {
    let count = Shape.elementCount(type.shape) ?? 0
    let storage: Storage =
      switch type.dtype {
      case .float16, .bfloat16, .float32: .float([Float](repeating: 0, count: count))
      case .float64: .double([Double](repeating: 0, count: count))
      case .string: .text([String](repeating: "", count: count))
      default: .integer([Int64](repeating: 0, count: count))
      }
    self.init(shape: type.shape, dtype: type.dtype, storage: storage)
  }

  /// Some rows of the first axis.
  package func rows(_ start: Int, _ count: Int) -> Tensor {
    let width = shape.first.map { $0 == 0 ? 0 : self.count / $0 } ?? 0
    let range = (start * width)..<((start + count) * width)
    let part: Storage =
      switch storage {
      case .float(let values): .float(Array(values[range]))
      case .double(let values): .double(Array(values[range]))
      case .integer(let values): .integer(Array(values[range]))
      case .text(let values): .text(Array(values[range]))
      }
    return Tensor(shape: [count] + shape.dropFirst(), dtype: dtype, storage: part)
  }

  /// Tensors one below another; `nil` when their rows differ in shape or type.
  init?(joiningRows parts: [Tensor]) {
    guard let first = parts.first, !first.shape.isEmpty,
      parts.allSatisfy({
        $0.shape.dropFirst() == first.shape.dropFirst() && $0.dtype == first.dtype
      })
    else { return nil }
    let shape = [parts.reduce(0) { $0 + $1.shape[0] }] + first.shape.dropFirst()
    let storage: Storage =
      switch first.storage {
      case .float: .float(parts.flatMap { $0.floats ?? [] })
      case .double: .double(parts.flatMap { $0.doubles ?? [] })
      case .integer: .integer(parts.flatMap { $0.integers ?? [] })
      case .text: .text(parts.flatMap { $0.text ?? [] })
      }
    self.init(shape: shape, dtype: first.dtype, storage: storage)
  }
}
