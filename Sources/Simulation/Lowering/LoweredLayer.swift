import Files
import Hardware
import Traces
import Winograd

/// A layer in the form in which it runs: its operands' zeros, cut into steps, a masked product for each group of channels.
struct LoweredLayer: Sendable {
    let name: String
    let mark: Mark?
    let shape: LayerShape
    let plan: LayerPlan
    let layout: StepLayout
    /// Which pixels each tile reads, and how many outputs it makes.
    let windows: Windows
    let weights: WeightZeros
    let activations: ActivationZeros
    /// The masked product of each group of channels.
    private(set) var products: [MaskedProduct] = []

    /// Lowers a layer; what others have lowered in the same way is taken from them.
    ///
    /// - Throws: `InputError` where the operands do not fit the form that runs.
    init(_ layer: Layer, configuration: Configuration, seed: UInt64, share: LayerShare? = nil) throws {
        let plan = try LayerPlan(layer, mapping: configuration.mapping)
        guard let share else {
            self = try LoweredLayer(layer, plan, configuration: configuration, seed: seed, share: nil)
            return
        }
        self = try share.cache.lowered(
            share.key, FormKey(plan, configuration.datatype), plan.step, stepWidth: configuration.mapping.stepWidth
        ) {
            try LoweredLayer(layer, plan, configuration: configuration, seed: seed, share: share)
        }
    }

    private init(
        _ layer: Layer, _ plan: LayerPlan, configuration: Configuration, seed: UInt64, share: LayerShare?
    ) throws {
        name = layer.name
        mark = layer.mark
        shape = layer.shape
        self.plan = plan
        let positions: Int
        switch plan.form {
        case .winograd(let matrices):
            positions = matrices.n * matrices.n
            windows = Windows(winograd: shape, m: matrices.m)
        case .direct:
            positions = shape.taps
            windows = Windows(direct: shape)
        }
        layout = StepLayout(
            form: plan.step, channels: shape.groupChannels, positions: positions,
            stepWidth: configuration.mapping.stepWidth)
        let datatype = configuration.datatype
        let form = FormKey(plan, datatype)
        func drawWeights() throws -> WeightZeros {
            try layer.weightZeros(plan.form, seed: seed, quantizeBits: form.weightBits)
        }
        func drawActivations() throws -> ActivationZeros {
            try layer.activationZeros(plan.form, seed: seed, quantizeBits: form.activationBits)
        }
        weights = try share.map { try $0.cache.weights($0.key, form, make: drawWeights) } ?? drawWeights()
        activations =
            try share.map { try $0.cache.activations($0.key, form, make: drawActivations) } ?? drawActivations()
        if case .given(let given) = weights {
            try check(
                given, layer.weights, rows: shape.filters, columns: layout.steps, names: "[K, G]", of: "weight", layer
            ) { $0 % layout.steps }
        }
        if case .given(let given) = activations {
            try check(
                given, layer.activations, rows: shape.groups * layout.steps, columns: windows.tiles,
                names: "[groups*G, B]", of: "activation", layer
            ) { $0 / windows.tiles % layout.steps }
        }
        products = (0..<shape.groups).map(product)
    }

    private func product(group: Int) -> MaskedProduct {
        let filters = group * shape.groupFilters..<(group + 1) * shape.groupFilters
        let channels = group * shape.groupChannels..<(group + 1) * shape.groupChannels
        let weightMasks: [UInt64] =
            switch weights {
            case .positions(let masks): WinogradSteps.weights(masks, range: filters, layout: layout)
            case .taps(let flags): DirectSteps.weights(flags, range: filters, layout: layout)
            case .given(let given):
                Array(given.masks[filters.lowerBound * layout.steps..<filters.upperBound * layout.steps])
            }
        let activationMasks: [UInt64] =
            switch activations {
            case .positions(let masks, _): WinogradSteps.activations(masks, range: channels, layout: layout)
            case .pixels(let flags):
                DirectSteps.activations(flags, range: channels, layout: layout, windows: windows)
            case .given(let given):
                Array(
                    given.masks[group * layout.steps * windows.tiles..<(group + 1) * layout.steps * windows.tiles])
            }
        return MaskedProduct(
            filters: filters.count, tiles: windows.tiles, steps: layout.steps, width: layout.width,
            weights: weightMasks,
            activations: activationMasks, lanes: layout.lanes)
    }

    /// The pixels before any transform, where they are known.
    var pixels: ElementFlags? {
        switch activations {
        case .positions(_, let pixels): pixels
        case .pixels(let flags): flags
        case .given: nil
        }
    }

    /// Whether the activations are given as masks, which have no pixels.
    var hasGivenActivations: Bool {
        if case .given = activations { true } else { false }
    }

    private func check(
        _ given: GivenMasks, _ source: OperandSource, rows: Int, columns: Int, names: String, of operand: String,
        _ layer: Layer, stepOf: (_ index: Int) -> Int
    ) throws {
        guard case .mask(let reference) = source else { return }
        let form = "\(plan.algorithm) with step: \(plan.step.rawValue)"
        if given.rows != rows || given.columns != columns {
            throw InputError(
                "\(operand) masks '\(reference.name)' of layer '\(layer.name)' have shape [\(given.rows), \(given.columns)]; "
                    + "\(form) wants \(names) = [\(rows), \(columns)]",
                at: reference.mark ?? layer.mark)
        }
        let outside = layout.lanes.map { ~StepLayout.low(bits: $0) }
        guard outside.contains(where: { $0 != 0 }) else { return }
        for (index, mask) in given.masks.enumerated() where mask & outside[stepOf(index)] != 0 {
            throw InputError(
                "\(operand) mask [\(index / columns), \(index % columns)] of '\(reference.name)' in layer '\(layer.name)' has bits "
                    + "beyond the \(layout.lanes[stepOf(index)]) operands of its step (\(form)); they must be 0",
                at: reference.mark ?? layer.mark)
        }
    }
}
