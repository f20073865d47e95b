import HornbillCore
import HornbillFormats
import Testing

@Suite struct NpzReadingTests {
  private static let infinity = Double.infinity

  @Test(arguments: ["f2", "f4", "f8", "f4_big", "f8_big", "f2_big"])
  func readsFractions(name: String) throws {
    let tensor = try NpzArchive(path: fixture("npz/all_types.npz")).read(name)
    #expect(tensor.shape == [2, 3])
    let expected: [DType] = [.float16, .float32, .float64]
    #expect(tensor.dtype == expected[name.hasPrefix("f2") ? 0 : name.hasPrefix("f4") ? 1 : 2])
    let thousandth: Double =
      switch tensor.dtype {
      case .float16: 0.001_000_404_357_910_156_25
      case .float32: Double(Float(0.001))
      default: 0.001
      }
    #expect(tensor.doubles == [0, -1.5, 2.25, thousandth, Self.infinity, -Self.infinity])
  }

  @Test(
    arguments: [
      ("i1", DType.int8, [-128, 0, 127]),
      ("i2", .int16, [-32768, 0, 32767]),
      ("i2_big", .int16, [-32768, 1, 32767]),
      ("i4", .int32, [-0x8000_0000, 0, 0x7FFF_FFFF]),
      ("i8", .int64, [.min, 0, .max]),
      ("u1", .uint8, [0, 255]),
      ("u2", .uint16, [0, 65535]),
      ("u4", .uint32, [0, 0xFFFF_FFFF]),
      ("u8", .uint64, [0, -1]),
      ("layer:dense|1#2/é", .int32, [1]),
    ] as [(String, DType, [Int64])])
  func readsWholeNumbers(name: String, dtype: DType, values: [Int64]) throws {
    let tensor = try NpzArchive(path: fixture("npz/all_types.npz")).read(name)
    #expect(tensor == Tensor(shape: [values.count], integers: values, dtype: dtype))
  }

  @Test func readsOtherKinds() throws {
    let archive = try NpzArchive(path: fixture("npz/all_types.npz"))
    #expect(
      try archive.read("bool") == Tensor(shape: [2, 1], integers: [1, 0], dtype: .bool))
    #expect(try archive.read("scalar") == Tensor(shape: [], [7.5 as Float]))
    #expect(try archive.read("empty") == Tensor(shape: [0, 3], [] as [Float]))
    #expect(
      try archive.read("fortran") == Tensor(shape: [2, 3, 4], (0..<24).map { Float($0) }))
    #expect(
      try archive.read("text") == Tensor(shape: [2, 2], text: ["a", "äöü", "", "漢字😀"]))
    #expect(try archive.read("text_big") == Tensor(shape: [2], text: ["ab", "c"]))
    #expect(try archive.read("bytes") == Tensor(shape: [2], text: ["abc", "d"]))
  }

  @Test func listsWithoutReading() throws {
    let archive = try NpzArchive(path: fixture("npz/all_types.npz"))
    #expect(archive.entries.count == 23)
    #expect(archive.entries.first?.name == "f2")
    #expect(archive["f8_big"]?.shape == [2, 3])
    #expect(archive["f8_big"]?.header.descriptor == ">f8")
    #expect(archive["fortran"]?.header.isFortranOrder == true)
    let error = expectError(.missing, object: "nothing") { try archive.read("nothing") }
    #expect(error?.detail.contains("f2") == true)
  }

  @Test func readsCompressedArchives() throws {
    let arrays = try Npz.read(fixture("npz/compressed.npz"))
    #expect(arrays.map(\.name) == ["zeros", "ramp"])
    #expect(arrays[0].tensor == Tensor(shape: [20000], [Float](repeating: 0, count: 20000)))
    #expect(arrays[1].tensor.integers == (0..<1000).map { Int64($0) })
  }

  @Test func refusesPickledObjectsByName() throws {
    let archive = try NpzArchive(path: fixture("npz/object.npz"))
    #expect(archive["bad"]?.dtype == nil)
    #expect(try archive.read("good").floats == [0, 1, 2])
    let error = expectError(.refused, object: "bad.npy") { try archive.read("bad") }
    #expect(error?.detail.contains("pickled") == true)
  }

  @Test(arguments: ["c", "d", "r"])
  func namesTypesThatTensorsDoNotHave(name: String) throws {
    let archive = try NpzArchive(path: fixture("npz/unsupported.npz"))
    expectError(.unsupported, object: name + ".npy") { try archive.read(name) }
  }

  @Test func keepsOtherMembersApart() throws {
    let archive = try NpzArchive(path: fixture("npz/manifest.npz"))
    #expect(archive.entries.map(\.name) == ["x"])
    #expect(archive.otherMembers == ["manifest.json"])
  }

  /// The checksum of the member is wrong, which only reading it would tell.
  @Test(arguments: [(-1, ArchiveError.Code.truncated), (1, .malformed)])
  func aMemberOfAnotherSizeThanItsHeaderSaysIsNotRead(
    difference: Int, code: ArchiveError.Code
  ) throws {
    let bytes = try contents(of: fixture("npz/version1.npy"))
    let zip = ZipBuilder([.init("x.npy", Array((bytes + [0]).dropLast(1 - difference)), crc: 0)])
    let archive = try NpzArchive(bytes: zip.bytes, name: "a.npz")
    let error = expectError(code, object: "x.npy") { try archive.read("x") }
    #expect(error?.detail.contains("the npy header says") == true)
  }

  @Test(arguments: [1, 2, 3])
  func readsEveryHeaderVersion(version: Int) throws {
    let bytes = try contents(of: fixture("npz/version\(version).npy"))
    let tensor = try Npy.decode(bytes, path: "x.npy")
    #expect(tensor == Tensor(shape: [2, 3], integers: [0, 1, 2, 3, 4, 5], dtype: .int32))
    for length in 0..<bytes.count {
      #expect(throws: ArchiveError.self) {
        try Npy.decode(Array(bytes.prefix(length)), path: "x.npy")
      }
    }
    expectError(.malformed) { try Npy.decode(bytes + [0], path: "x.npy") }
  }
}

@Suite struct NpyHeaderTests {
  private func npy(_ header: String, version: UInt8 = 1, data: [UInt8] = []) -> [UInt8] {
    let count = header.utf8.count
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, version, 0, UInt8(count & 0xFF), UInt8(count >> 8)]
      + Array(header.utf8) + data
  }

  @Test func acceptsSpellingsOfOtherWriters() throws {
    let bytes = npy(
      "{\"shape\": (2L,), 'fortran_order':False, 'descr': '=i1'}   \n", data: [1, 0xFF])
    #expect(
      try Npy.decode(bytes, path: "x") == Tensor(shape: [2], integers: [1, -1], dtype: .int8))
  }

  @Test(arguments: [
    "", "{}", "[]", "{'descr': '<f4'}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
    "{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}",
    "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}",
  ])
  func refusesBrokenHeaders(header: String) {
    expectError(.malformed) { try Npy.decode(npy(header), path: "x") }
  }

  @Test(arguments: [
    "(4611686018427387904, 2)", "(4611686018427387904,)",
    "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
      + "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)",
  ])
  func limitsShapes(shape: String) {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape)}"
    expectError(.limit) { try Npy.decode(npy(header), path: "x") }
  }

  @Test func aShapeDoesNotAllocateBeforeTheDataAreThere() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}"
    expectError(.truncated) { try Npy.decode(npy(header, data: [0, 0, 0, 0]), path: "x") }
    let empty = "{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,)}"
    expectError(.limit) { try Npy.decode(npy(empty), path: "x") }
  }

  @Test func limitsTheHeader() {
    let bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF]
    expectError(.limit) { try Npy.decode(bytes, path: "x") }
    expectError(.unsupported) { try Npy.decode(npy("", version: 4), path: "x") }
  }

  @Test func refusesTextThatIsNoText() {
    let header = "{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}"
    expectError(.malformed) { try Npy.decode(npy(header, data: [0, 0xD8, 0, 0]), path: "x") }
    let narrow = "{'descr': '|S1', 'fortran_order': False, 'shape': (1,)}"
    expectError(.malformed) { try Npy.decode(npy(narrow, data: [0xFF]), path: "x") }
  }
}

@Suite struct NpzWritingTests {
  @Test func readsBackWhatItWrites() throws {
    let folder = try TemporaryFolder()
    var arrays: [(name: String, tensor: Tensor)] = [
      ("in_0", Tensor(shape: [2, 2], [1, -2.5, .nan, .infinity] as [Float])),
      ("layer:dense|a#1/é", Tensor(shape: [], [Double.pi])),
      ("half", Tensor(shape: [2], dtype: .float16, storage: .float([1.5, -65504]))),
      ("text", Tensor(shape: [3], text: ["", "äöü", "漢字😀x"])),
      ("no text", Tensor(shape: [0], text: [])),
      ("truth", Tensor(shape: [2], integers: [1, 0], dtype: .bool)),
    ]
    for dtype in DType.allCases where dtype.isInteger {
      arrays.append((dtype.rawValue, Tensor(shape: [1, 2], integers: [0, 100], dtype: dtype)))
    }
    let large = Tensor(shape: [70_000], (0..<70_000).map { Float($0) })
    arrays.append(("large", large))
    try Npz.write(arrays, to: folder["a.npz"], overwriting: false)
    let read = try Npz.read(folder["a.npz"])
    #expect(read.map(\.name) == arrays.map(\.name))
    for (one, other) in zip(read, arrays) where one.name != "in_0" {
      #expect(one.tensor == other.tensor)
    }
    #expect(read[0].tensor.floats?.map(\.bitPattern) == arrays[0].tensor.floats?.map(\.bitPattern))
  }

  @Test func writesBFloat16AsFloat32() throws {
    let tensor = Tensor(shape: [2], dtype: .bfloat16, storage: .float([1.5, -0.25]))
    #expect(
      try Npy.decode(Npy.encode(tensor), path: "x") == Tensor(shape: [2], [1.5, -0.25] as [Float]))
  }

  @Test func writesTheBytesThatNumPyWrites() throws {
    let tensor = Tensor(shape: [2, 3], integers: [0, 1, 2, 3, 4, 5], dtype: .int32)
    #expect(try Npy.encode(tensor) == contents(of: fixture("npz/version1.npy")))
  }

  @Test func aFailureLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let tensor = Tensor(shape: [1], [1 as Float])
    expectError(.unsupported) {
      try Npz.write([("a", tensor), ("../b", tensor)], to: folder["a.npz"], overwriting: true)
    }
    #expect(folder.names == [])
  }
}
