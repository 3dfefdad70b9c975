import Traces

extension [StandaloneOperation] {
    /// Names of each kind that are shown.
    private static var shown: Int { 6 }

    /// What of the network does not multiply and is not simulated, as one warning; none where nothing is left out.
    public var warnings: [String] { text(count == 1 ? " is not simulated" : " are not simulated") }

    /// What of the network does not multiply, as one line; none where there is nothing.
    public var lines: [String] { text("") }

    private func text(_ what: String) -> [String] {
        guard !isEmpty else { return [] }
        let kinds = StandaloneOperation.Kind.allCases.compactMap { kind -> String? in
            let names = filter { $0.kind == kind }.map(\.source)
            guard !names.isEmpty else { return nil }
            var shown = names.unique().prefix(Self.shown).map(NumberText.printable)
            if names.unique().count > Self.shown { shown.append("...") }
            return "\(names.count) \(kind.rawValue) (\(shown.joined(separator: ", ")))"
        }
        let subject =
            count == 1 ? "1 operation that does not multiply" : "\(count) operations that do not multiply"
        var text = "\(subject)\(what): \(kinds.joined(separator: ", "))"
        if let read = sum(\.bytesRead), let written = sum(\.bytesWritten) {
            text += "; they read \(NumberText.grouped(read)) bytes and write \(NumberText.grouped(written))"
        }
        return [text]
    }

    /// Nil where some are not known.
    private func sum(_ bytes: KeyPath<StandaloneOperation, Int?>) -> Int? {
        reduce(0) { sum, operation in
            guard let sum, let bytes = operation[keyPath: bytes] else { return nil }
            let (value, overflow) = sum.addingReportingOverflow(bytes)
            return overflow ? .max : value
        }
    }
}
