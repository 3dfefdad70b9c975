import Traces

extension [StandaloneOperation] {
    /// What of the network does not multiply and is not simulated, as one warning; none where nothing is left out.
    public var warnings: [String] {
        guard !isEmpty else { return [] }
        let kinds = StandaloneOperation.Kind.allCases.compactMap { kind -> String? in
            let of = filter { $0.kind == kind }
            return of.isEmpty
                ? nil : "\(of.count) \(kind.rawValue) (\(of.map(\.source).unique().joined(separator: ", ")))"
        }
        let (read, written) = (sum(\.bytesRead), sum(\.bytesWritten))
        let count = count == 1 ? "1 operation that does" : "\(count) operations that do"
        return [
            "\(count) not multiply are not simulated: \(kinds.joined(separator: ", ")); they read "
                + "\(NumberText.grouped(read)) bytes and write \(NumberText.grouped(written))"
        ]
    }

    private func sum(_ bytes: KeyPath<StandaloneOperation, Int>) -> Int {
        reduce(0) { sum, operation in
            let (value, overflow) = sum.addingReportingOverflow(operation[keyPath: bytes])
            return overflow ? .max : value
        }
    }
}
