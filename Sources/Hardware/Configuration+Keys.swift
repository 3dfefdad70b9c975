import YAML

extension Configuration {
    /// All keys with dots, sections included: `clock`, `pe_array`, `pe_array.rows`. Those that have no effect behind a shared buffer
    /// come last, and have no value.
    public var keys: [String] {
        ((try? Self.names(in: resolved())) ?? []) + (sharedBanks == nil ? [] : SharedBuffer.replacedKeys)
    }

    /// The value of a key with dots; nil if there is no such key.
    ///
    /// - Throws: `InputError` if the configuration cannot be written as YAML, which would be a bug.
    public func value(of key: String) throws -> Node? {
        try key.split(separator: ".", omittingEmptySubsequences: false).reduce(resolved()) { node, name in
            node?[String(name)]
        }
    }

    /// Whether a key with dots has a value of its own, though it may be written as a mapping: `{run_length: 4}`.
    public static func isValue(_ key: String) -> Bool { keyEntries.contains { $0.key == key && !$0.isMapping } }

    private func resolved() throws -> Node? { try Document.parse(yaml(), file: name) }

    private static func names(in node: Node?) -> [String] {
        (node?.entries ?? []).flatMap { entry in
            [entry.name] + names(in: entry.value).map { "\(entry.name).\($0)" }
        }
    }

    /// The documentation of every key: sections followed by their keys, in the order of files. Of the memory's keys it has those
    /// of a model; `DRAMConfiguration.keyEntries` has those of a standard.
    public static let keyEntries: [KeyEntry] = {
        let standard = Configuration()
        let extends = KeyEntry(
            key: Extending.key, type: "name or path",
            governs: "In a file: the configuration, by its file or shipped name, that these keys change",
            page: "Configurations")
        return [extends]
            + fields.flatMap(\.entries).flatMap { entry -> [KeyEntry] in
                var entry = entry
                if !entry.isMapping {
                    entry.defaultValue = (try? standard.value(of: entry.key)).flatMap { $0?.text ?? $0?.flow } ?? ""
                }
                return entry.key == "dram" ? [entry] + Memory.keyEntries.map { $0.inside("dram") } : [entry]
            }
    }()

    /// Checks values against each other; `node` is the mapping from which they were read.
    ///
    /// - Throws: `InputError` at the key that is most likely wrong.
    func check(_ node: Node) throws {
        func place(_ keys: (String, String)...) -> Node {
            for (section, key) in keys {
                if let value = node[section]?[key] { return value }
            }
            return node
        }
        if peArray.broadcastSteps > peArray.fifoDepth {
            throw place(("pe_array", "broadcast_steps"), ("pe_array", "fifo_depth")).error(
                "broadcast_steps is \(peArray.broadcastSteps), but fifo_depth is \(peArray.fifoDepth): a bundle of steps "
                    + "must fit into an empty FIFO, expected at most \(peArray.fifoDepth) steps")
        }
        for (name, buffer) in [("weight_buffer", weightBuffer), ("input_buffer", inputBuffer)]
        where sharedBanks == nil && buffer.chunkSize.count > buffer.capacity.count {
            throw place((name, "chunk"), (name, "capacity")).error(
                "\(name).chunk is \(QuantityKind.capacity.format(Double(buffer.chunkSize.count))), but its capacity is "
                    + "\(QuantityKind.capacity.format(Double(buffer.capacity.count))): expected a buffer of several chunks"
            )
        }
        try checkSharedBanks(place)
        if inputTransform.placement == .read && mapping.step == .channels {
            throw place(("input_transform", "placement"), ("mapping", "step")).error(
                "placement: read is not possible with step: channels: behind the buffer a patch is transformed into all of "
                    + "its positions at once, but such a step has one position; use step: positions, or placement: load"
            )
        }
        if !mapping.tileSizes.contains(mapping.tile) {
            throw place(("mapping", "tiles"), ("mapping", "tile")).error(
                "mapping.tile is \(mapping.tile), and mapping.tiles are "
                    + "\(mapping.tileSizes.map(String.init).joined(separator: ", ")): expected `tile` to be one of `tiles`"
            )
        }
        try checkPins()
        if inputTransform.placement == .read && mapping.activationStorage == .transformed {
            throw place(("input_transform", "placement"), ("mapping", "activation_storage")).error(
                "placement: read is not possible with activation_storage: transformed: the tiles come transformed from DRAM, and a "
                    + "transform behind the buffer would need their pixels; use placement: load, or another activation_storage"
            )
        }
        let widths = [("weights", datatype.weights), ("activations", datatype.activations)]
        if datatype.format != .integer {
            for (key, width) in widths + [("accumulators", datatype.accumulators)]
            where datatype.format.significand(width: width) == nil {
                throw place(("datatype", key), ("datatype", "format")).error(
                    "format: \(datatype.format.rawValue) is not possible with \(key) of \(width) bit: a floating-point number has "
                        + "16 bit (\(datatype.format == .float ? "fp16" : "bf16")) or 32 bit (fp32)")
            }
            if datatype.quantize {
                throw place(("datatype", "quantize"), ("datatype", "format")).error(
                    "quantize: true is not possible with format: \(datatype.format.rawValue): it rounds operands to integers"
                )
            }
        }
        for (key, width) in widths where datatype.quantize && width < 2 {
            throw place(("datatype", key), ("datatype", "quantize")).error(
                "quantize: true is not possible with \(key) of \(width) bit: a sign and a magnitude need at least 2 bit"
            )
        }
        try dram.check()
    }
}
