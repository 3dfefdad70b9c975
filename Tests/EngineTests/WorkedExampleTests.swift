import Hardware
import Tensors
import TestSupport
import Testing
import Traces
import YAML

@testable import Engine

/// The machine, the layer and the tables of the page `WorkedExample`, against the simulator; and, bundle by bundle,
/// against the naive machine.
@Suite struct WorkedExampleTests {
    private let page: Page
    private let configuration: Configuration
    private let layer: Layer
    private let workload: NaiveWorkload

    init() throws {
        page = try #require(Page.named("WorkedExample"))
        configuration = try Configuration.decode(Document.parse(page.code("The machine"), file: "WorkedExample.md"))
        let masks = try page.table("The layer").map { row in
            try row.dropFirst().map { try #require(UInt64($0, radix: 2)) }
        }
        let (filters, tiles) = (Array(masks[..<2]), Array(masks[2...]))
        let activations = (0..<3).map { step in tiles.map { $0[step] } }
        var shape = LayerShape(channels: 12, filters: 2)
        shape.width = 3
        func operand(_ name: String, _ masks: [[UInt64]]) -> OperandSource {
            .mask(
                TensorReference(
                    name: name, tensor: Tensor(masks.flatMap { $0 }, shape: [masks.count, masks[0].count])))
        }
        layer = Layer(
            name: "example", shape: shape, weights: operand("w", filters), activations: operand("a", activations))
        workload = NaiveWorkload(
            width: 4, operands: Array(repeating: [0, 1, 2, 3], count: 3), slices: [0, 1, 2],
            weights: [filters], activations: [activations],
            inputVectors: { _, steps, tiles in
                steps.flatMap { step in
                    tiles.map { tile in (0..<4).map { activations[step][tile] >> UInt64($0) & 1 == 1 } }
                }
            },
            moved: { _, steps, tiles in
                steps.flatMap { step in
                    tiles.map { NaiveItem(step: step, tile: $0, channel: 0, bits: 32, values: 4) }
                }
            }, outputs: { _ in 1 })
    }

    private func numbers(_ heading: String) throws -> [[Int]] {
        try page.table(heading).map { row in try row.map { try #require(Int($0), "\(heading): \(row)") } }
    }

    @Test func ledgerAndSlotsAreThoseOfTheSimulator() throws {
        let activity = try CycleModel(configuration).simulate(layer).activity
        let ledger = page.table("The ledger")
        #expect(ledger.map { $0[0] } == CycleHolder.allCases.map(\.name))
        #expect(ledger.map { $0[1] } == CycleHolder.allCases.map { "\(activity.timing.held[$0])" })
        let slots = page.table("The slots")
        #expect(slots.map { $0[0] } == CycleClass.allCases.map(\.name))
        #expect(slots.map { $0[3] } == CycleClass.allCases.map { "\(activity.array.slots[$0])" })
        for row in slots { #expect(Int(row[1]).map { $0 + (Int(row[2]) ?? 0) } == Int(row[3]), "\(row)") }
        #expect(activity.cycles == 47)
    }

    @Test func passesLoadsDrainsAndStoresAreThoseOfTheSimulator() throws {
        let result = try CycleModel(configuration).simulate(layer, recordsTimeline: true)
        let timeline = try #require(result.timeline)
        func slices(_ track: String) -> [TimelineSlice] {
            timeline.slices.filter { $0.track.hasPrefix(track) }.sorted { $0.start < $1.start }
        }
        let bundles = page.table("Bundles")
        let passes = try numbers("Drains and stores")
        #expect(passes.count == result.activity.array.passes)
        for pass in passes {
            let issues = bundles.filter { $0[1] == "\(pass[0])" }.compactMap { Int($0[9]) }
            let (run, drain, store) = (slices("passes")[pass[0]], slices("drains")[pass[0]], slices("stores")[pass[0]])
            #expect(run.start == issues.first && run.end == pass[1], "\(run)")
            #expect(drain.end == pass[3], "\(drain)")
            #expect(store.start == pass[4] && store.end == pass[5], "\(store)")
        }
        let loads = page.table("Passes and loads")
        #expect(loads.count == slices("weight loads").count + slices("input loads").count)
        for (index, row) in loads.enumerated() {
            let load = slices(index % 2 == 0 ? "weight loads" : "input loads")[index / 2]
            #expect(row.dropFirst().prefix(3) == ["\(load.bytes ?? 0)", "\(load.start)", "\(load.end)"], "\(load)")
        }
        #expect(result.activity.array.bundles == bundles.count)
        #expect(result.activity.memory.bytes == 15 + 36 + passes.map { $0[0] < 2 ? 2 : 1 }.reduce(0, +))
    }

    @Test func bundlesAreThoseOfTheNaiveMachine() throws {
        var machine = try NaiveMachine(configuration, workload)
        let result = try machine.run()
        let rows = page.table("Bundles")
        #expect(machine.bundles.count == rows.count)
        var entries = [0, 0]
        for (j, (row, bundle)) in zip(rows, machine.bundles).enumerated() {
            var observed = ["\(j)", "\(bundle.pass)", "\(bundle.steps[0])"]
            for stream in ["weight_fetch", "input_fetch"] {
                let ready = machine.ready(j, stream)?.cycle
                observed += [machine.amount(stream, j), ready, bundle.fetched[stream]].map { "\($0 ?? -9)" }
            }
            observed += ["\(bundle.issue ?? -9)", bundle.holder]
            for pe in 0..<2 {
                guard entries[pe] < machine.pes[0][pe].entries.count,
                    machine.pes[0][pe].entries[entries[pe]].bundle == j
                else {
                    observed += ["", ""]
                    continue
                }
                let tile = machine.passes[bundle.pass].columns[pe][0]
                let filter = machine.passes[bundle.pass].rows[0][0]
                let products =
                    workload.weights[0][filter][bundle.steps[0]] & workload.activations[0][bundle.steps[0]][tile]
                observed += [
                    "\(products.nonzeroBitCount)", "\(machine.pes[0][pe].entries[entries[pe]].done ?? -9)",
                ]
                entries[pe] += 1
            }
            #expect(observed == row, "bundle \(j)")
        }
        let drains = try numbers("Drains and stores")
        for (index, pass) in drains.enumerated() {
            let naive = machine.passes[pass[0]]
            #expect(naive.finish == pass[1] && naive.drained == pass[3] && naive.accepted == pass[5], "\(pass)")
            // The newest pass that does not fit the output buffer together with those behind it.
            let leaving = (0..<index).last { machine.passes[$0...index].reduce(0) { $0 + $1.outputBytes } > 2 }
            #expect(pass[2] == leaving.map { drains[$0][5] } ?? -1, "\(pass)")
            let drainedBefore = index == 0 ? -1 : drains[index - 1][3]
            #expect(naive.waitedForRoom == (pass[2] > max(pass[1] + 2, drainedBefore)), "\(pass)")
        }
        #expect(result.cycles == 47)
    }
}
