import Foundation
import HornbillCore
import Testing

/// Ops on text against what TensorFlow recorded.
@Suite struct TextOpTests {
  private static let record = Result {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try JSON(
      parsing: [UInt8](Data(contentsOf: root.appending(path: "fixtures/text/text.json"))))
  }

  private func member(_ key: String) throws -> JSON { try Self.record.get().member(key) }

  private func strings(_ json: JSON) throws -> [String] {
    try #require(json.array).map { try #require($0.string) }
  }

  private func integers(_ json: JSON) throws -> [Int64] {
    try strings(json).map { text in try #require(Int64(text)) }
  }

  private func texts() throws -> Tensor {
    let texts = try strings(try member("texts"))
    return Tensor(shape: [texts.count], text: texts)
  }

  private func bins() throws -> Int {
    let text = try #require(try member("bins").string)
    return try #require(Int(text))
  }

  private func bytes(_ texts: [String]?) -> [[UInt8]]? { texts?.map { Array($0.utf8) } }

  @Test(arguments: Engine.all, [TextFunction.lower, .stripPunctuation])
  func functions(engine: Engine, function: TextFunction) throws {
    let found = try engine.results(of: .text(function), [texts()])[0]
    #expect(bytes(found.text) == bytes(try strings(try member(function.rawValue))))
  }

  @Test(arguments: Engine.all)
  func decimalDigits(engine: Engine) throws {
    let numbers = try integers(try member("numbers"))
    let tensor = Tensor(shape: [numbers.count], integers: numbers)
    let found = try engine.results(of: .text(.decimal), [tensor])[0]
    #expect(found.text == (try strings(try member("decimal"))))
    let unsigned = Tensor(shape: [1], integers: [-1], dtype: .uint64)
    #expect(
      try engine.results(of: .text(.decimal), [unsigned])[0].text == ["18446744073709551615"])
  }

  private static let tokenizers: [(name: String, tokenizer: Tokenizer)] = [
    ("whitespace", Tokenizer(split: .whitespace)), ("character", Tokenizer(split: .character)),
    ("ngrams", Tokenizer(split: .whitespace, ngrams: [1, 2, 4])),
  ]

  @Test(arguments: Engine.all, 0..<3)
  func tokens(engine: Engine, number: Int) throws {
    let (name, tokenizer) = Self.tokenizers[number]
    let rows = try #require(try member(name).array).map { try strings($0) }
    let counts = try engine.results(of: .tokenCount(tokenizer), [texts()])[0]
    #expect(counts.integers == rows.map { Int64($0.count) })
    for width in [0, 3, rows.map(\.count).max() ?? 0] {
      let found = try engine.results(of: .tokens(tokenizer, width: width), [texts()])[0]
      let expected = rows.flatMap { row in
        row.prefix(width) + [String](repeating: "", count: max(width - row.count, 0))
      }
      #expect(found.shape == [rows.count, width])
      #expect(bytes(found.text) == bytes(expected))
    }
  }

  @Test(arguments: Engine.all)
  func fingerprints(engine: Engine) throws {
    let bins = try self.bins()
    let all = try engine.results(of: .hash(.fingerprint, bins: bins), [texts()])[0]
    #expect(all.integers == (try integers(try member("fingerprint"))))
    let few = try engine.results(of: .hash(.fingerprint, bins: 21), [texts()])[0]
    #expect(few.integers == (try integers(try member("fingerprint 21"))))
  }

  @Test(arguments: Engine.all)
  func keyedHashes(engine: Engine) throws {
    let bins = try self.bins()
    let keys = try #require(try member("keys").array).map { try integers($0) }
    let expected = try #require(try member("keyed").array).map { try integers($0) }
    try #require(keys.count == expected.count && !keys.isEmpty)
    for (key, hashes) in zip(keys, expected) {
      let function = HashFunction.keyed(
        UInt64(bitPattern: key[0]), UInt64(bitPattern: key[1]))
      #expect(
        try engine.results(of: .hash(function, bins: bins), [texts()])[0].integers == hashes)
    }
  }

  @Test(arguments: Engine.all)
  func crossedHashes(engine: Engine) throws {
    let bins = try self.bins()
    let texts = try texts()
    let numbers = try integers(try member("numbers"))
    let mixed = try engine.results(
      of: .hash(.crossed, bins: bins), [texts, Tensor(shape: texts.shape, integers: numbers)])
    #expect(mixed[0].integers == (try integers(try member("crossed"))))
    let reversed = Tensor(shape: texts.shape, text: Array(try #require(texts.text).reversed()))
    let three = try engine.results(of: .hash(.crossed, bins: 1000), [texts, reversed, texts])
    #expect(three[0].integers == (try integers(try member("crossed text"))))
  }

  @Test(arguments: Engine.all)
  func lookups(engine: Engine) throws {
    let keys = Tensor(shape: [3], text: ["é", "b", "b"])
    let words = Tensor(shape: [2, 2], text: ["b", "e\u{301}", "é", ""])
    let found = try engine.results(of: .lookup(required: false), [words, keys])[0]
    #expect(found.integers == [1, -1, 0, -1])
    #expect(found.shape == [2, 2])
    let numbers = Tensor(shape: [3], integers: [7, .min, 5])
    let table = Tensor(shape: [2], integers: [.min, 7])
    #expect(
      try engine.results(of: .lookup(required: false), [numbers, table])[0].integers
        == [1, 0, -1])
    let none = Tensor(shape: [0], integers: [])
    #expect(
      try engine.results(of: .lookup(required: false), [numbers, none])[0].integers
        == [-1, -1, -1])
  }

  @Test(arguments: Engine.all)
  func lookupsInConstants(engine: Engine) throws {
    var builder = GraphBuilder()
    let words = builder.input(ValueType(shape: [3], dtype: .string))
    let keys = builder.constant(Tensor(shape: [2], text: ["x", "y"]))
    let place = try builder.lookup(builder.text(.lower, words), keys: keys)
    let executor = try engine.executor(builder.finished(outputs: [place]))
    for (texts, expected) in [(["Y", "z", "X"], [1, -1, 0]), (["Q", "q", "y"], [-1, -1, 1])] {
      let result = try executor.run(
        inputs: [Tensor(shape: [3], text: texts)], states: [], computing: [place])
      #expect(result[0].integers == expected.map { Int64($0) })
    }
  }

  @Test(arguments: Engine.all)
  func unknownTokensAreErrorsWhenRequired(engine: Engine) {
    let error = #expect(throws: ExecutionError.self) {
      try engine.results(
        of: .lookup(required: true),
        [Tensor(shape: [2], text: ["a", "zebra\n"]), Tensor(shape: [1], text: ["a"])])
    }
    #expect(error?.detail.hasPrefix("\"zebra\\n\" is not in the vocabulary") == true)
    #expect(throws: ExecutionError.self) {
      try engine.results(
        of: .lookup(required: true),
        [Tensor(shape: [1], integers: [4]), Tensor(shape: [1], integers: [5])])
    }
  }

  /// Text that is equal to Swift, though not byte for byte.
  @Test(arguments: Engine.all)
  func equivalentTextDiffers(engine: Engine) throws {
    let composed = Tensor(shape: [1], text: ["é"])
    let decomposed = Tensor(shape: [1], text: ["e\u{301}"])
    #expect(try engine.results(of: .binary(.equal), [composed, decomposed])[0].integers == [0])
    let both = try engine.results(of: .concatenate(axis: 0), [composed, decomposed])[0]
    #expect(bytes(both.text) == [Array("é".utf8), Array("e\u{301}".utf8)])
  }

  @Test(arguments: [
    Refusal("lower of numbers", .text(.lower), [ValueType(shape: [2], dtype: .int32)]),
    Refusal("digits of text", .text(.decimal), [ValueType(shape: [2], dtype: .string)]),
    Refusal(
      "tokens of numbers", .tokens(Tokenizer(split: .whitespace), width: 2),
      [ValueType(shape: [2], dtype: .int32)]),
    Refusal(
      "fewer than no tokens", .tokens(Tokenizer(split: .whitespace), width: -1),
      [ValueType(shape: [2], dtype: .string)]),
    Refusal(
      "text among numbers", .lookup(required: false),
      [ValueType(shape: [2], dtype: .string), ValueType(shape: [2], dtype: .int64)]),
    Refusal(
      "a table of keys", .lookup(required: false),
      [ValueType(shape: [2], dtype: .int64), ValueType(shape: [2, 2], dtype: .int64)]),
    Refusal(
      "no bins", .hash(.fingerprint, bins: 0), [ValueType(shape: [2], dtype: .string)]),
    Refusal(
      "the fingerprint of numbers", .hash(.fingerprint, bins: 3),
      [ValueType(shape: [2], dtype: .int64)]),
    Refusal(
      "crossing unlike shapes", .hash(.crossed, bins: 3),
      [ValueType(shape: [2], dtype: .int64), ValueType(shape: [3], dtype: .int64)]),
  ])
  func misfitsAreRefused(refusal: Refusal) {
    var builder = GraphBuilder()
    let inputs = refusal.operands.map { builder.input($0) }
    #expect(throws: LayerError.self) { try builder.add(refusal.op, inputs) }
  }
}
