import Foundation

/// Numbers inside derivations.
enum NumberForm {
    /// Four significant digits, or fewer where there are fewer.
    static func significant(_ value: Double) -> String {
        guard let rounded = Double(String(format: "%.4g", value)) else { return "\(value)" }
        return short(rounded)
    }

    /// Two decimals, or fewer where there are fewer.
    static func hundredths(_ value: Double) -> String { short((value * 100).rounded() / 100) }

    private static func short(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
