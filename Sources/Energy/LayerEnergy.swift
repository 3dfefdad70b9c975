/// Figures that are right or wrong together, so that a conclusion can be tried with all of them at half and at twice.
public enum FigureFamily: String, CaseIterable, Hashable, Sendable {
    /// Multipliers and adders.
    case arithmetic
    /// Registers: accumulators, FIFOs, pipelines of the transforms.
    case register
    /// Broadcast wires.
    case wire
    /// Selection, encoders and decoders.
    case logic
    /// Buffers.
    case sram
    /// The memory behind the chip.
    case dram
    /// Leakage of everything but the buffers.
    case leakage
    /// Clock and control, a fraction of what is dynamic on chip.
    case clock
}

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
    /// The family of the figure.
    public let family: FigureFamily
    /// Whether it is dynamic energy on chip, of which clock and control are a fraction.
    public let isSwitching: Bool

    /// Makes an entry.
    public init(
        component: String, action: String, count: Int, figure: EnergyFigure, family: FigureFamily,
        isSwitching: Bool = true
    ) {
        self.component = component
        self.action = action
        self.count = count
        self.figure = figure
        self.family = family
        self.isSwitching = isSwitching
    }

    /// What it takes once.
    public var perAction: Picojoules { figure.energy }

    /// Where the figure comes from.
    public var source: String { figure.source.text }

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
    public var multiply: Picojoules { energy(of: Multipliers.part.name) }

    /// The DRAM's part of the total.
    public var dram: Picojoules { energy(of: DRAMDevices.part.name) }

    /// A component's part of the total.
    public func energy(of component: String) -> Picojoules {
        entries.filter { $0.component == component }.map(\.total).sum()
    }

    /// The parts of all components, in the order in which they first stand.
    public var components: [(name: String, energy: Picojoules)] {
        entries.map(\.component).unique().map { ($0, energy(of: $0)) }
    }
}
