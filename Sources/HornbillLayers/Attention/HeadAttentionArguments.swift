import HornbillCore

/// The arguments of a call of an attention over heads.
///
/// Keras 2 has no arguments for the masks of its inputs, which changes the places of the others.
///
/// Source: Keras 3, `keras/src/layers/attention/multi_head_attention.py`, `call`; Keras 2, the same file.
struct HeadAttentionArguments<Element: Sendable> {
  let query: Element
  let value: Element
  /// The key; `nil` when the value is its own key.
  let key: Element?
  let returnsScores: Bool
  let isCausal: Bool
  private let arguments: CallArguments<Element>
  private let isKeras2: Bool

  init(_ arguments: CallArguments<Element>, isKeras2: Bool) throws(LayerError) {
    guard let query = try arguments.tensor(0, "query"),
      let value = try arguments.tensor(1, "value")
    else {
      throw LayerError(.wiring, "the call needs a query and a value")
    }
    self.query = query
    self.value = value
    key = try arguments.tensor(2, "key")
    returnsScores = try arguments.flag(isKeras2 ? 4 : 7, "return_attention_scores")
    isCausal = try arguments.flag(isKeras2 ? 6 : 9, "use_causal_mask")
    self.arguments = arguments
    self.isKeras2 = isKeras2
  }

  /// A mask that the call states.
  func stated(_ name: String) throws(LayerError) -> Element? {
    let positions = ["query_mask": 3, "value_mask": 4, "key_mask": 5, "attention_mask": 6]
    guard !isKeras2 else {
      return name == "attention_mask" ? try arguments.tensor(3, name) : nil
    }
    return try arguments.tensor(positions[name] ?? Int.max, name)
  }
}

extension HeadAttentionArguments where Element == Flow {
  /// The mask of the query: that of the call, or else the one attached.
  var queryMask: Value? {
    get throws(LayerError) { try stated("query_mask")?.value ?? query.mask }
  }

  /// The mask of the value.
  var valueMask: Value? {
    get throws(LayerError) { try stated("value_mask")?.value ?? value.mask }
  }

  /// The mask of the key, if there is a key.
  var keyMask: Value? {
    get throws(LayerError) { try stated("key_mask")?.value ?? key?.mask }
  }

  /// Which values each query may see.
  var attentionMask: Value? {
    get throws(LayerError) { try stated("attention_mask")?.value }
  }
}

extension CallArguments {
  /// A tensor of the call; `nil` when it is absent.
  func tensor(_ position: Int, _ name: String) throws(LayerError) -> Element? {
    switch parameter(position, name) {
    case nil, .some(.none): return nil
    case .tensor(let element)?: return element
    default: throw LayerError(.wiring, "\(name): expected a tensor")
    }
  }
}
