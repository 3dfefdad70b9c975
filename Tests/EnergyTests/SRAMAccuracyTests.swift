import Foundation
import Hardware
import TestSupport
import Testing

@testable import Energy

/// The errors of figures that are not tabulated, against CACTI: tables are asked for banks that were removed from them.
@Suite struct SRAMAccuracyTests {
    private struct Errors {
        private(set) var count = 0
        private(set) var sums = [Double](repeating: 0, count: 6)
        private(set) var worst = [Double](repeating: 0, count: 6)

        var means: [Double] { sums.map { $0 / Double(count) } }

        mutating func note(_ observed: [Double], _ expected: [Double]) {
            count += 1
            for i in 0..<6 {
                let error = abs(observed[i] / expected[i] - 1)
                sums[i] += error
                worst[i] = max(worst[i], error)
            }
        }
    }

    private static let capacities = (0...10).map { 1 << $0 }
    private static let widths = (4...9).map { 1 << $0 }

    /// Removes the banks of each case's capacity (KiB) or width (bits), asks for them, and compares those whose
    /// derivation begins with `derivation`, for all device types and nodes.
    private static func errors(
        leavingOut cases: [(capacity: Int?, width: Int?)], derivation: String
    ) throws -> Errors {
        var errors = Errors()
        for device in SRAMDevice.allCases {
            let shipped = try ShippedSRAM(device)
            let rows = try shipped.rows()
            for (capacity, width) in cases {
                let table = try shipped.table { $0 == capacity || $1 == width }
                for row in rows where row.capacity == capacity || row.width == width {
                    let bank = try table.bank(row.capacity, row.width, at: row.node)
                    if bank.derivation.hasPrefix(derivation) { errors.note(bank.figures, row.figures) }
                }
            }
        }
        return errors
    }

    private func check(_ errors: Errors, means: [Double], worst: [Double], count: Int) {
        #expect(errors.count == count)
        for i in 0..<6 {
            #expect(errors.means[i] <= means[i], "mean error of figure \(i): observed \(errors.means[i])")
            #expect(errors.worst[i] <= worst[i], "worst error of figure \(i): observed \(errors.worst[i])")
        }
    }

    @Test func interpolationOverCapacityHasTheStatedErrors() throws {
        let errors = try Self.errors(
            leavingOut: Self.capacities.dropFirst().dropLast().map { ($0, nil) }, derivation: "log-log")
        check(
            errors, means: [0.095, 0.059, 0.030, 0.057, 0.049, 0.128],
            worst: [0.376, 0.203, 0.108, 0.249, 0.210, 0.674], count: 9 * (9 * 6 - 1))
    }

    @Test func interpolationOverWidthHasTheStatedErrors() throws {
        let errors = try Self.errors(
            leavingOut: Self.widths.dropFirst().dropLast().map { (nil, $0) }, derivation: "log-log")
        check(
            errors, means: [0.096, 0.068, 0.020, 0.074, 0.029, 0.098],
            worst: [0.576, 0.258, 0.164, 0.314, 0.213, 0.677], count: 9 * (11 * 4 - 1))
    }

    /// Extrapolation from the edge, against the tabulated banks beyond it.
    @Test func extrapolationOverCapacityHasTheStatedErrors() throws {
        let errors = try Self.errors(leavingOut: [(1024, nil)], derivation: "outside the table")
        check(
            errors, means: [0.062, 0.070, 0.046, 0.060, 0.067, 0.351], worst: [0.2, 0.17, 0.17, 0.12, 0.14, 2.25],
            count: 9 * 6)
        // The fit alone, although made from these banks, has three times the error for reads.
        var bare = Errors()
        for device in SRAMDevice.allCases {
            let shipped = try ShippedSRAM(device)
            let grids = try shipped.table().grids
            for row in try shipped.rows() where row.capacity == 1024 {
                for grid in grids where grid.technology == row.node {
                    bare.note(grid.fit.list(row.capacity, row.width), row.figures)
                }
            }
        }
        #expect(bare.means[0] > 3 * errors.means[0])
    }

    /// A slightly larger capacity or width than the table's changes figures only slightly.
    @Test func figuresAreContinuousAtTheEdge() throws {
        for device in SRAMDevice.allCases {
            let table = try ShippedSRAM(device).table()
            for width in [16, 48, 64, 512] {
                let (edge, beyond) = (try table.bank(1024, width), try table.bank(1025, width))
                for (a, b) in zip(edge.figures, beyond.figures) { #expect(abs(b / a - 1) < 0.001) }
            }
            for capacity in [2, 24, 1024] {
                let (edge, beyond) = (try table.bank(capacity, 512), try table.bank(capacity, 513))
                for (a, b) in zip(edge.figures, beyond.figures) { #expect(abs(b / a - 1) < 0.005) }
            }
        }
    }

    /// Mean errors in percent, as stated with the fits: read and write energy, leakage, area, access time.
    @Test(arguments: [
        (SRAMDevice.hp, 22.0, [15.6, 5.4, 4.1, 16.4, 10.3]), (.hp, 32, [17.7, 5.8, 4.0, 16.7, 11.7]),
        (.hp, 45, [20.3, 6.1, 4.0, 16.8, 13.1]), (.lop, 22, [13.5, 5.5, 3.4, 15.2, 6.6]),
        (.lop, 32, [14.9, 5.4, 3.3, 15.5, 7.4]), (.lop, 45, [15.9, 4.7, 5.1, 16.2, 8.8]),
        (.lstp, 22, [13.2, 5.5, 5.8, 15.3, 6.6]), (.lstp, 32, [14.5, 5.8, 3.5, 15.4, 6.6]),
        (.lstp, 45, [15.3, 5.9, 3.2, 16.2, 7.6]),
    ]) func fitsHaveTheStatedErrors(device: SRAMDevice, node: Double, stated: [Double]) throws {
        let shipped = try ShippedSRAM(device)
        let grid = try #require(try shipped.table().grids.first { $0.technology == node })
        var errors = Errors()
        for row in try shipped.rows() where row.node == node {
            errors.note(grid.fit.list(row.capacity, row.width), row.figures)
        }
        for (observed, stated) in zip(errors.means, stated) {
            #expect(abs(observed * 100 - stated) < 0.1, "observed \(observed * 100) %, stated \(stated) %")
        }
    }

    /// Figures that rise over CACTI's banks also rise between them. Reads and cycle times, and all but writes over the
    /// width, do not always rise: CACTI divides its arrays differently from bank to bank.
    @Test(arguments: SRAMDevice.allCases) func figuresRiseWithCapacityAndWidth(device: SRAMDevice) throws {
        let table = try ShippedSRAM(device).table()
        for node in [45.0, 32, 22] {
            for width in [16, 24, 32, 48, 64, 96, 128, 192, 256, 384] {
                var last = try table.bank(2, width, at: node)
                for capacity in [3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024] {
                    let bank = try table.bank(capacity, width, at: node)
                    let place: Comment = "\(capacity) KiB, \(width) bit, \(node) nm"
                    #expect(last.writeEnergy < bank.writeEnergy, place)
                    #expect(last.leakage < bank.leakage, place)
                    #expect(last.area < bank.area, place)
                    #expect(last.accessTime < bank.accessTime, place)
                    let wider = try table.bank(capacity, width * 4 / 3, at: node)
                    #expect(bank.writeEnergy < wider.writeEnergy, place)
                    last = bank
                }
            }
        }
    }
}

extension SRAMFit {
    /// In the order of a row.
    fileprivate func list(_ kibibytes: Int, _ width: Int) -> [Double] {
        let figures = figures(SRAMSize(capacity: kibibytes << 10, width: width))
        return [
            figures.readEnergy, figures.writeEnergy, figures.leakage, figures.area, figures.accessTime,
            figures.cycleTime,
        ]
    }
}
