/// One bank of SRAM with one port, and the source of its figures.
public struct SRAMBank: Hashable, Sendable {
    /// The energy of one read of the port's whole width.
    public let readEnergy: Picojoules
    /// The energy of one write of the port's whole width.
    public let writeEnergy: Picojoules
    /// The leakage, with or without accesses.
    public let leakage: Milliwatts
    /// The area, with decoders and sense amplifiers.
    public let area: SquareMicrometres
    /// From address to data, in nanoseconds.
    public let accessTime: Double
    /// From one access to the next, in nanoseconds.
    public let cycleTime: Double
    /// The supply voltage of the figures, in volts.
    public let supply: Double
    /// The derivation of the figures from published ones.
    public let derivation: String
    /// The publication.
    public let publication: String
}

/// A table's figures of a bank, without their source.
struct SRAMFigures: Hashable, Sendable {
    /// In picojoules.
    var readEnergy: Double
    /// In picojoules.
    var writeEnergy: Double
    /// In milliwatts.
    var leakage: Double
    /// In square micrometres.
    var area: Double
    /// In nanoseconds.
    var accessTime: Double
    /// In nanoseconds.
    var cycleTime: Double

    /// Figures that combine those of two banks, one by one.
    static func pairwise(_ a: Self, _ b: Self, _ make: (Double, Double) -> Double) -> Self {
        Self(
            readEnergy: make(a.readEnergy, b.readEnergy), writeEnergy: make(a.writeEnergy, b.writeEnergy),
            leakage: make(a.leakage, b.leakage), area: make(a.area, b.area),
            accessTime: make(a.accessTime, b.accessTime), cycleTime: make(a.cycleTime, b.cycleTime))
    }
}
