/// What a file has for the layers of a model, as Keras pairs the two.
///
/// Keras pairs the layers that have weights in order. Here the names decide where they all agree, and the order where they do
/// not, as for weights under another architecture.
///
/// Source: Keras 2.15, `keras/saving/legacy/hdf5_format.py`, `load_weights_from_hdf5_group`.
struct LayerPairing<Counterpart> {
  private let counterparts: [Counterpart]
  private let byName: [String: Counterpart]

  init(_ counterparts: [(name: String, counterpart: Counterpart)]) {
    self.counterparts = counterparts.map(\.counterpart)
    byName = Dictionary(counterparts.map { ($0.name, $0.counterpart) }) { first, _ in first }
  }

  /// By names alone; `nil` for a name that the file does not have.
  func named(_ names: [String]) -> [Counterpart?] { names.map { byName[$0] } }

  /// In order, unless all names agree; `nil` when the numbers differ, since which layer is which would be a guess.
  func placed(_ names: [String]) -> [Counterpart]? {
    guard names.count == counterparts.count else { return nil }
    let named = names.compactMap { byName[$0] }
    let isNamed = named.count == names.count && Set(names).count == names.count
    return isNamed ? named : counterparts
  }
}
