import HornbillHDF5
import Testing

@Suite struct EditingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a file, closes it, and opens it again for reading.
  private func rewritten(
    _ name: String = "new.h5", _ body: (HDF5.Group) throws(HDF5.Error) -> Void
  ) throws(HDF5.Error) -> HDF5.Group {
    let file = try HDF5.File(creating: folder.file(name), overwriting: true)
    try body(file.root)
    try file.close()
    return try HDF5.File(reading: folder.file(name), policy: .strict).root
  }

  @Test func groupsAreCreatedOnTheWay() throws {
    let root = try rewritten { root throws(HDF5.Error) in
      let group = try root.createGroup(at: "a/b/c")
      #expect(group.path == "/a/b/c" && group.name == "c")
      #expect(failure { () throws(HDF5.Error) in try root.createGroup(at: "a/b") }?.code == .exists)
      let missing = failure { () throws(HDF5.Error) in
        try root.createGroup(at: "x/y", intermediate: false)
      }
      #expect(missing?.code == .notFound && missing?.object == "/x")
      try group.createGroup(at: "/top")
    }
    #expect(try root.walk().map(\.path) == ["/a", "/a/b", "/a/b/c", "/top"])
  }

  @Test func anExistingFileIsKept() throws {
    let path = folder.file("kept.h5")
    try HDF5.File(creating: path).close()
    #expect(failure { () throws(HDF5.Error) in try HDF5.File(creating: path) }?.code == .exists)
    let open = try HDF5.File(reading: path)
    let error = failure { () throws(HDF5.Error) in
      try HDF5.File(creating: path, overwriting: true)
    }
    #expect(error?.code == .locked)
    #expect(try open.root.links().isEmpty)
  }

  @Test func equalContentsMakeEqualBytes() throws {
    for name in ["one.h5", "two.h5"] {
      _ = try rewritten(name) { root throws(HDF5.Error) in
        try root.setAttribute("a", .string("text"))
        try root.createDataset(at: "d", type: .float32, shape: [3]).write([Float(1), 2, 3])
      }
    }
    #expect(try bytes(of: folder.file("one.h5")) == bytes(of: folder.file("two.h5")))
  }

  @Test(arguments: [
    HDF5.DataType.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float16,
    .bfloat16, .float32, .float64, .integer(size: 2, isSigned: true, order: .big),
    .integer(size: 8, isSigned: false, order: .big), .floatingPoint(.float32, order: .big),
    .floatingPoint(.float16, order: .big), .integer(size: 3, isSigned: true, order: .big),
  ])
  func everyNumberTypeIsWritten(type: HDF5.DataType) throws {
    let numbers: [Double] = [0, 1, 64, 127]
    let root = try rewritten { root throws(HDF5.Error) in
      let dataset = try root.createDataset(at: "n", type: type, shape: [2, 2])
      if type.isInteger {
        try dataset.write(numbers.map { Int32($0) })
        let error = failure { () throws(HDF5.Error) in try dataset.write(numbers) }
        #expect(error?.code == .wrongKind)
      } else {
        try dataset.write(numbers)
      }
    }
    let dataset = try root.dataset(at: "n")
    #expect(dataset.type == type)
    #expect(try dataset.read() == numbers)
  }

  @Test func opaqueBFloat16IsWritten() throws {
    let root = try rewritten { root throws(HDF5.Error) in
      let dataset = try root.createDataset(at: "w", type: .bfloat16Opaque, shape: [3])
      try dataset.setAttribute("dtype", .string("bfloat16"))
      try dataset.write([Float(1), -2.25, 3.14159])
    }
    #expect(try root.dataset(at: "w").read() == [Float(1), -2.25, 3.140625])
  }

  @Test func otherTypesAreWritten() throws {
    let compound = HDF5.DataType(
      .compound(
        size: 12,
        [
          HDF5.Field(name: "x", offset: 0, type: .float32),
          HDF5.Field(
            name: "n", offset: 4, type: HDF5.DataType(.array(shape: [2], .int32))),
        ]))
    let root = try rewritten { root throws(HDF5.Error) in
      try root.createDataset(at: "truth", type: .boolean, shape: [2]).write([UInt8(1), 0])
      let content = [UInt8](0..<12)
      let dataset = try root.createDataset(at: "record", type: compound, shape: [])
      let result = content.withUnsafeBytes { buffer in
        failure { () throws(HDF5.Error) in try dataset.writeRaw(from: buffer) }
      }
      #expect(result == nil)
      try root.createDataset(at: "null", type: .float32, shape: nil)
      try root.createDataset(at: "none", type: .float32, shape: [0, 2])
    }
    #expect(try root.dataset(at: "truth").type == .boolean)
    #expect(try root.dataset(at: "truth").read() == [Int64(1), 0])
    #expect(try root.dataset(at: "record").type == compound)
    #expect(try root.dataset(at: "record").readBytes() == [UInt8](0..<12))
    #expect(try root.dataset(at: "null").isNull)
    #expect(try root.dataset(at: "none").shape == [0, 2])
  }

  @Test(arguments: [
    HDF5.NewStorage.compact, .contiguous, .chunked([2, 3]),
    .chunked([3, 2], filters: [.deflate(level: 6)]),
    .chunked([4, 4], filters: [.shuffle, .deflate(level: 1), .fletcher32]),
  ])
  func everyStorageIsWritten(storage: HDF5.NewStorage) throws {
    let numbers = (0..<20).map { Float($0) }
    let root = try rewritten { root throws(HDF5.Error) in
      let dataset = try root.createDataset(
        at: "w", type: .float32, shape: [4, 5], storage: storage)
      try dataset.write(numbers)
      let patch: [Float] = [-1, -2, -3, -4]
      let error = patch.withUnsafeBytes { buffer in
        failure { () throws(HDF5.Error) in
          try dataset.writeHyperslab(
            start: [0, 1], count: [2, 2], stride: [3, 2], from: buffer, as: .float32)
        }
      }
      #expect(error == nil)
    }
    var expected = numbers
    expected[1] = -1
    expected[3] = -2
    expected[16] = -3
    expected[18] = -4
    let dataset = try root.dataset(at: "w")
    #expect(try dataset.read() == expected)
    if case .chunked(let shape, let filters) = storage {
      #expect(dataset.chunkShape == shape)
      #expect(dataset.filters == filters)
    }
  }

  @Test func aDatasetGrows() throws {
    let file = try HDF5.File(creating: folder.file("grow.h5"))
    let dataset = try file.root.createDataset(
      at: "w", type: .int16, shape: [2], storage: .chunked([4]), maximumShape: [8])
    try dataset.write([Int16(1), 2])
    #expect(try dataset.resized(to: [4]).read() == [Int16(1), 2, 0, 0])
    #expect(
      failure { () throws(HDF5.Error) in try dataset.resized(to: [9]) }?.code == .invalidArgument)
  }

  @Test func attributesOfEveryKindAreWritten() throws {
    let format = HDF5.StringFormat.fitting(["ab", "grüße"], padding: .spacePadded)
    let root = try rewritten { root throws(HDF5.Error) in
      try root.setAttribute("text", .string("grüße"))
      try root.setAttribute("ascii", .string("abc", as: .variableLength(.ascii)))
      try root.setAttribute("fixed", .strings(["ab", "grüße"], as: format))
      try root.setAttribute(
        "terminated", .string("abc", as: .fixed(4, padding: .nullTerminated)))
      try root.setAttribute("matrix", .strings(["a", "b", "c", "d"], shape: [2, 2]))
      try root.setAttribute("empty", .strings([]))
      try root.setAttribute("no numbers", .doubles([]))
      try root.setAttribute("null", .null(.float32))
      try root.setAttribute(
        "big", .integers([1, -2], as: .integer(size: 4, isSigned: true, order: .big)))
      try root.setAttribute("half", .double(0.1, as: .float16))
      try root.setAttribute("truth", .boolean(true))
      try root.setAttribute("raw", .raw([1, 2, 3], type: .uint8, shape: [3]))
    }
    #expect(try root.attribute("text").readString() == "grüße")
    #expect(try root.attribute("ascii").readString() == "abc")
    #expect(try root.attribute("fixed").readStrings() == ["ab", "grüße"])
    #expect(try root.attribute("fixed").type == .string(format))
    #expect(try root.attribute("terminated").readString() == "abc")
    #expect(try root.attribute("matrix").shape == [2, 2])
    #expect(try root.attribute("matrix").readStrings() == ["a", "b", "c", "d"])
    #expect(try root.attribute("empty").shape == [0])
    #expect(try root.attribute("no numbers").readDoubles() == [])
    #expect(try root.attribute("null").shape == nil)
    #expect(try root.attribute("big").readIntegers() == [1, -2])
    #expect(try root.attribute("half").readDoubles() == [0.0999755859375])
    #expect(try root.attribute("truth").type == .boolean)
    #expect(try root.attribute("raw").readIntegers() == [1, 2, 3])
  }

  @Test func anAttributeIsReplacedOrKept() throws {
    let file = try HDF5.File(creating: folder.file("attributes.h5"))
    let root = file.root
    try root.setAttribute("a", .integer(1))
    try root.setAttribute("a", .string("two"))
    #expect(try root.attribute("a").readString() == "two")
    let large = String(repeating: "x", count: 70_000)
    let failures: [(HDF5.AttributeValue, HDF5.Error.Code)] = [
      (.integer(300, as: .int8), .outOfRange),
      (.string("é", as: .fixed(8)), .invalidArgument),
      (.string("long", as: .fixed(4, padding: .nullTerminated)), .invalidArgument),
      (.string("a\0b"), .invalidArgument),
      (.strings(["a"], shape: [2]), .invalidArgument),
      (.double(1, as: .int32), .wrongKind),
      (.integer(1, as: .string(.variableLength)), .invalidArgument),
      (.raw([1], type: .int32, shape: [1]), .invalidArgument),
      (.string(large, as: .fixed(70_000)), .sizeLimit),
    ]
    for (value, code) in failures {
      let error = failure { () throws(HDF5.Error) in try root.setAttribute("a", value) }
      #expect(error?.code == code, "\(String(describing: error))")
      #expect(try root.attribute("a").readString() == "two")
      #expect(try root.attributeNames() == ["a"])
    }
    try root.deleteAttribute("a")
    #expect(try root.attributeNames() == [])
    #expect(failure { () throws(HDF5.Error) in try root.deleteAttribute("a") }?.code == .notFound)
  }

  @Test func stringsAreWritten() throws {
    let root = try rewritten { root throws(HDF5.Error) in
      try root.createDataset(at: "v", type: .string(.variableLength), shape: [2])
        .writeStrings(["", "ünï"])
      try root.createDataset(at: "f", type: .string(.fixed(3)), shape: [2], storage: .compact)
        .writeStrings(["abc", "d"])
    }
    #expect(try root.dataset(at: "v").readStrings() == ["", "ünï"])
    #expect(try root.dataset(at: "f").readStrings() == ["abc", "d"])
  }

  @Test func linksOfEveryKindAreCreatedAndDeleted() throws {
    let file = try HDF5.File(creating: folder.file("links.h5"))
    let root = file.root
    try root.createDataset(at: "d", type: .int8, shape: [1]).write([Int8(5)])
    try root.createSoftLink(at: "soft", target: "/d")
    try root.createHardLink(at: "sub/hard", target: "/d")
    try root.createExternalLink(at: "outside", file: "other.h5", object: "/x")
    #expect(
      try root.links() == [
        HDF5.Link(name: "d", kind: .hard),
        HDF5.Link(name: "outside", kind: .external(file: "other.h5", object: "/x")),
        HDF5.Link(name: "soft", kind: .soft(target: "/d")), HDF5.Link(name: "sub", kind: .hard),
      ])
    #expect(try root.dataset(at: "soft").read() == [Int8(5)])
    #expect(
      failure { () throws(HDF5.Error) in try root.createHardLink(at: "h", target: "no") }?.code
        == .notFound)
    try root.delete("d")
    #expect(try !root.contains("soft"))
    #expect(try root.dataset(at: "sub/hard").read() == [Int8(5)])
    try root.delete("outside")
    try root.delete("soft")
    try root.delete("sub/hard")
    #expect(try root.links().map(\.name) == ["sub"])
    #expect(failure { () throws(HDF5.Error) in try root.delete("d") }?.code == .notFound)
    #expect(failure { () throws(HDF5.Error) in try root.delete("/") }?.code == .invalidArgument)
  }

  @Test func objectsAreCopied() throws {
    let source = try HDF5.File(reading: fixture("storage.h5"), policy: .strict).root
    let root = try rewritten { root throws(HDF5.Error) in
      try source.copy("/", to: root, as: "all")
      try source.copy("gzip", to: root, as: "one/gzip")
      let error = failure { () throws(HDF5.Error) in try source.copy("gzip", to: root, as: "all") }
      #expect(error?.code == .exists)
    }
    #expect(try root.dataset(at: "all/all").read(as: Float.self).last == 59)
    #expect(try root.dataset(at: "one/gzip").filters == [.deflate(level: 4)])
    let outside = try HDF5.File(reading: fixture("external_storage.h5"), policy: .strict).root
    let target = try HDF5.File(creating: folder.file("target.h5")).root
    #expect(
      failure { () throws(HDF5.Error) in try outside.copy("g", to: target, as: "g") }?.code
        == .refusedByPolicy)
  }

  /// libhdf5 1.10 copies a compressed chunk that is in memory into too small a buffer.
  @Test(arguments: [HDF5.OpeningPolicy.strict, .standard])
  func datasetsInUseAreCopied(policy: HDF5.OpeningPolicy) throws {
    let source = try HDF5.File(reading: fixture("storage.h5"), policy: policy).root
    let gzip = try source.dataset(at: "gzip")
    let values: [Float] = try gzip.read()
    let root = try rewritten { root throws(HDF5.Error) in
      try source.copy("gzip", to: root, as: "a")
    }
    #expect(try root.dataset(at: "a").read() == values)
    #expect(try gzip.read() == values)
  }

  @Test func aCompressedDatasetInUseForWritingIsNotCopied() throws {
    let file = try HDF5.File(creating: folder.file("in use.h5"))
    do {
      let dataset = try file.root.createDataset(
        at: "a", type: .float32, shape: [64],
        storage: .chunked([64], filters: [.deflate(level: 4)]))
      try dataset.write([Float](repeating: 0, count: 64))
      let error = failure { () throws(HDF5.Error) in
        try file.root.copy("a", to: file.root, as: "b")
      }
      #expect(error?.code == .locked)
      #expect(try dataset.read(as: Float.self).count == 64)
    }
    try file.root.copy("a", to: file.root, as: "b")
    #expect(try file.root.dataset(at: "b").read(as: Float.self).count == 64)
  }

  @Test func anUpdateChangesAFileInPlace() throws {
    _ = try rewritten { root throws(HDF5.Error) in
      try root.createDataset(at: "w", type: .float32, shape: [2]).write([Float(1), 2])
    }
    let file = try HDF5.File(updating: folder.file("new.h5"))
    #expect(file.isWritable)
    try file.root.dataset(at: "w").write([Float(3), 4])
    try file.flush()
    try file.close()
    let root = try HDF5.File(reading: folder.file("new.h5")).root
    #expect(try root.dataset(at: "w").read() == [Float(3), 4])
  }

  @Test func namesWithNULAreRefused() throws {
    let file = try HDF5.File(creating: folder.file("nul.h5"))
    for error in [
      failure({ () throws(HDF5.Error) in _ = try file.root.createGroup(at: "a\0b") }),
      failure({ () throws(HDF5.Error) in _ = try file.root.dataset(at: "a\0b") }),
      failure({ () throws(HDF5.Error) in try file.root.setAttribute("a\0b", .integer(1)) }),
      failure({ () throws(HDF5.Error) in _ = try HDF5.File(creating: "a\0b") }),
      failure({ () throws(HDF5.Error) in _ = try HDF5.File(reading: "a\0b") }),
    ] {
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func aSlashWithACombiningMarkIsStillASlash() throws {
    let file = try HDF5.File(creating: folder.file("marks.h5"))
    try file.root.createGroup(at: "a/\u{301}x")
    #expect(try file.root.links().map(\.name) == ["a"])
    #expect(try file.root.group(at: "a").links().map(\.name) == ["\u{301}x"])
    #expect(try file.root.group(at: "a/\u{301}x").name == "\u{301}x")
  }
}
