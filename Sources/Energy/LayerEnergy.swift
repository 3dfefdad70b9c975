/// What one kind of action of one component took in a layer.
public struct EnergyEntry: Hashable, Sendable {
    /// The component, such as `multiplier`.
    public let component: String
    /// What it did, such as `multiply`.
    public let action: String
    /// How often it did it.
    public let count: Int
    /// What it takes once, and where that comes from.
    public let figure: EnergyFigure

    /// Makes an entry.
    public init(component: String, action: String, count: Int, figure: EnergyFigure) {
        self.component = component
        self.action = action
        self.count = count
        self.figure = figure
    }

    /// What it takes once.
    public var perAction: Picojoules { figure.energy }

    /// Where the figure comes from.
    public var source: String { figure.source }

    /// What it took altogether.
    public var total: Picojoules { perAction * count }
}

/// What a layer took, entry by entry.
public struct LayerEnergy: Hashable, Sendable {
    /// The layer's name.
    public let layer: String
    /// One entry a component and action that the layer has.
    public let entries: [EnergyEntry]
    /// What the multiplies alone of the layer's dense direct convolution take at the operands' stored widths.
    public let denseMultiply: Picojoules

    /// Makes a layer's energy.
    public init(layer: String, entries: [EnergyEntry], denseMultiply: Picojoules) {
        self.layer = layer
        self.entries = entries
        self.denseMultiply = denseMultiply
    }

    /// All entries added up.
    public var total: Picojoules { entries.map(\.total).sum() }

    /// The multipliers' part of the total.
    public var multiply: Picojoules {
        entries.filter { $0.component == Multipliers.component }.map(\.total).sum()
    }
}
