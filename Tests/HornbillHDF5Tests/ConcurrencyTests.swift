import HornbillHDF5
import Testing

@Suite struct ConcurrencyTests {
  @Test func manyTasksReadOneFile() async throws {
    let file = try HDF5.File(reading: fixture("storage.h5"), policy: .strict)
    try await withThrowingTaskGroup(of: Float.self) { group in
      for task in 0..<64 {
        group.addTask {
          var sum: Float = 0
          for name in ["compact", "contiguous", "chunked", "gzip", "all"] {
            let numbers: [Float] = try file.root.dataset(at: name).read()
            sum += numbers.reduce(0, +)
            if task % 4 == 0 {
              let error = failure { () throws(HDF5.Error) in try file.root.group(at: name) }
              #expect(error?.code == .wrongKind)
            }
          }
          return sum
        }
      }
      for try await sum in group { #expect(sum == 1770 * 5) }
    }
  }

  @Test func manyTasksOpenAndFailTogether() async throws {
    let image = try bytes(of: fixture("strings.h5"))
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          if task % 2 == 0 {
            let error = failure { () throws(HDF5.Error) in
              try HDF5.File(reading: Array(image.dropLast(100)), name: "\(task)")
            }
            #expect(error?.code == .truncated)
            #expect(error?.file == "\(task)")
          } else {
            let error = failure { () throws(HDF5.Error) in
              try inventory(HDF5.File(reading: image, name: "\(task)"))
            }
            #expect(error == nil)
          }
        }
      }
    }
  }
}
