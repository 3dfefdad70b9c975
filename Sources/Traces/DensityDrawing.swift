/// The drawing of an operand `[outer, channels, elements]` from a density.
///
/// Element i, row-major, is not zero when the i-th uniform of the operand's stream is less than its density: d plus the
/// terms of the spreads in the order filters, channels, tiles, positions. (A density beyond 0...1 needs no clamp to be
/// compared with a uniform.) With measured rates the density is their product. Rows `[outer, channel]` can be drawn in any order and apart.
struct DensityDrawing: Sendable {
    let outer: Int
    let channels: Int
    let elements: Int
    private let density: Double
    private let stream: SplitMix64
    /// The terms of each spread by index; empty where the spread is zero.
    private let filterTerms: [Double]
    private let channelTerms: [Double]
    private let tileTerms: [Double]
    private let positionTerms: [Double]
    /// Measured rates in the place of all these.
    private let rates: DrawingRates?

    /// Prepares a drawing from measured rates.
    init(rates: DrawingRates, seed: UInt64, stream name: String, outer: Int, channels: Int, elements: Int) {
        (self.outer, self.channels, self.elements) = (outer, channels, elements)
        self.rates = rates
        density = 0
        stream = SplitMix64(seed: seed, stream: name)
        (filterTerms, channelTerms, tileTerms, positionTerms) = ([], [], [], [])
    }

    /// Prepares the drawing of the operand that `stream` names ("conv2/weights"). What the outer dimension is decides
    /// which spread goes with it.
    init(
        density: Double, spread: Spread, seed: UInt64, stream name: String, outer: Int, outerIs: OuterDimension,
        channels: Int, elements: Int
    ) {
        self.outer = outer
        self.channels = channels
        self.elements = elements
        rates = nil
        self.density = density
        stream = SplitMix64(seed: seed, stream: name)
        func terms(_ spread: Double, _ key: String, _ count: Int) -> [Double] {
            guard spread != 0 else { return [] }
            let stream = SplitMix64(seed: seed, stream: "\(name)/spread/\(key)")
            return (0..<count).map { spread * Self.deviate(stream, $0) }
        }
        filterTerms = outerIs == .filters ? terms(spread.filters, "filters", outer) : []
        channelTerms = terms(spread.channels, "channels", channels)
        tileTerms = outerIs == .tiles ? terms(spread.tiles, "tiles", outer) : []
        positionTerms = terms(spread.positions, "positions", elements)
    }

    /// What the outer dimension of an operand counts.
    enum OuterDimension { case filters, tiles, images }

    /// Nearly a standard normal: the sum of 12 uniforms, 12 an index, in their order, less 6.
    private static func deviate(_ stream: SplitMix64, _ index: Int) -> Double {
        var sum = 0.0
        for term in 0..<12 { sum += stream.uniform(12 * index + term) }
        return sum - 6
    }

    /// The density of a row, before the spread over positions.
    private func rowDensity(_ row: Int) -> Double {
        let (outer, channel) = row.quotientAndRemainder(dividingBy: channels)
        var density = density
        if !filterTerms.isEmpty { density += filterTerms[outer] }
        if !channelTerms.isEmpty { density += channelTerms[channel] }
        if !tileTerms.isEmpty { density += tileTerms[outer] }
        return density
    }

    /// The 53-bit integers below the result are those that, times 2^-53, are below the density.
    private static func limit(_ density: Double) -> UInt64 {
        density >= 1 ? 1 << 53 : density <= 0 ? 0 : UInt64((density * 0x1p53).rounded(.up))
    }

    /// Draws rows as flags, one byte an element: `[rows, elements]` from `target` on.
    func flags(rows: Range<Int>, into target: UnsafeMutablePointer<UInt8>) {
        withLimits { limits in
            for row in rows {
                let start = target + (row - rows.lowerBound) * elements
                var state = stream.seed &+ UInt64(truncatingIfNeeded: row &* elements) &* SplitMix64.gamma
                if let limits {
                    fill(limits, row)
                    for element in 0..<elements {
                        state &+= SplitMix64.gamma
                        start[element] = SplitMix64.mix(state) >> 11 < limits[element] ? 1 : 0
                    }
                } else {
                    let limit = Self.limit(rowDensity(row))
                    for element in 0..<elements {
                        state &+= SplitMix64.gamma
                        start[element] = SplitMix64.mix(state) >> 11 < limit ? 1 : 0
                    }
                }
            }
        }
    }

    /// Draws rows of at most 64 elements as masks, bit i for element i: one word a row from `target` on.
    func masks(rows: Range<Int>, into target: UnsafeMutablePointer<UInt64>) {
        precondition(elements <= 64)
        withLimits { limits in
            for row in rows {
                var state = stream.seed &+ UInt64(truncatingIfNeeded: row &* elements) &* SplitMix64.gamma
                var mask: UInt64 = 0
                if let limits {
                    fill(limits, row)
                    for element in 0..<elements {
                        state &+= SplitMix64.gamma
                        mask |= (SplitMix64.mix(state) >> 11 < limits[element] ? 1 : 0) &<< UInt64(element)
                    }
                } else {
                    let limit = Self.limit(rowDensity(row))
                    for element in 0..<elements {
                        state &+= SplitMix64.gamma
                        mask |= (SplitMix64.mix(state) >> 11 < limit ? 1 : 0) &<< UInt64(element)
                    }
                }
                target[row - rows.lowerBound] = mask
            }
        }
    }

    /// Space for one row's limits, where positions differ in density.
    private func withLimits(_ body: (UnsafeMutablePointer<UInt64>?) -> Void) {
        guard !positionTerms.isEmpty || rates != nil else { return body(nil) }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: elements) { body($0.baseAddress) }
    }

    private func fill(_ limits: UnsafeMutablePointer<UInt64>, _ row: Int) {
        if let rates {
            let (index, channel) = row.quotientAndRemainder(dividingBy: channels)
            for element in 0..<elements {
                limits[element] = Self.limit(
                    rates.density(outer: index, channel: channel, element: element, of: elements))
            }
            return
        }
        let density = rowDensity(row)
        positionTerms.withUnsafeBufferPointer { terms in
            for element in 0..<elements { limits[element] = Self.limit(density + terms[element]) }
        }
    }

    /// The whole operand as flags.
    func allFlags() -> ElementFlags {
        let rows = outer * channels
        let flags = [UInt8](unsafeUninitializedCapacity: rows * elements) { buffer, count in
            if let target = buffer.baseAddress { self.flags(rows: 0..<rows, into: target) }
            count = rows * elements
        }
        return ElementFlags(outer: outer, channels: channels, elements: elements, flags: flags)
    }

    /// The whole operand as masks of its positions.
    func allMasks() -> PositionMasks {
        let rows = outer * channels
        let masks = [UInt64](unsafeUninitializedCapacity: rows) { buffer, count in
            if let target = buffer.baseAddress { self.masks(rows: 0..<rows, into: target) }
            count = rows
        }
        return PositionMasks(outer: outer, channels: channels, positions: elements, masks: masks)
    }
}
