import Files
import Foundation

/// Numbers and their units, as people read them.
public enum NumberText {
    /// A number with thousands separated and a fixed number of decimals.
    public static func grouped(_ value: Double, decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value)
        let point = text.firstIndex(of: ".") ?? text.endIndex
        return grouped(digits: text[..<point]) + text[point...]
    }

    /// A count with thousands separated: 1,234,567.
    public static func grouped(_ value: Int) -> String { grouped(digits: value.description[...]) }

    private static func grouped(digits: Substring) -> String {
        let sign = digits.hasPrefix("-") ? "-" : ""
        let digits = digits.dropFirst(sign.count)
        var text = sign
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A number with thousands separated and at least so many significant digits: all of its whole
    /// digits, and as many decimals as are lacking. Zero is `0`.
    public static func figures(_ value: Double, digits: Int = 3) -> String {
        guard value != 0, value.isFinite else { return value == 0 ? "0" : "-" }
        let scientific = String(format: "%.\(digits - 1)e", value)
        guard let mark = scientific.lastIndex(of: "e"), let exponent = Int(scientific[scientific.index(after: mark)...])
        else { return scientific }
        return exponent < leastExponent
            ? "\(scientific[..<mark])e\(exponent)" : grouped(value, decimals: max(0, digits - 1 - exponent))
    }

    /// Numbers below this power of ten are written with one: `2.40e-7`.
    private static let leastExponent = -4

    /// A measure with four significant digits, and no more than eight decimals.
    static func short(_ value: Double) -> String {
        let magnitude = value == 0 ? 0 : Int(log10(abs(value)).rounded(.down))
        return magnitude < -4
            ? String(format: "%.3e", value) : grouped(value, decimals: max(0, min(8, 3 - magnitude)))
    }

    /// A value with the unit that suits it: `2.599 us`.
    static func amount(_ value: Double, _ quantity: Scale.Quantity) -> String {
        let scale = Scale(quantity, [value])
        return "\(scale.text(value)) \(scale.unit)"
    }

    /// A share in percent; what would be shown as nothing and is not is shown as less than the least.
    static func percent(_ share: Double) -> String {
        let text = grouped(share * 100, decimals: 1)
        return share > 0 && text == "0.0" ? "<0.1%" : text + "%"
    }

    /// A text on one line, without control and format characters, which a terminal would obey: U+FFFD replaces each.
    public static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { NameCheck.isHidden($0) ? "\u{FFFD}" : $0 }))
    }

    /// Paragraphs as printable lines of at most so many characters, each with its end.
    public static func lines(of paragraphs: [String], within width: Int) -> String {
        paragraphs.flatMap { wrapped(printable($0), width: width) }.map { $0 + "\n" }.joined()
    }

    /// A text of at most so many characters, cut at its end.
    public static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(width - 1, 0)) + "…"
    }

    /// A text in lines of at most `width` characters, broken at spaces, and inside words that are longer than a line. The
    /// first line is indented by `first` spaces, the others by `rest`.
    public static func wrapped(_ text: String, width: Int, first: Int = 0, rest: Int = 2) -> [String] {
        var lines: [String] = []
        var line = String(repeating: " ", count: first)
        var isFresh = true
        func breakLine() {
            lines.append(line)
            line = String(repeating: " ", count: rest)
            isFresh = true
        }
        for word in text.split(separator: " ") {
            var word = word
            if !isFresh && line.count + 1 + word.count > width { breakLine() }
            if !isFresh { line += " " }
            while line.count + word.count > width {
                let part = word.prefix(width - line.count)
                line += part
                word = word.dropFirst(part.count)
                breakLine()
            }
            line += word
            isFresh = false
        }
        return lines + [line]
    }
}

/// A scale that a whole column shares, in which every value keeps its digits.
public struct Scale: Sendable {
    /// What is measured.
    public enum Quantity: Hashable, Sendable {
        /// Times in microseconds.
        case time
        /// Energies in picojoules.
        case energy
        /// Amounts of data in bytes.
        case data

        /// Units from small to large, and what values are divided by in them.
        fileprivate var units: [(String, Double)] {
            switch self {
            case .time: [("ns", 1e-3), ("us", 1), ("ms", 1e3), ("s", 1e6)]
            case .energy: [("pJ", 1), ("nJ", 1e3), ("uJ", 1e6), ("mJ", 1e9), ("J", 1e12)]
            case .data: [("B", 1), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)]
            }
        }
    }

    /// The unit in the column's head.
    let unit: String
    /// What values are divided by.
    let factor: Double
    /// Significant digits that are shown at least.
    private static let digits = 4

    /// The unit in which the column is narrowest: the whole digits of its largest value, at least one, and the decimals of its
    /// smallest one that is not zero. The larger unit where two are alike.
    init(_ quantity: Quantity, _ values: [Double]) {
        let units = quantity.units
        let sizes = values.map(abs).filter { $0 > 0 && $0.isFinite }
        let (least, most) = (sizes.min() ?? 0, sizes.max() ?? 0)
        func width(_ factor: Double) -> Int {
            let whole = NumberText.figures(most / factor, digits: Self.digits).prefix { $0 != "." }
            return whole.count + NumberText.figures(least / factor, digits: Self.digits).drop { $0 != "." }.count
        }
        let large = units.filter { most >= $0.1 }
        (unit, factor) = large.reversed().min { width($0.1) < width($1.1) } ?? units[0]
    }

    /// A value without its unit.
    func text(_ value: Double) -> String { NumberText.figures(value / factor, digits: Self.digits) }
}

extension Collection {
    /// The elements with a count above 0, the largest first; of equal ones the first.
    func largestFirst(_ count: (Element) -> Int) -> [Element] {
        enumerated().map { (place: $0.offset, element: $0.element, count: count($0.element)) }.filter { $0.count > 0 }
            .sorted { ($1.count, $0.place) < ($0.count, $1.place) }.map(\.element)
    }
}
