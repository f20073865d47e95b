public import HornbillCore

/// Cells one upon the other that together are one cell: the output of each is the input of the next.
///
/// - Input: `(batch, in)` and the states of all cells in order. Output: the last cell's, then the new states.
/// - Weights: those of the cells.
/// - Source: Keras 3, `keras/src/layers/rnn/stacked_rnn_cells.py`.
public struct StackedRNNCells: SequenceCell {
  public static let className = "StackedRNNCells"

  /// The cells.
  public let cells: [LayerInstance]

  /// Makes a stack.
  public init(cells: [LayerInstance]) {
    self.cells = cells
  }

  /// Makes a stack of cells that get Keras's automatic names.
  public init(@LayerListBuilder _ cells: () -> [LayerInstance]) {
    self.cells = cells()
  }

  public init(config: LayerConfig) throws(LayerError) {
    guard let objects = config["cells"]?.array, !objects.isEmpty else {
      throw config.invalid("cells", expected: "a list of cells")
    }
    var cells: [LayerInstance] = []
    for object in objects { cells.append(try config.context.decode(object)) }
    self.cells = cells
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("cells", cells)
  }

  public var sublayers: [Sublayer] {
    cells.map { Sublayer("cells", $0, isListElement: true) }
  }

  public func stateShapes(_ input: Shape) throws(LayerError) -> [Shape] {
    var input = input
    var shapes: [Shape] = []
    for cell in cells {
      let own = try layer(cell).stateShapes(input)
      shapes += own
      if let output = own.first { input = output }
    }
    return shapes
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    var input = try call.input
    var states: [TensorSpec] = []
    for cell in cells {
      let results = try build.build(cell, BuildCall([input]))
      guard cell.layer is any RecurrentCell, let output = results.first else { return [.unknown] }
      states += results.dropFirst()
      input = output
    }
    return [input] + states
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var input = try call.input
    let counts = try stateCounts(Shape(lowering.graph.shape(input)))
    var states = try call.states(counts.reduce(0, +))[...]
    var next: [Value] = []
    for (cell, count) in zip(cells, counts) {
      let arguments = CallArguments<Flow>([
        .tensor(Flow(input)), .list(states.prefix(count).map { .tensor(Flow($0)) }),
      ])
      let results = try lowering.call(cell, arguments).map(\.value)
      guard results.count == count + 1 else {
        throw LayerError(
          .wiring, "cell \"\(cell.name)\" has \(count) states, its step gives \(results.count - 1)")
      }
      input = results[0]
      next += results.dropFirst()
      states = states.dropFirst(count)
    }
    return [input] + next
  }

  /// Every cell runs over the whole sequence before the next one does: a masked step keeps the states of all cells,
  /// so what a cell gives there is never seen by the states above it.
  package func sequence(
    _ sequence: CellSequence, into lowering: inout Lowering
  ) throws(LayerError) -> SequenceResult {
    let extents = lowering.graph.shape(sequence.input)
    let counts = try stateCounts(Shape([extents[0]] + extents[2...]))
    var rest = sequence.states[...]
    var result = SequenceResult(outputs: sequence.input, states: [])
    var states: [Value] = []
    for (cell, count) in zip(cells, counts) {
      var part = sequence
      part.cell = cell
      part.input = result.outputs
      part.states = Array(rest.prefix(count))
      if cell.policy.compute.isFloatingPoint {
        part.input = try lowering.graph.cast(part.input, to: cell.policy.compute)
        for index in part.states.indices {
          part.states[index] = try lowering.graph.cast(
            part.states[index], to: cell.policy.compute)
        }
      }
      result = try lowering.run(cell, over: part)
      states += result.states
      rest = rest.dropFirst(count)
    }
    result.states = states
    return result
  }

  private func stateCounts(_ input: Shape) throws(LayerError) -> [Int] {
    var input = input
    var counts: [Int] = []
    for cell in cells {
      let own = try layer(cell).stateShapes(input)
      counts.append(own.count)
      if let output = own.first { input = output }
    }
    return counts
  }

  private func layer(_ cell: LayerInstance) throws(LayerError) -> any RecurrentCell {
    guard let layer = cell.layer as? any RecurrentCell else {
      throw LayerError(
        .unsupported,
        "\(cell.className) is not a cell that Hornbill knows, so the model cannot run")
    }
    return layer
  }
}
