package import HornbillCore

/// A layer that is a call of TensorFlow on the tensors of a functional model of Keras 2.
///
/// It has no variables, and computes in the types of its operands.
package protocol TensorFlowLayer: Layer {
  /// The operation, by the name of a public function of TensorFlow.
  var function: String { get }
  /// What the operation does; `nil` when it is not supported.
  var rule: Operation.Rule? { get }
  /// The call with constants and attributes among its arguments.
  func completed<Element: Sendable>(
    _ arguments: CallArguments<Element>
  ) throws(LayerError) -> CallArguments<Element>
}

extension TensorFlowLayer {
  /// The arguments as they are.
  package func completed<Element: Sendable>(
    _ arguments: CallArguments<Element>
  ) throws(LayerError) -> CallArguments<Element> { arguments }

  /// The shapes of the results as Python prints them, where the function gives a tuple and not a list; `nil` otherwise.
  package func notation(of shapes: [Shape]) -> String? {
    guard shapes.count == 2, !(self is TensorFlowOpLayer) else { return nil }
    switch function {
    case "top_k": return "TopKV2(values=\(shapes[0]), indices=\(shapes[1]))"
    case "linalg.normalize", "moments": return "(\(shapes[0]), \(shapes[1]))"
    default: return nil
    }
  }

  /// Keras 3 has no such class; who writes the model writes operations of `keras.ops` in its place.
  package func encode(to config: inout ConfigEncoder) {
    config.fail("function", "\(function) of TensorFlow is no layer of Keras 3")
  }

  package func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    guard let rule else { return (self as? TensorFlowOpLayer)?.storedSpecs ?? [.unknown] }
    let arguments = try completed(call.arguments)
    if let specs = try DataDependentFunctions.specs(function, arguments) { return specs }
    if let specs = TensorFlowShape.stated(function, arguments) { return specs }
    do {
      let specs = try SymbolicShape.infer(arguments) { (flows, graph) throws(LayerError) in
        try rule(OperationCall(className: function, arguments: flows), &graph)
      }
      let refined = try TensorFlowShape.refined(specs, function, arguments)
      guard self is TensorFlowOpLayer else { return refined }
      return VagueExtents.marked(refined, function, arguments)
    } catch {
      let isOpen = arguments.tensors.contains {
        $0.standIns != nil || $0.shape?.dimensions.contains(nil) ?? true
      }
      guard isOpen || error.code == .unsupported else { throw error }
      if let specs = VagueExtents.open(function, arguments) { return specs }
      return [.unknown]
    }
  }

  package func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    guard let rule else {
      throw LayerError(
        .unsupported, "the TensorFlow operation \"\(function.prefix(60))\" is not supported")
    }
    let operation = OperationCall(
      className: function, arguments: try completed(call.arguments))
    if let rule = DataDependentFunctions.rule(function, operation, lowering.graph) {
      return try rule(operation, &lowering)
    }
    return try rule(operation, &lowering.graph)
  }
}
