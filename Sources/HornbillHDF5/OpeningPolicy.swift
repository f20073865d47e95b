extension HDF5 {
  /// Says what a file is allowed to make the reader do.
  public struct OpeningPolicy: Hashable, Sendable {
    /// Whether links that are not hard links, storage outside the file, virtual datasets and
    /// filters other than gzip, shuffle and fletcher32 are refused.
    public let isStrict: Bool

    /// The bytes that a dataset may declare however little the file stores.
    public let freeBytes: UInt64

    /// The declared bytes that one stored byte allows beyond `freeBytes`.
    public let maximumRatio: UInt64

    /// Follows everything that HDF5 follows, except that filters are never loaded from plugins.
    public static let standard = OpeningPolicy(
      isStrict: false, freeBytes: .max, maximumRatio: .max)

    /// For files of unknown origin: nothing outside the file is touched, and sizes are bounded.
    ///
    /// External storage, external, soft and user-defined links, virtual datasets and uncommon
    /// filters are refused before anything is read through them. A dataset may declare at most
    /// 64 MiB, or 1000 bytes for each byte it stores.
    public static let strict = OpeningPolicy(
      isStrict: true, freeBytes: 64 << 20, maximumRatio: 1000)

    /// The bytes that a dataset with `stored` bytes in the file may declare.
    func allowedBytes(stored: UInt64) -> UInt64 {
      let (product, overflow) = stored.multipliedReportingOverflow(by: maximumRatio)
      return max(freeBytes, overflow ? .max : product)
    }
  }
}
