/// One bank of SRAM with one port, and where its figures come from.
public struct SRAMBank: Hashable, Sendable {
    /// The energy of one read of the port's whole width.
    public let readEnergy: Picojoules
    /// The energy of one write of the port's whole width.
    public let writeEnergy: Picojoules
    /// What it leaks all the time, accessed or not.
    public let leakage: Milliwatts
    /// The area that it covers, with decoders and sense amplifiers.
    public let area: SquareMicrometres
    /// From address to data, in nanoseconds.
    public let accessTime: Double
    /// From one access to the next, in nanoseconds.
    public let cycleTime: Double
    /// The supply voltage that the figures hold for, in volts.
    public let supply: Double
    /// How the figures were made from published ones.
    public let derivation: String
    /// Where those were published.
    public let publication: String
}

/// What a table says of a bank, without a word on where it comes from.
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

    /// Figures made pair by pair from two banks'.
    static func pairwise(_ a: Self, _ b: Self, _ make: (Double, Double) -> Double) -> Self {
        Self(
            readEnergy: make(a.readEnergy, b.readEnergy), writeEnergy: make(a.writeEnergy, b.writeEnergy),
            leakage: make(a.leakage, b.leakage), area: make(a.area, b.area),
            accessTime: make(a.accessTime, b.accessTime), cycleTime: make(a.cycleTime, b.cycleTime))
    }
}
