import CHDF5

/// The shape of a dataset or an attribute.
struct Extent {
  /// The sizes of the dimensions; empty for a scalar, nil when there is no element at all.
  let shape: [Int]?
  /// The sizes up to which the dimensions may grow; nil for one without an end.
  let maximum: [Int?]
  /// The count of elements.
  let count: Int

  /// Reads the shape of an open dataspace.
  ///
  /// - Precondition: the library is entered.
  init(reading space: hid_t, context: FileContext, object: String) throws(HDF5.Error) {
    let action = "reading the shape"
    switch H5Sget_simple_extent_type(space) {
    case H5S_NULL:
      shape = nil
      maximum = []
      count = 0
    case H5S_SCALAR:
      shape = []
      maximum = []
      count = 1
    case H5S_SIMPLE:
      let rank = Int(
        try context.check(H5Sget_simple_extent_ndims(space), action, at: object))
      guard rank <= Int(H5S_MAX_RANK) else {
        throw context.error(.damaged, at: object, "it has \(rank) dimensions; HDF5 allows 32")
      }
      var sizes = [hsize_t](repeating: 0, count: max(rank, 1))
      var limits = sizes
      try context.check(
        H5Sget_simple_extent_dims(space, &sizes, &limits), action, at: object)
      var shape: [Int] = []
      for size in sizes.prefix(rank) {
        guard let size = Int(exactly: size) else {
          throw context.error(.sizeLimit, at: object, "a dimension has \(size) elements")
        }
        shape.append(size)
      }
      self.shape = shape
      maximum = limits.prefix(rank).map { $0 == chdf5_unlimited() ? nil : Int(exactly: $0) }
      guard let count = product(shape) else {
        throw context.error(
          .sizeLimit, at: object, "its shape \(shape) has more elements than can be counted")
      }
      self.count = count
    default: throw context.failure(action, at: object)
    }
  }
}

/// The product of sizes; nil when it is too large, or a size is negative.
func product(_ sizes: [Int]) -> Int? {
  if sizes.contains(0) { return sizes.contains { $0 < 0 } ? nil : 0 }
  var result = 1
  for size in sizes {
    let (next, overflow) = result.multipliedReportingOverflow(by: size)
    guard !overflow, size > 0 else { return nil }
    result = next
  }
  return result
}

/// A count of bytes, as people write it: `64 MiB`, `8.9 PiB`.
func bytesInWords(_ count: UInt64) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
  var unit = 0
  while unit + 1 < units.count, count >> (UInt64(unit + 1) * 10) > 0 { unit += 1 }
  let scale = UInt64(1) << (UInt64(unit) * 10)
  let whole = count / scale
  let tenth = (count % scale) / (max(scale / 10, 1))
  return unit == 0 || tenth == 0
    ? "\(whole) \(units[unit])" : "\(whole).\(min(tenth, 9)) \(units[unit])"
}
