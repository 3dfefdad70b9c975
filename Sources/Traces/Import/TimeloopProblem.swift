import Files
import YAML

extension WorkloadFormat {
    /// Problems of Timeloop, versions 3 and 4: YAML with the key `problem`, one layer a file.
    ///
    /// The shape is a mapping with `dimensions`, `coefficients` and `data-spaces` (version 4: `data_spaces`), or the
    /// name of a shape that comes with Timeloop: `cnn-layer`, `gemm-ABZ` (NVlabs/timeloop, `problem-shapes`). The
    /// sizes are in `instance`, or beside `shape`. Projections are sums of products: `[[R, Wdilation], [P, Wstride]]`.
    static let timeloop = WorkloadFormat(
        name: "timeloop",
        recognizes: { file in file.yaml?["problem"] != nil || TimeloopProblem.template(file) != nil },
        read: { file in
            var problem = try TimeloopProblem(file)
            return try problem.network(file.stem)
        })
}

/// A Timeloop problem on its way to a layer.
private struct TimeloopProblem {
    private struct Space {
        var name: String
        var axes: [[[String]]]
        var isOutput = false
    }

    private struct Shape {
        var dimensions: [String]
        var coefficients: [(name: String, standard: Int)]
        var spaces: [Space]
        var node: Node?
    }

    private let node: Node
    private var shape: Shape
    private let values: MappingDecoder
    private let name: String?
    private var result = ImportedNetwork()

    /// - Throws: `InputError` at a key that does not fit.
    init(_ file: WorkloadFile) throws {
        if let template = Self.template(file) {
            throw InputError(
                "found a template of Timeloop's front end, expected what it makes of it: parsed-processed-input.yaml in "
                    + "the folder of its outputs, or a problem without {{...}} and <<<", at: template.mark,
                excerpt: template.line)
        }
        let root = try file.parsed()
        guard let node = root["problem"] else {
            throw root.error("the key \"problem\" is missing, which a Timeloop workload has")
        }
        let others = (root.entries ?? []).map(\.name).filter { $0 != "problem" }
        if !others.isEmpty {
            result.note("keys beside problem are not read: \(others.map { quoted($0) }.joined(separator: ", "))")
        }
        let problem = try MappingDecoder(node, what: "problem")
        problem.allow("version")
        name = try problem.optional("name")?.string()
        for key in ["dnn_name", "notes", "histograms"] where problem.optional(key) != nil {
            result.note("the key \(quoted(key)) of problem is not read")
        }
        let shape = problem.optional("shape")
        if let instance = problem.optional("instance") {
            try problem.finish()
            (self.node, values) = (instance, try MappingDecoder(instance, what: "instance"))
        } else {
            (self.node, values) = (node, problem)
        }
        self.shape = try Self.shape(shape)
        if shape == nil { result.note("a problem without a shape is taken as Timeloop's cnn-layer") }
    }

    /// The first line that Timeloop's Python front end replaces before Timeloop reads the file.
    static func template(_ file: WorkloadFile) -> (mark: Mark, line: String)? {
        guard file.text.contains("problem"), file.text.contains("{{") || file.text.contains("<<") else { return nil }
        let lines = file.text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (number, line) in lines.enumerated() {
            let text = line.drop { $0 == " " }
            guard ["{{", "<<:", "<<<:"].contains(where: text.hasPrefix) else { continue }
            let mark = Mark(file: file.path, line: number + 1, column: line.count - text.count + 1)
            return (mark, String(line))
        }
        return nil
    }

    // MARK: Shape

    private static func shape(_ node: Node?) throws -> Shape {
        guard let node else { return convolution }
        if let name = node.text {
            switch name.lowercased().replacing("_", with: "-") {
            case "cnn-layer": return convolution
            case "gemm-abz": return product
            default:
                throw node.error(
                    "found the shape \(quoted(name)), which is in another file; expected cnn-layer, gemm-ABZ or the "
                        + "shape itself: a mapping with dimensions and data-spaces")
            }
        }
        let mapping = try MappingDecoder(node, what: "shape")
        mapping.allow("name", "version")
        var shape = Shape(dimensions: [], coefficients: [], spaces: [], node: node)
        shape.dimensions = try mapping.required("dimensions").elements().map { try $0.string() }
        for coefficient in try mapping.optional("coefficients")?.elements() ?? [] {
            let keys = try MappingDecoder(coefficient, what: "a coefficient")
            let name = try keys.required("name").string()
            shape.coefficients.append((name, try keys.optional("default")?.integer(in: 1...1 << 20) ?? 1))
            try keys.finish()
        }
        let spaces = try mapping.optional("data_spaces") ?? mapping.required("data-spaces")
        try mapping.finish()
        shape.spaces = try spaces.elements().map { try space($0, shape) }
        return shape
    }

    private static func space(_ node: Node, _ shape: Shape) throws -> Space {
        let keys = try MappingDecoder(node, what: "a data space")
        let name = try keys.required("name").string()
        let written = try (keys.optional("read_write") ?? keys.optional("read-write"))?.boolean() ?? false
        let projection = try keys.required("projection")
        try keys.finish()
        let axes = try projection.elements().map { axis in
            try axis.elements().map { term in
                let names = try term.elements().map { try $0.string() }
                let known = shape.coefficients.map(\.name)
                guard let first = names.first, shape.dimensions.contains(first), names.count <= 2,
                    names.dropFirst().allSatisfy(known.contains)
                else {
                    throw term.error(
                        "found \(term.flow), expected a dimension, or a dimension and a coefficient: dimensions are "
                            + "\(shape.dimensions.joined(separator: ", ")); coefficients "
                            + (known.isEmpty ? "none" : known.joined(separator: ", ")))
                }
                return names
            }
        }
        return Space(name: name, axes: axes, isOutput: written)
    }

    private static let convolution = Shape(
        dimensions: ["R", "S", "P", "Q", "C", "K", "N"],
        coefficients: ["Wstride", "Hstride", "Wdilation", "Hdilation"].map { ($0, 1) },
        spaces: [
            Space(name: "Weights", axes: [[["C"]], [["K"]], [["R"]], [["S"]]]),
            Space(
                name: "Inputs",
                axes: [
                    [["N"]], [["C"]], [["R", "Wdilation"], ["P", "Wstride"]], [["S", "Hdilation"], ["Q", "Hstride"]],
                ]),
            Space(name: "Outputs", axes: [[["N"]], [["K"]], [["Q"]], [["P"]]], isOutput: true),
        ])

    private static let product = Shape(
        dimensions: ["M", "N", "K"], coefficients: [],
        spaces: [
            Space(name: "A", axes: [[["M"]], [["K"]]]), Space(name: "B", axes: [[["N"]], [["K"]]]),
            Space(name: "Z", axes: [[["M"]], [["N"]]], isOutput: true),
        ])

    // MARK: Layer

    /// The layer; `stem` is what it is called, where the problem has no name.
    ///
    /// - Throws: `InputError` at the key that does not fit.
    mutating func network(_ stem: String) throws -> ImportedNetwork {
        let sizes = try sizes(shape.dimensions.map { ($0, nil) })
        let coefficients = try self.sizes(shape.coefficients.map { ($0.name, $0.standard) })
        let (weights, inputs, output) = try operands()
        func axes(_ space: Space) -> [ImportedEquation.Axis] {
            space.axes.map { axis in axis.map { ($0[0], $0.count > 1 ? coefficients[$0[1]] ?? 1 : 1) } }
        }
        var row: LayerTable.Row
        let equation: ImportedEquation
        do {
            equation = try ImportedEquation(
                weights: axes(weights), inputs: axes(inputs), output: axes(output), sizes: sizes)
            // Timeloop's own shapes add R, P along the width first.
            row = try equation.row(name ?? stem, isWidthFirst: !Self.isHeightFirst(inputs))
        } catch let fault as ImportedEquation.Fault {
            throw (shape.node ?? node).error(fault.message)
        }
        try readPadding(&row, equation)
        let densities = try densities(weights, inputs, output)
        try values.finish()
        let node = node
        try result.add(row, isMatrix: equation.isMatrix, densities: densities) { message, _ in node.error(message) }
        if name == nil { result.note("a problem without a name gets that of its file") }
        if equation.isMatrix {
            result.note(
                row.operation == .matmul
                    ? "products with a dimension in all three operands become a matmul, with other operands in each"
                    : "\(quoted(weights.name)) is taken as the weights, \(quoted(inputs.name)) as the activations")
        }
        return result
    }

    private func sizes(_ names: [(name: String, standard: Int?)]) throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        for (name, standard) in names {
            let node = try standard == nil ? values.required(name) : values.optional(name)
            sizes[name] = try node?.integer(in: 1...1 << 20) ?? standard
        }
        return sizes
    }

    /// The operands by their places in the equation. That with sums is the inputs; without sums, one that is called
    /// weights or filters is not.
    private func operands() throws -> (weights: Space, inputs: Space, output: Space) {
        let place = shape.node ?? node
        let outputs = shape.spaces.filter(\.isOutput)
        let factors = shape.spaces.filter { !$0.isOutput }
        guard outputs.count == 1, factors.count == 2 else {
            throw place.error(
                "found \(factors.count) data spaces that are read and \(outputs.count) that are written (read-write: "
                    + "true), expected two factors and one result")
        }
        func isSliding(_ space: Space) -> Bool { space.axes.contains { $0.count > 1 } }
        func isWeights(_ space: Space) -> Bool {
            ["w", "weight", "weights", "filter", "filters"].contains(space.name.lowercased())
        }
        let isFirstWeights = isSliding(factors[1]) || !isSliding(factors[0]) && isWeights(factors[0])
        return isFirstWeights ? (factors[0], factors[1], outputs[0]) : (factors[1], factors[0], outputs[0])
    }

    /// Whether the first sum of the inputs is along the height: its coefficients or its dimensions say so.
    private static func isHeightFirst(_ inputs: Space) -> Bool {
        guard let axis = inputs.axes.first(where: { $0.count > 1 }) else { return false }
        return axis.contains { term in term.last?.hasPrefix("H") == true || term[0] == "S" || term[0] == "Q" }
    }

    /// Reads `H`, `W`, `Hpad`, `Wpad`, which the layers of Timeloop's exercises have and Timeloop does not read.
    private mutating func readPadding(_ row: inout LayerTable.Row, _ equation: ImportedEquation) throws {
        let nodes = ["H", "W", "Hpad", "Wpad"].map { shape.dimensions.contains($0) ? nil : values.optional($0) }
        guard let place = nodes.compactMap({ $0 }).first else {
            if !equation.isMatrix {
                result.note("timeloop problems have no padding: the maps are taken as padded already")
            }
            return
        }
        let numbers = try nodes.map { try $0?.integer(in: 0...1 << 20) }
        let (top, left) = (numbers[2] ?? 0, numbers[3] ?? 0)
        guard !equation.isMatrix,
            let shape = row.shape.unpadded(
                rows: numbers[0], columns: numbers[1], top: top, left: left, bottom: top, right: left)
        else {
            throw place.error(
                "H, W, Hpad and Wpad do not fit the outputs, which read \(row.shape.height) x \(row.shape.width) "
                    + "elements with the padding")
        }
        row = LayerTable.Row(name: row.name, unnamedOperationOf: shape)
        result.note("H, W, Hpad, Wpad are taken as the map and its padding; Timeloop itself does not read them")
    }

    /// The densities that Sparseloop reads: a number, or a mapping with `distribution` and `density`.
    private mutating func densities(
        _ weights: Space, _ inputs: Space, _ output: Space
    ) throws -> (weights: Double?, activations: Double?) {
        guard let node = values.optional("densities") else { return (nil, nil) }
        let mapping = try MappingDecoder(node, what: "densities")
        let found = try [weights, inputs].map { space -> Double? in
            guard let node = mapping.optional(space.name) else { return nil }
            guard node.entries != nil else { return try node.real(in: 0...1) }
            let keys = try MappingDecoder(node, what: space.name)
            let density = try keys.required("density").real(in: 0...1)
            keys.allow("band_width", "workload_tensor_size")
            if let distribution = try keys.optional("distribution")?.string() {
                result.note("the distribution \(quoted(distribution)) of \(space.name) is not read, its density is")
            }
            try keys.finish()
            return density
        }
        if mapping.optional(output.name) != nil {
            result.note("the density of \(output.name) is not read: a trace has none of outputs")
        }
        try mapping.finish()
        return (found[0], found[1])
    }
}
