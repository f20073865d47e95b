package import HornbillCore

/// What the first layer of a Sequential says of the model's input.
///
/// Keras 1 and 2 write the shape into the first layer; Keras 3 puts an `InputLayer` before it.
package enum StatedInput {
  /// The input that a layer states; `nil` when it states none.
  ///
  /// - Throws: ``LayerError`` for a shape that is not a list of extents.
  package static func spec(
    of layer: JSON, in context: DecodingContext
  ) throws(LayerError) -> TensorSpec? {
    try spec(of: layer, in: context, depth: 0)
  }

  private static func spec(
    of layer: JSON, in context: DecodingContext, depth: Int
  ) throws(LayerError) -> TensorSpec? {
    guard depth < DecodingContext.depthLimit else { return nil }
    let object = try LayerObject(layer, in: context)
    let config = object.config
    let dtype = [config["input_dtype"], config["dtype"]].lazy
      .compactMap { $0?.string.flatMap(DType.init(rawValue:)) }.first
    for field in ["batch_input_shape", "batch_shape"] {
      guard let value = config[field]?.withoutPythonContainers, !value.isNull else { continue }
      return TensorSpec(try shape(value, field), dtype ?? .float32)
    }
    if let value = config["input_shape"]?.withoutPythonContainers, value.array != nil {
      let rest = try shape(value, "input_shape")
      return TensorSpec(Shape([nil] + rest.dimensions), dtype ?? .float32)
    }
    if let first = config["layers"]?.array?.first {
      return try spec(of: first, in: context, depth: depth + 1)
    }
    if object.className == "Bidirectional", let inner = config["layer"] {
      return try spec(of: inner, in: context, depth: depth + 1)
    }
    guard context.rules.kerasMajor < 3 else { return nil }
    return implied(object, dtype)
  }

  /// The shape that the constructors of Keras 0.3 to 2 make of `input_dim` and `input_length`.
  ///
  /// Source: Keras 1.2.2, the constructors in `keras/layers/core.py`, `embeddings.py`, `recurrent.py`, `convolutional.py`.
  private static func implied(_ object: LayerObject, _ dtype: DType?) -> TensorSpec? {
    let length = object.config["input_length"]?.int
    if object.className == "Embedding" {
      let lengths = object.config["input_length"]?.array?.map(\.int) ?? [length]
      return TensorSpec(Shape([nil] + lengths), dtype ?? .int32)
    }
    guard let features = object.config["input_dim"]?.int, features >= 0 else { return nil }
    switch object.className {
    case "Dense", "MaxoutDense", "Highway":
      return TensorSpec([nil, features], dtype ?? .float32)
    case "SimpleRNN", "GRU", "LSTM", "TimeDistributedDense", "Convolution1D", "Conv1D",
      "AtrousConvolution1D", "AtrousConv1D", "LocallyConnected1D":
      return TensorSpec([nil, length, features], dtype ?? .float32)
    default:
      return nil
    }
  }

  private static func shape(_ value: JSON, _ field: String) throws(LayerError) -> Shape {
    guard let shape = Shape(json: value) else {
      throw LayerError(
        .configuration, "\(field): expected a list of extents, found \(value.brief)")
    }
    return shape
  }
}
