import Files
import YAML

/// Makes traces of densities from layer shapes.
public enum TraceSynthesizer {
    /// What the layers' operands are to be.
    public struct Settings: Sendable {
        /// The model's name.
        public var model: String
        /// One line on what it is.
        public var description = ""
        /// Where the shapes are from, for people.
        public var reference = ""
        /// What fixes everything that is drawn.
        public var seed = 1
        /// The command that makes the trace, for people.
        public var exporter = "winosim trace synthesize"
        /// Images, where not those of the shapes.
        public var batch: Int?
        /// What the model multiplies in none of the layers, at the shapes' batch.
        public var notExported: [NotExported] = []
        /// The share of non-zero weights in layers that Winograd's algorithm computes.
        public var weights = 1.0
        /// The share of non-zero activations in these layers.
        public var activations = 1.0
        /// What the weights' density is of.
        public var weightDomain = Domain.winograd
        /// What the activations' density is of; in the Winograd domain the ReLU is applied there too.
        public var activationDomain = Domain.winograd
        /// The edge of the output tile that Winograd-domain operands belong to.
        public var tile = 2
        /// The densities of the first layer, where they differ.
        public var first: (weights: Double, activations: Double)?
        /// The densities, always spatial, of layers that Winograd's algorithm does not compute (1 x 1, linear, strided).
        public var others: (weights: Double, activations: Double)?

        /// The densities of single layers by name, always spatial, which come before all others; nil for the others.
        public var layers: [String: (weights: Double?, activations: Double?)] = [:]

        /// Settings of a dense model.
        public init(model: String) { self.model = model }
    }

    /// The manifest of a trace with these layers.
    ///
    /// - Throws: `InputError` for a density outside 0...1 or another setting that makes no valid trace.
    public static func manifest(_ table: LayerTable, _ settings: Settings) throws -> String {
        try manifest(table, settings, head: "")
    }

    /// The manifest with `head` before its layers.
    static func manifest(_ table: LayerTable, _ settings: Settings, head: String) throws -> String {
        try check(settings)
        var text = "format: \(Trace.format)\nmodel: \(yamlScalar(settings.model))\n"
        let reference = settings.reference.isEmpty ? "" : ", network: \(yamlScalar(settings.reference))"
        if !settings.description.isEmpty { text += "description: \(yamlScalar(settings.description))\n" }
        text += "source: {exporter: \(settings.exporter)\(reference)}\nseed: \(settings.seed)\n"
        if !settings.notExported.isEmpty {
            let isSameBatch = table.rows.allSatisfy { $0.shape.batch == settings.batch ?? $0.shape.batch }
            let entries = isSameBatch ? settings.notExported : settings.notExported.map(\.withoutNumber)
            text += "not_exported:\n" + entries.map(\.manifestLine).joined()
        }
        text += head + "layers:\n"
        for (index, row) in table.rows.enumerated() {
            var shape = row.shape
            if let batch = settings.batch {
                guard row.operation != .matmul else {
                    throw InputError(
                        "layer \(quoted(row.name)) multiplies activations by activations, and the shapes do not say how many "
                            + "products another batch has", at: nil)
                }
                shape.batch = batch
            }
            let layer = layer(row, shape, index: index, settings)
            try layer.check()
            text += Self.text(of: layer, row)
        }
        return text
    }

    private static func check(_ settings: Settings) throws {
        let densities =
            [settings.weights, settings.activations]
            + [settings.first, settings.others].compactMap { $0 }.flatMap { [$0.weights, $0.activations] }
            + settings.layers.values.flatMap { [$0.weights, $0.activations].compactMap { $0 } }
        for density in densities where !(0...1).contains(density) {
            throw InputError("found a density of \(density), expected 0 to 1", at: nil)
        }
        guard settings.seed >= 0 else {
            throw InputError("found the seed \(settings.seed), expected at least 0", at: nil)
        }
        guard !settings.model.isEmpty else { throw InputError("the model's name is empty", at: nil) }
    }

    private static func layer(_ row: LayerTable.Row, _ shape: LayerShape, index: Int, _ settings: Settings) -> Layer {
        let isWinograd =
            LayerTable.Row(name: row.name, operation: row.operation, shape: shape).layer
            .winogradObstacle(tile: settings.tile) == nil
        let density =
            (index == 0 ? settings.first : nil)
            ?? (isWinograd ? (settings.weights, settings.activations) : settings.others ?? (1, 1))
        let own = settings.layers[row.name]
        let weightDomain = isWinograd && own?.weights == nil ? settings.weightDomain : .spatial
        let activationDomain = isWinograd && own?.activations == nil ? settings.activationDomain : .spatial
        return Layer(
            name: row.name, operation: row.operation, shape: shape,
            relu: activationDomain == .winograd ? .winograd : .spatial,
            winograd: weightDomain == .winograd || activationDomain == .winograd
                ? WinogradModel(tile: settings.tile) : nil,
            weights: .density(own?.weights ?? density.weights, weightDomain, Spread()),
            activations: .density(own?.activations ?? density.activations, activationDomain, Spread()))
    }

    private static func text(of layer: Layer, _ row: LayerTable.Row) -> String {
        let shape = layer.shape
        let isMatmul = layer.operation == .matmul
        let (rows, columns) = (
            (shape.height - 1) / shape.insertionHeight + 1, (shape.width - 1) / shape.insertionWidth + 1
        )
        func pair(_ key: String, _ height: Int, _ width: Int, unless usual: Int) -> String {
            height == usual && width == usual
                ? "" : height == width ? ", \(key): \(height)" : ", \(key): [\(height), \(width)]"
        }
        var lines = ["- name: \(yamlScalar(layer.name))", "  operation: \(layer.operation.rawValue)"]
        lines += graphLines(inputs: row.inputs, fused: row.fused)
        let map = layer.operation == .linear ? "" : ", height: \(rows)" + (isMatmul ? "" : ", width: \(columns)")
        lines.append(
            "  input: {channels: \(isMatmul ? shape.groupChannels : shape.channels)\(map), "
                + "batch: \(isMatmul ? shape.groups : shape.batch)}")
        lines.append("  output: {channels: \(isMatmul ? shape.groupFilters : shape.filters)}")
        if layer.operation == .transposedConvolution {
            lines.append("  kernel: {\(transposedKernel(shape))}")
        } else if layer.operation == .convolution {
            var kernel = "height: \(shape.kernelHeight), width: \(shape.kernelWidth)"
            kernel += pair("stride", shape.strideHeight, shape.strideWidth, unless: 1)
            let (bottom, right) = (
                shape.paddingBottom ?? shape.paddingHeight, shape.paddingRight ?? shape.paddingWidth
            )
            kernel +=
                bottom == shape.paddingHeight && right == shape.paddingWidth
                ? pair("padding", shape.paddingHeight, shape.paddingWidth, unless: 0)
                : ", padding: [\(shape.paddingHeight), \(shape.paddingWidth), \(bottom), \(right)]"
            kernel += pair("dilation", shape.dilationHeight, shape.dilationWidth, unless: 1)
            if shape.groups != 1 { kernel += ", groups: \(shape.groups)" }
            lines.append("  kernel: {\(kernel)}")
        }
        lines.append("  relu: \(layer.relu.rawValue)")
        if let tile = layer.winograd?.tile { lines.append("  winograd: {tile: \(tile)}") }
        lines.append("  weights: \(operand(layer.weights))")
        lines.append("  activations: \(operand(layer.activations))")
        return lines.map { "  \($0)\n" }.joined()
    }

    /// The kernel of a transposed convolution.
    private static func transposedKernel(_ shape: LayerShape) -> String {
        let (padding, more) = shape.transposedPadding
        return "height: \(shape.kernelHeight), width: \(shape.kernelWidth), "
            + "stride: [\(shape.insertionHeight), \(shape.insertionWidth)], padding: \(padding), output_padding: \(more), "
            + "dilation: [\(shape.dilationHeight), \(shape.dilationWidth)], groups: \(shape.groups)"
    }

    private static func operand(_ source: OperandSource) -> String {
        guard case .density(let density, let domain, _) = source else { return "" }
        return domain == .winograd ? "{density: \(density), domain: winograd}" : "{density: \(density)}"
    }
}
