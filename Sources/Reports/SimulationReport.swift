import Energy
import Foundation
import Simulation
import Tensors
import YAML

/// What a simulation found, as people and programs read it: a table for the terminal, CSV files, a JSON summary.
public struct SimulationReport: Sendable {
    let result: SimulationResult
    let energy: [LayerEnergy]
    let table: EnergyTable
    let tracePath: String?
    let version: String
    /// One row a layer.
    let rows: [LayerRow]
    /// The row of all layers.
    let total: LayerRow

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - energy: one element a layer, in the result's order.
    ///   - table: the energy table that they were made with.
    ///   - tracePath: the trace's file as the user named it; nil where it was made in memory.
    ///   - version: the program's version.
    public init(
        result: SimulationResult, energy: [LayerEnergy], table: EnergyTable, tracePath: String?, version: String
    ) {
        precondition(energy.count == result.layers.count, "one energy a layer")
        self.result = result
        self.energy = energy
        self.table = table
        self.tracePath = tracePath
        self.version = version
        rows = zip(result.layers, energy).map { LayerRow($0, energy: $1, clock: result.configuration.clock) }
        total = LayerRow(totalOf: result, energy: energy)
    }

    /// `layers.csv`: one line a layer and a last one `total`.
    public func layersCSV() -> [UInt8] { CSV(Column<LayerRow>.all, rows: rows + [total]).bytes }

    /// `energy.csv`: one line a layer, component and action.
    public func energyCSV() -> [UInt8] {
        CSV(Column<EnergyRow>.all, rows: energy.flatMap(EnergyRow.rows)).bytes
    }

    /// Writes `layers.csv`, `energy.csv` and `summary.json` into a folder, which is made where it is missing. Each file
    /// appears whole or not at all.
    ///
    /// - Throws: `FileError`.
    public func write(to directory: String) throws {
        let files = [("layers.csv", layersCSV()), ("energy.csv", energyCSV()), ("summary.json", summaryJSON())]
        try Self.makeFolder(directory)
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        for (name, bytes) in files { try AtomicFile.write(bytes, to: prefix + name) }
    }

    private static func makeFolder(_ path: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
            throw FileError(.write, path: path, reason: "it is a file, and a folder was expected")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let reason = cause.map { InputFile.reason(Int32(truncatingIfNeeded: $0.code)) }
            throw FileError(.write, path: path, reason: reason ?? error.localizedDescription)
        }
    }
}
