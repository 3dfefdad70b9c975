import Testing

@testable import Engine

@Suite struct LaneMathTests {
    private func quotient(_ divider: some LaneDivider, _ x: Int) -> Int {
        Int(divider.ceilingQuotient(Lanes(repeating: Int16(x)))[7])
    }

    @Test func divisionRoundsUpForEveryDividendAndDivisor() {
        for divisor in 1...64 {
            let reciprocal = ReciprocalDivider(divisor)
            for x in 0..<(1 << 15) - divisor {
                let expected = (x + divisor - 1) / divisor
                guard quotient(reciprocal, x) == expected else {
                    Issue.record("ceil(\(x) / \(divisor)) = \(expected), observed \(quotient(reciprocal, x))")
                    return
                }
                if divisor & (divisor - 1) == 0, quotient(ShiftDivider(divisor), x) != expected {
                    Issue.record("shift: ceil(\(x) / \(divisor)) = \(expected)")
                    return
                }
            }
        }
    }

    /// Both for one mask and for a pair of masks.
    @Test func nibbleSumsCountTheBitsOfEveryMask() {
        for mask in UInt16.min...UInt16.max {
            let lanes = nibbleCounts(LaneWords(repeating: mask))
            guard sumNibbles(lanes)[3] == UInt16(mask.nonzeroBitCount),
                sumNibbles(lanes &+ lanes)[3] == UInt16(2 * mask.nonzeroBitCount)
            else {
                Issue.record("\(mask) has \(mask.nonzeroBitCount) bits, observed \(sumNibbles(lanes)[3])")
                return
            }
        }
    }

    @Test func theLargestLaneIsFoundInAnyPlace() {
        for at in 0..<16 {
            var lanes = Lanes(repeating: 3)
            lanes[at] = 1000
            #expect(largestLane(lanes) == 1000)
        }
    }

    @Test func wideSumsExceedSixteenBits() {
        var sums = WideSums()
        for _ in 0..<1 << 14 { sums.add(LaneWords(repeating: .max)) }
        #expect(sums.take() == 16 * (1 << 14) * 65535)
        #expect(sums.take() == 0)
    }

    @Test func zeroMasksAndSelectionsWorkLaneByLane() {
        var lanes = Lanes(repeating: 5)
        lanes[4] = 0
        let mask = zeroMask(lanes)
        #expect(mask[4] == -1 && mask[5] == 0)
        #expect(select(mask, Lanes(repeating: 1), Lanes(repeating: 2))[4] == 1)
        #expect(select(mask, Lanes(repeating: 1), Lanes(repeating: 2))[5] == 2)
        #expect(positivePart(Lanes(repeating: -3))[0] == 0 && larger(Lanes(repeating: 2), lanes)[0] == 5)
    }
}
