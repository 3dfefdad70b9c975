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
    public let note: String?
    /// The counts.
    public let activity: Activity
    /// What happened when; nil where it was not asked for.
    public internal(set) var timeline: LayerTimeline?
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

    /// The layers' counts added up: layers run one after the other and do not overlap.
    public var total: Activity { layers.reduce(into: Activity()) { $0 += $1.activity } }
}
