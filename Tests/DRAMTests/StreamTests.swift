import DRAM
import Testing

/// A stream of reads reaches the bandwidth of every shipped memory, with its default mapping.
@Suite struct StreamTests {
    private static let memories = DRAMPresets(folder: Support.presets).names.flatMap { name in
        [1, 2, 4, 8].map { "{standard: \(name), channels: \($0)}" }
    }

    @Test(arguments: memories) func streamsReachThePeak(_ memory: String) throws {
        let memory = try Support.memory(memory)
        // Three intervals between refreshes.
        let bursts = 3 * memory.timings.tREFI / memory.organization.burstCycles * memory.organization.channels
        let result = try DRAMReplay.run(RequestTraces.sequential(bursts), memory)
        #expect(result.counters.refreshes >= 3 * memory.organization.channels)
        #expect(result.fractionOfPeak >= 0.88 && result.fractionOfPeak < 1, "\(result.fractionOfPeak)")
        // Nothing but refreshes takes more than three clocks of a hundred.
        for cause in DRAMIdleCause.allCases where cause != .refresh {
            let share = Double(result.counters.idle[cause]) / Double(result.busCycles)
            #expect(share < 0.03, "\(cause): \(share)")
        }
    }
}
