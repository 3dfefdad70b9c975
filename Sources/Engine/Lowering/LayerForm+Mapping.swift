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
