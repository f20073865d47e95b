import HornbillCore
import Testing

@testable import Hornbill

@Suite("Summary parts")
struct SummaryPartsTests {
  @Test(
    "a line is shared out as in Keras",
    arguments: [
      (76, [0.45, 0.8, 1], [33, 24, 15]),
      (88, [0.45, 0.8, 1], [38, 29, 17]),
      (108, [0.3, 0.56, 0.74, 1], [31, 27, 17, 28]),
      (100, [0.3, 0.5, 0.7], [41, 28, 27]),
    ])
  func layout(length: Int, positions: [Double], expected: [Int]) throws {
    let layout = try TableLayout(lineLength: length, positions: positions)
    #expect(layout.columnWidths == expected)
    #expect(layout.columnWidths.reduce(0, +) + positions.count + 1 == length)
  }

  @Test(
    "sizes are rounded as Python rounds them",
    arguments: [
      (0, "0.00 B"), (8, "1.00 B"), (1, "0.12 B"), (3, "0.38 B"), (1023 * 8, "1023.00 B"),
      (1024 * 8, "1.00 KB"), (8 * 1_048_575, "1024.00 KB"), (8 * 1_048_576, "1.00 MB"),
      (32 * 1_234_567, "4.71 MB"), (1 << 62, "512.00 PB"), (9_007_199_254_740_993, "1.00 PB"),
    ])
  func sizes(bits: Int, expected: String) {
    #expect(SummaryNumber.memorySize(bits: Int128(bits), smallestUnit: "B") == expected)
  }

  @Test("beyond petabytes the value is divided once more")
  func beyondUnits() {
    #expect(SummaryNumber.memorySize(bits: 1 << 63, smallestUnit: "B") == "1.00 PB")
  }

  @Test("the smallest unit has the style's name")
  func smallestUnit() {
    #expect(SummaryNumber.memorySize(bits: 16, smallestUnit: "Byte") == "2.00 Byte")
    #expect(SummaryNumber.memorySize(bits: 1 << 14, smallestUnit: "Byte") == "2.00 KB")
  }

  @Test(
    "commas between groups of three digits",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1,000"), (123_456, "123,456"), (1_234_567, "1,234,567"),
    ])
  func groups(value: Int, expected: String) {
    #expect(SummaryNumber.grouped(Int128(value)) == expected)
  }

  @Test(
    "text is measured in terminal cells",
    arguments: [
      ("dense", 5), ("層", 2), ("e\u{301}", 1), ("🔥", 2), ("\u{2764}", 1), ("\u{2764}\u{FE0F}", 2),
      ("한글", 4), ("│", 1), ("", 0), ("\u{301}", 0), ("a\u{FE0F}", 1),
    ])
  func cells(text: String, expected: Int) {
    #expect(CellWidth.of(text.unicodeScalars) == expected)
  }

  @Test("a wide character across a cut becomes a space")
  func cuts() {
    #expect(StyledText("層層").setWidth(3) == StyledText("層 "))
    #expect(StyledText("層層").setWidth(2) == StyledText("層"))
    #expect(StyledText("層層").truncated(to: 3, ellipsis: "…") == StyledText("層…"))
    #expect(StyledText("層層").truncated(to: 4, ellipsis: "…") == StyledText("層層"))
    #expect(StyledText("abcdef").truncated(to: 2, ellipsis: "...") == StyledText(".."))
  }

  @Test("words wrap in cells and fold in running text")
  func wrapping() {
    let text = StyledText("Model: abcdefghij k")
    let folded = text.foldedLines(width: 7)
    #expect(folded == ["Model: ", "abcdefg", "hij k"].map { StyledText($0) })
    let cell = text.cellLines(width: 7, alignment: .left, filler: .plain, ellipsis: "…")
    #expect(cell == ["Model: ", "abcdef…", "k      "].map { StyledText($0) })
    let right = StyledText("a b").cellLines(
      width: 2, alignment: .right, filler: .plain, ellipsis: "…")
    #expect(right == [StyledText(" a"), StyledText(" b")])
    let none = StyledText("a").cellLines(
      width: 0, alignment: .left, filler: .plain, ellipsis: "…")
    #expect(none.isEmpty)
  }

  @Test(
    "Python's repr of a name",
    arguments: [
      ("a[0][0]", "'a[0][0]'"), ("it's", "\"it's\""), ("it's \"x\"", "'it\\'s \"x\"'"),
      ("a\\b", "'a\\\\b'"), ("\u{1B}\n\u{A0}", "'\\x1b\\n\\xa0'"), ("\u{202E}層", "'\\u202e層'"),
      ("\u{E0001}", "'\\U000e0001'"),
    ])
  func literals(text: String, expected: String) {
    #expect(PythonText.literal(text) == expected)
  }

  @Test(
    "style names",
    arguments: [
      ("keras3", SummaryStyle.keras3), ("keras2", .keras2), ("ascii", .ascii),
      ("keras3:3.0.4", .keras3(.init(3, 0, 4))), ("keras2:2.3.1", .keras2(.init(2, 3, 1))),
      ("keras2:2.2.4-tf", .keras2(.init(2, 2, 4, isTensorFlow: true))),
      ("keras2:1.0.8", .keras2(.init(1, 0, 8))), ("keras2:2.7", .keras2(.init(2, 7, 0))),
    ])
  func styleNames(name: String, expected: SummaryStyle) throws {
    #expect(try SummaryStyle(name: name) == expected)
  }

  @Test(
    "names of no style",
    arguments: [
      "", "keras", "keras4", "keras3:", "keras3:2.15", "keras2:3.0", "ascii:1", "keras2:x",
      "Keras3",
      "keras2:99999999999999999999",
    ])
  func unknownStyles(name: String) {
    #expect(throws: SummaryError.unknownStyle(name)) { try SummaryStyle(name: name) }
  }

  @Test(
    "the style that a file gets",
    arguments: [
      (3, SummaryStyle.keras3), (2, .keras2), (1, .keras2),
    ])
  func styleOfFile(generation: Int, expected: SummaryStyle) {
    let style = SummaryStyle.style(ofGeneration: generation)
    #expect(style == expected)
    #expect(style.isKeras2 == (expected == .keras2))
  }

  @Test("releases are read and ordered")
  func releases() throws {
    let release = try #require(SummaryStyle.Release("2.10.0"))
    #expect(release > SummaryStyle.Release(2, 9, 3))
    #expect(release.isTensorFlow && release.description == "2.10.0")
    #expect(SummaryStyle.Release("3.0.0rc1") == SummaryStyle.Release(3, 0, 0))
    #expect(SummaryStyle.Release("2.2.4-tf")?.description == "2.2.4-tf")
    #expect(SummaryStyle.Release("2.3.1")?.isTensorFlow == false)
  }

  @Test("the JSON form holds every row and the totals")
  func json() throws {
    let content = SummaryContent(
      modelName: "m", className: "Functional", isSequentialLike: false,
      rows: [
        SummaryRow(
          name: "x", className: "InputLayer", isInputLayer: true, outputs: .one([nil, 8]),
          parameters: 0, hasWeights: false),
        SummaryRow(
          name: "inner", className: "Sequential", outputs: .list([[nil, 2], []]), parameters: 18,
          bytes: 72, connections: [SummaryConnection(name: "x", node: 0, tensor: 1)],
          trainable: false, hasWeights: true,
          nested: [
            SummaryRow(
              name: "late", className: "Dense", outputs: .unknown, parameters: nil,
              hasWeights: false)
          ]),
      ],
      totals: SummaryTotals(
        trainable: .init(count: 0, bits: 0), nonTrainable: .init(count: 18, bits: 576),
        optimizer: .init(count: 2, bits: 96)))
    let expected = try JSON(
      parsing: """
        {"schema": 1, "model": "m", "class": "Functional", "layers": [
          {"name": "x", "class": "InputLayer", "output_shape": [null, 8], "parameters": 0,
           "bytes": 0, "trainable": null, "connected_to": [], "layers": []},
          {"name": "inner", "class": "Sequential", "output_shape": [[null, 2], []],
           "parameters": 18, "bytes": 72, "trainable": false,
           "connected_to": [{"name": "x", "node": 0, "tensor": 1}], "layers": [
            {"name": "late", "class": "Dense", "output_shape": null, "parameters": null,
             "bytes": 0, "trainable": null, "connected_to": [], "layers": []}]}],
         "parameters": {"total": 20, "trainable": 0, "non_trainable": 18, "optimizer": 2},
         "bytes": {"total": 84, "trainable": 0, "non_trainable": 72, "optimizer": 12}}
        """)
    #expect(Summary(content: content, style: .keras3).json == expected)
  }
}
