import YAML

extension Memory {
    private enum Model: String, CaseIterable {
        case ideal
    }

    /// Keys of models that this version does not have.
    private static let later = [
        "standard", "channels", "ranks", "address_mapping", "read_queue", "write_queue", "bank_queue", "timings",
        "bytes_per_cycle", "latency",
    ]

    /// Reads the memory's description.
    ///
    /// - Throws: `InputError` for anything but `{model: ideal}`.
    init(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "dram")
        if let model = decoder.optional("model") {
            if model.text == "bandwidth" { throw Self.notYet("model: bandwidth", at: model) }
            _ = try model.choice(Model.self, what: "the model")
        }
        for entry in node.entries ?? [] where Self.later.contains(entry.name) {
            throw Self.notYet(entry.name, at: entry.key)
        }
        for key in Self.later { decoder.allow(key) }
        try decoder.finish()
        self = .ideal
    }

    private static func notYet(_ what: String, at node: Node) -> InputError {
        node.error("not yet in dram: \(what): the memory system comes later; {model: ideal} is what this version has")
    }

    /// The keys with their values.
    func lines() -> [String] {
        switch self {
        case .ideal: ["model: ideal"]
        }
    }
}
