import Files
import Foundation
import Hardware
import TestSupport
import Testing

@testable import Energy

@Suite struct TableTests {
    /// The figures of one table at its own node and supply, for a number format.
    private func arithmetic(_ name: String = "default", _ format: NumberFormat = .integer) throws -> Arithmetic {
        let table = try shippedTable(name)
        let book = try FigureBook(
            table, companion: table.loadCompanion(library: shippedLibrary()), at: table.point,
            scaling: shippedScaling(), needed: EnergyOperation.allCases)
        return Arithmetic(book: book, format: format)
    }

    @Test func shippedFiguresAreThePublishedOnes() throws {
        let table = try shippedTable()
        #expect(table.name == "default")
        #expect(table.point == OperatingPoint(technology: 45, voltage: 0.9))
        let horowitz = try arithmetic()
        #expect(horowitz.multiply(8, 8).energy == Picojoules(0.2))
        #expect(horowitz.multiply(32, 32).energy == Picojoules(3.1))
        #expect(horowitz.add(8).energy == Picojoules(0.03))
        #expect(horowitz.add(16).energy == Picojoules(0.05))
        #expect(horowitz.add(32).energy == Picojoules(0.1))
        #expect(horowitz.multiplier(8, 8).area == SquareMicrometres(282))
        #expect(horowitz.adder(32).area == SquareMicrometres(137))
    }

    /// 0.2 * (w / 8) ^ (ln(3.1 / 0.2) / ln(4)), computed separately; the literature rounds to 0.79 pJ at 16 bits.
    @Test(arguments: [
        (16, 16, 0.787_400_787_401_181_1), (4, 4, 0.050_800_050_800_076_2), (12, 12, 0.445_840_686_827_176_5),
        (16, 18, 0.884_631_956_160_458_5), (64, 64, 12.204_712_204_718_307),
    ])
    func multiplyEnergyFollowsAPowerLaw(weights: Int, activations: Int, expected: Double) throws {
        let energy = try arithmetic().multiply(weights, activations).energy.value
        #expect(abs(energy / expected - 1) < 1e-12, "observed \(energy), expected \(expected)")
        let swapped = try arithmetic().multiply(activations, weights).energy.value
        #expect(swapped == energy)
    }

    @Test(arguments: [(12, 0.04), (18, 0.05625), (24, 0.075), (4, 0.015), (64, 0.2), (40, 0.125)])
    func addEnergyIsPiecewiseLinearInTheWidth(width: Int, expected: Double) throws {
        let energy = try arithmetic().add(width).energy.value
        #expect(abs(energy / expected - 1) < 1e-12, "observed \(energy), expected \(expected)")
    }

    /// fp16 and fp32 as published; bf16 with its significand of 8 bits follows the same law:
    /// 1.1 * (8 / 11) ^ (ln(3.7 / 1.1) / ln(24 / 11)), computed separately, and likewise 0.4 and 0.9 for sums.
    @Test func floatingPointFiguresAreThePublishedOnes() throws {
        let float = try arithmetic("default", .float)
        let bfloat = try arithmetic("default", .bfloat)
        #expect(float.multiply(16, 16).energy == Picojoules(1.1))
        #expect(float.multiply(32, 32).energy == Picojoules(3.7))
        #expect(float.add(16).energy == Picojoules(0.4))
        #expect(bfloat.add(32).energy == Picojoules(0.9))
        let expected = 1.1 * pow(8.0 / 11, log(3.7 / 1.1) / log(24.0 / 11))
        #expect(abs(bfloat.multiply(16, 16).energy.value / expected - 1) < 1e-12)
        #expect(abs(expected - 0.671) < 0.001)
        #expect(
            bfloat.multiply(16, 16).source.text.hasPrefix("bf16, by a power law through 11 bit (1.1 pJ) and 24 bit"))
        // A floating-point product takes more than an integer's of the same bits, and bf16 less than fp16.
        #expect(try arithmetic().multiply(16, 16).energy < float.multiply(16, 16).energy)
        #expect(bfloat.multiply(16, 16).energy < float.multiply(16, 16).energy)
        let mixed = float.multiply(16, 32)
        #expect(float.multiply(16, 16).energy < mixed.energy && mixed.energy < float.multiply(32, 32).energy)
    }

    /// Accelergy's rule for Aladdin's multiplier: the square of the width over 32.
    @Test func aladdinIsASeparateFamily() throws {
        let aladdin = try arithmetic("aladdin")
        #expect(aladdin.multiply(32, 32).energy == Picojoules(12.68))
        #expect(aladdin.multiply(16, 16).energy == Picojoules(12.68 / 4))
        #expect(aladdin.multiplier(16, 16).area == SquareMicrometres(6350 / 4))
        #expect(aladdin.add(16).energy == Picojoules(0.105))
        #expect(aladdin.multiply(16, 16).source.origin == "aladdin")
        #expect(try shippedTable("aladdin").curves[.multiply] != shippedTable().curves[.multiply])
    }

    @Test func energyAndAreaNeverFallWithWidth() throws {
        for name in ["default", "aladdin"] {
            let figures = try arithmetic(name)
            for width in 1..<128 {
                #expect(figures.multiply(width, width).energy < figures.multiply(width + 1, width + 1).energy)
                #expect(figures.add(width).energy < figures.add(width + 1).energy)
                #expect(figures.multiplier(width, width).area < figures.multiplier(width + 1, width + 1).area)
                #expect(figures.adder(width).area < figures.adder(width + 1).area)
            }
        }
    }

    @Test func everyFigureNamesItsSource() throws {
        let folder = repository + "/Configs/energy"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(files.sorted() == ["aladdin.yaml", "default.yaml", "logic-40nm.yaml"])
        for file in files {
            let table = try EnergyTable.load(path: "\(folder)/\(file)")
            for (operation, curve) in table.curves {
                for point in curve.points {
                    let names = ["ISSCC 2014, 45 nm", "Aladdin tables"].filter(point.source.contains)
                    #expect(names.count == 1, "\(file): \(operation): \(point.source)")
                    // Each table has one family.
                    #expect(point.source.contains("Aladdin") == (file != "default.yaml"), "\(file): \(operation)")
                }
            }
            for figure in [table.wire?.figure, table.leakage, table.clockAndControl, table.memory].compactMap({ $0 }) {
                #expect(figure.source.count > 40, "\(file): \(figure.source)")
            }
        }
    }

    @Test func sourcesStateHowAFigureWasMade() throws {
        let figures = try arithmetic()
        let published =
            #"M. Horowitz, "1.1 Computing's energy problem (and what we can do about it)", ISSCC 2014, 45 nm, 0.9 V"#
        #expect(figures.add(32).source.text == "32 bit, as published; " + published)
        #expect(
            figures.multiply(16, 18).source.text
                == "16 x 18 bit taken as sqrt(16 * 18) = 16.97 bit, by a power law through 8 bit (0.2 pJ) and 32 bit (3.1 pJ); "
                + published)
        #expect(
            figures.add(12).source.text
                == "12 bit, by a straight line through 8 bit (0.03 pJ) and 16 bit (0.05 pJ); " + published)
        #expect(figures.add(64).source.text == "64 bit, in proportion to 32 bit (0.1 pJ); " + published)
        #expect(
            figures.multiply(4, 16).source.text
                == "4 x 16 bit taken as sqrt(4 * 16) = 8 bit, as published; " + published)
        #expect(
            figures.multiplier(16, 16).source.text
                == "16 bit, by a power law through 8 bit (282 um2) and 32 bit (3495 um2); " + published)
        // 40 nm is 5/13 of the distance from 45 to 32 nm: 0.8443 / (0.8443 - 5/13 * (0.8443 - 0.54121)).
        #expect(
            figures.book.energy(.registerWrite, width: 1).source.text
                == "as published, from 40 nm, 0.9 V to 45 nm, 0.9 V x 1.16; Aladdin tables, reg.csv, 1 ns, 40 nm")
    }

    /// Logic of the companion is scaled from 40 to 45 nm by Stillmaker and Baas, wires by the square of the supply.
    @Test func companionsAreScaled() throws {
        let book = try arithmetic().book
        let own = 1.103 * 0.81 - 0.362 * 0.9 + 0.2767
        let below = 0.9559 * 0.81 - 0.7823 * 0.9 + 0.471
        let factor = own / (own + (below - own) * 5 / 13)
        #expect(abs(book.energy(.registerWrite, width: 1).energy.value / (0.009 * factor) - 1) < 1e-12)
        #expect(abs(book.area(.registerWrite, width: 1).area.value / (5.98 / (1 - 0.54 * 5 / 13)) - 1) < 1e-12)
        #expect(abs(book.wire.energy.value - 0.3254 * 0.81) < 1e-12)
        #expect(book.wire.source.text.contains("from 1 V to 0.9 V x 0.81; aladdin_table.py"))
        #expect(book.energy(.multiply, width: 8).source.origin == "default")
        #expect(book.energy(.registerWrite, width: 1).source.origin == "logic-40nm")
    }

    private static let small = """
        name: small
        technology: 28 nm
        voltage: 0.8 V
        operations:
          multiply: {rule: linear, figures: [{width: 8 bit, energy: 100 fJ, source: own}]}
          add: {rule: power_law, figures: [{width: 8 bit, energy: 1 pJ, source: a}, {width: 16 bit, energy: 4 pJ, source: b}]}
        """

    @Test func tablesAreFoundByNameOrPath() throws {
        try withFiles(["Configs/energy/small.yaml": Self.small, "Configs/energy/large.yaml": "name: large\n"]) {
            folder in
            let library = try ConfigurationLibrary(
                directory: folder + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
            let table = try EnergyTable.resolve("small", library: library)
            #expect(table.name == "small")
            #expect(table.path == folder + "/Configs/energy/small.yaml")
            #expect(table.curves[.multiply]?.figure(width: 8).energy == Picojoules(0.1))
            #expect(abs((table.curves[.add]?.figure(width: 32).energy.value ?? 0) - 16) < 1e-12)
            #expect(table.curves[.add]?.figure(width: 12).source.publication == "a, and b")
            #expect(try EnergyTable.resolve("small.yaml", library: library).path == table.path)
            #expect(try EnergyTable.resolve(table.path, library: library).name == "small")
            let error = #expect(throws: FileError.self) { try EnergyTable.resolve("smal", library: library) }
            #expect(
                error?.description
                    == "smal: error: cannot be read: there is no energy table of this name: did you mean \"small\"? "
                    + "\(folder)/Configs/energy has large, small")
            #expect(throws: FileError.self) { try EnergyTable.resolve("./small", library: library) }
        }
    }

    /// A user's table overrides one figure, adds another, and keeps the rest with its sources.
    @Test func usersOverrideFigures() throws {
        let mine = """
            name: mine
            extends: default
            operations:
              multiply:
                figures: [{width: 8 bit, energy: 0.15 pJ, source: our synthesis}, {width: 16 bit, energy: 0.6 pJ, source: our synthesis}]
            wire: {energy: 0.1 pJ, voltage: 0.9 V, source: our extraction}
            """
        try withFiles(["mine.yaml": mine]) { folder in
            let table = try EnergyTable.load(path: folder + "/mine.yaml", library: shippedLibrary())
            let shipped = try shippedTable()
            let multiply = try #require(table.curves[.multiply])
            #expect(multiply.figure(width: 8).energy == Picojoules(0.15))
            #expect(multiply.figure(width: 16).source.publication == "our synthesis")
            #expect(multiply.figure(width: 16).source.origin == "mine")
            #expect(multiply.figure(width: 32).energy == Picojoules(3.1))
            #expect(multiply.figure(width: 32).source.origin == "default")
            #expect(multiply.figure(width: 20).source.publication.hasPrefix("our synthesis, and M. Horowitz"))
            #expect(table.curves[.add] == shipped.curves[.add])
            #expect(table.wire?.figure.source == "our extraction")
            #expect(table.companion?.name == "logic-40nm")
            #expect(table.point == shipped.point)
        }
    }
}
