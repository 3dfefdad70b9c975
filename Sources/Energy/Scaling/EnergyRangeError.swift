/// A request outside a table's range. It has no position: the caller knows where the value was written.
public struct EnergyRangeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is out of range.
    public enum Subject: Hashable, Sendable {
        /// A technology node.
        case technology
        /// A supply voltage.
        case supply
        /// A memory bank's capacity.
        case capacity
        /// The width of a memory bank's port.
        case port
    }

    /// What is out of range.
    public let subject: Subject
    /// What was found and what was expected, for an `InputError`.
    public let message: String

    /// `error: message`.
    public var description: String { "error: \(message)" }
}
