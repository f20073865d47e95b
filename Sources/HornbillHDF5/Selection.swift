import CHDF5

/// The elements of a dataset that one call reads or writes.
struct Selection {
  /// The sizes of the selected block; nil selects the whole dataset.
  let block: (start: [hsize_t], stride: [hsize_t], count: [hsize_t])?
  /// The count of selected elements.
  let count: Int

  /// Selects the whole dataset.
  init(wholeOf dataset: HDF5.Dataset) {
    block = nil
    count = dataset.count
  }

  /// Selects a block.
  ///
  /// - Throws: `invalidArgument` when it does not lie inside the dataset.
  init(
    of dataset: HDF5.Dataset, start: [Int], count: [Int], stride: [Int]?
  ) throws(HDF5.Error) {
    let rank = dataset.shape.count
    let stride = stride ?? [Int](repeating: 1, count: rank)
    func fail(_ detail: String) -> HDF5.Error { dataset.reference.error(.invalidArgument, detail) }
    guard !dataset.isNull, start.count == rank, count.count == rank, stride.count == rank else {
      throw fail(
        "expected start, count and stride for \(rank) dimensions, found \(start.count), "
          + "\(count.count) and \(stride.count)")
    }
    guard rank > 0 else {
      block = nil
      self.count = 1
      return
    }
    for axis in 0..<rank {
      guard start[axis] >= 0, count[axis] >= 0, stride[axis] >= 1 else {
        throw fail("start \(start), count \(count) and stride \(stride) must not be negative")
      }
      guard count[axis] > 0 else { continue }
      let (reach, overflow) = (count[axis] - 1).multipliedReportingOverflow(by: stride[axis])
      guard !overflow, start[axis] < dataset.shape[axis],
        reach < dataset.shape[axis] - start[axis]
      else {
        throw fail(
          "start \(start), count \(count) and stride \(stride) reach beyond shape "
            + "\(dataset.shape) in dimension \(axis)")
      }
    }
    guard let total = product(count) else { throw fail("the count \(count) is too large") }
    block = (start.map { hsize_t($0) }, stride.map { hsize_t($0) }, count.map { hsize_t($0) })
    self.count = total
  }

  /// The dataspaces of the selection in memory and in the file.
  ///
  /// - Precondition: the library is entered, and `count` is not 0.
  func makeSpaces(
    of dataset: HDF5.Dataset
  ) throws(HDF5.Error) -> (memory: SpaceHandle, file: SpaceHandle) {
    let action = "selecting elements"
    let reference = dataset.reference
    let file = try reference.adopt(H5Dget_space(try reference.id()), action)
    if let block {
      try reference.check(
        H5Sselect_hyperslab(
          file.id, H5S_SELECT_SET, block.start, block.stride, block.count, nil), action)
    }
    // Of the selection's own shape: the library is slow where the shapes on both sides differ.
    let extents = block?.count ?? dataset.shape.map { hsize_t($0) }
    let memory = try reference.adopt(
      extents.isEmpty
        ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(extents.count), extents, nil), action)
    return (SpaceHandle(memory), SpaceHandle(file))
  }
}

/// A dataspace that can lie in a tuple, which a value that cannot be copied cannot.
final class SpaceHandle: Sendable {
  private let handle: Handle
  init(_ handle: consuming Handle) { self.handle = handle }
  var id: hid_t { handle.id }
}
