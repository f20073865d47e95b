import HornbillCore
import Testing

@Suite struct JSONParserTests {
  @Test(arguments: [
    ("null", JSON.null),
    (" true\n", .bool(true)),
    ("false", .bool(false)),
    ("0", .integer(0)),
    ("-0", .integer(0)),
    ("-12", .integer(-12)),
    ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .double(9_223_372_036_854_775_808)),
    ("2.0", .double(2)),
    ("1e-05", .double(1e-5)),
    ("1E+2", .double(100)),
    ("-0.0", .double(-0.0)),
    ("1e400", .double(.infinity)),
    ("Infinity", .double(.infinity)),
    ("-Infinity", .double(-.infinity)),
    (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{C}\n\r\tz")),
    (#""\u00e9\ud83d\ude00\u0000""#, .string("é😀\0")),
    ("\"é漢😀\u{7F}\"", .string("é漢😀\u{7F}")),
    ("[]", .array([])),
    ("{ }", .object(JSONObject())),
    (
      "[1, [2, {\"b\": 3, \"a\": null}]]",
      .array([
        .integer(1),
        .array([.integer(2), .object(JSONObject([("b", .integer(3)), ("a", .null)]))]),
      ])
    ),
    ("\u{FEFF}1", .integer(1)),
  ])
  func readsValues(text: String, expected: JSON) throws {
    #expect(try JSON(parsing: text) == expected)
  }

  @Test func keepsTheSignOfZeroAndReadsNaN() throws {
    #expect(try JSON(parsing: "-0.0").number?.sign == .minus)
    #expect(try JSON(parsing: "NaN").number?.isNaN == true)
  }

  @Test func keepsTheOrderOfKeys() throws {
    let json = try JSON(parsing: #"{"z": 1, "a": 2, "m": 3}"#)
    #expect(json.object?.keys == ["z", "a", "m"])
  }

  @Test(arguments: [
    ("", JSONError.Code.syntax, 0),
    ("  ", .syntax, 2),
    ("[1,]", .syntax, 3),
    ("{\"a\":1,}", .syntax, 7),
    ("{\"a\" 1}", .syntax, 5),
    ("{a:1}", .syntax, 1),
    ("[1 2]", .syntax, 3),
    ("{\"a\":1 \"b\":2}", .syntax, 7),
    ("01", .syntax, 1),
    ("1.", .syntax, 2),
    (".5", .syntax, 0),
    ("+1", .syntax, 0),
    ("-", .syntax, 1),
    ("1e", .syntax, 2),
    ("1e+", .syntax, 3),
    ("nul", .syntax, 0),
    ("nan", .syntax, 0),
    ("-Inf", .syntax, 0),
    ("Infinity1", .syntax, 8),
    ("{} x", .syntax, 3),
    ("\"abc", .syntax, 4),
    ("\"a\nb\"", .syntax, 2),
    ("\"\\x\"", .syntax, 2),
    ("\"\\u12g4\"", .syntax, 5),
    ("\"\\ud800\"", .encoding, 1),
    ("\"\\udc00\"", .encoding, 1),
    ("\"\\ud800\\ud800\"", .encoding, 1),
    ("\"\\ud800x\"", .encoding, 1),
    ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateKey, 13),
    ("{\"a\":1,\"\\u0061\":3}", .duplicateKey, 7),
    ("// c\n1", .syntax, 0),
    ("'a'", .syntax, 0),
  ])
  func refusesBadText(text: String, code: JSONError.Code, offset: Int) {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
    #expect(error?.code == code)
    #expect(error?.byteOffset == offset)
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xE2, 0x82, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
    ] as [[UInt8]])
  func refusesWhatIsNotUTF8(bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    #expect(error?.code == .encoding)
    #expect(error?.byteOffset == 1)
    #expect(error?.found.hasPrefix("byte 0x") == true)
  }

  @Test func namesThePlaceOfAnError() {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: "{\n  \"é\": tru\n}") }
    #expect(error?.line == 2)
    #expect(error?.column == 8)
    #expect(error?.byteOffset == 10)
    #expect(
      error?.description == "JSON line 2 column 8 (byte 10): expected a value, found 't'")
  }

  @Test func escapesWhatItQuotes() {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: "[\u{1B}]") }
    #expect(error?.found == "'\\u{1b}'")
  }

  @Test func limitsDepth() throws {
    let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    _ = try JSON(parsing: deep)
    let deeper = String(repeating: "{\"a\":[", count: 100_000)
    let error = #expect(throws: JSONError.self) { try JSON(parsing: deeper) }
    #expect(error?.code == .depth)
    #expect(error?.byteOffset == 6 * 256)
  }

  @Test func limitsSize() throws {
    let limits = JSONLimits(byteCount: 4)
    #expect(try JSON(parsing: "1234", limits: limits) == .integer(1234))
    let error = #expect(throws: JSONError.self) { try JSON(parsing: "12345", limits: limits) }
    #expect(error?.code == .size)
  }

  @Test func everyPrefixOfADocumentIsRefused() throws {
    let text = #"{"a": [1.5e-3, "é\u00e9", true, null, {"b": {}}], "c": -Infinity}"#
    let bytes = Array(text.utf8)
    _ = try JSON(parsing: bytes)
    for length in 0..<bytes.count {
      #expect(throws: JSONError.self) { try JSON(parsing: bytes.prefix(length)) }
    }
  }
}
