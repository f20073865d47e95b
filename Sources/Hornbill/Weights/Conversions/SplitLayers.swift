import HornbillCore
import HornbillLayers

/// The recurrent layers inside a model whose variables a Keras 1 file splits into one array per gate.
///
/// Source: Keras 1.2.2, `keras/layers/recurrent.py`, `build`: `W`, `U`, `b` of each gate, unless `consume_less` is `gpu`.
struct SplitLayers {
  /// A variable of its own, or all of a split layer's together.
  enum Key: Hashable {
    case variable(WeightID)
    case layer(ObjectIdentifier)
  }

  private struct Split {
    let layer: ObjectIdentifier
    let arrayCount: Int
  }

  /// The split layer in which each layer lies.
  private var owners: [ObjectIdentifier: Split] = [:]

  init(_ model: LayerInstance, isKeras1: Bool) {
    if isKeras1 { collect(model, inside: nil) }
  }

  private mutating func collect(_ instance: LayerInstance, inside outer: Split?) {
    guard owners[instance.id] == nil else { return }
    let split = outer ?? SplitLayers.split(instance)
    if let split { owners[instance.id] = split }
    for sublayer in instance.layer.sublayers { collect(sublayer.instance, inside: split) }
  }

  private static func split(_ instance: LayerInstance) -> Split? {
    guard instance.source?["config"]?["consume_less"]?.string != "gpu" else { return nil }
    switch instance.className {
    case "LSTM", "ConvLSTM2D": return Split(layer: instance.id, arrayCount: 12)
    case "GRU": return Split(layer: instance.id, arrayCount: 9)
    default: return nil
    }
  }

  /// A list of arrays dealt out to the variables that it holds; `nil` when the list has another length.
  func lots(_ arrays: [Tensor], of variables: [ModelVariable]) -> [Key: [Tensor]]? {
    var result: [Key: [Tensor]] = [:]
    var rest = arrays[...]
    for variable in variables {
      let split = owners[variable.owner.id]
      let key = split.map { Key.layer($0.layer) } ?? .variable(variable.id)
      guard result[key] == nil else { continue }
      let count = split?.arrayCount ?? 1
      guard rest.count >= count else { return nil }
      result[key] = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return rest.isEmpty ? result : nil
  }

  /// The arrays that belong to some of the variables, in their order.
  func arrays(of variables: [ModelVariable], in lots: [Key: [Tensor]]) -> [Tensor] {
    var seen: Set<Key> = []
    return variables.flatMap { variable -> [Tensor] in
      let split = owners[variable.owner.id]
      let key = split.map { Key.layer($0.layer) } ?? .variable(variable.id)
      return seen.insert(key).inserted ? lots[key] ?? [] : []
    }
  }
}
