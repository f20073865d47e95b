/// A pattern for names and paths: `*` stands for any text, slashes included, `?` for one character, `[abc]` and `[a-z]` for one of
/// several, `[!abc]` for any other; everything else stands for itself.
struct GlobPattern: Sendable {
  private enum Part: Sendable {
    case any
    case one
    case exactly(Character)
    case choice([ClosedRange<Character>], isNegated: Bool)

    func matches(_ character: Character) -> Bool {
      switch self {
      case .any, .one: true
      case .exactly(let own): own == character
      case .choice(let ranges, let isNegated):
        ranges.contains { $0.contains(character) } != isNegated
      }
    }
  }

  private let parts: [Part]
  /// The text before the first character that stands for others.
  let literalPrefix: String
  /// Whether the pattern stands for itself only.
  let isLiteral: Bool

  /// Understands a pattern; a bracket that is not closed stands for itself.
  init(_ text: String) {
    var parts: [Part] = []
    var rest = Array(text)[...]
    while let character = rest.popFirst() {
      switch character {
      case "*": parts.append(.any)
      case "?": parts.append(.one)
      case "[":
        if let choice = GlobPattern.choice(&rest) {
          parts.append(choice)
        } else {
          parts.append(.exactly("["))
        }
      default: parts.append(.exactly(character))
      }
    }
    self.parts = parts
    let literal = parts.prefix { if case .exactly = $0 { true } else { false } }
    literalPrefix = String(text.prefix(literal.count))
    isLiteral = literal.count == parts.count
  }

  private static func choice(_ rest: inout ArraySlice<Character>) -> Part? {
    var inner = rest
    let isNegated = inner.first == "!"
    if isNegated { inner = inner.dropFirst() }
    guard let end = inner.dropFirst().firstIndex(of: "]") else { return nil }
    var characters = inner[..<end]
    var ranges: [ClosedRange<Character>] = []
    while let first = characters.popFirst() {
      if characters.first == "-", let last = characters.dropFirst().first, first <= last {
        ranges.append(first...last)
        characters = characters.dropFirst(2)
      } else {
        ranges.append(first...first)
      }
    }
    rest = inner[(end + 1)...]
    return .choice(ranges, isNegated: isNegated)
  }

  /// Whether the pattern stands for a text as a whole.
  ///
  /// Takes at most the product of both lengths in steps, whatever the pattern.
  func matches(_ text: String) -> Bool {
    let characters = Array(text)
    var (part, position) = (0, 0)
    var retry: (part: Int, position: Int)?
    while position < characters.count {
      if part < parts.count, case .any = parts[part] {
        part += 1
        retry = (part, position)
      } else if part < parts.count, parts[part].matches(characters[position]) {
        part += 1
        position += 1
      } else if let last = retry {
        // The last star takes one character more.
        retry = (last.part, last.position + 1)
        (part, position) = (last.part, last.position + 1)
      } else {
        return false
      }
    }
    return parts[part...].allSatisfy { if case .any = $0 { true } else { false } }
  }
}
