/// How the work of a recurrent op is shared by threads.
struct RecurrentShares: Sendable {
  /// The parts that the batch is divided into, each with its own thread, states and scratch memory.
  let parts: Int
  /// The threads that share each step of a batch that is not divided.
  let stepParts: Int
  /// Whether the whole sequence takes much longer than handing a part of it to another thread.
  let isLong: Bool

  /// The batch rows of a thread that make a product as fast as it gets.
  private static let manyRows = 8
  /// The multiplications of a step that take much longer than handing a part of it to another thread.
  private static let longStep = 1e5 / 6
  /// The multiplications of a sequence that take as long as that.
  private static let longSequence = 1e5

  init(batch: Int, time: Int, width: Int, units: Int, threads: Int) {
    let step = Double(batch) * Double(width) * Double(units)
    isLong = step * Double(time) > RecurrentShares.longSequence
    let isDivided = threads > 1 && isLong && batch / RecurrentShares.manyRows >= threads
    parts = isDivided ? threads : 1
    stepParts = !isDivided && step >= RecurrentShares.longStep ? threads : 1
  }
}
