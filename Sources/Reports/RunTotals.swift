import Energy
import Engine
import Simulation

/// The figures of a whole run: the last row of `layers.csv`, and the machine's area.
package struct RunTotals: Hashable, Sendable {
    /// One of the figures.
    package struct Figure: Hashable, Sendable {
        fileprivate let index: Int

        /// All figures, in the order of `layers.csv`.
        package static let all = columns.indices.map(Figure.init(index:))
        package static let cycles = Figure(Column<LayerRow>.cycles.about)
        package static let utilization = Figure(Column<LayerRow>.utilization.about)
        package static let energy = Figure(Column<LayerRow>.energy.about)
        package static let area = Figure(AreaRow.total)
        package static let weightLoadRatio = Figure(Column<LayerRow>.weightLoadRatio.about)
        package static let inputLoadRatio = Figure(Column<LayerRow>.inputLoadRatio.about)

        fileprivate static let columns = Column<LayerRow>.ofTotals.map(\.about) + [AreaRow.total]

        private init(index: Int) { self.index = index }

        /// The figure of a column that is known to be one.
        private init(_ column: ReportColumn) {
            guard let index = Self.columns.firstIndex(of: column) else {
                preconditionFailure("\(column.name) is no figure of the totals")
            }
            self.index = index
        }

        /// What it is.
        package var column: ReportColumn { Self.columns[index] }
    }

    private let cells: [Cell]

    /// Takes what a simulation found.
    package init(_ result: SimulationResult) {
        let row = LayerRow(totalOf: result)
        cells =
            Column<LayerRow>.ofTotals.map { $0.cell(row) } + [.real(result.machine.model.totalArea.squareMillimetres)]
    }

    /// Reads what `texts` gave; nil where it is no text a figure, of the figure's kind.
    package init?(texts: some Collection<String>) {
        cells = zip(Figure.columns, texts).compactMap { Cell($1, of: $0.kind) }
        guard texts.count == Figure.columns.count, cells.count == texts.count else { return nil }
    }

    /// The value of a figure.
    package subscript(figure: Figure) -> Cell { cells[figure.index] }

    /// A text a figure, as files have them; empty where it is not defined.
    package var texts: [String] { cells.map(\.text) }
}
