import YAML

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
