import Energy
import Simulation

/// The figures of a whole run: the last row of `layers.csv`, and the machine's area.
public struct RunTotals: Hashable, Sendable {
    /// One of the figures.
    public struct Figure: Hashable, Sendable {
        fileprivate let index: Int

        /// What it is.
        public var column: ReportColumn { Self.columns[index] }

        /// All figures, in the order of `layers.csv`.
        public static let all = columns.indices.map(Figure.init(index:))

        fileprivate static let columns = Column<LayerRow>.ofTotals.map(\.about) + [AreaRow.total]

        /// Cycles of the accelerator's clock.
        public static let cycles = Figure(Column<LayerRow>.cycles.about)
        /// Useful slots over all slots.
        public static let utilization = Figure(Column<LayerRow>.utilization.about)
        /// The energy of all components.
        public static let energy = Figure(Column<LayerRow>.energy.about)
        /// The area of the chip.
        public static let area = Figure(AreaRow.total)
        /// Bytes of weights loaded from DRAM over those that are compulsory.
        public static let weightLoadRatio = Figure(Column<LayerRow>.weightLoadRatio.about)
        /// The same of inputs.
        public static let inputLoadRatio = Figure(Column<LayerRow>.inputLoadRatio.about)

        private init(index: Int) { self.index = index }

        /// The figure of a column that is known to be one.
        private init(_ column: ReportColumn) {
            guard let index = Self.columns.firstIndex(of: column) else {
                preconditionFailure("\(column.name) is no figure of the totals")
            }
            self.index = index
        }
    }

    private let cells: [Cell]

    /// Takes what a simulation found.
    public init(_ result: SimulationResult, model: EnergyModel) {
        let row = LayerRow(totalOf: result, energy: model.energy(of: result))
        cells = Column<LayerRow>.ofTotals.map { $0.cell(row) } + [.real(model.totalArea.squareMillimetres)]
    }

    /// Reads what `texts` gave; nil where it is no text a figure, of the figure's kind.
    public init?(texts: some Collection<String>) {
        cells = zip(Figure.columns, texts).compactMap { Cell($1, of: $0.kind) }
        guard texts.count == Figure.columns.count, cells.count == texts.count else { return nil }
    }

    /// The value of a figure.
    public subscript(figure: Figure) -> Cell { cells[figure.index] }

    /// A text a figure, as files have them; empty where it is not defined.
    public var texts: [String] { cells.map(\.text) }
}
