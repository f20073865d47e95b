import Foundation
import HornbillCore
import HornbillLayers
import HornbillTestSupport
import Testing

@testable import Hornbill

/// A real model file with what Keras answered for it, beside the package.
struct CorpusFile: Sendable, CustomTestStringConvertible {
  let name: String
  let model: String
  let architecture: String?
  /// The folder of Keras's answers.
  let golden: String

  var testDescription: String { name }

  static let all: [CorpusFile] = {
    guard let corpus = Fixture.corpus else { return [] }
    let manager = FileManager.default
    let files = corpus.appending(path: "files")
    let names = (try? manager.contentsOfDirectory(atPath: files.path())) ?? []
    return names.filter { !$0.hasSuffix(".json") }.sorted().map { file in
      let name = String(file.prefix { $0 != "." })
      let architecture = files.appending(path: name + ".arch.json").path()
      return CorpusFile(
        name: name, model: files.appending(path: file).path(),
        architecture: manager.fileExists(atPath: architecture) ? architecture : nil,
        golden: corpus.appending(path: "goldens/\(name)").path())
    }
  }()

  /// The files for which there is an answer of a name.
  static func with(_ answer: String) -> [CorpusFile] {
    all.filter { FileManager.default.fileExists(atPath: "\($0.golden)/\(answer)") }
  }

  var options: LoadOptions { LoadOptions(architecture: architecture) }
}

/// Real files are read in place; a clone of the package alone does not have them.
@Suite(
  "Real model files",
  .enabled(if: Fixture.corpus != nil, "the folder ../shared/corpus is not beside the package"))
struct CorpusTests {
  @Test("the folder holds files")
  func files() {
    #expect(CorpusFile.all.count > 40)
    #expect(CorpusFile.with("io.npz").count > 20)
  }

  @Test("each file is opened and its weights are listed", arguments: CorpusFile.all)
  func inspection(file: CorpusFile) throws {
    let inspection = try Inspection(contentsOf: file.model, options: file.options)
    #expect(!inspection.weights.isEmpty)
    #expect(inspection.problem == nil)
  }

  @Test("each summary is Keras's", arguments: CorpusFile.with("summary.txt"))
  func summary(file: CorpusFile) throws {
    let expected = try String(contentsOfFile: "\(file.golden)/summary.txt", encoding: .utf8)
    let model = try Model(contentsOf: file.model, options: file.options)
    guard model.opaqueLayers.isEmpty else { return }
    var (ours, keras) = (try model.summary().text().trimmed.lines, expected.trimmed.lines)
    if ours.first == #"Model: "sequential""#,
      keras.first?.hasPrefix(#"Model: "sequential_"#) == true
    {
      // A file without a name: Keras numbers the models of a process.
      (ours, keras) = (Array(ours.dropFirst()), Array(keras.dropFirst()))
    }
    #expect(ours == keras)
  }

  @Test("each model gives Keras's numbers", arguments: CorpusFile.with("io.npz"))
  func numbers(file: CorpusFile) throws {
    let model = try Model(contentsOf: file.model, options: file.options)
    let recording = try Recording(contentsOf: "\(file.golden)/io.npz")
    let inputs = try recording.inputs(recording.calls[0], of: model)
    guard model.opaqueLayers.isEmpty else {
      let error = #expect(throws: ModelError.self) { try model.predict(inputs) }
      #expect(error?.code == .unsupported)
      return
    }
    let outputs = try model.predict(inputs)
    for (index, output) in outputs.enumerated() {
      let expected = try #require(try recording.tensor("out_\(index)"))
      let bound = 1e-4 * max(expected.magnitude, 1)
      expectClose(output, expected, within: bound, "\(file.name) out_\(index)")
    }
  }
}

extension Model {
  /// The layers that do not run without Python.
  fileprivate var opaqueLayers: [LayerInstance] {
    var found: [LayerInstance] = []
    func visit(_ instance: LayerInstance) {
      if instance.layer is OpaqueLayer { found.append(instance) }
      for sublayer in instance.layer.sublayers { visit(sublayer.instance) }
    }
    visit(root)
    return found
  }
}
