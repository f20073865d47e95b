import HornbillCore
import Testing

/// Decompositions, Fourier transforms and bit patterns against their definitions.
@Suite struct NumericsTests {
  /// Matrices of one batch, row-major.
  private struct Matrices {
    let rows: Int
    let columns: Int
    let elements: [[Double]]

    init(_ tensor: Tensor) throws {
      let (rows, columns) = (tensor.shape[tensor.rank - 2], tensor.shape[tensor.rank - 1])
      let all = try #require(tensor.doubles)
      self.rows = rows
      self.columns = columns
      let count = tensor.shape.dropLast(2).reduce(1, *)
      elements = (0..<count).map { Array(all[$0 * rows * columns..<($0 + 1) * rows * columns]) }
    }

    init(rows: Int, columns: Int, _ elements: [[Double]]) {
      self.rows = rows
      self.columns = columns
      self.elements = elements
    }

    var transposed: Matrices {
      Matrices(
        rows: columns, columns: rows,
        elements.map { matrix in
          (0..<columns).flatMap { j in (0..<rows).map { i in matrix[i * columns + j] } }
        })
    }

    static func * (a: Matrices, b: Matrices) -> Matrices {
      Matrices(
        rows: a.rows, columns: b.columns,
        zip(a.elements, b.elements).map { x, y in
          (0..<a.rows).flatMap { i in
            (0..<b.columns).map { j in
              (0..<a.columns).reduce(0) { $0 + x[i * a.columns + $1] * y[$1 * b.columns + j] }
            }
          }
        })
    }

    /// The matrices with zeros below (or above) the diagonal.
    func triangle(isLower: Bool) -> Matrices {
      Matrices(
        rows: rows, columns: columns,
        elements.map { matrix in
          matrix.indices.map { index in
            let (i, j) = (index / columns, index % columns)
            return (isLower ? j <= i : j >= i) ? matrix[index] : 0
          }
        })
    }

    /// The matrices with ones on the diagonal.
    var unit: Matrices {
      Matrices(
        rows: rows, columns: columns,
        elements.map { matrix in
          matrix.indices.map { $0 / columns == $0 % columns ? 1 : matrix[$0] }
        })
    }

    static func identity(_ size: Int, count: Int) -> Matrices {
      let matrix = (0..<size * size).map { $0 / size == $0 % size ? 1.0 : 0 }
      return Matrices(rows: size, columns: size, [[Double]](repeating: matrix, count: count))
    }
  }

  private static let types: [DType] = [.float32, .float64]
  private static let squares = [[2, 3, 3], [1, 1], [4, 4], [7, 7], [2, 0, 3, 3]]
  private static let oblongs = [[2, 3, 5], [5, 3], [4, 4], [1, 6], [6, 1], [2, 7, 4]]

  private func expectNear(
    _ found: Matrices, _ expected: Matrices, _ engine: Engine, _ dtype: DType, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let single = dtype == .float32 && engine.roundsToFloat32
    let scale = expected.elements.joined().reduce(1) { max($0, abs($1)) }
    let tolerance = Tolerance(
      absolute: (single ? 0x1p-24 : 0x1p-52) * 64 * scale, relative: 0)
    let problem = disagreement(
      found.elements.flatMap { $0 }, expected.elements.flatMap { $0 }, tolerance)
    #expect(problem == nil, "\(label): \(problem ?? "")", sourceLocation: sourceLocation)
  }

  /// `a·aᵀ + n`, which is positive definite.
  private func definite(_ shape: [Int], _ dtype: DType) throws -> Tensor {
    let a = try Matrices(.sample(shape, seed: 3))
    let square = a * a.transposed
    let elements = square.elements.flatMap { matrix in
      matrix.indices.map { matrix[$0] + ($0 / a.rows == $0 % a.rows ? Double(a.rows) : 0) }
    }
    return .numbers(shape, elements, dtype: dtype)
  }

  @Test(arguments: Engine.all, types)
  func cholesky(engine: Engine, dtype: DType) throws {
    for shape in Self.squares {
      let a = try definite(shape, dtype)
      let l = try Matrices(engine.results(of: .linearAlgebra(.cholesky), [a])[0])
      expectNear(l * l.transposed, try Matrices(a), engine, dtype, "\(shape)")
      expectNear(l, l.triangle(isLower: true), engine, dtype, "\(shape) triangle")
    }
  }

  @Test(arguments: Engine.all)
  func choleskyOfAnIndefiniteMatrixFails(engine: Engine) throws {
    let a = Tensor(shape: [2, 2], [1, 2, 2, 1] as [Double])
    #expect {
      _ = try engine.results(of: .linearAlgebra(.cholesky), [a])
    } throws: { error in
      (error as? ExecutionError)?.detail.contains("not positive definite") == true
    }
  }

  @Test(arguments: Engine.all, types)
  func lu(engine: Engine, dtype: DType) throws {
    for shape in Self.squares {
      let a = Tensor.sample(shape, seed: 5, dtype: dtype)
      let results = try engine.results(of: .linearAlgebra(.lu), [a])
      let factors = try Matrices(results[0])
      let order = try #require(results[1].integers).map { Int($0) }
      let n = factors.rows
      let rows = try Matrices(a).elements.enumerated().map { index, matrix in
        (0..<n).flatMap { i in
          let row = order[index * n + i]
          return matrix[row * n..<(row + 1) * n]
        }
      }
      let l = factors.triangle(isLower: true).unit
      expectNear(
        l * factors.triangle(isLower: false), Matrices(rows: n, columns: n, rows), engine, dtype,
        "\(shape)")
      #expect(l.elements.joined().allSatisfy { abs($0) <= 1 })
    }
  }

  @Test(arguments: Engine.all)
  func luOfASingularMatrixHasAZeroPivot(engine: Engine) throws {
    let a = Tensor(shape: [2, 2], [1, 2, 2, 4] as [Double])
    let factors = try Matrices(engine.results(of: .linearAlgebra(.lu), [a])[0])
    #expect(factors.elements == [[2, 4, 0.5, 0]])
  }

  @Test(arguments: Engine.all, [(true, true), (true, false), (false, true), (false, false)])
  func triangularSolve(engine: Engine, kind: (isLower: Bool, isUnit: Bool)) throws {
    for shape in Self.squares {
      let a = try definite(shape, .float64)
      let b = Tensor.sample(shape.dropLast() + [2], seed: 7, dtype: .float64)
      let op = LinearAlgebra.triangularSolve(
        isLower: kind.isLower, hasUnitDiagonal: kind.isUnit)
      let x = try Matrices(engine.results(of: .linearAlgebra(op), [a, b])[0])
      let triangle = try Matrices(a).triangle(isLower: kind.isLower)
      let product = (kind.isUnit ? triangle.unit : triangle) * x
      let scale = x.elements.joined().reduce(1) { max($0, abs($1)) }
      let expected = try Matrices(b)
      let room = Tolerance(absolute: 0x1p-40 * scale, relative: 0)
      #expect(
        disagreement(
          product.elements.flatMap { $0 }, expected.elements.flatMap { $0 }, room) == nil)
    }
  }

  @Test(arguments: Engine.all, types.flatMap { [($0, false), ($0, true)] })
  func qr(engine: Engine, kind: (dtype: DType, isFull: Bool)) throws {
    let (dtype, isFull) = kind
    for shape in Self.oblongs {
      let a = Tensor.sample(shape, seed: 11, dtype: dtype)
      let results = try engine.results(of: .linearAlgebra(.qr(isFull: isFull)), [a])
      let (q, r) = (try Matrices(results[0]), try Matrices(results[1]))
      expectNear(q * r, try Matrices(a), engine, dtype, "\(shape)")
      expectNear(
        q.transposed * q, .identity(q.columns, count: q.elements.count), engine, dtype, "\(shape) q"
      )
      expectNear(r, r.triangle(isLower: false), engine, dtype, "\(shape) r")
    }
  }

  @Test(arguments: Engine.all, types)
  func eigh(engine: Engine, dtype: DType) throws {
    for shape in Self.squares {
      let a = try definite(shape, dtype)
      let results = try engine.results(of: .linearAlgebra(.eigh), [a])
      let values = try #require(results[0].doubles)
      let v = try Matrices(results[1])
      let n = v.rows
      let scaled = v.elements.enumerated().map { index, matrix in
        matrix.indices.map { matrix[$0] * values[index * n + $0 % n] }
      }
      expectNear(
        Matrices(rows: n, columns: n, scaled) * v.transposed, try Matrices(a), engine, dtype,
        "\(shape)")
      expectNear(v.transposed * v, .identity(n, count: v.elements.count), engine, dtype, "vectors")
      for index in v.elements.indices {
        let row = Array(values[index * n..<(index + 1) * n])
        #expect(row == row.sorted())
      }
    }
  }

  @Test(arguments: Engine.all, types)
  func svd(engine: Engine, dtype: DType) throws {
    for shape in Self.oblongs {
      let a = Tensor.sample(shape, seed: 13, dtype: dtype)
      let results = try engine.results(of: .linearAlgebra(.svd), [a])
      let (u, v) = (try Matrices(results[0]), try Matrices(results[2]))
      let values = try #require(results[1].doubles)
      let k = u.columns
      let scaled = u.elements.enumerated().map { index, matrix in
        matrix.indices.map { matrix[$0] * values[index * k + $0 % k] }
      }
      expectNear(
        Matrices(rows: u.rows, columns: k, scaled) * v.transposed, try Matrices(a), engine, dtype,
        "\(shape)")
      let identity = Matrices.identity(k, count: u.elements.count)
      expectNear(u.transposed * u, identity, engine, dtype, "\(shape) u")
      expectNear(v.transposed * v, identity, engine, dtype, "\(shape) v")
      for index in u.elements.indices {
        let row = Array(values[index * k..<(index + 1) * k])
        #expect(row == row.sorted(by: >) && row.allSatisfy { $0 >= 0 })
      }
    }
  }

  /// Where singular values vanish, the vectors are orthonormal all the same.
  @Test(arguments: Engine.all)
  func svdOfAMatrixWithoutFullRank(engine: Engine) throws {
    let a = Tensor(shape: [3, 3], [1, 2, 3, 2, 4, 6, 0, 0, 0] as [Double])
    let results = try engine.results(of: .linearAlgebra(.svd), [a])
    let u = try Matrices(results[0])
    let values = try #require(results[1].doubles)
    #expect(abs(values[0] - 70.0.squareRoot()) < 1e-12)
    #expect(abs(values[1]) < 1e-12 && abs(values[2]) < 1e-12)
    expectNear(u.transposed * u, .identity(3, count: 1), engine, .float64, "u")
  }

  @Test(arguments: Engine.all, [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 30, 64])
  func fourier(engine: Engine, count: Int) throws {
    let real = Tensor.sample([2, count], seed: 17, dtype: .float64)
    let imaginary = Tensor.sample([2, count], seed: 19, dtype: .float64)
    let (x, y) = (try #require(real.doubles), try #require(imaginary.doubles))
    let found = try engine.results(of: .fft(inverse: false), [real, imaginary])
    var expected: ([Double], [Double]) = ([], [])
    for row in 0..<2 {
      for frequency in 0..<count {
        var (p, q) = (0.0, 0.0)
        for time in 0..<count {
          let turn = Double(frequency * time % count) / Double(count)
          let (c, s) = circle(turn)
          p += x[row * count + time] * c + y[row * count + time] * s
          q += y[row * count + time] * c - x[row * count + time] * s
        }
        expected.0.append(p)
        expected.1.append(q)
      }
    }
    let room = Tolerance(absolute: 1e-13 * Double(count), relative: 0)
    #expect(disagreement(try #require(found[0].doubles), expected.0, room) == nil)
    #expect(disagreement(try #require(found[1].doubles), expected.1, room) == nil)
    let back = try engine.results(of: .fft(inverse: true), found)
    #expect(disagreement(try #require(back[0].doubles), x, room) == nil)
    #expect(disagreement(try #require(back[1].doubles), y, room) == nil)
  }

  /// The cosine and the sine of a part of a full turn, by their series.
  private func circle(_ turn: Double) -> (Double, Double) {
    let angle = 2 * Double.pi * (turn > 0.5 ? turn - 1 : turn)
    var (c, s, term) = (0.0, 0.0, 1.0)
    for power in 0..<40 {
      switch power % 4 {
      case 0: c += term
      case 1: s += term
      case 2: c -= term
      default: s -= term
      }
      term *= angle / Double(power + 1)
    }
    return (c, s)
  }

  @Test(arguments: Engine.all)
  func bits(engine: Engine) throws {
    let patterns: [(DType, DType, [Double], [Int64])] = [
      (
        .float32, .int32, [1, -2, 0, -0.0, .infinity],
        [0x3F80_0000, -0x4000_0000, 0, -0x8000_0000, 0x7F80_0000]
      ),
      (.float32, .uint32, [-2], [0xC000_0000]),
      (.float64, .int64, [1, -0.5], [0x3FF0_0000_0000_0000, -0x4020_0000_0000_0000]),
      (
        .float16, .uint16, [1, -2, 65504, 0x1p-24, 0x1p-14, -.infinity],
        [0x3C00, 0xC000, 0x7BFF, 1, 0x400, 0xFC00]
      ),
      (.bfloat16, .int16, [1, -2, 0x1p-133], [0x3F80, -0x4000, 1]),
    ]
    for (floating, whole, numbers, expected) in patterns {
      let tensor = Tensor.numbers([numbers.count], numbers, dtype: floating)
      let found = try engine.results(of: .bitcast(whole), [tensor])[0]
      #expect(found.integers == expected, "\(floating)")
      let bits = Tensor(shape: [numbers.count], integers: expected, dtype: whole)
      let back = try engine.results(of: .bitcast(floating), [bits])[0]
      #expect(back.doubles == numbers, "\(floating)")
    }
    let signed = Tensor(shape: [2], integers: [-1, 5], dtype: .int8)
    #expect(try engine.results(of: .bitcast(.uint8), [signed])[0].integers == [255, 5])
  }

  @Test func shapesThatDoNotFitAreRefused() {
    func types(_ op: Op, _ shapes: [[Int]], _ dtype: DType = .float32) throws -> [ValueType] {
      try op.infer(shapes.map { ValueType(shape: $0, dtype: dtype) })
    }
    #expect(throws: LayerError.self) { try types(.linearAlgebra(.cholesky), [[2, 3]]) }
    #expect(throws: LayerError.self) { try types(.linearAlgebra(.lu), [[3]]) }
    #expect(throws: LayerError.self) { try types(.linearAlgebra(.svd), [[3, 3]], .int32) }
    #expect(throws: LayerError.self) {
      try types(
        .linearAlgebra(.triangularSolve(isLower: true, hasUnitDiagonal: false)), [[3, 3], [2, 1]])
    }
    #expect(throws: LayerError.self) { try types(.fft(inverse: false), [[4], [5]]) }
    #expect(throws: LayerError.self) { try types(.bitcast(.int64), [[4]]) }
    #expect(throws: LayerError.self) { try types(.bitcast(.bool), [[4]], .int8) }
  }
}
