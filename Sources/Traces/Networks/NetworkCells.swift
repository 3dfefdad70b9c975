import Files

/// The cells of a line, which become a row of a network.
struct NetworkCells {
    private typealias Column = NetworkOperation.Column
    private typealias Pair = NetworkRow.Pair
    private let record: CSVRecord
    private let columns: NetworkColumns

    /// - Throws: `InputError` for a value behind the last column.
    init(_ record: CSVRecord, _ columns: NetworkColumns) throws {
        if let index = record.fields.indices.first(where: { $0 >= columns.count && !record.text($0).isEmpty }) {
            throw record.error(
                "found \(quoted(record.text(index))) behind the last of \(columns.count) columns", at: index)
        }
        (self.record, self.columns) = (record, columns)
    }

    /// The row; `before` are the input and the rows that have run.
    ///
    /// - Throws: `InputError` at the cell that does not fit.
    func row(before: [String]) throws -> NetworkRow {
        let name = try readName()
        let operation = try readOperation()
        try checkColumns(operation)
        let stride = try pair(.stride, 1, default: 1)
        return NetworkRow(
            name: name, operation: operation, inputs: try inputs(operation, before),
            filters: try integer(.filters, default: 1), kernel: try pair(.kernel, 1, default: 1), stride: stride,
            padding: try padding(operation), dilation: try pair(.dilation, 1, default: 1),
            groups: try integer(.groups, default: 1), fused: try fused(before), record: record, columns: columns)
    }

    private func text(_ column: Column) -> String { columns.indices[column].map(record.text) ?? "" }

    private func error(_ message: String, at column: Column) -> InputError {
        record.error(message, at: columns.indices[column] ?? columns.indices[.name] ?? 0)
    }

    private func readName() throws -> String {
        let name = text(.name)
        guard !name.isEmpty else { throw error("the row has no name", at: .name) }
        if let fault = Layer.fault(ofName: name) { throw error(fault, at: .name) }
        guard !name.contains(where: \.isWhitespace), name != NetworkTable.inputName else {
            throw error(
                "found the name \(quoted(name)), expected one without spaces, other than "
                    + quoted(NetworkTable.inputName), at: .name)
        }
        return name
    }

    private func readOperation() throws -> NetworkOperation {
        if let operation = NetworkOperation(rawValue: text(.operation)) { return operation }
        let names = NetworkOperation.allCases.map(\.rawValue)
        throw error(
            "found the operation \(quoted(text(.operation))), expected one of \(names.listed)"
                + didYouMean(nearestName(to: text(.operation), among: names)), at: .operation)
    }

    private func checkColumns(_ operation: NetworkOperation) throws {
        for column in Column.allCases where ![.name, .operation, .inputs].contains(column) && !text(column).isEmpty {
            guard !operation.columns.contains(column) else { continue }
            throw error(
                "found \(quoted(text(column))) as \(column.rawValue), which \(operation.rawValue) does not have; "
                    + "expected an empty cell", at: column)
        }
        for column in operation.requiredColumns where text(column).isEmpty {
            throw error("\(operation.rawValue) has to give its \(column.rawValue)", at: column)
        }
    }

    // MARK: Producers

    private func inputs(_ operation: NetworkOperation, _ before: [String]) throws -> [String] {
        let given = text(.inputs).split(whereSeparator: \.isWhitespace).map(String.init)
        let names = given.isEmpty ? [before[before.count - 1]] : given
        guard operation.arity.contains(names.count) else {
            let least = operation.arity.lowerBound
            let expected = operation.arity.upperBound == least ? "\(least)" : "at least \(least)"
            throw error(
                given.isEmpty
                    ? "\(operation.rawValue) has \(expected) inputs, and the cell is empty"
                    : "found \(names.count) inputs, expected \(expected)", at: .inputs)
        }
        for name in names { try check(name, before, at: .inputs) }
        return names
    }

    private func check(_ name: String, _ before: [String], at column: Column) throws {
        guard !before.contains(name) else { return }
        throw error(
            "no row before this one has the name \(quoted(name))\(didYouMean(nearestName(to: name, among: before)))",
            at: column)
    }

    private func fused(_ before: [String]) throws -> [FusedOperation] {
        try text(.fused).split(whereSeparator: \.isWhitespace).map { word in
            let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let names = FusedOperation.known
            guard names.contains(parts[0]) else {
                throw error(
                    "found \(quoted(parts[0])), expected one of \(names.listed)"
                        + didYouMean(nearestName(to: parts[0], among: names)), at: .fused)
            }
            guard (parts[0] == "add") == (parts.count == 2) else {
                throw error(
                    parts.count == 2
                        ? "\(parts[0]) has no second operand, found \(quoted(parts[1]))"
                        : "add has to name its second operand, as add:NAME", at: .fused)
            }
            if parts.count == 2 { try check(parts[1], before, at: .fused) }
            return FusedOperation(operation: parts[0], input: parts.count == 2 ? parts[1] : nil)
        }
    }

    // MARK: Sizes

    private func integer(_ column: Column, default absent: Int) throws -> Int {
        if text(column).isEmpty { return absent }
        guard let value = Int(text(column)), (1...Layer.productLimit).contains(value) else {
            throw error(
                "found \(quoted(text(column))) as \(column.rawValue), expected a whole number from 1 to 2^40",
                at: column)
        }
        return value
    }

    private func padding(_ operation: NetworkOperation) throws -> NetworkRow.Padding {
        switch text(.padding) {
        case "same" where operation != .transposedConvolution: return .same
        case "ceil" where operation == .maxPool || operation == .averagePool: return .ceil
        default: return .zeros(try pair(.padding, 0, default: 0))
        }
    }

    private func pair(_ column: Column, _ least: Int, default absent: Int) throws -> Pair {
        let text = text(column)
        if text.isEmpty { return Pair(height: absent, width: absent) }
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0.filter { $0 != " " }) }
        guard numbers.count == parts.count, parts.count <= 2,
            numbers.allSatisfy({ (least...Layer.productLimit).contains($0) })
        else {
            let words = column == .padding ? ", same or (of a pool) ceil" : ""
            throw error(
                "found \(quoted(text)) as \(column.rawValue), expected a whole number from \(least) to 2^40, or two as "
                    + "height x width, such as 3x5\(words)", at: column)
        }
        return Pair(height: numbers[0], width: numbers[numbers.count - 1])
    }
}
