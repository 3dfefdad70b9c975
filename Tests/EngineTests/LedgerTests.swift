import Testing

@testable import Engine

@Suite struct LedgerTests {
    @Test func countsAddUpAndWidthsAreTheLargest() {
        var a = WorkloadLedger()
        (a.denseMultiplies, a.weights, a.nonZeroWeights, a.maskBits, a.growthBits) = (10, 4, 3, 16, 2)
        var b = WorkloadLedger()
        (b.denseMultiplies, b.weights, b.nonZeroWeights, b.maskBits, b.growthBits) = (5, 6, 2, 9, 4)
        a += b
        #expect(a.denseMultiplies == 15 && a.weights == 10 && a.nonZeroWeights == 5)
        #expect(a.maskBits == 16 && a.growthBits == 4)
        #expect(a.weightDensity == 0.5)
    }

    @Test func capacitiesAreTheLargest() {
        var a = OperandLedger()
        (a.wholeGroupsCapacity, a.loadedBytes, a.compulsoryBytes) = (100, 30, 10)
        var b = a
        b.wholeGroupsCapacity = 70
        a += b
        #expect(a.wholeGroupsCapacity == 100 && a.loadedBytes == 60 && a.loadRatio == 3)
    }

    @Test func compositesAddUpPartByPart() {
        var a = Activity()
        a.array.slots[.useful] = 5
        a.timing.held[.drain] = 2
        a.memory.commands.reads = 3
        a.inputs.read.values = 7
        a += a
        #expect(a.array.slots[.useful] == 10 && a.timing.held[.drain] == 4)
        #expect(a.memory.commands.reads == 6 && a.inputs.read.values == 14)
    }
}
