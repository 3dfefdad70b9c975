import Energy
import Foundation
import Hardware
import Traces

@testable import Simulation

/// The top of the repository.
let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// The table that ships.
func shippedTable() throws -> EnergyTable { try EnergyTable.load(path: repository + "/Configs/energy/default.yaml") }

/// A layer with the given counts.
func layer(_ name: String = "layer", _ algorithm: Algorithm, _ set: (inout Activity) -> Void) -> LayerResult {
    var activity = Activity()
    set(&activity)
    return LayerResult(
        name: name, shape: LayerShape(channels: 1, filters: 1), algorithm: algorithm, note: nil, activity: activity)
}

/// A folder of its own with the given files, which is removed afterwards.
func withFiles<R>(_ files: [String: String], _ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appendingPathComponent("winosim-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in files {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
    return try body(folder.path)
}
