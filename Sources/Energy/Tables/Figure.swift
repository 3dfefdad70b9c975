/// The source of a figure.
public struct FigureSource: Hashable, Sendable {
    /// The derivation of the figure from published ones.
    public let derivation: String
    /// The publication.
    public let publication: String
    /// Their table: its name, a device type of SRAM, a memory's standard.
    public let origin: String

    /// Makes a source.
    public init(derivation: String, publication: String, origin: String) {
        self.derivation = derivation
        self.publication = publication
        self.origin = origin
    }

    /// The derivation and the publication.
    public var text: String { "\(derivation); \(publication)" }

    /// The source with a text before its derivation.
    func preceded(by words: String) -> FigureSource { changed(words + ", " + derivation) }

    /// The source with a text after its derivation.
    func followed(by words: String) -> FigureSource { changed(derivation + ", " + words) }

    private func changed(_ derivation: String) -> FigureSource {
        FigureSource(derivation: derivation, publication: publication, origin: origin)
    }
}

/// The energy of one action, and its source.
public struct EnergyFigure: Hashable, Sendable {
    /// The energy of one action.
    public let energy: Picojoules
    /// Its source.
    public let source: FigureSource

    /// Makes a figure.
    public init(energy: Picojoules, source: FigureSource) {
        self.energy = energy
        self.source = source
    }

    /// Several of the same action as one, with the reason.
    func times(_ count: Double, _ words: String) -> EnergyFigure {
        EnergyFigure(energy: Picojoules(energy.value * count), source: source.preceded(by: words))
    }
}

/// The area of one part of the chip, and its source.
public struct AreaFigure: Hashable, Sendable {
    /// The area of one part.
    public let area: SquareMicrometres
    /// Its source.
    public let source: FigureSource

    /// Makes a figure.
    public init(area: SquareMicrometres, source: FigureSource) {
        self.area = area
        self.source = source
    }
}
