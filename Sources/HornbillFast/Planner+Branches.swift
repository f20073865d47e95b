import HornbillCore
import Synchronization

/// Recurrent ops that run side by side, such as the two directions of Bidirectional: each is too small to be shared by threads, and none
/// of them needs another.
struct Branches {
  let graph: Graph
  let threads: Int

  /// The nodes that are looked at to find another branch.
  private static let reach = 32

  /// The nodes in an order in which they can run, those together that run side by side.
  func ordered(_ nodes: [Graph.Node]) -> [[Graph.Node]] {
    if threads == 1 { return nodes.map { [$0] } }
    var rest = nodes[...]
    var result: [[Graph.Node]] = []
    while let node = rest.popFirst() {
      guard isBranch(node) else {
        result.append([node])
        continue
      }
      let group = branches(beside: node, rest.prefix(Branches.reach))
      let needed = ancestors(of: group, rest.prefix(Branches.reach))
      func isTaken(_ node: Graph.Node) -> Bool {
        node.outputs.contains { needed.contains($0.index) }
      }
      result += rest.filter(isTaken).filter { node in
        !group.contains { $0.outputs == node.outputs }
      }.map { [$0] }
      result.append([node] + group)
      rest = rest.filter { !isTaken($0) }[...]
    }
    return result
  }

  /// Nodes that neither need `node` nor each other.
  private func branches(
    beside node: Graph.Node, _ rest: ArraySlice<Graph.Node>
  ) -> [Graph.Node] {
    var dependent = Set(node.outputs.map(\.index))
    var group: [Graph.Node] = []
    for other in rest {
      let needsGroup = other.inputs.contains { dependent.contains($0.index) }
      if !needsGroup, group.count + 1 < threads, isBranch(other) {
        group.append(other)
      } else if !needsGroup {
        continue
      }
      dependent.formUnion(other.outputs.map(\.index))
    }
    return group
  }

  /// What is computed for the nodes of a group among `rest`, and by them, as the indices of values.
  private func ancestors(of group: [Graph.Node], _ rest: ArraySlice<Graph.Node>) -> Set<Int> {
    var needed = Set(group.flatMap { $0.outputs.map(\.index) })
    for node in rest.reversed() where node.outputs.contains(where: { needed.contains($0.index) }) {
      needed.formUnion(node.inputs.map(\.index))
    }
    return needed
  }

  /// Whether a node is a recurrent op that takes long enough for a thread of its own, and is not shared by threads itself.
  private func isBranch(_ node: Graph.Node) -> Bool {
    let cell: RecurrentCell
    switch node.op {
    case .simpleRNN: cell = .simple
    case .lstm: cell = .lstm
    case .gru: cell = .gru
    default: return false
    }
    let x = graph.type(of: node.inputs[0]).shape
    let units = graph.type(of: node.inputs[2]).shape[0]
    let shares = RecurrentShares(
      batch: x[0], time: x[1], width: cell.gates * units, units: units, threads: threads)
    return shares.isLong && shares.parts == 1 && shares.stepParts == 1
  }
}

extension Planner {
  /// Plans nodes whose steps run side by side: none takes memory that another one gives back.
  mutating func plan(together nodes: [Graph.Node]) throws(ExecutionError) {
    let first = steps.count
    held = Held()
    for node in nodes { try plan(node) }
    let held = self.held
    self.held = nil
    for maker in held?.makers ?? [] { try maker.release(in: &layout) }
    for (values, areResults) in held?.values ?? [] {
      try release(values, areResults: areResults)
    }
    let group = Array(steps[first...])
    let cost = labels[first...].reduce(into: OpCost()) { $0 += $1.cost }
    labels[first].cost = cost
    labels.removeSubrange((first + 1)...)
    steps.replaceSubrange(first..., with: [Planner.together(group)])
    settlers.replaceSubrange(first..., with: [nil])
  }

  private static func together(_ steps: [Step]) -> Step {
    { (run: RunContext) throws(ExecutionError) -> Void in
      let failure = Mutex<ExecutionError?>(nil)
      run.forEachPart(steps.count) { part in
        do throws(ExecutionError) {
          try steps[part](run)
        } catch {
          failure.withLock { $0 = error }
        }
      }
      if let error = failure.withLock({ $0 }) { throw error }
    }
  }
}
