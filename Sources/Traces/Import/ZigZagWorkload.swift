import Files
import YAML

extension WorkloadFormat {
    /// Workloads of ZigZag: a YAML list of layers (KULeuven-MICAS/zigzag, `docs/source/workload.rst` and
    /// `zigzag/parser/workload_validator.py`).
    ///
    /// A layer has an `equation` such as `O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]`, `dimension_relations`
    /// such as
    /// `ix=2*ox+1*fx`, sizes in `loop_dims` and `loop_sizes`; `padding` in pairs (before, after) of `pr_loop_dims`.
    static let zigzag = WorkloadFormat(
        name: "zigzag",
        recognizes: { file in
            guard case .sequence(let layers)? = file.yaml?.content else { return false }
            return layers.contains { $0["equation"] != nil || $0["loop_dims"] != nil }
        },
        read: { file in
            var result = ImportedNetwork()
            for node in try file.parsed().elements() { try ZigZagLayer(node).add(to: &result) }
            return result
        })
}

/// A layer of a ZigZag workload.
private struct ZigZagLayer {
    private typealias Operand = (name: String, dimensions: [String])

    /// Operators that multiply no two operands of the network.
    private static let others: Set<String> = [
        "Add", "Max", "Pooling", "Pool", "MaxPool", "AveragePool", "GlobalAveragePool",
    ]

    private let node: Node
    private let keys: MappingDecoder
    private let name: String
    private let isNamed: Bool
    private let id: Int
    private let kind: String

    /// - Throws: `InputError` at a key that does not fit.
    init(_ node: Node) throws {
        // ZigZag takes a null for a key that is not there.
        let given = node.entries?.filter { !$0.value.isNull }
        self.node = node
        keys = try MappingDecoder(given.map { Node(.mapping($0), at: node.mark, of: node) } ?? node, what: "a layer")
        id = try keys.required("id").integer()
        let name = try keys.optional("name")?.string()
        (self.name, isNamed) = (name ?? "Layer\(id)", name != nil)
        kind = try keys.required("operator_type").string()
        keys.allow("operand_precision", "time_dim")
    }

    /// Adds the layer, or says why it is none.
    ///
    /// - Throws: `InputError` at the key that does not fit.
    func add(to result: inout ImportedNetwork) throws {
        let place = try keys.required("equation")
        let (output, factors, isSum) = try Self.equation(place)
        let sizes = try sizes()
        let relations = try relations()
        let padding = try padding()
        let sources = try sources()
        try keys.finish()
        guard !isSum, !Self.others.contains(kind) else {
            result.note(
                "operators that multiply nothing by weights are left out, and the trace has no graph: \(kind)",
                layer: name)
            return
        }
        let used = (factors + [output]).flatMap(\.dimensions).flatMap { relations[$0]?.map(\.dimension) ?? [$0] }
        if let unknown = used.first(where: { sizes[$0] == nil }) {
            throw place.error("the dimension \(quoted(unknown)) has no size in loop_dims, and no relation")
        }
        func axes(_ operand: Operand) -> [ImportedEquation.Axis] {
            operand.dimensions.map { relations[$0] ?? [($0, 1)] }
        }
        let isSliding = factors.map { $0.dimensions.contains { relations[$0] != nil } }
        let isConstant = factors.map { sources.isEmpty ? $0.name == "W" : sources[$0.name] == id }
        let weights =
            isSliding[0] != isSliding[1]
            ? (isSliding[1] ? 0 : 1)
            : isConstant[0] != isConstant[1] ? (isConstant[0] ? 0 : 1) : factors[0].name == "W" ? 0 : 1
        do {
            let equation = try ImportedEquation(
                weights: axes(factors[weights]), inputs: axes(factors[1 - weights]), output: axes(output), sizes: sizes)
            let isWidthFirst = equation.windows.first?.names.outputs.hasSuffix("x") ?? false
            var row = try equation.row(
                name, isProduct: !sources.isEmpty && !isConstant.contains(true), isWidthFirst: isWidthFirst)
            if !equation.isMatrix {
                row = try padded(row, equation.directions(isWidthFirst: isWidthFirst), relations, padding, &result)
            }
            try result.add(row, isMatrix: equation.isMatrix) { message, _ in node.error(message) }
            if row.operation == .matmul {
                result.note("products of two activations, or with groups, become a matmul", layer: row.name)
            }
        } catch let fault as ImportedEquation.Fault {
            throw place.error(fault.message)
        }
        if !isNamed { result.note("a layer without a name is called Layer and its id, as in ZigZag") }
        result.note(
            "operand precisions and sources of layers are not read: a trace of densities has no values or graph")
    }

    /// The layer with its padding, where the file has one.
    private func padded(
        _ row: LayerTable.Row, _ windows: (vertical: ImportedEquation.Window?, horizontal: ImportedEquation.Window?),
        _ relations: [String: ImportedEquation.Axis], _ padding: [String: Padding], _ result: inout ImportedNetwork
    ) throws -> LayerTable.Row {
        func paddingAlong(_ window: ImportedEquation.Window?) -> Padding? {
            guard let window else { return nil }
            let name = relations.first { _, axis in axis.contains { $0.dimension == window.names.outputs } }?.key
            return name.flatMap { padding[$0] }
        }
        let (rows, columns) = (paddingAlong(windows.vertical), paddingAlong(windows.horizontal))
        guard rows != nil || columns != nil else {
            result.note("layers without padding have maps that are taken as padded already", layer: row.name)
            return row
        }
        guard
            let shape = row.shape.unpadded(
                rows: rows?.size, columns: columns?.size, top: rows?.before ?? 0, left: columns?.before ?? 0,
                bottom: rows?.after ?? 0, right: columns?.after ?? 0)
        else {
            throw (node["pr_loop_sizes"] ?? node["padding"] ?? node).error(
                "map and padding do not fit the outputs, which read \(row.shape.height) x \(row.shape.width) elements "
                    + "with the padding")
        }
        return LayerTable.Row(name: row.name, unnamedOperationOf: shape)
    }

    // MARK: Keys

    private func sizes() throws -> [String: Int] {
        let names = try keys.required("loop_dims").elements()
        let list = try keys.required("loop_sizes")
        let sizes = try list.elements()
        guard names.count == sizes.count else {
            throw list.error("found \(sizes.count) sizes of \(names.count) loop_dims, expected one each")
        }
        var result: [String: Int] = [:]
        for (name, size) in zip(names, sizes) {
            let key = try name.string().lowercased()
            guard result.updateValue(try size.integer(in: 1...1 << 20), forKey: key) == nil else {
                throw name.error("the dimension \(name.found) is there twice")
            }
        }
        return result
    }

    /// The dimensions that are sums, by name: `ix=2*ox+1*fx`.
    private func relations() throws -> [String: ImportedEquation.Axis] {
        var result: [String: ImportedEquation.Axis] = [:]
        for node in try keys.optional("dimension_relations")?.elements() ?? [] {
            let text = try node.string().lowercased().filter { $0 != " " }
            let sides = text.split(separator: "=", omittingEmptySubsequences: false)
            let terms = sides.count == 2 ? sides[1].split(separator: "+", omittingEmptySubsequences: false) : []
            let axis = terms.compactMap { term -> (dimension: String, coefficient: Int)? in
                let factors = term.split(separator: "*", omittingEmptySubsequences: false)
                guard let name = factors.last, name.first?.isLetter == true else { return nil }
                guard factors.count == 2 else { return factors.count == 1 ? (String(name), 1) : nil }
                return Int(factors[0]).flatMap { (1...1 << 20).contains($0) ? (String(name), $0) : nil }
            }
            guard axis.count == 2, terms.count == 2, let left = sides.first, !left.isEmpty else {
                throw node.error("found \(node.found), expected a sum of two dimensions such as ix=2*ox+1*fx")
            }
            result[String(left)] = axis
        }
        return result
    }

    private struct Padding {
        var before = 0
        var after = 0
        var size: Int?
    }

    /// Padding and size of the input's dimensions, by name.
    private func padding() throws -> [String: Padding] {
        let (names, sizes, pairs) = (
            keys.optional("pr_loop_dims"), keys.optional("pr_loop_sizes"), keys.optional("padding")
        )
        guard let place = pairs ?? sizes else { return [:] }
        guard let names = try names?.elements() else {
            throw place.error("the dimensions of this are missing: expected the key pr_loop_dims")
        }
        var result = try Dictionary(names.map { (try $0.string().lowercased(), Padding()) }) { first, _ in first }
        for (list, isPairs) in [(pairs, true), (sizes, false)] {
            guard let list else { continue }
            let elements = try list.elements()
            guard elements.count == names.count else {
                throw list.error("found \(elements.count) entries of \(names.count) pr_loop_dims, expected one each")
            }
            for (name, element) in zip(names, elements) {
                let key = try name.string().lowercased()
                if isPairs {
                    let pair = try element.elements().map { try $0.integer(in: 0...1 << 20) }
                    guard pair.count == 2 else {
                        throw element.error("found \(pair.count) numbers, expected two: padding before and after")
                    }
                    result[key] = Padding(before: pair[0], after: pair[1])
                } else {
                    result[key]?.size = try element.integer(in: 1...1 << 20)
                }
            }
        }
        return result
    }

    /// The layers that operands come from; that of a constant is the layer itself.
    private func sources() throws -> [String: Int] {
        var result: [String: Int] = [:]
        for entry in try keys.optional("operand_source").map({ try MappingDecoder($0, what: "operand_source") })?.node
            .entries ?? []
        {
            result[entry.name] = try entry.value.integer()
        }
        return result
    }

    /// An equation: its result, its two factors, and whether these are added.
    private static func equation(_ node: Node) throws -> (output: Operand, factors: [Operand], isSum: Bool) {
        let text = try node.string().filter { $0 != " " }
        let sides = text.replacing("+=", with: "=").split(separator: "=", omittingEmptySubsequences: false)
        let isSum = sides.count == 2 && !sides[1].contains("*")
        let terms = sides.count == 2 ? sides[1].split(separator: isSum ? "+" : "*") : []
        let operands = (sides.prefix(1) + terms).compactMap(operand)
        guard sides.count == 2, terms.count == 2, operands.count == 3 else {
            throw node.error(
                "found \(node.found), expected a result of two operands such as O[b][k]+=W[k][c]*I[b][c]")
        }
        return (operands[0], Array(operands.dropFirst()), isSum)
    }

    /// An operand: `I[b][c][iy]`.
    private static func operand(_ text: Substring) -> Operand? {
        let parts = text.split(separator: "[", omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty, parts.dropFirst().allSatisfy({ $0.last == "]" }) else {
            return nil
        }
        let dimensions = parts.dropFirst().map { $0.dropLast().lowercased() }.filter { !$0.isEmpty }
        guard dimensions.allSatisfy({ $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }) else { return nil }
        return (String(name), dimensions)
    }
}
