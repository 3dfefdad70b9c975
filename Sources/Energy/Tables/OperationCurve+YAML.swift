import Files
import YAML

extension OperationCurve {
    /// The largest plausible exponent of the law between two figures: an array multiplier's is 2.
    private static let steepest = 4.0

    /// Reads `{rule: ..., figures: [{width, energy, area, source}, ...]}`.
    ///
    /// With a `base`, figures replace its figures of the same width, others are added, and its rule is the default.
    ///
    /// - Throws: `InputError` at the position of an error.
    init(_ node: Node, what: String, table: String, over base: OperationCurve? = nil) throws {
        let decoder = try MappingDecoder(node, what: what)
        if let rule = base == nil ? try decoder.required("rule") : decoder.optional("rule") {
            self.rule = try rule.choice(Rule.self, what: "the rule")
        } else {
            rule = base?.rule ?? .linear
        }
        let list = try decoder.required("figures")
        let nodes = try list.elements()
        try decoder.finish()
        var given: [(point: Point, node: Node)] = []
        for node in nodes {
            let point = try Point(node, table: table)
            if let last = given.last?.point, point.width <= last.width {
                throw (node["width"] ?? node).error(
                    "found \(point.width) bit after \(last.width) bit: widths must increase")
            }
            given.append((point, node))
        }
        let kept = (base?.points ?? []).filter { point in !given.contains { $0.point.width == point.width } }
        let all = (given + kept.map { ($0, list) }).sorted { $0.point.width < $1.point.width }
        let fewest = rule == .power ? 2 : 1
        guard all.count >= fewest else {
            throw list.error(
                "found \(all.count) figures for \(what), expected at least \(fewest) for the rule \(rule.rawValue)")
        }
        for (a, b) in zip(all, all.dropFirst()) {
            // The position of the last given one: a table's own figures are in order.
            try Self.check(b.point, after: a.point, rule: rule, at: b.point.table == table ? b.node : a.node)
        }
        points = all.map(\.point)
    }

    private static func check(_ point: Point, after last: Point, rule: Rule, at node: Node) throws {
        guard point.energy >= last.energy else {
            throw (node["energy"] ?? node).error(
                "found less energy than at \(last.name), expected a wider operation to take at least as much")
        }
        if let area = point.area, let before = last.area, area < before {
            throw (node["area"] ?? node).error(
                "found less area than at \(last.areaName), expected a wider operation to take at least as much")
        }
        let exponent = exponent(from: (last.width, last.energy), to: (point.width, point.energy))
        guard rule != .power || exponent <= steepest else {
            let shown = (exponent * 100).rounded() / 100
            throw (node["energy"] ?? node).error(
                "from \(last.name) the energy grows with the power \(shown) of the width, expected at most \(Int(steepest))"
            )
        }
    }
}

extension OperationCurve.Point {
    fileprivate init(_ node: Node, table: String) throws {
        let decoder = try MappingDecoder(node, what: "a figure")
        width = try decoder.required("width").wholeQuantity(.width, in: 1...128)
        energy = try decoder.required("energy").quantity(.energy, in: 1e-6...1e6)
        area = try decoder.optional("area")?.quantity(.area, in: 1e-3...1e9)
        source = try decoder.required("source").line(what: "source")
        self.table = table
        try decoder.finish()
    }
}

extension Node {
    /// A text of one line that is not empty.
    func line(what: String) throws -> String {
        let text = try string()
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw error("found an empty text, expected a \(what)")
        }
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw error("found control characters in \(quoted(text)), expected a \(what) of one line")
        }
        if let fault = NameCheck.fault(in: text, what: "a \(what)") { throw error(fault) }
        return text
    }
}
