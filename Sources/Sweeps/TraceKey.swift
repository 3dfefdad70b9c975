import Files
import Traces
import YAML

/// The parameters of a trace that can differ from point to point.
enum TraceKey: String, CaseIterable, Hashable, Sendable {
    /// Images of the batch, for drawn activations.
    case batch = "trace.batch"
    /// The density of all drawn weights.
    case weightDensity = "trace.weights.density"
    /// The density of all drawn activations.
    case activationDensity = "trace.activations.density"
    /// The tile of drawn operands in the Winograd domain.
    case tile = "trace.winograd.tile"
}

extension Trace {
    /// The trace with one parameter set to a value of an axis.
    ///
    /// - Throws: `InputError` at an invalid value, or at a layer that cannot have it.
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
                "no layer of \(quoted(model)) has \(what) drawn from a density, expected at least one")
        }
    }
}

extension OperandSource {
    /// Changes the density of drawn operands; false for values and masks.
    fileprivate mutating func set(density: Double) -> Bool {
        guard case .density(_, let domain, let spread) = self else { return false }
        self = .density(density, domain, spread)
        return true
    }
}

extension Layer {
    /// Changes the tile of operands drawn in the Winograd domain; false if there are none, or if there are values of that domain,
    /// which have a fixed tile.
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
