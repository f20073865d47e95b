import HornbillFormats
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The path of a file in the project's folder of fixtures.
func fixture(_ name: String, file: String = #filePath) -> String {
  var parts = file.split(separator: "/", omittingEmptySubsequences: false)
  while let last = parts.last, last != "Tests" { parts.removeLast() }
  parts.removeLast()
  return parts.joined(separator: "/") + "/fixtures/" + name
}

/// A folder that goes away with the value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = "/tmp/hornbill-test-\(UInt64.random(in: .min ... .max))"
    try #require(mkdir(path, 0o700) == 0)
  }

  deinit {
    remove(path)
  }

  subscript(name: String) -> String { path + "/" + name }

  /// The names of the files in the folder, sorted.
  var names: [String] { TemporaryFolder.names(in: path) }

  private static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var result: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { result.append(name) }
    }
    return result.sorted()
  }

  private func remove(_ path: String) {
    // A symbolic link is removed itself; what it leads to is not the test's.
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in TemporaryFolder.names(in: path) { remove(path + "/" + name) }
    }
    #if canImport(Glibc)
    _ = Glibc.remove(path)
    #else
    _ = Darwin.remove(path)
    #endif
  }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ bytes: some Collection<UInt8>, as name: String) throws -> String {
    let file = try #require(fopen(self[name], "wb"))
    let array = Array(bytes)
    try #require(fwrite(array, 1, array.count, file) == array.count)
    try #require(fclose(file) == 0)
    return self[name]
  }
}

/// The bytes of a file.
func contents(of path: String) throws -> [UInt8] {
  let file = try #require(fopen(path, "rb"))
  defer { fclose(file) }
  var result: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
    result += buffer[..<count]
  }
  return result
}

/// Expects an error of a kind, for the object named.
@discardableResult
func expectError<Result>(
  _ code: ArchiveError.Code, object: String? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) -> ArchiveError? {
  let error = #expect(throws: ArchiveError.self, sourceLocation: sourceLocation) {
    _ = try body()
  }
  #expect(error?.code == code, "\(error?.description ?? "")", sourceLocation: sourceLocation)
  if let object { #expect(error?.object == object, sourceLocation: sourceLocation) }
  #expect(error?.description.contains("\n") != true, sourceLocation: sourceLocation)
  return error
}

/// Thrown after an issue that ends a test.
struct Unexpected: Error {}
