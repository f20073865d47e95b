import Foundation
import HornbillCore
import Testing

@testable import Hornbill

/// A model's summary content with the texts Keras printed for it, read from `fixtures/summary`.
struct SummaryFixture {
  struct Case {
    let style: SummaryStyle
    let options: SummaryOptions
    /// What Keras printed; `nil` when it raised an error.
    let text: String?
    /// The start of Keras's error message.
    let error: String?
    let label: String
  }

  let content: SummaryContent
  let cases: [Case]

  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "fixtures/summary")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return files.filter { $0.hasSuffix(".json") }.sorted()
  }()

  init(_ name: String) throws {
    let bytes = try Data(contentsOf: Self.folder.appending(path: name))
    let json = try JSON(parsing: [UInt8](bytes))
    let content = try #require(json["content"])
    self.content = try SummaryContent(fixture: content)
    let release = try #require(json["keras"]?.string.flatMap(SummaryStyle.Release.init))
    let style = SummaryStyle.style(ofGeneration: release.major)
    cases = try #require(json["cases"]?.array).map { item in
      let given = item["options"]
      let range = given?["layer_range"]?.array?.compactMap(\.string)
      let options = SummaryOptions(
        lineLength: given?["line_length"]?.int,
        positions: given?["positions"]?.array?.compactMap(\.number),
        expandNested: given?["expand_nested"]?.bool ?? false,
        showTrainable: given?["show_trainable"]?.bool ?? false,
        layerRange: range.map { ($0[0], $0[1]) },
        consoleWidth: try #require(item["columns"]?.int),
        color: try #require(item["color"]?.bool as Bool?))
      let label = "\(given.map { "\($0)" } ?? "") columns \(options.consoleWidth)"
      return Case(
        style: try item["style"]?.string.map(SummaryStyle.init(name:)) ?? style, options: options,
        text: item["text"]?.string, error: item["error"]?.string, label: label)
    }
  }
}

extension SummaryContent {
  init(fixture json: JSON) throws {
    self.init(
      modelName: try #require(json["model"]?.string),
      className: try #require(json["class"]?.string),
      isSequentialLike: try #require(json["sequential"]?.bool as Bool?),
      isBuilt: try #require(json["built"]?.bool as Bool?),
      rows: try #require(json["rows"]?.array).map(SummaryRow.init(fixture:)),
      totals: SummaryTotals(
        trainable: try #require(SummaryTotals.Amount(fixture: json["trainable"])),
        nonTrainable: try #require(SummaryTotals.Amount(fixture: json["non_trainable"])),
        optimizer: SummaryTotals.Amount(fixture: json["optimizer"])))
  }
}

extension SummaryTotals.Amount {
  init?(fixture json: JSON?) {
    guard let count = json?.array?.first?.int, let bits = json?.array?.last?.int else { return nil }
    self.init(count: count, bits: bits)
  }
}

extension SummaryRow {
  init(fixture json: JSON) throws {
    self.init(
      name: try #require(json["name"]?.string),
      className: try #require(json["class"]?.string),
      isLayer: json["layer"]?.bool ?? true,
      isInputLayer: json["input"]?.bool ?? false,
      outputs: try SummaryOutputs(fixture: try #require(json["outputs"])),
      hasOutputsFromBuild: json["from_build"]?.bool ?? false,
      parameters: json["parameters"]?.int,
      connections: try (json["connections"]?.array ?? []).map { item in
        let parts = try #require(item.array)
        return SummaryConnection(
          name: try #require(parts[0].string), node: try #require(parts[1].int),
          tensor: try #require(parts[2].int))
      },
      trainable: json["trainable"]?.bool ?? true,
      hasWeights: json["weights"]?.bool ?? false,
      nested: try (json["nested"]?.array ?? []).map(SummaryRow.init(fixture:)))
  }
}

extension SummaryOutputs {
  init(fixture json: JSON) throws {
    func shape(_ json: JSON) throws -> Shape { Shape(try #require(json.array).map(\.int)) }
    if let one = json["one"] {
      self = .one(try shape(one))
    } else if let list = json["list"] {
      self = .list(try #require(list.array).map(shape))
    } else if let text = json["structure"]?.string {
      self = .structure(text)
    } else {
      self = json.string == "multiple" ? .multiple : .unknown
    }
  }
}
