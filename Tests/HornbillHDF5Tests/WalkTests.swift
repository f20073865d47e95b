import HornbillHDF5
import Testing

@Suite struct WalkTests {
  @Test func cyclesEnd() throws {
    let root = try HDF5.File(reading: fixture("cycle.h5"), policy: .strict).root
    let entries = try root.walk()
    #expect(entries.map(\.path) == ["/a", "/a/b", "/a/b/top", "/a/b/up", "/a/twice", "/once"])
    #expect(entries.map(\.firstPath) == [nil, nil, "/", "/a", nil, "/a/twice"])
    #expect(entries.map(\.depth) == [1, 2, 3, 3, 2, 1])
    #expect(entries.map(\.object) == [.group, .group, .group, .group, .dataset, .dataset])
  }

  @Test func aVisitorSkipsAndStops() throws {
    let root = try HDF5.File(reading: fixture("cycle.h5")).root
    var seen: [String] = []
    try root.walk { entry in
      seen.append(entry.path)
      return entry.path == "/a/b" ? .skip : entry.path == "/a/twice" ? .stop : .descend
    }
    #expect(seen == ["/a", "/a/b", "/a/twice"])
  }

  @Test func depthTakesNoStack() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("deep.h5")
    let file = try HDF5.File(creating: path)
    var group = file.root
    for _ in 0..<2000 { group = try group.createGroup(at: "g") }
    let entries = try file.root.walk()
    #expect(entries.count == 2000)
    #expect(entries.last?.depth == 2000)
    try file.close()
    let strict = try HDF5.File(reading: path, policy: .strict)
    #expect(failure { () throws(HDF5.Error) in try strict.root.walk() }?.code == .sizeLimit)
  }
}
