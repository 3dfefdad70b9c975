import Energy

/// What a line of `area.csv` is made from.
struct AreaRow: Sendable {
    /// The component and its part.
    let entry: AreaEntry
    /// The area of the whole chip.
    let chip: SquareMicrometres

    /// What the sum of all rows is.
    static let total = ReportColumn(name: "area_mm2", unit: "mm2", description: "area of the chip", kind: .measure)

    /// The rows of a machine.
    static func rows(of model: EnergyModel) -> [AreaRow] {
        let chip = model.totalArea
        return model.areas.map { AreaRow(entry: $0, chip: chip) }
    }
}

extension Column<AreaRow> {
    /// The columns of `area.csv`, in their order.
    static let all: [Column<AreaRow>] = [
        .text("component", "part of the machine") { $0.entry.component },
        .text("part", "what it is built of") { $0.entry.part },
        .count("count", "parts", "copies on the chip") { $0.entry.count },
        .measure("area_each_um2", "um2", "what one covers") { $0.entry.figure.area.value },
        .measure("area_mm2", "mm2", "what all cover") { $0.entry.total.squareMillimetres },
        .measure("share", "", "area_mm2 over the chip's") {
            $0.chip > .zero ? $0.entry.total.value / $0.chip.value : nil
        },
        .text("source", "where area_each_um2 comes from") { $0.entry.figure.source.text },
        .text("table", "table that holds the figure") { $0.entry.figure.source.origin },
    ]
}
