import Comparisons
import Energy

/// The energy ratios with some figures at half and at twice, and where that changes the order of the runs.
extension ComparisonReport {
    func sensitivity(within width: Int) -> [String] {
        let tables = result.cases.map { one in
            NumberText.wrapped(NumberText.printable(one.name), width: width).filter { !$0.isEmpty }
                + sensitivity(of: one).lines(within: width)
        }
        return Array(tables.joined(separator: [""]))
    }

    private func sensitivity(of one: CaseResult) -> TextTable {
        let rows = ComparisonSensitivityRow.rows(of: one)
        let names = one.runs.map(\.name)
        var heads = heads("energy ratio with", names)
        heads.append((head: heads[0].head.count == 1 ? ["changes order"] : ["", "changes order"], alignment: .left))
        var table = TextTable(heads)
        let usual = Array(rows.prefix(names.count))
        for start in stride(from: 0, to: rows.count, by: names.count) {
            let mine = Array(rows[start..<start + names.count])
            let label = mine.first?.change.map { "\($0.family.rawValue) times \($0.factor)" } ?? "figures as they are"
            let ratios = mine.map {
                $0.baseline > .zero ? NumberText.figures($0.energy.value / $0.baseline.value) : "-"
            }
            table.add([label] + ratios + [Self.swapped(mine, usual)])
        }
        return table
    }

    /// A pair of runs that has changed places by energy, and the number of others that have.
    private static func swapped(_ rows: [ComparisonSensitivityRow], _ usual: [ComparisonSensitivityRow]) -> String {
        var pairs: [String] = []
        for a in rows.indices {
            for b in rows.indices where rows[a].energy < rows[b].energy && usual[b].energy < usual[a].energy {
                pairs.append("\(rows[a].run.name) < \(rows[b].run.name)")
            }
        }
        guard let first = pairs.first else { return "" }
        return pairs.count == 1 ? first : "\(first), +\(pairs.count - 1)"
    }
}
