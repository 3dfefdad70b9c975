import Files
import Traces
import YAML

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

extension Trace {
    /// The trace with something of it set to a value of an axis.
    ///
    /// - Throws: `InputError` at the value that does not fit, or at a layer that cannot have it.
    func with(_ key: TraceKey, _ node: Node) throws -> Trace {
        var trace = self
        switch key {
        case .batch: return try with(batch: node.integer(in: 1...4096))
        case .weightDensity:
            let density = try node.real(in: 0...1)
            try trace.change(node, "weights") { $0.weights.set(density: density) }
        case .activationDensity:
            let density = try node.real(in: 0...1)
            try trace.change(node, "activations") { $0.activations.set(density: density) }
        case .tile:
            let tile = try node.integer(in: 1...7)
            try trace.change(node, "Winograd-domain operands") { $0.set(tile: tile) }
        }
        return trace
    }

    /// Changes all layers that can be changed.
    private mutating func change(_ node: Node, _ what: String, _ change: (inout Layer) throws -> Bool) throws {
        var changed = 0
        for index in layers.indices where try change(&layers[index]) { changed += 1 }
        guard changed > 0 else {
            throw node.error(
                "no layer of \(quoted(model)) has \(what) that are drawn from a density, so none can be changed")
        }
    }
}

extension OperandSource {
    /// Gives what is drawn another density; false for values and masks, which have their own.
    fileprivate mutating func set(density: Double) -> Bool {
        guard case .density(_, let domain, let spread) = self else { return false }
        self = .density(density, domain, spread)
        return true
    }
}

extension Layer {
    /// Lets operands that are drawn in the Winograd domain belong to another tile; false where there are none, or values of
    /// that domain, which have a tile of their own.
    fileprivate mutating func set(tile: Int) -> Bool {
        let sources = [weights, activations]
        guard sources.contains(where: { $0.domain == .winograd }),
            sources.allSatisfy({ if case .density = $0 { true } else { $0.domain != .winograd } }),
            winograd?.matrices == nil
        else { return false }
        winograd = WinogradModel(tile: tile, matrices: nil)
        outputs = nil
        return true
    }
}
