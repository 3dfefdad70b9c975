/// The clock network and the control, which are not counted action by action: a stated fraction of the dynamic energy of everything
/// else on chip.
struct ClockAndControl: Sendable {
    static let part = Component(
        "clock_and_control", "clock network and control: a fraction of the dynamic energy on chip", keys: "energy.table"
    )

    let book: FigureBook

    /// The layer's entry, for the entries of everything else.
    func entry(for others: [EnergyEntry]) -> EnergyEntry {
        let (fraction, source) = book.clockFraction
        let switching = others.filter(\.isSwitching).map(\.total).sum()
        let words =
            "\(NumberForm.significant(fraction)) of \(NumberForm.significant(switching.value)) pJ of dynamic energy on chip"
        return EnergyEntry(
            component: Self.part.name, action: "layer", count: 1,
            figure: EnergyFigure(energy: Picojoules(switching.value * fraction), source: source.preceded(by: words)),
            family: .clock, isSwitching: false)
    }
}
