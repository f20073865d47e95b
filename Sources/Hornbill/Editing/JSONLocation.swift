import HornbillCore

/// One step from a JSON value to one inside it.
enum JSONStep: Sendable, Hashable {
  case key(String)
  case index(Int)
}

extension JSON {
  /// The value at the end of some steps; `nil` when there is none.
  subscript(location: some Collection<JSONStep>) -> JSON? {
    var value = self
    for step in location {
      switch (step, value) {
      case (.key(let key), .object(let object)):
        guard let inner = object[key] else { return nil }
        value = inner
      case (.index(let index), .array(let elements)):
        guard elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }

  /// Changes the value at the end of some steps; nothing happens when there is none.
  mutating func update(at location: some Collection<JSONStep>, _ body: (inout JSON) -> Void) {
    guard let step = location.first else {
      body(&self)
      return
    }
    let rest = location.dropFirst()
    switch (step, self) {
    case (.key(let key), .object(var object)):
      guard var inner = object[key] else { return }
      inner.update(at: rest, body)
      object[key] = inner
      self = .object(object)
    case (.index(let index), .array(var elements)):
      guard elements.indices.contains(index) else { return }
      elements[index].update(at: rest, body)
      self = .array(elements)
    default: return
    }
  }

  /// Changes the value of a key of an object; nothing happens when there is none.
  mutating func update(key: String, _ body: (inout JSON) -> Void) {
    update(at: CollectionOfOne(.key(key)), body)
  }
}
