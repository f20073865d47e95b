// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "CharacterRNN",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "hornbill", path: "../..")],
  targets: [
    .executableTarget(
      name: "CharacterRNN", dependencies: [.product(name: "Hornbill", package: "hornbill")])
  ]
)
