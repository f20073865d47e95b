internal import CHornbillKernels
import HornbillCore

extension StepMaker {
  mutating func unary(_ op: UnaryOp) -> Step {
    if let step = kernelUnary(op) { return step }
    return switch x.kind {
    case .float: op.isPredicate ? predicate(op, of: Float.self) : map(op.function, of: Float.self)
    case .double:
      op.isPredicate ? predicate(op, of: Double.self) : map(op.function, of: Double.self)
    case .integer: integerUnary(op)
    }
  }

  /// The step for the functions that the kernels know.
  private mutating func kernelUnary(_ op: UnaryOp) -> Step? {
    guard x.kind == .float else { return nil }
    switch op {
    case .exp: return apply(hb_activation(function: hb_exponential, a: 0, b: 0, c: 0))
    case .tanh: return apply(hb_activation(function: hb_tanh, a: 0, b: 0, c: 0))
    case .sigmoid: return apply(hb_activation(function: hb_sigmoid, a: 0, b: 0, c: 0))
    case .negate: return simple { -$0 }
    case .absolute: return simple { abs($0) }
    case .square: return simple { $0 * $0 }
    case .reciprocal: return simple { 1 / $0 }
    case .sqrt: return simple { $0.squareRoot() }
    default: return nil
    }
  }

  @inline(__always)
  private func simple(_ function: @escaping @Sendable (Float) -> Float) -> Step {
    let (x, y) = (self.x, self.y)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      for i in 0..<y.count { to[i] = function(from[i]) }
    }
  }

  private mutating func apply(_ function: hb_activation) -> Step {
    let (x, y) = (self.x, self.y)
    let kernels = self.kernels
    let parts = threads > 1 && y.count > 1 << 17 ? threads : 1
    if parts == 1 {
      settler = { run in
        SettledActivation(
          function: function, x: x.pointer(run), y: y.pointer(run), count: y.count,
          kernels: kernels
        ).step
      }
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      run.forEachPart(parts) { part in
        let start = y.count * part / parts
        let end = y.count * (part + 1) / parts
        kernels.functions.apply(function, from + start, to + start, end - start)
      }
    }
  }

  /// The arithmetic of several elementwise nodes at once.
  func affine(_ affine: Affine) -> Step {
    let (x, y) = (self.x, self.y)
    let columns = max(y.shape.last ?? 1, 1)
    let rows = y.count / columns
    let (kernels, activation) = (self.kernels, fusion.activation)
    let parts = threads > 1 && y.count > 1 << 16 ? min(threads, rows) : 1
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      let before: UnsafeMutablePointer<Float>? = affine.before?.pointer(run)
      let scale: UnsafeMutablePointer<Float>? = affine.scale?.pointer(run)
      let after: UnsafeMutablePointer<Float>? = affine.after?.pointer(run)
      run.forEachPart(parts) { part in
        let (first, end) = (rows * part / parts, rows * (part + 1) / parts)
        kernels.functions.affine(
          from + first * columns, before, scale, after, activation, to + first * columns,
          end - first, columns)
      }
    }
  }

  func normalize(_ normalization: Normalization) -> Step {
    let (x, y) = (self.x, self.y)
    let columns = max(y.shape.last ?? 1, 1)
    let rows = y.count / columns
    let kernels = self.kernels
    let parts = threads > 1 && y.count > 1 << 15 ? min(threads, rows) : 1
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Float> = x.pointer(run)
      let to: UnsafeMutablePointer<Float> = y.pointer(run)
      let scale: UnsafeMutablePointer<Float>? = normalization.scale?.pointer(run)
      let after: UnsafeMutablePointer<Float>? = normalization.after?.pointer(run)
      run.forEachPart(parts) { part in
        let (first, end) = (rows * part / parts, rows * (part + 1) / parts)
        kernels.functions.normalize(
          from + first * columns, normalization.epsilon, scale, after, to + first * columns,
          end - first, columns)
      }
    }
  }

  private func map<T: FloatElement>(_ function: @escaping ScalarFunction, of _: T.Type) -> Step {
    let (x, y) = (self.x, self.y)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<T> = x.pointer(run)
      let to: UnsafeMutablePointer<T> = y.pointer(run)
      for i in 0..<y.count { to[i] = T(function(Double(from[i]))) }
    }
  }

  private func predicate<T: FloatElement>(_ op: UnaryOp, of _: T.Type) -> Step {
    let (x, y) = (self.x, self.y)
    let function = op.function
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<T> = x.pointer(run)
      let to: UnsafeMutablePointer<Int64> = y.pointer(run)
      for i in 0..<y.count { to[i] = function(Double(from[i])) != 0 ? 1 : 0 }
    }
  }

  private func integerUnary(_ op: UnaryOp) -> Step {
    let (x, y) = (self.x, self.y)
    let dtype = x.type.dtype
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<Int64> = x.pointer(run)
      let to: UnsafeMutablePointer<Int64> = y.pointer(run)
      for i in 0..<y.count { to[i] = IntegerFunctions.unary(op, from[i], dtype) }
    }
  }

  mutating func activation(_ activation: Activation) -> Step {
    switch x.kind {
    case .float:
      if let function = hb_activation(activation) { return apply(function) }
      return activation == .softmax
        ? softmax() : floatActivation(activation, of: Float.self)
    case .double: return floatActivation(activation, of: Double.self)
    case .integer:
      let (x, y) = (self.x, self.y)
      let dtype = x.type.dtype
      let function = activation.function ?? { $0 }
      return { (run: RunContext) throws(ExecutionError) -> Void in
        let from: UnsafeMutablePointer<Int64> = x.pointer(run)
        let to: UnsafeMutablePointer<Int64> = y.pointer(run)
        for i in 0..<y.count {
          let number = IntegerFunctions.double(from[i], dtype)
          let result = function(number)
          to[i] = result == number ? from[i] : IntegerFunctions.converted(result, to: dtype)
        }
      }
    }
  }

  /// The softmax of the operand times a positive factor.
  mutating func softmax(factor: Float = 1) -> Step {
    let (x, y) = (self.x, self.y)
    let extent = x.shape.last ?? 1
    let rows = extent == 0 ? 0 : x.count / extent
    let kernels = self.kernels
    settler = { run in
      SettledSoftmax(
        x: x.pointer(run), factor: factor, y: y.pointer(run), rows: rows, extent: extent,
        kernels: kernels
      ).step
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      kernels.functions.softmax(x.pointer(run), factor, y.pointer(run), rows, extent)
    }
  }

  private func floatActivation<T: FloatElement>(_ activation: Activation, of _: T.Type) -> Step {
    let (x, y) = (self.x, self.y)
    let extent = x.shape.last ?? 1
    let rows = extent == 0 ? 0 : x.count / extent
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<T> = x.pointer(run)
      applyActivation(activation, from, y.pointer(run), rows: rows, extent: extent)
    }
  }

  func binary(_ op: BinaryOp) throws(ExecutionError) -> Step {
    if x.type.dtype == .string, op != .equal, op != .notEqual { try refuseText(op.rawValue) }
    switch x.kind {
    case .float: return try floatBinary(op, of: Float.self)
    case .double: return try floatBinary(op, of: Double.self)
    case .integer: return integerBinary(op)
    }
  }

  private func floatBinary<T: FloatElement>(
    _ op: BinaryOp, of _: T.Type
  ) throws(ExecutionError) -> Step {
    switch op {
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor, .leftShift, .rightShift:
      throw ExecutionError("\(op) of \(x.type.dtype) is not possible")
    default: break
    }
    let (a, b, y) = (inputs[0], inputs[1], outputs[0])
    let loop = BroadcastLoop(shape: y.shape, broadcasting: [a.shape, b.shape])
    let count = loop.runCount
    let (strideA, strideB) = (loop.runStride(0), loop.runStride(1))
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let left: UnsafeMutablePointer<T> = a.pointer(run)
      let right: UnsafeMutablePointer<T> = b.pointer(run)
      var done = 0
      if op.isPredicate {
        let to: UnsafeMutablePointer<Int64> = y.pointer(run)
        try loop.forEachRun { (offsets) throws(ExecutionError) in
          BinaryFunctions.runPredicate(
            op, left + offsets[0], strideA, right + offsets[1], strideB, to + done, count: count)
          done += count
        }
      } else {
        let to: UnsafeMutablePointer<T> = y.pointer(run)
        try loop.forEachRun { (offsets) throws(ExecutionError) in
          BinaryFunctions.run(
            op, left + offsets[0], strideA, right + offsets[1], strideB, to + done, count: count,
            dtype: a.type.dtype)
          done += count
        }
      }
    }
  }

  private func integerBinary(_ op: BinaryOp) -> Step {
    let (a, b, y) = (inputs[0], inputs[1], outputs[0])
    let loop = BroadcastLoop(shape: y.shape, broadcasting: [a.shape, b.shape])
    let count = loop.runCount
    let (strideA, strideB) = (loop.runStride(0), loop.runStride(1))
    let dtype = a.type.dtype
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let left: UnsafeMutablePointer<Int64> = a.pointer(run)
      let right: UnsafeMutablePointer<Int64> = b.pointer(run)
      let to: UnsafeMutablePointer<Int64> = y.pointer(run)
      var done = 0
      try loop.forEachRun { (offsets) throws(ExecutionError) in
        for i in 0..<count {
          to[done + i] = try IntegerFunctions.binary(
            op, left[offsets[0] + i * strideA], right[offsets[1] + i * strideB], dtype)
        }
        done += count
      }
    }
  }

  func select() -> Step {
    switch y.kind {
    case .float: select(of: UInt32.self)
    case .double, .integer: select(of: UInt64.self)
    }
  }

  private func select<T: BitwiseCopyable>(of _: T.Type) -> Step {
    let (condition, a, b, y) = (inputs[0], inputs[1], inputs[2], outputs[0])
    let loop = BroadcastLoop(shape: y.shape, broadcasting: [condition.shape, a.shape, b.shape])
    let count = loop.runCount
    let strides = (loop.runStride(0), loop.runStride(1), loop.runStride(2))
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let test: UnsafeMutablePointer<Int64> = condition.pointer(run)
      let left: UnsafeMutablePointer<T> = a.pointer(run)
      let right: UnsafeMutablePointer<T> = b.pointer(run)
      let to: UnsafeMutablePointer<T> = y.pointer(run)
      var done = 0
      try loop.forEachRun { (offsets) throws(ExecutionError) in
        for i in 0..<count {
          to[done + i] =
            test[offsets[0] + i * strides.0] != 0
            ? left[offsets[1] + i * strides.1] : right[offsets[2] + i * strides.2]
        }
        done += count
      }
    }
  }

  func cast() -> Step {
    switch (x.kind, y.kind) {
    case (.float, .float): convert { (x: Float) -> Float in x }
    case (.float, .double): convert { (x: Float) -> Double in Double(x) }
    case (.double, .float): convert { (x: Double) -> Float in Float(x) }
    case (.double, .double): convert { (x: Double) -> Double in x }
    case (.float, .integer): castToInteger(of: Float.self)
    case (.double, .integer): castToInteger(of: Double.self)
    case (.integer, .float): castFromInteger(of: Float.self)
    case (.integer, .double): castFromInteger(of: Double.self)
    case (.integer, .integer): castIntegers()
    }
  }

  private func castToInteger<T: FloatElement>(of _: T.Type) -> Step {
    let dtype = y.type.dtype
    return convert { (x: T) -> Int64 in IntegerFunctions.converted(Double(x), to: dtype) }
  }

  private func castFromInteger<T: FloatElement>(of _: T.Type) -> Step {
    if x.type.dtype == .uint64 {
      return convert { (x: Int64) -> T in T(UInt64(bitPattern: x)) }
    }
    return convert { (x: Int64) -> T in T(x) }
  }

  private func castIntegers() -> Step {
    let dtype = y.type.dtype
    return convert { (x: Int64) -> Int64 in IntegerFunctions.wrapped(x, to: dtype) }
  }

  @inline(__always)
  private func convert<A: BitwiseCopyable, B: BitwiseCopyable>(
    _ function: @escaping @Sendable (A) -> B
  ) -> Step {
    let (x, y) = (self.x, self.y)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let from: UnsafeMutablePointer<A> = x.pointer(run)
      let to: UnsafeMutablePointer<B> = y.pointer(run)
      for i in 0..<y.count { to[i] = function(from[i]) }
    }
  }
}
