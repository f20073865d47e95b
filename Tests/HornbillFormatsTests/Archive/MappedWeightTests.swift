import HornbillCore
import HornbillFormats
import HornbillHDF5
import Testing

/// Weights large enough to be used where they lie in the file.
@Suite struct MappedWeightTests {
  private static let shape = [3, 6000]
  /// Whole numbers that each of the types holds.
  private static let values = (0..<18_000).map { Float($0 % 2001) - 1000 }

  private func makeFile(
    _ type: HDF5.DataType, _ storage: HDF5.NewStorage, in folder: TemporaryFolder
  ) throws -> String {
    let file = try HDF5.File(creating: folder["a.weights.h5"])
    let dataset = try file.root.createDataset(
      at: "layers/dense/vars/0", type: type, shape: MappedWeightTests.shape, storage: storage)
    if type.isFloatingPoint {
      try dataset.write(MappedWeightTests.values)
    } else {
      try dataset.write(MappedWeightTests.values.map { Int64($0) })
    }
    try file.close()
    return folder["a.weights.h5"]
  }

  @Test(arguments: [
    (HDF5.DataType.float32, HDF5.NewStorage.contiguous, true),
    (.float64, .contiguous, true), (.int64, .contiguous, true),
    (HDF5.DataType(.floatingPoint(.float32, .big)), .contiguous, false),
    (HDF5.DataType(.floatingPoint(.float64, .big)), .contiguous, false),
    (HDF5.DataType(.integer(.init(size: 8, isSigned: true, order: .big))), .contiguous, false),
    (.float16, .contiguous, false), (.int32, .contiguous, false),
    (.float32, .chunked([3, 6000]), false),
    (.float32, .chunked([1, 6000], filters: [.deflate(level: 1)]), false),
  ])
  func onlyWhatTheMachineUsesItselfIsBorrowed(
    type: HDF5.DataType, storage: HDF5.NewStorage, isBorrowed: Bool
  ) throws {
    let folder = try TemporaryFolder()
    let weights = try ModelArchive.open(makeFile(type, storage, in: folder)).weights.all
    let tensor = try #require(weights.first).read()
    #expect((tensor.borrowed != nil) == isBorrowed)
    #expect(tensor.shape == MappedWeightTests.shape)
    #expect(tensor.doubles == MappedWeightTests.values.map { Double($0) })
  }

  /// A member of a zip may begin anywhere, so its numbers need not be aligned.
  @Test(arguments: 0..<4)
  func membersOfAnArchiveAreBorrowed(shift: Int) throws {
    let folder = try TemporaryFolder()
    let weights = try contents(of: makeFile(.float32, .contiguous, in: folder))
    let config = try contents(of: fixture("formats/small_folder/config.json"))
    let zip = ZipBuilder([
      .init("config.json", config + [UInt8](repeating: 0x20, count: shift)),
      .init("model.weights.h5", weights),
    ])
    try folder.write(zip.bytes, as: "a.keras")
    let tensor = try #require(ModelArchive.open(folder["a.keras"]).weights.all.first).read()
    #expect(tensor.borrowed != nil)
    #expect(tensor == Tensor(shape: MappedWeightTests.shape, MappedWeightTests.values))
    let copy = folder["a.npz"]
    try Npz.write([("a", tensor)], to: copy, overwriting: false)
    #expect(try Npz.read(copy).first?.tensor == tensor)
  }
}
