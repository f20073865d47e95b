package import HornbillCore
package import HornbillLayers

/// Brings the arrays of a legacy weight group into the form that a layer of today declares.
///
/// Sources: Keras 2.2.4, `keras/engine/saving.py`, and Keras 2.15, `keras/src/saving/legacy/hdf5_format.py`:
/// `preprocess_weights_for_loading` and `_convert_rnn_weights`.
package enum WeightConversion {
  /// What a weight file says of its origin.
  package struct File: Sendable, Hashable {
    /// The version in the attributes of the weight group; Keras 1 writes none there.
    package let kerasVersion: String?
    /// The backend that trained the weights; Keras 1 writes none.
    package let backend: String?
    /// Whether the weights' names end in `:0`, as TensorFlow's do.
    package let namesEndWithColonZero: Bool

    package init(kerasVersion: String?, backend: String?, namesEndWithColonZero: Bool) {
      self.kerasVersion = kerasVersion
      self.backend = backend
      self.namesEndWithColonZero = namesEndWithColonZero
    }

    /// Whether arrays may need a conversion even where their shapes fit already.
    package var needsConversion: Bool { isKeras1 || mirrorsKernels }

    /// Whether the arrays are in the order and layout of Keras 1.
    ///
    /// Source: Keras 2.15, `hdf5_format.py`, `load_weights_from_hdf5_group`: no version means 1.
    var isKeras1: Bool {
      guard let major = kerasVersion?.split(separator: ".").first else { return true }
      return Int(major) ?? 1 < 2
    }

    /// Whether kernels are those of a true convolution, mirrored against a cross-correlation.
    ///
    /// Theano convolves, the other backends correlate. A Keras 1 file does not state its backend; there the names tell.
    /// Source: Keras 2.2.4, `keras/engine/saving.py`, `preprocess_weights_for_loading`.
    var mirrorsKernels: Bool {
      if let backend { return backend == "theano" }
      return isKeras1 && !namesEndWithColonZero
    }
  }

  /// The converted arrays of a layer, in the order in which a legacy file lists its variables.
  ///
  /// Arrays that are in today's form already stay as they are. The result may still not fit the layer: that is for the binder
  /// to find.
  ///
  /// - Parameters:
  ///   - arrays: the arrays in the order of `weight_names`.
  ///   - instance: the layer they belong to; wrappers and models are converted part by part.
  ///   - walk: gives the variables of the layers.
  ///   - file: what the file says of its origin.
  /// - Throws: ``LayerError`` with the code `weights` for arrays that no release has written for such a layer.
  package static func converted(
    _ arrays: [Tensor], of instance: LayerInstance, walk: VariableWalk, file: File
  ) throws(LayerError) -> [Tensor] {
    do {
      return try Converter(walk: walk, file: file).converted(arrays, instance)
    } catch {
      throw error.at(instance.name)
    }
  }
}

/// Converts a layer's arrays, and those of the layers inside it.
struct Converter {
  let walk: VariableWalk
  let file: WeightConversion.File

  func converted(_ arrays: [Tensor], _ instance: LayerInstance) throws(LayerError) -> [Tensor] {
    if instance.layer is any ModelLayer {
      return try model(arrays, instance)
    }
    switch instance.className {
    case "Bidirectional":
      return try halves(arrays, instance)
    case "TimeDistributed":
      guard let inner = instance.layer.sublayers.first?.instance else { return arrays }
      return try converted(arrays, inner)
    default:
      guard !arrays.isEmpty else { return arrays }
    }
    let layer = ConvertedLayer(
      instance: instance, expected: walk.legacyOrder(instance).map(\.spec))
    var result = arrays
    if file.isKeras1 { result = try Keras1Weights.converted(result, layer) }
    if file.mirrorsKernels { result = ConvolutionKernels.mirrored(result, layer) }
    result = ConvolutionKernels.arranged(result, layer)
    return try CuDNNWeights.converted(result, layer)
  }

  /// The two halves of a bidirectional layer, each converted.
  private func halves(
    _ arrays: [Tensor], _ instance: LayerInstance
  ) throws(LayerError) -> [Tensor] {
    let sublayers = instance.layer.sublayers
    guard sublayers.count >= 2, arrays.count.isMultiple(of: 2) else { return arrays }
    let middle = arrays.count / 2
    return try converted(Array(arrays[..<middle]), sublayers[0].instance)
      + converted(Array(arrays[middle...]), sublayers[1].instance)
  }

  /// The layers of a nested model, each converted with its own arrays out of the model's list.
  private func model(
    _ arrays: [Tensor], _ instance: LayerInstance
  ) throws(LayerError) -> [Tensor] {
    let split = SplitLayers(instance, isKeras1: file.isKeras1)
    guard let lots = split.lots(arrays, of: walk.legacyOrder(instance)) else { return arrays }
    var results: [WeightID: Tensor] = [:]
    for sublayer in instance.layer.sublayers {
      let variables = walk.legacyOrder(sublayer.instance)
      let own = split.arrays(of: variables, in: lots)
      let new = try converted(own, sublayer.instance)
      guard new.count == variables.count else { return arrays }
      for (variable, tensor) in zip(variables, new) { results[variable.id] = tensor }
    }
    return walk.legacyOrder(instance).compactMap { results[$0.id] }
  }
}

/// A layer whose arrays are converted.
struct ConvertedLayer {
  let instance: LayerInstance
  /// The variables that the layer declares, its sublayers' included.
  let expected: [WeightSpec]

  var className: String { instance.className }

  /// The extents of one declared variable.
  func shape(_ index: Int) -> [Int]? {
    index < expected.count ? expected[index].shape : nil
  }

  /// Whether the layer's configuration says that channels come first, in the words of any generation.
  var isChannelsFirst: Bool {
    let config = instance.source?["config"]
    return config?["data_format"]?.string == "channels_first"
      || config?["dim_ordering"]?.string == "th"
  }
}
