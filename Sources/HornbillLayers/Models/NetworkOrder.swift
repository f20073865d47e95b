package import HornbillCore

/// The order in which a functional model's calls run, and the depth of each: the calls nearest to the outputs have depth 0.
///
/// Source: Keras 3, `keras/src/ops/function.py`, `map_graph`.
package struct NetworkOrder: Sendable {
  /// All calls that the outputs need and all inputs, producers before consumers.
  package let nodes: [NodeReference]
  /// The depth of each of ``nodes``.
  package let depths: [Int]

  package init(
    entries: [NetworkEntry], inputs: [TensorReference], outputs: [TensorReference]
  ) throws(LayerError) {
    let inputNodes = Set(inputs.map { NodeReference(entry: $0.entry, node: $0.node) })
    let post = try NetworkOrder.postorder(entries, inputNodes: inputNodes, outputs: outputs)
    var nodeDepths: [NodeReference: Int] = [:]
    var insertion: [NodeReference] = []
    var entryDepths = [Int](repeating: 0, count: entries.count)
    for node in post.reversed() {
      if nodeDepths[node] == nil { insertion.append(node) }
      let depth = max(nodeDepths[node] ?? 0, entryDepths[node.entry])
      entryDepths[node.entry] = depth
      nodeDepths[node] = depth
      guard !inputNodes.contains(node) else { continue }
      for parent in NetworkOrder.parents(of: node, in: entries) {
        if nodeDepths[parent] == nil { insertion.append(parent) }
        nodeDepths[parent] = max(nodeDepths[parent] ?? 0, depth + 1)
      }
    }
    for reference in inputs {
      let node = NodeReference(entry: reference.entry, node: reference.node)
      if nodeDepths[node] == nil {
        nodeDepths[node] = 0
        insertion.append(node)
      }
    }
    let sorted = insertion.enumerated().sorted { a, b in
      let (x, y) = (nodeDepths[a.element] ?? 0, nodeDepths[b.element] ?? 0)
      return x == y ? a.offset < b.offset : x > y
    }
    nodes = sorted.map(\.element)
    depths = sorted.map { nodeDepths[$0.element] ?? 0 }
  }

  private static func parents(
    of node: NodeReference, in entries: [NetworkEntry]
  ) -> [NodeReference] {
    let entry = entries[node.entry]
    guard !entry.isInput, node.node < entry.calls.count else { return [] }
    return entry.calls[node.node].tensors.map { NodeReference(entry: $0.entry, node: $0.node) }
  }

  private static func postorder(
    _ entries: [NetworkEntry], inputNodes: Set<NodeReference>, outputs: [TensorReference]
  ) throws(LayerError) -> [NodeReference] {
    struct Visit {
      let node: NodeReference
      let parents: [NodeReference]
      var next = 0
    }
    var post: [NodeReference] = []
    var finished: Set<NodeReference> = []
    var open: Set<NodeReference> = []
    for output in outputs {
      var stack: [Visit] = []
      func enter(_ node: NodeReference) throws(LayerError) {
        guard node.node < entries[node.entry].nodeCount else {
          throw LayerError(
            .wiring,
            "call \(node.node) of layer \"\(entries[node.entry].instance.name)\" does not exist")
        }
        guard !finished.contains(node) else { return }
        guard open.insert(node).inserted else {
          throw LayerError(
            .wiring,
            "the connections form a cycle through layer \"\(entries[node.entry].instance.name)\"")
        }
        let isInput = inputNodes.contains(node)
        stack.append(
          Visit(node: node, parents: isInput ? [] : NetworkOrder.parents(of: node, in: entries)))
      }
      try enter(NodeReference(entry: output.entry, node: output.node))
      while var visit = stack.popLast() {
        if visit.next < visit.parents.count {
          let parent = visit.parents[visit.next]
          visit.next += 1
          stack.append(visit)
          try enter(parent)
        } else {
          open.remove(visit.node)
          finished.insert(visit.node)
          post.append(visit.node)
        }
      }
    }
    return post
  }
}
