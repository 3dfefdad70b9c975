/// How many values there are, zeros among them, and what their encoding adds to them.
public struct ValueCount: Hashable, Sendable {
    /// Values, in the lanes that hold an operand.
    public var values: Int
    /// Those that are not zero.
    public var nonZeros: Int
    /// Vectors that are coded alone: the mask of a filter (tile) in a step, or a pixel's channels in a step. 0 where they
    /// were not counted.
    public var vectors: Int
    /// Zeros that an encoding stores beside the non-zero values, such as those of a run that is too long for its field.
    public var padding: Int

    /// Makes a count.
    public init(values: Int = 0, nonZeros: Int = 0, vectors: Int = 0, padding: Int = 0) {
        self.values = values
        self.nonZeros = nonZeros
        self.vectors = vectors
        self.padding = padding
    }

    /// Values that are zero.
    public var zeros: Int { values - nonZeros }

    /// Adds other values.
    public static func += (a: inout ValueCount, b: ValueCount) {
        a.values += b.values
        a.nonZeros += b.nonZeros
        a.vectors += b.vectors
        a.padding += b.padding
    }

    /// As many copies of the same values.
    public static func * (a: ValueCount, copies: Int) -> ValueCount {
        ValueCount(
            values: a.values * copies, nonZeros: a.nonZeros * copies, vectors: a.vectors * copies,
            padding: a.padding * copies)
    }
}
