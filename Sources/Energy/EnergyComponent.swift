import Engine
import Traces

/// A part of the machine whose activity takes energy. A new part is a new file that conforms to this, and a line in
/// `EnergyModel`.
protocol EnergyComponent: Sendable {
    /// The parts under whose names its energy and its area are reported.
    static var parts: [Component] { get }

    /// What it took in a layer or an operation: an entry for each kind of action; none where it does not use the component.
    ///
    /// - Parameter algorithm: how the layer was computed; nil for an operation that does not multiply.
    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry]

    /// What it covers of the chip; empty where it covers nothing, or the tables have no area.
    var areas: [AreaEntry] { get }
}

extension EnergyComponent {
    /// The part of a component that has only one.
    static var part: Component { parts[0] }

    var areas: [AreaEntry] { [] }
}

/// A part of the machine under whose name energy and area are reported.
public struct Component: Hashable, Sendable {
    /// Its name in reports: `fifo`.
    public let name: String
    /// What it is, in one line.
    public let definition: String
    /// The keys of a configuration that govern what it takes most, besides the datatype and the node.
    public let keys: [String]

    init(_ name: String, _ definition: String, keys: String...) {
        (self.name, self.definition, self.keys) = (name, definition, keys)
    }
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
