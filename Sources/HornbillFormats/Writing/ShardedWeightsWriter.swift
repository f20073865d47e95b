import HornbillCore

/// Writes weights spread over several `.weights.h5` files, and the `.weights.json` that names them.
struct ShardedWeightsWriter {
  private let draft: ArchiveDraft
  private let options: WritingOptions

  /// Prepares writing.
  init(_ draft: ArchiveDraft, _ options: WritingOptions) {
    self.draft = draft
    self.options = options
  }

  /// Writes the files and returns what they cannot hold.
  func write(to path: String, overwriting: Bool) throws(ArchiveError) -> [Omission] {
    let tree = try WeightsHDF5Writer.tree(of: draft, path: path, .shardedWeights)
    let limit = options.maximumShardSize * 1024 * 1024 * 1024
    let plan = try ShardPlan(tree.objects, limit: limit, path: path)
    var files = try AtomicFileSet(index: path, overwriting: overwriting)
    var map = JSONObject()
    for objects in plan.shards {
      let part = try files.addPart()
      try HDF5Image.create(at: part.temporaryPath, path: path, member: part.name) {
        (image) throws(ArchiveError) in
        try WeightsHDF5Writer.write(objects, to: &image)
      }
      for object in objects {
        let key = object.path.isEmpty ? "/vars" : "/\(object.path)/vars"
        for _ in object.variables { ShardedWeightsWriter.note(part.name, at: key, in: &map) }
      }
    }
    let index = JSON.object(
      JSONObject([
        ("metadata", .object(JSONObject([("total_size", .double(plan.totalSize))]))),
        ("weight_map", .object(map)),
      ]))
    try files.commit(index: ArchitectureText.bytes(index, style: .pretty(4)))
    return draft.omissions(holding: [.weights, .optimizer, .otherState], in: .shardedWeights)
      + tree.omissions(in: .shardedWeights)
  }

  /// Notes that a file has one more variable of an object: the first as a text, from the second on as a list.
  private static func note(_ file: String, at key: String, in map: inout JSONObject) {
    guard let known = map[key] else {
      map[key] = .string(file)
      return
    }
    var files = known.array ?? [known]
    if !files.contains(.string(file)) { files.append(.string(file)) }
    map[key] = .array(files)
  }
}
