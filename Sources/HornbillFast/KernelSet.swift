internal import CHornbillKernels
import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The innermost loops for one instruction set.
///
/// Sendable is sound because the table that it points to is constant.
struct KernelSet: @unchecked Sendable {
  private let table: UnsafePointer<hb_kernels>

  /// The functions.
  var functions: hb_kernels { table.pointee }

  /// The name of the instruction set.
  var name: String { String(cString: table.pointee.name) }

  /// Every set that the machine runs, the fastest first.
  static let available: [KernelSet] =
    [hb_kernels_avx512(), hb_kernels_avx2(), hb_kernels_portable()].compactMap {
      $0.map { KernelSet(table: $0) }
    }

  /// The set that the environment variable `HORNBILL_KERNELS` names (`portable`, `avx2` or `avx512`), or else the fastest.
  ///
  /// - Throws: ``ExecutionError`` when the machine does not run the named set.
  static func selected() throws(ExecutionError) -> KernelSet {
    let wanted = getenv("HORNBILL_KERNELS").map { String(cString: $0) } ?? ""
    return try named(wanted.isEmpty ? available[0].name : wanted)
  }

  /// The set of a name.
  static func named(_ name: String) throws(ExecutionError) -> KernelSet {
    guard let set = available.first(where: { $0.name == name }) else {
      let names = available.map(\.name).joined(separator: ", ")
      throw ExecutionError(
        "HORNBILL_KERNELS names \(name.escapedForDisplay); this machine runs \(names)")
    }
    return set
  }
}

extension hb_activation {
  /// The identity.
  static let linear = hb_activation(function: hb_linear, a: 0, b: 0, c: 0)

  /// The kernels' form of an activation; `nil` for those that they do not know.
  init?(_ activation: Activation) {
    self = .linear
    switch activation {
    case .linear: break
    case .relu(let slope, let maximum, let threshold):
      let most = maximum ?? .infinity
      guard slope >= 0, most >= max(threshold, 0), threshold.isFinite else { return nil }
      self = hb_activation(function: hb_relu, a: slope, b: most, c: threshold)
      if slope > 0, maximum == nil, threshold == 0 { function = hb_leaky_relu }
    case .elu(let alpha): self = hb_activation(function: hb_elu, a: alpha, b: 1, c: 0)
    case .selu:
      self = hb_activation(
        function: hb_elu, a: 1.6732632423543772848170429916717,
        b: 1.0507009873554804934193349852946, c: 0)
    case .gelu(let approximate): function = approximate ? hb_gelu_tanh : hb_gelu
    case .sigmoid: function = hb_sigmoid
    case .tanh: function = hb_tanh
    case .softplus: function = hb_softplus
    case .softsign: function = hb_softsign
    case .exponential: function = hb_exponential
    case .hardSigmoid:
      self = hb_activation(function: hb_hard_sigmoid, a: 1, b: 3, c: 6)
    case .hardSigmoidKeras2:
      self = hb_activation(function: hb_hard_sigmoid, a: 0.2, b: 0.5, c: 1)
    case .hardSilu: self = hb_activation(function: hb_hard_silu, a: 1, b: 3, c: 6)
    case .silu: function = hb_silu
    case .mish: function = hb_mish
    case .celu, .hardTanh, .logSigmoid, .tanhShrink, .softShrink, .hardShrink, .squareplus,
      .sparsePlus, .sparseSigmoid, .threshold, .softmax, .logSoftmax, .sparsemax:
      return nil
    }
  }
}

/// Threads that share the work of a step with the caller.
///
/// Sendable is sound because the pool guards itself with a lock.
final class WorkerPool: @unchecked Sendable {
  /// The threads that work at once, the caller's included.
  let threads: Int
  /// The pool as the kernels know it, for those that share their work themselves.
  let pool: OpaquePointer

  /// Starts the threads; `nil` for one thread, and when the system gives none.
  init?(threads: Int) {
    let threads = min(threads, 64)
    guard threads > 1, let pool = hb_pool_create(Int32(threads)) else { return nil }
    self.threads = threads
    self.pool = pool
  }

  deinit { hb_pool_destroy(pool) }

  /// Calls `body` once for each part, in any order and side by side.
  func run(parts: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { escaping in
      var context = Context(body: escaping)
      withUnsafeMutablePointer(to: &context) { pointer in
        hb_pool_run(
          pool, Int32(parts),
          { context, part in
            context?.assumingMemoryBound(to: Context.self).pointee.body(Int(part))
          }, pointer)
      }
    }
  }

  private struct Context {
    let body: (Int) -> Void
  }

  /// Calls `body` for each part, on the pool's threads when there is a pool.
  static func run(parts: Int, on workers: WorkerPool?, _ body: (Int) -> Void) {
    if let workers, parts > 1 {
      workers.run(parts: parts, body)
    } else {
      for part in 0..<parts { body(part) }
    }
  }
}

extension RunContext {
  /// Calls `body` for each part, on the pool's threads when there is a pool.
  func forEachPart(_ parts: Int, _ body: (Int) -> Void) {
    WorkerPool.run(parts: parts, on: workers, body)
  }
}
