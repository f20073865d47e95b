import HornbillHDF5
import Testing

@Suite struct DamageTests {
  @Test func aTruncatedFileIsNamedSo() throws {
    let image = try bytes(of: fixture("storage.h5"))
    for length in [600, 1000, 4096, image.count - 1] {
      let error = failure { () throws(HDF5.Error) in
        try HDF5.File(reading: Array(image.prefix(length)), name: "short.h5", policy: .strict)
      }
      #expect(error?.code == .truncated, "\(length)")
      #expect(error?.file == "short.h5")
      #expect(error?.frames.isEmpty == false)
    }
  }

  @Test(arguments: ["storage.h5", "strings.h5"])
  func everyPrefixFails(name: String) throws {
    let image = try bytes(of: fixture(name))
    for length in stride(from: 0, to: image.count, by: 37) {
      let error = failure { () throws(HDF5.Error) in
        try HDF5.File(reading: Array(image.prefix(length)), name: name, policy: .strict)
      }
      #expect(error != nil, "\(length)")
    }
  }

  @Test(arguments: ["soft_link.h5", "cycle.h5", "external_link.h5", "latest.h5", "user_block.h5"])
  func aFlippedBitEndsInAnErrorOrAResult(name: String) throws {
    let image = try bytes(of: fixture(name))
    var failures = 0
    var results = 0
    for position in image.indices {
      var flipped = image
      flipped[position] ^= 1 << UInt8(position % 8)
      let error = failure { () throws(HDF5.Error) in
        try inventory(HDF5.File(reading: flipped, name: name, policy: .strict))
      }
      if error == nil { results += 1 } else { failures += 1 }
      #expect(error?.description.contains("\n") != true)
    }
    #expect(failures > 100)
    #expect(results + failures == image.count)
  }

  @Test func errorsCarryTheLibrarysStack() throws {
    var image = try bytes(of: fixture("storage.h5"))
    let dataset = try HDF5.File(reading: image, name: "image").root.dataset(at: "contiguous")
    #expect(try dataset.byteOffset() != nil)
    image[9] = 77
    let error = failure { () throws(HDF5.Error) in try HDF5.File(reading: image, name: "image") }
    let frames = error?.frames ?? []
    #expect(frames.count > 2)
    #expect(frames.last?.function == "H5Fopen")
    #expect(frames.allSatisfy { !$0.major.isEmpty && !$0.minor.isEmpty })
  }

  @Test func namesInErrorsAreEscaped() throws {
    let folder = try TemporaryFolder()
    let file = try HDF5.File(creating: folder.file("names.h5"))
    try file.root.createGroup(at: "a\u{1B}[31m\u{202E}b")
    let error = failure { () throws(HDF5.Error) in
      try file.root.dataset(at: "a\u{1B}[31m\u{202E}b")
    }
    #expect(error?.code == .wrongKind)
    #expect(error?.description.contains("/a\\u{1b}[31m\\u{202e}b") == true)
  }
}
