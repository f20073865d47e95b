import HornbillCore
import Synchronization

/// Memory for the runs of one plan: each run takes an arena that nobody else has, and gives it back.
///
/// No caller waits for another: a slot is emptied and filled by one atomic exchange. Where all slots are empty, a run gets new memory,
/// and where all are full, memory goes back to the system.
///
/// Sendable is sound because the slots are atomic and an arena belongs to the one run that has taken it.
final class ArenaPool: @unchecked Sendable {
  /// The arenas that are kept.
  private static let slotCount = 16
  /// A slot to a cache line, so that callers on different cores do not share one.
  private static let spacing = 64

  private let slots: UnsafeMutableRawPointer

  init() throws(ExecutionError) {
    slots = try Memory.allocate(ArenaPool.slotCount * ArenaPool.spacing)
    for index in 0..<ArenaPool.slotCount {
      (slots + index * ArenaPool.spacing).bindMemory(to: Slot.self, capacity: 1)
        .initialize(to: Slot(nil))
    }
  }

  deinit {
    for index in 0..<ArenaPool.slotCount {
      if let address = slot(index).pointee.exchange(nil, ordering: .acquiring) {
        RunMemory(at: address).release()
      }
    }
    Memory.release(slots)
  }

  private typealias Slot = Atomic<UnsafeMutableRawPointer?>

  @inline(__always)
  private func slot(_ index: Int) -> UnsafeMutablePointer<Slot> {
    (slots + index * ArenaPool.spacing).assumingMemoryBound(to: Slot.self)
  }

  /// An arena for one run, with the slot to give it back to first; one that `make` makes where all are taken.
  func take(
    _ make: () throws(ExecutionError) -> RunMemory
  ) throws(ExecutionError) -> Arena {
    let home = Memory.threadNumber % ArenaPool.slotCount
    for step in 0..<ArenaPool.slotCount {
      let index = (home + step) % ArenaPool.slotCount
      if let address = slot(index).pointee.exchange(nil, ordering: .acquiring) {
        return Arena(memory: RunMemory(at: address), slot: index)
      }
    }
    return Arena(memory: try make(), slot: home)
  }

  /// Takes an arena back.
  func giveBack(_ arena: Arena) {
    for step in 0..<ArenaPool.slotCount {
      let index = (arena.slot + step) % ArenaPool.slotCount
      let (done, _) = slot(index).pointee.compareExchange(
        expected: nil, desired: arena.memory.address, ordering: .acquiringAndReleasing)
      if done { return }
    }
    arena.memory.release()
  }
}

/// The memory that one run has taken.
struct Arena {
  let memory: RunMemory
  fileprivate let slot: Int
}
