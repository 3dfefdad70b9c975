import Files
import Hardware
import TestSupport
import Testing
import YAML

@testable import Energy

/// Randomly damaged tables: each is refused with a place, or gives finite figures.
@Suite struct TableFuzzTests {
    private static let memory = """
        name: small
        source: own runs
        temperature: 300 K
        columns: [capacity KiB, width bit, read_energy pJ, write_energy pJ, leakage mW, area um2, access_time ns, cycle_time ns]
        nodes:
          - technology: 45 nm
            supply: 1.1 V
            fit:
              read_energy: {a: 1.039, b: 0.01171, n: 0.5839, c: 9.238e-05}
              write_energy: {a: 0.8143, b: 0.03686, n: 0.4542}
              leakage: {a: 3.7e-05, n: 0.9332}
              area: {a: 4551, n: 0.9423}
              access_time: {a: 0.6632, n: 0.2441}
            banks:
              - [1, 16, 1.15, 1.36, 3.60e-05, 3376, 0.79, 0.63]
              - [1, 64, 1.67, 3.49, 3.54e-05, 3599, 0.79, 0.63]
              - [4, 16, 3.52, 2.70, 1.34e-04, 14138, 0.87, 0.77]
              - [4, 64, 3.39, 6.45, 1.40e-04, 13503, 1.02, 0.78]

        """

    private static let scaling = """
        name: small
        description: two nodes
        source: own runs
        voltages: {from: 0.6 V, to: 1.3 V}
        nodes:
          - {technology: 65 nm, energy: {a: 3.755, b: -4.398, c: 1.975}, area: 1.5}
          - {technology: 45 nm, energy: {a: 1.103, b: -0.362, c: 0.2767}, area: 1}
          - {technology: 32 nm, energy: {a: 0.9559, b: -0.7823, c: 0.471}, area: 0.46}

        """

    private static let pieces = [
        "-", "0", "9", "e9", "e-9", ".", ",", "[", "]", "{", "}", ": ", "\n", "  ", " nm", " V", "1, ", "- ", "~",
        ".nan",
        ".inf", "a: ", "n: ",
    ]

    /// A text with one to three changes, half of them to a digit.
    private static func damaged(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...random.below(3) {
            let place = random.below(bytes.count)
            switch random.below(8) {
            case 0...3:
                let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
                if !digits.isEmpty { bytes[random.pick(digits)] = UInt8(0x30 + random.below(10)) }
            case 4: bytes.remove(at: place)
            case 5: bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: place)
            case 6: bytes.removeSubrange(place..<min(place + random.below(30), bytes.count))
            default:
                let from = random.below(bytes.count)
                bytes.insert(contentsOf: bytes[from..<min(from + random.below(60), bytes.count)], at: place)
            }
            if bytes.isEmpty { bytes = [0x61] }
        }
        return bytes
    }

    /// Runs one case; true if the table was accepted.
    private static func isTaken(seed: UInt64, _ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch let error as InputError {
            #expect(error.mark.map { $0.line > 0 && $0.column > 0 } ?? false, "seed \(seed): \(error)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        return false
    }

    @Test(arguments: 0..<4) func damagedSRAMTablesThrowOrGiveNumbers(part: Int) throws {
        let scaling = try shippedScaling()
        var taken = 0
        for round in 0..<600 {
            let seed = UInt64(part * 600 + round)
            var random = SeededGenerator(seed: seed)
            let bytes = Self.damaged(Self.memory, &random)
            let isTaken = Self.isTaken(seed: seed) {
                let table = try SRAMTable(Document.parse(bytes: bytes, file: "t"), path: "t")
                for _ in 0..<8 {
                    let capacity = Bytes(1 << random.below(40) + random.below(3))
                    let (width, node) = (random.number(1...700), random.pick([45.0, 32, 7, 130, 300]))
                    do {
                        let bank = try table.bank(
                            capacity: capacity, portBits: width, technology: node, scaling: scaling)
                        #expect(bank.figures.allSatisfy { $0.isFinite && $0 > 0 }, "seed \(seed): \(bank)")
                        #expect(!bank.derivation.isEmpty)
                    } catch let error as EnergyRangeError {
                        #expect(error.message.hasPrefix("found "), "seed \(seed)")
                    }
                }
            }
            taken += isTaken ? 1 : 0
        }
        #expect(taken > 60 && taken < 540, "taken \(taken)")
    }

    @Test(arguments: 0..<4) func damagedScalingTablesThrowOrGiveNumbers(part: Int) {
        var taken = 0
        for round in 0..<600 {
            let seed = UInt64(part * 600 + round)
            var random = SeededGenerator(seed: seed)
            let bytes = Self.damaged(Self.scaling, &random)
            let isTaken = Self.isTaken(seed: seed) {
                let table = try TechnologyScaling(Document.parse(bytes: bytes, file: "t"), path: "t")
                for _ in 0..<8 {
                    let from = (
                        node: Double.random(in: table.nodes, using: &random),
                        volts: Double.random(in: table.voltages, using: &random)
                    )
                    let to = (node: table.nodes.lowerBound, volts: table.voltages.upperBound)
                    let factors = [
                        try table.energyFactor(from: from, to: to), try table.areaFactor(from: from.node, to: to.node),
                    ]
                    #expect(factors.allSatisfy { $0.isFinite && $0 > 0 }, "seed \(seed): \(factors)")
                }
            }
            taken += isTaken ? 1 : 0
        }
        #expect(taken > 60 && taken < 540, "taken \(taken)")
    }
}
