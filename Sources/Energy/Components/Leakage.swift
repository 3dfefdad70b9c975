import Hardware
import Simulation

/// What all logic and registers leak, by their area; the buffers' leakage stands with them.
struct Leakage: EnergyComponent {
    let book: FigureBook
    let clock: Hertz
    let area: SquareMicrometres

    func entries(of layer: LayerResult) -> [EnergyEntry] {
        let (density, source) = book.leakageDensity
        let words = "\(NumberForm.significant(area.squareMillimetres)) mm2 of logic"
        return [
            EnergyEntry(
                component: "leakage", action: "logic", count: layer.activity.cycles,
                figure: .leakage(
                    Milliwatts(area.squareMillimetres * density), clock: clock, source: source, words: words),
                family: .leakage, isSwitching: false)
        ]
    }
}
