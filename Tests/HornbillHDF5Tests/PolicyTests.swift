import HornbillHDF5
import Testing

@Suite struct PolicyTests {
  private func root(_ name: String, _ policy: HDF5.OpeningPolicy) throws(HDF5.Error) -> HDF5.Group {
    try HDF5.File(reading: fixture(name), policy: policy).root
  }

  @Test func externalStorageIsRefused() throws {
    let strict = try root("external_storage.h5", .strict)
    let error = failure { () throws(HDF5.Error) in try strict.dataset(at: "g/w") }
    #expect(error?.code == .refusedByPolicy)
    #expect(error?.object == "/g/w")
    #expect(error?.detail.contains("storage.h5") == true)
    let standard = try root("external_storage.h5", .standard).dataset(at: "g/w")
    #expect(
      standard.storage == .external([HDF5.ExternalFile(name: "storage.h5", offset: 0, size: 4)]))
    #expect(try standard.byteOffset() == nil)
  }

  @Test func externalLinksAreRefused() throws {
    let strict = try root("external_link.h5", .strict)
    #expect(
      try strict.links() == [
        HDF5.Link(name: "layer", kind: .external(file: "storage.h5", object: "/contiguous"))
      ])
    for error in [
      failure({ () throws(HDF5.Error) in _ = try strict.dataset(at: "layer") }),
      failure({ () throws(HDF5.Error) in _ = try strict.objectKind(at: "/layer") }),
      failure({ () throws(HDF5.Error) in _ = try strict.contains("layer/x") }),
    ] {
      #expect(error?.code == .refusedByPolicy)
      #expect(error?.object == "/layer")
    }
    let standard = try root("external_link.h5", .standard).dataset(at: "layer")
    #expect(try standard.read(as: Float.self).count == 60)
    #expect(try standard.byteOffset() == nil)
  }

  @Test func softLinksAreRefused() throws {
    let strict = try root("soft_link.h5", .strict)
    for path in ["alias", "alias/w", "/alias/w", "./alias//w", "nowhere"] {
      let error = failure { () throws(HDF5.Error) in try strict.objectKind(at: path) }
      #expect(error?.code == .refusedByPolicy, "\(path)")
    }
    #expect(try strict.dataset(at: "real/w").read() == [Int32(0), 1, 2])
    let standard = try root("soft_link.h5", .standard)
    #expect(try standard.dataset(at: "alias/w").read() == [Int32(0), 1, 2])
    #expect(try !standard.contains("nowhere"))
    let error = failure { () throws(HDF5.Error) in try standard.group(at: "nowhere") }
    #expect(error?.code == .notFound)
    #expect(error?.detail.contains("/missing") == true)
    #expect(
      try standard.walk().map(\.link) == [
        .soft(target: "/real"), .soft(target: "/missing"), .hard, .hard,
      ])
  }

  @Test func virtualDatasetsAreRefused() throws {
    let strict = try root("virtual.h5", .strict)
    let error = failure { () throws(HDF5.Error) in try strict.dataset(at: "w") }
    #expect(error?.code == .refusedByPolicy)
    #expect(error?.detail.contains("storage.h5") == true)
    let standard = try root("virtual.h5", .standard).dataset(at: "w")
    #expect(standard.storage == .virtual(sources: ["storage.h5"]))
    #expect(try standard.read(as: Float.self).last == 59)
  }

  @Test func pluginFiltersAreRefused() throws {
    let strict = try root("plugin_filter.h5", .strict)
    let error = failure { () throws(HDF5.Error) in try strict.dataset(at: "w") }
    #expect(error?.code == .unsupportedFilter)
    #expect(error?.detail.contains("32000") == true)
    let standard = try root("plugin_filter.h5", .standard).dataset(at: "w")
    #expect(standard.filters.first?.id == 32000)
    #expect(
      failure { () throws(HDF5.Error) in try standard.read(as: Float.self) }?.code
        == .unsupportedFilter)
  }

  @Test(arguments: ["w", "one_chunk", "many_chunks"])
  func shapeBombsAreRefused(name: String) throws {
    let dataset = try root("shape_bomb.h5", .strict).dataset(at: name)
    for error in [
      failure({ () throws(HDF5.Error) in _ = try dataset.read(as: UInt8.self) }),
      failure({ () throws(HDF5.Error) in _ = try dataset.readBytes() }),
    ] {
      #expect(
        error?.code == (name == "w" && error?.code == .wrongKind ? .wrongKind : .refusedByPolicy))
    }
    #expect(
      failure { () throws(HDF5.Error) in try dataset.read(as: Float.self) }?.code
        == .refusedByPolicy)
  }

  @Test func aBombSaysWhatItDeclares() throws {
    let dataset = try root("shape_bomb.h5", .strict).dataset(at: "w")
    let error = failure { () throws(HDF5.Error) in try dataset.read(as: Float.self) }
    #expect(
      error?.detail.contains("declares 8.8 PiB, but stores 0 B") == true, "\(error?.detail ?? "")")
  }

  @Test func aFilterAppliedTwiceIsRefused() throws {
    let error = failure { () throws(HDF5.Error) in
      try root("double_gzip.h5", .strict).dataset(at: "w")
    }
    #expect(error?.code == .refusedByPolicy)
    let standard = try root("double_gzip.h5", .standard).dataset(at: "w")
    #expect(try standard.read(as: UInt8.self) == [UInt8](repeating: 0, count: 1024))
  }

  @Test func anIncompressibleChunkReadsUnderEveryPolicy() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("noise.h5")
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let file = try HDF5.File(creating: path)
    try file.root.createDataset(
      at: "w", type: .uint8, shape: [4096],
      storage: .chunked([1000], filters: [.deflate(level: 9), .fletcher32])
    ).write(noise)
    try file.close()
    for policy in [HDF5.OpeningPolicy.standard, .strict] {
      #expect(try HDF5.File(reading: path, policy: policy).root.dataset(at: "w").read() == noise)
    }
  }
}
