import Files
import Hardware
import Traces

extension LayerForm {
    /// The form in which a layer ran.
    ///
    /// - Throws: `InputError` where the layer has no such form.
    init(_ layer: Layer, algorithm: Algorithm) throws {
        switch algorithm {
        case .winograd(let tile, _): try self.init(winograd: layer, tile: tile)
        case .direct, .linear: try self.init(direct: layer)
        }
    }

    /// The form in which a layer runs on a machine, with what `mapping.layers` fixes for it.
    ///
    /// - Throws: `InputError` for a layer that cannot run in the form that is asked for.
    init(_ layer: Layer, on machine: Configuration) throws {
        var mapping = machine.mapping
        guard let pins = mapping.pins(of: layer.name) else {
            try self.init(layer, mapping: mapping)
            return
        }
        func error(_ asked: String, _ obstacle: String, possible: String, key: String) -> InputError {
            pins.places.error(
                "mapping.layers \(quoted(pins.pattern.text)) asks for \(asked) for layer '\(layer.name)', and \(obstacle); "
                    + "possible here: \(possible)", at: [key])
        }
        mapping.algorithm = pins.algorithm ?? mapping.algorithm
        mapping.tile = pins.tile ?? mapping.tile
        let tile = layer.modelTile
        if layer.isWinogradOnly && (pins.algorithm == .direct || pins.tile ?? tile != tile) {
            throw error(
                pins.algorithm == .direct ? "algorithm: direct" : "tile: \(mapping.tile)",
                "its operands belong to Winograd tiles of \(tile)x\(tile)",
                possible: "algorithm winograd with tile \(tile)", key: pins.algorithm == .direct ? "algorithm" : "tile")
        }
        if pins.algorithm == .winograd || pins.tile != nil, mapping.algorithm != .direct,
            let obstacle = layer.winogradObstacle(tile: mapping.tile)
        {
            throw error(
                pins.algorithm == .winograd ? "algorithm: winograd" : "tile: \(mapping.tile)", obstacle,
                possible: "algorithm direct", key: pins.algorithm == .winograd ? "algorithm" : "tile")
        }
        try self.init(layer, mapping: mapping)
        let bits = min(64, machine.maskBits)
        if pins.step == .positions, shape.taps > 1, grid.positions > bits {
            throw error(
                "step: positions", "its \(grid.positions) positions do not fit the \(bits) bits of a PE's mask",
                possible: "channels", key: "step")
        }
        if pins.step == .channels, isWinograd, machine.inputTransform.placement == .read {
            throw error(
                "step: channels", "behind the buffer a patch is transformed into all of its positions",
                possible: "positions", key: "step")
        }
    }

    /// Chooses the form in which a layer runs on a machine: Winograd's algorithm where it is asked for and applies, else the
    /// direct form, with a note on what was asked for.
    ///
    /// - Throws: `InputError` at the layer where the mapping asks for a form that would be a different function, or where the
    ///   layer's operands do not fit its shape.
    public init(_ layer: Layer, mapping: Mapping) throws {
        let ownTile = layer.modelTile
        if layer.isWinogradOnly {
            if mapping.algorithm == .direct {
                throw InputError(
                    "layer '\(layer.name)' has its weights or its ReLU in the Winograd domain, so it has no direct form: "
                        + "that would be a different function; set mapping.algorithm to auto or winograd, or take a trace of the "
                        + "spatial domain (winosim trace synthesize --domain spatial makes one of densities)",
                    at: layer.mark)
            }
            if mapping.algorithm == .winograd && mapping.tile != ownTile {
                throw InputError(
                    "layer '\(layer.name)' belongs to Winograd tiles of \(ownTile)x\(ownTile), and mapping.tile asks for "
                        + "\(mapping.tile)x\(mapping.tile), which would be a different function; set mapping.tile to \(ownTile) or "
                        + "mapping.algorithm to auto",
                    at: layer.mark)
            }
        }
        let tile = layer.isWinogradOnly ? ownTile : mapping.tile
        let obstacle = mapping.algorithm == .direct ? nil : layer.winogradObstacle(tile: tile)
        if layer.isWinogradOnly, let obstacle {
            throw InputError(
                "layer '\(layer.name)' lives in the Winograd domain, where it cannot run: \(obstacle)", at: layer.mark)
        }
        if mapping.algorithm != .direct && obstacle == nil {
            try self.init(winograd: layer, tile: tile)
        } else {
            // Winograd's algorithm is not expected where the kernel has one tap.
            let note = layer.shape.taps == 1 ? nil : obstacle.map { "runs direct: \($0)" }
            try self.init(direct: layer, note: note)
        }
    }
}
