import Energy
import Hardware
import TestSupport
import Testing

/// The shipped scaling table.
func shippedScaling() throws -> TechnologyScaling {
    try TechnologyScaling.load(path: repository + "/Configs/energy/scaling/stillmaker-baas.yaml")
}

@Suite struct ScalingTests {
    /// Energy against 45 nm with both at 0.8 V, from 45 nm at 1.0 V and at 0.9 V to the node at 0.8 V, and the area
    /// against 45 nm, computed separately from the published coefficients and rounded to four decimals.
    static let published: [(node: Double, same: Double, fromOne: Double, fromNine: Double, area: Double)] = [
        (130, 3.0681, 2.0893, 2.5183, 6.4), (90, 1.8973, 1.2920, 1.5573, 2.8), (65, 1.2407, 0.8448, 1.0183, 1.5),
        (45, 1.0000, 0.6810, 0.8208, 1), (32, 0.6593, 0.4490, 0.5412, 0.46), (20, 0.2211, 0.1505, 0.1814, 0.21),
        (16, 0.1735, 0.1182, 0.1424, 0.19), (14, 0.1388, 0.0945, 0.1140, 0.17), (10, 0.1178, 0.0802, 0.0967, 0.1),
        (7, 0.0943, 0.0642, 0.0774, 0.059),
    ]

    private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }

    @Test(arguments: published) func factorsAreThePublishedRatios(
        row: (node: Double, same: Double, fromOne: Double, fromNine: Double, area: Double)
    ) throws {
        let scaling = try shippedScaling()
        let target = (node: row.node, volts: 0.8)
        #expect(Self.rounded(try scaling.energyFactor(from: (45, 0.8), to: target)) == row.same)
        #expect(Self.rounded(try scaling.energyFactor(from: (45, 1), to: target)) == row.fromOne)
        #expect(Self.rounded(try scaling.energyFactor(from: (45, 0.9), to: target)) == row.fromNine)
        #expect(try scaling.areaFactor(from: 45, to: row.node) == row.area)
    }

    @Test func theTableStatesItsRange() throws {
        let scaling = try shippedScaling()
        #expect(scaling.name == "stillmaker-baas")
        #expect(scaling.nodes == 7...130)
        #expect(scaling.voltages == 0.6...1.3)
        #expect(scaling.source.contains("Stillmaker") && scaling.source.contains("2017"))
    }

    @Test func theShippedTableIsFoundInALibrary() throws {
        let library = try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
        #expect(try TechnologyScaling.shipped(in: library).path == (try shippedScaling()).path)
    }

    /// Halfway between nodes in nanometres, energy and area are halfway too.
    @Test func energyAndAreaAreLinearBetweenNodes() throws {
        let scaling = try shippedScaling()
        let (large, small) = (1.103 - 0.362 + 0.2767, 0.9559 - 0.7823 + 0.471)
        let energy = try scaling.energyFactor(from: (45, 1), to: (38.5, 1))
        #expect(abs(energy - (large + small) / 2 / large) < 1e-12, "observed \(energy)")
        let area = try scaling.areaFactor(from: 45, to: 38.5)
        #expect(abs(area - 0.73) < 1e-12, "observed \(area)")
    }

    @Test func factorsCompose() throws {
        let scaling = try shippedScaling()
        var random = SeededGenerator(seed: 3)
        func draw() -> (node: Double, volts: Double) {
            (
                Double.random(in: scaling.nodes, using: &random),
                Double.random(in: scaling.voltages, using: &random)
            )
        }
        for _ in 0..<500 {
            let (a, b, c) = (draw(), draw(), draw())
            #expect(try scaling.energyFactor(from: a, to: a) == 1)
            #expect(try scaling.areaFactor(from: a.node, to: a.node) == 1)
            let there = try scaling.energyFactor(from: a, to: b)
            #expect(abs(try there * scaling.energyFactor(from: b, to: a) - 1) < 1e-12, "\(a) \(b)")
            let direct = try scaling.energyFactor(from: a, to: c)
            #expect(abs(try there * scaling.energyFactor(from: b, to: c) / direct - 1) < 1e-12, "\(a) \(b) \(c)")
            let area = try scaling.areaFactor(from: a.node, to: b.node) * scaling.areaFactor(from: b.node, to: c.node)
            #expect(abs(try area / scaling.areaFactor(from: a.node, to: c.node) - 1) < 1e-12, "\(a) \(b) \(c)")
        }
    }

    @Test func energyAndAreaRiseWithNodeAndVoltage() throws {
        let scaling = try shippedScaling()
        for volts in stride(from: 0.6, through: 1.3, by: 0.05) {
            for node in stride(from: 7.0, to: 130, by: 0.5) {
                let larger = try scaling.energyFactor(from: (node, volts), to: (node + 0.5, volts))
                #expect(larger > 1, "\(node) nm, \(volts) V")
                let step = min(volts + 0.01, 1.3)
                let higher = try scaling.energyFactor(from: (node, volts), to: (node, step))
                #expect(higher > 1 || step == volts, "\(node) nm, \(volts) V")
                #expect(try scaling.areaFactor(from: node, to: node + 0.5) > 1, "\(node) nm")
            }
        }
    }

    @Test func pointsOutsideTheTableAreRefused() throws {
        let scaling = try shippedScaling()
        for node in [5, 6.999, 130.001, 180, 0, -45, .infinity, .nan] {
            let error = #expect(throws: EnergyRangeError.self) {
                try scaling.energyFactor(from: (45, 1), to: (node, 1))
            }
            #expect(error?.subject == .technology)
            #expect(throws: EnergyRangeError.self) { try scaling.areaFactor(from: node, to: 45) }
        }
        for volts in [0.5, 0.599, 1.301, 0, -1, .nan] {
            let error = #expect(throws: EnergyRangeError.self) {
                try scaling.energyFactor(from: (65, volts), to: (45, 1))
            }
            #expect(error?.subject == .supply)
        }
        let node = #expect(throws: EnergyRangeError.self) { try scaling.areaFactor(from: 45, to: 5) }
        #expect(
            node?.message
                == "found a node of 5 nm, expected 7 nm to 130 nm, the range of the scaling \"stillmaker-baas\"")
        #expect(node?.description == "error: \(node?.message ?? "")")
        let supply = #expect(throws: EnergyRangeError.self) {
            try scaling.energyFactor(from: (45, 1), to: (45, 0.5))
        }
        #expect(
            supply?.message
                == "found a supply of 0.5 V, expected 0.6 V to 1.3 V, the range of the scaling \"stillmaker-baas\"")
    }
}

@Suite struct UnitTests {
    @Test func powersAndAreasAddUp() {
        let powers = [Milliwatts(0.5), Milliwatts(2)]
        #expect(powers.sum() == Milliwatts(2.5))
        #expect([Milliwatts]().sum() == .zero)
        #expect(powers[0] * 3 == Milliwatts(1.5))
        #expect(powers[0] < powers[1])
        let areas = [SquareMicrometres(1.5e6), SquareMicrometres(250)]
        #expect(areas.sum() == SquareMicrometres(1_500_250))
        #expect([SquareMicrometres]().sum() == .zero)
        #expect(areas[1] * 4 == SquareMicrometres(1000))
        #expect(areas[1] < areas[0])
        #expect(areas[0].squareMillimetres == 1.5)
    }
}
