import Energy
import Simulation

/// The table of all layers.
extension SimulationReport {
    /// The table with counts as they are, or in thousands, millions and so on where that alone makes it fit.
    func layerLines(within width: Int) -> [String] {
        let tables = [0, 3, 6, 9, 12].lazy.map { layerTable(exponent: $0) }
        return TextTable.fitting(tables, within: width)?.lines(within: width) ?? []
    }

    private func layerTable(exponent: Int) -> TextTable {
        let all = rows + [total]
        let time = Scale.time(all.map(\.microseconds))
        let energy = Scale.energy(all.flatMap { [$0.energy.value, $0.multiplyEnergy.value] })
        let counts = exponent == 0 ? "" : "10^\(exponent)"
        let countScale = (0..<exponent).reduce(1.0) { scale, _ in scale * 10 }
        func percent(_ value: Double) -> String { NumberText.figures(value * 100) }
        let columns: [(head: [String], name: String, show: (Double) -> String)] = [
            (["layer", "", ""], "layer", { $0.description }),
            (["algorithm", "", ""], "algorithm", { $0.description }),
            (["cycles", "", counts], "cycles", { NumberText.figures($0 / countScale) }),
            (["time", "", time.unit], "time_us", time.text),
            (["utiliza-", "tion", "%"], "utilization", percent),
            (["multiplies", "", counts], "multiplies", { NumberText.figures($0 / countScale) }),
            (["multiply", "reduced", "x"], "multiply_reduction", { NumberText.figures($0) }),
            (["weight", "density", "%"], "weight_density", percent),
            (["activ.", "density", "%"], "activation_density", percent),
            (["multiply", "energy", energy.unit], "multiply_energy_pJ", energy.text),
            (["total", "energy", energy.unit], "energy_pJ", energy.text),
        ]
        func cells(_ row: LayerRow) -> [String] {
            columns.map { column in
                switch Column<LayerRow>.named(column.name, of: row) {
                case .integer(let value) where exponent == 0: NumberText.grouped(value)
                case .integer(let value): column.show(Double(value))
                case .real(let value): column.show(value)
                case .text(let text): text
                case .empty: column.name == "algorithm" ? "" : "-"
                }
            }
        }
        var table = TextTable(
            columns.map { (head: $0.head, alignment: ["layer", "algorithm"].contains($0.name) ? .left : .decimal) })
        for row in rows { table.add(cells(row)) }
        table.addTotal(cells(total))
        return table
    }
}

extension Column<LayerRow> {
    /// The value of a column that is known to be there.
    fileprivate static func named(_ name: String, of row: LayerRow) -> Cell {
        all.first { $0.name == name }?.cell(row) ?? .empty
    }
}
