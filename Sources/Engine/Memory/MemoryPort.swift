import DRAM
import Hardware

/// The way to memory: transfers begin one after the other, loads and stores alike. Cycles are the accelerator's.
protocol MemoryPort: AnyObject {
    /// The first cycle in which another transfer may begin.
    var free: Int { get }
    /// Begins a load; its bytes arrive in order of address, or nearly so.
    func begin(load: Int, at cycle: Int)
    /// Begins a store of so many bytes.
    ///
    /// - Returns: the cycle in which its last byte is accepted.
    func store(bytes: Int, at cycle: Int) -> Int
    /// The cycle by which a load that has begun has arrived up to and including a byte; for the byte before the first, the
    /// load's beginning. Nil where the memory has not decided on it yet.
    func arrival(load: Int, byte: Int) -> Int?
    /// Lets the memory take its next decision.
    ///
    /// - Parameter cycle: the cycle in which the next transfer may begin; nil where none is known.
    /// - Returns: false where the transfer has to begin first.
    func decide(before cycle: Int?) -> Bool
    /// Serves all that is left.
    ///
    /// - Returns: the cycle in which the last write is done; -1 without writes.
    func finish() -> Int
    /// Bytes that all loads of an operand move, in the memory's own units.
    func bytesRead(_ operand: Operand) -> Int
    /// Bytes written, in the memory's own units.
    var bytesWritten: Int { get }
    /// What the memory did by the end of a cycle in which all is served, and its clocks until then; nil where it has no
    /// commands.
    func commands(through cycle: Int) -> (counters: DRAMCounters, clocks: Int)?
}

/// A channel of fixed bandwidth and latency.
final class BandwidthPort: MemoryPort {
    private let bytesPerCycle: Int
    private let latency: Int
    private let loads: [Load]
    private(set) var free = 0
    private(set) var bytesWritten = 0
    private var begins: [Int]
    private var lastAccepted = -1

    init(bytesPerCycle: Int, latency: Int, loads: [Load]) {
        self.bytesPerCycle = bytesPerCycle
        self.latency = latency
        self.loads = loads
        begins = [Int](repeating: 0, count: loads.count)
    }

    func begin(load: Int, at cycle: Int) {
        begins[load] = cycle
        free = cycle + (loads[load].bytes + bytesPerCycle - 1) / bytesPerCycle
    }

    func store(bytes: Int, at cycle: Int) -> Int {
        free = cycle + (bytes + bytesPerCycle - 1) / bytesPerCycle
        lastAccepted = free - 1
        bytesWritten += bytes
        return lastAccepted
    }

    func arrival(load: Int, byte: Int) -> Int? {
        if byte < 0 { return begins[load] }
        return begins[load] + latency + (byte + bytesPerCycle) / bytesPerCycle - 1
    }

    func decide(before cycle: Int?) -> Bool { false }

    func finish() -> Int { lastAccepted }

    func commands(through cycle: Int) -> (counters: DRAMCounters, clocks: Int)? { nil }

    func bytesRead(_ operand: Operand) -> Int {
        loads.reduce(0) { $0 + ($1.operand == operand ? $1.bytes : 0) }
    }
}

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
