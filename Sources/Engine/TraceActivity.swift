import Files
import Hardware
import Traces

/// What one layer did, and how it ran.
public struct LayerActivity: Sendable {
    /// The layer's name.
    public let name: String
    /// The layer's shape.
    public let shape: LayerShape
    /// How it was computed.
    public let algorithm: Algorithm
    /// What the user asked for and did not get, in words; nil where there is nothing to say.
    public private(set) var note: String?
    /// How it was laid on the machine.
    public let mapping: LayerMapping
    /// What a search of the mapping came to; nil where there was none.
    public internal(set) var decision: MappingDecision?
    /// By channel group, the order of its passes; none on ideal memory.
    let orders: [PassOrder]
    /// The counts.
    public let activity: Activity
    /// What happened when; nil where it was not asked for.
    public internal(set) var timeline: LayerTimeline?

    /// - Parameter mapping: nil for that of the default machine.
    init(
        name: String, shape: LayerShape, algorithm: Algorithm, note: String?, mapping: LayerMapping? = nil,
        orders: [PassOrder] = [], activity: Activity, timeline: LayerTimeline? = nil
    ) {
        (self.name, self.shape, self.algorithm, self.note) = (name, shape, algorithm, note)
        self.mapping = mapping ?? LayerMapping(algorithm, shape, Configuration())
        (self.orders, self.activity, self.timeline) = (orders, activity, timeline)
    }

    /// The same with what is said of the layer as written.
    func noted(_ note: String?) -> LayerActivity {
        var layer = self
        layer.note = note
        return layer
    }

    /// The order of the passes of the first channel group in words: `filters outside, blocks of 2`; nil on ideal memory.
    public var passOrder: String? {
        orders.first.map { order in
            "\(order.outside) outside" + (order.block > 1 ? ", blocks of \(order.block)" : "")
                + (order.strip > 1 ? ", strips of \(order.strip)" : "")
        }
    }

    /// How the banks of a buffer that both operands share were split, in words; nil where each has its own, or nothing is loaded.
    public var split: String? {
        let banks = activity.weights.banks + activity.inputs.banks
        return banks == 0 ? nil : "weights take \(activity.weights.banks) of \(banks) banks"
    }
}

/// What an operation that does not multiply did.
public struct OperationActivity: Sendable {
    /// The operation's name.
    public let name: String
    /// What it does to its operands.
    public let kind: StandaloneOperation.Kind
    /// The counts.
    public let activity: Activity
}

/// What a trace did on a machine.
public struct TraceActivity: Sendable {
    /// The machine.
    public let configuration: Configuration
    /// The model's name.
    public let model: String
    /// The trace's description.
    public let traceDescription: String
    /// SHA-256 of the trace, in hex.
    public let traceDigest: String
    /// The seed that fixed what was drawn.
    public let seed: UInt64
    /// One result a layer, in the trace's order.
    public let layers: [LayerActivity]
    /// What the model multiplies in none of the trace's layers.
    public var notExported: [NotExported] = []
    /// What the network's operations did that do not multiply and are fused into no layer, in the trace's order; none where only some
    /// layers ran.
    public var operations: [OperationActivity] = []
    /// Of these operations, those that are not simulated: their sizes are not known.
    public var notSimulated: [StandaloneOperation] = []

    /// The counts of layers and operations added up: they run one after the other and do not overlap.
    public var total: Activity {
        operations.reduce(into: layers.reduce(into: Activity()) { $0 += $1.activity }) { $0 += $1.activity }
    }

    /// What of `mapping.layers` matches none of the layers that ran, in words.
    public var unmatchedPins: [String] {
        let names = layers.map(\.name)
        return configuration.mapping.layers.filter { !names.contains(where: $0.pattern.matches) }.map { pins in
            let near = didYouMean(nearestName(to: pins.pattern.text, among: names), otherwise: "")
            return "mapping.layers \(quoted(pins.pattern.text)) matches no layer that ran\(near)"
        }
    }
}
