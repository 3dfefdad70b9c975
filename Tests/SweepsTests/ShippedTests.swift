import Foundation
import TestSupport
import Testing

@testable import Sweeps

/// The sweeps of `Configs/sweeps`.
@Suite struct ShippedTests {
    static let counts = [
        "array-shape": 63, "buffers-dram": 100, "machine-search": 200, "multipliers-lookahead": 24, "stored-tiles": 24,
        "tile-density": 100,
    ]

    @Test func allSweepsAreTested() throws {
        let items = try shippedLibrary().sweeps()
        #expect(items.map(\.name).sorted() == Self.counts.keys.sorted())
        #expect(items.allSatisfy { !$0.comment.isEmpty })
    }

    /// Every point has a valid machine, and the first point runs.
    @Test(arguments: counts.keys.sorted()) func itsPointsRun(name: String) async throws {
        let library = try shippedLibrary()
        let item = try #require(library.sweeps().first { $0.name == name })
        let plan = try SweepPlan(Sweep.load(path: item.path), library: library)
        #expect(plan.count == Self.counts[name])
        for point in plan.points { _ = try plan.configuration(of: point) }
        let shard = try #require(Shard("1/\(plan.count)"))
        let runner = try SweepRunner(plan, version: "1", shard: shard, jobs: 2, memory: .kibibytes(1 << 18))
        let result = try await runner.run(journal: nil)
        #expect(result.count == 1 && result.failures == 0, "\(result.reasons)")
    }
}
