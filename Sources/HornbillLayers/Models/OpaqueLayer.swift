package import HornbillCore

/// A layer of a class that Hornbill does not run: it stays in its model, can be listed and summarised, and refuses to run.
package struct OpaqueLayer: Layer {
  package static let className = "Layer"

  /// Why the layer does not run.
  package enum Reason: String, Sendable {
    /// No layer of Keras has the name.
    case unknownClass = "is not a layer that Hornbill knows"
    /// The class is the author's own.
    case customClass = "is a custom class, whose code is not in the file"
    /// The layer holds Python code.
    case code = "holds Python code, which Hornbill never decodes"
    /// The layer wraps another framework's program.
    case foreign = "wraps a program of another framework"

    /// The layer calls a class, ragged or sparse tensor of TensorFlow.
    case tensorFlowObject = "uses a class or a ragged or sparse tensor of TensorFlow"

    /// The layers of Keras that never run.
    package static let refusedClasses: [String: Reason] = [
      "ClassMethod": .tensorFlowObject, "FlaxLayer": .foreign,
      "InstanceMethod": .tensorFlowObject, "InstanceProperty": .tensorFlowObject,
      "JaxLayer": .foreign, "Lambda": .code, "TFSMLayer": .foreign, "TorchModuleWrapper": .foreign,
    ]

    /// The reason for a class of no known layer.
    package init(className: String) {
      self = Reason.refusedClasses[className] ?? .unknownClass
    }
  }

  /// The class that the file names.
  package let kerasClassName: String
  /// Why the layer does not run.
  package let reason: Reason

  package init(className: String, reason: Reason) {
    kerasClassName = className
    self.reason = reason
  }

  package init(config: LayerConfig) throws(LayerError) {
    self.init(className: config.className, reason: Reason(className: config.className))
  }

  package func encode(to config: inout ConfigEncoder) {
    config.fail("class_name", reason.rawValue)
  }

  package func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [.unknown]
  }

  package func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    throw LayerError(.unsupported, "\(kerasClassName) \(reason.rawValue), so the model cannot run")
  }
}
