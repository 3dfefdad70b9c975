import Files
import Foundation
import Hardware
import YAML

/// The figures of a table and its companion at a machine's node and supply.
///
/// Each has its table and, if that is of another node, the factor by which it was scaled.
struct FigureBook: Sendable {
    /// A table with the factors of its figures.
    private struct Volume: Sendable {
        let table: EnergyTable
        let energyFactor: Double
        let areaFactor: Double
        /// `40 nm, 0.9 V to 45 nm, 0.9 V: x 1.160`; nil if nothing is scaled.
        let energyWords: String?
        let areaWords: String?
    }

    /// The machine's node and supply.
    let point: OperatingPoint
    private let volumes: [Volume]

    /// - Parameters:
    ///   - needed: the machine's operations; each must have a figure, and those with an area an area.
    /// - Throws: `EnergyRangeError` for a node or supply outside the scaling, `InputError` at a table that lacks a figure.
    init(
        _ table: EnergyTable, companion: EnergyTable?, at point: OperatingPoint, scaling: TechnologyScaling,
        needed: [EnergyOperation]
    ) throws {
        self.point = point
        volumes = try ([table] + (companion.map { [$0] } ?? [])).map { table in
            guard table.point != point else {
                return Volume(table: table, energyFactor: 1, areaFactor: 1, energyWords: nil, areaWords: nil)
            }
            let energy = try scaling.energyFactor(
                from: (table.point.technology, table.point.voltage), to: (point.technology, point.voltage))
            let area = try scaling.areaFactor(from: table.point.technology, to: point.technology)
            return Volume(
                table: table, energyFactor: energy, areaFactor: area,
                energyWords: "from \(table.point) to \(point) x \(NumberForm.significant(energy))",
                areaWords: area == 1
                    ? nil
                    : "from \(QuantityKind.length.format(table.point.technology)) to "
                        + "\(QuantityKind.length.format(point.technology)) x \(NumberForm.significant(area))")
        }
        for operation in needed where !volumes.contains(where: { $0.table.curves[operation] != nil }) {
            throw Self.missing("figures for \(operation.rawValue)", in: table, companion)
        }
        let scalars: [(String, (EnergyTable) -> Bool)] = [
            ("wire", { $0.wire != nil }), ("leakage", { $0.leakage != nil }),
            ("clock_and_control", { $0.clockAndControl != nil }), ("memory", { $0.memory != nil }),
        ]
        for (name, isGiven) in scalars where !volumes.contains(where: { isGiven($0.table) }) {
            throw Self.missing(name, in: table, companion)
        }
    }

    private static func missing(_ what: String, in table: EnergyTable, _ companion: EnergyTable?) -> InputError {
        let others = companion.map { ", nor has its companion \(quoted($0.name))" } ?? ", and it names no companion"
        return InputError("the energy table \(quoted(table.name)) has no \(what)\(others)", at: table.mark)
    }

    // MARK: Operations

    /// The energy of an operation of a width in bits.
    func energy(_ operation: EnergyOperation, width: Double) -> EnergyFigure {
        let (curve, volume) = curve(operation) { _ in true }
        let figure = curve.figure(width: width)
        return EnergyFigure(
            energy: Picojoules(figure.energy.value * volume.energyFactor),
            source: volume.energyWords.map(figure.source.followed(by:)) ?? figure.source)
    }

    /// The area of an operation's circuit, of a width in bits; 0 if no table has one.
    func area(_ operation: EnergyOperation, width: Double) -> AreaFigure {
        let (curve, volume) = curve(operation) { $0.area(width: 1) != nil }
        guard let figure = curve.area(width: width) else {
            let source = FigureSource(
                derivation: "not known", publication: "no table gives an area for \(operation.rawValue)",
                origin: volume.table.name)
            return AreaFigure(area: SquareMicrometres(0), source: source)
        }
        return AreaFigure(
            area: SquareMicrometres(figure.area.value * volume.areaFactor),
            source: volume.areaWords.map(figure.source.followed(by:)) ?? figure.source)
    }

    /// The first suitable curve of an operation, else the first one.
    private func curve(
        _ operation: EnergyOperation, _ serves: (OperationCurve) -> Bool
    ) -> (OperationCurve, Volume) {
        let known = volumes.compactMap { volume in volume.table.curves[operation].map { ($0, volume) } }
        guard let chosen = known.first(where: { serves($0.0) }) ?? known.first else {
            preconditionFailure("no figure for \(operation), which was not among the needed ones")
        }
        return chosen
    }

    // MARK: Figures without a width

    /// pJ per bit and mm of wire: with the square of the supply, at every node.
    var wire: EnergyFigure {
        guard let wire = volumes.lazy.compactMap(\.table.wire).first else { preconditionFailure("no wire") }
        let factor = point.voltage * point.voltage / (wire.voltage * wire.voltage)
        let source = Self.source(wire.figure)
        return EnergyFigure(
            energy: Picojoules(wire.figure.value * factor),
            source: factor == 1
                ? source
                : source.followed(
                    by:
                        "from \(QuantityKind.voltage.format(wire.voltage)) to \(QuantityKind.voltage.format(point.voltage)) x "
                        + "\(NumberForm.significant(factor))"))
    }

    /// mW per mm2 of logic: the same current at every node and supply.
    var leakageDensity: (value: Double, source: FigureSource) {
        guard let table = volumes.lazy.map(\.table).first(where: { $0.leakage != nil }) else {
            preconditionFailure("a figure that was checked is missing")
        }
        let (value, source) = scalar(\.leakage)
        guard table.point != point else { return (value, source) }
        let factor = point.voltage / table.point.voltage
        let words = factor == 1 ? "" : " x \(NumberForm.significant(factor))"
        return (value * factor, source.followed(by: "taken as at \(table.point)\(words)"))
    }

    /// Energy of clock and control as a fraction of all other dynamic energy on chip.
    var clockFraction: (value: Double, source: FigureSource) { scalar(\.clockAndControl) }

    /// pJ per bit of a memory without a standard.
    var memoryBit: (value: Double, source: FigureSource) { scalar(\.memory) }

    private func scalar(_ path: KeyPath<EnergyTable, EnergyTable.Sourced?>) -> (value: Double, source: FigureSource) {
        guard let figure = volumes.lazy.compactMap({ $0.table[keyPath: path] }).first else {
            preconditionFailure("a figure that was checked is missing")
        }
        return (figure.value, Self.source(figure))
    }

    private static func source(_ figure: EnergyTable.Sourced) -> FigureSource {
        FigureSource(derivation: "as given", publication: figure.source, origin: figure.table)
    }
}

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
