import YAML

extension TechnologyScaling {
    /// Reads a table.
    ///
    /// - Throws: `InputError` at the position of any error in it, `FileError` if the file cannot be read.
    public static func load(path: String) throws -> TechnologyScaling {
        try TechnologyScaling(Document.load(path: path), path: path)
    }

    init(_ root: Node, path: String) throws {
        let decoder = try MappingDecoder(root, what: "the scaling table")
        let name = try decoder.required("name").line(what: "name")
        let description = try decoder.optional("description")?.line(what: "description") ?? ""
        let source = try decoder.required("source").line(what: "source")
        let voltages = try Self.voltages(decoder.required("voltages"))
        let list = try decoder.required("nodes")
        try decoder.finish()
        let nodes = try list.elements()
        guard nodes.count >= 2 else {
            throw list.error("found \(nodes.count) nodes, expected at least 2 to scale between")
        }
        var table: [Coefficients] = []
        for node in nodes {
            let read = try Coefficients(node, voltages: voltages)
            if let last = table.last, read.technology >= last.technology {
                throw (node["technology"] ?? node).error(
                    "found \(Self.nanometres(read.technology)) after \(Self.nanometres(last.technology)): nodes "
                        + "must decrease")
            }
            table.append(read)
        }
        self.init(
            name: name, path: path, description: description, source: source, voltages: voltages, table: table)
    }

    private static func voltages(_ node: Node) throws -> ClosedRange<Double> {
        let decoder = try MappingDecoder(node, what: "voltages")
        let low = try decoder.required("from").quantity(.voltage, in: 0.001...100)
        let end = try decoder.required("to")
        try decoder.finish()
        return low...(try end.quantity(.voltage, in: low...100))
    }
}

extension TechnologyScaling.Coefficients {
    /// Reads `{technology, energy: {a, b, c}, area}`; the energy must increase over the whole range of voltages.
    init(_ node: Node, voltages: ClosedRange<Double>) throws {
        let decoder = try MappingDecoder(node, what: "a node")
        technology = try decoder.required("technology").quantity(.length, in: 1...1000)
        let coefficients = try decoder.required("energy")
        area = try decoder.required("area").real(in: 1e-6...1e6)
        try decoder.finish()
        let parabola = try MappingDecoder(coefficients, what: "energy")
        let (a, b, c) = try (
            parabola.required("a").real(in: 1e-9...1e6), parabola.required("b").real(in: -1e6...1e6),
            parabola.required("c").real(in: -1e6...1e6)
        )
        try parabola.finish()
        energy = SIMD3(a, b, c)
        guard 2 * a * voltages.lowerBound + b > 0 else {
            throw coefficients.error(
                "at \(TechnologyScaling.volts(voltages.lowerBound)), the lowest voltage, this energy does not increase: "
                    + "expected a range above the vertex, at \(Self.short(-b / (2 * a))) V")
        }
        guard energy(at: voltages.lowerBound) > 0 else {
            throw coefficients.error(
                "at \(TechnologyScaling.volts(voltages.lowerBound)), the lowest voltage, this energy is "
                    + "\(Self.short(energy(at: voltages.lowerBound))), expected more than 0")
        }
    }

    /// A number with at most three decimals.
    private static func short(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
