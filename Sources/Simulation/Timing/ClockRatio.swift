import Hardware

/// The accelerator's clock against the memory's, as an exact ratio.
struct ClockRatio {
    /// Accelerator cycles of one memory clock: `numerator / denominator`.
    let numerator: Int
    let denominator: Int

    /// - Parameters:
    ///   - memoryPeriod: in femtoseconds.
    ///   - clock: the accelerator's, taken in whole kilohertz.
    init(memoryPeriod: Int, clock: Hertz) {
        // In kilohertz and picoseconds of a second, so that the product fits.
        let cycles = memoryPeriod * Int((clock.value / 1e3).rounded())
        let second = 1_000_000_000_000
        var (a, b) = (cycles, second)
        while b != 0 { (a, b) = (b, a % b) }
        numerator = cycles / a
        denominator = second / a
    }

    /// The first accelerator cycle that begins at or after a memory clock.
    func accelerator(_ memory: Int) -> Int { Self.ceilingQuotient(memory, times: numerator, over: denominator) }

    /// The accelerator cycle in which a memory clock begins.
    func acceleratorFloor(_ memory: Int) -> Int {
        let product = memory.multipliedFullWidth(by: numerator)
        return denominator.dividingFullWidth(product).quotient
    }

    /// The first memory clock that begins at or after an accelerator cycle.
    func memory(_ accelerator: Int) -> Int { Self.ceilingQuotient(accelerator, times: denominator, over: numerator) }

    private static func ceilingQuotient(_ x: Int, times a: Int, over b: Int) -> Int {
        let product = x.multipliedFullWidth(by: a)
        let (quotient, remainder) = b.dividingFullWidth(product)
        return quotient + (remainder > 0 ? 1 : 0)
    }
}
