/// Functional models as text, in the spelling of Keras 2 and of Keras 3.
enum NetworkText {
  struct Input {
    var name: String
    var shape: String
    var dtype = "float32"
  }

  /// A model of Keras 2.15.
  static func keras2(_ inputs: [Input], _ layers: [String], outputs: [String]) -> String {
    let entries = inputs.map { input in
      """
      {"class_name": "InputLayer", "config": {"batch_input_shape": \(input.shape), "dtype": "\(input.dtype)",
       "name": "\(input.name)"}, "name": "\(input.name)", "inbound_nodes": []}
      """
    }
    return """
      {"class_name": "Functional", "keras_version": "2.15.0", "backend": "tensorflow",
       "config": {"name": "m", "layers": [\((entries + layers).joined(separator: ", "))],
       "input_layers": [\(inputs.map { #"["\#($0.name)", 0, 0]"# }.joined(separator: ", "))],
       "output_layers": [\(outputs.map { #"["\#($0)", 0, 0]"# }.joined(separator: ", "))]}}
      """
  }

  /// A layer of Keras 2.15.
  ///
  /// - Parameters:
  ///   - fields: the configuration without name and type, with a comma at its end where there is something.
  ///   - node: the only call.
  static func layer2(
    _ className: String, _ name: String, _ fields: String = "", on node: String
  ) -> String {
    """
    {"class_name": "\(className)", "config": {\(fields)"name": "\(name)", "dtype": "float32"}, "name": "\(name)",
     "inbound_nodes": [\(node)]}
    """
  }

  /// A call of a function of TensorFlow.
  static func function2(_ name: String, _ function: String, on node: String) -> String {
    layer2("TFOpLambda", name, #""function": "\#(function)", "#, on: node)
  }

  /// A model of Keras 3.15.
  static func keras3(_ inputs: [Input], _ layers: [String], outputs: [String]) -> String {
    let entries = inputs.map { input in
      """
      {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null, "config": {"batch_shape": \(input.shape),
       "dtype": "\(input.dtype)", "name": "\(input.name)"}, "name": "\(input.name)", "inbound_nodes": []}
      """
    }
    return """
      {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
       "config": {"name": "m", "trainable": true, "layers": [\((entries + layers).joined(separator: ", "))],
       "input_layers": [\(inputs.map { #"["\#($0.name)", 0, 0]"# }.joined(separator: ", "))],
       "output_layers": [\(outputs.map { #"["\#($0)", 0, 0]"# }.joined(separator: ", "))]}}
      """
  }

  /// A layer of Keras 3.15, or an operation when its module is given.
  static func layer3(
    _ className: String, _ name: String, _ fields: String = "", _ arguments: String,
    keywords: String = "", module: String = "keras.layers"
  ) -> String {
    let isLayer = module == "keras.layers"
    let own = isLayer ? #""name": "\#(name)", "dtype": "float32""# : #""name": "\#(name)""#
    let registered = isLayer ? "null" : #""\#(className)""#
    return """
      {"module": "\(module)", "class_name": "\(className)", "registered_name": \(registered),
       "config": {\(fields)\(own)}, "name": "\(name)",
       "inbound_nodes": [{"args": [\(arguments)], "kwargs": {\(keywords)}}]}
      """
  }

  /// A tensor in a call of Keras 3.
  static func tensor(_ name: String, _ shape: String, _ dtype: String = "float32") -> String {
    """
    {"class_name": "__keras_tensor__", "config": {"shape": \(shape), "dtype": "\(dtype)", "keras_history": ["\(name)", 0, 0]}}
    """
  }
}
