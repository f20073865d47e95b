import Foundation
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// Files of old and new names.
@Suite struct NameMapTests {
  private func map(_ text: String) throws -> NameMap {
    let folder = try ScratchFolder()
    try text.write(to: folder.url.appending(path: "map"), atomically: true, encoding: .utf8)
    return try NameMap(contentsOf: folder.path("map"))
  }

  @Test(arguments: [
    "# names\nconv1\tconv2d\n\nfc/kernel:0\tdense/kernel\n",
    "conv1\tconv2d\r\nfc/kernel:0\tdense/kernel",
    " {\"conv1\": \"conv2d\", \"fc/kernel:0\": \"dense/kernel\"}",
  ])
  func forms(text: String) throws {
    let map = try map(text)
    #expect(map.pairs.map(\.old) == ["conv1", "fc/kernel:0"])
    #expect(map["conv1"] == "conv2d")
    #expect(map["fc/kernel:0"] == "dense/kernel")
    #expect(map["dense"] == nil)
  }

  @Test(arguments: [
    ("conv1 conv2d", "line 1: expected an old name, a tab and a new name"),
    ("a\tb\na\tc", "line 2: the name 'a' is listed twice"),
    ("a\tb\tc", "line 1"), ("\tb", "line 1"), ("a\t", "line 1"),
    ("# nothing\n", "lists no names"), ("", "lists no names"), ("{}", "lists no names"),
    ("{\"a\": 1}", "a: expected the new name as text"), ("{\"a\": \"\"}", "a: expected"),
    ("{\"a\": \"b\"", "expected"),
  ])
  func refusals(text: String, words: String) throws {
    let error = try #require(throws: ArchiveError.self) { try map(text) }
    #expect(error.code == .malformed)
    #expect(error.description.contains(words), "\(error)")
  }
}
