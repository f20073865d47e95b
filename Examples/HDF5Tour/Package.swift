// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "HDF5Tour",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "hornbill", path: "../..")],
  targets: [
    .executableTarget(
      name: "HDF5Tour",
      dependencies: [.product(name: "HornbillHDF5", package: "hornbill")])
  ]
)
