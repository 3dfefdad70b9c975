import Files

/// The kind of a number with a unit; values are in the kind's base unit.
public enum QuantityKind: String, CaseIterable, Sendable {
    /// Data, in bytes.
    case capacity
    /// Cycles a second, in hertz.
    case frequency
    /// The width of a number, in bits.
    case width
    /// A length, in nanometres.
    case length
    /// An energy, in picojoules.
    case energy
    /// A time, in nanoseconds.
    case time
    /// An electric potential, in volts.
    case voltage
    /// A power, in milliwatts.
    case power
    /// An area, in square micrometres.
    case area
    /// A temperature, in kelvin.
    case temperature

    /// A unit of a kind: a power of two and of ten of the base unit.
    struct Unit: Sendable {
        let name: String
        var binary = 0
        var decimal = 0

        /// The power of two.
        var scale: Double { Double(sign: .plus, exponent: binary, significand: 1) }
    }

    var units: [Unit] {
        switch self {
        case .capacity:
            [
                Unit(name: "B"), Unit(name: "KiB", binary: 10), Unit(name: "MiB", binary: 20),
                Unit(name: "GiB", binary: 30),
            ]
        case .frequency:
            [
                Unit(name: "Hz"), Unit(name: "kHz", decimal: 3), Unit(name: "MHz", decimal: 6),
                Unit(name: "GHz", decimal: 9),
            ]
        case .width: [Unit(name: "bit")]
        case .length: [Unit(name: "nm")]
        case .energy: [Unit(name: "fJ", decimal: -3), Unit(name: "pJ"), Unit(name: "nJ", decimal: 3)]
        case .time: [Unit(name: "ns"), Unit(name: "us", decimal: 3), Unit(name: "ms", decimal: 6)]
        case .voltage: [Unit(name: "mV", decimal: -3), Unit(name: "V")]
        case .power:
            [
                Unit(name: "nW", decimal: -6), Unit(name: "uW", decimal: -3), Unit(name: "mW"),
                Unit(name: "W", decimal: 3),
            ]
        case .area: [Unit(name: "um2"), Unit(name: "mm2", decimal: 6)]
        case .temperature: [Unit(name: "K")]
        }
    }

    private var example: String {
        switch self {
        case .capacity: "256 KiB"
        case .frequency: "800 MHz"
        case .width: "16 bit"
        case .length: "45 nm"
        case .energy: "0.79 pJ"
        case .time: "10 ns"
        case .voltage: "0.9 V"
        case .power: "1.5 mW"
        case .area: "250 um2"
        case .temperature: "300 K"
        }
    }

    /// `a capacity`, `an energy`.
    var nameWithArticle: String { (self == .energy || self == .area ? "an " : "a ") + rawValue }

    /// `a capacity in B, KiB, MiB or GiB, such as "256 KiB"`.
    public var expectation: String {
        "\(nameWithArticle) in \(units.map(\.name).formattedChoice), such as \"\(example)\""
    }

    /// A value of the base unit in the largest unit that keeps it short; it reads back as the same value.
    public func format(_ value: Double) -> String {
        for unit in units.reversed() {
            if unit.decimal == 0 {
                let scaled = value / unit.scale
                if unit.binary == 0 || scaled >= 1 && scaled == scaled.rounded() {
                    return "\(NumberText.short(scaled)) \(unit.name)"
                }
            } else if unit.decimal > 0, let scaled = Double("\(value)".shifted(by: -unit.decimal)), scaled >= 1,
                Double("\(scaled)".shifted(by: unit.decimal)) == value
            {
                return "\(NumberText.short(scaled)) \(unit.name)"
            }
        }
        return "\(NumberText.short(value)) \(baseUnit)"
    }

    /// The names of its units.
    public var unitNames: [String] { units.map(\.name) }

    /// The base unit's name.
    public var baseUnit: String { units.first { $0.binary == 0 && $0.decimal == 0 }?.name ?? rawValue }

    /// The base unit's name in a sentence.
    fileprivate var baseInWords: String { self == .capacity ? "bytes" : self == .width ? "bits" : baseUnit }

    /// The value of a unit in the base unit; nil if the kind has no unit of this name.
    public func factor(of unit: String) -> Double? {
        guard let unit = units.first(where: { $0.name == unit }) else { return nil }
        return Double("1e\(unit.decimal)").map { $0 * unit.scale }
    }

    /// The expected units where `name` was found: `mm2 or um2`, with the nearest one.
    public func expectedUnit(insteadOf name: String) -> String { units.map(\.name).formattedChoice + hint(for: name) }

    /// `: did you mean mW?` if a unit is near, else empty.
    fileprivate func hint(for name: String) -> String { meant(by: name).map { ": did you mean \($0)?" } ?? "" }

    /// The unit that is nearest to a misspelt one.
    public func meant(by name: String) -> String? {
        if let same = units.first(where: { $0.name.lowercased() == name.lowercased() }) { return same.name }
        guard self == .capacity, let first = name.lowercased().first else {
            return name.count > 1 ? nearestName(to: name, among: units.map(\.name)) : nil
        }
        return ["b": "B", "k": "KiB", "m": "MiB", "g": "GiB"][first]
    }
}

extension Node {
    /// A number with its unit, in the kind's base unit (bytes, hertz, bits, nanometres, picojoules, nanoseconds, volts,
    /// milliwatts, square micrometres, kelvin).
    public func quantity(
        _ kind: QuantityKind, in range: ClosedRange<Double> = 0...Double.greatestFiniteMagnitude
    ) throws -> Double {
        guard let written = text, !isNull else { throw error("found \(found), expected \(kind.expectation)") }
        let length = NumberText.realPrefix(of: written)
        let number = String(decoding: written.utf8.prefix(length), as: UTF8.self)
        let name = String(decoding: written.utf8.dropFirst(length).drop { $0 == 0x20 }, as: UTF8.self)
        guard length > 0 else { throw error("found \(found), expected \(kind.expectation)") }
        if name.isEmpty { throw error("found \(found) without a unit, expected \(kind.expectation)") }
        guard let unit = kind.units.first(where: { $0.name == name }) else {
            throw error("found \(found), expected \(kind.expectation)\(kind.hint(for: name))")
        }
        let value = (Double(number.shifted(by: unit.decimal)) ?? .infinity) * unit.scale
        guard value.isFinite, range.contains(value) else {
            throw error("found \(found), expected \(kind.nameWithArticle)\(describe(range, kind))")
        }
        return value
    }

    /// A number with its unit that is a whole number of the base unit (bytes, bits).
    public func wholeQuantity(_ kind: QuantityKind, in range: ClosedRange<Int>) throws -> Int {
        let limit = 1 << 53
        let low = Double(max(range.lowerBound, -limit))
        let value = try quantity(kind, in: low...Double(min(range.upperBound, limit)))
        guard value == value.rounded() else {
            let unit = kind.baseInWords
            throw error(
                "found \(found), which is \(NumberText.short(value)) \(unit): expected a whole number of \(unit)")
        }
        return Int(value)
    }

    private func describe(_ range: ClosedRange<Double>, _ kind: QuantityKind) -> String {
        let low = kind.format(range.lowerBound)
        return range.upperBound == .greatestFiniteMagnitude
            ? " of at least \(low)" : " from \(low) to \(kind.format(range.upperBound))"
    }
}

extension String {
    /// A decimal number times a power of ten, exactly: its exponent is shifted.
    fileprivate func shifted(by exponent: Int) -> String {
        let parts = split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        let written = parts.count > 1 ? Int(parts[1].drop { $0 == "+" }) : 0
        guard let written else { return self }
        return "\(parts[0])e\(written.addingReportingOverflow(exponent).partialValue)"
    }
}
