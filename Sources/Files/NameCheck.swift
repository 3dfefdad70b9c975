/// Checks of names that end up in tables, on terminals and in spreadsheets.
public enum NameCheck {
    /// What is wrong with a name: a character that shows nothing or moves other text, or a start that a spreadsheet would
    /// run as a formula. Quotes in a CSV file do not stop a spreadsheet, and a character in front would change the name.
    ///
    /// - Parameters:
    ///   - name: the name.
    ///   - what: what is named, such as `a layer's name`.
    public static func fault(in name: String, what: String) -> String? {
        guard name.unicodeScalars.allSatisfy({ !isHidden($0) }) else {
            return "found \(quoted(name)), expected \(what) without control and format characters"
        }
        if let first = name.unicodeScalars.first(where: { !$0.properties.isWhitespace }), formulaStarts.contains(first)
        {
            return
                "found \(quoted(name)), which a spreadsheet would run as a formula: expected \(what) that does not begin "
                + "with \(first)"
        }
        return nil
    }

    /// Whether a character shows nothing by itself: a control, a format character such as U+202E (right-to-left override),
    /// or an end of a line.
    public static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// The characters with which a formula begins, in both widths (OWASP, "CSV Injection").
    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]
}
