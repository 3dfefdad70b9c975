import Foundation
import Hardware
import YAML

/// SRAM banks of one device type by capacity, port width and technology node, made by CACTI.
///
/// A bank of the table has its figures. Between banks, figures are interpolated bilinearly in log(capacity), log(width) and
/// log(figure): left out one capacity at a time, the shipped banks come back 9 % off for reads and 6 % for writes in the mean.
/// Outside, the fit leads on from the table's edge, so that nothing jumps there.
public struct SRAMTable: Sendable {
    /// The table's name.
    public let name: String
    /// The file it was read from.
    public let path: String
    /// One line on what it holds.
    public let description: String
    /// Where it comes from.
    public let source: String
    /// The temperature that the figures hold for, in kelvin; leakage depends on it above all.
    public let temperature: Double
    /// One a technology node, at least one.
    let grids: [SRAMGrid]

    /// The table of a device type, `energy/sram/lstp.yaml` for one, in the folder of shipped configurations.
    ///
    /// - Throws: `FileError` where it is not there, `InputError` for what is wrong in it.
    public static func resolve(device: SRAMDevice, library: ConfigurationLibrary) throws -> SRAMTable {
        try load(path: library.requiredFolder() + "/energy/sram/\(device.rawValue).yaml")
    }

    /// A bank of a capacity with a port of a width in bits, at a technology node in nanometres.
    ///
    /// A node that is not in the table takes the bank of the nearest one (in ratio), scaled at that one's supply: energies by the
    /// energy factor, area and leakage by the area factor, times as they are.
    ///
    /// - Throws: `EnergyRangeError` for a bank without a byte, for a port without a bit or wider than the bank, and for a node
    ///   or supply beyond the scaling.
    public func bank(
        capacity: Bytes, portBits: Int, technology: Double, scaling: TechnologyScaling
    ) throws -> SRAMBank {
        let size = SRAMSize(capacity: capacity.count, width: portBits)
        try Self.check(size)
        let grid = nearestGrid(to: technology)
        let (figures, derivation) = grid.figures(size)
        if grid.technology == technology {
            return SRAMBank(figures, supply: grid.supply, derivation: derivation, publication: source)
        }
        let (from, to) = ((node: grid.technology, volts: grid.supply), (node: technology, volts: grid.supply))
        let energy = try scaling.energyFactor(from: from, to: to)
        let area = try scaling.areaFactor(from: from.node, to: to.node)
        var scaled = figures
        scaled.readEnergy *= energy
        scaled.writeEnergy *= energy
        scaled.leakage *= area
        scaled.area *= area
        let words =
            "\(derivation), at \(TechnologyScaling.nanometres(from.node)) and \(TechnologyScaling.volts(from.volts)); scaled to "
            + "\(TechnologyScaling.nanometres(to.node)): energy \(TechnologyScaling.text(factor: energy)), area and leakage "
            + "\(TechnologyScaling.text(factor: area)), times unchanged"
        return SRAMBank(
            scaled, supply: grid.supply, derivation: words, publication: "\(source), and \(scaling.source)")
    }

    private func nearestGrid(to technology: Double) -> SRAMGrid {
        func distance(_ grid: SRAMGrid) -> Double { abs(log(grid.technology / technology)) }
        return grids.min { distance($0) < distance($1) } ?? grids[0]
    }

    private static func check(_ size: SRAMSize) throws {
        let name = QuantityKind.capacity.format(Double(size.capacity))
        guard size.capacity >= 1 else {
            throw EnergyRangeError(subject: .capacity, message: "found a bank of \(name), expected at least 1 B")
        }
        // Compared in bytes, rounded up: eight times the capacity may not fit an integer.
        guard size.width >= 1, (size.width - 1) / 8 < size.capacity else {
            let most = QuantityKind.width.format(Double(size.capacity) * 8)
            throw EnergyRangeError(
                subject: .port,
                message: "found a port of \(QuantityKind.width.format(Double(size.width))) on a bank of \(name), "
                    + "expected 1 bit to \(most)")
        }
    }
}

extension SRAMBank {
    fileprivate init(_ figures: SRAMFigures, supply: Double, derivation: String, publication: String) {
        self.init(
            readEnergy: Picojoules(figures.readEnergy), writeEnergy: Picojoules(figures.writeEnergy),
            leakage: Milliwatts(figures.leakage), area: SquareMicrometres(figures.area), accessTime: figures.accessTime,
            cycleTime: figures.cycleTime, supply: supply, derivation: derivation, publication: publication)
    }
}
