import HornbillCore
import HornbillHDF5

/// An HDF5 file that is being written, by itself or inside another file.
///
/// libhdf5 lays out groups, attributes and the places of the datasets. The elements are copied to their places
/// afterwards, in order and past libhdf5, so that no more than a few of them are in memory.
struct HDF5Image: ~Copyable {
  /// The path for errors.
  let path: String
  /// The root group.
  let root: HDF5.Group
  /// The member of an archive that the image is, for errors.
  private let member: String?
  private let file: HDF5.File
  private let region: RegionWriter
  private let start: Int
  private var pending: [(offset: Int, elements: WeightElements)] = []

  /// Begins an image.
  ///
  /// - Parameters:
  ///   - path: the path for errors.
  ///   - member: the member of an archive that the image is, for errors.
  ///   - descriptor: the file, open for reading and writing; it is not closed, and ends where the image begins.
  ///   - start: where the image begins.
  init(
    path: String, member: String? = nil, descriptor: Int32, start: Int = 0
  ) throws(ArchiveError) {
    self.path = path
    self.member = member
    self.start = start
    region = RegionWriter(path: path, descriptor: descriptor)
    file = try WeightFile.translate(path, member) { () throws(HDF5.Error) in
      try HDF5.File(creatingIn: descriptor, offset: UInt64(start), name: path)
    }
    root = file.root
  }

  /// Runs calls of the binding and turns their errors into errors about the file.
  func attempt<Result>(
    _ body: () throws(HDF5.Error) -> Result
  ) throws(ArchiveError) -> Result {
    try WeightFile.translate(path, member, body)
  }

  /// An error about an object of the image.
  func error(_ code: ArchiveError.Code, _ object: String, _ detail: String) -> ArchiveError {
    ArchiveError(code, path: path, object: (member ?? "") + object, detail)
  }

  /// Opens a group below another, and makes it and those on the way when they are missing.
  func group(at relative: String, of parent: HDF5.Group) throws(ArchiveError) -> HDF5.Group {
    try requireSafe(relative, in: parent)
    return try attempt { () throws(HDF5.Error) in
      if try parent.contains(relative) { return try parent.group(at: relative) }
      return try parent.createGroup(at: relative)
    }
  }

  /// Makes the dataset of a weight; groups that are missing on the way are made too.
  @discardableResult
  mutating func add(
    _ weight: DraftWeight, at relative: String, of parent: HDF5.Group
  ) throws(ArchiveError) -> HDF5.Dataset {
    try requireSafe(relative, in: parent)
    let elements = try WeightElements(weight, path: path)
    let reserved = try attempt { () throws(HDF5.Error) in
      let dataset = try parent.createDataset(
        at: relative, type: elements.type, shape: weight.shape)
      if let texts = elements.texts {
        try dataset.writeStrings(texts)
        return (dataset: dataset, offset: UInt64?.none)
      }
      return (dataset: dataset, offset: dataset.count > 0 ? try dataset.reserve() : nil)
    }
    if let offset = reserved.offset { pending.append((Int(clamping: offset), elements)) }
    return reserved.dataset
  }

  /// Completes the image.
  ///
  /// - Parameter crc: takes in all bytes of the image, if it is not `nil`.
  /// - Returns: where the image ends in the file, which is also the end of the file.
  consuming func finish(crc: inout CRC32?) throws(ArchiveError) -> Int {
    try attempt { () throws(HDF5.Error) in try file.close() }
    let end = try region.length()
    var position = start
    for (offset, elements) in pending.sorted(by: { $0.offset < $1.offset }) {
      try take(position..<offset, into: &crc)
      position = offset
      try elements.forEachPiece { (bytes) throws(ArchiveError) in
        crc?.update(bytes)
        try region.write(bytes, at: position)
        position += bytes.count
      }
    }
    try take(position..<max(position, end), into: &crc)
    return end
  }

  private func take(_ range: Range<Int>, into crc: inout CRC32?) throws(ArchiveError) {
    guard var known = crc else { return }
    try region.update(&known, over: range)
    crc = known
  }

  private func requireSafe(_ name: String, in parent: HDF5.Group) throws(ArchiveError) {
    guard name.isSafeLinkPath else {
      throw error(
        .unsupported, parent.path,
        "'\(name.escapedForDisplay)' cannot be the name of an object; rename it")
    }
  }
}
