import Files

/// Reads the JSON of a safetensors header: objects, strings and lists of whole numbers. Failures have positions.
struct JSONScanner {
    /// A failure and the byte at which it was found.
    struct Failure: Error {
        let message: String
        let position: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    /// Starts at the first byte. The bytes must outlive the scanner.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// A failure at the current position.
    func failure(_ message: String) -> Failure { Failure(message: message, position: position) }

    /// Reads an object and calls `body` for each key, which must be unique; `body` reads the value.
    mutating func object(_ body: (String, inout JSONScanner) throws -> Void) throws {
        try take(0x7B, "an object {")
        if next() == 0x7D {
            position += 1
            return
        }
        var seen: Set<String> = []
        while true {
            skipSpace()
            let place = position
            let key = try string()
            guard seen.insert(key).inserted else {
                throw Failure(message: "the name \(quoted(key)) is given twice", position: place)
            }
            try take(0x3A, "a :")
            skipSpace()
            try body(key, &self)
            if next() == 0x2C {
                position += 1
            } else {
                return try take(0x7D, "a , or }")
            }
        }
    }

    /// Reads a list of whole numbers that are not negative.
    mutating func integers() throws -> [Int] {
        try take(0x5B, "a list [")
        var values: [Int] = []
        if next() == 0x5D {
            position += 1
            return values
        }
        while true {
            values.append(try integer())
            if next() == 0x2C {
                position += 1
            } else {
                try take(0x5D, "a , or ]")
                return values
            }
        }
    }

    /// Reads a string.
    mutating func string() throws -> String {
        try take(0x22, "a string")
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case 0x22:
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure("a string is not UTF-8")
                }
                return string
            case 0x5C: text.append(contentsOf: try escape())
            case ..<0x20: throw failure("a control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("a string without its end")
    }

    /// Checks that only white space remains.
    mutating func end() throws {
        if next() != nil { throw failure("found text after the object, expected the end") }
    }

    private mutating func integer() throws -> Int {
        guard let first = next(), (0x30...0x39).contains(first) else {
            throw failure("expected a whole number that is not negative")
        }
        var value = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            let (tens, tooMany) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooMuch) = tens.addingReportingOverflow(Int(bytes[position] - 0x30))
            if tooMany || tooMuch { throw failure("a number that does not fit 64 bits") }
            value = sum
            position += 1
        }
        return value
    }

    /// The UTF-8 of an escape after its backslash; surrogates must be pairs.
    private mutating func escape() throws -> [UInt8] {
        guard position < bytes.count else { throw failure("a string without its end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: return [byte]
        case 0x62: return [0x08]
        case 0x66: return [0x0C]
        case 0x6E: return [0x0A]
        case 0x72: return [0x0D]
        case 0x74: return [0x09]
        case 0x75:
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), position + 1 < bytes.count, bytes[position] == 0x5C,
                bytes[position + 1] == 0x75
            {
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair in a string") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair in a string") }
            return Array(String(scalar).utf8)
        default: throw failure("an unknown escape in a string")
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw failure("an escape \\u without four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    /// The next byte that is not white space, without taking it.
    private mutating func next() -> UInt8? {
        skipSpace()
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8, _ what: String) throws {
        guard next() == byte else { throw failure("expected \(what)") }
        position += 1
    }
}
