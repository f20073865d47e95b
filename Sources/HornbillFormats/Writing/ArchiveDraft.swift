package import HornbillCore

/// What a model file is to hold: the counterpart of ``ModelArchive`` on the way to disk.
///
/// A draft says nothing of containers; a writer takes what its format can hold. Weights that come from a file are read one by one while
/// they are written.
package struct ArchiveDraft: Sendable {
  /// The serialised model, in the spelling of the format that is written.
  package var architecture: JSON?
  /// The version of Keras whose manner the file follows, for example `3.15.1`.
  package var kerasVersion: String?
  /// The backend that the file names.
  package var backend: String?
  /// The whole of `metadata.json`, with keys that Hornbill does not know.
  package var metadata: JSON?
  /// Optimizer, loss and metrics of a legacy file.
  package var trainingConfig: JSON?
  /// The weights.
  package var weights: DraftWeights
  /// The state of the optimizer: `optimizer/vars/0` and so on, or the names of a legacy file.
  package var optimizerWeights: [DraftWeight]
  /// Arrays that belong to neither, by object path: the state of metrics.
  package var otherEntries: [DraftWeight]
  /// Files that layers need.
  package var assets: [DraftAsset]
  /// Objects outside the model that a file by object path has, in its order, and the names that it gives to them.
  ///
  /// They need not be listed: one that is not is written without a name.
  package var stateObjects: [StateObject] = []
  /// How a legacy file spells what releases of Keras spell differently; in effect while ``kerasVersion`` is the one of
  /// the file.
  package var legacyStyle: LegacyStyle?

  /// An object outside the model: an optimizer, a metric.
  package struct StateObject: Sendable, Hashable {
    /// The position, for example `optimizer`.
    package var path: String
    /// The object's name, for example `adam`; `nil` where the file has none.
    package var name: String?

    /// Names an object.
    package init(path: String, name: String?) {
      self.path = path
      self.name = name
    }
  }

  /// Makes a draft.
  package init(
    architecture: JSON? = nil, kerasVersion: String? = nil, backend: String? = nil,
    metadata: JSON? = nil, trainingConfig: JSON? = nil, weights: DraftWeights = .none,
    optimizerWeights: [DraftWeight] = [], otherEntries: [DraftWeight] = [],
    assets: [DraftAsset] = []
  ) {
    self.architecture = architecture
    self.kerasVersion = kerasVersion
    self.backend = backend
    self.metadata = metadata
    self.trainingConfig = trainingConfig
    self.weights = weights
    self.optimizerWeights = optimizerWeights
    self.otherEntries = otherEntries
    self.assets = assets
  }

  /// Everything that a file holds.
  package init(_ archive: ModelArchive) {
    self.init(
      architecture: archive.architecture, kerasVersion: archive.kerasVersion,
      backend: archive.backend, metadata: archive.metadata,
      trainingConfig: archive.trainingConfig, weights: DraftWeights(archive.weights),
      optimizerWeights: archive.optimizerWeights.map(DraftWeight.init),
      otherEntries: archive.otherEntries.map(DraftWeight.init),
      assets: archive.assets.map { entry in
        DraftAsset(path: entry.path) { () throws(ArchiveError) in try entry.read() }
      })
    stateObjects = archive.stateObjects.map { StateObject(path: $0.path, name: $0.name) }
    legacyStyle = archive.legacyStyle
  }
}

/// Weights on their way into a file, in one of the two arrangements that Keras has.
package enum DraftWeights: Sendable {
  /// There are none.
  case none
  /// By layer name, in the order of the model.
  case legacy([DraftLayer])
  /// By position in the object graph, objects without variables included.
  case objectPaths([DraftObject])

  /// The weights of a file.
  package init(_ layout: WeightLayout) {
    switch layout {
    case .none:
      self = .none
    case .legacy(let layers):
      self = .legacy(
        layers.map {
          DraftLayer(
            name: $0.name, weights: $0.weights.map(DraftWeight.init), isTopLevel: $0.isTopLevel)
        })
    case .objectPaths(let objects):
      self = .objectPaths(
        objects.groups.map { group in
          DraftObject(
            path: group.objectPath, layerName: group.layerName,
            variables: group.variables.map { (key: $0.key, weight: DraftWeight($0.weight)) })
        })
    }
  }
}

/// The weights of one layer of a legacy file.
package struct DraftLayer: Sendable {
  /// The layer's name.
  package var name: String
  /// The weights in the order of `weight_names`, each under the name that it has there.
  package var weights: [DraftWeight]
  /// Whether these are variables of the model itself.
  package var isTopLevel: Bool

  /// Makes the weights of a layer.
  package init(name: String, weights: [DraftWeight], isTopLevel: Bool = false) {
    self.name = name
    self.weights = weights
    self.isTopLevel = isTopLevel
  }
}

/// The variables of one object of a `.weights.h5` file.
package struct DraftObject: Sendable {
  /// The position, for example `layers/dense`; empty for the model itself.
  package var path: String
  /// The layer's name, which Keras 3.1 and later write beside the variables.
  package var layerName: String?
  /// The variables by their keys in the group `vars`, in the order of the file.
  package var variables: [(key: String, weight: DraftWeight)]

  /// Makes the variables of an object.
  package init(
    path: String, layerName: String? = nil, variables: [(key: String, weight: DraftWeight)]
  ) {
    self.path = path
    self.layerName = layerName
    self.variables = variables
  }
}

/// One array on its way into a file.
package struct DraftWeight: Sendable {
  /// Where the numbers come from.
  package enum Source: Sendable {
    /// An array of a file, not read yet.
    case stored(StoredWeight)
    /// A tensor in memory.
    case tensor(Tensor)
    /// Numbers that are made when they are asked for.
    case deferred(@Sendable () throws(ArchiveError) -> Tensor)
  }

  /// The name that the file gives to the array.
  package var name: String
  /// The extents; empty for a scalar.
  package let shape: [Int]
  /// The element type; `nil` for one that tensors do not have.
  package let dtype: DType?
  /// Where the numbers come from.
  package let source: Source

  /// An array that was read from a file, or will be.
  package init(_ stored: StoredWeight) {
    name = stored.name
    shape = stored.shape
    dtype = stored.dtype
    source = .stored(stored)
  }

  /// A tensor.
  package init(name: String, _ tensor: Tensor) {
    self.name = name
    shape = tensor.shape
    dtype = tensor.dtype
    source = .tensor(tensor)
  }

  /// An array that is made when it is asked for.
  package init(
    name: String, shape: [Int], dtype: DType,
    _ numbers: @escaping @Sendable () throws(ArchiveError) -> Tensor
  ) {
    self.name = name
    self.shape = shape
    self.dtype = dtype
    source = .deferred(numbers)
  }

  /// The numbers.
  ///
  /// - Throws: ``ArchiveError`` when a file cannot be read.
  package func read() throws(ArchiveError) -> Tensor {
    switch source {
    case .stored(let weight): try weight.read()
    case .tensor(let tensor): tensor
    case .deferred(let numbers): try numbers()
    }
  }
}

/// A file inside a model archive on its way to disk.
package struct DraftAsset: Sendable {
  /// The path below the archive's `assets` folder.
  package var path: String
  /// Reads the bytes.
  package let read: @Sendable () throws(ArchiveError) -> [UInt8]

  /// Makes an asset.
  package init(path: String, read: @escaping @Sendable () throws(ArchiveError) -> [UInt8]) {
    self.path = path
    self.read = read
  }
}
