/// How the weights of a file are arranged.
package enum WeightLayout: Sendable {
  /// There are none.
  case none
  /// By layer name, in the order of the model.
  case legacy([LegacyLayerWeights])
  /// By position in the object graph.
  case objectPaths(ObjectPathWeights)

  /// All weights, in the order of the layout.
  package var all: [StoredWeight] {
    switch self {
    case .none: []
    case .legacy(let layers): layers.flatMap(\.weights)
    case .objectPaths(let objects): objects.groups.flatMap { $0.variables.map(\.weight) }
    }
  }
}

/// The weights of one layer in the order in which Keras assigns them: trainable first.
package struct LegacyLayerWeights: Sendable {
  /// The layer's name; `layer_0` and so on in files from before Keras 1.
  package let name: String
  /// The weights in the order of `weight_names`; empty for a layer without.
  package let weights: [StoredWeight]
  /// Whether these are variables of the model itself (`top_level_model_weights`) and not of a layer.
  package let isTopLevel: Bool

  init(name: String, weights: [StoredWeight], isTopLevel: Bool = false) {
    self.name = name
    self.weights = weights
    self.isTopLevel = isTopLevel
  }
}

/// Weights by position in the object graph of the model.
package struct ObjectPathWeights: Sendable {
  /// The variables of one object.
  package struct Group: Sendable {
    /// The position, for example `layers/dense` or `layers/lstm/cell`; empty for the model itself.
    package let objectPath: String
    /// The object's name, where the file has it (Keras 3.1 and later).
    package let layerName: String?
    /// The variables: numbered ones in order of their numbers, then named ones.
    package let variables: [(key: String, weight: StoredWeight)]

    /// The variable of a key.
    package subscript(key: String) -> StoredWeight? {
      variables.first { $0.key == key }?.weight
    }
  }

  /// The objects in order of their paths, numbers in names counted as numbers.
  ///
  /// Objects without variables are listed too, when the file has them: they tell which layer is where.
  package let groups: [Group]
  private let byPath: [String: Int]

  init(sorted groups: [Group]) {
    self.groups = groups
    byPath = Dictionary(
      groups.enumerated().map { ($1.objectPath, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Groups in order of their paths.
  static func sorted(_ groups: [Group]) -> [Group] {
    groups.map { (key: PathOrder.key($0.objectPath), group: $0) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map(\.group)
  }

  /// The object at a position.
  package subscript(objectPath: String) -> Group? {
    byPath[objectPath].map { groups[$0] }
  }
}

/// Orders paths so that `dense_2` comes before `dense_10`.
struct PathOrder: Comparable {
  let name: Substring
  let number: Int

  static func key(_ path: String) -> [PathOrder] {
    path.split(separator: "/").map(PathOrder.init)
  }

  init(_ part: Substring) {
    let digits = part.utf8.reversed().prefix { (0x30...0x39).contains($0) }.count
    let head = Substring(part.utf8.dropLast(digits))
    if digits > 0, head.isEmpty || head.utf8.last == UInt8(ascii: "_"),
      let number = Int(Substring(part.utf8.suffix(digits)))
    {
      name = Substring(head.utf8.dropLast())
      self.number = number
    } else {
      name = part
      number = -1
    }
  }

  static func < (one: PathOrder, other: PathOrder) -> Bool {
    (one.name, one.number) < (other.name, other.number)
  }
}
