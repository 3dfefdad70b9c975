import Energy
import Hardware
import Simulation
import YAML

extension SimulationReport {
    /// The table of all layers, and below it where the cycles go, what is assumed, and where the energies come from.
    ///
    /// The text ends with a line end.
    ///
    /// - Parameter width: characters that lines have at most.
    public func terminal(width: Int = 120) -> String {
        let configuration = result.configuration
        var lines = [
            "\(NumberText.printable(result.model)) on \(NumberText.printable(configuration.name)): "
                + "\(NumberText.grouped(configuration.multipliers)) multipliers at "
                + QuantityKind.frequency.format(configuration.clock.value)
        ]
        lines = lines.flatMap { NumberText.wrapped($0, width: width) }
        lines += [""] + layerLines(within: width) + [""]
        for paragraph in [boundBy(), slotShares()] + advice() + [energies()] + assumptions() {
            lines += NumberText.wrapped(paragraph, width: width)
        }
        lines += list("Notes:", notes() + warnings, width)
        lines += [""] + componentTable().lines(within: width, prose: 5) + [""] + list("Figures:", tables(), width)
        if showsSensitivity { lines += [""] + sensitivityTable().lines(within: width) }
        return lines.joined(separator: "\n") + "\n"
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

    private func list(_ head: String, _ items: [String], _ width: Int) -> [String] {
        guard !items.isEmpty else { return [] }
        return [NumberText.printable(head)]
            + items.flatMap { item in
                NumberText.wrapped(NumberText.printable(item), width: width, first: 2, rest: 4)
            }
    }
}
