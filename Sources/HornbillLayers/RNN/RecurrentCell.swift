public import HornbillCore

/// A layer that computes one step of a recurrent layer.
///
/// It is called with the step's input `(batch, …)` and the list of states. Its outputs are the step's output, then the
/// states for the next step. Such a layer may be the `cell` of ``RNN``, also one of your own.
public protocol RecurrentCell: Layer {
  /// The shapes of the states for an input of one step; all have the batch axis first, and the first is also the output's.
  ///
  /// - Throws: ``LayerError`` when the cell cannot take such an input.
  func stateShapes(_ input: Shape) throws(LayerError) -> [Shape]
}

extension LayerCall {
  /// The states that a cell is called with.
  ///
  /// - Throws: ``LayerError`` when there are not as many as the cell has.
  public func states(_ count: Int) throws(LayerError) -> [Value] {
    let states = arguments.parameter(1, "states")?.tensors.map(\.value) ?? []
    guard states.count == count else {
      throw LayerError(.wiring, "expected \(count) states, found \(states.count)")
    }
    return states
  }
}

/// A cell that can say a whole sequence better than step by step.
package protocol SequenceCell: RecurrentCell {
  /// Adds the steps of a whole sequence.
  func sequence(
    _ sequence: CellSequence, into lowering: inout Lowering
  ) throws(LayerError) -> SequenceResult
}

/// A cell that Keras makes inside a layer of its own, such as that of `LSTM`, or that stands in an `RNN`.
package protocol LayerCell: SequenceCell {
  /// The activation, which may be a layer.
  var activation: ActivationFunction { get }
  /// Whether the cell was made by its layer.
  ///
  /// Such a layer shows the cell's activation as its own attribute, and a `.weights.h5` file has it there.
  var isMadeByLayer: Bool { get set }

  /// Gives the arguments of the cell, or those of the layer that has made it, but for how the layer goes through a sequence.
  func encode(to config: inout ConfigEncoder, activityRegularizer: Regularizer?)
}

extension LayerCell {
  public func encode(to config: inout ConfigEncoder) {
    encode(to: &config, activityRegularizer: nil)
  }

  /// The activation's layer, where it is the cell's to list.
  func ownActivation() -> [Sublayer] {
    isMadeByLayer ? [] : activation.sublayers("activation")
  }

  /// The cell as its layer makes it.
  func madeByLayer() -> Self {
    var cell = self
    cell.isMadeByLayer = true
    return cell
  }
}

/// What a cell runs over.
package struct CellSequence: Sendable {
  /// The cell as it stands in its layer.
  package var cell: LayerInstance
  /// The input `(batch, time, …)` in the type of the cell's computation, in the order of the steps.
  package var input: Value
  /// The states before the first step.
  package var states: [Value]
  /// Which steps count, `(batch, time)`; a masked step keeps the states.
  package var mask: Value?
  /// Whether masked steps give zeros and not the output of the step before.
  package var zeroOutputForMask: Bool
}

/// What a cell made of a sequence.
package struct SequenceResult: Sendable {
  /// The outputs `(batch, time, …)`.
  package var outputs: Value
  /// The states after the last step.
  package var states: [Value]
  /// The output of the last step, where it is at hand without ``outputs``.
  package var last: Value?

  package init(outputs: Value, states: [Value], last: Value? = nil) {
    self.outputs = outputs
    self.states = states
    self.last = last
  }
}
