import HornbillCore

/// Shapes of which TensorFlow's own inference says less than the computation gives.
enum TensorFlowShape {
  /// The shapes of the results of functions that TensorFlow infers in a way of its own; `nil` for others.
  static func stated(
    _ function: String, _ arguments: CallArguments<TensorSpec>
  ) -> [TensorSpec]? {
    guard case .tensor(let first)? = arguments.positional.first, let shape = first.shape else {
      return nil
    }
    switch function {
    case "__operators__.eq", "__operators__.ne":
      let isLost =
        arguments.positional.count == 1 && arguments.keyword("other") == nil
        && arguments.keyword("y") == nil
      return isLost ? [TensorSpec(shape, .bool)] : nil
    case "keras.backend.batch_flatten" where shape.rank > 0:
      return [TensorSpec([shape[0], nil], first.dtype)]
    case "image.rot90" where shape.rank == 3 || shape.rank == 4:
      let lead = shape.dimensions.dropLast(3).map { _ in Int?.none }
      return [TensorSpec(Shape(lead + [nil, nil, shape[shape.rank - 1]]), first.dtype)]
    case "tensor_scatter_nd_update", "tensor_scatter_nd_add", "tensor_scatter_nd_max",
      "tensor_scatter_nd_min":
      return [TensorSpec(shape, first.dtype)]
    default: return nil
    }
  }

  /// The shapes of slices: unknown extents stay unknown.
  static func refined(
    _ specs: [TensorSpec], _ function: String, _ arguments: CallArguments<TensorSpec>
  ) throws(LayerError) -> [TensorSpec] {
    guard specs.count == 1, case .tensor(let source)? = arguments.positional.first,
      let shape = source.shape, shape.dimensions.contains(nil),
      let key = try key(function, arguments)
    else { return specs }
    var spec = specs[0]
    spec.shape = try key.shape(of: shape)
    return [spec]
  }

  private static func key(
    _ function: String, _ arguments: CallArguments<TensorSpec>
  ) throws(LayerError) -> Subscript? {
    let others =
      arguments.positional.dropFirst().flatMap(\.tensors)
      + arguments.keywords.flatMap(\.value.tensors)
    guard others.isEmpty else { return nil }
    let graph = GraphBuilder()
    let flows = try arguments.map { (_: TensorSpec) throws(LayerError) -> Flow in
      Flow(Value(index: 0))
    }
    let call = OperationCall(className: function, arguments: flows)
    switch function {
    case "__operators__.getitem":
      guard let argument = call.value(1, "slice_spec") else { return nil }
      var items: [Subscript.Item] = []
      for item in SliceKey.items(of: argument) { items.append(try SliceKey.item(item, graph)) }
      return try Subscript(items)
    case "strided_slice": return try IndexFunctions.stridedKey(call, graph)
    default: return nil
    }
  }
}
