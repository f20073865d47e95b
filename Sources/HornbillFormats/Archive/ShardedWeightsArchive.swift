import HornbillCore

/// Weights spread over several `.weights.h5` files, which a `.weights.json` names.
enum ShardedWeightsArchive {
  private static let maximumShards = 10_000

  /// The names of the shards that an index lists, checked to be names of files beside it.
  static func fileNames(in json: JSON, path: String) throws(ArchiveError) -> [String] {
    func failure(
      _ code: ArchiveError.Code, _ object: String, _ detail: String
    ) -> ArchiveError {
      ArchiveError(code, path: path, object: "weight_map: " + object, detail)
    }
    guard let map = json["weight_map"]?.object else {
      throw ArchiveError(
        .malformed, path: path, object: "weight_map", "expected an object of paths and files")
    }
    var shards: [String] = []
    var known: Set<String> = []
    for (key, value) in map.pairs {
      let names: [String?]
      switch value {
      case .string(let name): names = [name]
      case .array(let values): names = values.map(\.string)
      default: names = [nil]
      }
      var own: Set<String> = []
      for name in names {
        guard let name, !name.isEmpty else {
          throw failure(.malformed, key, "expected the name of a file or a list of names")
        }
        guard !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0), name != "..",
          name != "."
        else {
          throw failure(
            .refused, key, "'\(name.escapedForDisplay)' is not the name of a file beside this one")
        }
        guard own.insert(name).inserted else {
          throw failure(.malformed, key, "'\(name.escapedForDisplay)' is listed twice")
        }
        if known.insert(name).inserted { shards.append(name) }
      }
    }
    guard shards.count <= maximumShards else {
      throw failure(.limit, "", "\(shards.count) files are more than \(maximumShards)")
    }
    return shards
  }

  /// Opens the shards that a JSON value names; they lie in the folder of the JSON file.
  static func open(_ json: JSON, path: String) throws(ArchiveError) -> ModelArchive {
    let shards = try fileNames(in: json, path: path)
    let objects = try collect(shards, beside: path)
    let paths = objects.paths
    for key in json["weight_map"]?.object?.keys ?? [] {
      let parts = key.split(separator: "/").dropLast(key.hasSuffix("vars") ? 1 : 0)
      guard paths.contains(parts.joined(separator: "/")) else {
        throw ArchiveError(
          .missing, path: path, object: "weight_map: " + key, "none of its files has this group")
      }
    }
    var archive = ModelArchive(path: path, format: .shardedWeights)
    archive.metadata = json["metadata"]
    objects.store(in: &archive)
    return archive
  }

  private static func collect(
    _ shards: [String], beside path: String
  ) throws(ArchiveError) -> StoredObjects {
    var folder = ""
    if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) { folder = String(path[...slash]) }
    var objects = StoredObjects()
    var missing: [String] = []
    for shard in shards {
      do throws(ArchiveError) {
        try objects.add(WeightFile(path: folder + shard))
      } catch {
        guard error.code == .unreadable else { throw error }
        missing.append(shard)
      }
    }
    guard missing.isEmpty else {
      throw ArchiveError(
        .missing, path: path,
        "\(missing.count) of \(shards.count) files of weights are missing beside it: "
          + missing.prefix(8).joined(separator: ", "))
    }
    return objects
  }
}
