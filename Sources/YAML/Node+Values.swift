import Files

/// Typed reads. Each throws an `InputError` at the node with what was found and what was expected.
extension Node {
    /// A text; numbers and booleans as written.
    public func string() throws -> String {
        guard let text, !isNull else { throw error("found \(found), expected a text") }
        return text
    }

    /// A whole number in decimal, without quotes.
    public func integer(in range: ClosedRange<Int> = Int.min...Int.max) throws -> Int {
        let expected = "expected a whole number\(Self.describe(range))"
        guard let text = plainText else { throw error("found \(found), \(expected)") }
        var digits = text[...]
        if digits.first == "-" || digits.first == "+" { digits = digits.dropFirst() }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            let plainly = NumberText.isReal(text) || digits.hasPrefix("0") && digits.count > 1 || text.contains("_")
            throw error("found \(found), \(expected)\(plainly ? ", in decimal digits only" : "")")
        }
        if digits.count > 1 && digits.first == "0" {
            throw error("found \(found), \(expected), in decimal and without leading zeros")
        }
        guard let value = Int(text) else { throw error("found \(found), \(expected), that fits 64 bits") }
        guard range.contains(value) else { throw error("found \(found), \(expected)") }
        return value
    }

    /// A finite number in decimal, without quotes.
    public func real(
        in range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    ) throws -> Double {
        let expected = "expected a number\(Self.describe(range))"
        guard let text = plainText, NumberText.isReal(text), let value = Double(text), value.isFinite,
            range.contains(value)
        else { throw error("found \(found), \(expected)") }
        return value
    }

    /// `true` or `false`, without quotes.
    public func boolean() throws -> Bool {
        switch plainText {
        case "true": return true
        case "false": return false
        case let text?:
            let meant: [String: String] = [
                "yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false",
            ]
            let name = text.lowercased()
            let near = meant[name] ?? (["true", "false"].contains(name) ? name : nil)
            let hint = near.map { ": did you mean \($0)?" } ?? ""
            throw error("found \(found), expected true or false\(hint)")
        case nil: throw error("found \(found), expected true or false")
        }
    }

    /// A name for tables.
    ///
    /// - Throws: `InputError` if it is not a text, or `NameCheck.fault(in:what:)` finds a fault.
    public func name(what: String) throws -> String {
        let name = try string()
        if let fault = NameCheck.fault(in: name, what: what) { throw error(fault) }
        return name
    }

    /// The elements of a list.
    public func elements() throws -> [Node] {
        guard case .sequence(let elements) = content else { throw error("found \(found), expected a list") }
        return elements
    }

    /// One of the names of an enumeration; `what` names the choice in messages.
    public func choice<E: RawRepresentable & CaseIterable>(_: E.Type, what: String) throws -> E
    where E.RawValue == String {
        let names = E.allCases.map(\.rawValue)
        let expected = "expected \(names.formattedChoice)"
        guard let text else { throw error("found \(found) as \(what), \(expected)") }
        guard let value = E(rawValue: text) else {
            let near = didYouMean(nearestName(to: text, among: names))
            throw error("found \(found) as \(what), \(expected)\(near)")
        }
        return value
    }

    /// The text of a scalar without quotes.
    private var plainText: String? {
        guard case .scalar(let scalar) = content, scalar.isPlain, !isNull else { return nil }
        return scalar.text
    }

    private static func describe(_ range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (.min, .max): ""
        case (let low, .max): " of at least \(low)"
        case (.min, let high): " of at most \(high)"
        case (let low, let high): " from \(low) to \(high)"
        }
    }

    private static func describe(_ range: ClosedRange<Double>) -> String {
        let most = Double.greatestFiniteMagnitude
        return switch (range.lowerBound, range.upperBound) {
        case (-most, most): ""
        case (let low, most): " of at least \(NumberText.short(low))"
        case (-most, let high): " of at most \(NumberText.short(high))"
        case (let low, let high): " from \(NumberText.short(low)) to \(NumberText.short(high))"
        }
    }
}

/// The grammar of numbers: decimal, with an optional fraction and exponent.
enum NumberText {
    /// Whether a text is a number as a whole.
    static func isReal(_ text: String) -> Bool { realPrefix(of: text) == text.utf8.count && !text.isEmpty }

    /// The bytes of the longest number at the start of a text; 0 if there is none.
    static func realPrefix(of text: String) -> Int {
        let bytes = Array(text.utf8)
        func digits(from start: Int) -> Int {
            bytes[start...].prefix { (0x30...0x39).contains($0) }.count
        }
        var i = 0
        if i < bytes.count, bytes[i] == 0x2B || bytes[i] == 0x2D { i += 1 }
        let whole = digits(from: i)
        i += whole
        var fraction = 0
        if i < bytes.count, bytes[i] == 0x2E {
            fraction = digits(from: i + 1)
            if whole + fraction > 0 { i += 1 + fraction }
        }
        guard whole + fraction > 0 else { return 0 }
        if i < bytes.count, bytes[i] | 0x20 == 0x65 {
            var j = i + 1
            if j < bytes.count, bytes[j] == 0x2B || bytes[j] == 0x2D { j += 1 }
            let exponent = digits(from: j)
            if exponent > 0 { i = j + exponent }
        }
        return i
    }

    /// The shortest text that reads back as the number; whole numbers without a fraction.
    static func short(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
