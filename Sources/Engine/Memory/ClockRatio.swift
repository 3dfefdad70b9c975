import DRAM
import Hardware
import YAML

/// The accelerator's clock against the memory's, as an exact ratio.
struct ClockRatio {
    /// Accelerator cycles of one memory clock: `numerator / denominator`, without a common factor.
    let numerator: UInt128
    let denominator: UInt128
    /// Both, where they fit a machine word, as those of nearly all clocks do.
    private let narrow: (numerator: UInt, denominator: UInt)?

    /// - Parameters:
    ///   - memoryPeriod: in femtoseconds, at most 2^30.
    ///   - clock: the accelerator's, exactly as it is: a whole number times a power of two. From 1 Hz to 10^12 Hz, so
    ///     that at most 53 bits stand behind the point.
    init(memoryPeriod: Int, clock: Hertz) {
        var fraction = clock.value
        var second: UInt128 = 1_000_000_000_000_000
        while fraction != fraction.rounded(.down) {
            fraction *= 2
            second *= 2
        }
        let cycles = UInt128(memoryPeriod) * UInt128(fraction)
        var (a, b) = (cycles, second)
        while b != 0 { (a, b) = (b, a % b) }
        let (n, d) = (cycles / a, second / a)
        (numerator, denominator) = (n, d)
        narrow = max(n, d) <= UInt128(UInt.max) ? (UInt(n), UInt(d)) : nil
    }

    /// The most memory clocks of one accelerator cycle: with 2^40 cycles, their times fit a machine word.
    static let mostClocks = 1 << 22

    /// The first accelerator cycle that begins at or after a memory clock.
    func accelerator(_ memory: Int) -> Int {
        let (quotient, isWhole) =
            narrow.map { Self.divided(memory, times: $0.numerator, by: $0.denominator) }
            ?? Self.divided(memory, times: numerator, by: denominator)
        return quotient + (isWhole ? 0 : 1)
    }

    /// The accelerator cycle in which a memory clock begins.
    func acceleratorFloor(_ memory: Int) -> Int {
        if let narrow { return Self.divided(memory, times: narrow.numerator, by: narrow.denominator).quotient }
        return Self.divided(memory, times: numerator, by: denominator).quotient
    }

    /// The first memory clock that begins at or after an accelerator cycle.
    func memory(_ accelerator: Int) -> Int {
        let (quotient, isWhole) =
            narrow.map { Self.divided(accelerator, times: $0.denominator, by: $0.numerator) }
            ?? Self.divided(accelerator, times: denominator, by: numerator)
        return quotient + (isWhole ? 0 : 1)
    }

    /// `x * a / b`, rounded down, and whether nothing was left.
    @inline(__always)
    private static func divided<Word: FixedWidthInteger & UnsignedInteger>(
        _ x: Int, times a: Word, by b: Word
    ) -> (quotient: Int, isWhole: Bool) where Word.Magnitude == Word {
        let (quotient, remainder) = b.dividingFullWidth(Word(x).multipliedFullWidth(by: a))
        return (Int(quotient), remainder == 0)
    }
}

extension Configuration {
    /// Checks that the accelerator's clock is not so slow beside the memory's that times overflow.
    ///
    /// - Throws: `InputError` at the clock.
    public func checkClock() throws {
        guard let dram = dram.dramConfiguration else { return }
        let clocks = 1e15 / (Double(dram.clockPeriod) * clock.value)
        guard clocks > Double(ClockRatio.mostClocks) else { return }
        let least = QuantityKind.frequency.format((1e15 / Double(dram.clockPeriod << 22)).rounded(.up))
        throw places.error(
            "found a clock of \(QuantityKind.frequency.format(clock.value)), expected at least \(least) beside \(dram.standard): "
                + "one cycle would take more than \(ClockRatio.mostClocks) memory clocks; with dram: {model: bandwidth, ...} or "
                + "{model: ideal} any clock works", at: ["clock"])
    }
}
