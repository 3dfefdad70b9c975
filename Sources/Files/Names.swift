/// The name that is nearest to a misspelt one: by the fewest letters dropped, added, changed or swapped with their
/// neighbour (Damerau 1964, optimal string alignment), ignoring case and dashes; nil if none is near.
public func nearestName(to name: String, among names: [String]) -> String? {
    let limit = 64
    let wanted = folded(name)
    guard !wanted.isEmpty, wanted.count <= limit else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in names {
        let other = folded(candidate)
        guard other.count <= limit else { continue }
        let distance = editDistance(wanted, other)
        let cutOff = max(1, min(wanted.count, other.count) / 3)
        if distance <= cutOff && distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    return best?.name
}

/// The end of a message about an unknown name: `: did you mean "mobile"?`, or `otherwise` if no name is near.
public func didYouMean(_ near: String?, otherwise: String = "") -> String {
    near.map { ": did you mean \(quoted($0, limit: .max))?" } ?? otherwise
}

extension StringProtocol {
    /// A file's name without its ending `.yaml`.
    package var withoutYAML: String { hasSuffix(".yaml") ? String(dropLast(5)) : String(self) }
}

private func folded(_ name: String) -> [Unicode.Scalar] {
    name.lowercased().unicodeScalars.map { $0 == "-" || $0 == " " ? "_" : $0 }
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var (before, last) = ([Int](), Array(0...b.count))
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
            row.append(cost)
        }
        (before, last) = (last, row)
    }
    return last[b.count]
}

/// Checks names that are shown in tables, on terminals and in spreadsheets.
public enum NameCheck {
    /// The fault of a name: an invisible character or one that moves other text, or a start that a spreadsheet would run as a
    /// formula. Quotes in a CSV file do not prevent that, and a character in front would change the name.
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

    /// Whether a character is invisible: a control, a format character such as U+202E (right-to-left override), or a line end.
    public static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// The characters that start a formula, in both widths (OWASP, "CSV Injection").
    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]
}
