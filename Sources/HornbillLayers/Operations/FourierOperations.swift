package import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Tables that Fourier transforms need.
package enum Fourier {
  /// `cos(2πk / count)` for `k < count`.
  package static func cosines(_ count: Int) -> [Double] {
    (0..<count).map { cos(2 * Double.pi * Double($0) / Double(count)) }
  }

  /// A periodic window by Keras's name: `hann` or `hamming`.
  package static func window(_ name: String, _ count: Int) -> [Double]? {
    switch name {
    case "hann": count == 1 ? [1] : cosines(count).map { 0.5 - 0.5 * $0 }
    case "hamming": count == 1 ? [1] : cosines(count).map { 0.54 - 0.46 * $0 }
    default: nil
    }
  }
}

/// Operations on sequences in time and in frequency; complex numbers are pairs of tensors.
///
/// Source: Keras 3, `keras/src/ops/math.py` and `nn.py`, with `keras/src/backend/tensorflow/math.py`.
enum FourierOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "FFT": { (c, g) throws(LayerError) in
      let (real, imaginary) = try pair(c, &g)
      let result = try g.fft(real, imaginary)
      return [result.real, result.imaginary]
    },
    "FFT2": { (c, g) throws(LayerError) in
      let (real, imaginary) = try pair(c, &g)
      return try plane(real, imaginary, inverse: false, &g)
    },
    "IFFT2": { (c, g) throws(LayerError) in
      let (real, imaginary) = try pair(c, &g)
      return try plane(real, imaginary, inverse: true, &g)
    },
    "RFFT": { (c, g) throws(LayerError) in
      let x = try g.floating(c.tensor(0, &g))
      let count = try c["fft_length"] == nil ? nil : c.integer("fft_length", atLeast: 1)
      let (real, imaginary) = try g.realFFT(x, length: count)
      return [real, imaginary]
    },
    "IRFFT": { (c, g) throws(LayerError) in
      let (real, imaginary) = try pair(c, &g)
      let half = g.shape(real).last ?? 0
      let count = try c["fft_length"] == nil ? 2 * (half - 1) : c.integer("fft_length", atLeast: 1)
      return [try g.inverseRealFFT(real, imaginary, length: count)]
    },
    "ExtractSequences": { (c, g) throws(LayerError) in
      [
        try g.frames(
          c.tensor(0, &g), length: c.integer("sequence_length", atLeast: 1),
          step: c.integer("sequence_stride", atLeast: 1))
      ]
    },
    "STFT": { (c, g) throws(LayerError) in
      let frame = try Frame(c)
      var x = try c.tensor(0, &g)
      if frame.isCentered {
        var ends = [Int](repeating: 0, count: g.rank(x))
        guard !ends.isEmpty else { throw LayerError(.shape, "STFT of a scalar") }
        ends[ends.count - 1] = frame.length / 2
        x = try g.pad(x, before: ends, after: ends, mode: .reflect)
      }
      var frames = try g.frames(x, length: frame.length, step: frame.step)
      if let window = frame.window {
        let weights = g.constant(Tensor(shape: [frame.length], window))
        frames = try g.multiply(frames, g.cast(weights, to: g.dtype(x)))
      }
      let (real, imaginary) = try g.realFFT(frames, length: nil)
      return [real, imaginary]
    },
    "ISTFT": inverseSTFT,
    "Polar": { (c, g) throws(LayerError) in
      let size = try g.operand(c.argument(0, "abs_"))
      let angle = try g.operand(c.argument(1, "angle"), as: g.dtype(size))
      let result = try g.stack(
        [g.multiply(size, g.unary(.cos, angle)), g.multiply(size, g.unary(.sin, angle))], axis: -1)
      g.markComplex(result)
      return [result]
    },
    "ViewAsComplex": { (c, g) throws(LayerError) in
      throw LayerError(.unsupported, "the complex result of ViewAsComplex is not supported")
    },
    "Real": { (c, g) throws(LayerError) in [try part(c, 0, &g)] },
    "Imag": { (c, g) throws(LayerError) in [try part(c, 1, &g)] },
    "ViewAsReal": { (c, g) throws(LayerError) in
      if try complex(c, g) != nil {
        return [try g.stack([part(c, 0, &g), part(c, 1, &g)], axis: -1)]
      }
      let x = try c.tensor(0, &g)
      return [try g.stack([x, g.filled(0, like: x)], axis: -1)]
    },
  ]

  /// The operand, when it holds complex numbers.
  private static func complex(
    _ c: OperationCall, _ g: GraphBuilder
  ) throws(LayerError) -> Value? {
    guard case .tensor(let flow) = try c.argument(0), g.complexValues.contains(flow.value) else {
      return nil
    }
    return flow.value
  }

  /// The real or the imaginary part of the operand.
  private static func part(
    _ c: OperationCall, _ index: Int, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    if let pair = try complex(c, g) { return try g.select(pair, axis: -1, index: index) }
    let x = try c.tensor(0, &g)
    return index == 0 ? x : try g.filled(0, like: x)
  }

  /// The real and the imaginary part: one argument that is a pair, or two arguments.
  private static func pair(
    _ c: OperationCall, _ g: inout GraphBuilder
  ) throws(LayerError) -> (Value, Value) {
    let parts = try c.tensorList()
    guard parts.count == 2 else {
      throw LayerError(.wiring, "\(c.className) needs a real and an imaginary part")
    }
    let values = try g.promoted(parts, isStrong: true, isFloating: true)
    return (values[0], values[1])
  }

  private static func plane(
    _ real: Value, _ imaginary: Value, inverse: Bool, _ g: inout GraphBuilder
  ) throws(LayerError) -> [Value] {
    var (a, b) = try g.fft(real, imaginary, inverse: inverse)
    a = try g.moveAxis(a, from: -1, to: -2)
    b = try g.moveAxis(b, from: -1, to: -2)
    (a, b) = try g.fft(a, b, inverse: inverse)
    return [try g.moveAxis(a, from: -1, to: -2), try g.moveAxis(b, from: -1, to: -2)]
  }

  /// How a signal is cut into frames.
  private struct Frame {
    let length: Int
    let step: Int
    let isCentered: Bool
    /// The weights of a frame; `nil` for equal ones.
    var window: [Double]?

    init(_ c: OperationCall) throws(LayerError) {
      let inner = try c.integer("sequence_length", atLeast: 1)
      length = try c.integer("fft_length", atLeast: inner)
      step = try c.integer("sequence_stride", atLeast: 1)
      isCentered = try c.bool("center", default: true)
      let before = (length - inner) / 2
      let weights: [Double]
      switch c.fields["window"] {
      case .null: return
      case nil: weights = Fourier.window("hann", inner) ?? []
      case .string(let name)?: weights = Fourier.window(name, inner) ?? []
      case let value?:
        let array = try Tensor(
          serialized: value["config"] ?? .object(JSONObject([("value", value)])))
        weights = array.doubles ?? []
      }
      guard weights.count == inner else {
        throw c.invalid("window", expected: "\"hann\", \"hamming\" or \(inner) numbers")
      }
      window =
        [Double](repeating: 0, count: before) + weights
        + [Double](repeating: 0, count: length - inner - before)
    }

    /// The weights with which windowed frames sum to the signal again.
    var inverseWindow: [Double]? {
      guard let window else { return nil }
      var sums = [Double](repeating: 0, count: step)
      for (index, weight) in window.enumerated() { sums[index % step] += weight * weight }
      return window.enumerated().map { $1 / sums[$0 % step] }
    }
  }

  private static let inverseSTFT: Operation.Rule = { (c, g) throws(LayerError) in
    let (real, imaginary) = try pair(c, &g)
    let frame = try Frame(c)
    guard g.rank(real) >= 2 else {
      throw LayerError(.shape, "ISTFT of shape \(Shape(g.shape(real)))")
    }
    var frames = try g.inverseRealFFT(real, imaginary, length: frame.length)
    if let window = frame.inverseWindow {
      let weights = g.constant(Tensor(shape: [frame.length], window))
      frames = try g.multiply(frames, g.cast(weights, to: g.dtype(frames)))
    }
    let count = g.shape(frames)[g.rank(frames) - 2]
    let total = try count == 0 ? 0 : Extent.sum(Extent.product(count - 1, frame.step), frame.length)
    let signal = try g.overlapped(frames, step: frame.step, total: total)
    let start = frame.isCentered ? frame.length / 2 : 0
    let stated = try c["length"] == nil ? nil : c.integer("length", atLeast: 0)
    let end = stated.map { start + $0 } ?? (frame.isCentered ? total - frame.length / 2 : total)
    let last = min(end, total)
    let first = min(start, max(last, 0))
    return [
      try g.slice(
        signal, axis: -1, start: last > first ? first : 0, count: max(last - first, 0))
    ]
  }
}

extension GraphBuilder {
  /// The frames of the last axis, each `step` further on: `(…, frames, length)`.
  package mutating func frames(_ x: Value, length: Int, step: Int) throws(LayerError) -> Value {
    guard let extent = shape(x).last else { throw LayerError(.shape, "frames of a scalar") }
    let count = extent < length ? 0 : (extent - length) / step + 1
    let total = try Extent.tableCount([count, length])
    let indices = (0..<total).map { Int64($0 / length * step + $0 % length) }
    let table = constant(Tensor(shape: [count, length], integers: indices, dtype: .int32))
    return try gather(x, table, axis: -1)
  }

  /// The sum of frames, each `step` further on: `(…, frames, length) → (…, total)`.
  package mutating func overlapped(
    _ frames: Value, step: Int, total: Int
  ) throws(LayerError) -> Value {
    let extents = shape(frames)
    let (count, length) = (extents[extents.count - 2], extents[extents.count - 1])
    let lead = Array(extents.dropLast(2))
    guard let outer = Shape.elementCount(lead) else {
      throw LayerError(.shape, "shape \(Shape(extents)) has too many elements")
    }
    let cells = try Extent.tableCount([count, length])
    let flat = try transpose(reshape(frames, to: [outer, cells]), [1, 0])
    let places = (0..<cells).map { Int64($0 / length * step + $0 % length) }
    let rows = constant(Tensor(shape: [cells, 1], integers: places, dtype: .int32))
    let base = try full(0, shape: [total, outer], dtype(frames))
    let sum = try scatter(.add, base, rows, flat)
    return try reshape(transpose(sum, [1, 0]), to: lead + [total])
  }

  /// The last axis cropped or padded with zeros to an extent.
  package mutating func fitted(_ x: Value, to count: Int) throws(LayerError) -> Value {
    guard let extent = shape(x).last else { throw LayerError(.shape, "a scalar has no last axis") }
    if extent >= count { return try slice(x, axis: -1, start: 0, count: count) }
    var after = [Int](repeating: 0, count: rank(x))
    let before = after
    after[rank(x) - 1] = count - extent
    return try pad(x, before: before, after: after)
  }

  /// The first half of the transform of real numbers: `(…, n) → (…, length / 2 + 1)`.
  package mutating func realFFT(
    _ x: Value, length: Int?
  ) throws(LayerError) -> (real: Value, imaginary: Value) {
    let signal = try length.map { (count) throws(LayerError) in try fitted(x, to: count) } ?? x
    guard let count = shape(signal).last else {
      throw LayerError(.shape, "a Fourier transform of a scalar")
    }
    let (real, imaginary) = try fft(signal, filled(0, like: signal))
    return (
      try slice(real, axis: -1, start: 0, count: count / 2 + 1),
      try slice(imaginary, axis: -1, start: 0, count: count / 2 + 1)
    )
  }

  /// The real numbers whose transform has that first half.
  package mutating func inverseRealFFT(
    _ real: Value, _ imaginary: Value, length: Int
  ) throws(LayerError) -> Value {
    guard length > 0, rank(real) > 0 else {
      throw LayerError(.shape, "a Fourier transform of the length \(length)")
    }
    let half = length / 2 + 1
    let (a, b) = (try fitted(real, to: half), try fitted(imaginary, to: half))
    let mirrored = length - half
    if mirrored == 0 { return try fft(a, b, inverse: true).real }
    func mirror(_ x: Value, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.reverse(g.slice(x, axis: -1, start: 1, count: mirrored), axis: -1)
    }
    let whole = try concatenate([a, mirror(a, &self)], axis: -1)
    let conjugate = try unary(.negate, mirror(b, &self))
    return try fft(whole, concatenate([b, conjugate], axis: -1), inverse: true).real
  }
}
