import DRAM
import Engine
import Hardware
import Traces

/// The memory behind the chip: its commands and its standby where it is of a standard, else its bits.
struct DRAMDevices: EnergyComponent {
    static let parts = [
        Component(
            "dram", "the memory behind the chip",
            keys: "dram", "mapping.loop_order", "weight_buffer.capacity", "input_buffer.capacity",
            "operand_buffer.capacity", "energy.memory_per_bit")
    ]

    let book: FigureBook
    /// The memory; nil where the configuration names no standard.
    let configuration: DRAMConfiguration?
    /// pJ a bit where there is none; nil for the table's.
    let perBit: Double?
    /// How it stores weights, and how activations.
    let encodings: (weights: Encoding, activations: Encoding)

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        guard let configuration else { return bits(activity) }
        let commands = activity.memory.commands
        let table = DRAMEnergyTable(configuration)
        let rankClocks = activity.memory.clocks * configuration.organization.channels * configuration.organization.ranks
        // mW * ns = pJ.
        let clock = configuration.clockNanoseconds
        return [
            ("activate", commands.activates, table.activate, "an activate and its precharge"),
            ("read", commands.reads, table.read, "a burst of \(configuration.organization.requestBytes) B"),
            ("write", commands.writes, table.write, "a burst of \(configuration.organization.requestBytes) B"),
            ("refresh", commands.refreshes, table.refresh, "a refresh of a rank"),
            (
                "background_active", rankClocks - commands.prechargedCycles, table.activeStandby * clock,
                "a memory clock of a rank with a row open"
            ),
            (
                "background_precharged", commands.prechargedCycles, table.prechargedStandby * clock,
                "a memory clock of a rank with all rows closed"
            ),
        ].map { action, count, energy, words in
            let source = source(words, energy, configuration)
            guard action == "read" || action == "write" else { return entry(action, count, energy, source) }
            return entry(action, count, energy, withIndices(source, activity, isWrite: action == "write"))
        }
    }

    private func source(_ words: String, _ energy: Double, _ configuration: DRAMConfiguration) -> FigureSource {
        let derivation =
            switch configuration.energy {
            case .currents: "\(words), from the data sheet's currents"
            case .perBit(let perBit) where energy > 0: "\(words) at \(NumberForm.significant(perBit)) pJ/bit"
            case .perBit: "\(words), contained in the pJ/bit of reads and writes"
            }
        return FigureSource(
            derivation: derivation, publication: configuration.energySource, origin: configuration.standard)
    }

    private func bits(_ activity: Activity) -> [EnergyEntry] {
        var (energy, source) = book.memoryBit
        if let perBit {
            energy = perBit
            source = FigureSource(
                derivation: "as given", publication: "energy.memory_per_bit of the configuration",
                origin: "configuration")
        }
        let words = "a bit of a memory without a standard"
        return [
            ("read", activity.memory.readBytes), ("write", activity.memory.outputBytes),
        ].map {
            let source = withIndices(source.preceded(by: words), activity, isWrite: $0 == "write")
            return entry($0, 8 * $1, energy, source)
        }
    }

    private func entry(_ action: String, _ count: Int, _ energy: Double, _ source: FigureSource) -> EnergyEntry {
        EnergyEntry(
            component: Self.part.name, action: action, count: count,
            figure: EnergyFigure(energy: Picojoules(energy), source: source), family: .dram, isSwitching: false)
    }

    /// A source with the share of what the encodings store beside values in what is read or written.
    private func withIndices(_ source: FigureSource, _ activity: Activity, isWrite: Bool) -> FigureSource {
        if isWrite {
            return source.withIndices(
                activity.outputs.indexBits, of: 8 * activity.memory.outputBytes, [encodings.activations])
        }
        return source.withIndices(
            activity.weights.movedIndexBits + activity.inputs.movedIndexBits, of: 8 * activity.memory.readBytes,
            [encodings.weights, encodings.activations])
    }
}
