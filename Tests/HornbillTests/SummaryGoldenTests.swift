import Testing

@testable import Hornbill

@Suite("Summary goldens")
struct SummaryGoldenTests {
  @Test("every golden file is found")
  func files() {
    #expect(SummaryFixture.names.count >= 25)
  }

  @Test("the text is Keras's, byte for byte", arguments: SummaryFixture.names)
  func text(name: String) throws {
    let fixture = try SummaryFixture(name)
    let summary = Summary(content: fixture.content, style: fixture.style)
    try #require(!fixture.cases.isEmpty)
    for golden in fixture.cases {
      if let expected = golden.text {
        let text = try summary.text(options: golden.options)
        #expect(Array(text.utf8) == Array(expected.utf8), "\(golden.label)\n\(text)\n\(expected)")
      } else {
        #expect(throws: SummaryError.self, "\(golden.label)") {
          try summary.text(options: golden.options)
        }
      }
    }
  }
}
