import Energy
import Simulation

/// The figures of a whole run: the last row of `layers.csv`, and the machine's area.
public struct RunTotals: Sendable {
    /// A figure: its name in files, its unit, and what it is.
    public struct Figure: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// Its unit; empty for names and plain ratios.
        public let unit: String
        /// What it is, in one line.
        public let description: String
        /// Whether it is a number, where it is defined.
        public let isNumber: Bool
    }

    /// All figures, in the order of `layers.csv`.
    public static let figures =
        columns.map {
            Figure(name: $0.name, unit: $0.unit, description: $0.description, isNumber: $0.isNumber)
        } + [Figure(name: "area_mm2", unit: "mm2", description: "area of the chip", isNumber: true)]

    /// A text a figure, as files have them; empty where it is not defined.
    public let texts: [String]

    private static let columns = Column<LayerRow>.all.filter { !["layer", "algorithm", "note"].contains($0.name) }

    /// Takes what a simulation found.
    public init(_ result: SimulationResult, model: EnergyModel) {
        let row = LayerRow(totalOf: result, energy: model.energy(of: result))
        let area = Cell.real(model.totalArea.squareMillimetres)
        texts = Self.columns.map { $0.cell(row).text } + [area.text]
    }
}
