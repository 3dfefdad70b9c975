import Files
import TestSupport
import Testing

@testable import Sweeps

@Suite struct PlanTests {
    private func values(_ sweep: String) throws -> [[String]] { try Folder.withSweep(sweep).plan().values }

    /// The last axis is the fastest, the traces are the slowest; constraints leave points out.
    @Test func theGridHasItsOrder() throws {
        #expect(
            try values(Folder.sweep).map { $0.joined(separator: " ") } == [
                "trace.yaml 1 1 4 KiB", "trace.yaml 1 1 8 KiB", "trace.yaml 1 2 4 KiB", "trace.yaml 1 2 8 KiB",
                "trace.yaml 1 4 4 KiB", "trace.yaml 1 4 8 KiB", "trace.yaml 2 1 4 KiB", "trace.yaml 2 1 8 KiB",
                "trace.yaml 2 2 4 KiB", "trace.yaml 2 2 8 KiB", "trace.yaml 2 4 4 KiB", "trace.yaml 2 4 8 KiB",
                "trace.yaml 4 1 4 KiB", "trace.yaml 4 1 8 KiB", "trace.yaml 4 2 4 KiB", "trace.yaml 4 2 8 KiB",
            ])
    }

    @Test func axesMoveTogether() throws {
        let sweep = """
            traces: [trace.yaml]
            axes: {pe_array.rows: [1, 2], clock: [800 MHz, 1 GHz], pe_array.columns: [4, 2]}
            together: [pe_array.rows, pe_array.columns]
            """
        #expect(
            try values(sweep).map { $0.dropFirst().joined(separator: " ") } == [
                "1 800 MHz 4", "1 1 GHz 4", "2 800 MHz 2", "2 1 GHz 2",
            ])
        let byTrace = """
            axes: {pe_array.rows: [1, 2], trace: [trace.yaml, ./trace.yaml]}
            together: [[trace, pe_array.rows]]
            """
        #expect(try values(byTrace) == [["1", "trace.yaml"], ["2", "./trace.yaml"]])
    }

    /// An axis that varies with others may repeat a value.
    @Test func axesThatMoveTogetherMayRepeatAValue() throws {
        let sweep = """
            traces: [trace.yaml]
            axes: {pe_array.rows: [4, 2, 2], pe_array.columns: [1, 1, 2]}
            together: [pe_array.rows, pe_array.columns]
            """
        #expect(try values(sweep).map { $0.dropFirst().joined(separator: " ") } == ["4 1", "2 1", "2 2"])
    }

    /// An encoding with a number is one value, in an axis and in a constraint.
    @Test func encodingsAreValues() throws {
        let sweep = """
            traces: [trace.yaml]
            axes:
              weight_buffer.encoding: [dense, bitmask, {run_length: 4}, {csc: 4}]
              pe_array.rows: [1, 2]
            constraints: ["weight_buffer.encoding == bitmask or pe_array.rows == 2"]
            """
        #expect(
            try values(sweep).map { $0.dropFirst().joined(separator: " ") } == [
                "dense 2", "bitmask 1", "bitmask 2", "{run_length: 4} 2", "{csc: 4} 2",
            ])
    }

    /// A section and a key of it: whichever comes first in the file, the key is that of its axis.
    @Test func keysOfSectionsApply() throws {
        for order in [[0, 1], [1, 0]] {
            let axes = ["dram: [{standard: DDR4-2400}, {standard: HBM2}]", "dram.channels: [1, 2]"]
            let plan = try Folder.withSweep(
                "traces: [trace.yaml]\nset: [\"dram={model: ideal}\"]\naxes: {\(order.map { axes[$0] }.joined(separator: ", "))}"
            ).plan()
            #expect(plan.count == 4)
            for point in plan.points {
                let texts = plan.texts(of: point)
                let channels = try plan.configuration(of: point).value(of: "dram.channels")?.text
                #expect(channels == texts[order == [0, 1] ? 2 : 1], "\(texts)")
            }
        }
    }

    /// A key that a point does not have is equal to no value; a memory has the keys of its preset.
    @Test(arguments: [
        ("dram.channels == 2", 1), ("dram.channels != 2", 3), ("dram.channels >= 1", 3), ("dram.ranks == 1", 3),
        ("dram.organization.row >= 2 KiB", 3), ("dram.model == ideal or dram.channels == 2", 2),
        ("not dram.channels + 1 == 3", 3), ("dram.standard == 'HBM2'", 1),
    ])
    func constraintsSeeMemories(constraint: String, count: Int) throws {
        let sweep = """
            traces: [trace.yaml]
            axes: {dram: [{standard: LPDDR4-3200, channels: 2}, {standard: DDR4-2400}, {standard: HBM2}, {model: ideal}]}
            constraints: ["\(constraint)"]
            """
        #expect(try values(sweep).count == count)
    }

    /// A shared buffer takes the place of the buffers of the base; their keys have no value then.
    @Test(arguments: [
        ("weight_buffer.capacity >= 1 B or operand_buffer.capacity >= 32 KiB", 2),
        ("weight_buffer.capacity == 8 KiB", 1), ("not weight_buffer.banks == 2", 2), ("operand_buffer.banks == 8", 3),
    ])
    func sharedBuffersAreValues(constraint: String, count: Int) async throws {
        let sweep = """
            base: machine.yaml
            traces: [trace.yaml]
            set: [operand_buffer.banks=8, operand_buffer.port=auto]
            axes: {operand_buffer.capacity: [none, 16 KiB, 32 KiB]}
            constraints: ["\(constraint)"]
            """
        let plan = try Folder.withSweep(sweep).plan()
        #expect(plan.count == count)
        #expect(try await plan.result().failures == 0)
    }

    /// The right side of a decided operator is not evaluated.
    @Test func constraintsStopOnceDecided() throws {
        let sweep = """
            traces: [trace.yaml]
            axes: {pe_array.stall_latency: [0, 1, 2]}
            constraints:
              - pe_array.stall_latency == 0 or 2 / pe_array.stall_latency >= 2
              - not (pe_array.stall_latency != 0 and 2 / pe_array.stall_latency < 1)
            """
        #expect(try values(sweep).map { $0[1] } == ["0", "1"])
    }

    /// Constraints on one axis reduce it before points are drawn, also in a grid too large to search.
    @Test(arguments: ["random", "latin-hypercube"]) func constraintsOnOneAxisReduceIt(method: String) throws {
        let axes = ["rows", "columns", "fifo_depth", "filters_per_pe"]
        let sweep = """
            traces: [trace.yaml]
            axes: {\(axes.map { "pe_array.\($0): {from: 1, to: 64, step: 1}" }.joined(separator: ", "))}
            constraints: [pe_array.rows == 16, 128 / pe_array.columns == 16, "pe_array.fifo_depth > 60 or pe_array.fifo_depth < 2"]
            sample: {method: \(method), count: 5}
            """
        let points = try values(sweep)
        #expect(points.count == 5)
        for point in points {
            #expect(
                point[1] == "16" && point[2] == "8" && ["1", "61", "62", "63", "64"].contains(point[3]), "\(point)")
        }
        #expect(throws: InputError.self) { try values(sweep.replacing("== 16,", with: "== 65,")) }
        if method == "latin-hypercube" { #expect(Set(points.map { $0[3] }).count == 5) }
    }

    /// A smaller sample than requested has a note.
    @Test func smallSamplesAreReported() throws {
        let axes = "traces: [trace.yaml]\naxes: {pe_array.rows: {from: 1, to: 9, step: 1}, pe_array.columns: [1, 2]}\n"
        func plan(_ sample: String) throws -> SweepPlan { try Folder.withSweep(axes + sample).plan() }
        #expect(try plan("").note == nil)
        #expect(try plan("sample: {method: random, count: 18}").note == nil)
        let note = try plan("sample: {method: random, count: 19}").note
        #expect(note?.contains("has 18 of 19 points") == true)
        let few = try plan("sample: {method: latin-hypercube, count: 40}")
        #expect(few.count < 40 && few.note?.contains("has \(few.count) of 40 points") == true)
    }

    /// Texts are shown without YAML's quotes.
    @Test func textsHaveNoQuotes() throws {
        let sweep = """
            traces: ["./trace.yaml"]
            axes: {name: ['q"uote', "two, parts"]}
            """
        #expect(try values(sweep) == [["./trace.yaml", "q\"uote"], ["./trace.yaml", "two, parts"]])
    }

    /// Constraints can use keys without an axis, keys of a mapping in an axis, words, and parameters of traces.
    @Test(arguments: [
        ("pe_array.columns == 2", 12), ("pe_array.columns == 3", 0), ("dram.standard == LPDDR4-3200", 0),
        ("dram.standard == 'LPDDR4-3200'", 12),
        ("trace.weights.density < 0.3", 6), ("weight_buffer.bandwidth >= 64 B and pe_array.rows > 1", 6),
        ("datatype.weights == 16 bit or pe_array.rows == 1", 12), ("pe_array.lookahead == 2", 6),
        ("mapping.step == channels", 12),
        ("trace == 'trace.yaml'", 12),
    ])
    func constraintsSeeAllKeys(constraint: String, count: Int) throws {
        let sweep = """
            base: machine.yaml
            traces: [trace.yaml]
            axes:
              pe_array: [{rows: 1, lookahead: 1}, {rows: 2, lookahead: 2}]
              trace.weights.density: [0.2, 0.4]
              pe_array.fifo_depth: [4, 5, 6]
            constraints: ["\(constraint)"]
            """
        if count > 0 {
            #expect(try values(sweep).count == count)
        } else {
            let error = #expect(throws: InputError.self) { try values(sweep) }
            #expect(error != nil)
        }
    }

    /// Random sweeps have the points of nested loops over all choices.
    @Test func randomGridsMatchNestedLoops() throws {
        let seed: UInt64 = 21
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let rows = (1...random.number(1...5)).map { _ in random.number(1...64) }.unique()
            let columns = (1...random.number(1...5)).map { _ in random.number(1...64) }.unique()
            let (limit, divisor) = (random.number(1...2000), random.number(1...4))
            let sweep = """
                traces: [trace.yaml]
                axes: {pe_array.rows: \(rows), pe_array.columns: \(columns)}
                constraints: [pe_array.rows * pe_array.columns <= \(limit), not pe_array.rows % \(divisor) == 1]
                """
            let expected = rows.flatMap { row in
                columns.filter { row * $0 <= limit && row % divisor != 1 }.map { ["trace.yaml", "\(row)", "\($0)"] }
            }
            if expected.isEmpty {
                #expect(throws: InputError.self, "seed \(seed)") { try values(sweep) }
            } else {
                #expect(try values(sweep) == expected, "seed \(seed): \(sweep)")
            }
        }
    }

    private func sampled(_ method: String, _ count: Int, _ seed: Int, constraints: String = "[]") throws -> [[String]] {
        try values(
            """
            traces: [trace.yaml]
            axes:
              pe_array.rows: {from: 1, to: 20, step: 1}
              pe_array.columns: {from: 1, to: 20, step: 1}
              pe_array.fifo_depth: {from: 1, to: 20, step: 1}
            constraints: \(constraints)
            sample: {method: \(method), count: \(count), seed: \(seed)}
            """)
    }

    @Test func randomSamplesDependOnTheirSeeds() throws {
        let points = try sampled("random", 100, 3)
        #expect(points.count == 100 && Set(points).count == 100)
        #expect(try sampled("random", 100, 3) == points)
        #expect(try sampled("random", 100, 4) != points)
        let wanted = try sampled("random", 50, 3, constraints: "[pe_array.rows == 2 * pe_array.columns]")
        #expect(wanted.count == 50 && wanted.allSatisfy { Int($0[1]) == 2 * (Int($0[2]) ?? 0) })
        // No more than there are.
        #expect(try sampled("random", 5000, 3, constraints: "[pe_array.rows == 2 * pe_array.columns]").count == 200)
    }

    /// Of 20 points on axes of 20 values, each value is taken once.
    /// Inside its stratum a value is random, not the first one.
    @Test func aLatinHypercubeSpreadsInsideItsStrata() throws {
        let seed = 5
        let sweep = """
            traces: [trace.yaml]
            axes: {pe_array.rows: {from: 1, to: 1024, step: 1}}
            sample: {method: latin-hypercube, count: 16, seed: \(seed)}
            """
        let offsets = try values(sweep).map { (try #require(Int($0[1])) - 1) % 64 }
        #expect(offsets.count == 16 && Set(offsets).count > 8, "seed \(seed): \(offsets)")
        #expect(offsets.contains { $0 < 24 } && offsets.contains { $0 >= 40 }, "seed \(seed): \(offsets)")
    }

    @Test func aLatinHypercubeTakesEachStratumOnce() throws {
        let points = try sampled("latin-hypercube", 20, 5)
        #expect(points.count == 20)
        for axis in 1...3 { #expect(Set(points.map { $0[axis] }).count == 20) }
        #expect(try sampled("latin-hypercube", 20, 5) == points)
        #expect(try sampled("latin-hypercube", 20, 6) != points)
        // Of 100 points on the same axes, each value is taken five times.
        let many = try sampled("latin-hypercube", 100, 5)
        for axis in 1...3 {
            let counts = Dictionary(grouping: many) { $0[axis] }.mapValues(\.count)
            #expect(counts.count == 20 && counts.values.allSatisfy { $0 <= 5 } && many.count > 95)
        }
    }

    /// Grids that are too large for a loop can be sampled.
    @Test func largeGridsAreSampled() throws {
        let axes = ["rows", "columns", "fifo_depth", "lookahead", "filters_per_pe", "tiles_per_pe"]
        let ranges = axes.map { "  pe_array.\($0): {from: 1, to: 16, step: 1}\n" }.joined()
        let grid = "traces: [trace.yaml]\naxes:\n\(ranges)"
        let error = #expect(throws: InputError.self) { try values(grid) }
        #expect(error?.message.contains("use a sample") == true)
        for method in ["random", "latin-hypercube"] {
            let points = try values(
                grid + "sample: {method: \(method), count: 30}\nconstraints: [pe_array.rows <= 8]\n")
            #expect(points.count > 5 && points.count <= 30 && points.allSatisfy { (Int($0[1]) ?? 9) <= 8 }, "\(method)")
        }
    }
}
