import DRAM
import Foundation
import Hardware
import YAML

/// The memory that a configuration names, with its preset's timings.
enum MachineMemory: Sendable {
    case ideal
    case bandwidth(bytesPerCycle: Int, latency: Int)
    case dram(DRAMConfiguration)

    /// - Parameter dram: the standard's timings, where the caller has them; else they are looked for among the presets.
    /// - Throws: `InputError` where the description is wrong, `FileError` where there are no presets.
    init(_ memory: Memory, dram: DRAMConfiguration?) throws {
        switch memory {
        case .ideal: self = .ideal
        case .bandwidth(let bytesPerCycle, let latency):
            self = .bandwidth(bytesPerCycle: bytesPerCycle, latency: latency)
        case .standard(let standard):
            self = .dram(try dram ?? .decode(standard.node, presets: Self.presets(for: standard.node)))
        }
    }

    /// The folder of presets: beside the file that names the standard, else among what ships.
    private static func presets(for node: Node) throws -> String {
        let beside = URL(filePath: node.mark.file).deletingLastPathComponent().appending(path: "dram").path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: beside, isDirectory: &isFolder), isFolder.boolValue { return beside }
        return try ConfigurationLibrary(
            directory: nil, environment: ProcessInfo.processInfo.environment,
            executable: Bundle.main.executablePath, workingDirectory: FileManager.default.currentDirectoryPath
        ).memoryFolder()
    }

    /// Bytes of one read or write command; nil for a memory without commands.
    var burstBytes: Int? {
        if case .dram(let dram) = self { dram.organization.requestBytes } else { nil }
    }

    /// The most bytes that it moves in a cycle of the accelerator; nil where there is no limit.
    func peakBytesPerCycle(clock: Hertz) -> Double? {
        switch self {
        case .ideal: nil
        case .bandwidth(let bytesPerCycle, _): Double(bytesPerCycle)
        case .dram(let dram): dram.peakBandwidth * 1e9 / clock.value
        }
    }

    /// A way to the memory for one layer.
    ///
    /// - Parameter cache: what other runs of the layer have found out; nil where there are none.
    func port(loads: [Load], clock: Hertz, cache: SimulationCache?) throws -> any MemoryPort {
        switch self {
        case .ideal: BandwidthPort(bytesPerCycle: 1, latency: 0, loads: [])
        case .bandwidth(let bytesPerCycle, let latency):
            BandwidthPort(bytesPerCycle: bytesPerCycle, latency: latency, loads: loads)
        case .dram(let dram):
            if let cache {
                try SharedDRAMPort(
                    TransferKey(
                        memory: dram, clock: clock, layout: AddressLayout(loads, organization: dram.organization)),
                    operands: loads.map(\.operand), cache: cache)
            } else {
                DRAMPort(dram, loads: loads, clock: clock)
            }
        }
    }
}
