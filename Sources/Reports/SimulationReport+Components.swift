import Energy

/// Energy and area by component, and where their figures come from.
extension SimulationReport {
    /// One row a component: what it took in all layers, what it covers, and the tables of its figures.
    func componentTable() -> TextTable {
        let entries = energy.flatMap(\.entries)
        let names = (entries.map(\.component) + model.areas.map(\.component)).unique()
        let scale = Scale.energy(
            names.map { name in entries.filter { $0.component == name }.map(\.total).sum().value }
                + [total.energy.value])
        var table = TextTable([
            (head: ["component", ""], alignment: .left), (head: ["energy", scale.unit], alignment: .decimal),
            (head: ["share", "%"], alignment: .decimal), (head: ["area", "mm2"], alignment: .decimal),
            (head: ["share", "%"], alignment: .decimal), (head: ["figures from", ""], alignment: .left),
        ])
        func share(_ part: Double, of whole: Double) -> String {
            whole > 0 ? NumberText.figures(part / whole * 100) : "-"
        }
        for name in names {
            let mine = entries.filter { $0.component == name }
            let took = mine.map(\.total).sum()
            let covers = model.areas.filter { $0.component == name }
            let area = covers.map(\.total).sum()
            let origins =
                (mine.map(\.figure.source.origin) + covers.map(\.figure.source.origin)).unique()
            table.add([
                name, mine.isEmpty ? "" : scale.text(took.value),
                mine.isEmpty ? "" : share(took.value, of: total.energy.value),
                covers.isEmpty ? "" : NumberText.figures(area.squareMillimetres),
                covers.isEmpty ? "" : share(area.value, of: model.totalArea.value), origins.joined(separator: ", "),
            ])
        }
        table.addTotal([
            "total", scale.text(total.energy.value), share(total.energy.value, of: total.energy.value),
            NumberText.figures(model.totalArea.squareMillimetres),
            share(model.totalArea.value, of: model.totalArea.value), "",
        ])
        return table
    }

    /// The tables that figures came from.
    func tables() -> [String] {
        model.origins + ["energy.csv and area.csv say of every figure how it was made, and from what publication"]
    }

    /// The energies with some of the figures at half and at twice.
    func sensitivityTable() -> TextTable {
        let sensitivities = SensitivityRow.rows(of: energy)
        let scale = Scale.energy(sensitivities.map(\.energy.value))
        var table = TextTable([
            (head: ["figures", "", ""], alignment: .left), (head: ["times", "", ""], alignment: .right),
            (head: ["total", "energy", scale.unit], alignment: .decimal),
            (head: ["against", "as they are", "%"], alignment: .decimal),
            (head: ["multipliers'", "share", "%"], alignment: .decimal),
        ])
        func percent(_ a: Picojoules, _ b: Picojoules) -> String {
            b > .zero ? NumberText.figures(a.value / b.value * 100) : "-"
        }
        for row in sensitivities {
            table.add([
                row.change?.family.rawValue ?? "as they are", row.change.map { "\($0.factor)" } ?? "",
                scale.text(row.energy.value), percent(row.energy, row.unchanged), percent(row.multiply, row.energy),
            ])
        }
        return table
    }
}
