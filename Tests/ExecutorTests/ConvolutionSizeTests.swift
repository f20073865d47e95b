import HornbillCore
import Testing

/// Convolutions and products whose sizes lie around the tiles, lines, blocks and lists that kernels work in, against the definition.
@Suite struct ConvolutionSizeTests {
  struct Form: Sendable, CustomTestStringConvertible {
    var batch = 1
    let spatial: [Int]
    let channels: Int
    let filters: Int
    let size: [Int]
    var stride = 1
    var dilation = 1
    let before: Int
    let after: Int
    var groups = 1
    var testDescription: String {
      "\(batch)×\(spatial)×\(channels)→\(filters), window \(size), stride \(stride), "
        + "dilation \(dilation), padding \(before), \(after), groups \(groups)"
    }

    var window: WindowSpec {
      let axes = spatial.count
      func all(_ number: Int) -> [Int] { [Int](repeating: number, count: axes) }
      return WindowSpec(
        size: size, strides: all(stride), dilations: all(dilation), paddingBefore: all(before),
        paddingAfter: all(after))
    }
  }

  static let forms = [
    // Lines of one tile and more, with an edge on either side, one, or none.
    Form(
      batch: 2, spatial: [14, 14], channels: 5, filters: 33, size: [3, 3], before: 1, after: 1),
    Form(spatial: [13, 26], channels: 1, filters: 32, size: [3, 3], before: 0, after: 0),
    Form(batch: 2, spatial: [3, 40], channels: 3, filters: 17, size: [3, 5], before: 0, after: 4),
    Form(spatial: [40, 9], channels: 4, filters: 8, size: [3, 3], stride: 2, before: 1, after: 1),
    // More kinds of edges than one list holds.
    Form(batch: 3, spatial: [9, 15], channels: 2, filters: 40, size: [7, 7], before: 3, after: 3),
    Form(spatial: [5, 60], channels: 1, filters: 1, size: [5, 31], before: 15, after: 15),
    // Positions that cover nothing inside.
    Form(spatial: [2, 12], channels: 3, filters: 9, size: [1, 2], before: 5, after: 4),
    Form(
      spatial: [1, 1], channels: 2, filters: 3, size: [2, 2], dilation: 7, before: 9, after: 9),
    // Runs and blocks of terms that end within a cell, and more runs than are listed.
    Form(spatial: [3, 14], channels: 300, filters: 5, size: [3, 3], before: 1, after: 1),
    Form(
      spatial: [2, 16], channels: 70, filters: 70, size: [2, 9], dilation: 2, before: 8, after: 8),
    Form(spatial: [80], channels: 3, filters: 4, size: [70], dilation: 1, before: 35, after: 34),
    // Wide lines, three axes, groups, and places a power of two apart.
    Form(spatial: [2000], channels: 2, filters: 3, size: [4], before: 2, after: 1),
    Form(spatial: [4, 5, 13], channels: 3, filters: 6, size: [2, 3, 3], before: 1, after: 1),
    Form(spatial: [6, 13], channels: 8, filters: 6, size: [3, 3], before: 1, after: 1, groups: 2),
    Form(spatial: [2, 13], channels: 1024, filters: 3, size: [1, 2], before: 0, after: 1),
    Form(spatial: [7, 13], channels: 40, filters: 24, size: [1, 1], before: 0, after: 0),
    Form(spatial: [13, 13], channels: 600, filters: 31, size: [1, 1], before: 0, after: 0),
    Form(
      spatial: [12, 17], channels: 6, filters: 6, size: [3, 3], stride: 2, before: 1, after: 2,
      groups: 6),
    // Channel by channel: places that share what they read, others, and parts of vectors.
    Form(
      spatial: [6, 15], channels: 72, filters: 72, size: [3, 3], before: 1, after: 1, groups: 72),
    Form(
      batch: 2, spatial: [9], channels: 32, filters: 32, size: [3], before: 0, after: 2, groups: 32),
    // Two lines at once, with parts of vectors, and divided among threads within a line.
    Form(
      batch: 2, spatial: [7, 9], channels: 21, filters: 21, size: [3, 3], before: 0, after: 0,
      groups: 21),
    Form(
      batch: 2, spatial: [11, 19], channels: 35, filters: 35, size: [3, 3], stride: 2, before: 0,
      after: 1, groups: 35),
    Form(
      spatial: [41, 41], channels: 20, filters: 20, size: [3, 3], before: 1, after: 1, groups: 20),
    Form(
      spatial: [83, 83], channels: 20, filters: 20, size: [3, 3], stride: 2, before: 1, after: 1,
      groups: 20),
    Form(
      spatial: [4, 15], channels: 40, filters: 40, size: [2, 3], dilation: 2, before: 2, after: 2,
      groups: 40),
  ]

  @Test(arguments: forms, [1, 2]) func agrees(_ form: Form, threads: Int) throws {
    let x = Tensor.sample([form.batch] + form.spatial + [form.channels], seed: 31)
    let kernel = Tensor.sample(form.size + [form.channels / form.groups, form.filters], seed: 32)
    let op = Op.convolution(form.window, groups: form.groups)
    func magnitudes(_ tensor: Tensor) throws -> Tensor {
      Tensor.numbers(
        tensor.shape, try #require(tensor.doubles).map { abs($0) }, dtype: tensor.dtype)
    }
    let sizes = try #require(
      try Engine.all[0].results(of: op, [magnitudes(x), magnitudes(kernel)])[0].doubles)
    let truth = try #require(try Engine.all[0].results(of: op, [x, kernel])[0].doubles)
    let terms = form.size.reduce(form.channels / form.groups, *)
    for engine in Engine.all.dropFirst() {
      let result = try engine.results(of: op, [x, kernel], threads: threads)[0]
      for (index, found) in try #require(result.doubles).enumerated() {
        let bound = Tolerance.sum(terms: terms, magnitude: sizes[index], of: .float32)
        #expect(
          bound.accepts(found, truth[index]),
          "\(engine.name), element \(index): \(found), not \(truth[index])")
      }
    }
  }
}
