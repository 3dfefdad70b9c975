import Hardware
import Traces

/// The layer that reads a value, in the form in which it runs by the mapping as written.
struct NextLayer {
    let form: LayerForm
    /// Whether nothing else reads the value, and no operation stands between: then it may be stored in the layer's own form.
    let isOnlyReader: Bool
}

/// How much of a layer's outputs is stored, for each of them: the layer that reads them says so (page `BuffersAndTraffic`).
enum OutputDensity: Hashable, Sendable {
    /// Pixels, and the share of them that is not zero.
    case pixels(Double)
    /// The values of all tiles that the next layer reads, for so many pixels of its input.
    case tiles(ValueCount, pixels: Int)

    /// Pixels none of which is known to be zero.
    static let unknown = OutputDensity.pixels(1)

    /// Asks the layer that reads the outputs.
    ///
    /// - Parameters:
    ///   - layer: nil where the trace ends, or where zeros are stored like other values.
    ///   - seed: what fixes the operands that are drawn.
    /// - Throws: `InputError` where its operands do not fit in memory, or the datatype leaves no value of them.
    init(_ layer: NextLayer?, configuration: Configuration, seed: UInt64, share: LayerShare?) throws {
        let datatype = configuration.datatype
        let bits = datatype.quantize ? datatype.activations : nil
        let next = layer?.form
        guard let layer, let next, layer.isOnlyReader, next.isWinograd,
            configuration.mapping.activationStorage == .transformed
        else {
            self = try next?.pixelDensity(quantizeBits: bits).map(Self.pixels) ?? .unknown
            return
        }
        func make() throws -> ActivationZeros {
            try next.activationZeros(seed: seed, quantizeBits: bits, scales: datatype.quantizerScales)
        }
        let zeros: ActivationZeros
        if let share, let key = share.next {
            zeros = try share.cache.activations(key, FormKey(next, datatype), make: make)
        } else {
            zeros = try make()
        }
        let masks: [UInt64]
        switch zeros {
        case .positions(let positions, _): masks = positions.masks
        case .given(let given): masks = given.masks
        case .pixels: preconditionFailure("a layer in Winograd form has pixels for operands")
        }
        let channels = next.shape.channels
        self = .tiles(
            ValueCount(
                values: next.grid.tiles * channels * next.grid.positions,
                nonZeros: masks.reduce(0) { $0 + $1.nonzeroBitCount }),
            pixels: next.grid.pixels * channels)
    }

    /// Bytes of some outputs, rounded up.
    ///
    /// - Parameter stored: how DRAM stores values. They must not be coded together.
    func bytes(of outputs: Int, stored: StoredForm) -> Int {
        switch self {
        case .pixels(let density):
            Int((stored.expectedBits(of: outputs, density: density) / 8).rounded(.up))
        case .tiles(let count, let pixels):
            Self.scaled(stored.bits(of: count), by: outputs, over: 8 * pixels, plus: 8 * pixels - 1)
        }
    }

    /// The values that are stored for some outputs, to the nearest whole ones.
    func values(of outputs: Int) -> ValueCount {
        switch self {
        case .pixels(let density):
            ValueCount(values: outputs, nonZeros: Int((Double(outputs) * density).rounded()))
        case .tiles(let count, let pixels):
            ValueCount(
                values: Self.scaled(count.values, by: outputs, over: pixels, plus: pixels / 2),
                nonZeros: Self.scaled(count.nonZeros, by: outputs, over: pixels, plus: pixels / 2))
        }
    }

    /// `(a * b + addend) / divisor`, rounded down, where the product may be wider than an integer.
    private static func scaled(_ a: Int, by b: Int, over divisor: Int, plus addend: Int) -> Int {
        var (high, low) = a.multipliedFullWidth(by: b)
        let (sum, overflows) = low.addingReportingOverflow(UInt(addend))
        low = sum
        if overflows { high += 1 }
        return divisor.dividingFullWidth((high, low)).quotient
    }
}
