/// Operations on text.
extension GraphBuilder {
  package mutating func text(_ function: TextFunction, _ x: Value) throws(LayerError) -> Value {
    try add(.text(function), [x])[0]
  }

  /// The tokens of each text along a new last axis, empty text where there are fewer.
  package mutating func tokens(
    _ x: Value, _ tokenizer: Tokenizer, width: Int
  ) throws(LayerError) -> Value {
    try add(.tokens(tokenizer, width: width), [x])[0]
  }

  package mutating func tokenCount(
    _ x: Value, _ tokenizer: Tokenizer
  ) throws(LayerError) -> Value {
    try add(.tokenCount(tokenizer), [x])[0]
  }

  /// The position of each element among keys; −1 for those that are not there, or an error when the graph runs.
  package mutating func lookup(
    _ x: Value, keys: Value, required: Bool = false
  ) throws(LayerError) -> Value {
    try add(.lookup(required: required), [x, keys])[0]
  }

  package mutating func hash(
    _ operands: [Value], _ function: HashFunction, bins: Int
  ) throws(LayerError) -> Value {
    try add(.hash(function, bins: bins), operands)[0]
  }
}
