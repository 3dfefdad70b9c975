import DRAM
import Hardware

/// How the timing of a layer sees the memory.
extension Memory {
    /// Bytes of one read or write command; nil for a memory without commands.
    var burstBytes: Int? { dramConfiguration?.organization.requestBytes }

    /// The most bytes that it moves in a cycle of the accelerator; nil where there is no limit.
    func peakBytesPerCycle(clock: Hertz) -> Double? {
        switch self {
        case .ideal: nil
        case .bandwidth(let bytesPerCycle, _): Double(bytesPerCycle)
        case .standard(let standard): standard.configuration.peakBandwidth * 1e9 / clock.value
        }
    }

    /// A way to the memory for one layer.
    ///
    /// - Parameter cache: what other runs of the layer have found out; nil where there are none.
    func port(loads: [Load], clock: Hertz, cache: SimulationCache?) throws -> any MemoryPort {
        switch self {
        case .ideal: return BandwidthPort(bytesPerCycle: 1, latency: 0, loads: [])
        case .bandwidth(let bytesPerCycle, let latency):
            return BandwidthPort(bytesPerCycle: bytesPerCycle, latency: latency, loads: loads)
        case .standard(let standard):
            let dram = standard.configuration
            guard let cache else { return DRAMPort(dram, loads: loads, clock: clock) }
            return try SharedDRAMPort(
                TransferKey(memory: dram, clock: clock, layout: AddressLayout(loads, organization: dram.organization)),
                operands: loads.map(\.operand), cache: cache)
        }
    }
}
