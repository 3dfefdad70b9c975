import Files
import Foundation
import Hardware
import YAML

/// Scaling of a circuit's energy and area with its technology node and supply voltage.
///
/// The energy of a node is a parabola over the voltage, of which only ratios are used: 1 pJ at one node and voltage is
/// `energyFactor` pJ at another. Between two nodes energy and area are interpolated linearly in nanometres.
public struct TechnologyScaling: Sendable {
    /// A node of the table.
    struct Coefficients: Hashable, Sendable {
        /// In nanometres.
        let technology: Double
        /// a, b and c of the energy a V^2 + b V + c.
        let energy: SIMD3<Double>
        /// Relative to a reference node of the table.
        let area: Double

        /// The energy at a voltage, in the same unit for all nodes.
        func energy(at volts: Double) -> Double { (energy * SIMD3(volts * volts, volts, 1)).sum() }
    }

    /// The table's name.
    public let name: String
    /// The file from which it was read.
    public let path: String
    /// A description in one line.
    public let description: String
    /// Its publication.
    public let source: String
    /// The range of nodes, in nanometres.
    public let nodes: ClosedRange<Double>
    /// The range of supply voltages, in which every node's energy increases with the voltage, in volts.
    public let voltages: ClosedRange<Double>
    /// At least two, from the largest to the smallest.
    private let table: [Coefficients]

    init(
        name: String, path: String, description: String, source: String, voltages: ClosedRange<Double>,
        table: [Coefficients]
    ) {
        self.name = name
        self.path = path
        self.description = description
        self.source = source
        self.voltages = voltages
        self.table = table
        nodes = table[table.count - 1].technology...table[0].technology
    }

    /// The factor of an energy from one node (nm) and supply voltage (V) to another.
    ///
    /// - Throws: `EnergyRangeError` for a node outside `nodes` or a voltage outside `voltages`.
    public func energyFactor(
        from: (node: Double, volts: Double), to: (node: Double, volts: Double)
    ) throws -> Double {
        try energy(to) / energy(from)
    }

    /// The factor of an area from one node (nm) to another.
    ///
    /// - Throws: `EnergyRangeError` for a node outside `nodes`.
    public func areaFactor(from: Double, to: Double) throws -> Double {
        try interpolated(at: to, \.area) / interpolated(at: from, \.area)
    }

    private func energy(_ point: (node: Double, volts: Double)) throws -> Double {
        guard voltages.contains(point.volts) else {
            throw EnergyRangeError(
                subject: .supply,
                message: "found a supply of \(Self.volts(point.volts)), expected \(Self.volts(voltages.lowerBound)) to "
                    + "\(Self.volts(voltages.upperBound)), the range of the scaling \(quoted(name))")
        }
        return try interpolated(at: point.node) { $0.energy(at: point.volts) }
    }

    private func interpolated(at technology: Double, _ figure: (Coefficients) -> Double) throws -> Double {
        guard nodes.contains(technology), let below = table.firstIndex(where: { $0.technology <= technology }) else {
            throw EnergyRangeError(
                subject: .technology,
                message: "found a node of \(Self.nanometres(technology)), expected "
                    + "\(Self.nanometres(nodes.lowerBound)) to \(Self.nanometres(nodes.upperBound)), the range of the scaling "
                    + "\(quoted(name))")
        }
        let (small, large) = (table[below], table[max(below - 1, 0)])
        if small.technology == technology { return figure(small) }
        let share = (technology - small.technology) / (large.technology - small.technology)
        return figure(small) + (figure(large) - figure(small)) * share
    }
}

/// Factors as text.
extension TechnologyScaling {
    /// A positive factor with four significant digits: `x 1.160`.
    static func text(factor: Double) -> String {
        let decimals = min(max(3 - Int(log10(factor).rounded(.down)), 0), 12)
        return "x " + String(format: "%.\(decimals)f", factor)
    }

    static func nanometres(_ value: Double) -> String { QuantityKind.length.format(value) }

    static func volts(_ value: Double) -> String { QuantityKind.voltage.format(value) }
}

extension TechnologyScaling {
    /// The shipped table: `energy/scaling/stillmaker-baas.yaml` in the folder of shipped configurations.
    ///
    /// - Throws: `FileError` if it is missing, `InputError` for errors in it.
    public static func shipped(in library: ConfigurationLibrary) throws -> TechnologyScaling {
        try load(path: library.requiredFolder() + "/energy/scaling/stillmaker-baas.yaml")
    }
}

/// A technology node and a supply.
public struct OperatingPoint: Hashable, Sendable, CustomStringConvertible {
    /// The node, in nanometres.
    public let technology: Double
    /// The supply, in volts.
    public let voltage: Double

    /// Makes a point.
    public init(technology: Double, voltage: Double) {
        self.technology = technology
        self.voltage = voltage
    }

    /// `45 nm, 0.9 V`.
    public var description: String {
        "\(QuantityKind.length.format(technology)), \(QuantityKind.voltage.format(voltage))"
    }
}

/// A request outside a table's range. It has no position: the caller knows where the value was written.
public struct EnergyRangeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is out of range.
    public enum Subject: Hashable, Sendable {
        /// A technology node.
        case technology
        /// A supply voltage.
        case supply
        /// A memory bank's capacity.
        case capacity
        /// The width of a memory bank's port.
        case port
    }

    /// What is out of range.
    public let subject: Subject
    /// What was found and what was expected, for an `InputError`.
    public let message: String

    /// `error: message`.
    public var description: String { "error: \(message)" }
}
