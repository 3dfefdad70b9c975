import Files

/// Collects tensors and writes them as one safetensors file. Equal tensors give equal bytes.
public struct SafetensorsWriter {
    /// The file's metadata.
    public var metadata: [String: String] = [:]
    private var tensors: [(name: String, tensor: Tensor)] = []

    /// Makes a writer without tensors.
    public init() {}

    /// Adds a tensor under a unique name.
    public mutating func add(_ name: String, _ tensor: Tensor) { tensors.append((name, tensor)) }

    /// Writes the file, whole or not at all.
    ///
    /// - Throws: `FileError` if it cannot be written; `InputError` if two tensors share a name.
    public func write(to path: String) throws {
        let names = Set(tensors.map(\.name))
        guard names.count == tensors.count, !names.contains("__metadata__") else {
            throw InputError("\(path): the tensors must have unique names other than __metadata__", at: nil)
        }
        // Wide elements first, so that each tensor is aligned to its own width.
        let ordered = tensors.sorted {
            ($1.tensor.type.byteWidth, $0.name) < ($0.tensor.type.byteWidth, $1.name)
        }
        var header = "{"
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(json($0.key)):\(json($0.value))" }
            header += "\"__metadata__\":{\(texts.joined(separator: ","))}"
        }
        var offset = 0
        for (name, tensor) in ordered {
            let end = offset + tensor.count * tensor.type.byteWidth
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            header += header == "{" ? "" : ","
            header += "\(json(name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
            header += "\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        header += "}"
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let length = UInt64(header.utf8.count)
        let start = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
        try AtomicFile.write(to: path) { append in
            try start.withUnsafeBytes(append)
            for (_, tensor) in ordered { try tensor.withUnsafeBytes(append) }
        }
    }

    private func json(_ text: String) -> String {
        var written = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": written += "\\\""
            case "\\": written += "\\\\"
            case _ where scalar.value < 0x20:
                written += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: written.unicodeScalars.append(scalar)
            }
        }
        return written + "\""
    }
}
