import HornbillCore
import HornbillFormats
import Testing

@Suite struct SafetensorsTests {
  private let golden = fixture("formats/types.safetensors")

  @Test func readsEveryType() throws {
    let (weights, metadata) = try Safetensors.read(golden)
    #expect(metadata.map(\.key).sorted() == ["format", "title"])
    #expect(metadata.first { $0.key == "title" }?.value == "ä\n")
    #expect(weights.count == 15)
    let byName = Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0) })
    for dtype in DType.allCases where dtype != .string {
      let weight = try #require(byName["layers/\(dtype)/vars/0"])
      #expect(weight.shape == [1, 3])
      #expect(weight.dtype == dtype)
      let tensor = try weight.read()
      if dtype.isFloatingPoint {
        #expect(tensor.doubles?[0] == -1.5)
        let error = abs(try #require(tensor.doubles?[1]) - 0.001)
        #expect(error < (dtype == .bfloat16 ? 0x1p-18 : 0x1p-21))
        #expect(tensor.doubles?[2] == .infinity)
      } else {
        #expect(tensor.integers?[1] == (dtype == .bool ? 0 : 1))
      }
    }
    #expect(try byName["layers/int64/vars/0"]?.read().integers == [.min, 1, .max])
    #expect(try byName["layers/uint64/vars/0"]?.read().integers == [0, 1, -1])
    #expect(try byName["scalar"]?.read() == Tensor(shape: [], [7 as Float]))
    #expect(try byName["empty"]?.read() == Tensor(shape: [0, 4], [] as [Double]))
  }

  @Test func writesTheBytesOfTheFormatsOwnLibrary() throws {
    let folder = try TemporaryFolder()
    let (weights, metadata) = try Safetensors.read(golden)
    try Safetensors.write(weights, metadata: metadata, to: folder["a"], overwriting: false)
    #expect(try contents(of: folder["a"]) == contents(of: golden))
    #expect(folder.names == ["a"])
  }

  /// Lengths of headers whose bytes look like the start of a pickle or of JSON.
  @Test(arguments: [0x0280, 0x0480, 0x017B])
  func isFoundByItsContent(length: Int) throws {
    let folder = try TemporaryFolder()
    var text = Array(#"{"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}"#.utf8)
    text += repeatElement(0x20, count: length - text.count)
    let preamble = [UInt8(length & 0xFF), UInt8(length >> 8), 0, 0, 0, 0, 0, 0]
    try folder.write(preamble + text + [7], as: "a")
    let weights = try #require(try NamedArrays.open(folder["a"]))
    #expect(try weights.map { try $0.read().integers } == [[7]])
  }

  @Test func smallerElementsComeLast() throws {
    let folder = try TemporaryFolder()
    let tensors = [
      ("b", Tensor(shape: [1], integers: [1], dtype: .bool)), ("d", Tensor(shape: [1], [2.0])),
      ("f", Tensor(shape: [1], [3 as Float])), ("c", Tensor(shape: [1], [4.0])),
    ]
    try Safetensors.write(
      tensors.map { DraftWeight(name: $0.0, $0.1) }, to: folder["a"], overwriting: false)
    let weights = try Safetensors.read(folder["a"]).weights
    #expect(weights.map(\.name) == ["d", "c", "f", "b"])
    #expect(try weights.map { try $0.read() } == [1, 3, 2, 0].map { tensors[$0].1 })
  }

  @Test func nothingIsAlsoAFile() throws {
    let folder = try TemporaryFolder()
    try Safetensors.write([], to: folder["a"], overwriting: false)
    #expect(try Safetensors.read(folder["a"]).weights.isEmpty)
  }

  @Test(arguments: ["two", "__metadata__", "text"])
  func refusesWhatTheFormatCannotHold(name: String) throws {
    let folder = try TemporaryFolder()
    let one = Tensor(shape: [1], [1 as Float])
    let weights = [
      DraftWeight(name: "two", one),
      DraftWeight(name: name, name == "text" ? Tensor(shape: [1], text: ["x"]) : one),
    ]
    expectError(.unsupported, object: name) {
      try Safetensors.write(weights, to: folder["a"], overwriting: false)
    }
    #expect(folder.names.isEmpty)
  }

  @Test func aFileCutShortLaterIsAnError() throws {
    let folder = try TemporaryFolder()
    let bytes = try contents(of: golden)
    try folder.write(bytes, as: "a")
    let weights = try Safetensors.read(folder["a"]).weights
    try folder.write(bytes.dropLast(8), as: "a")
    expectError(.truncated) { for weight in weights { _ = try weight.read() } }
  }

  @Test func everyPrefixIsRefused() throws {
    let folder = try TemporaryFolder()
    let bytes = try contents(of: golden)
    for length in 0..<bytes.count {
      try folder.write(bytes.prefix(length), as: "a")
      #expect(throws: ArchiveError.self) { try Safetensors.read(folder["a"]) }
    }
    try folder.write(bytes + [0], as: "a")
    expectError(.malformed) { try Safetensors.read(folder["a"]) }
  }

  private static let hostile: [(ArchiveError.Code, String)] = [
    (.malformed, #"{"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 3]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": [4], "data_offsets": [4, 0]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": [3], "data_offsets": [1, 4]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4, 4]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": [4], "data_offsets": [-4, 0]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": [-4], "data_offsets": [0, 4]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": [4.0], "data_offsets": [0, 4]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "shape": 4, "data_offsets": [0, 4]}}"#),
    (.malformed, #"{"a": {"dtype": "U8", "data_offsets": [0, 4]}}"#),
    (.malformed, #"{"a": {"dtype": 8, "shape": [4], "data_offsets": [0, 4]}}"#),
    (.malformed, #"{"a": 4}"#),
    (.malformed, #"{"__metadata__": {"a": 4}}"#),
    (.malformed, #"{"__metadata__": "a"}"#),
    (.malformed, #"{"a": {"a": {"a": {"a": {"a": 0}}}}}"#),
    (.malformed, #"{"a": "#),
    (.notAModel, #"["a"]"#),
    (.unsupported, #"{"a": {"dtype": "C64", "shape": [0], "data_offsets": [0, 0]}}"#),
    (.unsupported, #"{"a": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}"#),
    (.truncated, #"{"a": {"dtype": "U8", "shape": [5], "data_offsets": [0, 5]}}"#),
    (
      .limit,
      #"{"a": {"dtype": "U8", "shape": [4294967296, 4294967296], "data_offsets": [0, 4]}}"#
    ),
    (
      .limit,
      #"{"a": {"dtype": "F64", "shape": [2305843009213693952], "data_offsets": [0, 0]}}"#
    ),
    (
      .malformed,
      #"{"a": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]}, "b": {"dtype": "U8", "shape": [2], "data_offsets": [2, 4]}}"#
    ),
    (
      .malformed,
      #"{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}, "a": {"dtype": "U8", "shape": [0], "data_offsets": [4, 4]}}"#
    ),
  ]

  @Test(arguments: hostile.indices)
  func hostileHeaders(index: Int) throws {
    let (code, header) = Self.hostile[index]
    let folder = try TemporaryFolder()
    var bytes: [UInt8] = [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)]
    bytes += [0, 0, 0, 0, 0, 0] + Array(header.utf8) + [1, 2, 3, 4]
    try folder.write(bytes, as: "a")
    expectError(code) { try Safetensors.read(folder["a"]) }
  }

  @Test(
    arguments: [
      (ArchiveError.Code.limit, [255, 255, 255, 255, 255, 255, 255, 255]),
      (.limit, [1, 225, 245, 5, 0, 0, 0, 0]), (.truncated, [0, 225, 245, 5, 0, 0, 0, 0]),
      (.truncated, [1, 0, 0, 0, 0, 0, 0]), (.notAModel, [0, 0, 0, 0, 0, 0, 0, 0]),
    ] as [(ArchiveError.Code, [UInt8])])
  func lengthsOfHeaders(code: ArchiveError.Code, bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    try folder.write(bytes, as: "a")
    expectError(code) { try Safetensors.read(folder["a"]) }
  }
}
