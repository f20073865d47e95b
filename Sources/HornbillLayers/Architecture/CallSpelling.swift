import HornbillCore

/// How a layer is called in Keras 3 where older releases call it otherwise.
enum CallSpelling {
  static func upgraded(
    _ arguments: CallArguments<DraftTensor>, of instance: LayerInstance
  ) -> CallArguments<DraftTensor> {
    var arguments = arguments
    arguments.keywords.removeAll { keyword in
      guard keyword.name == "mask" || keyword.name == "training" else { return false }
      if case .none = keyword.value { return true }
      return false
    }
    guard instance.layer is any RecurrentLayer, arguments.positional.count == 1,
      case .list(let elements) = arguments.positional[0], elements.count > 1
    else { return arguments }
    // Keras 1 and 2 list the initial states after the sequence.
    arguments.positional = [elements[0]]
    arguments.keywords.append(("initial_state", .list(Array(elements.dropFirst()))))
    return arguments
  }
}
