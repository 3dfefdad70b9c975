import Traces

extension [NotExported] {
    /// Entries that are named; the others are counted.
    private static var shown: Int { 12 }

    /// What of the model is not in the trace, as one warning, the entries with most multiplications first; none where
    /// nothing is missing.
    public var warnings: [String] {
        guard !isEmpty else { return [] }
        let known = compactMap(\.multiplications)
        let sum = known.reduce(0) { sum, count in
            let (value, overflow) = sum.addingReportingOverflow(count)
            return overflow ? .max : value
        }
        let number =
            known.isEmpty
            ? "an unknown number of" : (known.count < count ? "at least " : "") + NumberText.grouped(sum)
        // Equal numbers keep the manifest's order.
        let ordered = enumerated().sorted {
            ($1.element.multiplications ?? -1, $0.offset) < ($0.element.multiplications ?? -1, $1.offset)
        }
        var names = ordered.prefix(Self.shown).map(\.element.text)
        if count > Self.shown { names.append("and \(count - Self.shown) more") }
        return ["\(number) multiplications of the model are not in the trace: \(names.joined(separator: ", "))"]
    }
}

extension NotExported {
    /// The entry in words: `up (ConvTranspose2d, 1,234)`.
    fileprivate var text: String {
        let number = multiplications.map(NumberText.grouped) ?? "an unknown number"
        return "\(NumberText.printable(name)) (\(NumberText.printable(operation)), \(number))"
    }
}
