import Energy
import Files
import Simulation

/// What a simulation found, as people and programs read it: a table for the terminal, CSV files, a JSON summary.
public struct SimulationReport: Sendable {
    let result: SimulationResult
    let energy: [LayerEnergy]
    let model: EnergyModel
    let tracePath: String?
    let version: String
    /// What the functional pass found, one element a layer; nil where it did not run.
    public let verification: [LayerVerification]?
    /// The largest error that the functional pass let pass, as a share of the largest output; nil where it did not run.
    public let tolerance: Double?
    /// One row a layer.
    let rows: [LayerRow]
    /// The row of all layers.
    let total: LayerRow
    /// Whether the energies with other figures are shown.
    let showsSensitivity: Bool

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - result: what the simulation found.
    ///   - model: the machine's energies and areas.
    ///   - tracePath: the trace's file as the user named it; nil where it was made in memory.
    ///   - version: the program's version.
    ///   - verification: what the functional pass found, one element a layer, if it ran.
    ///   - tolerance: the largest error that it let pass, as a share of the largest output.
    ///   - showsSensitivity: whether the energies with half and twice of some figures are shown.
    public init(
        result: SimulationResult, model: EnergyModel, tracePath: String?, version: String,
        verification: [LayerVerification]? = nil, tolerance: Double? = nil, showsSensitivity: Bool = false
    ) {
        precondition(verification.map { $0.count == result.layers.count } ?? true, "one verification a layer")
        self.result = result
        self.model = model
        self.showsSensitivity = showsSensitivity
        energy = model.energy(of: result)
        self.tracePath = tracePath
        self.version = version
        self.verification = verification
        self.tolerance = tolerance
        rows = zip(result.layers, energy).map { LayerRow($0, energy: $1, clock: result.configuration.clock) }
        total = LayerRow(totalOf: result, energy: energy)
    }

    /// What of the model is not in the trace, what does not fit together in the machine, nor with the layers, and which operands
    /// are loaded too often, in words.
    public var warnings: [String] {
        result.notExported.warnings + model.warnings(for: result) + result.repeatedLoads
    }

    /// `layers.csv`: one line a layer and a last one `total`.
    public func layersCSV() -> [UInt8] { CSV(Column<LayerRow>.all, rows: rows + [total]).bytes }

    /// `energy.csv`: one line a layer, component and action.
    public func energyCSV() -> [UInt8] {
        CSV(Column<EnergyRow>.all, rows: energy.flatMap(EnergyRow.rows)).bytes
    }

    /// `area.csv`: one line a component and part of the chip.
    public func areaCSV() -> [UInt8] { CSV(Column<AreaRow>.all, rows: AreaRow.rows(of: model)).bytes }

    /// `sensitivity.csv`: the energy of all layers with the figures as they are, and with some of them at half and at twice.
    public func sensitivityCSV() -> [UInt8] {
        CSV(Column<SensitivityRow>.all, rows: SensitivityRow.rows(of: energy)).bytes
    }

    /// Writes `layers.csv`, `energy.csv`, `area.csv`, `summary.json` and, where they were asked for, `sensitivity.csv` and
    /// `timeline.json` into a folder, which is made where it is missing: all files or none, `summary.json` last.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to directory: String) throws -> [String] {
        var files = [
            ("layers.csv", layersCSV()), ("energy.csv", energyCSV()), ("area.csv", areaCSV()),
        ]
        if showsSensitivity { files.append(("sensitivity.csv", sensitivityCSV())) }
        if let timeline = timelineJSON() { files.append(("timeline.json", timeline)) }
        files.append(("summary.json", summaryJSON()))
        return try OutputFolder.write(files, to: directory, optional: ["sensitivity.csv", "timeline.json"])
    }
}
