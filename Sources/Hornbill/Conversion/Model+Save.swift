import HornbillCore
import HornbillFormats
import HornbillLayers

extension Model {
  /// Writes the model with its weights as they are now; the kind of file follows from the name's ending.
  ///
  ///     try model.save(to: "model.keras")
  ///
  /// A model that was made in Swift is written as Keras 3.15 writes it. One that was opened keeps what Hornbill does not know, as
  /// ``Conversion`` does.
  ///
  /// - Parameters:
  ///   - path: the file; it appears under its name only when it is complete.
  ///   - target: the kind of file; that of the name's ending when absent.
  ///   - overwriting: whether a file of that name is replaced.
  ///   - options: the layers of your own that the model may hold.
  /// - Returns: what the file does not hold or holds otherwise.
  /// - Throws: ``ModelError`` with the code `unsupported` when the kind of file is not known from the name or cannot say what the
  ///   model does, and with the code `archive` when the file cannot be written.
  @discardableResult
  public func save(
    to path: String, as target: ConversionTarget? = nil, overwriting: Bool = false,
    options: LoadOptions = LoadOptions()
  ) throws(ModelError) -> ConversionReport {
    guard let target = target ?? ConversionTarget(path: path) else {
      throw ModelError(
        .unsupported, file: path,
        "the name's ending says no kind of file: expected .keras, .h5, .weights.h5, .weights.json, .npz, .safetensors or .json"
      )
    }
    return try Conversion(model: self, to: target, options: options)
      .write(to: path, overwriting: overwriting)
  }
}

extension Conversion {
  /// Works out what a file of a model is to hold, with the weights that the model has now.
  ///
  /// - Throws: ``ModelError`` as ``init(contentsOf:to:options:)``.
  init(
    model: Model, to target: ConversionTarget, options: LoadOptions
  ) throws(ModelError) {
    let isDowngrade = target == .h5Keras2 && model.rules.kerasMajor >= 3
    if let archive = model.archive, !isDowngrade,
      model.rules.kerasMajor >= 3 || !target.isKeras3Only(archive.weights)
    {
      try self.init(archive: archive, to: target, options: options)
      guard target != .json, model.bindings.isChanged else { return }
      do throws(LayerError) {
        try replaceWeights(
          WeightArrangement(model: model), model.rules.kerasMajor < 3 ? .keras2 : .keras3)
      } catch {
        throw ModelError(error, file: model.path)
      }
      return
    }
    do throws(LayerError) {
      let written =
        isDowngrade
        ? try RewrittenModel(downgrading: model, options: options)
        : try RewrittenModel(upgrading: model, options: options)
      try self.init(written, to: target)
    } catch {
      throw ModelError(error, file: model.path)
    }
  }
}
