import Files
import Hardware
import Reports
import YAML

/// A search over many machines for those that run traces best.
public struct Sweep: Sendable {
    /// The sweep's file.
    public var path: String
    /// The mapping of the base configuration; nil for the default machine.
    var base: Node?
    /// Changes of the base configuration for all points.
    var overrides: [Override]
    /// The axes, in the file's order, the traces first.
    var axes: [Axis]
    /// Groups of axes that vary together: indices into `axes`, in the order of their first one. Every axis is in one group.
    var groups: [[Int]]
    /// Axes with a separate front for each value: indices into `axes`.
    var apart: [Int]
    /// The constraints on points.
    var constraints: [Constraint]
    /// The objectives; at least one.
    var objectives: [Objective]
    /// The points of the grid that run.
    var sample: Sample

    /// Names and texts of the file's contents, in its order: sweeps are equal if these are.
    var description: [(name: String, text: String)] {
        var lines = axes.map { ("axis \($0.name)", $0.values.map(\.text).joined(separator: ", ")) }
        lines += groups.filter { $0.count > 1 }.map { ("together", $0.map { axes[$0].name }.joined(separator: ", ")) }
        lines += apart.map { ("apart", axes[$0].name) }
        lines += overrides.map { ("set", $0.text) }
        lines += constraints.map { ("constraint", $0.text) }
        lines += objectives.map { ("objective \($0.name)", $0.direction.rawValue) }
        return lines + [("sample", sample.description)]
    }
}

/// A figure of the totals that is minimized or maximized.
struct Objective: Hashable, Sendable {
    enum Direction: String, CaseIterable, Hashable, Sendable {
        case minimize, maximize
    }

    let figure: RunTotals.Figure
    let direction: Direction

    /// The figures that can be objectives: those that are numbers.
    static let figures = RunTotals.Figure.all.filter { $0.column.kind != .text }

    /// The figure that a file names; nil where there is none.
    static func figure(named name: String) -> RunTotals.Figure? { figures.first { $0.column.name == name } }

    /// The column's name.
    var name: String { figure.column.name }

    /// What is to be small; nil where the figure is not defined.
    func cost(_ row: SweepRow) -> Double? { row[figure].number.map { direction == .minimize ? $0 : -$0 } }
}

/// The points of the grid that a sweep runs.
enum Sample: Hashable, Sendable, CustomStringConvertible {
    /// All of them.
    case grid
    /// `count` points, each with equal probability.
    case random(count: Int, seed: Int)
    /// `count` points, spread evenly over each axis (M. McKay, R. Beckman, W. Conover, Technometrics 21, 1979).
    case latinHypercube(count: Int, seed: Int)

    var description: String {
        switch self {
        case .grid: "grid"
        case .random(let count, let seed): "random, count \(count), seed \(seed)"
        case .latinHypercube(let count, let seed): "latin-hypercube, count \(count), seed \(seed)"
        }
    }
}

extension Sweep {
    /// Reads a sweep. Its base and traces are paths relative to the file's folder, or shipped names.
    ///
    /// - Parameters:
    ///   - path: the sweep's file.
    ///   - library: the shipped configurations; without it the base must be a file.
    /// - Throws: `InputError` at the position of any error, `FileError` if a file cannot be read.
    public static func load(path: String, library: ConfigurationLibrary? = nil) throws -> Sweep {
        try Sweep(Document.load(path: path), path: path, library: library)
    }

    init(_ root: Node, path: String, library: ConfigurationLibrary? = nil) throws {
        let decoder = try MappingDecoder(root, what: "the sweep")
        self.path = path
        base = try decoder.optional("base").map { node in
            try SettingPlace(node.mark).named {
                try Configuration.base(path: library.map { try $0.resolve(node) } ?? node.path(), library: library)
            }
        }
        overrides = try decoder.optional("set")?.elements().map(Override.init) ?? []
        let traces = decoder.optional("traces")
        let axes = decoder.optional("axes")
        let together = decoder.optional("together")
        let apart = decoder.optional("apart")
        let constraints = decoder.optional("constraints")
        let objectives = decoder.optional("objectives")
        let sample = decoder.optional("sample")
        try decoder.finish()
        let all = try Self.axes(traces: traces, axes, root)
        try Self.checkSections(all)
        self.axes = all
        groups = try Self.groups(of: all, together)
        self.apart = try apart?.elements().map { try Self.index(of: $0, in: all) } ?? []
        self.constraints = try constraints?.elements().map(Constraint.init) ?? []
        self.objectives = try Objective.list(objectives)
        self.sample = try sample.map(Sample.init) ?? .grid
    }

    /// The axes, that of the traces first.
    private static func axes(traces: Node?, _ node: Node?, _ root: Node) throws -> [Axis] {
        if let node { _ = try MappingDecoder(node, what: "axes") }
        var axes = try (node?.entries ?? []).map { try Axis(key: $0.key, values: $0.value) }
        let own = axes.first { $0.target == .trace }
        switch (traces, own) {
        case (let traces?, nil):
            let key = Node(.scalar(.init(text: Axis.traceName, isPlain: true)), at: traces.mark, of: traces)
            axes.insert(try Axis(key: key, values: traces), at: 0)
        case (.some, let own?):
            throw own.key.error("found traces both under traces and as an axis, expected one of them")
        case (nil, .some): break
        case (nil, nil): throw root.error("the key \"traces\" is missing in the sweep")
        }
        return axes
    }

    /// Groups of axes that vary together; other axes are groups of one.
    private static func groups(of axes: [Axis], _ together: Node?) throws -> [[Int]] {
        var groups: [[Int]] = []
        var grouped: Set<Int> = []
        for list in try together.map(lists) ?? [] {
            let members = try list.elements().map { node -> Int in
                let index = try index(of: node, in: axes)
                guard !grouped.contains(index) else {
                    throw node.error(
                        "the axis \(quoted(axes[index].name)) is already in a list of axes that vary together")
                }
                grouped.insert(index)
                return index
            }
            guard members.count >= 2 else {
                throw list.error("found \(members.count) of them, expected at least two axes")
            }
            let counts = members.map { axes[$0].values.count }
            if let odd = members.first(where: { axes[$0].values.count != counts[0] }) {
                throw list.error(
                    "axes that vary together must have the same number of values: \(quoted(axes[members[0]].name)) has \(counts[0]), "
                        + "\(quoted(axes[odd].name)) has \(axes[odd].values.count)")
            }
            groups.append(members.sorted())
        }
        groups = (groups + axes.indices.filter { !grouped.contains($0) }.map { [$0] }).sorted { $0[0] < $1[0] }
        for group in groups { try checkSteps(group.map { axes[$0] }) }
        return groups
    }

    /// A section that is an axis must not set a key that is an axis too: a row would show a wrong value.
    private static func checkSections(_ axes: [Axis]) throws {
        for section in axes {
            for inner in axes where inner.name.hasPrefix(section.name + ".") {
                let path = inner.name.dropFirst(section.name.count + 1).split(separator: ".")
                for value in section.values {
                    let node = path.reduce(Optional(value.node)) { $0?[String($1)] }
                    if let node {
                        throw node.error("\(quoted(inner.name)) is set here and is an axis too, expected one of them")
                    }
                }
            }
        }
    }

    /// Checks that no step of a group of axes occurs twice.
    private static func checkSteps(_ axes: [Axis]) throws {
        let names = axes.map { quoted($0.name) }.joined(separator: ", ")
        var known: Set<[ExpressionValue]> = []
        for step in axes[0].values.indices {
            let texts = axes.map { $0.values[step].text }
            guard known.insert(axes.map { ExpressionValue($0.values[step].node) }).inserted else {
                throw axes[0].values[step].node.error(
                    axes.count == 1
                        ? "the axis \(names) has the value \(quoted(texts[0])) twice, perhaps in another form"
                        : "the axes \(names) have the values \(texts.map { quoted($0) }.joined(separator: ", ")) twice"
                )
            }
        }
    }

    /// The axis that a node names.
    private static func index(of node: Node, in axes: [Axis]) throws -> Int {
        let name = try node.string()
        if let index = axes.firstIndex(where: { $0.name == name }) { return index }
        let names = axes.map(\.name)
        let hint = didYouMean(
            nearestName(to: name, among: names), otherwise: "; the axes are \(names.joined(separator: ", "))")
        throw node.error("found \(quoted(name)), expected an axis\(hint)")
    }

    /// Lists of names, or a single one.
    private static func lists(_ node: Node) throws -> [Node] {
        let elements = try node.elements()
        if elements.allSatisfy({ $0.text != nil }) { return [node] }
        return elements
    }
}

extension Objective {
    /// The objectives of a mapping; by default cycles and energy.
    fileprivate static func list(_ node: Node?) throws -> [Objective] {
        guard let node else {
            return [RunTotals.Figure.cycles, .energy].map { Objective(figure: $0, direction: .minimize) }
        }
        _ = try MappingDecoder(node, what: "objectives")
        let entries = node.entries ?? []
        guard !entries.isEmpty else { throw node.error("found no objectives, expected at least one") }
        return try entries.map { entry in
            guard let figure = Objective.figure(named: entry.name) else {
                let numbers = Objective.figures.map(\.column.name)
                let hint = didYouMean(
                    nearestName(to: entry.name, among: numbers),
                    otherwise: "; they are \(numbers.joined(separator: ", "))")
                throw entry.key.error("found \(quoted(entry.name)), expected a figure of the totals\(hint)")
            }
            return Objective(
                figure: figure, direction: try entry.value.choice(Direction.self, what: "direction"))
        }
    }
}

extension Sample {
    private enum Method: String, CaseIterable {
        case grid, random
        case latinHypercube = "latin-hypercube"
    }

    fileprivate init(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "sample")
        let method = try decoder.required("method").choice(Method.self, what: "method")
        let (count, seed) = (decoder.optional("count"), decoder.optional("seed"))
        try decoder.finish()
        guard method != .grid else {
            if let extra = count ?? seed {
                throw extra.error("method: grid has no count and no seed: it takes all points")
            }
            self = .grid
            return
        }
        guard let count else { throw node.error("the key \"count\" is missing in sample") }
        let (number, start) = (
            try count.integer(in: 1...SweepSpace.pointLimit), try seed?.integer(in: 0...Int.max) ?? 1
        )
        self = method == .random ? .random(count: number, seed: start) : .latinHypercube(count: number, seed: start)
    }
}
