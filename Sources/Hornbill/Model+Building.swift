public import HornbillCore
public import HornbillLayers

extension Model {
  /// Makes a model of the calls between inputs and outputs.
  ///
  ///     let x = Input(shape: [10])
  ///     let hidden = Dense(units: 4, activation: .tanh)(x)
  ///     let model = try Model(inputs: [x], outputs: [Dense(units: 2)(hidden), hidden])
  ///
  /// - Parameters:
  ///   - inputs: the model's inputs.
  ///   - outputs: the model's outputs.
  ///   - name: the model's name; Keras's automatic one when absent.
  ///   - weights: the tensors in Keras's order (`model.get_weights()`); empty for those that the layers' initializers make.
  /// - Throws: ``ModelError`` that names the layer, when a call does not fit its layer or an output depends on an input that is
  ///   missing.
  public init(
    inputs: [SymbolicTensor], outputs: [SymbolicTensor], name: String? = nil,
    weights: [Tensor] = []
  ) throws(ModelError) {
    let functional: Functional
    do throws(LayerError) {
      functional = try Functional(inputs: inputs, outputs: outputs)
    } catch {
      throw ModelError(error, file: nil)
    }
    try self.init(functional, name: name, weights: weights)
  }

  /// Makes a model of one input and one output.
  ///
  /// - Throws: as ``init(inputs:outputs:name:weights:)-([SymbolicTensor],_,_,_)``.
  public init(
    inputs: SymbolicTensor, outputs: SymbolicTensor, name: String? = nil, weights: [Tensor] = []
  ) throws(ModelError) {
    try self.init(inputs: [inputs], outputs: [outputs], name: name, weights: weights)
  }
}
