// Paths are split at the byte of `/`, as libhdf5 does: a combining mark behind the slash makes
// another character of it for Swift, but not for HDF5.

/// Whether a path begins at the root of its file.
func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

/// The names that a path is made of, without the empty ones and `.`.
func pathParts(_ path: String) -> [String] {
  path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
}

/// The path of a member, from the root.
func joined(_ base: String, _ name: String) -> String {
  if isAbsolute(name) { return name }
  return base.utf8.last == UInt8(ascii: "/") ? base + name : base + "/" + name
}

/// The names in the order of their bytes, as HDF5 sorts them.
func sortedByBytes(_ names: [String]) -> [String] {
  names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// A name that no writer of a file can have foreseen.
let unforeseeableName = "?\(UInt64.random(in: 0 ... .max))\(UInt64.random(in: 0 ... .max))"
