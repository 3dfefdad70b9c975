import Foundation
import Hardware
import YAML

/// Energies per operation at one technology node, each figure with its source.
public struct EnergyTable: Sendable {
    /// The table's name.
    public let name: String
    /// The file it was read from.
    public let path: String
    /// One line on what it holds.
    public let description: String
    /// The technology node, in nanometres.
    public let technology: Double
    private let multiplies: OperationCurve
    private let adds: OperationCurve

    /// Reads a table.
    ///
    /// - Throws: `InputError` at its place for anything wrong in it, `FileError` where the file cannot be read.
    public static func load(path: String) throws -> EnergyTable {
        try EnergyTable(Document.load(path: path), path: path)
    }

    init(_ root: Node, path: String) throws {
        let decoder = try MappingDecoder(root, what: "the energy table")
        name = try decoder.required("name").line(what: "name")
        description = try decoder.optional("description")?.line(what: "description") ?? ""
        technology = try decoder.required("technology").quantity(.length, in: 1...1000)
        let operations = try MappingDecoder(decoder.required("operations"), what: "operations")
        multiplies = try OperationCurve(operations.required("multiply"), what: "multiply")
        adds = try OperationCurve(operations.required("add"), what: "add")
        try operations.finish()
        try decoder.finish()
        self.path = path
    }

    /// The energy of a multiplication of `a` by `b` bits.
    ///
    /// An array multiplier's area, and with it its energy, goes with the product of its widths, so it counts as a square one of
    /// sqrt(a * b) bits.
    public func figure(multiplying a: Int, by b: Int) -> EnergyFigure {
        let width = (Double(a) * Double(b)).squareRoot()
        let figure = multiplies.figure(width: width)
        let shown = "\((width * 100).rounded() / 100)".replacing(/\.0$/, with: "")
        let what = a == b ? "\(a) bit" : "\(a) x \(b) bit taken as sqrt(\(a) * \(b)) = \(shown) bit"
        return figure.preceded(by: what)
    }

    /// The energy of an addition of `width` bits.
    public func figure(adding width: Int) -> EnergyFigure {
        adds.figure(width: Double(width)).preceded(by: "\(width) bit")
    }
}

extension EnergyTable {
    /// The table of a name or path: `default` is `energy/default.yaml` in the folder of shipped configurations; what has a slash
    /// in it, or ends in `.yaml` and exists, is a file.
    ///
    /// - Throws: `FileError` where there is none, with the nearest shipped name; `InputError` for what is wrong in it.
    public static func resolve(_ name: String, library: ConfigurationLibrary) throws -> EnergyTable {
        if name.contains("/") || name.hasSuffix(".yaml") && FileManager.default.fileExists(atPath: name) {
            return try load(path: name)
        }
        let folder = try library.requiredFolder() + "/energy"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let names = files.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.map { String($0.dropLast(5)) }.sorted()
        let wanted = name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
        if names.contains(wanted) { return try load(path: "\(folder)/\(wanted).yaml") }
        let near = nearestName(to: wanted, among: names).map { ": did you mean \(quoted($0))?" } ?? ";"
        let shipped = names.isEmpty ? "\(folder) holds none" : "\(folder) holds \(names.joined(separator: ", "))"
        throw FileError(.read, path: name, reason: "there is no energy table of this name\(near) \(shipped)")
    }
}
