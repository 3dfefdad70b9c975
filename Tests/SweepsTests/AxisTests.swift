import TestSupport
import Testing
import YAML

@testable import Sweeps

@Suite struct AxisTests {
    private func texts(_ values: String) throws -> [String] {
        let node = try Document.parse("pe_array.rows: \(values)", file: "axes")
        let entry = try #require(node.entries?.first)
        return try Axis(key: entry.key, values: entry.value).values.map(\.text)
    }

    @Test(arguments: [
        ("[8, 16, 32]", ["8", "16", "32"]), ("{from: 2, to: 16, times: 2}", ["2", "4", "8", "16"]),
        ("{from: 2, to: 15, times: 2}", ["2", "4", "8"]), ("{from: 4, to: 10, step: 3}", ["4", "7", "10"]),
        ("{from: 16 KiB, to: 64 KiB, times: 2}", ["16 KiB", "32 KiB", "64 KiB"]),
        ("{from: 512 KiB, to: 2 MiB, times: 2}", ["512 KiB", "1 MiB", "2 MiB"]),
        ("{from: 48 KiB, to: 96 KiB, step: 16384 B}", ["48 KiB", "64 KiB", "80 KiB", "96 KiB"]),
        ("{from: 0.1, to: 0.5, step: 0.1}", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
        // 0.1 + 2 * 0.1 is above 0.3 in binary; what is above the end in decimal is left out.
        ("{from: 0.1, to: 0.3, step: 0.1}", ["0.1", "0.2", "0.3"]), ("{from: 1, to: 2.99999, step: 1}", ["1", "2"]),
        ("{from: 0.7 V, to: 0.9 V, step: 0.1 V}", ["0.7 V", "0.8 V", "0.9 V"]),
        ("{from: 100 MHz, to: 1.6 GHz, times: 4}", ["100 MHz", "400 MHz", "1.6 GHz"]),
        ("{from: 3, to: 3, step: 1}", ["3"]),
        ("[{model: ideal}, {standard: DDR4-2400, ranks: 2}]", ["{model: ideal}", "{standard: DDR4-2400, ranks: 2}"]),
    ])
    func valuesAreListsOrRanges(written: String, expected: [String]) throws {
        #expect(try texts(written) == expected)
    }

    /// A range has the values of repeated multiplication or addition of whole numbers.
    @Test func rangesOfWholeNumbersStayWhole() throws {
        let seed: UInt64 = 11
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let (from, to, by) = (random.number(1...50), random.number(50...5000), random.number(2...9))
            let byFactors = Array(sequence(first: from) { $0 * by <= to ? $0 * by : nil })
            #expect(try texts("{from: \(from), to: \(to), times: \(by)}") == byFactors.map(String.init), "seed \(seed)")
            let bySteps = Array(stride(from: from, through: to, by: by))
            #expect(try texts("{from: \(from), to: \(to), step: \(by)}") == bySteps.map(String.init), "seed \(seed)")
        }
    }
}
