import Files
import Winograd

/// What is wrong with a layer, and the keys of the manifest under which it stands.
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
        do {
            try findFaults()
        } catch let fault as LayerFault {
            throw error(fault.message)
        }
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

    /// What must hold before an operand is made in some form; cheap beside making it.
    func checkOperands(_ form: ComputeForm) throws {
        do {
            try findShapeFault()
            try findDomainFault()
            try findTensorShapeFault()
        } catch let fault as LayerFault {
            throw error(fault.message)
        }
        switch form {
        case .direct:
            guard !isWinogradOnly else {
                throw error(
                    "\(winogradReason), so it has no direct form: that is a different function. Expected Winograd "
                        + "with tile \(modelTile)")
            }
        case .winograd(let matrices):
            if let reason = winogradObstacle(r: matrices.r) { throw error(reason) }
            guard !isWinogradOnly || matrices.m == modelTile else {
                throw error(
                    "\(winogradReason) of tile \(modelTile), so it has no form at tile \(matrices.m): that is a different "
                        + "function")
            }
        }
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

    /// Which part of the layer lives in the Winograd domain, in words.
    private var winogradReason: String {
        weights.domain == .winograd
            ? "its weights live in the Winograd domain"
            : activations.domain == .winograd
                ? "its activations live in the Winograd domain" : "its ReLU lives in the Winograd domain"
    }

    /// Why no Winograd transform with a kernel of edge r computes this layer; nil where one does.
    func winogradObstacle(r: Int) -> String? {
        if shape.strideHeight != 1 || shape.strideWidth != 1 {
            return "Winograd's algorithm expects stride 1, found \(shape.strideHeight) x \(shape.strideWidth)"
        }
        if shape.dilationHeight != 1 || shape.dilationWidth != 1 {
            return "Winograd's algorithm expects dilation 1, found \(shape.dilationHeight) x \(shape.dilationWidth)"
        }
        if shape.kernelHeight != r || shape.kernelWidth != r {
            return
                "the kernel is \(shape.kernelHeight) x \(shape.kernelWidth), the Winograd transform expects \(r) x \(r)"
        }
        return nil
    }

    private func findDomainFault() throws {
        if relu == .winograd, case .density(_, .spatial, _) = activations {
            throw LayerFault(
                "relu: winograd stands behind the input transform, so a spatial density says nothing about what it leaves; "
                    + "expected domain: winograd", at: "activations", "domain")
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
        if operation == .linear {
            throw LayerFault("a linear layer has no Winograd form; expected a convolution", at: place)
        }
        if shape.kernelHeight != shape.kernelWidth {
            throw LayerFault(
                "a kernel of \(shape.kernelHeight) x \(shape.kernelWidth) has no Winograd form; expected a square one",
                at: place)
        }
        if let reason = winogradObstacle(r: shape.kernelHeight) { throw LayerFault(reason, at: place) }
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
