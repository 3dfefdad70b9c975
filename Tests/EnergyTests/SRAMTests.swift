import Energy
import Files
import Foundation
import Hardware
import TestSupport
import Testing

@Suite struct SRAMTests {
    private static let cacti =
        "CACTI 7, device type itrs-lstp, 300 K (R. Balasubramonian et al., \"CACTI 7: New tools for interconnect exploration in "
        + "innovative off-chip memories\", ACM TACO 14(2), 2017)"

    @Test(arguments: SRAMDevice.allCases) func everyTabulatedBankComesBackExactly(device: SRAMDevice) throws {
        let shipped = try ShippedSRAM(device)
        let (table, rows) = (try shipped.table(), try shipped.rows())
        #expect(rows.count == 3 * 65)
        for row in rows {
            let bank = try table.bank(row.capacity, row.width, at: row.node)
            #expect(bank.figures == row.figures, "\(row)")
            #expect(bank.derivation == "as tabulated")
            #expect(bank.publication == table.source)
        }
    }

    /// Copied from CACTI's output: detects shifted columns in the file.
    @Test(arguments: [
        (SRAMDevice.lstp, 45.0, 1, 16, [1.15486, 1.3565, 3.60033e-05, 3376.47, 0.792732, 0.627464]),
        (.lstp, 32, 32, 64, [8.25708, 7.46057, 0.00160234, 56604.6, 1.16895, 0.868124]),
        (.lop, 22, 1024, 512, [67.7248, 66.9174, 6.69446, 1114510, 1.83639, 1.72663]),
        (.hp, 45, 512, 256, [124.758, 115.818, 466.178, 1797150, 1.34556, 2.07242]),
    ]) func figuresMatchCACTI(device: SRAMDevice, node: Double, capacity: Int, width: Int, expected: [Double]) throws {
        #expect(try ShippedSRAM(device).table().bank(capacity, width, at: node).figures == expected)
    }

    @Test func devicesHaveTheirSuppliesAndTemperatures() throws {
        let volts: [(SRAMDevice, Double, [Double])] = [
            (.lstp, 300, [1.1, 1, 0.8]), (.lop, 300, [0.7, 0.6, 0.6]), (.hp, 350, [1, 0.9, 0.8]),
        ]
        for (device, temperature, supplies) in volts {
            let table = try ShippedSRAM(device).table()
            #expect(table.name == device.rawValue)
            #expect(table.temperature == temperature)
            #expect(table.source.contains("itrs-\(device.rawValue), \(Int(temperature)) K"))
            #expect(try [45, 32, 22].map { try table.bank(32, 64, at: $0).supply } == supplies)
        }
    }

    @Test func leakageSpansTheDeviceTypes() throws {
        let leakage = try SRAMDevice.allCases.map { try ShippedSRAM($0).table().bank(32, 64).leakage }
        #expect(leakage[0] > Milliwatts(0.0009) && leakage[0] < Milliwatts(0.00095))
        #expect(leakage[2] > Milliwatts(33.5) && leakage[2] < Milliwatts(34.5))
        #expect(leakage[0] < leakage[1] && leakage[1] < leakage[2])
    }

    @Test func accessesTakeLeastWithALowSupply() throws {
        let reads = try SRAMDevice.allCases.map { try ShippedSRAM($0).table().bank(32, 64).readEnergy }
        #expect(reads[1] < reads[0] && reads[1] < reads[2])
    }

    /// The middle of two banks on logarithmic axes has the geometric mean of their figures.
    @Test func interpolationIsLinearOnLogarithmicAxes() throws {
        let table = try ShippedSRAM(.lstp).table()
        func mean(_ banks: SRAMBank...) -> [Double] {
            (0..<6).map { i in exp(banks.map { log($0.figures[i]) }.reduce(0, +) / Double(banks.count)) }
        }
        func compare(_ bank: SRAMBank, _ expected: [Double]) {
            for (a, b) in zip(bank.figures, expected) { #expect(abs(a / b - 1) < 1e-12, "\(a) \(b)") }
        }
        // 64 KiB is the middle of 16 and 256, so the table is asked without 32 and 128 KiB; 32 KiB is the middle of no
        // two banks.
        let coarse = try ShippedSRAM(.lstp).table { capacity, width in [32, 64, 128].contains(capacity) || width == 64 }
        compare(try coarse.bank(64, 128), mean(try table.bank(16, 128), try table.bank(256, 128)))
        compare(try coarse.bank(16, 64), mean(try table.bank(16, 32), try table.bank(16, 128)))
        compare(
            try coarse.bank(64, 64),
            mean(
                try table.bank(16, 32), try table.bank(16, 128), try table.bank(256, 32), try table.bank(256, 128)))
    }

    @Test func derivationsStateHowAFigureWasMade() throws {
        let table = try ShippedSRAM(.lstp).table()
        func derivation(_ capacity: Int, _ width: Int, at node: Double = 45) throws -> String {
            try table.bank(capacity, width, at: node).derivation
        }
        let cycle = ", the cycle time in proportion to the access time"
        #expect(try derivation(32, 64) == "as tabulated")
        #expect(try derivation(24, 64) == "log-log between 16 and 32 KiB at 64 bit")
        #expect(try derivation(768, 64) == "log-log between 512 KiB and 1 MiB at 64 bit")
        #expect(try derivation(32, 96) == "log-log between 64 and 128 bit at 32 KiB")
        #expect(try derivation(24, 96) == "log-log between 16 and 32 KiB, 64 and 128 bit")
        #expect(
            try derivation(2048, 64) == "outside the table, by the fit's ratio to 1 MiB, 64 bit (as tabulated)" + cycle)
        #expect(
            try derivation(24, 8)
                == "outside the table, by the fit's ratio to 24 KiB, 16 bit (log-log between 16 and 32 KiB at 16 bit)"
                + cycle)
        #expect(
            try derivation(1, 512)
                == "beside a bank that the table lacks, by the fit's ratio to 1 KiB, 256 bit (as tabulated)" + cycle)
        #expect(
            try derivation(1, 600) == "outside the table, by the fit's ratio to 2 KiB, 512 bit (as tabulated)" + cycle)
        #expect(
            try derivation(32, 64, at: 28)
                == "as tabulated, at 32 nm and 1 V; scaled to 28 nm: energy x 0.7990, area and leakage x 0.8188, "
                + "times unchanged")
        #expect(try table.bank(32, 64).publication == Self.cacti)
        #expect(
            try table.bank(32, 64, at: 28).publication == Self.cacti + ", and " + (try shippedScaling().source))
    }

    @Test func otherNodesAreScaledFromTheNearest() throws {
        let scaling = try shippedScaling()
        for device in SRAMDevice.allCases {
            let table = try ShippedSRAM(device).table()
            let nodes = [
                (130.0, 45.0), (65, 45), (40, 45), (38, 45), (37, 32), (28, 32), (27, 32), (26, 22), (7, 22),
            ]
            for (node, nearest) in nodes {
                let (scaled, source) = (try table.bank(24, 96, at: node), try table.bank(24, 96, at: nearest))
                let energy = try scaling.energyFactor(from: (nearest, source.supply), to: (node, source.supply))
                let area = try scaling.areaFactor(from: nearest, to: node)
                #expect(scaled.readEnergy.value == source.readEnergy.value * energy, "\(node)")
                #expect(scaled.writeEnergy.value == source.writeEnergy.value * energy)
                #expect(scaled.area.value == source.area.value * area)
                #expect(scaled.leakage.value == source.leakage.value * area)
                #expect((scaled.accessTime, scaled.cycleTime) == (source.accessTime, source.cycleTime))
                #expect(scaled.supply == source.supply)
                #expect(scaled.derivation.contains("at \(Int(nearest)) nm"))
                #expect(scaled.derivation.contains("to \(Int(node)) nm"))
            }
        }
    }

    @Test func impossibleBanksAreRefused() throws {
        let (table, scaling) = (try ShippedSRAM(.lop).table(), try shippedScaling())
        func error(_ capacity: Int, _ width: Int, _ node: Double = 45) throws -> EnergyRangeError {
            try #require(throws: EnergyRangeError.self) {
                try table.bank(capacity: Bytes(capacity), portBits: width, technology: node, scaling: scaling)
            }
        }
        let wide = try error(16, 129)
        #expect(wide.subject == .port)
        #expect(wide.message == "found a port of 129 bit on a bank of 16 B, expected 1 bit to 128 bit")
        #expect(try table.bank(capacity: Bytes(16), portBits: 128, technology: 45, scaling: scaling).area > .zero)
        #expect(try error(16, 0).subject == .port)
        #expect(try error(16, Int.min).subject == .port)
        let empty = try error(0, 16)
        #expect(empty.subject == .capacity)
        #expect(empty.message == "found a bank of 0 B, expected at least 1 B")
        #expect(try error(1024, 16, 5).subject == .technology)
        #expect(try error(1024, 16, .nan).subject == .technology)
        let huge = try table.bank(capacity: Bytes(Int.max), portBits: Int.max, technology: 7, scaling: scaling)
        #expect(huge.figures.allSatisfy { $0.isFinite && $0 > 0 })
    }

    @Test func deviceTypesAreFoundInTheLibrary() throws {
        let library = try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
        for device in SRAMDevice.allCases {
            #expect(try SRAMTable.resolve(device: device, library: library).name == device.rawValue)
        }
        try withFiles(["Configs/energy/default.yaml": "{}"]) { folder in
            let library = try ConfigurationLibrary(
                directory: folder + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
            let error = #expect(throws: FileError.self) { try SRAMTable.resolve(device: .hp, library: library) }
            #expect(error?.path == folder + "/Configs/energy/sram/hp.yaml")
        }
    }
}
