import Engine

/// A part of the machine whose activity takes energy. A new part is a new file that conforms to this, and a line in
/// `EnergyModel`.
protocol EnergyComponent: Sendable {
    /// What it took in a layer: an entry for each kind of action; none where the layer does not have the component.
    func entries(of layer: LayerActivity) -> [EnergyEntry]

    /// What it covers of the chip; empty where it covers nothing, or nobody knows.
    var areas: [AreaEntry] { get }
}

extension EnergyComponent {
    var areas: [AreaEntry] { [] }
}

/// What the copies of one part of the chip cover.
public struct AreaEntry: Hashable, Sendable {
    /// The component, such as `fifo`.
    public let component: String
    /// The part of it, such as `register bit`.
    public let part: String
    /// Copies on the chip.
    public let count: Int
    /// What one covers, and where that comes from.
    public let figure: AreaFigure

    /// Makes an entry.
    public init(component: String, part: String, count: Int, figure: AreaFigure) {
        self.component = component
        self.part = part
        self.count = count
        self.figure = figure
    }

    /// What all copies cover.
    public var total: SquareMicrometres { figure.area * count }
}
