import Engine
import Files
import Hardware
import Traces

/// What one layer of a trace is, without a machine: its products under each algorithm, its zeros, and the bytes that its operands take.
public struct LayerInspection: Sendable {
    /// An operand as an algorithm multiplies it.
    public struct Operand: Sendable {
        /// Its values, and those that are not zero.
        public let count: ValueCount
        /// The share of values that are not zero at each position of a tile (Winograd) or tap of a kernel (direct), row-major; empty
        /// where values have no place in one.
        public let densities: [Double]
        /// Rows of `densities`.
        public let rows: Int
        /// Columns of `densities`.
        public let columns: Int
        /// Bytes in each encoding that can store it.
        public let bytes: [(encoding: Encoding, bytes: Int)]
    }

    /// The layer under one algorithm.
    public struct Form: Sendable {
        /// The algorithm.
        public let algorithm: Algorithm
        /// Its products.
        public let products: Int
        /// Of these, products of two operands that are not zero.
        public let usefulProducts: Int
        /// The weights; nil where the trace has only masks.
        public let weights: Operand?
        /// The activations; nil where the trace has only masks.
        public let activations: Operand?
    }

    /// The layer.
    public let layer: Layer
    /// How far the transforms fill in its zeros; nil where it has no Winograd form.
    public let fillIn: FillIn?
    /// What it is under each algorithm that computes it: direct, then Winograd by the tile.
    public let forms: [Form]
    /// The widths of values.
    public let datatype: Datatype

    /// The tiles that are tried for Winograd's algorithm.
    public static let tiles = [2, 4, 6]

    /// Looks at a layer.
    ///
    /// - Parameters:
    ///   - layer: the layer.
    ///   - seed: what fixes the operands that are drawn.
    ///   - datatype: the widths of values.
    /// - Throws: `InputError` where the operands do not fit in memory.
    public init(_ layer: Layer, seed: UInt64, datatype: Datatype = Datatype()) throws {
        (self.layer, self.datatype) = (layer, datatype)
        fillIn = layer.winogradObstacle(tile: layer.modelTile) == nil ? try layer.fillIn(seed: seed) : nil
        var forms: [Form] = []
        if !layer.isWinogradOnly { forms.append(try Form(LayerForm(direct: layer), seed: seed, datatype)) }
        for tile in layer.isWinogradOnly ? [layer.modelTile] : Self.tiles
        where layer.winogradObstacle(tile: tile) == nil {
            forms.append(try Form(LayerForm(winograd: layer, tile: tile), seed: seed, datatype))
        }
        self.forms = forms
    }
}

extension LayerInspection.Form {
    init(_ form: LayerForm, seed: UInt64, _ datatype: Datatype) throws {
        var machine = Configuration()
        if case .winograd(let tile, _) = form.algorithm {
            (machine.mapping.algorithm, machine.mapping.tile) = (.winograd, tile)
        } else {
            machine.mapping.algorithm = .direct
        }
        let activity = try CycleModel(machine).simulate(form.layer, seed: seed).activity
        algorithm = form.algorithm
        (products, usefulProducts) = (activity.workload.algorithmicProducts, activity.array.usefulProducts)
        let shape = form.layer.shape
        switch try form.weightZeros(seed: seed, quantizeBits: nil) {
        case .positions(let masks): weights = .init(masks, bits: datatype.weights)
        case .taps(let flags):
            weights = .init(flags, rows: shape.kernelHeight, columns: shape.kernelWidth, bits: datatype.weights)
        case .given: weights = nil
        }
        switch try form.activationZeros(seed: seed, quantizeBits: nil) {
        case .positions(let masks, _): activations = .init(masks, bits: datatype.activations)
        case .pixels(let flags): activations = .init(flags, rows: 0, columns: 0, bits: datatype.activations)
        case .given: activations = nil
        }
    }
}

extension LayerInspection.Operand {
    /// Bits of a zero run's count, as in Eyeriss (Chen et al., JSSC 2017, has 5; 4 is what a tile of 16 positions needs).
    private static let runBits = 4

    /// Positions of tiles.
    fileprivate init(_ masks: PositionMasks, bits: Int) {
        var counts = [Int](repeating: 0, count: masks.positions)
        for mask in masks.masks {
            var rest = mask
            while rest != 0 {
                counts[rest.trailingZeroBitCount] += 1
                rest &= rest &- 1
            }
        }
        let edge = (1...8).first { $0 * $0 >= masks.positions } ?? 8
        self.init(
            ValueCount(
                values: masks.masks.count * masks.positions, nonZeros: counts.reduce(0, +),
                vectors: masks.masks.count),
            densities: masks.masks.isEmpty ? [] : counts.map { Double($0) / Double(masks.masks.count) },
            rows: edge, columns: edge, vector: masks.positions, masks: masks.masks, bits: bits)
    }

    /// Taps of kernels where rows and columns are given, else pixels, whose vectors are not coded.
    fileprivate init(_ flags: ElementFlags, rows: Int, columns: Int, bits: Int) {
        let taps = rows * columns
        var counts = [Int](repeating: 0, count: taps)
        var masks: [UInt64] = []
        let nonZeros = flags.flags.reduce(0) { $0 + Int($1) }
        let kernels = flags.outer * flags.channels
        if taps == flags.elements {
            for kernel in 0..<kernels {
                var mask: UInt64 = 0
                for tap in 0..<taps where flags.flags[kernel * taps + tap] != 0 {
                    counts[tap] += 1
                    if tap < 64 { mask |= 1 << UInt64(tap) }
                }
                masks.append(mask)
            }
        }
        self.init(
            ValueCount(values: flags.flags.count, nonZeros: nonZeros, vectors: masks.count),
            densities: kernels == 0 ? [] : counts.map { Double($0) / Double(kernels) }, rows: rows, columns: columns,
            vector: taps, masks: masks, bits: bits)
    }

    /// - Parameters:
    ///   - vector: values of a vector that is coded alone; 0 where there is none.
    ///   - masks: a vector each, where it has at most 64 values.
    private init(
        _ count: ValueCount, densities: [Double], rows: Int, columns: Int, vector: Int, masks: [UInt64], bits: Int
    ) {
        var encodings: [Encoding] = [.dense, .bitmask]
        if 2...64 ~= vector && !masks.isEmpty {
            let coordinate = (1...6).first { 1 << $0 >= vector } ?? 6
            encodings += [.runLength(Self.runBits), .compressedSparseColumn(coordinate)]
        }
        let bytes = encodings.map { encoding in
            var coded = count
            if encoding.codesVectors { coded.padding = encoding.padding(in: masks) }
            return (encoding: encoding, bytes: (StoredForm(encoding, valueBits: bits).bits(of: coded) + 7) / 8)
        }
        (self.count, self.densities, self.rows, self.columns, self.bytes) = (count, densities, rows, columns, bytes)
    }
}
