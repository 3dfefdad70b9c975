import Energy
import Hardware
import Simulation
import YAML

extension SimulationReport {
    /// Characters of a terminal's line that the report keeps to.
    private static let lineWidth = 120
    /// Characters that layer names keep when the table is wide.
    private static let nameWidth = 12

    /// The table of all layers, and below it where the cycles go, what is assumed, and where the energies come from.
    ///
    /// Lines have at most 120 characters and the text ends with a line end.
    public func terminal() -> String {
        let configuration = result.configuration
        var lines = [
            "\(NumberText.printable(result.model)) on \(NumberText.printable(configuration.name)): "
                + "\(NumberText.grouped(configuration.multipliers)) multipliers at "
                + QuantityKind.frequency.format(configuration.clock.value)
        ]
        lines = lines.flatMap { NumberText.wrapped($0, width: Self.lineWidth) }
        lines += [""] + fittingTable().lines + [""]
        for paragraph in [boundBy(), slotShares()] + advice() + [energies()] + assumptions() {
            lines += NumberText.wrapped(paragraph, width: Self.lineWidth)
        }
        lines += list("Notes:", notes() + warnings)
        lines += [""] + componentTable().lines + [""] + list("Figures:", tables())
        if showsSensitivity { lines += [""] + sensitivityTable().lines }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The table with counts as they are, or in thousands, millions and so on where it is too wide otherwise.
    private func fittingTable() -> TextTable {
        let longest = (rows + [total]).map { NumberText.printable($0.layer).count }.max() ?? 0
        var exponent = 0
        while true {
            var table = layerTable(exponent: exponent)
            let rest = Self.lineWidth - (table.width - table.width(ofColumn: 0))
            if rest >= min(longest, Self.nameWidth) || exponent == 12 {
                table.shorten(column: 0, to: max(rest, 1))
                return table
            }
            exponent += 3
        }
    }

    private func layerTable(exponent: Int) -> TextTable {
        let time = Scale.time(total.microseconds)
        let energy = Scale.energy(total.energy.value)
        let counts = exponent == 0 ? "" : "10^\(exponent)"
        let countScale = (0..<exponent).reduce(1.0) { scale, _ in scale * 10 }
        func percent(_ value: Double) -> String { NumberText.grouped(value * 100, decimals: 1) }
        func ratio(_ value: Double) -> String { NumberText.grouped(value, decimals: 2) }
        let columns: [(head: [String], name: String, show: ((Double) -> String)?)] = [
            (["layer", "", ""], "layer", nil),
            (["algorithm", "", ""], "algorithm", nil),
            (["cycles", "", counts], "cycles", nil),
            (["time", "", time.unit], "time_us", time.text),
            (["utiliza-", "tion", "%"], "utilization", percent),
            (["multiplies", "", counts], "multiplies", nil),
            (["multiply", "reduced", "x"], "multiply_reduction", ratio),
            (["weight", "density", "%"], "weight_density", percent),
            (["activ.", "density", "%"], "activation_density", percent),
            (["multiply", "energy", energy.unit], "multiply_energy_pJ", energy.text),
            (["total", "energy", energy.unit], "energy_pJ", energy.text),
        ]
        func cells(_ row: LayerRow) -> [String] {
            columns.map { column in
                switch Column<LayerRow>.named(column.name, of: row) {
                case .integer(let value) where exponent == 0: NumberText.grouped(value)
                case .integer(let value): NumberText.grouped(Double(value) / countScale, decimals: 1)
                case .real(let value): column.show?(value) ?? value.description
                case .text(let text): text
                case .empty: column.name == "algorithm" ? "" : "-"
                }
            }
        }
        var table = TextTable(
            columns.map { (head: $0.head, alignment: ["layer", "algorithm"].contains($0.name) ? .left : .right) })
        for row in rows { table.add(cells(row)) }
        table.addTotal(cells(total))
        return table
    }

    private func energies() -> String {
        func text(_ energy: Picojoules) -> String {
            let scale = Scale.energy(energy.value)
            return "\(scale.text(energy.value)) \(scale.unit)"
        }
        let factor =
            total.multiplyEnergy > .zero
            ? " (\(NumberText.grouped(total.denseMultiplyEnergy.value / total.multiplyEnergy.value, decimals: 2)) x)"
            : ""
        return "Multiply energy: \(text(total.multiplyEnergy)) of \(text(total.energy)); the dense direct "
            + "convolutions' multiplies take \(text(total.denseMultiplyEnergy))\(factor)"
    }

    private func assumptions() -> [String] {
        let memory =
            switch result.configuration.dram {
            case .ideal:
                "Memory: ideal; operands are on chip when they are wanted, outputs leave at once, DRAM bytes are the "
                    + "compulsory ones"
            case .bandwidth(let bytes, let latency):
                "Memory: one channel of \(bytes) bytes a cycle and \(latency) cycles of latency"
            case .standard(let standard):
                "Memory: DRAM, \(NumberText.printable(standard.lines.joined(separator: ", ")))"
            }
        return [
            memory,
            "Assumed: accumulators take every product of a cycle, without conflicts",
            "Not counted in energy and area: wires between buffers and array, line buffers, pads",
        ]
    }

    private func notes() -> [String] {
        rows.compactMap { row in row.note.map { "\(NumberText.printable(row.layer)) \(NumberText.printable($0))" } }
    }

    private func list(_ head: String, _ items: [String]) -> [String] {
        guard !items.isEmpty else { return [] }
        return [NumberText.printable(head)]
            + items.flatMap { item in
                NumberText.wrapped(NumberText.printable(item), width: Self.lineWidth, first: 2, rest: 4)
            }
    }
}

extension Column<LayerRow> {
    /// The value of a column that is known to be there.
    fileprivate static func named(_ name: String, of row: LayerRow) -> Cell {
        all.first { $0.name == name }?.cell(row) ?? .empty
    }
}
