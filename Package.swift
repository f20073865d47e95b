// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "hornbill",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Hornbill", targets: ["Hornbill"]),
    .library(name: "HornbillHDF5", targets: ["HornbillHDF5"]),
    .executable(name: "hornbill", targets: ["HornbillCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CZip", pkgConfig: "libzip",
      providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
    .target(name: "CHornbillChunks", linkerSettings: [.linkedLibrary("z")]),
    .target(name: "HornbillHDF5", dependencies: ["CHDF5", "CHornbillChunks"]),
    .target(name: "HornbillCore"),
    .target(name: "HornbillReference", dependencies: ["HornbillCore"]),
    .target(name: "CHornbillKernels"),
    .target(name: "HornbillFast", dependencies: ["HornbillCore", "CHornbillKernels"]),
    .target(name: "HornbillLayers", dependencies: ["HornbillCore"]),
    .target(name: "CHornbillFiles"),
    .target(
      name: "HornbillFormats",
      dependencies: ["HornbillCore", "HornbillHDF5", "CHornbillFiles", "CZip"]),
    .target(
      name: "Hornbill",
      dependencies: [
        "HornbillCore", "HornbillFormats", "HornbillLayers", "HornbillReference", "HornbillFast",
      ]),
    .executableTarget(
      name: "HornbillCLI",
      dependencies: [
        "Hornbill",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "CharacterRNN", dependencies: ["Hornbill"],
      path: "Examples/CharacterRNN/Sources/CharacterRNN"),
    .executableTarget(
      name: "HDF5Tour", dependencies: ["HornbillHDF5"], path: "Examples/HDF5Tour/Sources/HDF5Tour"),
    .executableTarget(
      name: "HornbillBenchmarks", dependencies: ["Hornbill", "HornbillFast"],
      path: "Benchmarks/Sources"),
    .target(
      name: "HornbillTestSupport", dependencies: ["HornbillCore"],
      path: "Tests/HornbillTestSupport"),
    .target(name: "CHornbillAllocations", path: "Tests/CHornbillAllocations"),
    .testTarget(
      name: "ExecutorTests",
      dependencies: ["HornbillCore", "HornbillReference", "HornbillFast"]),
    .testTarget(name: "HornbillHDF5Tests", dependencies: ["HornbillHDF5"]),
    .testTarget(name: "HornbillCoreTests", dependencies: ["HornbillCore"]),
    .testTarget(
      name: "HornbillFormatsTests",
      dependencies: ["HornbillFormats", "HornbillCore", "HornbillHDF5"]),
    .testTarget(
      name: "HornbillLayersTests",
      dependencies: [
        "HornbillLayers", "HornbillCore", "HornbillReference", "HornbillFast",
        "HornbillTestSupport",
      ]),
    .testTarget(
      name: "CLITests",
      dependencies: ["HornbillCore", "HornbillFormats", "HornbillHDF5", "HornbillTestSupport"],
      exclude: ["Snapshots"]),
    .testTarget(
      name: "HornbillTests",
      dependencies: [
        "Hornbill", "HornbillCore", "HornbillFormats", "HornbillLayers", "HornbillTestSupport",
        "CHornbillAllocations",
      ]),
  ]
)

// Who only uses the package never resolves what makes its documentation.
if Context.environment["HORNBILL_DOCUMENTATION"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

for target in package.targets where target.type != .system {
  target.swiftSettings = [
    // SE-0335: an existential type is written `any P`.
    .enableUpcomingFeature("ExistentialAny"),
    // SE-0444: a member is visible only where its module is imported.
    .enableUpcomingFeature("MemberImportVisibility"),
    // SE-0409: an import without an access level is internal.
    .enableUpcomingFeature("InternalImportsByDefault"),
  ]
}
