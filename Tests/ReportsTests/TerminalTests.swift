import Reports
import Simulation
import Testing

@testable import Engine

@Suite struct TerminalTests {
    private func lines(_ layers: [LayerActivity]) throws -> [String] {
        try HandMade.report(layers).terminal().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func large(_ scale: Int, name: String) -> LayerActivity {
        var activity = HandMade.second.activity
        activity.timing.cycles *= scale
        activity.array.usefulProducts *= scale
        activity.workload.denseMultiplies *= scale
        return LayerActivity(
            name: name, shape: HandMade.second.shape, algorithm: .winograd(tile: 2, kernel: 3),
            note: "runs " + String(repeating: "on and ", count: 40) + "on", activity: activity)
    }

    @Test(arguments: [1, 1000, 1_000_000])
    func noLineIsLongerThan120(scale: Int) throws {
        let names = ["short", "features.block_7.branch_3.convolution", String(repeating: "x", count: 300), "a\nb\tc"]
        let lines = try lines(names.map { large(scale, name: $0) })
        for line in lines {
            #expect(line.count <= 120, "\(line)")
            #expect(!line.hasSuffix(" "))
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
        }
        #expect(lines.contains { $0.hasPrefix("short ") })
        #expect(lines.contains { $0.hasPrefix("…") && $0.contains("nvolution  winograd") })
    }

    @Test func columnsAreAligned() throws {
        let lines = try lines([HandMade.first, HandMade.second, HandMade.third])
        let rules = lines.indices.filter { lines[$0].hasPrefix("---") }
        // The tables of layers and of components.
        #expect(rules.count == 4)
        let width = lines[rules[0]].count
        #expect(lines[rules[1]].count == width)
        // The decimal points of the last column are aligned, and no row leaves it empty.
        let last = (rules[0] + 1...rules[1] + 1).filter { $0 != rules[1] }.map { lines[$0] }
        let points = last.map { line in line.lastIndex(of: ".").map { line.distance(from: line.startIndex, to: $0) } }
        #expect(Set(points.compactMap { $0 }).count == 1 && points.count == 4, "\(last)")
        #expect(last.map(\.count).max() == width, "\(last)")
        #expect(lines[rules[1] + 1].hasPrefix("total "))
    }

    @Test func thousandsAreSeparatedWhileTheyFit() throws {
        let lines = try lines([HandMade.second])
        #expect(
            lines.contains { $0.hasPrefix("conv2") && $0.contains("  2,000,000  ") && $0.contains("  1,500,000,000  ") }
        )
        let wide = try self.lines([large(1_000_000, name: "conv2")])
        #expect(wide.contains { $0.contains("10^") })
    }

    @Test func multiplyEnergyIsShownWithItsBaseline() throws {
        let lines = try lines([HandMade.first, HandMade.second])
        let text = try #require(lines.first { $0.hasPrefix("Multiply energy") })
        #expect(text.contains(" of ") && text.contains("dense direct"))
    }

    /// Keys of the array are proposed only if the array limits.
    @Test func adviceFollowsTheLedger() throws {
        func advice(_ holder: CycleHolder) throws -> String {
            var activity = HandMade.first.activity
            activity.array.slots[.unmapped] = activity.array.slots[.underfill]
            activity.array.slots[.underfill] = 0
            activity.timing.held = CycleLedger()
            activity.timing.held[holder] = activity.cycles
            let layer = LayerActivity(
                name: "l", shape: HandMade.first.shape, algorithm: .linear, note: nil, activity: activity)
            return try #require(lines([layer]).first { $0.hasPrefix("To change it: ") })
        }
        #expect(try advice(.array).hasPrefix("To change it: unmapped slots: pe_array.rows, columns"))
        #expect(try advice(.issue).hasPrefix("To change it: unmapped slots: "))
        #expect(try advice(.dramWeights).hasPrefix("To change it: dram; weight_buffer.capacity"))
        #expect(try advice(.drain).hasPrefix("To change it: output_transform.units"))
    }

    @Test func zerosAreLeftOut() throws {
        let text = try lines([HandMade.first]).joined(separator: " ").replacing("   ", with: " ")
        #expect(
            text.contains(
                "slots: useful 68.4%, underfill 12.1%, ineffectual 9.8%, imbalance 7.8%, drain 2.0% To change it:"))
        #expect(
            text.contains(
                "Bound by array. What held the next broadcast, in shares of all cycles: array 90.0%, drain 10.0%"))
        let idle = try self.lines([HandMade.third])
        #expect(idle.contains { $0.hasSuffix("there are none") })
    }
}
