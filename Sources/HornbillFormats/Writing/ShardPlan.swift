import HornbillCore

/// How the variables of a model are spread over files of a bounded size.
///
/// Source: `ShardedH5IOStore` in `keras/src/saving/saving_lib.py`: variables follow each other, and one that no longer
/// fits begins a new file, even in the middle of an object.
struct ShardPlan {
  /// The part of each file.
  private(set) var shards: [[DraftObject]] = [[]]
  /// The bytes of all variables.
  private(set) var totalSize = 0.0

  /// Spreads objects.
  ///
  /// - Parameters:
  ///   - limit: the bytes of variables that a file may have.
  ///   - path: the index, for errors.
  /// - Throws: ``ArchiveError`` with code `limit` when one variable alone exceeds the limit.
  init(_ objects: [DraftObject], limit: Double, path: String) throws(ArchiveError) {
    guard limit > 0 else {
      throw ArchiveError(
        .unsupported, path: path, "the size of a file of weights must be positive, found \(limit)")
    }
    var used = 0.0
    for object in objects {
      // The name goes where the object begins.
      add(DraftObject(path: object.path, layerName: object.layerName, variables: []))
      for (key, weight) in object.variables {
        let size = ShardPlan.size(of: weight)
        guard size <= limit else {
          throw ArchiveError(
            .limit, path: path, object: weight.name,
            "it has \(ShardPlan.words(size)), and a file may have \(ShardPlan.words(limit)); "
              + "allow larger files")
        }
        totalSize += size
        used += size
        if used > limit {
          shards.append([])
          used = size
        }
        add(DraftObject(path: object.path, variables: [(key, weight)]))
      }
    }
  }

  private mutating func add(_ object: DraftObject) {
    let last = shards.count - 1
    if let current = shards[last].last, current.path == object.path {
      shards[last][shards[last].count - 1].variables += object.variables
    } else {
      shards[last].append(object)
    }
  }

  /// The bytes of a variable as Keras counts them: a truth value is a bit.
  private static func size(of weight: DraftWeight) -> Double {
    guard let dtype = weight.dtype, dtype != .string else {
      if case .stored(let stored) = weight.source { return Double(stored.byteCount) }
      return 0
    }
    let bits = dtype == .bool ? 1 : dtype.bitWidth
    return Double(weight.shape.reduce(1, &*)) * Double(bits) / 8
  }

  private static func words(_ size: Double) -> String {
    "\(Int(exactly: size.rounded()) ?? .max) bytes"
  }
}
