import HornbillCore
import Testing

@Suite struct JSONPrinterTests {
  @Test(arguments: pythonFloatTable)
  func spellsNumbersAsPython(bits: UInt64, text: String) throws {
    let number = Double(bitPattern: bits)
    #expect(JSON.double(number).text() == text)
    #expect(try JSON(parsing: text).number?.bitPattern == bits)
  }

  @Test func spellsSpecialNumbersAsPython() {
    let values = JSON.array([.double(.nan), .double(.infinity), .double(-.infinity)])
    #expect(values.text(style: .python) == "[NaN, Infinity, -Infinity]")
    #expect((-Double.infinity).pythonRepr == "-inf")
    #expect(Double.nan.pythonRepr == "nan")
  }

  private let sample = JSON.object(
    JSONObject([
      ("b", .array([.integer(1), .double(2), .null, .bool(true)])),
      ("a", .object(JSONObject())),
      ("c", .array([])),
    ]))

  @Test func layouts() {
    #expect(sample.text() == #"{"b":[1,2.0,null,true],"a":{},"c":[]}"#)
    #expect(sample.text(style: .python) == #"{"b": [1, 2.0, null, true], "a": {}, "c": []}"#)
    #expect(
      sample.text(style: .pretty(2)) == """
        {
          "b": [
            1,
            2.0,
            null,
            true
          ],
          "a": {},
          "c": []
        }
        """)
  }

  @Test func escapesText() {
    let text = JSON.string("\"\\/\u{8}\u{C}\n\r\t\u{1}\u{7F}é😀")
    #expect(text.text() == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\u{7F}é😀\"")
    #expect(
      text.text(ensureASCII: true)
        == #""\"\\/\b\f\n\r\t\u0001\u007f\u00e9\ud83d\ude00""#)
  }

  @Test(arguments: [JSONStyle.compact, .python, .pretty(0), .pretty(4)])
  func readsBackWhatItPrints(style: JSONStyle) throws {
    #expect(try JSON(parsing: sample.text(style: style)) == sample)
    #expect(try JSON(parsing: sample.text(style: style, ensureASCII: true)) == sample)
  }
}
