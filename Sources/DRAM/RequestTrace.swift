import Files

/// A read or write of one burst.
public struct DRAMRequest: Hashable, Sendable {
    /// The address in bytes.
    public var address: Int
    /// Whether it writes.
    public var isWrite: Bool
    /// The earliest memory clock in which it is offered.
    public var cycle: Int

    /// Makes a request.
    public init(address: Int, isWrite: Bool, cycle: Int) {
        self.address = address
        self.isWrite = isWrite
        self.cycle = cycle
    }
}

/// Reads request traces: one line `0x1f40 READ 12` per request, with its address, type, and earliest memory clock.
public enum RequestTrace {
    /// The most bytes that are read.
    public static let sizeLimit = 4 << 30
    /// The last memory clock that a request may name.
    public static let lastCycle = 1 << 53

    /// The requests of a file.
    ///
    /// - Throws: `FileError` if it cannot be read, `InputError` for the first invalid line, or if there is no request.
    public static func load(path: String) throws -> [DRAMRequest] {
        try parse(try InputFile.bytes(of: path, limit: sizeLimit), file: path)
    }

    /// The requests of a text; `file` names it in messages. Empty lines are skipped.
    ///
    /// - Throws: `InputError`.
    public static func parse(_ bytes: [UInt8], file: String) throws -> [DRAMRequest] {
        var requests: [DRAMRequest] = []
        requests.reserveCapacity(bytes.count / 12)
        var fault: (offset: Int, message: String)?
        bytes.withUnsafeBufferPointer { bytes in
            var scanner = LineScanner(bytes: bytes)
            while scanner.skipToLine() {
                guard let request = scanner.request() else { break }
                requests.append(request)
            }
            fault = scanner.fault
        }
        if let fault { throw error(fault.message, at: fault.offset, in: bytes, file: file) }
        guard !requests.isEmpty else {
            throw InputError(
                "found no request, expected lines such as \"0x1f40 READ 12\"",
                at: Mark(file: file, line: 1, column: 1))
        }
        return requests
    }

    private static func error(_ message: String, at offset: Int, in bytes: [UInt8], file: String) -> InputError {
        var line = 1
        var start = 0
        for i in 0..<offset where bytes[i] == 0x0A {
            line += 1
            start = i + 1
        }
        let end = bytes[offset...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
        let column = String(decoding: bytes[start..<offset], as: UTF8.self).unicodeScalars.count + 1
        return InputError(
            message, at: Mark(file: file, line: line, column: column),
            excerpt: String(decoding: bytes[start..<max(start, end)], as: UTF8.self))
    }
}

/// Scans the bytes of a trace.
private struct LineScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    var fault: (offset: Int, message: String)?

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Skips to the next byte that is no white space; false at the end.
    mutating func skipToLine() -> Bool {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0D, 0x0A: position += 1
            default: return true
            }
        }
        return false
    }

    /// The request that starts here; nil, with the fault set, if there is none.
    mutating func request() -> DRAMRequest? {
        guard let address = address(), let isWrite = type(), let cycle = cycle() else { return nil }
        skipSpaces()
        guard atEnd else { return fail("found \(word), expected the end of the line") }
        return DRAMRequest(address: address, isWrite: isWrite, cycle: cycle)
    }

    private var atEnd: Bool { position == bytes.count || bytes[position] == 0x0A || bytes[position] == 0x0D }

    private mutating func skipSpaces() {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }

    private mutating func address() -> Int? {
        let start = position
        let expected = "expected an address in hexadecimal such as 0x1f40"
        guard position + 2 < bytes.count, bytes[position] == 0x30, bytes[position + 1] | 0x20 == 0x78 else {
            return fail("found \(word), \(expected)")
        }
        position += 2
        var value = 0
        let first = position
        while position < bytes.count, let digit = Self.digit(bytes[position]) {
            guard value < 1 << 59 else {
                position = start
                return fail("found \(word), expected an address below 2^63")
            }
            value = value << 4 | digit
            position += 1
        }
        guard position > first, position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 else {
            position = start
            return fail("found \(word), \(expected), followed by a type")
        }
        return value
    }

    private mutating func type() -> Bool? {
        skipSpaces()
        let rest = UnsafeBufferPointer(rebasing: bytes[position...])
        for (name, isWrite) in [("READ", false), ("WRITE", true)] as [(StaticString, Bool)] {
            let count = name.utf8CodeUnitCount
            guard rest.count > count, rest[count] == 0x20 || rest[count] == 0x09 else { continue }
            if (0..<count).allSatisfy({ rest[$0] == name.utf8Start[$0] }) {
                position += count
                return isWrite
            }
        }
        return fail("found \(word), expected READ or WRITE, followed by a cycle")
    }

    private mutating func cycle() -> Int? {
        skipSpaces()
        let start = position
        var value = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]), value <= RequestTrace.lastCycle {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        let isWord = atEnd || bytes[position] == 0x20 || bytes[position] == 0x09
        guard position > start, isWord, value <= RequestTrace.lastCycle else {
            position = start
            return fail("found \(word), expected a memory clock, a whole number up to 2^53")
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46: Int(byte - 0x37)
        case 0x61...0x66: Int(byte - 0x57)
        default: nil
        }
    }

    /// The word that starts here, for messages.
    private var word: String {
        let end = bytes[position...].firstIndex { [0x20, 0x09, 0x0A, 0x0D].contains($0) } ?? bytes.count
        return end == position ? "nothing" : quoted(String(decoding: bytes[position..<end], as: UTF8.self))
    }

    private mutating func fail<T>(_ message: String) -> T? {
        fault = (position, message)
        return nil
    }
}
