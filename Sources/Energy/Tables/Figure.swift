/// Where a figure comes from.
public struct FigureSource: Hashable, Sendable {
    /// How the figure was made from published ones.
    public let derivation: String
    /// Where those were published.
    public let publication: String
    /// What holds them: a table's name, a device type of SRAM, a memory's standard.
    public let origin: String

    /// Makes a source.
    public init(derivation: String, publication: String, origin: String) {
        self.derivation = derivation
        self.publication = publication
        self.origin = origin
    }

    /// The derivation and the publication.
    public var text: String { "\(derivation); \(publication)" }

    /// The same source with words before its derivation.
    func preceded(by words: String) -> FigureSource { changed(words + ", " + derivation) }

    /// The same source with words behind its derivation.
    func followed(by words: String) -> FigureSource { changed(derivation + ", " + words) }

    private func changed(_ derivation: String) -> FigureSource {
        FigureSource(derivation: derivation, publication: publication, origin: origin)
    }
}

/// What one action takes, and where the figure comes from.
public struct EnergyFigure: Hashable, Sendable {
    /// The energy of one action.
    public let energy: Picojoules
    /// Where it comes from.
    public let source: FigureSource

    /// Makes a figure.
    public init(energy: Picojoules, source: FigureSource) {
        self.energy = energy
        self.source = source
    }

    /// So many of the same action as one, and why.
    func times(_ count: Double, _ words: String) -> EnergyFigure {
        EnergyFigure(energy: Picojoules(energy.value * count), source: source.preceded(by: words))
    }
}

/// What one part of the chip covers, and where the figure comes from.
public struct AreaFigure: Hashable, Sendable {
    /// The area of one part.
    public let area: SquareMicrometres
    /// Where it comes from.
    public let source: FigureSource

    /// Makes a figure.
    public init(area: SquareMicrometres, source: FigureSource) {
        self.area = area
        self.source = source
    }
}
