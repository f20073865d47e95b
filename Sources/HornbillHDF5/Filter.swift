import CHDF5

extension HDF5 {
  /// A step that the bytes of each chunk go through on their way into the file.
  public enum Filter: Hashable, Sendable, CustomStringConvertible {
    /// Compression by gzip's method, at a level from 0 to 9.
    case deflate(level: Int)
    /// Puts first bytes next to first bytes, second next to second, so that they compress better.
    case shuffle
    /// A checksum over each chunk.
    case fletcher32
    /// Compression by the szip library.
    case szip
    /// Bits that do not count are left out.
    case nBit
    /// Numbers are scaled and stored with fewer bits.
    case scaleOffset
    /// A filter that is not part of HDF5, with its registered number and its name in the file.
    case other(id: Int, name: String, values: [UInt32])

    /// The number under which the filter is registered.
    public var id: Int {
      switch self {
      case .deflate: Int(H5Z_FILTER_DEFLATE)
      case .shuffle: Int(H5Z_FILTER_SHUFFLE)
      case .fletcher32: Int(H5Z_FILTER_FLETCHER32)
      case .szip: Int(H5Z_FILTER_SZIP)
      case .nBit: Int(H5Z_FILTER_NBIT)
      case .scaleOffset: Int(H5Z_FILTER_SCALEOFFSET)
      case .other(let id, _, _): id
      }
    }

    /// The filter's name, such as `gzip` or `filter 32001`.
    public var description: String {
      switch self {
      case .deflate: "gzip"
      case .shuffle: "shuffle"
      case .fletcher32: "fletcher32"
      case .szip: "szip"
      case .nBit: "nbit"
      case .scaleOffset: "scaleoffset"
      case .other(let id, let name, _):
        name.isEmpty ? "filter \(id)" : "filter \(id) (\(escaped(name)))"
      }
    }

    /// Whether it is one of those that the writers of model files use.
    var isCommon: Bool {
      switch self {
      case .deflate, .shuffle, .fletcher32: true
      default: false
      }
    }

    init(id: Int, name: String, values: [UInt32]) {
      switch Int32(truncatingIfNeeded: id) {
      case H5Z_FILTER_DEFLATE: self = .deflate(level: values.first.map { Int($0) } ?? 0)
      case H5Z_FILTER_SHUFFLE: self = .shuffle
      case H5Z_FILTER_FLETCHER32: self = .fletcher32
      case H5Z_FILTER_SZIP: self = .szip
      case H5Z_FILTER_NBIT: self = .nBit
      case H5Z_FILTER_SCALEOFFSET: self = .scaleOffset
      default: self = .other(id: id, name: name, values: values)
      }
    }

    /// The filters of a dataset's creation list, in the order in which they are applied.
    ///
    /// - Precondition: the library is entered.
    static func reading(
      _ list: hid_t, context: FileContext, object: String
    ) throws(HDF5.Error) -> [Filter] {
      let action = "reading the filters"
      var filters: [Filter] = []
      for index in 0..<UInt32(try context.check(H5Pget_nfilters(list), action, at: object)) {
        var id: Int32 = 0
        var flags: UInt32 = 0
        var valueCount = 32
        var values = [UInt32](repeating: 0, count: valueCount)
        var name = [CChar](repeating: 0, count: 256)
        try context.check(
          chdf5_filter(list, index, &id, &flags, &valueCount, &values, name.count, &name), action,
          at: object)
        // The count that comes back may be larger than the room that was offered.
        filters.append(
          Filter(
            id: Int(id), name: terminatedText(name),
            values: Array(values.prefix(min(valueCount, values.count)))))
      }
      return filters
    }
  }
}
