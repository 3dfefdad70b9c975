import Hardware
import Simulation

/// A buffer of SRAM banks: accesses of one bank at its port's width, and what all banks leak.
struct Buffer: EnergyComponent {
    /// `weight_buffer`, `input_buffer` or `output_buffer`.
    let component: String
    let banks: Int
    let bank: SRAMBank
    /// The name of the table that gives the bank.
    let table: String
    let clock: Hertz
    /// Reads and writes of banks in a layer.
    let accesses: @Sendable (Activity) -> (reads: Int, writes: Int)

    func entries(of layer: LayerResult) -> [EnergyEntry] {
        let (reads, writes) = accesses(layer.activity)
        return [
            EnergyEntry(
                component: component, action: "read", count: reads,
                figure: EnergyFigure(energy: bank.readEnergy, source: source), family: .sram),
            EnergyEntry(
                component: component, action: "write", count: writes,
                figure: EnergyFigure(energy: bank.writeEnergy, source: source), family: .sram),
            EnergyEntry(
                component: component, action: "leakage", count: layer.activity.cycles,
                figure: .leakage(bank.leakage * banks, clock: clock, source: source, words: "\(banks) banks"),
                family: .sram, isSwitching: false),
        ]
    }

    var areas: [AreaEntry] {
        [
            AreaEntry(
                component: component, part: "bank", count: banks,
                figure: AreaFigure(area: bank.area, source: source))
        ]
    }

    private var source: FigureSource {
        FigureSource(derivation: bank.derivation, publication: bank.publication, origin: "SRAM \(table)")
    }

    /// What to say where a bank takes longer from access to access than the clock's period.
    var warning: String? {
        let period = 1e9 / clock.value
        guard bank.cycleTime > period else { return nil }
        return
            "a bank of \(component) takes \(NumberForm.significant(bank.cycleTime)) ns from access to access, and a cycle has "
            + "\(NumberForm.significant(period)) ns: more banks, a narrower port or faster transistors (energy.sram) mend that"
    }
}

extension EnergyFigure {
    /// What leaks in a cycle of a clock.
    static func leakage(_ power: Milliwatts, clock: Hertz, source: FigureSource, words: String) -> EnergyFigure {
        // mW * ns = pJ.
        EnergyFigure(
            energy: Picojoules(power.value * 1e9 / clock.value),
            source: source.preceded(by: "\(words), \(NumberForm.significant(power.value)) mW, a cycle"))
    }
}
