import Foundation

/// Turns a document into text for a fixed-width font. Charts are left out.
struct TerminalRenderer {
    /// Characters that lines have at most.
    let width: Int

    /// The document's sections, with an empty line between them. The text ends with a line end.
    func text(of document: ReportDocument) -> String {
        let sections = document.sections.map { $0.flatMap { lines(of: $0, keeps: document.keepsLines) } }
        return sections.filter { !$0.isEmpty }.joined(separator: [""]).map { $0 + "\n" }.joined()
    }

    private func lines(of part: ReportDocument.Part, keeps: Bool) -> [String] {
        func lines(_ text: String, first: Int = 0, rest: Int = 2) -> [String] {
            let text = NumberText.printable(text)
            return keeps
                ? [String(repeating: " ", count: first) + text]
                : NumberText.wrapped(text, width: width, first: first, rest: rest)
        }
        switch part {
        case .paragraph(let text): return lines(text)
        case .list(let heading, let items):
            let head = heading.isEmpty || items.isEmpty ? [] : [NumberText.printable(heading)]
            return head + items.flatMap { lines($0, first: 2, rest: 4) }
        case .table(let table): return self.lines(of: table)
        case .record(let table): return record(table).lines(within: width, prose: 3)
        case .chart: return []
        }
    }

    /// A table, with counts as they are or in the first of the powers of ten with which it fits.
    private func lines(of table: ReportTable) -> [String] {
        let tables = table.exponents.lazy.map { TextTable(table, exponent: $0) }
        let prose = table.columns.firstIndex { $0.format == .prose }
        return TextTable.fitting(tables, within: width, names: table.names)?
            .lines(within: width, names: table.names, prose: prose) ?? []
    }
}

extension TerminalRenderer {
    /// A line a figure of a table's first row, with its unit and what it is.
    private func record(_ table: ReportTable) -> TextTable {
        var text = TextTable([("figure", .left), ("value", .right), ("unit", .left), ("what it is", .left)])
        for (column, cell) in zip(table.columns, table.rows.first ?? []) {
            let (value, unit) = Self.shown(cell, unit: column.unit)
            text.add([column.name, value, unit, column.description])
        }
        return text
    }

    /// A figure's value and unit: ratios in percent, small measures with the digits that count.
    private static func shown(_ cell: Cell, unit: String) -> (value: String, unit: String) {
        switch cell {
        case .integer(let value): (NumberText.grouped(value), unit)
        case .real(let value) where unit.isEmpty: (NumberText.grouped(value * 100, decimals: 2), "%")
        case .real(let value) where value > 0 && value < 0.1: (String(format: "%.3g", value), unit)
        case .real(let value): (NumberText.grouped(value, decimals: value < 10 ? 3 : 2), unit)
        case .text(let text): (text, unit)
        case .empty: ("-", "")
        }
    }
}

extension TextTable {
    /// A table as people read it: each value as a text, in the units that suit them.
    ///
    /// - Parameter exponent: the power of ten in which counts are shown.
    init(_ table: ReportTable, exponent: Int) {
        let (columns, rows) = (table.columns, Array(table.rows) + table.totals)
        let scales = Self.scales(of: columns, rows)
        self.init(
            zip(columns, scales).map { column, scale in
                var head = column.head
                let power = column.format == .count && exponent > 0 ? "10^\(exponent)" : nil
                if let unit = scale?.unit ?? power { head[head.count - 1] = unit }
                return (head: head, alignment: column.alignment)
            })
        for (number, row) in rows.enumerated() {
            let texts = columns.indices.map { index in
                columns[index].skipsRepeats && number > 0 && row[index] == rows[number - 1][index]
                    ? "" : Self.text(row[index], columns[index].format, scales[index], exponent)
            }
            number == table.rows.count ? addTotal(texts) : add(texts)
        }
    }

    /// By column, the scale of its values where its format chooses one.
    private static func scales(of columns: [ReportColumn], _ rows: [[Cell]]) -> [Scale?] {
        let values = columns.indices.map { index in rows.compactMap { $0[index].number } }
        return columns.enumerated().map { index, column in
            switch column.format {
            case .scaled(let quantity):
                Scale(quantity, columns.indices.filter { columns[$0].format == column.format }.flatMap { values[$0] })
            case .short(let quantity?): Scale(quantity, [values[index].max() ?? 0])
            default: nil
            }
        }
    }

    private static func text(_ cell: Cell, _ format: ReportColumn.Format, _ scale: Scale?, _ exponent: Int) -> String {
        switch (format, cell) {
        case (.plain, .empty), (.prose, .empty), (.short, .empty): return ""
        case (_, .empty): return "-"
        case (.count, .integer(let count)) where exponent == 0: return NumberText.grouped(count)
        case (.short, .integer(let count)): return NumberText.grouped(count)
        default: break
        }
        guard let value = cell.number else { return cell.text }
        switch format {
        case .plain, .prose: return cell.text
        case .count: return NumberText.figures(value / (0..<exponent).reduce(1.0) { power, _ in power * 10 })
        case .figures: return NumberText.figures(value)
        case .percent: return NumberText.figures(value * 100)
        case .scaled: return scale?.text(value) ?? NumberText.figures(value)
        case .short: return NumberText.short(value / (scale?.factor ?? 1))
        case .printed(let form): return String(format: form, value)
        }
    }
}
