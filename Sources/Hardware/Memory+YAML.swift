import DRAM
import Files
import YAML

extension Memory {
    private enum Model: String, CaseIterable {
        case ideal
        case bandwidth
    }

    /// Reads the memory's description, without checking its values against each other.
    ///
    /// - Parameter presets: the presets, one of which a standard is.
    /// - Throws: `InputError` for any error in it or in a preset, `FileError` if a preset cannot be read.
    init(_ node: Node, presets: () throws -> DRAMPresets) throws {
        if node["standard"] != nil {
            if let model = node["model"] {
                throw model.error("found both a standard and a model in dram, expected one of them")
            }
            self = .standard(try MemoryStandard(node, presets: presets()))
            return
        }
        for entry in node.entries ?? [] where DRAMConfiguration.keys.contains(entry.name) {
            throw entry.key.error(
                "\(quoted(entry.name)) is a key of a DRAM standard, and dram has none: expected a standard too, such as "
                    + "standard: LPDDR4-3200")
        }
        let decoder = try MappingDecoder(node, what: "dram")
        let model = try decoder.optional("model")?.choice(Model.self, what: "the model")
        switch model ?? .ideal {
        case .ideal: self = .ideal
        case .bandwidth:
            self = .bandwidth(
                bytesPerCycle: try decoder.required("bytes_per_cycle").integer(in: 1...1 << 20),
                latency: try decoder.required("latency").integer(in: 0...1 << 20))
        }
        try decoder.finish()
    }

    /// The keys with their values.
    func lines() -> [String] {
        switch self {
        case .ideal: ["model: ideal"]
        case .bandwidth(let bytes, let latency):
            ["model: bandwidth", "bytes_per_cycle: \(bytes)", "latency: \(latency)"]
        case .standard(let standard): standard.lines
        }
    }

    /// Checks values against each other.
    ///
    /// - Throws: `InputError` at the key that the error names.
    public func check() throws {
        guard case .standard(let standard) = self, let node = standard.node else { return }
        try standard.configuration.check(at: node)
    }

    /// The keys of a memory without a standard.
    static let keyEntries = [
        KeyEntry(
            key: "model", type: "one of", range: "ideal, bandwidth", defaultValue: "ideal",
            governs:
                "A memory without a standard: `ideal` has all data on chip, `bandwidth` is a channel of fixed rate",
            page: "BuffersAndTraffic"),
        KeyEntry(
            key: "bytes_per_cycle", type: "whole number", unit: "bytes per cycle of the accelerator",
            range: "1 to \(1 << 20)", governs: "With `model: bandwidth`, the bandwidth of the channel; required",
            page: "BuffersAndTraffic"),
        KeyEntry(
            key: "latency", type: "whole number", unit: "cycles", range: "0 to \(1 << 20)",
            governs: "With `model: bandwidth`, cycles from the grant of a load to its first byte; required",
            page: "BuffersAndTraffic"),
    ]
}
