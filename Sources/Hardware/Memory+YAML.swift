import YAML

extension Memory {
    private enum Model: String, CaseIterable {
        case ideal
        case bandwidth
    }

    /// Keys that only a standard has.
    private static let ofStandards = [
        "channels", "ranks", "address_mapping", "read_queue", "write_queue", "bank_queue", "timings",
    ]

    /// Reads the memory's description.
    ///
    /// - Throws: `InputError` for keys that do not belong to the model; a standard's keys are checked by the memory.
    init(_ node: Node) throws {
        if node["standard"] != nil {
            if let model = node["model"] {
                throw model.error("found both a standard and a model in dram, expected one of them")
            }
            self = .standard(MemoryStandard(node: node, lines: Self.lines(of: node)))
            return
        }
        for entry in node.entries ?? [] where Self.ofStandards.contains(entry.name) {
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

    /// A mapping's keys and values as they were written, a line each.
    private static func lines(of node: Node) -> [String] {
        (node.entries ?? []).map { "\($0.name): \($0.value.flow)" }
    }
}
