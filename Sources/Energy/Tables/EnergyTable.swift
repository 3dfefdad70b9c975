import Files
import YAML

/// Energies and areas per operation at one technology node and supply, each figure with its source.
public struct EnergyTable: Sendable {
    /// A figure that has no width.
    struct Sourced: Hashable, Sendable {
        let value: Double
        let source: String
        /// The table with the figure.
        let table: String
    }

    /// The table's name.
    public let name: String
    /// The file from which it was read.
    public let path: String
    /// The files of its figures: its own, and those of the tables that it extends.
    public let files: [String]
    /// A description in one line.
    public let description: String
    /// The tables that it extends, nearest first.
    let extended: [String]
    /// The node and the supply of its figures.
    public let point: OperatingPoint
    /// The companion's name, and the node that names it.
    let companion: (name: String, node: Node)?
    /// The position of the table's start.
    let mark: Mark
    let curves: [EnergyOperation: OperationCurve]
    /// pJ per bit and mm at `voltage` volts.
    let wire: (figure: Sourced, voltage: Double)?
    /// mW of leakage per mm2 of logic.
    let leakage: Sourced?
    /// Energy of clock and control as a fraction of all other dynamic energy on chip.
    let clockAndControl: Sourced?
    /// pJ a bit of a memory that names no standard.
    let memory: Sourced?
}

extension EnergyTable {
    /// Reads a table; where it extends another one, `resolve` finds that by the name or path that it gives.
    ///
    /// - Throws: `InputError` at its place for anything wrong in it.
    init(_ root: Node, path: String, resolve: (Node) throws -> EnergyTable) throws {
        let decoder = try MappingDecoder(root, what: "the energy table")
        let base = try decoder.optional("extends").map(resolve)
        name = try decoder.required("name").line(what: "name")
        description = try decoder.optional("description")?.line(what: "description") ?? base?.description ?? ""
        extended = base.map { [$0.name] + $0.extended } ?? []
        point = try Self.point(decoder, base: base)
        companion = try decoder.optional("companion").map { (try $0.line(what: "companion"), $0) } ?? base?.companion
        mark = root.mark
        self.path = path
        files = [path] + (base?.files ?? [])
        var curves = base?.curves ?? [:]
        if let operations = base == nil ? try decoder.required("operations") : decoder.optional("operations") {
            let decoder = try MappingDecoder(operations, what: "operations")
            for operation in EnergyOperation.allCases {
                guard let node = decoder.optional(operation.rawValue) else { continue }
                curves[operation] = try OperationCurve(
                    node, what: operation.rawValue, table: name, over: curves[operation])
            }
            try decoder.finish()
        }
        self.curves = curves
        let name = name
        wire = try decoder.optional("wire").map { try Self.wire($0, table: name) } ?? base?.wire
        leakage = try decoder.optional("leakage").map { try Self.leakage($0, table: name) } ?? base?.leakage
        clockAndControl =
            try decoder.optional("clock_and_control").map {
                try Self.sourced($0, what: "clock_and_control", key: "fraction", table: name) {
                    try $0.real(in: 0...10)
                }
            } ?? base?.clockAndControl
        memory =
            try decoder.optional("memory").map {
                try Self.sourced($0, what: "memory", key: "per_bit", table: name) {
                    try $0.quantity(.energy, in: 0...1e6)
                }
            } ?? base?.memory
        try decoder.finish()
    }

    /// A table that extends another one must have the same node and supply.
    private static func point(_ decoder: MappingDecoder, base: EnergyTable?) throws -> OperatingPoint {
        guard let base else {
            return OperatingPoint(
                technology: try decoder.required("technology").quantity(.length, in: 1...1000),
                voltage: try decoder.required("voltage").quantity(.voltage, in: 0.1...10))
        }
        func check(_ node: Node?, _ value: Double, _ kind: QuantityKind) throws {
            guard let node, try node.quantity(kind) != value else { return }
            throw node.error(
                "found \(node.found), but this table extends \(quoted(base.name)), whose figures are of \(base.point): a table must "
                    + "have figures of one node and supply")
        }
        try check(decoder.optional("technology"), base.point.technology, .length)
        try check(decoder.optional("voltage"), base.point.voltage, .voltage)
        return base.point
    }

    private static func sourced(
        _ node: Node, what: String, key: String, table: String, read: (Node) throws -> Double
    ) throws -> Sourced {
        let decoder = try MappingDecoder(node, what: what)
        let value = try read(decoder.required(key))
        let source = try decoder.required("source").line(what: "source")
        try decoder.finish()
        return Sourced(value: value, source: source, table: table)
    }

    private static func wire(_ node: Node, table: String) throws -> (figure: Sourced, voltage: Double) {
        let decoder = try MappingDecoder(node, what: "wire")
        let energy = try decoder.required("energy").quantity(.energy, in: 0...1e3)
        let voltage = try decoder.required("voltage").quantity(.voltage, in: 0.1...10)
        let source = try decoder.required("source").line(what: "source")
        try decoder.finish()
        return (Sourced(value: energy, source: source, table: table), voltage)
    }

    private static func leakage(_ node: Node, table: String) throws -> Sourced {
        let decoder = try MappingDecoder(node, what: "leakage")
        let power = try decoder.required("power").quantity(.power, in: 0...1e6)
        let area = try decoder.required("area").quantity(.area, in: 1...1e12)
        let source = try decoder.required("source").line(what: "source")
        try decoder.finish()
        return Sourced(
            value: power / SquareMicrometres(area).squareMillimetres, source: source, table: table)
    }
}
