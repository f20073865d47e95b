internal import CHornbillKernels
import HornbillCore

/// How the units and gates of a recurrent layer stand in the kernels' rows: groups of units, the last one filled up, and in each group
/// a vector for every gate.
struct GateLayout: Sendable, Hashable {
  let units: Int
  let gates: Int
  /// The units of a group.
  let lanes: Int

  init(units: Int, gates: Int, kernels: KernelSet) {
    self.units = units
    self.gates = gates
    lanes = kernels.functions.lanes
  }

  var groups: Int { (units + lanes - 1) / lanes }
  /// The vectors of a row.
  var vectors: Int { groups * gates }
  /// The elements of a row.
  var width: Int { vectors * lanes }
  /// The elements of a row of states.
  var stateWidth: Int { (groups + 1) * lanes }
}

/// A kernel or a bias of a recurrent layer in the order of a ``GateLayout``, packed when the plan is made or, if it is computed, at
/// each run.
struct GateMatrix: Sendable {
  /// What is packed at each run.
  private let source: Operand?
  private let packing: Packing
  private let place: Operand

  /// Whether the matrix is packed once for all runs.
  var isFixed: Bool { source == nil }

  /// The elements, in panels.
  func elements(_ run: RunContext) -> UnsafePointer<Float> {
    let packed: UnsafeMutablePointer<Float> = place.pointer(run)
    if let source { packing.pack(source.raw(run), into: packed) }
    return UnsafePointer(packed)
  }

  fileprivate init(_ source: Operand?, _ packing: Packing, place: Operand) {
    self.source = source
    self.packing = packing
    self.place = place
  }

  fileprivate struct Packing: Sendable {
    let layout: GateLayout
    let k: Int
    /// The elements between the rows, and those before the first.
    let rowStride: Int
    let offset: Int
    /// The vectors of a panel.
    let vectors: Int
    let kernels: KernelSet

    func pack(_ matrix: UnsafeRawPointer, into packed: UnsafeMutablePointer<Float>) {
      kernels.functions.pack_gates(
        matrix + 4 * offset, rowStride, k, layout.units, layout.gates, vectors, packed)
    }
  }
}

extension StepMaker {
  /// Packs `k` rows of all gates, `rowStride` elements apart, in panels of so many vectors.
  mutating func packGates(
    _ operand: Operand, _ layout: GateLayout, k: Int, rowStride: Int, offset: Int = 0, panel: Int
  ) throws(ExecutionError) -> GateMatrix {
    let packing = GateMatrix.Packing(
      layout: layout, k: k, rowStride: rowStride, offset: offset, vectors: panel, kernels: kernels)
    let panels = (layout.vectors + panel - 1) / panel
    let count = try checkedProduct(panels, panel, layout.lanes, k)
    guard let block = operand.block else {
      return GateMatrix(operand, packing, place: try floatScratch(count))
    }
    let key = PackedKey(
      form: .gates(layout, panel: panel), block: block.number,
      offset: operand.offset + 4 * offset, rowStride: rowStride, columnStride: 1, k: k,
      n: layout.width, panel: layout.lanes * panel, scale: nil)
    let bytes = try checkedProduct(count, 4)
    let packed = try fixed.packed(key, byteCount: bytes) { packed in
      packing.pack(
        block.base + operand.offset, into: packed.bindMemory(to: Float.self, capacity: count))
    }
    let place = Operand(
      type: ValueType(shape: [count], dtype: .float32), count: count, block: packed, offset: 0)
    return GateMatrix(nil, packing, place: place)
  }
}
