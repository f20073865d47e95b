import HornbillHDF5

/// A list of names in the attributes of a group, as Keras's `save_attributes_to_hdf5_group` keeps it.
///
/// Source: `keras/src/legacy/saving/legacy_h5_format.py`.
struct NameList {
  /// The bytes that Keras allows an attribute: `HDF5_OBJECT_HEADER_LIMIT`.
  static let limit = 64512
  /// The bytes that a text of variable length takes in its attribute.
  private static let referenceSize = 16

  /// The attributes: one, or as many numbered ones as the limit asks for.
  let attributes: [(name: String, value: HDF5.AttributeValue)]

  /// Lays a list out.
  ///
  /// - Parameters:
  ///   - name: the attribute's name.
  ///   - isFixed: whether the texts get a fixed length; those of a list in parts always do.
  /// - Returns: `nil` when a single name exceeds the limit.
  init?(_ name: String, _ texts: [String], isFixed: Bool) {
    guard !texts.isEmpty else {
      // NumPy takes an empty list for numbers.
      attributes = [(name, .doubles([]))]
      return
    }
    let bytes = texts.map { Array($0.utf8) }
    let width = max(1, bytes.map(\.count).max() ?? 1)
    guard width <= NameList.limit else { return nil }
    var count = 1
    // The longest part has the rounded-up share of the names.
    while (bytes.count + count - 1) / count * width > NameList.limit { count += 1 }
    let fixed = HDF5.StringFormat.fixed(width)
    if count == 1 {
      let isVariable = !isFixed && bytes.count * NameList.referenceSize <= NameList.limit
      attributes = [
        (name, .strings(bytes: bytes, as: isVariable ? .variableLength(.ascii) : fixed))
      ]
      return
    }
    var result: [(name: String, value: HDF5.AttributeValue)] = []
    var rest = bytes[...]
    for part in 0..<count {
      let size = bytes.count / count + (part < bytes.count % count ? 1 : 0)
      result.append(("\(name)\(part)", .strings(bytes: Array(rest.prefix(size)), as: fixed)))
      rest = rest.dropFirst(size)
    }
    attributes = result
  }
}
