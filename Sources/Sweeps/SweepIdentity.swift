import Energy
import Files
import Foundation
import Hardware
import Reports

/// Everything that determines a sweep's rows, as names and texts: a journal resumes only the same sweep.
struct SweepIdentity: Hashable, Codable, Sendable {
    /// A part of it.
    struct Part: Hashable, Codable, Sendable {
        /// Its name, such as `axis pe_array.rows`.
        let name: String
        /// Its text, or a digest.
        let text: String
    }

    /// The number of points.
    let points: Int
    /// Names of the axes.
    let axes: [String]
    /// Names of the figures, which may differ in other versions of the program.
    let figures: [String]
    let parts: [Part]

    /// - Parameter version: the program's.
    init(_ plan: SweepPlan, version: String) throws {
        let sweep = plan.sweep
        points = plan.count
        axes = sweep.axes.map(\.name)
        figures = RunTotals.Figure.all.map(\.column.name)
        var parts = [Part(name: "program", text: version)]
        parts += sweep.description.map { Part(name: $0.name, text: $0.text) }
        let base = try Configuration.load(
            base: sweep.base, overrides: [], library: plan.library, checksTogether: false)
        parts += base.keys.compactMap { key in
            guard let value = try? base.value(of: key), value.entries == nil else { return nil }
            // A user's table is identified by its contents, not by its path.
            if key == "energy.table", SweepPlan.isFile(base.energy.table) { return nil }
            return Part(name: "base \(key)", text: value.flow)
        }
        let names = sweep.axes.first { $0.target == .trace }?.values.map(\.text) ?? []
        parts += zip(names, plan.traces).map { Part(name: "trace \($0)", text: "sha256 \($1.digest)") }
        parts += try plan.tables().map { name, files in
            Part(name: "table \(name)", text: "sha256 \(try sha256(ofFiles: files))")
        }
        self.parts = parts
    }

    /// The objectives, from the parts.
    var objectives: [Objective] {
        parts.compactMap { part in
            guard part.name.hasPrefix(Self.objective), let direction = Objective.Direction(rawValue: part.text),
                let figure = Objective.figure(named: String(part.name.dropFirst(Self.objective.count)))
            else { return nil }
            return Objective(figure: figure, direction: direction)
        }
    }

    /// Axes with separate fronts: those that change the work, which are the trace and its parameters except the tile, and those that
    /// the sweep names.
    var apart: [Int] {
        let work = [Axis.traceName] + TraceKey.allCases.filter { $0 != .tile }.map(\.rawValue)
        let names = work + parts.filter { $0.name == "apart" }.map(\.text)
        return axes.indices.filter { names.contains(axes[$0]) }
    }

    private static let objective = "objective "

    /// A text with the first difference from a journal's sweep; nil if there is none.
    func difference(from begun: SweepIdentity) -> String? {
        let (mine, others) = (Self.grouped(parts), Self.grouped(begun.parts))
        for name in parts.map(\.name) + begun.parts.map(\.name) where mine[name] != others[name] {
            switch (others[name], mine[name]) {
            case (let was?, let now?): return "\(name) was \(was) and is \(now) now"
            case (let was?, nil): return "\(name) was \(was) and has been removed"
            case (nil, let now?): return "\(name) is \(now) now and was missing"
            case (nil, nil): continue
            }
        }
        if parts != begun.parts { return "the order of its axes, constraints or objectives has changed" }
        if points != begun.points { return "it had \(begun.points) points and has \(points) now" }
        return self == begun ? nil : "its columns have changed"
    }

    private static func grouped(_ parts: [Part]) -> [String: String] {
        Dictionary(grouping: parts, by: \.name).mapValues { $0.map(\.text).joined(separator: "; ") }
    }
}

extension SweepPlan {
    /// The files of energies and memories: the shipped ones, and the user's tables with the files that they use, by the names of the
    /// tables' files.
    fileprivate func tables() throws -> [(name: String, files: [String])] {
        let folder = try library.requiredFolder()
        let shipped = ["energy", "dram"].flatMap { part in
            (FileManager.default.enumerator(atPath: "\(folder)/\(part)")?.compactMap { $0 as? String } ?? [])
                .filter { $0.hasSuffix(".yaml") }.sorted().map { ("\(part)/\($0)", ["\(folder)/\(part)/\($0)"]) }
        }
        var own: [(name: String, files: [String])] = []
        func addTable(_ changes: [Override]) throws {
            let machine = try Configuration.load(
                base: sweep.base, overrides: sweep.overrides + changes, library: library, checksTogether: false)
            guard Self.isFile(machine.energy.table) else { return }
            let files = try EnergyTables.load(for: machine, library: library).files
            if !own.contains(where: { $0.files == files }) {
                own.append(((machine.energy.table as NSString).lastPathComponent, files))
            }
        }
        try addTable([])
        for axis in sweep.axes where axis.target == .configuration && axis.name.hasPrefix("energy") {
            for value in axis.values { try addTable([Override(key: axis.key, value: value.node)]) }
        }
        return shipped + own
    }

    /// Whether a table's name is a path.
    fileprivate static func isFile(_ table: String) -> Bool { table.contains("/") || table.hasSuffix(".yaml") }
}
