import Engine
import Hardware
import Traces

/// What logic and registers leak, component by component, by their area; the buffers' leakage is counted with the buffers.
struct Leakage: EnergyComponent {
    static let parts = [
        Component(
            "leakage", "leakage of logic and registers, by component",
            keys: "pe_array.rows", "pe_array.columns", "clock")
    ]

    let book: FigureBook
    let clock: Hertz
    /// The areas of all that leaks.
    let logic: [AreaEntry]

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let (density, source) = book.leakageDensity
        return logic.map(\.component).unique().map { component in
            let area = logic.filter { $0.component == component }.map(\.total).sum().squareMillimetres
            return EnergyEntry(
                component: Self.part.name, action: component, count: activity.cycles,
                figure: .leakage(
                    Milliwatts(area * density), clock: clock, source: source,
                    words: "\(NumberForm.significant(area)) mm2"),
                family: .leakage, isSwitching: false)
        }
    }
}
