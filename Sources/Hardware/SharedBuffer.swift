import YAML

/// One SRAM that both operands share by whole banks (page `BuffersAndTraffic`).
public struct SharedBuffer: Hashable, Sendable {
    /// What it holds; nil where each operand has a buffer of its own.
    public var capacity: Bytes?
    /// Banks it is built from; each serves one operand at a time.
    public var banks = 32
    /// Width of a bank's port; nil for the larger of both operands' bandwidths.
    public var port: Bytes?

    /// Makes the default, which is none.
    public init() {}
}

/// The banks of a buffer that both operands share.
public struct SharedBanks: Hashable, Sendable {
    /// How many there are.
    public let count: Int
    /// What one holds.
    public let bank: Bytes
    /// What one delivers in a cycle.
    public let port: Bytes

    /// The fewest banks that deliver a bandwidth together.
    public func banks(for bandwidth: Bytes) -> Int { (bandwidth.count + port.count - 1) / port.count }
}

extension Configuration {
    /// The banks that both operands share; nil where each has a buffer of its own.
    public var sharedBanks: SharedBanks? {
        operandBuffer.capacity.map {
            SharedBanks(
                count: operandBuffer.banks, bank: Bytes($0.count / operandBuffer.banks),
                port: operandBuffer.port ?? max(weightBuffer.bandwidth, inputBuffer.bandwidth))
        }
    }

    /// What is loaded and held at a time of a buffer's operand, chosen or not. In a bank of a shared buffer there are at least four,
    /// unless more is chosen, so that an operand can do with one.
    public func chunkSize(_ buffer: OperandBuffer) -> Bytes {
        guard let bank = sharedBanks?.bank else { return buffer.chunkSize }
        return buffer.chunk ?? Bytes(min(4096, max(1, bank.count / 4)))
    }

    /// Width of the port of a bank from which a buffer's operand is read.
    public func port(_ buffer: OperandBuffer) -> Bytes { sharedBanks?.port ?? buffer.port }
}

extension SharedBuffer: ConfigurationSection {
    static var fields: [Field<SharedBuffer>] {
        [
            .bytes("capacity", or: "none", \.capacity, in: 1...1 << 40)
                .about(
                    "What the buffer holds, in place of the capacity and the banks of `weight_buffer` and `input_buffer`; none: each operand has a buffer of its own",
                    page: "BuffersAndTraffic"),
            .integer("banks", \.banks, in: 2...1024)
                .about(
                    "Banks that it is built from; each layer gives every bank to weights or to inputs", unit: "banks",
                    page: "BuffersAndTraffic"),
            .bytes("port", or: "auto", \.port, in: 1...1 << 30)
                .about(
                    "What a bank delivers in a cycle; auto: the larger of both bandwidths, so that one bank feeds either operand",
                    page: "BuffersAndTraffic"),
        ]
    }

    /// The keys of an operand's buffer that a shared one stands in for.
    fileprivate static let replaced = ["capacity", "banks"]

    /// The same with dots, of both buffers: they have no value behind a shared one.
    public static let replacedKeys = ["weight_buffer", "input_buffer"].flatMap { name in
        replaced.map { "\(name).\($0)" }
    }
}

extension Field<Configuration> {
    /// A buffer of one operand. Behind a shared one the keys that are not used are not written.
    static func operand(_ name: String, _ path: WritableKeyPath<Configuration, OperandBuffer>) -> Field {
        let section = section(name, path)
        var field = Field(name: name, read: section.read) { configuration in
            let unused = configuration.sharedBanks == nil ? [] : SharedBuffer.replaced
            return configuration[keyPath: path].lines()
                .filter { line in !unused.contains { line.hasPrefix($0 + ":") } }
                .map { "\n  " + $0 }.joined()
        }
        (field.type, field.keys) = (section.type, section.keys)
        return field
    }
}

extension Configuration {
    /// Gives the keys that a shared buffer stands in for their defaults, so that they make no difference.
    mutating func dropReplacedKeys() {
        guard sharedBanks != nil else { return }
        let unset = OperandBuffer(bandwidth: Bytes(1))
        for buffer in [\Configuration.weightBuffer, \Configuration.inputBuffer] {
            self[keyPath: buffer].capacity = unset.capacity
            self[keyPath: buffer].banks = unset.banks
        }
    }

    /// Checks the shared buffer's values against each other and against those of the operands.
    ///
    /// - Parameter place: the value of the first of some keys that is set.
    func checkSharedBanks(_ place: ((String, String)...) -> Node) throws {
        guard let shared = sharedBanks else { return }
        func text(_ bytes: Bytes) -> String { QuantityKind.capacity.format(Double(bytes.count)) }
        let banks = "operand_buffer has \(shared.count) banks of \(text(shared.bank))"
        guard shared.bank.count > 0 else {
            throw place(("operand_buffer", "capacity"), ("operand_buffer", "banks")).error(
                "operand_buffer.capacity is \(text(operandBuffer.capacity ?? shared.bank)) in \(shared.count) banks: "
                    + "expected at least 1 B a bank")
        }
        let (weights, inputs) = (shared.banks(for: weightBuffer.bandwidth), shared.banks(for: inputBuffer.bandwidth))
        guard weights + inputs <= shared.count else {
            throw place(("operand_buffer", "port"), ("operand_buffer", "banks"), ("operand_buffer", "capacity")).error(
                "\(banks) with ports of \(text(shared.port)); weight_buffer.bandwidth of \(text(weightBuffer.bandwidth)) "
                    + "takes \(weights) of them, and input_buffer.bandwidth of \(text(inputBuffer.bandwidth)) \(inputs): "
                    + "expected a wider operand_buffer.port, or at least \(weights + inputs) banks")
        }
        let chunks = [chunkSize(weightBuffer), chunkSize(inputBuffer)]
        let needed = zip(chunks, [weights, inputs]).map {
            max($1, ($0.count + shared.bank.count - 1) / shared.bank.count)
        }
        guard needed[0] + needed[1] <= shared.count else {
            let large = chunks[0] < chunks[1] ? "input_buffer" : "weight_buffer"
            throw place((large, "chunk"), ("operand_buffer", "capacity")).error(
                "\(banks); a chunk of \(text(chunks[0])) of weights takes \(needed[0]) of them, and one of "
                    + "\(text(chunks[1])) of inputs \(needed[1]): expected a smaller \(large).chunk, or a larger "
                    + "operand_buffer.capacity")
        }
    }
}

extension Node {
    /// Checks that a file or an override does not set keys which a shared buffer stands in for.
    ///
    /// - Parameter whole: this mapping over those that it extends.
    /// - Throws: `InputError` at the first such key.
    func checkReplacedKeys(in whole: Node) throws {
        guard let capacity = whole["operand_buffer"]?["capacity"], capacity.text != "none" else { return }
        for key in SharedBuffer.replacedKeys {
            let parts = key.split(separator: ".").map(String.init)
            guard let entry = self[parts[0]]?.entries?.first(where: { $0.name == parts[1] }) else { continue }
            throw entry.key.error(
                "\(key) has no effect beside operand_buffer.capacity, whose banks both operands share: expected only one of "
                    + "them; leave it out, or set operand_buffer.capacity to none")
        }
    }
}
