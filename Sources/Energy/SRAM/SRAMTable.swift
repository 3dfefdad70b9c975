import Foundation
import Hardware
import YAML

/// SRAM banks of one device type by capacity, port width and technology node, made by CACTI.
///
/// Between banks of the table, figures are interpolated bilinearly in log(capacity), log(width) and log(figure): with one
/// capacity left out at a time, the mean error for the shipped banks is 9 % for reads and 6 % for writes. Outside, the fit
/// extrapolates from the table's edge, without a jump there.
public struct SRAMTable: Sendable {
    /// The table's name.
    public let name: String
    /// The file from which it was read.
    public let path: String
    /// A description in one line.
    public let description: String
    /// Its source.
    public let source: String
    /// The temperature of the figures, in kelvin; it affects leakage most.
    public let temperature: Double
    /// One per technology node, at least one.
    let grids: [SRAMGrid]

    /// The table of a device type, such as `energy/sram/lstp.yaml`, in the folder of shipped configurations.
    ///
    /// - Throws: `FileError` if it is missing, `InputError` for errors in it.
    public static func resolve(device: SRAMDevice, library: ConfigurationLibrary) throws -> SRAMTable {
        try load(path: library.requiredFolder() + "/energy/sram/\(device.rawValue).yaml")
    }

    /// A bank of a capacity with a port of a width in bits, at a technology node in nanometres.
    ///
    /// For a node that is not in the table, the bank of the nearest node (by ratio) is scaled at its supply: energies by the energy
    /// factor, area and leakage by the area factor; times are unchanged.
    ///
    /// - Throws: `EnergyRangeError` for a bank without a byte, for a port without a bit or wider than the bank, and for a node
    ///   or supply outside the scaling.
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
        // Compared in bytes, rounded up: eight times the capacity may overflow.
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
