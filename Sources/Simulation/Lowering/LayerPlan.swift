import Files
import Hardware
import Traces
import Winograd

/// How one layer is computed.
public enum Algorithm: Hashable, Sendable, CustomStringConvertible {
    /// Winograd with output tiles of `tile` x `tile` and a kernel of `kernel` x `kernel`.
    case winograd(tile: Int, kernel: Int)
    /// Direct convolution, window by window.
    case direct
    /// A matrix product.
    case linear

    /// The name that reports show, without commas or spaces.
    public var description: String {
        switch self {
        case .winograd(let m, let r): "winograd-\(m)x\(m)-\(r)x\(r)"
        case .direct: "direct"
        case .linear: "linear"
        }
    }
}

/// The choices that fix a layer's masked product: the form, and what one step holds.
struct LayerPlan: Sendable {
    let form: ComputeForm
    let algorithm: Algorithm
    let step: StepForm
    /// What the user asked for and did not get, in words.
    let note: String?

    /// Chooses the form of a layer.
    ///
    /// - Throws: `InputError` at the layer where the configuration asks for a form that would be a different function.
    init(_ layer: Layer, mapping: Mapping) throws {
        let shape = layer.shape
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
            form = .winograd(try layer.matrices(tile: tile))
            algorithm = .winograd(tile: tile, kernel: shape.kernelHeight)
            step = mapping.step
            note = nil
        } else {
            form = .direct
            algorithm = layer.operation == .linear ? .linear : .direct
            step = shape.taps == 1 ? .channels : mapping.step
            note = obstacle.flatMap { shape.taps == 1 ? nil : "runs direct: \($0)" }
        }
    }
}
