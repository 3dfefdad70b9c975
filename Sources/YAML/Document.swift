import Files

/// Reading of YAML documents: one a file.
public enum Document {
    /// The most bytes of a document.
    public static let sizeLimit = 64 << 20

    /// The root node of the document in a file.
    ///
    /// - Throws: `FileError` where the file cannot be read, `InputError` where it is no YAML that we take.
    public static func load(path: String) throws -> Node {
        try parse(bytes: InputFile.bytes(of: path, limit: sizeLimit), file: path)
    }

    /// The root node of a document given as text; `file` is what messages call it.
    ///
    /// `prefix` stands before the text on its first line and is not parsed: messages show it and count its columns.
    public static func parse(_ text: String, file: String, prefix: String = "") throws -> Node {
        try parse(bytes: Array(text.utf8), file: file, prefix: prefix)
    }

    /// The root node of a document given as bytes; `file` is what messages call it.
    public static func parse(bytes: [UInt8], file: String, prefix: String = "") throws -> Node {
        if bytes.count > sizeLimit {
            throw InputError(
                "\(bytes.count) bytes of YAML: at most \(sizeLimit) were expected",
                at: Mark(file: file, line: 1, column: 1))
        }
        let skipped = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let source = Source(path: file, bytes: skipped == 0 ? bytes : Array(bytes[skipped...]), prefix: prefix)
        if let fault = TextCheck.firstFault(source.bytes, skipped: skipped) {
            throw source.error(fault.message, at: source.mark(atByte: fault.offset))
        }
        if let offset = TextCheck.surplusDirective(source.bytes) {
            throw source.error("directives (%) without end: leave them out", at: source.mark(atByte: offset))
        }
        return try Composer.compose(source)
    }
}
