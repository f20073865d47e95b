import HornbillCore
import HornbillFormats
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder of model files that other people wrote, with a table `corpus.csv`.
private let corpus = getenv("HORNBILL_CORPUS").map { String(cString: $0) }

@Suite(.enabled(if: corpus != nil, "set HORNBILL_CORPUS to the folder of real model files"))
struct CorpusTests {
  /// The rows of the table by the names of its columns.
  private func rows() throws -> [[String: String]] {
    let text = String(decoding: try contents(of: #require(corpus) + "/corpus.csv"), as: UTF8.self)
    var lines = text.split(whereSeparator: \.isNewline).map { fields(of: $0) }
    let header = lines.removeFirst()
    return lines.map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
  }

  private func fields(of line: Substring) -> [String] {
    var fields = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
    }
    return fields
  }

  @Test func everyFileOpensAndReadsWhole() throws {
    let folder = try #require(corpus)
    for row in try rows() {
      let path = folder + "/" + (row["file"] ?? "")
      let archive = try ModelArchive.open(path)
      let weights = archive.weights.all
      #expect(!weights.isEmpty, "\(path)")
      for weight in weights {
        let tensor = try weight.read()
        #expect(tensor.shape == weight.shape, "\(path) \(weight.name)")
      }
      if let parameters = row["params"].flatMap({ Int($0) }) {
        #expect(weights.map(\.count).reduce(0, +) == parameters, "\(path)")
      }
      #expect(archive.kerasVersion ?? "" == row["keras_version"] ?? "", "\(path)")
      #expect(
        (archive.architecture == nil) == (row["kind"]?.contains("weights") == true), "\(path)")
    }
  }
}
