import DRAM
import Hardware
import TestSupport
import Testing
import Traces
import YAML

@testable import Engine

@Suite struct DRAMPortTests {
    private func simulator(_ dram: String, _ overrides: [Override] = []) throws -> CycleModel {
        try shippedSimulator("mobile", [Override("dram=\(dram)")] + overrides)
    }

    private func layer(_ density: Double = 0.5) -> Layer {
        var shape = LayerShape(channels: 64, filters: 64)
        (shape.height, shape.width) = (28, 28)
        (shape.kernelHeight, shape.kernelWidth) = (3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        return Layer(
            name: "layer", shape: shape, relu: .winograd, weights: .density(density, .winograd, Spread()),
            activations: .density(density, .winograd, Spread()))
    }

    @Test func clocksConvertExactlyAndRoundUp() {
        // 800 MHz against 0.625 ns: two memory clocks a cycle.
        let half = ClockRatio(memoryPeriod: 625_000, clock: .megahertz(800))
        #expect((half.numerator, half.denominator) == (1, 2))
        #expect(half.accelerator(5) == 3 && half.acceleratorFloor(5) == 2 && half.memory(3) == 6)
        // 0.83 ns at 1 GHz: 83 cycles are 100 memory clocks.
        let odd = ClockRatio(memoryPeriod: 830_000, clock: .megahertz(1000))
        #expect((odd.numerator, odd.denominator) == (83, 100))
        #expect(odd.accelerator(100) == 83 && odd.accelerator(101) == 84 && odd.memory(83) == 100)
        // Large times neither overflow nor accumulate errors.
        #expect(odd.accelerator(100_000_000_000_000) == 83_000_000_000_000)
    }

    /// The bytes are those of a plain channel, and the rate is at most the peak.
    @Test func dramMovesThePayloadInWholeBursts() throws {
        let dram = try simulator("{standard: LPDDR4-3200}").simulate(layer()).activity
        let plain = try simulator("{model: bandwidth, bytes_per_cycle: 16, latency: 0}").simulate(layer()).activity
        #expect(dram.memory.payloadBytes == plain.memory.bytes)
        #expect(dram.memory.bytes >= dram.memory.payloadBytes)
        #expect(dram.memory.bytes.isMultiple(of: 64))
        #expect(dram.cycles > plain.cycles)
        // The streams of one channel lose less than a third of the time to rows, refresh and turnarounds.
        #expect(Double(dram.cycles) < 1.5 * Double(plain.cycles))
        let utilization = try #require(dram.memory.bandwidthUtilization)
        #expect(utilization > 0.6 && utilization <= 1)
    }

    /// No decision is taken ahead of a transfer that may begin.
    @Test func idleDRAMReadsArriveWithTheirData() throws {
        let standard = try DRAMConfiguration.decode(
            Document.parse("{standard: DDR4-2400}", file: "test"), presets: shippedPresets)
        let load = Load(operand: .weights, channelGroup: 0, chunk: 0, bytes: 300, deadline: 0)
        // At the memory's own clock of 0.83 ns, cycles are memory clocks.
        let port = DRAMPort(standard, loads: [load], clock: Hertz(1e9 / 0.83))
        port.begin(load: 0, at: 0)
        #expect(port.arrival(load: 0, byte: -1) == 0)
        #expect(port.arrival(load: 0, byte: 0) == nil, "not decided yet")
        #expect(!port.decide(before: 0), "a transfer that may begin in cycle 0 goes first")
        while port.arrival(load: 0, byte: 0) == nil { #expect(port.decide(before: nil)) }
        // 2 + tRCD + CL + burst = 2 + 17 + 17 + 4.
        let arrival = try #require(port.arrival(load: 0, byte: 0))
        #expect(
            (40...41).contains(arrival), "the clocks differ by less than a millionth, and rounding is up: \(arrival)")
    }

    @Test func moreChannelsAreFasterAndRunsRepeatExactly() throws {
        func run(_ channels: Int) throws -> Activity {
            let memory = "{standard: LPDDR4-3200, channels: \(channels), address_mapping: ro ra ba bg co ch}"
            let once = try simulator(memory).simulate(layer(0.1)).activity
            #expect(try simulator(memory).simulate(layer(0.1)).activity == once)
            return once
        }
        let one = try run(1)
        let two = try run(2)
        #expect(Double(two.cycles) < 0.75 * Double(one.cycles))
        // Beyond two channels the transform and the array limit, and more channels change little.
        let four = try run(4)
        #expect(Double(four.cycles) < 1.05 * Double(two.cycles))
    }

    @Test func streamsFillRowsAndTensorsUseDifferentBanks() throws {
        let simulator = try simulator("{standard: DDR4-2400}")
        let activity = try simulator.simulate(layer()).activity
        let hits = try #require(activity.memory.rowHitRate)
        #expect(hits > 0.9)
        let standard = try DRAMConfiguration.decode(
            Document.parse("{standard: DDR4-2400}", file: "test"), presets: shippedPresets)
        let organization = standard.organization
        let loads = [
            Load(operand: .weights, channelGroup: 0, chunk: 0, bytes: 600, deadline: 0),
            Load(operand: .inputs, channelGroup: 0, chunk: 0, bytes: 300, deadline: 0),
            Load(operand: .inputs, channelGroup: 0, chunk: 1, bytes: 300, deadline: 1),
            Load(operand: .inputs, channelGroup: 0, chunk: 0, bytes: 300, deadline: 2),
        ]
        let layout = AddressLayout(loads, organization: organization)
        let row = organization.rowBytes
        let banks = organization.banks
        #expect(layout.loads[0] == 0)
        #expect(layout.loads[1].isMultiple(of: row) && layout.outputs.isMultiple(of: row))
        #expect(layout.loads[2] == layout.loads[1] + loads[1].bytes)
        #expect(layout.loads[3] == layout.loads[1], "what comes again lies where it lay")
        #expect(Set([layout.loads[0], layout.loads[1], layout.outputs].map { $0 / row % banks }).count == 3)
    }
}
