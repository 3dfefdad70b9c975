import DRAM
import Files
import Hardware
import TestSupport
import Testing
import Traces

@testable import Engine

@Suite struct ClockRatioTests {
    /// Compares the start of accelerator cycle `a`, a / clock, with that of memory clock `m`, m * period. Exact in
    /// whole numbers: the clock is `hertz / 2^bits`, and a second has 10^15 femtoseconds.
    private func compare(cycle a: Int, clock m: Int, _ period: Int, _ hertz: Int, bits: Int) -> (
        before: Bool, same: Bool
    ) {
        let left = UInt128(a) * 1_000_000_000_000_000 << UInt128(bits)
        let right = UInt128(m) * UInt128(period) * UInt128(hertz)
        return (left < right, left == right)
    }

    /// A wrong conversion at a clock of `hertz / 2^bits`; nil if all are right.
    private func fault(_ hertz: Int, bits: Int, period: Int, clock m: Int, cycle a: Int) -> String? {
        let ratio = ClockRatio(memoryPeriod: period, clock: Hertz(Double(hertz) / Double(1 << bits)))
        func isBefore(_ a: Int, _ m: Int) -> Bool { compare(cycle: a, clock: m, period, hertz, bits: bits).before }
        func isAt(_ a: Int, _ m: Int) -> Bool { compare(cycle: a, clock: m, period, hertz, bits: bits).same }
        let (up, down, clock) = (ratio.accelerator(m), ratio.acceleratorFloor(m), ratio.memory(a))
        let isRight =
            !isBefore(up, m) && (up == 0 || isBefore(up - 1, m))
            && (isBefore(down, m) || isAt(down, m)) && !isBefore(down + 1, m) && !isAt(down + 1, m)
            && (isBefore(a, clock) || isAt(a, clock)) && (clock == 0 || !isBefore(a, clock - 1) && !isAt(a, clock - 1))
        return isRight ? nil : "\(hertz)/2^\(bits) Hz, \(period) fs, clock \(m), cycle \(a): \(up) \(down) \(clock)"
    }

    /// The first cycle or clock that does not begin before, and the last cycle that does not begin after.
    @Test func conversionsAreExactForAnyClock() {
        var random = SeededGenerator(seed: 1)
        let clocks: [(hertz: Int, bits: Int)] =
            [(1400, 0), (777_000_000, 0), (1, 0), (3, 1), (999_999_999_989, 0), (1_000_000_000_000, 0), (1_234_567, 8)]
            + (0..<200).map { _ in (1 << random.below(40) + random.below(1 << 20), random.below(9)) }
        var faults: [String] = []
        for (hertz, bits) in clocks where hertz >> bits >= 1 && hertz >> bits <= 1_000_000_000_000 {
            for period in [625_000, 833_000, 10_000, 1_000_000_000, 416_667, 10_000 + random.below(1 << 20)] {
                for _ in 0..<4 {
                    let (m, a) = (random.below(1 << (8 + random.below(24))), random.below(1 << 16))
                    fault(hertz, bits: bits, period: period, clock: m, cycle: a).map { faults.append($0) }
                }
            }
        }
        #expect(faults.isEmpty, "\(faults.count) with seed 1, such as \(faults.first ?? "")")
    }

    /// 777 MHz against 0.625 ns: a cycle takes 2.059 memory clocks, and a request at its start is taken by the third.
    @Test func conversionsRoundUpWhereClocksDoNotDivide() {
        let ratio = ClockRatio(memoryPeriod: 625_000, clock: .megahertz(777))
        #expect((ratio.numerator, ratio.denominator) == (777, 1600))
        #expect((0..<4).map(ratio.memory) == [0, 3, 5, 7])
        #expect((0..<5).map(ratio.accelerator) == [0, 1, 1, 2, 2])
        #expect((0..<5).map(ratio.acceleratorFloor) == [0, 0, 0, 1, 1])
    }

    @Test func clocksNeedNotBeWholeKilohertzOrHertz() {
        let low = ClockRatio(memoryPeriod: 625_000, clock: Hertz(1400))
        #expect((low.numerator, low.denominator) == (7, 8_000_000))
        // Neither numerator nor denominator fits 64 bits.
        let wide = ClockRatio(memoryPeriod: 833_333, clock: Hertz(123_456_789.123_456_78))
        #expect(wide.denominator > UInt128(UInt.max))
        #expect(wide.accelerator(1_000_000_000_000) == 102_880_616_451)
        #expect(wide.acceleratorFloor(1_000_000_000_000) == 102_880_616_450)
    }

    private func layer() -> Layer {
        var shape = LayerShape(channels: 16, filters: 16)
        (shape.height, shape.width) = (8, 8)
        return Layer(
            name: "layer", shape: shape, weights: .density(0.5, .spatial, Spread()),
            activations: .density(0.5, .spatial, Spread()))
    }

    /// A slow machine never waits for memory. A clock at which times could overflow is refused at its place.
    @Test func clocksTooSlowForTheMemoryAreRefused() throws {
        let memory = Override("dram={standard: LPDDR4-3200}")
        let slow = try shippedSimulator("mobile", [memory, Override("clock=1.4 kHz")]).simulate(layer()).activity
        let slower = try shippedSimulator("mobile", [memory, Override("clock=382 Hz")]).simulate(layer()).activity
        #expect(slow.cycles == slower.cycles)
        let simulator = try shippedSimulator("mobile", [memory, Override("clock=381 Hz")])
        let error = try #require(throws: InputError.self) { try simulator.simulate(layer()) }
        #expect(
            error.description.hasPrefix(
                "--set clock=381 Hz:1:7: error: found a clock of 381 Hz, expected at least 382 Hz beside LPDDR4-3200: one cycle "
                    + "would take more than 4194304 memory clocks"), "\(error)")
        let plain = try shippedSimulator("mobile", [Override("dram={model: ideal}"), Override("clock=1 Hz")])
        #expect(try plain.simulate(layer()).activity.cycles > 0)
    }
}
