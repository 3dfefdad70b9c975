import Files
import YAML

/// Something that differs from point to point.
struct Axis: Sendable {
    /// What an axis changes.
    enum Target: Hashable, Sendable {
        /// The trace that runs.
        case trace
        /// Something of the trace that runs.
        case ofTrace(TraceKey)
        /// A key of the configuration, with dots.
        case configuration
    }

    /// One of the values.
    struct Value: Sendable {
        /// As it was written, a text without its quotes.
        let text: String
        let node: Node

        init(_ node: Node) {
            text = node.text ?? node.flow
            self.node = node
        }
    }

    let target: Target
    /// The key as it was written, which is the column's name.
    let name: String
    let key: Node
    let values: [Value]

    /// How many sections the key lies in.
    var depth: Int { name.count { $0 == "." } }

    /// The name of the axis of traces.
    static let traceName = "trace"
    /// The most values of an axis.
    static let limit = 10_000

    /// Reads an axis: a list of values, or a range.
    ///
    /// - Throws: `InputError`.
    init(key: Node, values node: Node) throws {
        name = try key.string()
        self.key = key
        if name == Self.traceName {
            target = .trace
        } else if name.hasPrefix(Self.traceName + ".") {
            guard let known = TraceKey(rawValue: name) else {
                let names = TraceKey.allCases.map(\.rawValue)
                let near = nearestName(to: name, among: names).map { ": did you mean \(quoted($0))?" } ?? ";"
                throw key.error(
                    "found the axis \(quoted(name))\(near) of a trace can differ \(names.joined(separator: ", "))")
            }
            target = .ofTrace(known)
        } else {
            target = .configuration
        }
        let nodes = node.entries == nil ? try node.elements() : try AxisRange(node).values()
        guard !nodes.isEmpty else { throw node.error("the axis \(quoted(name)) has no values, expected at least one") }
        guard nodes.count <= Self.limit else {
            throw node.error("the axis \(quoted(name)) has \(nodes.count) values, expected at most \(Self.limit)")
        }
        values = nodes.map(Value.init)
    }
}

/// What of a trace can differ from point to point.
enum TraceKey: String, CaseIterable, Hashable, Sendable {
    /// Images of the batch, where activations are drawn.
    case batch = "trace.batch"
    /// The density of all weights that are drawn.
    case weightDensity = "trace.weights.density"
    /// The density of all activations that are drawn.
    case activationDensity = "trace.activations.density"
    /// The tile that drawn operands of the Winograd domain belong to.
    case tile = "trace.winograd.tile"
}
