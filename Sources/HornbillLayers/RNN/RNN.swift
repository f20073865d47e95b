public import HornbillCore

/// A recurrent layer that repeats any cell.
///
/// - Input: `(batch, time, …)`; initial states of the cell's shapes if given, else zeros.
/// - Output: the cell's after the last step, or `(batch, time, …)` with `returnSequences`; with `returnState` the
///   states too, for stacked cells those of each cell in order.
/// - Weights: those of the cell.
/// - Source: Keras 3, `keras/src/layers/rnn/rnn.py`.
public struct RNN: CellNetwork {
  public static let className = "RNN"

  /// The cell; several are a ``StackedRNNCells``.
  public package(set) var cell: LayerInstance
  /// How the layer goes through the sequence.
  public var options: RecurrentOptions
  /// The penalty on the output in training.
  public var activityRegularizer: Regularizer?

  /// Makes a layer of a cell with a name.
  public init(
    cell: LayerInstance, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false,
    zeroOutputForMask: Bool = false
  ) {
    self.cell = cell
    options = RecurrentOptions(
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask)
  }

  /// Makes a layer of a cell that gets Keras's automatic name.
  public init(
    cell: some RecurrentCell, returnSequences: Bool = false, returnState: Bool = false,
    goBackwards: Bool = false, stateful: Bool = false, unroll: Bool = false,
    zeroOutputForMask: Bool = false
  ) {
    self.init(
      cell: LayerInstance(automatic: cell),
      returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
      stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask)
  }

  public init(config: LayerConfig) throws(LayerError) {
    if let objects = config["cell"]?.array {
      var cells: [LayerInstance] = []
      for object in objects { cells.append(try config.context.decode(object)) }
      guard !cells.isEmpty else { throw config.invalid("cell", expected: "a cell") }
      cell = try config.recurrentCell(StackedRNNCells(cells: cells), name: "stacked_rnn_cells")
    } else {
      cell = try config.layer("cell")
    }
    options = try RecurrentOptions(config: config)
    activityRegularizer = config.regularizer("activity_regularizer")
  }
}
