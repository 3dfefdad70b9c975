import Files

/// A row of a table of a network.
struct NetworkRow: Sendable {
    typealias Column = NetworkOperation.Column

    /// A size in both directions.
    struct Pair: Hashable, Sendable {
        var height: Int
        var width: Int
    }

    /// Zeros at the borders.
    enum Padding: Hashable, Sendable {
        /// As many above as below, and left as right.
        case zeros(Pair)
        /// So many that the output has ceil(input / stride) rows and columns; an odd one stands below and right.
        case same
        /// None above and left; the last window of a pool may reach over the map's end.
        case ceil
    }

    let name: String
    let operation: NetworkOperation
    /// Its producers.
    let inputs: [String]
    let filters: Int
    let kernel: Pair
    let stride: Pair
    let padding: Padding
    let dilation: Pair
    let groups: Int
    let fused: [FusedOperation]
    let record: CSVRecord
    let columns: NetworkColumns

    /// An error at a cell of this row.
    func error(_ message: String, at column: Column) -> InputError {
        record.error(message, at: columns.indices[column] ?? columns.indices[.name] ?? 0)
    }
}

/// The columns of a table of a network, by their positions.
struct NetworkColumns: Sendable {
    typealias Column = NetworkOperation.Column
    let indices: [Column: Int]
    let count: Int

    /// Reads the line that names them.
    ///
    /// - Throws: `InputError` at a name that is unknown or is there twice, and for a column that is missing.
    init(_ record: CSVRecord) throws {
        var indices: [Column: Int] = [:]
        let names = Column.allCases.map(\.rawValue)
        for (index, field) in record.fields.enumerated() {
            guard let column = Column(rawValue: field.text.lowercased()) else {
                throw record.error(
                    "\(quoted(field.text)) is no column of a table of a network"
                        + "\(didYouMean(nearestName(to: field.text, among: names))); the columns are \(names.listed)",
                    at: index)
            }
            guard indices.updateValue(index, forKey: column) == nil else {
                throw record.error("the column \(quoted(field.text)) is there twice", at: index)
            }
        }
        for column in [Column.name, .operation] where indices[column] == nil {
            throw record.error("the column \(column.rawValue) is missing", at: 0)
        }
        self.indices = indices
        count = record.fields.count
    }
}
