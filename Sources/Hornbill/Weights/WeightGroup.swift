import HornbillCore
import HornbillFormats
import HornbillLayers
import Synchronization

/// A layer's stored arrays with the conversion that makes its variables of them.
///
/// A conversion makes all variables at once. Those that nobody has asked for yet are kept, each until it is taken, so that
/// reading a layer variable by variable converts it once.
package final class WeightGroup: Sendable {
  let variables: [ModelVariable]
  let stored: [StoredWeight]
  private let convert: @Sendable ([Tensor]) throws(LayerError) -> [Tensor]
  /// Variables that were made but not taken, by their place.
  private let kept = Mutex<[Int: Tensor]>([:])

  init(
    variables: [ModelVariable], stored: [StoredWeight],
    convert: @escaping @Sendable ([Tensor]) throws(LayerError) -> [Tensor]
  ) {
    self.variables = variables
    self.stored = stored
    self.convert = convert
  }

  /// The numbers of all variables.
  func tensors() throws(LayerError) -> [Tensor] {
    var arrays: [Tensor] = []
    for weight in stored { arrays.append(try weight.tensor()) }
    let converted = try convert(arrays)
    guard converted.count == variables.count else {
      throw LayerError(
        .weights, "expected \(variables.count) arrays, found \(converted.count)")
    }
    for (variable, tensor) in zip(variables, converted)
    where variable.spec.shape != tensor.shape {
      throw LayerError.shape(of: variable, found: tensor.shape)
    }
    return converted
  }

  /// The numbers of one variable.
  func tensor(_ index: Int) throws(LayerError) -> Tensor {
    try kept.withLock { kept throws(LayerError) in
      if let tensor = kept.removeValue(forKey: index) { return tensor }
      let all = try tensors()
      kept = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($0, $1) })
      kept[index] = nil
      return all[index]
    }
  }
}
