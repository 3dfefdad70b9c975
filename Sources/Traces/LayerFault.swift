import Files
import Winograd

/// An error of a layer, and the keys of the manifest that it concerns.
struct LayerFault: Error {
    let keys: [String]
    let message: String

    init(_ message: String, at keys: String...) {
        self.keys = keys
        self.message = message
    }
}

extension Layer {
    /// Checks that shape, operands and tensors fit together, and that no value is NaN or infinite.
    ///
    /// Loading a manifest has done this; a layer made in memory can be checked with it.
    ///
    /// - Throws: `InputError` at the layer's or the tensor's mark.
    public func check() throws {
        try asError(findFaults)
    }

    /// An error about this layer, with its name.
    func error(_ message: String, at place: Mark? = nil) -> InputError {
        InputError("layer \(quoted(name)): \(message)", at: place ?? mark)
    }

    /// - Throws: `LayerFault`.
    func findFaults() throws {
        try findShapeFault()
        try findDomainFault()
        try findSpreadFault(weights, "weights", ["filters", "channels", "positions"])
        try findSpreadFault(
            activations, "activations",
            activations.domain == .winograd ? ["channels", "tiles", "positions"] : ["channels", "positions"])
        try findTensorFault()
    }

    /// Checks that the shape, the domains and the tensors' shapes fit together; cheap compared with making an operand.
    ///
    /// - Throws: `InputError` at the layer's mark.
    func checkShapes() throws {
        try asError {
            try findShapeFault()
            try findDomainFault()
            try findTensorShapeFault()
        }
    }

    /// Turns faults into errors at the layer.
    private func asError(_ find: () throws -> Void) throws {
        do { try find() } catch let fault as LayerFault { throw error(fault.message) }
    }

    /// The most elements of an operand that are held in memory at once.
    static var elementLimit: Int { 1 << 31 }

    /// Refuses operands that would not fit in memory.
    func checkSize(_ outer: Int, _ channels: Int, _ elements: Int, _ place: Mark?) throws {
        let (rows, overflowRows) = outer.multipliedReportingOverflow(by: channels)
        let (count, overflow) = rows.multipliedReportingOverflow(by: elements)
        guard !overflowRows, !overflow, count <= Self.elementLimit else {
            throw error(
                "an operand of [\(outer), \(channels), \(elements)] elements is too large to hold; at most 2^31 elements "
                    + "are expected", at: place)
        }
    }

    private func findDomainFault() throws {
        if relu == .winograd, case .density(_, .spatial, _) = activations {
            throw LayerFault(
                "relu: winograd comes after the input transform, so a spatial density does not tell the density behind it; "
                    + "expected domain: winograd", at: "activations", "domain")
        }
        if relu == .winograd, case .profile(let profile) = activations, profile.domain == .spatial {
            throw LayerFault(
                "relu: winograd comes after the input transform, so spatial densities do not tell those behind it; expected "
                    + "domain: winograd", at: "activations", "domain")
        }
        if case .tensor(_, .winograd) = activations {
            throw LayerFault(
                "a tensor of activations is spatial, before the Winograd ReLU; expected domain: spatial",
                at: "activations", "domain")
        }
        guard isWinogradOnly || winograd != nil else { return }
        let place =
            relu == .winograd
            ? "relu" : winograd != nil ? "winograd" : weights.domain == .winograd ? "weights" : "activations"
        if operation != .convolution {
            throw LayerFault("a \(operation.text) has no Winograd form; expected a convolution", at: place)
        }
        if shape.kernelHeight != shape.kernelWidth {
            throw LayerFault(
                "a kernel of \(shape.kernelHeight) x \(shape.kernelWidth) has no Winograd form; expected a square one",
                at: place)
        }
        if let strideFault { throw LayerFault(strideFault, at: place) }
        guard WinogradMatrices.isSupported(m: modelTile, r: shape.kernelHeight) else {
            throw LayerFault(
                WinogradError.size(m: modelTile, r: shape.kernelHeight).description, at: "winograd", "tile")
        }
        guard let matrices = winograd?.matrices else { return }
        guard matrices.m == modelTile, matrices.r == shape.kernelHeight else {
            throw LayerFault(
                "the matrices are those of F(\(matrices.m)x\(matrices.m), \(matrices.r)x\(matrices.r)); expected "
                    + "F(\(modelTile)x\(modelTile), \(shape.kernelHeight)x\(shape.kernelWidth))", at: "winograd")
        }
        if weights.domain == .spatial, !matrices.computesConvolution {
            throw LayerFault(
                "at, g and bt do not compute a convolution together, which spatial weights need", at: "winograd")
        }
    }

    private func findSpreadFault(_ source: OperandSource, _ operand: String, _ names: [String]) throws {
        guard case .density(let density, let domain, let spread) = source else { return }
        guard density >= 0, density <= 1 else {
            throw LayerFault("found a density of \(density), expected 0 to 1", at: operand, "density")
        }
        let given = [
            ("filters", spread.filters), ("channels", spread.channels), ("tiles", spread.tiles),
            ("positions", spread.positions),
        ]
        for (name, value) in given where value != 0 {
            guard names.contains(name) else {
                throw LayerFault(
                    "a spread over \(name) cannot apply to \(operand) with a \(domain.rawValue) density; those that can "
                        + "are \(names.joined(separator: ", "))", at: operand, "spread", name)
            }
            guard value > 0, value <= 1 else {
                throw LayerFault("found a spread of \(value), expected 0 to 1", at: operand, "spread", name)
            }
        }
    }
}
