import YAML

extension OperationCurve {
    /// Beyond this the law between two figures is a slip of the pen: an array multiplier's exponent is 2.
    private static let steepest = 4.0

    /// Reads `{rule: ..., figures: [{width, energy, source}, ...]}`.
    ///
    /// - Throws: `InputError` at what is wrong.
    init(_ node: Node, what: String) throws {
        let decoder = try MappingDecoder(node, what: what)
        rule = try decoder.required("rule").choice(Rule.self, what: "the rule")
        let list = try decoder.required("figures")
        let nodes = try list.elements()
        try decoder.finish()
        let fewest = rule == .power ? 2 : 1
        guard nodes.count >= fewest else {
            throw list.error(
                "found \(nodes.count) figures for \(what), expected at least \(fewest) for the rule \(rule.rawValue)")
        }
        var points: [Point] = []
        for node in nodes {
            let point = try Point(node)
            if let last = points.last { try Self.check(point, after: last, rule: rule, at: node) }
            points.append(point)
        }
        self.points = points
    }

    private static func check(_ point: Point, after last: Point, rule: Rule, at node: Node) throws {
        guard point.width > last.width else {
            throw (node["width"] ?? node).error(
                "found \(point.width) bit after \(last.width) bit, expected the widths to rise")
        }
        guard point.energy >= last.energy else {
            throw (node["energy"] ?? node).error(
                "found less energy than at \(last.name), expected a wider operation to take at least as much")
        }
        guard rule != .power || exponent(from: last, to: point) <= steepest else {
            let exponent = (exponent(from: last, to: point) * 100).rounded() / 100
            throw (node["energy"] ?? node).error(
                "from \(last.name) the energy grows with the power \(exponent) of the width, expected at most \(Int(steepest))"
            )
        }
    }
}

extension OperationCurve.Point {
    fileprivate init(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "a figure")
        width = try decoder.required("width").wholeQuantity(.width, in: 1...128)
        energy = try decoder.required("energy").quantity(.energy, in: 1e-6...1e6)
        source = try decoder.required("source").line(what: "source")
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
        return text
    }
}
