import HornbillCore
import HornbillHDF5

/// Writes HDF5 files with weights by object path, by themselves and inside others.
///
/// Source: `H5IOStore` in `keras/src/saving/saving_lib.py`.
struct WeightsHDF5Writer {
  private let draft: ArchiveDraft

  /// Prepares writing.
  init(_ draft: ArchiveDraft) { self.draft = draft }

  /// Writes a file of its own and returns what it cannot hold.
  func write(to path: String, overwriting: Bool) throws(ArchiveError) -> [Omission] {
    let tree = try WeightsHDF5Writer.tree(of: draft, path: path, .weightsHDF5)
    try HDF5Image.write(to: path, overwriting: overwriting) { (image) throws(ArchiveError) in
      try WeightsHDF5Writer.write(tree.objects, to: &image)
    }
    return draft.omissions(holding: [.weights, .optimizer, .otherState], in: .weightsHDF5)
      + tree.omissions(in: .weightsHDF5)
  }

  /// The objects of a draft.
  static func tree(
    of draft: ArchiveDraft, path: String, _ format: ArchiveFormat
  ) throws(ArchiveError) -> ObjectTree {
    guard let tree = ObjectTree(draft) else {
      throw ArchiveError(
        .unsupported, path: path,
        "\(format) keeps weights by object path, but these are kept by layer name; convert them first"
      )
    }
    return tree
  }

  /// Writes objects with their variables.
  static func write(
    _ objects: [DraftObject], to image: inout HDF5Image
  ) throws(ArchiveError) {
    for object in objects {
      let group = try makeGroup(object, in: image)
      for (key, weight) in object.variables { try add(weight, key, of: group, to: &image) }
    }
  }

  /// Makes the group of an object's variables, with the object's name.
  static func makeGroup(
    _ object: DraftObject, in image: borrowing HDF5Image
  ) throws(ArchiveError) -> HDF5.Group {
    let group = try image.group(
      at: object.path.isEmpty ? "vars" : object.path + "/vars", of: image.root)
    if let name = object.layerName { try image.set("name", .string(name), of: group) }
    return group
  }

  /// Adds a variable.
  static func add(
    _ weight: DraftWeight, _ key: String, of group: HDF5.Group, to image: inout HDF5Image
  ) throws(ArchiveError) {
    let dataset = try image.add(weight, at: key, of: group)
    // Keras reads two opaque bytes as bfloat16 only where an attribute says so.
    if weight.dtype == .bfloat16, dataset.type.opaqueTag != nil {
      try image.set("dtype", .string("bfloat16"), of: dataset)
    }
  }
}

extension ObjectTree {
  /// The omissions of the arrays that have no place in the tree.
  func omissions(in format: ArchiveFormat) -> [Omission] {
    misplaced.map {
      Omission(
        part: "the state", object: $0.name,
        reason: "\(format) keeps arrays by object path, and this name is none")
    }
  }
}
