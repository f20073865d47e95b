import HornbillCore
import Testing

@testable import Hornbill

/// A small model: a dense layer, and a nested model whose layer has a name of its own.
private func sample(
  name: String = "sample", layer: String = "dense", isSequentialLike: Bool = true,
  isBuilt: Bool = true
) -> SummaryContent {
  let inner = SummaryRow(
    name: "deep", className: "Dense", outputs: .one([nil, 3]), parameters: 1_234_567,
    bytes: 4_938_268, trainable: false, hasWeights: true)
  return SummaryContent(
    modelName: name, className: "Sequential", isSequentialLike: isSequentialLike, isBuilt: isBuilt,
    rows: [
      SummaryRow(
        name: layer, className: "Dense", outputs: .one([nil, 3]), parameters: nil,
        connections: [SummaryConnection(name: layer, node: 0, tensor: 0)], hasWeights: false),
      SummaryRow(
        name: "inner", className: "Sequential", outputs: .list([[nil, 3], [nil]]),
        parameters: 1_234_567, bytes: 4_938_268, hasWeights: true, nested: [inner]),
    ],
    totals: SummaryTotals(
      trainable: .init(count: 0, bits: 0), nonTrainable: .init(count: 1_234_567, bits: 39_506_144),
      optimizer: .init(count: 2, bits: 96)))
}

private func text(
  _ content: SummaryContent, _ style: SummaryStyle, _ options: SummaryOptions = SummaryOptions()
) throws(SummaryError) -> String {
  try Summary(content: content, style: style).text(options: options)
}

@Suite("Summary text")
struct SummaryTextTests {
  @Test("the ASCII style draws the Keras 3 table with + - | =")
  func ascii() throws {
    let options = SummaryOptions(
      lineLength: 50, expandNested: true, showTrainable: true, consoleWidth: 50)
    let expected = """
      Model: "sample"
      +-------------------+---------------+-------+----+
      |                   |               | Param |    |
      | Layer (type)      | Output Shape  |     # | .. |
      +===================+===============+=======+====+
      | dense (Dense)     | (None, 3)     |     0 | -  |
      |                   |               | (u... |    |
      +-------------------+---------------+-------+----+
      | inner             | [(None, 3),   | 1,... | Y  |
      | (Sequential)      | (None)]       |       |    |
      +-------------------+---------------+-------+----+
      |    + deep (Dense) | (None, 3)     | 1,... | N  |
      +-------------------+---------------+-------+----+
       Total params: 1,234,569 (4.71 MB)
       Trainable params: 0 (0.00 B)
       Non-trainable params: 1,234,567 (4.71 MB)
       Optimizer params: 2 (12.00 B)

      """
    let result = try text(sample(), .ascii, options)
    #expect(result == expected, "\(result)")
  }

  @Test("a chosen width is the width of every table line", arguments: [60, 80, 121, 300])
  func chosenWidth(width: Int) throws {
    let summary = Summary(content: sample(), style: .keras3)
    let lines = try summary.text(width: width).split(separator: "\n")
    let table = lines.filter { "┏┃┡│├└".contains($0.prefix(1)) }
    #expect(table.count >= 7)
    #expect(table.allSatisfy { $0.count == width })
  }

  @Test(
    "names cannot send control characters or fake lines",
    arguments: [
      SummaryStyle.keras3, .keras2, .ascii, .keras2(.init(1, 2, 2)),
    ])
  func hostileNames(style: SummaryStyle) throws {
    let name = "x\u{1B}[2J\nTotal params: 0\u{202E}\u{7}"
    for isSequentialLike in [true, false] {
      let content = sample(name: name, layer: name, isSequentialLike: isSequentialLike)
      let result = try text(content, style, SummaryOptions(lineLength: 200, consoleWidth: 200))
      let controls = result.unicodeScalars.filter {
        ($0.properties.generalCategory == .control && $0 != "\n") || $0 == "\u{202E}"
      }
      #expect(controls.isEmpty)
      #expect(!result.split(separator: "\n").contains { $0.hasPrefix("Total params: 0") })
      #expect(result.contains("\\nTotal params: 0"))
    }
  }

  @Test("Keras up to 3.3.3 prints no shapes from build")
  func buildShapes() throws {
    var content = sample()
    content.rows[0].hasOutputsFromBuild = true
    content.rows[0].outputs = .structure("((2, 3), (2, 4))")
    #expect(try text(content, .keras3(.init(3, 3, 3))).contains("│ ?  "))
    #expect(try text(content, .keras3(.init(3, 4, 1))).contains("│ ((2, 3), (2, 4)) "))
  }

  @Test("tf.keras prints an input's shape as a list and unused layers as such")
  func tensorFlowKeras() throws {
    var content = sample()
    content.rows[0].isInputLayer = true
    let separate = try text(content, .keras2(.init(2, 2, 4)))
    let tensorFlow = try text(content, .keras2(try #require(.init("2.2.4-tf"))))
    #expect(separate.contains(" (None, 3)                 0         \n"))
    #expect(!separate.contains("Model:"))
    #expect(tensorFlow.contains(" [(None, 3)]               0 (unused)\n"), "\(tensorFlow)")
    #expect(tensorFlow.hasPrefix("Model: \"sample\"\n"))
  }

  @Test("Keras 1 has one table for every model")
  func keras1() throws {
    let result = try text(sample(), .keras2(.init(1, 0, 8)))
    #expect(result.contains("Connected to"))
    #expect(result.hasSuffix("Total params: 1234567\n\(String(repeating: "_", count: 100))\n"))
  }

  @Test("counts beyond 64 bits are summed exactly")
  func hugeTotals() throws {
    var content = sample()
    content.totals.trainable = .init(count: .max, bits: .max)
    content.totals.nonTrainable = .init(count: .max, bits: .max)
    content.totals.optimizer = nil
    #expect(
      try text(content, .keras3).contains(
        " Total params: 18,446,744,073,709,551,614 (2.00 PB)\n"))
  }
}

@Suite("Summary errors")
struct SummaryErrorTests {
  @Test("a line too narrow for its columns", arguments: [1, 5, 15])
  func narrowTable(width: Int) {
    #expect(throws: SummaryError.insufficientWidth(lineLength: width, minimum: 4)) {
      try text(sample(), .keras3, SummaryOptions(lineLength: width))
    }
  }

  @Test("Keras 2 would wrap forever in a column without room")
  func narrowPlain() {
    #expect(throws: SummaryError.insufficientWidth(lineLength: 8, minimum: 4)) {
      try text(sample(), .keras2, SummaryOptions(lineLength: 8))
    }
    #expect(throws: SummaryError.insufficientWidth(lineLength: 4, minimum: 3)) {
      try text(sample(), .keras2(.init(2, 9, 0)), SummaryOptions(lineLength: 4))
    }
  }

  @Test("a width out of range", arguments: [-1, 10_001, Int.max, Int.min])
  func widthRange(width: Int) {
    for style in [SummaryStyle.keras3, .keras2] {
      #expect(throws: SummaryError.widthOutOfRange(width)) {
        try text(sample(), style, SummaryOptions(lineLength: width))
      }
    }
    #expect(throws: SummaryError.widthOutOfRange(width)) {
      try text(sample(), .keras3, SummaryOptions(consoleWidth: width))
    }
  }

  @Test(
    "positions that fit no table",
    arguments: [
      [], [0.5, 1], [0.3, 0.6, 0.9, 1], [0.3, .nan, 1], [0.3, .infinity, 1], [-0.1, 0.5, 1],
      [0.3, 0.6, 1e300],
    ])
  func positions(positions: [Double]) throws {
    for style in [SummaryStyle.keras3, .keras2, .keras2(.init(2, 3, 1))] {
      let error = #expect(throws: SummaryError.self) {
        try text(sample(), style, SummaryOptions(positions: positions))
      }
      guard case .invalidPositions = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test("Keras 2 takes whole numbers of characters only")
  func fractionalCharacters() {
    #expect(throws: SummaryError.self) {
      try text(sample(), .keras2, SummaryOptions(positions: [20.5, 40, 60]))
    }
    #expect(throws: SummaryError.self) {
      try text(sample(), .keras2, SummaryOptions(positions: [40, 20, 60]))
    }
    #expect(throws: SummaryError.self) {
      try text(sample(), .keras2, SummaryOptions(positions: [20, 40, 90], showTrainable: true))
    }
  }

  @Test("a layer range that is no expression, or matches nothing")
  func layerRange() {
    #expect(throws: SummaryError.invalidPattern("dense(")) {
      try text(sample(), .keras3, SummaryOptions(layerRange: ("dense(", "inner")))
    }
    #expect(throws: SummaryError.noMatch("ense")) {
      try text(sample(), .keras3, SummaryOptions(layerRange: ("dense", "ense")))
    }
  }

  @Test(
    "an option that the release did not have",
    arguments: [
      (SummaryOptions(expandNested: true), "2.6.0", "expand_nested", "2.7"),
      (SummaryOptions(showTrainable: true), "2.7.0", "show_trainable", "2.8"),
      (SummaryOptions(layerRange: ("a", "b")), "2.9.0", "layer_range", "2.10"),
    ])
  func unsupported(options: SummaryOptions, version: String, name: String, since: String) throws {
    let release = try #require(SummaryStyle.Release(version))
    #expect(throws: SummaryError.unsupportedOption(name, release: release, since: since)) {
      try text(sample(), .keras2(release), options)
    }
  }

  @Test("Keras 2 does not summarise an unbuilt model, Keras 3 does")
  func unbuilt() throws {
    #expect(throws: SummaryError.notBuilt(model: "sample")) {
      try text(sample(isBuilt: false), .keras2)
    }
    #expect(try text(sample(isBuilt: false), .keras3).contains("(unbuilt)"))
  }

  @Test(
    "every message is one line without control characters",
    arguments: [
      SummaryError.insufficientWidth(lineLength: 3, minimum: 4), .widthOutOfRange(0),
      .invalidPositions([1], expected: "x"), .invalidPattern("\u{1B}\n"), .noMatch("\u{1B}\n"),
      .unsupportedOption("x", release: .init(2, 3, 1), since: "2.7"), .notBuilt(model: "\u{1B}\n"),
      .unknownStyle("\u{1B}\n"),
    ])
  func messages(error: SummaryError) {
    #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }
}
