/// Something that took some cycles of a layer.
public struct TimelineSlice: Hashable, Sendable {
    /// Where it is drawn; slices of one track do not overlap.
    public var track: String
    /// What it is called.
    public var name: String
    /// The first cycle, from the layer's cycle 0.
    public var start: Int
    /// The last cycle.
    public var end: Int
    /// Bytes that it moved, where it moved any.
    public var bytes: Int?
}

/// The value of a counter from a cycle on.
public struct TimelineSample: Hashable, Sendable {
    /// The counter's name.
    public var counter: String
    /// What it counts in.
    public var unit: String
    /// The cycle, from the layer's cycle 0.
    public var cycle: Int
    /// The value from then on.
    public var value: Double
}

/// What happened when in one layer.
public struct LayerTimeline: Hashable, Sendable {
    /// Cycles of the layer.
    public var cycles = 0
    /// In the order of tracks, and in time in each of them.
    public var slices: [TimelineSlice] = []
    /// In time, counter by counter.
    public var samples: [TimelineSample] = []

    /// Makes an empty timeline.
    public init() {}
}
