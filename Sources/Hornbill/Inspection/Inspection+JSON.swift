package import HornbillCore
import HornbillFormats
import HornbillLayers

extension Inspection {
  /// The content as JSON, in schema version 1.
  package var json: JSON {
    var root = JSONObject()
    root["schema"] = .integer(1)
    root["file"] = .string(archive.path)
    root["format"] = .string(archive.format.rawValue)
    root["keras_version"] = JSON(archive.kerasVersion)
    root["backend"] = JSON(archive.backend)
    root["date_saved"] = JSON(archive.dateSaved)
    root["architecture"] = architectureJSON
    root["problem"] = JSON(problem)
    root["upgrades"] = .array(
      upgrades.map {
        .object(
          JSONObject([
            ("layer", .string($0.layer)), ("class", .string($0.className)),
            ("change", .string($0.change)),
          ]))
      })
    root["training_config"] = archive.trainingConfig ?? .null
    root["weights"] = .array(
      weights.enumerated().map { json($1, statistics: statistics[$0]) })
    root["optimizer_weights"] = .array(archive.optimizerWeights.map { json($0) })
    root["other_arrays"] = .array(archive.otherEntries.map { json($0) })
    root["assets"] = .array(
      archive.assets.map {
        .object(JSONObject([("path", .string($0.path)), ("bytes", .integer(Int64($0.size)))]))
      })
    root["metadata"] = archive.metadata ?? .null
    return .object(root)
  }

  private var architectureJSON: JSON {
    guard let architecture = archive.architecture else { return .null }
    var object = JSONObject()
    object["class"] = architecture["class_name"] ?? .null
    object["name"] = JSON(model?.name)
    if let model {
      object["layers"] = .array(
        model.layers.map {
          .object(JSONObject([("name", .string($0.name)), ("class", .string($0.className))]))
        })
    }
    return .object(object)
  }

  private func json(_ weight: StoredWeight, statistics: WeightStatistics? = nil) -> JSON {
    var object = JSONObject()
    object["path"] = .string(weight.path)
    object["name"] = .string(weight.name)
    object["shape"] = .array(weight.shape.map { .integer(Int64($0)) })
    object["dtype"] = .string(weight.dtype?.rawValue ?? weight.storedType)
    object["bytes"] = .integer(Int64(weight.byteCount))
    let offset = weight.fileOffset.flatMap { Int64(exactly: $0) }
    object["offset"] = offset.map { .integer($0) } ?? .null
    object["storage"] = .string(weight.storage)
    if weight.filePath != archive.path { object["file"] = .string(weight.filePath) }
    if let statistics { object["stats"] = json(statistics) }
    return .object(object)
  }

  private func json(_ statistics: WeightStatistics) -> JSON {
    .object(
      JSONObject([
        ("min", JSON(statistics.minimum)), ("max", JSON(statistics.maximum)),
        ("mean", JSON(statistics.mean)), ("std", JSON(statistics.deviation)),
        ("zeros", .integer(Int64(statistics.zeros))), ("nan", .integer(Int64(statistics.nans))),
        ("inf", .integer(Int64(statistics.infinities))),
      ]))
  }
}

extension JSON {
  init(_ text: String?) {
    if let text { self = .string(text) } else { self = .null }
  }

  init(_ number: Double?) {
    if let number { self = .double(number) } else { self = .null }
  }
}
