import Files
import Tensors

/// Densities of an operand that were measured: how they differ from channel to channel, from position to position, and from filter to
/// filter or over the map.
///
/// An element is not zero with the probability a * b, at most 1. In direct form a belongs to its channel (and tap), b to its filter or
/// pixel; under Winograd's algorithm a belongs to channel and position, and b to the filter or the tile.
public struct DensityProfile: Sendable {
    /// The measured rates in one form.
    public struct Rates: Sendable {
        /// a: `[C/groups, R*S]` or `[C/groups, n*n]` of weights; `[C, 1]` or `[C, n*n]` of activations.
        public let channels: TensorReference
        /// b: `[K]` of weights; `[N, H, W]` or `[N, tile rows, tile columns]` of activations.
        public let outer: TensorReference
    }

    /// The share of elements that are not zero in the operand's own domain.
    public let density: Double
    /// Whether the model's own operand lives in the Winograd domain: then it has no other form.
    public let domain: Domain
    /// The rates in direct form.
    public let direct: Rates?
    /// By the edge of the output tile, those of Winograd's algorithm.
    public let tiles: [Int: Rates]

    /// All rates with the key that names them.
    var all: [(key: String, tile: Int?, rates: Rates)] {
        (direct.map { [("direct", nil, $0)] } ?? [])
            + tiles.sorted { $0.key < $1.key }.map { ("winograd-\($0.key)x\($0.key)", $0.key, $0.value) }
    }
}

/// Rates as they are drawn from.
struct DrawingRates: Sendable {
    /// a, `[channels, elements]`, or `[channels]` where elements are pixels.
    let channels: [Double]
    /// b, `[outer]`, or `[outer, elements]` where elements are pixels.
    let outer: [Double]
    let elementsArePixels: Bool

    init(_ rates: DensityProfile.Rates, elementsArePixels: Bool) {
        (channels, outer) = (rates.channels.tensor.doubles(), rates.outer.tensor.doubles())
        self.elementsArePixels = elementsArePixels
    }

    /// The density of an element.
    @inline(__always)
    func density(outer index: Int, channel: Int, element: Int, of elements: Int) -> Double {
        elementsArePixels
            ? channels[channel] * outer[index * elements + element]
            : channels[channel * elements + element] * outer[index]
    }
}

extension LayerForm {
    /// The drawing of an operand in this form; nil where only its own domain was measured and its zeros have to be transformed.
    func drawing(_ profile: DensityProfile, isWeights: Bool, seed: UInt64) throws -> DensityDrawing? {
        guard let rates = matrices.map({ profile.tiles[$0.m] }) ?? profile.direct else {
            guard matrices != nil, profile.domain == .spatial else {
                throw layer.error(
                    "its \(isWeights ? "weights" : "activations") were measured as "
                        + "\(profile.all.map(\.key).formattedChoice); expected \(algorithm)")
            }
            return nil
        }
        return try drawing(rates, isWinograd: isWinograd, isWeights: isWeights, seed: seed)
    }

    /// The drawing in direct form, whose zeros are transformed.
    func directDrawing(_ profile: DensityProfile, isWeights: Bool, seed: UInt64) throws -> DensityDrawing {
        guard let rates = profile.direct else {
            throw layer.error(
                "its \(isWeights ? "weights" : "activations") were measured as \(profile.all.map(\.key).formattedChoice); "
                    + "expected direct")
        }
        return try drawing(rates, isWinograd: false, isWeights: isWeights, seed: seed)
    }

    private func drawing(
        _ rates: DensityProfile.Rates, isWinograd: Bool, isWeights: Bool, seed: UInt64
    ) throws -> DensityDrawing {
        let elementsArePixels = !isWeights && !isWinograd
        let outer = isWeights ? shape.filters : isWinograd ? grid.tiles : shape.batch
        let channels = isWeights ? shape.groupChannels : shape.channels
        let elements =
            isWinograd ? grid.positions : isWeights ? shape.taps : shape.height * shape.width
        try layer.checkSize(outer, channels, elements, layer.mark)
        return DensityDrawing(
            rates: DrawingRates(rates, elementsArePixels: elementsArePixels), seed: seed,
            stream: "\(layer.name)/\(isWeights ? "weights" : "activations")", outer: outer, channels: channels,
            elements: elements)
    }
}

extension Layer {
    /// Finds rates of the wrong type or shape, or that are no densities.
    func findProfileFault(_ profile: DensityProfile, isWeights: Bool) throws {
        let key = isWeights ? "weights" : "activations"
        for (form, tile, rates) in profile.all {
            if tile != nil, winogradObstacle(tile: tile ?? 1) != nil {
                throw LayerFault(
                    "densities of \(form), and \(winogradObstacle(tile: tile ?? 1) ?? "")", at: key, "profiles", form)
            }
            let grid = TileGrid(shape, edge: tile ?? 1)
            let channels = isWeights ? shape.groupChannels : shape.channels
            let elements = tile != nil ? grid.positions : isWeights ? shape.taps : 1
            let outer =
                isWeights
                ? Dimensions(["K"], [shape.filters])
                : tile != nil
                    ? Dimensions(["N", "tile rows", "tile columns"], [shape.batch, grid.tileRows, grid.tileColumns])
                    : Dimensions(["N", "H", "W"], [shape.batch, shape.height, shape.width])
            for (reference, expected) in [
                (rates.channels, Dimensions(["channels", "positions"], [channels, elements])), (rates.outer, outer),
            ] {
                guard reference.tensor.type == .f32, reference.tensor.shape == expected.sizes else {
                    throw LayerFault(
                        "tensor \(quoted(reference.name)) is \(reference.tensor.type.rawValue) of \(reference.tensor.shape); "
                            + "expected F32 of \(expected)", at: key, "profiles", form)
                }
                if let value = reference.tensor.doubles().first(where: { !($0 >= 0 && $0 < .infinity) }) {
                    throw LayerFault(
                        "tensor \(quoted(reference.name)) holds \(value); expected finite values of at least 0",
                        at: key,
                        "profiles", form)
                }
            }
        }
    }
}
