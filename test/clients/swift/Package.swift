// swift-tools-version:6.0
import PackageDescription

// The generated client stands in `chat`. On Linux its one import of Apple's is answered by `MobileCoreServices` here.
let package = Package(
    name: "Clients",
    platforms: [.macOS(.v13)],
    targets: [
        .target(name: "MobileCoreServices"),
        .target(
            name: "ChatClient",
            dependencies: [.target(name: "MobileCoreServices", condition: .when(platforms: [.linux]))],
            path: "chat/Sources/ChatClient"
        ),
        .executableTarget(name: "Scenario", dependencies: ["ChatClient"]),
        .executableTarget(name: "QuickStart", dependencies: ["ChatClient"]),
    ]
)
