/// The release of Keras whose text a summary reproduces.
public enum SummaryStyle: Sendable, Hashable {
  /// The boxed table of Keras 3.
  case keras3(Release)
  /// The plain text of Keras 1 and 2, tf.keras included.
  case keras2(Release)
  /// The table of Keras 3.15 drawn with `+`, `-`, `|`, `=` only, for consoles that cannot show box
  /// characters.
  case ascii

  /// Keras 3.15.
  public static let keras3 = SummaryStyle.keras3(Release(3, 15, 0))
  /// Keras 2.15.
  public static let keras2 = SummaryStyle.keras2(Release(2, 15, 0))

  /// Reads the name of a style: `keras3`, `keras2`, `ascii`, or with a release, `keras3:3.0.4`,
  /// `keras2:2.3.1`, `keras2:2.2.4-tf`, `keras2:1.2.2`.
  ///
  /// - Throws: `SummaryError.unknownStyle` for any other text.
  public init(name: String) throws(SummaryError) {
    switch name {
    case "keras3":
      self = .keras3
      return
    case "keras2":
      self = .keras2
      return
    case "ascii":
      self = .ascii
      return
    default: break
    }
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let release = Release(String(parts[1])) else {
      throw .unknownStyle(name)
    }
    switch (parts[0], release.major) {
    case ("keras3", 3): self = .keras3(release)
    case ("keras2", 1), ("keras2", 2): self = .keras2(release)
    default: throw .unknownStyle(name)
    }
  }

  /// The style in which a file is shown unless another is asked for.
  ///
  /// Files of Keras 3 get the text of Keras 3.15, files of Keras 1 and 2 that of Keras 2.15.
  ///
  /// - Parameter major: The generation that wrote the file, 1 to 3.
  package static func style(ofGeneration major: Int) -> SummaryStyle {
    major < 3 ? .keras2 : .keras3
  }

  /// Whether it is the plain text of Keras 1 and 2.
  package var isKeras2: Bool {
    if case .keras2 = self { true } else { false }
  }

  /// A version of Keras.
  public struct Release: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first number.
    public let major: Int
    /// The second number.
    public let minor: Int
    /// The third number.
    public let patch: Int
    /// Whether it is the Keras inside TensorFlow 2, whose versions end in `-tf` or are 2.4 and
    /// later.
    public let isTensorFlow: Bool

    /// Makes a release from its numbers.
    public init(_ major: Int, _ minor: Int, _ patch: Int, isTensorFlow: Bool = false) {
      self.major = major
      self.minor = minor
      self.patch = patch
      self.isTensorFlow = isTensorFlow || (major == 2 && minor >= 4)
    }

    /// Reads `2.3.1`, `2.2.4-tf`, `2.15`, `3.0.0rc1`; `nil` when the text does not start with a
    /// number.
    public init?(_ text: String) {
      var numbers: [Int] = []
      for part in text.split(separator: ".", omittingEmptySubsequences: false).prefix(3) {
        let digits = part.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int(Substring(digits)) else { break }
        numbers.append(number)
        if digits.count != part.utf8.count { break }
      }
      guard let major = numbers.first else { return nil }
      self.init(
        major, numbers.count > 1 ? numbers[1] : 0, numbers.count > 2 ? numbers[2] : 0,
        isTensorFlow: major == 2 && text.hasSuffix("-tf"))
    }

    /// The numbers joined by points, with `-tf` where it tells two releases apart.
    public var description: String {
      "\(major).\(minor).\(patch)" + (isTensorFlow && minor < 4 ? "-tf" : "")
    }

    /// Orders releases by their numbers.
    public static func < (left: Release, right: Release) -> Bool {
      (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
  }
}
