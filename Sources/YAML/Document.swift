import Files

/// Reads YAML documents, one per file.
public enum Document {
    /// The most bytes of a document.
    public static let sizeLimit = 64 << 20

    /// The root node of the document in a file.
    ///
    /// - Throws: `FileError` if the file cannot be read, `InputError` for YAML that is invalid or not supported.
    public static func load(path: String) throws -> Node {
        try parse(bytes: InputFile.bytes(of: path, limit: sizeLimit), file: path)
    }

    /// The root node of a document given as text; `file` is its name in messages.
    ///
    /// `prefix` precedes the text on its first line and is not parsed: messages show it and count its columns.
    public static func parse(_ text: String, file: String, prefix: String = "") throws -> Node {
        try parse(bytes: Array(text.utf8), file: file, prefix: prefix)
    }

    /// The root node of a document given as bytes; `file` is its name in messages.
    public static func parse(bytes: [UInt8], file: String, prefix: String = "") throws -> Node {
        if bytes.count > sizeLimit {
            throw InputError(
                "found \(bytes.count) bytes of YAML, expected at most \(sizeLimit)",
                at: Mark(file: file, line: 1, column: 1))
        }
        let skipped = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let source = Source(path: file, bytes: skipped == 0 ? bytes : Array(bytes[skipped...]), prefix: prefix)
        if let fault = TextCheck.firstFault(source.bytes, skipped: skipped) {
            throw source.error(fault.message, at: source.mark(atByte: fault.offset))
        }
        if let offset = TextCheck.surplusDirective(source.bytes) {
            throw source.error("too many directives (%): remove them", at: source.mark(atByte: offset))
        }
        return try Composer.compose(source)
    }
}

/// Finds bytes that cannot be YAML, in one pass before parsing.
enum TextCheck {
    /// The offset and the message of the first fault; `skipped` bytes of the file precede these.
    static func firstFault(_ bytes: [UInt8], skipped: Int) -> (offset: Int, message: String)? {
        bytes.withUnsafeBufferPointer { bytes in
            var i = 0
            while i < bytes.count {
                let lead = bytes[i]
                if lead < 0x80 {
                    if lead < 0x20 && lead != 0x09 && lead != 0x0A && lead != 0x0D || lead == 0x7F {
                        return (i, control(UInt32(lead), at: i + skipped))
                    }
                    i += 1
                    continue
                }
                guard let (scalar, length) = decode(bytes, at: i) else {
                    let hex = String(lead, radix: 16, uppercase: true)
                    return (
                        i, "invalid UTF-8: byte 0x\(hex) at offset \(i + skipped) of the file; the text must be UTF-8"
                    )
                }
                if !isAllowed(scalar) { return (i, control(scalar, at: i + skipped)) }
                i += length
            }
            return nil
        }
    }

    /// The 17th line that starts like a directive. libyaml compares each `%TAG` with all before it, so a file full of them
    /// would take hours.
    static func surplusDirective(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var count = 0
            for i in 0..<bytes.count where bytes[i] == 0x25 && (i == 0 || bytes[i - 1] == 0x0A || bytes[i - 1] == 0x0D)
            {
                count += 1
                if count > 16 { return i }
            }
            return nil
        }
    }

    private static func control(_ scalar: UInt32, at offset: Int) -> String {
        if scalar == 0 { return "found a NUL byte at offset \(offset) of the file, which is not allowed in YAML" }
        let hex = String(scalar, radix: 16, uppercase: true)
        let code = String(repeating: "0", count: max(0, 4 - hex.count)) + hex
        return "the character U+\(code) at offset \(offset) of the file is not allowed in YAML"
    }

    /// Whether YAML allows a character beyond ASCII in its text.
    private static func isAllowed(_ scalar: UInt32) -> Bool {
        scalar == 0x85 || scalar >= 0xA0 && scalar != 0xFEFF && scalar != 0xFFFE && scalar != 0xFFFF
    }

    /// The character of two to four bytes at `i`; nil if the bytes are not well-formed.
    private static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at i: Int) -> (scalar: UInt32, length: Int)? {
        let lead = bytes[i]
        let length: Int
        var scalar: UInt32
        switch lead {
        case 0xC2...0xDF: (length, scalar) = (2, UInt32(lead & 0x1F))
        case 0xE0...0xEF: (length, scalar) = (3, UInt32(lead & 0x0F))
        case 0xF0...0xF4: (length, scalar) = (4, UInt32(lead & 0x07))
        default: return nil
        }
        guard i + length <= bytes.count else { return nil }
        for k in 1..<length {
            guard bytes[i + k] & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(bytes[i + k] & 0x3F)
        }
        let smallest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard scalar >= smallest, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else { return nil }
        return (scalar, length)
    }
}
