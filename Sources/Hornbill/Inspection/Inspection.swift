import HornbillFast
package import HornbillFormats
package import HornbillLayers

/// What a model file holds, for a reader to see.
package struct Inspection: Sendable {
  package let archive: ModelArchive
  /// The model, when its architecture is there and sound.
  package let model: Model?
  /// Why there is no model, although there is an architecture.
  package let problem: String?
  /// The statistics of the weights that were read, by position in ``weights``.
  package private(set) var statistics: [Int: WeightStatistics] = [:]

  /// Opens a file.
  ///
  /// Only what makes the container unreadable throws; a broken architecture is a ``problem``.
  package init(
    contentsOf path: String, options: LoadOptions = LoadOptions()
  ) throws(ArchiveError) {
    archive = try ModelArchive.open(path, architecture: options.architecture)
    guard archive.architecture != nil else {
      (model, problem) = (nil, nil)
      return
    }
    do {
      model = try Model(archive: archive, options: options)
      problem = nil
    } catch {
      model = nil
      problem = error.description
    }
  }

  /// The weights in the order of the file.
  package var weights: [StoredWeight] { archive.weights.all }

  /// What was changed in an old configuration.
  package var upgrades: [ConfigUpgrade] { model?.upgrades ?? [] }

  /// Reads every weight and keeps its statistics.
  ///
  /// - Parameters:
  ///   - threads: the threads that may be used.
  ///   - progress: is told how many weights have been read.
  package mutating func readStatistics(
    threads: Int = 1, progress: (Int) -> Void = { _ in }
  ) throws(ArchiveError) {
    let reader: StatisticsReader
    do throws(ExecutionError) {
      reader = try StatisticsReader(threads: threads)
    } catch {
      throw ArchiveError(.unsupported, path: archive.path, "\(error)")
    }
    for (index, weight) in weights.enumerated() {
      if weight.dtype != nil, weight.dtype != .string {
        statistics[index] = WeightStatistics(try weight.read(), reader)
      }
      progress(index + 1)
    }
  }
}
