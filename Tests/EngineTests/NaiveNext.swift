import Hardware
import TestSupport
import Traces

@testable import Engine

/// What is known of the layer that reads the outputs.
enum NaiveNext {
    /// The share of its pixels that is not zero; 1 where it is not known.
    case pixels(Double)
    /// The positions of all channels of all its tiles, true for non-zeros, and the pixels of its input.
    case tiles([Bool], pixels: Int)

    /// Bits of all outputs that are stored, times the divisor beside it.
    func bits(_ outputs: Int, _ valueBits: Int) -> (sum: Double, divisor: Double) {
        switch self {
        case .pixels(let density): (Double(outputs) * (1 + density * Double(valueBits)), 1)
        case .tiles(let positions, let pixels):
            (Double(outputs * positions.reduce(0) { $0 + ($1 ? 1 + valueBits : 1) }), Double(pixels))
        }
    }

    /// Values that encoders examine for some outputs, and those that they keep.
    func values(_ outputs: Int) -> (all: Int, nonZeros: Int) {
        switch self {
        case .pixels(let density): (outputs, Int((Double(outputs) * density).rounded()))
        case .tiles(let positions, let pixels):
            (
                Int((Double(outputs * positions.count) / Double(pixels)).rounded()),
                Int((Double(outputs * positions.filter { $0 }.count) / Double(pixels)).rounded())
            )
        }
    }
}

extension RandomCase {
    /// Draws the layer that reads the outputs: none, masks, or densities in either domain, direct or under Winograd's algorithm.
    mutating func setRandomNext(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0x4E58)
        next = nil
        let kind = random.number(0...3)
        guard kind > 0 else { return }
        let mapping = configuration.mapping
        let shape = Self.shape(&random)
        let pixels = shape.batch * shape.channels * shape.height * shape.width
        if kind == 1 {
            var (layer, masks) = Self.operands(shape, configuration, &random)
            while masks.hasBitWithoutOperand { (layer, masks) = Self.operands(shape, configuration, &random) }
            next = layer
            guard masks.accumulators > 1, mapping.activationStorage == .transformed else { return }
            let positions = masks.activations.flatMap { steps in
                zip(steps, masks.operands).flatMap { tiles, lanes in
                    tiles.flatMap { tile in lanes.map { tile >> UInt64($0) & 1 == 1 } }
                }
            }
            workload.next = .tiles(positions, pixels: pixels)
            return
        }
        let isWinograd = Self.isWinograd(shape, mapping)
        let domain: Domain = kind == 2 && isWinograd ? .winograd : .spatial
        // Fractions that are exact in binary.
        let density = random.pick([0, 0.25, 0.625, 1])
        let layer = Layer(
            name: "next", shape: shape, winograd: isWinograd ? WinogradModel(tile: mapping.tile) : nil,
            weights: .density(1, domain, Spread()), activations: .density(density, domain, Spread()))
        next = layer
        if isWinograd && mapping.activationStorage == .transformed {
            guard let form = try? LayerForm(winograd: layer, tile: mapping.tile),
                case .positions(let masks, _) = try? form.activationZeros(seed: 1, quantizeBits: nil)
            else { preconditionFailure("the next layer has no Winograd form") }
            workload.next = .tiles(
                masks.masks.flatMap { mask in (0..<masks.positions).map { mask >> UInt64($0) & 1 == 1 } },
                pixels: pixels)
        } else if domain == .spatial {
            workload.next = .pixels(density)
        }
    }
}

extension NaiveWorkload {
    fileprivate var hasBitWithoutOperand: Bool {
        do throws(NaiveFault) { try checkMasks() } catch { return true }
        return false
    }
}
