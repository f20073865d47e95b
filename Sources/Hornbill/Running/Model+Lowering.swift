import HornbillCore
import HornbillFast
import HornbillLayers

extension Model {
  /// Refuses inputs that are not what the model states.
  func checkInputs(_ types: [ValueType]) throws(ModelError) {
    guard root.layer is any ModelLayer else { return }
    if !inputs.isEmpty || build.isBuilt(root) {
      guard inputs.count == types.count else {
        throw ModelError(
          .input, file: path,
          "the model takes \(inputs.count) inputs, \(types.count) were given")
      }
    }
    for (index, (spec, type)) in zip(inputs, types).enumerated() {
      guard (spec.dtype == .string) == (type.dtype == .string) else {
        throw ModelError(
          .input, file: path, "input \(index): expected \(spec.dtype), found \(type.dtype)")
      }
      guard let shape = spec.shape else { continue }
      let found = type.shape
      let isAdjustable =
        (found.count == shape.rank + 1 && found.last == 1)
        || (found.count + 1 == shape.rank && shape.dimensions.last == 1)
      let fits =
        found.count == shape.rank
        && zip(found, shape.dimensions).dropFirst().allSatisfy { $1 == nil || $0 == $1 }
      guard fits || isAdjustable else {
        throw ModelError(
          .input, file: path,
          "input \(index): expected shape \(shape), found \(Shape(found))")
      }
    }
  }

  /// The layers with their variables; a model that does not state its input is built for the given one.
  func built(
    for types: [ValueType]
  ) throws(LayerError) -> (build: LayerBuild, bindings: WeightBindings) {
    if build.isBuilt(root) { return (build, bindings) }
    var build = build
    try build.build(root, BuildCall(types.map { TensorSpec(Shape($0.shape), $0.dtype) }))
    guard let archive else { return (build, bindings) }
    return (
      build, try WeightBindings(archive: archive, root: root, build: build, rules: rules)
    )
  }

  /// Gives the variables of a graph.
  func weights(
    _ build: LayerBuild, _ bindings: WeightBindings
  ) -> @Sendable (WeightID) throws(ExecutionError) -> Tensor {
    let owners = VariableWalk(build: build, rules: rules).variables(root)
    let variables = Dictionary(owners.map { ($0.id, $0) }) { first, _ in first }
    return { @Sendable (id: WeightID) throws(ExecutionError) -> Tensor in
      let variable = variables[id]
      let name = variable.map { "\($0.owner.name)/\($0.spec.name)" } ?? "a weight"
      do throws(LayerError) {
        guard let tensor = try bindings.tensor(for: id) else {
          throw LayerError(
            .weights, "\(name) has no values: the file holds no weights for it")
        }
        return variable.map { tensor.converted(to: $0.spec.dtype) } ?? tensor
      } catch {
        throw ExecutionError(error.description)
      }
    }
  }

  /// The graph for inputs of some types, and its extents that depend on the inputs' elements.
  ///
  /// - Parameters:
  ///   - keepsStates: whether every recurrent layer goes on where the last run left it.
  ///   - evaluator: gives such an extent for the inputs at hand; without it a graph that has one is refused.
  func lower(
    _ types: [ValueType], _ build: LayerBuild, _ bindings: WeightBindings,
    keepsStates: Bool = false, evaluating evaluator: DataExtents.Evaluator? = nil
  ) throws(LayerError) -> (graph: Graph, extents: [DataExtents.Extent]) {
    var lowering = Lowering(
      build: build, rules: rules, assets: bindings.assets, keepsStates: keepsStates,
      dataExtents: evaluator)
    let flows = types.map { Flow(lowering.graph.input($0)) }
    let outputs = try lowering.call(root, flows)
    return (
      lowering.graph.finished(outputs: outputs.map(\.value)), lowering.dataExtents.found
    )
  }

  /// The graph for inputs of some types, with its fast executor.
  ///
  /// - Parameter keepsStates: whether every recurrent layer goes on where the last run left it.
  func lowered(
    for types: [ValueType], threads: Int, keepsStates: Bool = false
  ) throws(ModelError) -> (graph: Graph, executor: FastExecutor) {
    do throws(LayerError) {
      let (build, bindings) = try built(for: types)
      let graph = try lower(types, build, bindings, keepsStates: keepsStates).graph
      do throws(ExecutionError) {
        let executor = try FastExecutor(
          graph: graph, threads: max(threads, 1), weights: weights(build, bindings))
        return (graph, executor)
      } catch {
        throw LayerError(.weights, error.description)
      }
    } catch {
      throw ModelError(error, file: path)
    }
  }
}
