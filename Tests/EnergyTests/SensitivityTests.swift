import Hardware
import Testing

@testable import Energy

@Suite struct SensitivityTests {
    @Test func changedFiguresScaleTheirFamilyAndTheClock() throws {
        let energy = try HandMachine.model().energy(of: HandMachine.layer)
        func total(_ family: FigureFamily, _ factor: Double) -> Double {
            energy.changed(by: FigureChange(family: family, factor: factor)).total.value
        }
        // Wires take 13,200 pJ, and a quarter of that again as clock and control.
        #expect(abs(total(.wire, 2) - energy.total.value - 13_200 * 1.25) < 1e-9)
        #expect(abs(total(.wire, 0.5) - energy.total.value + 6_600 * 1.25) < 1e-9)
        // Of the buffers' 1,148 pJ, 34 leak.
        #expect(abs(total(.sram, 2) - energy.total.value - (1_114 * 1.25 + 34)) < 1e-9)
        // DRAM is not on the chip, so clock and control do not change.
        #expect(abs(total(.dram, 2) - energy.total.value - 14_400) < 1e-9)
        let registers = 256 + 128 + 40.96 + 1056 + 2112 + 448 + 307.2 + 30.72
        #expect(abs(total(.register, 2) - energy.total.value - registers * 1.25) < 1e-9)
        let logic = 9.6 + 300 + 270 + 270 + 12.8 + 64 + 20 + 2.56 + 12.8
        #expect(abs(total(.logic, 2) - energy.total.value - logic * 1.25) < 1e-9)
        #expect(FigureChange.all.count == 10)
        for change in FigureChange.all {
            let changed = energy.changed(by: change)
            #expect(changed.multiply == energy.multiply && changed.denseMultiply == energy.denseMultiply)
        }
    }
}
