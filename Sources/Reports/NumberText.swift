import Foundation

/// Numbers, and the texts beside them, as people read them.
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

    /// A figure of a file as a table shows it: counts with thousands separated, measures with four significant digits.
    public static func short(_ figure: String) -> String {
        if let count = Int(figure) { return grouped(count) }
        guard let value = Double(figure), value.isFinite else { return figure }
        let magnitude = value == 0 ? 0 : Int(log10(abs(value)).rounded(.down))
        return magnitude < -4
            ? String(format: "%.3e", value) : grouped(value, decimals: max(0, min(8, 3 - magnitude)))
    }

    /// A share in percent; what would be shown as nothing and is not is shown as less than the least.
    static func percent(_ share: Double) -> String {
        let text = grouped(share * 100, decimals: 1)
        return share > 0 && text == "0.0" ? "<0.1%" : text + "%"
    }

    /// A text on one line, without control characters, which a terminal would obey: U+FFFD stands for each.
    public static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }

    /// A number with four significant digits, or fewer where it has fewer.
    static func significant(_ value: Double) -> Double { Double(String(format: "%.4g", value)) ?? value }

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

/// A scale that a whole column shares.
public struct Scale: Sendable {
    /// What stands in the column's head.
    public let unit: String
    /// What values are divided by.
    public let factor: Double
    /// Decimals that are shown.
    let decimals: Int

    /// The unit, of those given from small to large with their factors, in which a value is at least 1.
    init(for value: Double, units: [(String, Double)]) {
        let chosen = units.last { value >= $0.1 } ?? units[0]
        unit = chosen.0
        factor = chosen.1
        decimals = value / factor >= 10 ? 2 : 3
    }

    /// For times in microseconds.
    static func time(_ microseconds: Double) -> Scale {
        Scale(for: microseconds, units: [("ns", 1e-3), ("us", 1), ("ms", 1e3), ("s", 1e6)])
    }

    /// For energies in picojoules.
    public static func energy(_ picojoules: Double) -> Scale {
        Scale(for: picojoules, units: [("pJ", 1), ("nJ", 1e3), ("uJ", 1e6), ("mJ", 1e9), ("J", 1e12)])
    }

    /// For amounts of data in bytes.
    static func bytes(_ bytes: Double) -> Scale {
        Scale(for: bytes, units: [("B", 1), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)])
    }

    /// A value without its unit.
    func text(_ value: Double) -> String { NumberText.grouped(value / factor, decimals: decimals) }
}
