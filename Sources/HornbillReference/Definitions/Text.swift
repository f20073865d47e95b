import HornbillCore

/// Ops on text.
///
/// The functions of one text are exact and have one meaning, so that they stand in `HornbillCore`.
extension Definition {
  static func text(_ function: TextFunction, _ x: Operand) throws(ExecutionError) -> Operand {
    let result: [String]
    if function == .decimal {
      result = try x.whole().map {
        x.dtype == .uint64 ? String(UInt64(bitPattern: $0)) : String($0)
      }
    } else {
      result = try x.text().map { function($0) }
    }
    return Operand(shape: x.shape, dtype: .string, elements: .text(result))
  }

  static func tokens(
    _ tokenizer: Tokenizer, width: Int, _ x: Operand
  ) throws(ExecutionError) -> Operand {
    let rows = try x.text().map { text in
      let tokens = tokenizer.tokens(text).prefix(width)
      return tokens + [String](repeating: "", count: width - tokens.count)
    }
    return Operand(
      shape: x.shape + [width], dtype: .string, elements: .text(rows.flatMap { $0 }))
  }

  static func tokenCount(_ tokenizer: Tokenizer, _ x: Operand) throws(ExecutionError) -> Operand {
    let counts = try x.text().map { Int64(tokenizer.tokens($0).count) }
    return Operand(shape: x.shape, dtype: .int64, elements: .whole(counts))
  }

  static func lookup(
    _ x: Operand, _ keys: Operand, required: Bool
  ) throws(ExecutionError) -> Operand {
    let found: [Int64]
    let missing: String?
    if x.dtype == .string {
      let texts = try x.text()
      found = positions(texts.map { ExactText($0) }, try keys.text().map { ExactText($0) })
      missing = found.firstIndex(of: -1).map { "\"\(texts[$0].escapedForDisplay)\"" }
    } else {
      let numbers = try x.whole()
      found = positions(numbers, try keys.whole())
      missing = found.firstIndex(of: -1).map { "\(numbers[$0])" }
    }
    if required, let missing {
      throw ExecutionError(
        "\(missing) is not in the vocabulary, which has no place for what it does not hold")
    }
    return Operand(shape: x.shape, dtype: .int64, elements: .whole(found))
  }

  private static func positions<Key: Hashable>(_ elements: [Key], _ keys: [Key]) -> [Int64] {
    let table = Dictionary(zip(keys, 0..<Int64(keys.count))) { first, _ in first }
    return elements.map { table[$0] ?? -1 }
  }

  static func hash(
    _ function: HashFunction, bins: Int, _ operands: [Operand]
  ) throws(ExecutionError) -> Operand {
    let first = operands[0]
    let count = Layout.count(first.shape)
    var hashes = [UInt64](repeating: HashFunction.crossedSeed, count: count)
    for operand in operands {
      let own: [UInt64]
      if operand.dtype == .string {
        own = try operand.text().map { function($0) }
      } else {
        own = try operand.whole().map { UInt64(bitPattern: $0) }
      }
      for index in 0..<count {
        hashes[index] =
          function == .crossed ? Fingerprint64.joined(hashes[index], own[index]) : own[index]
      }
    }
    let result = hashes.map { Int64($0 % UInt64(bins)) }
    return Operand(shape: first.shape, dtype: .int64, elements: .whole(result))
  }
}
