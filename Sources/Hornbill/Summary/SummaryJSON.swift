public import HornbillCore

extension Summary {
  /// The summary as data, schema 1.
  ///
  /// An object with the keys
  /// - `schema`: 1; it grows when a key changes its meaning or disappears;
  /// - `model`, `class`: the model's name and class;
  /// - `layers`: a list of objects with `name`, `class`, `output_shape` (a list of extents with
  ///   `null` for an unknown one, a list of such lists for several outputs, text for nested
  ///   structures and for calls with different shapes, `null` when not known), `parameters` (`null`
  ///   when not built), `bytes`, `trainable` (`null` without weights), `connected_to` (objects with
  ///   `name`, `node`, `tensor`) and `layers` (the layers of a nested model);
  /// - `parameters` and `bytes`: objects with `total`, `trainable`, `non_trainable` and `optimizer`
  ///   (`null` without a built optimizer). `total` includes the optimizer.
  public var json: JSON {
    let totals = content.totals
    let total = totals.total
    return .object(
      JSONObject([
        ("schema", .integer(1)),
        ("model", .string(content.modelName)),
        ("class", .string(content.className)),
        ("layers", .array(content.rows.map(\.json))),
        (
          "parameters",
          Self.amounts(
            total: total.count, trainable: totals.trainable.count,
            nonTrainable: totals.nonTrainable.count, optimizer: totals.optimizer?.count)
        ),
        (
          "bytes",
          Self.amounts(
            total: total.bits / 8, trainable: totals.trainable.bits / 8,
            nonTrainable: totals.nonTrainable.bits / 8,
            optimizer: totals.optimizer.map { $0.bits / 8 })
        ),
      ]))
  }

  private static func amounts(
    total: Int128, trainable: Int, nonTrainable: Int, optimizer: Int?
  ) -> JSON {
    .object(
      JSONObject([
        ("total", Int64(exactly: total).map(JSON.integer) ?? .double(Double(total))),
        ("trainable", .integer(Int64(trainable))),
        ("non_trainable", .integer(Int64(nonTrainable))),
        ("optimizer", optimizer.map { .integer(Int64($0)) } ?? .null),
      ]))
  }
}

extension SummaryRow {
  fileprivate var json: JSON {
    .object(
      JSONObject([
        ("name", .string(name)),
        ("class", .string(className)),
        ("output_shape", outputs.json),
        ("parameters", parameters.map { .integer(Int64($0)) } ?? .null),
        ("bytes", .integer(Int64(bytes))),
        ("trainable", hasWeights ? .bool(trainable) : .null),
        (
          "connected_to",
          .array(
            connections.map {
              .object(
                JSONObject([
                  ("name", .string($0.name)), ("node", .integer(Int64($0.node))),
                  ("tensor", .integer(Int64($0.tensor))),
                ]))
            })
        ),
        ("layers", .array(nested.map(\.json))),
      ]))
  }
}

extension SummaryOutputs {
  fileprivate var json: JSON {
    switch self {
    case .unknown: .null
    case .one(let shape): Self.json(shape)
    case .list(let shapes): .array(shapes.map(Self.json))
    case .structure(let text): .string(text)
    case .multiple: .string("multiple")
    }
  }

  private static func json(_ shape: Shape) -> JSON {
    .array(shape.dimensions.map { $0.map { .integer(Int64($0)) } ?? .null })
  }
}
