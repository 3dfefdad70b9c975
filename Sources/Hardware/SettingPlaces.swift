import Files
import YAML

/// Where the values of a configuration were set, for what shows only with tables or a memory beside them. Two machines are the
/// same wherever their values were written, so all places are equal.
public struct SettingPlaces: Hashable, Sendable {
    private let root: Node?

    /// Makes places in the mapping that the values were read from; nil for values that were set in a program.
    init(_ root: Node? = nil) { self.root = root }

    /// An error at the first of some keys, such as `weight_buffer.bandwidth`, that an override set; else at the first that was
    /// set at all, else at the configuration's start.
    public func error(_ message: String, at keys: [String]) -> InputError {
        guard let root else { return InputError(message, at: nil) }
        let given = keys.compactMap { key in
            key.split(separator: ".").reduce(Optional(root)) { node, name in node?[String(name)] }
        }
        return (given.first(where: \.isOverride) ?? given.first ?? root).error(message)
    }

    /// All places are equal.
    public static func == (a: SettingPlaces, b: SettingPlaces) -> Bool { true }

    /// Adds nothing to a hash.
    public func hash(into hasher: inout Hasher) {}
}
