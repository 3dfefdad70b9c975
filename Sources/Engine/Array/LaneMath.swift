/// Sixteen PEs of one row side by side, as signed numbers.
typealias Lanes = SIMD16<Int16>
/// Sixteen masks or counts side by side.
typealias LaneWords = SIMD16<UInt16>

// Comparisons of SIMD vectors give mask types whose code on the baseline instruction set runs lane by lane, so zero
// tests and maxima are arithmetic here: two to three times as fast on the whole kernel.

/// The larger of each lane and zero.
@inline(__always)
func positivePart(_ x: Lanes) -> Lanes { x & ~(x &>> 15) }

/// The larger of two lanes, for lanes whose difference does not overflow.
@inline(__always)
func larger(_ a: Lanes, _ b: Lanes) -> Lanes { a &+ positivePart(b &- a) }

/// All bits set in the lanes that are zero, for lanes that are not negative.
@inline(__always)
func zeroMask(_ x: Lanes) -> Lanes { (x &- Lanes(repeating: 1)) &>> 15 }

/// `yes` in the lanes whose mask is set, `no` elsewhere.
@inline(__always)
func select(_ mask: Lanes, _ yes: Lanes, _ no: Lanes) -> Lanes { (yes & mask) | (no & ~mask) }

/// In each nibble, its set bits (0 to 4).
@inline(__always)
func nibbleCounts(_ x: LaneWords) -> LaneWords {
    let pairs = x &- ((x &>> 1) & LaneWords(repeating: 0x5555))
    let threes = LaneWords(repeating: 0x3333)
    return (pairs & threes) &+ ((pairs &>> 2) & threes)
}

/// Adds up the nibbles of each lane, each at most 8.
@inline(__always)
func sumNibbles(_ x: LaneWords) -> LaneWords {
    let low = LaneWords(repeating: 0x0f0f)
    let bytes = (x & low) &+ ((x &>> 4) & low)
    return (bytes &+ (bytes &>> 8)) & LaneWords(repeating: 0x00ff)
}

/// The largest of sixteen lanes.
@inline(__always)
func largestLane(_ x: Lanes) -> Int {
    let c = x.highHalf &- x.lowHalf
    let a = x.lowHalf &+ (c & ~(c &>> 15))
    let d = a.highHalf &- a.lowHalf
    let b = a.lowHalf &+ (d & ~(d &>> 15))
    return Int(max(max(b[0], b[1]), max(b[2], b[3])))
}

/// Sums of lanes that outgrow 16 bits: the even and the odd lanes in 32 bits each.
struct WideSums {
    private var sums = SIMD8<UInt32>(repeating: 0)

    /// Adds sixteen counts. At most 2^15 of these fit before `take()`.
    @inline(__always)
    mutating func add(_ x: LaneWords) {
        let pairs = unsafeBitCast(x, to: SIMD8<UInt32>.self)
        sums &+= (pairs & SIMD8<UInt32>(repeating: 0xffff)) &+ (pairs &>> 16)
    }

    /// The total, after which the sums are zero.
    mutating func take() -> Int {
        var total = 0
        for i in 0..<8 { total += Int(sums[i]) }
        sums = SIMD8<UInt32>(repeating: 0)
        return total
    }
}

/// Divides lanes by a constant, rounding up.
protocol LaneDivider {
    /// `ceil(x / M)` of lanes from 0 to 2^15 - M.
    func ceilingQuotient(_ x: Lanes) -> Lanes
    /// `x * M`.
    func multiple(_ x: Lanes) -> Lanes
    /// All bits set in the lanes that are multiples of M, for lanes from 0 to 2^15 - M.
    func multipleMask(_ x: Lanes) -> Lanes
}

/// Division by a power of two.
struct ShiftDivider: LaneDivider {
    let bits: Lanes
    let below: Lanes

    init(_ divisor: Int) {
        bits = Lanes(repeating: Int16(divisor.trailingZeroBitCount))
        below = Lanes(repeating: Int16(divisor - 1))
    }

    @inline(__always)
    func ceilingQuotient(_ x: Lanes) -> Lanes { (x &+ below) &>> bits }

    @inline(__always)
    func multiple(_ x: Lanes) -> Lanes { x &<< bits }

    @inline(__always)
    func multipleMask(_ x: Lanes) -> Lanes { zeroMask(x & below) }
}

/// Division by any number below 2^15, as a product with its reciprocal.
///
/// With `s = 16 + floor(log2 M)` and `f = ceil(2^s / M)`, `x * f >> s` is the quotient for all `x < 2^15`: the error
/// `x * (f M - 2^s) / (M 2^s)` stays below `1 / M`, since `f M - 2^s < M <= 2^(s-15)`, and the product below 2^32.
struct ReciprocalDivider: LaneDivider {
    let factor: SIMD8<UInt32>
    let shift: SIMD8<UInt32>
    let below: Lanes
    let divisor: Lanes

    init(_ divisor: Int) {
        let s = 16 + (Int.bitWidth - 1 - divisor.leadingZeroBitCount)
        factor = SIMD8<UInt32>(repeating: UInt32(((1 << s) + divisor - 1) / divisor))
        shift = SIMD8<UInt32>(repeating: UInt32(s))
        below = Lanes(repeating: Int16(divisor - 1))
        self.divisor = Lanes(repeating: Int16(divisor))
    }

    @inline(__always)
    func ceilingQuotient(_ x: Lanes) -> Lanes {
        let pairs = unsafeBitCast(x &+ below, to: SIMD8<UInt32>.self)
        let even = ((pairs & SIMD8<UInt32>(repeating: 0xffff)) &* factor) &>> shift
        let odd = ((pairs &>> 16) &* factor) &>> shift
        return unsafeBitCast(even | (odd &<< 16), to: Lanes.self)
    }

    @inline(__always)
    func multiple(_ x: Lanes) -> Lanes { x &* divisor }

    @inline(__always)
    func multipleMask(_ x: Lanes) -> Lanes { zeroMask(multiple(ceilingQuotient(x)) &- x) }
}
