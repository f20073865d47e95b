import HornbillHDF5

/// Everything in an HDF5 file that a dump of it shows, but for the addresses.
struct HDF5Census {
  /// One line for each object and attribute, by path.
  private(set) var lines: [String: String] = [:]

  /// Describes every group, link, attribute and dataset, with values and storage.
  init(_ path: String) throws {
    let file = try HDF5.File(reading: path)
    try add(attributesOf: file.root)
    for entry in try file.root.walk() {
      lines[entry.path] = "\(entry.link.summary), \(entry.object?.rawValue ?? "nothing")"
      switch entry.object {
      case .group: try add(attributesOf: file.root.group(at: entry.path))
      case .dataset:
        let dataset = try file.root.dataset(at: entry.path)
        let values =
          dataset.type.stringFormat?.isVariableLength == true
          ? "\(try dataset.readStringBytes())" : "\(try dataset.readBytes())"
        lines[entry.path]? +=
          ", \(dataset.type.form), \(dataset.shape) up to \(dataset.maximumShape), "
          + "\(dataset.storage), \(dataset.filters), \(values)"
        try add(attributesOf: dataset)
      default: break
      }
    }
  }

  private mutating func add(attributesOf object: some HDF5.Object) throws {
    for name in try object.attributeNames() {
      let attribute = try object.attribute(name)
      let shape = attribute.shape.map { "\($0)" } ?? "null"
      let value =
        attribute.type.stringFormat != nil
        ? "\(try attribute.readStringBytes())" : "\(try attribute.readBytes())"
      lines["\(object.path)@\(name)"] = "\(attribute.type.form), \(shape), \(value)"
    }
  }

  /// The paths at which two files differ.
  func differences(from other: HDF5Census) -> [String] {
    Set(lines.keys).union(other.lines.keys).filter { lines[$0] != other.lines[$0] }.sorted()
  }
}
