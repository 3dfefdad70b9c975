import Tensors
import TestSupport

/// Calls `body` with a path in a temporary folder, which is removed afterwards.
func withTemporaryFile<R>(_ name: String = "t.safetensors", _ body: (String) throws -> R) throws -> R {
    try withFiles([:]) { folder in try body("\(folder)/\(name)") }
}

/// The bytes of a safetensors file with a header and data.
func safetensors(_ header: String, data: Int = 0) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> ($0 * 8)) } + Array(header.utf8)
        + [UInt8](repeating: 0, count: data)
}

/// Opens bytes as a safetensors file.
func opened(_ bytes: [UInt8]) throws -> SafetensorsFile { try SafetensorsFile(bytes: bytes, path: "t") }
