/// Values, and how many of them are not zero.
public struct ValueCount: Hashable, Sendable {
    /// All values, padding included.
    public var values: Int
    /// Those that are not zero.
    public var nonZeros: Int

    /// Makes a count.
    public init(values: Int = 0, nonZeros: Int = 0) {
        self.values = values
        self.nonZeros = nonZeros
    }

    /// Values that are zero.
    public var zeros: Int { values - nonZeros }

    /// Adds other values.
    public static func += (a: inout ValueCount, b: ValueCount) {
        a.values += b.values
        a.nonZeros += b.nonZeros
    }

    /// As many copies of the same values.
    public static func * (a: ValueCount, copies: Int) -> ValueCount {
        ValueCount(values: a.values * copies, nonZeros: a.nonZeros * copies)
    }
}

/// What one operand of a layer, weights or inputs, did on its way to the multipliers.
public struct OperandActivity: Hashable, Sendable {
    /// Values that were moved from DRAM; where they have no pixels, each mask bit is one.
    public var moved = ValueCount()
    /// Values that were written into the buffer, the zeros that its encoding leaves out among them.
    public var written = ValueCount()
    /// Values that a machine reads which stores every value, leaves out no step, and reads each step of a pass for itself.
    public var algorithmicReads = 0
    /// Values that were read from the buffer: those that are not zero, and the zeros that a dense encoding stores.
    public var read = ValueCount()
    /// Mask bits on the buses, each row's or column's once: P a filter (a tile) and step.
    public var broadcast = ValueCount()
    /// Mask bits in the entries of all PEs' FIFOs.
    public var queued = ValueCount()
    /// Values that were looked at to store or send them as a mask and the non-zero ones, and those that were kept.
    public var encoded = ValueCount()
    /// Non-zero values that were put back to their places among zeros.
    public var decoded = 0
    /// Mask bits among what was read from the buffer.
    public var readMaskBits = 0
    /// Mask bits among what was moved from DRAM.
    public var movedMaskBits = 0
    /// Bytes of all loads, before the memory rounds them to bursts.
    public var loadedBytes = 0
    /// Bytes that are moved where everything is loaded once.
    public var compulsoryBytes = 0
    /// The least capacity of the buffer at which no group is streamed anew in every pass; 0 with ideal memory.
    public var wholeGroupsCapacity = 0
    /// Bytes that the buffer delivered.
    public var bufferReadBytes = 0
    /// Reads of one bank at its port's width.
    public var bufferReads = 0
    /// Writes of one bank at its port's width.
    public var bufferWrites = 0

    /// Makes counts of zero.
    public init() {}

    /// Values of the algorithm that were not read: zeros that are not stored, steps that were left out, and what the steps of a
    /// bundle share.
    public var skippedReads: Int { algorithmicReads - read.values }

    /// How many times the compulsory bytes are loaded; nil without any.
    public var loadRatio: Double? { compulsoryBytes == 0 ? nil : Double(loadedBytes) / Double(compulsoryBytes) }

    /// Adds another layer's counts; capacities become the larger one.
    public static func += (a: inout OperandActivity, b: OperandActivity) {
        a.moved += b.moved
        a.written += b.written
        a.algorithmicReads += b.algorithmicReads
        a.read += b.read
        a.broadcast += b.broadcast
        a.queued += b.queued
        a.encoded += b.encoded
        a.decoded += b.decoded
        a.readMaskBits += b.readMaskBits
        a.movedMaskBits += b.movedMaskBits
        a.loadedBytes += b.loadedBytes
        a.compulsoryBytes += b.compulsoryBytes
        a.wholeGroupsCapacity = max(a.wholeGroupsCapacity, b.wholeGroupsCapacity)
        a.bufferReadBytes += b.bufferReadBytes
        a.bufferReads += b.bufferReads
        a.bufferWrites += b.bufferWrites
    }
}
