/// A text as a YAML scalar on one line, which reads back as the same text: plain if that is safe, else in double quotes. NUL
/// characters are written as `\0`, which the parser refuses.
public func yamlScalar(_ text: String) -> String {
    if isSafePlain(text) { return text }
    var written = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": written += "\\\""
        case "\\": written += "\\\\"
        case "\n": written += "\\n"
        case "\t": written += "\\t"
        case "\r": written += "\\r"
        case "\0": written += "\\0"
        default:
            if needsEscape(scalar) {
                let hex = String(scalar.value, radix: 16, uppercase: true)
                written += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                written.unicodeScalars.append(scalar)
            }
        }
    }
    return written + "\""
}

/// Whether a character without a short escape is not allowed in YAML text, or would end a line.
private func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
    default: false
    }
}

/// Whether a text without quotes reads back as the same text everywhere in a document.
private func isSafePlain(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 128, isWordByte(first), last != 0x20,
        bytes.allSatisfy({ isWordByte($0) || [0x20, 0x2D, 0x2E, 0x2B].contains($0) })
    else { return false }
    let reserved = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"]
    if reserved.contains(text.lowercased()) { return false }
    // A text that starts with a digit may be a number or a date, unless a word follows.
    return !(0x30...0x39).contains(first) || bytes.contains(0x20)
}

private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2F: true
    default: false
    }
}

extension Node {
    /// The node on one line, in YAML's flow style, with its scalars as written.
    public var flow: String {
        switch content {
        case .scalar(let scalar): scalar.isPlain ? scalar.text : yamlScalar(scalar.text)
        case .sequence(let elements): "[\(elements.map(\.flow).joined(separator: ", "))]"
        case .mapping(let entries): "{\(entries.map { "\($0.key.flow): \($0.value.flow)" }.joined(separator: ", "))}"
        }
    }
}
