import HornbillCore
import HornbillTestSupport
import Testing

/// `hornbill inspect` and `hornbill layers`.
@Suite(.timeLimit(.minutes(5))) struct InspectCommandTests {
  @Test(arguments: [
    ("models/notebook_keras2.h5", "legacyModel"), ("models/notebook_keras3.keras", "keras"),
    ("formats/small_folder", "kerasDirectory"), ("models/notebook_only.weights.h5", "weightsHDF5"),
    ("formats/small.weights.json", "shardedWeights"), ("models/notebook_only.json", "architecture"),
    ("formats/k2_only_weights.h5", "legacyWeights"),
  ])
  func everyFormat(file: String, format: String) throws {
    let outcome = try hornbill("inspect", Fixture.path(file), "--json")
    #expect(outcome.status == 0)
    let document = try outcome.json()
    #expect(document["schema"] == .integer(1))
    #expect(document["format"]?.string == format)
    #expect(document["file"]?.string == Fixture.path(file))
  }

  @Test func formatIsFoundByContent() throws {
    let folder = try ScratchFolder()
    let file = try folder.copy(of: "models/notebook_keras3.keras", as: "picture.png")
    #expect(try hornbill("inspect", file, "--json").json()["format"]?.string == "keras")
  }

  @Test func weightsAreDescribed() throws {
    let document = try hornbill("inspect", Notebook.weights, "--json").json()
    #expect(document["architecture"] == .null)
    let weights = try #require(document["weights"]?.array)
    #expect(weights.count == 6)
    let bytes = try Fixture.bytes("models/notebook_only.weights.h5")
    for weight in weights {
      #expect(weight["path"]?.string?.hasPrefix("/layers/") == true)
      #expect(weight["dtype"]?.string == "float32")
      let offset = try #require(weight["offset"]?.int)
      let size = try #require(weight["bytes"]?.int)
      #expect(offset > 0 && offset + size <= bytes.count)
      #expect(weight["stats"] == nil)
    }
  }

  @Test func statistics() throws {
    let document = try hornbill("inspect", Notebook.keras3, "--stats", "--json").json()
    let embedding = try #require(
      document["weights"]?.array?.first { $0["shape"] == .array([.integer(11), .integer(11)]) })
    #expect(embedding["stats"]?["min"]?.number == 0)
    #expect(embedding["stats"]?["max"]?.number == 1)
    #expect(embedding["stats"]?["zeros"] == .integer(110))
    #expect(embedding["stats"]?["nan"] == .integer(0))
    #expect(try hornbill("inspect", Notebook.keras3, "--stats").output.contains("zeros"))
  }

  @Test func layersAreThoseOfTheRegistry() throws {
    let document = try hornbill("layers", "--json").json()
    #expect(document["schema"] == .integer(1))
    let classes = try #require(document["classes"]?.array)
    let names = classes.compactMap { $0["name"]?.string }
    #expect(names.count == classes.count)
    for name in ["Dense", "SimpleRNN", "LSTM", "GRU", "Bidirectional"] {
      #expect(names.contains(name))
    }
    let markdown = try hornbill("layers", "--markdown").output
    for name in names { #expect(markdown.contains("`\(name)`"), "\(name)") }
    #expect(try hornbill("layers").output.split(separator: "\n").count == names.count)
  }
}
