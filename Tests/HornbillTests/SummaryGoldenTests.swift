import Testing

@testable import Hornbill

@Suite("Summary goldens")
struct SummaryGoldenTests {
  @Test("every golden file is found")
  func files() {
    #expect(SummaryFixture.names.count == 24)
  }

  @Test("the text is Keras's, byte for byte", arguments: SummaryFixture.names)
  func text(name: String) throws {
    let fixture = try SummaryFixture(name)
    let summary = Summary(content: fixture.content, style: .ascii)
    try #require(!fixture.cases.isEmpty)
    for golden in fixture.cases {
      if let expected = golden.text {
        let text = try summary.text(style: golden.style, options: golden.options)
        #expect(text.utf8.elementsEqual(expected.utf8), "\(golden.label)\n\(text)\n\(expected)")
      } else {
        let error = #expect(throws: SummaryError.self, "\(golden.label)") {
          try summary.text(style: golden.style, options: golden.options)
        }
        #expect(error.map(Self.kerasMessage) == golden.error)
      }
    }
  }

  /// The start of the message with which Keras refuses what the error stands for.
  private static func kerasMessage(_ error: SummaryError) -> String {
    switch error {
    case .insufficientWidth: "Insufficient console width to print summary"
    case .noMatch: "Passed layer_names do not match the layer names in the model"
    case .notBuilt: "This model has not yet been built"
    default: "\(error)"
    }
  }
}
