import Files
import YAML

/// The columns of an SRAM table: names and units, given once for all rows.
struct SRAMColumns {
    private let columns: [Column]

    /// Reads a list of `name unit`, in the order of the numbers in a row.
    init(_ list: Node) throws {
        var columns: [Column] = []
        for node in try list.elements() {
            let column = try Column(node)
            guard !columns.contains(where: { $0.name == column.name }) else {
                throw node.error("found the column \(column.name.text) a second time, expected each once")
            }
            columns.append(column)
        }
        if let missing = Column.Name.allCases.first(where: { name in !columns.contains { $0.name == name } }) {
            throw list.error("the column \(quoted("\(missing.text) \(missing.kind.baseUnit)")) is missing")
        }
        self.columns = columns
    }

    /// Reads a row.
    func bank(_ row: Node) throws -> (size: SRAMSize, figures: SRAMFigures) {
        let cells = try row.elements()
        guard cells.count == columns.count else {
            let expected = columns.map { "\($0.name.text) \($0.unit)" }.joined(separator: ", ")
            throw row.error("found a row of \(cells.count), expected \(columns.count) numbers: \(expected)")
        }
        var values = [Double](repeating: 0, count: columns.count)
        for (column, cell) in zip(columns, cells) { values[column.name.rawValue] = try column.value(cell) }
        func value(_ name: Column.Name) -> Double { values[name.rawValue] }
        return (
            SRAMSize(capacity: Int(value(.capacity)), width: Int(value(.width))),
            SRAMFigures(
                readEnergy: value(.readEnergy), writeEnergy: value(.writeEnergy), leakage: value(.leakage),
                area: value(.area), accessTime: value(.accessTime), cycleTime: value(.cycleTime))
        )
    }
}

/// One column and its unit.
private struct Column {
    enum Name: Int, CaseIterable {
        case capacity
        case width
        case readEnergy
        case writeEnergy
        case leakage
        case area
        case accessTime
        case cycleTime

        var text: String {
            switch self {
            case .capacity: "capacity"
            case .width: "width"
            case .readEnergy: "read_energy"
            case .writeEnergy: "write_energy"
            case .leakage: "leakage"
            case .area: "area"
            case .accessTime: "access_time"
            case .cycleTime: "cycle_time"
            }
        }

        var kind: QuantityKind {
            switch self {
            case .capacity: .capacity
            case .width: .width
            case .readEnergy, .writeEnergy: .energy
            case .leakage: .power
            case .area: .area
            case .accessTime, .cycleTime: .time
            }
        }

        /// The valid range, in the kind's base unit; other values are most likely errors.
        var range: ClosedRange<Double> {
            switch self {
            case .capacity: 1...1_099_511_627_776
            case .width: 1...65536
            case .readEnergy, .writeEnergy: 1e-6...1e6
            case .leakage: 1e-12...1e6
            case .area: 1e-3...1e12
            case .accessTime, .cycleTime: 1e-6...1e6
            }
        }
    }

    let name: Name
    let unit: String
    /// The value of the unit in the kind's base unit.
    let factor: Double

    /// Reads `name unit`.
    init(_ node: Node) throws {
        let words = try node.string().split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        let names = Name.allCases.map(\.text)
        guard let first = words.first, let name = Name.allCases.first(where: { $0.text == first }) else {
            let near = words.first.flatMap { nearestName(to: $0, among: names) }
            let hint = near.map { ": did you mean \(quoted($0))?" } ?? ""
            throw node.error("found \(node.found) as a column, expected \(names.formattedChoice) with its unit\(hint)")
        }
        guard words.count > 1 else {
            throw node.error(
                "found \(node.found) without a unit, expected \(name.kind.expectedUnit(insteadOf: "")) after it")
        }
        let unit = words.dropFirst().joined(separator: " ")
        guard let factor = name.kind.factor(of: unit) else {
            throw node.error(
                "found the unit \(quoted(unit)) of \(first), expected \(name.kind.expectedUnit(insteadOf: unit))")
        }
        (self.name, self.unit, self.factor) = (name, unit, factor)
    }

    /// A number of the column, in the kind's base unit.
    func value(_ cell: Node) throws -> Double {
        let range = name.range.lowerBound / factor...name.range.upperBound / factor
        let value: Double
        do {
            value = try cell.real(in: range) * factor
        } catch let error as InputError {
            throw cell.error("\(error.message), the \(name.text) in \(unit)")
        }
        guard name.kind != .capacity && name.kind != .width || value == value.rounded() else {
            throw cell.error(
                "found \(cell.found), expected a whole number of \(name.kind.baseUnit), the \(name.text) in \(unit)")
        }
        return value
    }
}
