import HornbillCore
import Synchronization

/// Names one packed form of a matrix in a block.
struct PackedKey: Sendable, Hashable {
  enum Form: Sendable, Hashable {
    case panels
    /// The gates of a recurrent layer, in panels of so many vectors.
    case gates(GateLayout, panel: Int)
    /// Panels for each cell of a transformed kernel.
    case winograd
  }

  var form = Form.panels
  /// The number of the block.
  let block: Int
  let offset: Int
  let rowStride: Int
  let columnStride: Int
  let k: Int
  let n: Int
  /// The columns of a panel.
  let panel: Int
  /// What each column is multiplied by.
  let scale: [Double]?
}

/// The blocks of weights that plans in this process have, so that plans for other inputs of one model do not pack its weights again.
///
/// Nothing is kept here: a block lives as long as the plans that use it.
enum SharedBlocks {
  private struct Known {
    weak var block: Block?
  }

  private struct Table<Key: Hashable & Sendable>: Sendable {
    private var blocks: [Key: Known] = [:]
    /// The number of entries at which those of blocks that are gone are removed.
    private var limit = 64

    subscript(key: Key) -> Block? { blocks[key]?.block }

    mutating func insert(_ block: Block, _ key: Key) {
      if blocks.count >= limit {
        blocks = blocks.filter { $0.value.block != nil }
        limit = max(64, 2 * blocks.count)
      }
      blocks[key] = Known(block: block)
    }
  }

  /// Where elements lie in memory.
  private struct Place: Hashable {
    let address: Int
    let byteCount: Int
  }

  private static let borrowed = Mutex(Table<Place>())
  private static let packedForms = Mutex(Table<PackedKey>())

  /// The block over memory of somebody else; `nil` when there is none.
  ///
  /// A block keeps the memory, so that no other memory has its address as long as the block lives.
  static func block(borrowing elements: BorrowedElements, elementSize: Int) -> Block? {
    guard let start = elements.bytes.baseAddress else { return nil }
    let place = Place(address: Int(bitPattern: start), byteCount: elements.bytes.count)
    return borrowed.withLock { table in
      if let known = table[place] { return known }
      let block = Block(borrowing: elements, elementSize: elementSize)
      if let block { table.insert(block, place) }
      return block
    }
  }

  /// A packed form that a plan has.
  static func packed(_ key: PackedKey) -> Block? { packedForms.withLock { $0[key] } }

  /// Gives a packed form to other plans.
  static func share(_ block: Block, as key: PackedKey) {
    packedForms.withLock { $0.insert(block, key) }
  }
}
