// swift-tools-version:6.0
import PackageDescription

// The generated client is in `chat`. On Linux, `MobileCoreServices` in this package replaces its only import of an
// Apple framework.
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
