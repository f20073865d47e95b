import HornbillHDF5

/// What the releases of Keras and h5py spell differently in the same kind of legacy file.
package struct LegacyStyle: Sendable, Equatable {
  /// The version of Keras that the file names.
  let kerasVersion: String?
  /// Whether lists of names are kept as texts of one fixed length, as h5py before 3 does.
  var hasFixedLists: Bool
  /// How the version and the backend at the root of a whole model are kept.
  var rootText: HDF5.StringFormat
  /// The version at the group of weights; `nil` means Keras 1.
  var weightsVersion: String?
  /// Whether the group of weights names the backend.
  var namesWeightsBackend: Bool
  /// Whether there is a group for variables of the model itself even without any.
  var hasTopLevelGroup: Bool

  /// The style of a release of Keras with the h5py of its time.
  ///
  /// h5py 3 came with TensorFlow 2.5; the group for variables of the model itself with Keras 2.6; Keras 1 wrote
  /// neither version nor backend at the group of weights.
  init(kerasVersion: String?) {
    self.kerasVersion = kerasVersion
    let numbers = (kerasVersion ?? "").split(separator: ".").map { part in
      Int(part.prefix { $0.isNumber }) ?? 0
    }
    let release = ((numbers.first ?? 0), numbers.dropFirst().first ?? 0)
    hasFixedLists = release < (2, 5)
    let isUnicode = release >= (2, 4) || kerasVersion?.hasSuffix("-tf") == true
    rootText = .variableLength(isUnicode ? .utf8 : .ascii)
    weightsVersion = release >= (2, 0) ? kerasVersion : nil
    namesWeightsBackend = release >= (2, 0)
    hasTopLevelGroup = release >= (2, 6)
  }
}
