/// Something was asked of a table for which it has no answer. It has no place: who asked knows where that was written.
public struct EnergyRangeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What lies outside.
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

    /// What lies outside.
    public let subject: Subject
    /// What was found, and what was expected, for an `InputError` at the place.
    public let message: String

    /// `error: message`.
    public var description: String { "error: \(message)" }
}
