import Files
import Hardware
import Traces

/// A layer in the form in which it runs: its operands' zeros, cut into steps, a masked product for each channel group.
struct LoweredLayer: Sendable {
    let form: LayerForm
    let layout: StepLayout
    let weights: WeightZeros
    let activations: ActivationZeros
    /// The masked product of each channel group.
    private(set) var products: [MaskedProduct] = []

    /// Lowers a layer; what others have lowered in the same way is taken from them.
    ///
    /// - Throws: `InputError` where the operands do not fit the form that runs.
    init(_ form: LayerForm, configuration: Configuration, seed: UInt64, share: LayerShare? = nil) throws {
        let layout = StepLayout(form, mapping: configuration.mapping)
        let key = FormKey(form, configuration.datatype)
        func make() throws -> LoweredLayer { try LoweredLayer(form, layout, key, seed: seed, share: share) }
        self =
            try share.map {
                try $0.cache.lowered(
                    $0.key, key, layout.form, stepWidth: configuration.mapping.stepWidth, make: make)
            } ?? make()
    }

    private init(_ form: LayerForm, _ layout: StepLayout, _ key: FormKey, seed: UInt64, share: LayerShare?) throws {
        self.form = form
        self.layout = layout
        func drawWeights() throws -> WeightZeros {
            try form.weightZeros(seed: seed, quantizeBits: key.weightBits, scales: key.scales)
        }
        func drawActivations() throws -> ActivationZeros {
            try form.activationZeros(seed: seed, quantizeBits: key.activationBits, scales: key.scales)
        }
        weights = try share.map { try $0.cache.weights($0.key, key, make: drawWeights) } ?? drawWeights()
        activations =
            try share.map { try $0.cache.activations($0.key, key, make: drawActivations) } ?? drawActivations()
        let (shape, grid) = (form.shape, form.grid)
        if case .given(let given) = weights {
            try check(
                given, form.layer.weights, rows: shape.filters, columns: layout.steps, names: "[K, G]", of: "weight"
            ) { $0 % layout.steps }
        }
        if case .given(let given) = activations {
            try check(
                given, form.layer.activations, rows: shape.groups * layout.steps, columns: grid.tiles,
                names: "[groups*G, B]", of: "activation"
            ) { $0 / grid.tiles % layout.steps }
        }
        products = (0..<shape.groups).map { group in
            let filters = group * shape.groupFilters..<(group + 1) * shape.groupFilters
            return MaskedProduct(
                filters: filters.count, tiles: grid.tiles, steps: layout.steps, width: layout.width,
                weights: weights.masks(filters: filters, layout: layout),
                activations: activations.masks(group: group, layout: layout, grid: grid), lanes: layout.lanes)
        }
    }

    var name: String { form.layer.name }
    var mark: Mark? { form.layer.mark }
    var shape: LayerShape { form.shape }
    /// Which pixels each tile reads, and how many outputs it makes.
    var grid: TileGrid { form.grid }

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
        stepOf: (_ index: Int) -> Int
    ) throws {
        guard case .mask(let reference) = source else { return }
        let words = "\(form.algorithm) with step: \(layout.form.rawValue)"
        if given.rows != rows || given.columns != columns {
            throw InputError(
                "\(operand) masks '\(reference.name)' of layer '\(name)' have shape [\(given.rows), \(given.columns)]; "
                    + "\(words) expects \(names) = [\(rows), \(columns)]",
                at: reference.mark ?? mark)
        }
        let lanes = layout.lanes
        let outside = lanes.map { ~StepLayout.low(bits: $0) }
        guard outside.contains(where: { $0 != 0 }) else { return }
        for (index, mask) in given.masks.enumerated() where mask & outside[stepOf(index)] != 0 {
            throw InputError(
                "\(operand) mask [\(index / columns), \(index % columns)] of '\(reference.name)' in layer '\(name)' has bits "
                    + "beyond the \(lanes[stepOf(index)]) operands of its step (\(words)); they must be 0",
                at: reference.mark ?? mark)
        }
    }
}
