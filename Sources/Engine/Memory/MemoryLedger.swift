import DRAM
import Hardware

/// What the memory behind the chip did.
public struct MemoryLedger: Ledger {
    /// Bytes of weights read from DRAM.
    public var weightBytes = 0
    /// Bytes of activations read from DRAM.
    public var inputBytes = 0
    /// Bytes of outputs written to DRAM.
    public var outputBytes = 0
    /// Of the bytes moved, those that were asked for: DRAM moves whole bursts.
    public var payloadBytes = 0
    /// The DRAM's commands; zero for a memory without rows.
    public var commands = DRAMCounters()
    /// Clocks of the DRAM in the layer's time; 0 for a memory without rows.
    public var clocks = 0
    /// Bytes that DRAM could have moved in the layer's cycles; 0 with ideal memory, which has no limit.
    public var peakBytes = 0.0
    /// The fewest cycles in which DRAM can move the bytes; 0 with ideal memory.
    public var boundCycles = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(\.weightBytes, "B", "weights read from DRAM"),
        .sum(\.inputBytes, "B", "activations read from DRAM"),
        .sum(\.outputBytes, "B", "outputs written to DRAM"),
        .sum(\.payloadBytes, "B", "bytes moved that were asked for: DRAM moves whole bursts"),
        .sum(\.commands, "commands", "commands of the DRAM"),
        .sum(\.clocks, "clocks", "clocks of the DRAM in the layer's time"),
        .sum(\.peakBytes, "B", "bytes that DRAM could have moved"),
        .sum(\.boundCycles, "cycles", "fewest cycles for the bytes: bytes over peak bandwidth"),
    ]

    /// Bytes read from DRAM.
    public var readBytes: Int { weightBytes + inputBytes }

    /// Bytes moved between DRAM and the chip.
    public var bytes: Int { readBytes + outputBytes }

    /// Bytes moved over what DRAM could have moved; nil with ideal memory.
    public var bandwidthUtilization: Double? { peakBytes > 0 ? Double(bytes) / peakBytes : nil }

    /// Accesses that found their row open over all; nil for a memory without rows.
    public var rowHitRate: Double? { ratio(commands.rowHits, commands.reads + commands.writes) }
}

extension MemoryLedger {
    /// Bytes, commands and bounds of DRAM.
    ///
    /// - Parameters:
    ///   - port: the way to memory at the end; nil where memory is ideal.
    ///   - compulsory: what is moved then.
    ///   - payload: bytes that were asked for.
    ///   - cycles: cycles of what ran.
    init(
        _ port: (any MemoryPort)?, compulsory: CompulsoryTraffic, payload: Int, cycles: Int,
        configuration: Configuration
    ) {
        self.init()
        weightBytes = port?.bytesRead(.weights) ?? compulsory.weights
        inputBytes = port?.bytesRead(.inputs) ?? compulsory.inputs
        outputBytes = port?.bytesWritten ?? compulsory.outputs
        payloadBytes = payload
        if let commands = port?.commands(through: cycles - 1) {
            self.commands = commands.counters
            clocks = commands.clocks
        }
        if let peak = configuration.dram.peakBytesPerCycle(clock: configuration.clock) {
            peakBytes = peak * Double(cycles)
            boundCycles = Int((Double(bytes) / peak).rounded(.up))
        }
    }
}
