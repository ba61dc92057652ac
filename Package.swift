// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// `Columnar` alone hands out spans of memory that its classes own.
let lifetimes: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

/// A test target beside the module of the same name.
func tests(of module: String, using more: [Target.Dependency] = [], except: [String] = []) -> Target {
  .testTarget(
    name: "\(module)Tests", dependencies: [.byName(name: module), "TestSupport"] + more, exclude: except,
    swiftSettings: strict)
}

let package = Package(
  name: "wequery",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "wequery", targets: ["wequery"]),
    .library(name: "QueryEngine", targets: ["QueryEngine"]),
    .library(name: "TableFormat", targets: ["TableFormat"]),
    .library(name: "Maintenance", targets: ["Maintenance"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLz4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .target(name: "CKernels"),
    .target(name: "Columnar", dependencies: ["CKernels"], swiftSettings: strict + lifetimes),
    .target(
      name: "FileFormats", dependencies: ["Columnar", "CZstd", "CLz4", "CSnappy", "CDeflate", "CKernels"],
      swiftSettings: strict),
    .target(
      name: "TableFormat", dependencies: ["Columnar", "FileFormats", "CSQLite"], swiftSettings: strict),
    .target(
      name: "QueryEngine", dependencies: ["Columnar", "FileFormats", "TableFormat", "CKernels", "CPCRE2"],
      swiftSettings: strict),
    .target(
      name: "Maintenance", dependencies: ["Columnar", "FileFormats", "TableFormat", "QueryEngine"],
      swiftSettings: strict),
    .executableTarget(
      name: "wequery",
      dependencies: [
        "Columnar", "FileFormats", "TableFormat", "QueryEngine", "Maintenance",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Columnar", "FileFormats", "TableFormat", "QueryEngine"],
      path: "Tests/TestSupport", swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: ["Columnar", "FileFormats", "TableFormat", "QueryEngine", "Maintenance"],
      path: "Fuzz/Targets", swiftSettings: strict),
    .executableTarget(
      name: "KernelBench", dependencies: ["Columnar", "FileFormats", "QueryEngine", "Maintenance"],
      path: "Benchmarks/KernelBench", swiftSettings: strict),
    .executableTarget(
      name: "QueryBench", dependencies: ["FileFormats", "TableFormat", "QueryEngine"],
      path: "Benchmarks/QueryBench", swiftSettings: strict),
    tests(of: "Columnar"),
    tests(of: "FileFormats", using: ["Columnar"]),
    tests(of: "TableFormat", using: ["Columnar", "FileFormats"], except: ["Rules/README.md"]),
    tests(of: "QueryEngine", using: ["Columnar", "FileFormats", "TableFormat"]),
    tests(of: "Maintenance", using: ["Columnar", "FileFormats", "TableFormat", "QueryEngine"]),
    tests(
      of: "wequery",
      using: ["QueryEngine", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "FileFormats", "TestSupport"], swiftSettings: strict),
  ]
)
