import DRAM
import Files
import YAML

extension Memory {
    private enum Model: String, CaseIterable {
        case ideal
        case bandwidth
    }

    /// Reads the memory's description, without a look at what of it belongs together.
    ///
    /// - Parameter presets: where a standard is looked up.
    /// - Throws: `InputError` for everything wrong in it or in a preset, `FileError` where a preset cannot be read.
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
                "\(quoted(entry.name)) belongs to a DRAM standard, and dram names none: expected standard: LPDDR4-3200 or the like "
                    + "beside it")
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

    /// Checks what no key shows alone.
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
                "A memory without a standard: `ideal` has everything on chip, `bandwidth` is a channel of fixed rate",
            page: "BuffersAndTraffic"),
        KeyEntry(
            key: "bytes_per_cycle", type: "whole number", unit: "bytes a cycle of the accelerator",
            range: "1 to \(1 << 20)", governs: "With `model: bandwidth`, what the channel moves; it has to be given",
            page: "BuffersAndTraffic"),
        KeyEntry(
            key: "latency", type: "whole number", unit: "cycles", range: "0 to \(1 << 20)",
            governs: "With `model: bandwidth`, cycles from the grant of a load to its first byte; it has to be given",
            page: "BuffersAndTraffic"),
    ]
}
