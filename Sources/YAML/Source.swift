import Files

/// The text from which nodes were read, for excerpts in messages.
public final class Source: Sendable {
    /// The file as the user named it.
    public let path: String
    /// The text in UTF-8.
    let bytes: [UInt8]
    /// The part of the first line before the text, which is not parsed (`pe_array.rows=` of an override).
    let prefix: String
    /// The length of `prefix` in characters, by which columns of the first line are shifted.
    let prefixLength: Int

    init(path: String, bytes: [UInt8], prefix: String = "") {
        self.path = path
        self.bytes = bytes
        self.prefix = prefix
        prefixLength = prefix.unicodeScalars.count
    }

    /// The folder of relative paths in the text, with a trailing slash; empty for the working directory.
    var folder: String { prefix.isEmpty ? InputFile.folder(of: path) : "" }

    /// The text of a line, from 1, without its end; nil beyond the last line.
    ///
    /// Lines end where libyaml ends them: LF, CR, CR LF, U+0085, U+2028, U+2029.
    public func line(_ number: Int) -> String? {
        var current = 1
        var start = 0
        while true {
            let (end, next) = lineEnd(from: start)
            if current == number {
                let text = String(decoding: bytes[start..<end], as: UTF8.self)
                return number == 1 ? prefix + text : text
            }
            guard let next else { return nil }
            current += 1
            start = next
        }
    }

    /// The position of a byte of the text.
    func mark(atByte offset: Int) -> Mark {
        var line = 1
        var start = 0
        while let next = lineEnd(from: start).next, next <= offset {
            line += 1
            start = next
        }
        let before = String(decoding: bytes[start..<min(offset, bytes.count)], as: UTF8.self)
        return mark(line: line, column: before.unicodeScalars.count + 1)
    }

    /// A position in this source; columns of the first line are those of the text without the prefix.
    func mark(line: Int, column: Int) -> Mark {
        Mark(file: path, line: line, column: line == 1 ? column + prefixLength : column)
    }

    /// An error at a position in this source, with its line.
    func error(_ message: String, at mark: Mark) -> InputError {
        InputError(message, at: mark, excerpt: line(mark.line))
    }

    /// The end of the line that starts at `start`, and the start of the next line, if any.
    private func lineEnd(from start: Int) -> (end: Int, next: Int?) {
        bytes.withUnsafeBufferPointer { bytes in
            var i = start
            while i < bytes.count {
                switch bytes[i] {
                case 0x0A: return (i, i + 1)
                case 0x0D: return (i, i + 1 < bytes.count && bytes[i + 1] == 0x0A ? i + 2 : i + 1)
                case 0xC2 where i + 1 < bytes.count && bytes[i + 1] == 0x85: return (i, i + 2)
                case 0xE2 where i + 2 < bytes.count && bytes[i + 1] == 0x80 && bytes[i + 2] & 0xFE == 0xA8:
                    return (i, i + 3)
                default: i += 1
                }
            }
            return (i, nil)
        }
    }
}
