import Hardware

/// What one operand of a layer, weights or inputs, did on its way to the multipliers.
public struct OperandLedger: Ledger {
    /// Values that were moved from DRAM; where they have no pixels, each mask bit is one.
    public var moved = ValueCount()
    /// Values that were written into the buffer, the zeros that its encoding leaves out among them.
    public var written = ValueCount()
    /// Values that a machine reads which stores every value, leaves out no step, and reads each step of a pass for itself.
    public var algorithmicReads = 0
    /// Values that were read from the buffer: those that are not zero, and the zeros that its encoding stores.
    public var read = ValueCount()
    /// Mask bits on the buses, each row's or column's once: P a filter (a tile) and step.
    public var broadcast = ValueCount()
    /// Mask bits in the entries of all PEs' FIFOs.
    public var queued = ValueCount()
    /// Values that encoders examined, and those that they kept.
    public var encoded = ValueCount()
    /// Stored values that decoders put back to their places among zeros.
    public var decoded = 0
    /// What the encoding stores beside the values, in bits of what was read from the buffer.
    public var readIndexBits = 0
    /// The same in bits of what was moved from DRAM.
    public var movedIndexBits = 0
    /// Bytes of all loads, before the memory rounds them to bursts.
    public var loadedBytes = 0
    /// Bytes that are moved where everything is loaded once.
    public var compulsoryBytes = 0
    /// The least capacity of the buffer at which a group stays between its passes; 0 with ideal memory.
    public var wholeGroupsCapacity = 0
    /// Banks of the buffer that both operands share; 0 where each has its own, or nothing is loaded.
    public var banks = 0
    /// Bytes that the buffer delivered.
    public var bufferReadBytes = 0
    /// Reads of one bank at its port's width.
    public var bufferReads = 0
    /// Writes of one bank at its port's width.
    public var bufferWrites = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(\.moved, "values", "values moved from DRAM"),
        .sum(\.written, "values", "values written into the buffer"),
        .sum(\.algorithmicReads, "values", "values that a machine reads which stores and reads all"),
        .sum(\.read, "values", "values read from the buffer"),
        .sum(\.broadcast, "values", "values on the buses"),
        .sum(\.queued, "values", "values in FIFO entries"),
        .sum(\.encoded, "values", "values that encoders examined and kept"),
        .sum(\.decoded, "values", "values that decoders put back"),
        .sum(\.readIndexBits, "bit", "bits beside the values that the buffer delivered"),
        .sum(\.movedIndexBits, "bit", "bits beside the values that DRAM moved"),
        .sum(\.loadedBytes, "B", "bytes of all loads"),
        .sum(\.compulsoryBytes, "B", "bytes where everything is loaded once"),
        .largest(\.wholeGroupsCapacity, "B", "least capacity at which a group stays between its passes"),
        .largest(\.banks, "banks", "banks of a shared buffer that the operand took"),
        .sum(\.bufferReadBytes, "B", "bytes that the buffer delivered"),
        .sum(\.bufferReads, "accesses", "reads of one bank"),
        .sum(\.bufferWrites, "accesses", "writes of one bank"),
    ]

    /// Values of the algorithm that were not read: zeros that are not stored, steps that were left out, and what the steps of a
    /// bundle share.
    public var skippedReads: Int { algorithmicReads - read.values }

    /// Reads and writes of one bank.
    public var bufferAccesses: Int { bufferReads + bufferWrites }

    /// How many times the compulsory bytes are loaded; nil without any.
    public var loadRatio: Double? { ratio(loadedBytes, compulsoryBytes) }
}
