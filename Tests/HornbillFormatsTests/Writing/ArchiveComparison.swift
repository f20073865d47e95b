import HornbillCore
import HornbillFormats
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Expects two archives to hold the same, weights bit for bit and in the same order.
///
/// What only the container knows, such as its path and where elements lie, is not compared.
func expectSame(
  _ found: ModelArchive, _ expected: ModelArchive,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(found.architecture == expected.architecture, sourceLocation: sourceLocation)
  #expect(found.kerasVersion == expected.kerasVersion, sourceLocation: sourceLocation)
  #expect(found.weightsKerasVersion == expected.weightsKerasVersion, sourceLocation: sourceLocation)
  #expect(found.backend == expected.backend, sourceLocation: sourceLocation)
  #expect(found.dateSaved == expected.dateSaved, sourceLocation: sourceLocation)
  #expect(found.trainingConfig == expected.trainingConfig, sourceLocation: sourceLocation)
  #expect(found.legacyStyle == expected.legacyStyle, sourceLocation: sourceLocation)
  #expect(
    found.stateObjects.map { "\($0)" } == expected.stateObjects.map { "\($0)" },
    sourceLocation: sourceLocation)
  #expect(
    found.assets.map(\.path) == expected.assets.map(\.path), sourceLocation: sourceLocation)
  for (one, other) in zip(found.assets, expected.assets) {
    #expect(try one.read() == other.read(), sourceLocation: sourceLocation)
  }
  #expect(
    found.weights.outline == expected.weights.outline, sourceLocation: sourceLocation)
  try expectSame(found.weights.all, expected.weights.all, sourceLocation: sourceLocation)
  try expectSame(
    found.optimizerWeights, expected.optimizerWeights, sourceLocation: sourceLocation)
  try expectSame(found.otherEntries, expected.otherEntries, sourceLocation: sourceLocation)
}

private func expectSame(
  _ found: [StoredWeight], _ expected: [StoredWeight], sourceLocation: SourceLocation
) throws {
  #expect(
    found.map(\.description) == expected.map(\.description), sourceLocation: sourceLocation)
  for (one, other) in zip(found, expected) where one.dtype != nil {
    #expect(
      try one.read().bits == other.read().bits, "\(one.name)", sourceLocation: sourceLocation)
  }
}

extension StoredWeight {
  fileprivate var description: String { "\(name) \(shape) \(storedType)" }
}

extension WeightLayout {
  /// The names and the order of what holds weights, with those that hold none.
  fileprivate var outline: [String] {
    switch self {
    case .none: []
    case .legacy(let layers): layers.map { "\($0.name) \($0.isTopLevel) \($0.weights.count)" }
    case .objectPaths(let objects):
      objects.groups.map {
        "\($0.objectPath) \($0.layerName ?? "-") \($0.variables.map(\.key))"
      }
    }
  }
}

extension Tensor {
  /// The elements by bit pattern, so that one that is not a number equals itself.
  var bits: [UInt64] {
    switch storage {
    case .float(let values): values.map { UInt64($0.bitPattern) }
    case .double(let values): values.map(\.bitPattern)
    case .integer(let values): values.map { UInt64(bitPattern: $0) }
    case .text(let values): values.flatMap { [UInt64($0.utf8.count)] + $0.utf8.map(UInt64.init) }
    }
  }
}

/// The model files of a folder of fixtures, by their paths below `fixtures`.
func modelFixtures(in folder: String, endings: [String]) -> [String] {
  guard let directory = opendir(fixture(folder)) else { return [] }
  defer { closedir(directory) }
  var result: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name.hasPrefix(".") { continue }
    let path = folder + "/" + name
    if endings.contains(where: name.hasSuffix) {
      result.append(path)
    } else if !name.contains(".") {
      result += modelFixtures(in: path, endings: endings)
    }
  }
  return result.sorted()
}
