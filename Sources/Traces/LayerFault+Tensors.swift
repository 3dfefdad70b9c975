import Files
import Tensors

extension Layer {
    /// Finds tensors of the wrong type or shape, or with a value that is not finite.
    func findTensorFault() throws {
        try findTensorShapeFault()
        for (source, key) in [(weights, "weights"), (activations, "activations")] {
            if case .tensor(let reference, _) = source { try findValueFault(reference, key) }
        }
        if let outputs { try findValueFault(outputs, "outputs") }
    }

    /// Finds tensors of the wrong type or shape.
    func findTensorShapeFault() throws {
        switch weights {
        case .tensor(let reference, let domain):
            let outer = Dimensions(["K", "C/groups"], [shape.filters, shape.groupChannels])
            let spatial = outer + Dimensions(["R", "S"], [shape.kernelHeight, shape.kernelWidth])
            let transformed = outer + Dimensions(["n", "n"], [modelEdge, modelEdge])
            let expected =
                operation == .linear
                ? [Dimensions(["K", "C"], [shape.filters, shape.channels]), spatial]
                : domain == .winograd ? [transformed] : [spatial]
            let other = domain == .winograd ? spatial : transformed
            let hint =
                reference.tensor.shape == other.sizes && shape.taps > 1
                ? "; it has the shape of domain: \(domain == .winograd ? "spatial" : "winograd")" : ""
            try findFault(in: reference, "weights", expected: expected, hint: hint)
        case .mask(let reference): try findFault(inMask: reference, "weights")
        case .profile(let profile): try findProfileFault(profile, isWeights: true)
        case .density: break
        }
        switch activations {
        case .tensor(let reference, _):
            try findFault(in: reference, "activations", expected: inputDimensions(of: reference.tensor))
        case .mask(let reference): try findFault(inMask: reference, "activations")
        case .profile(let profile): try findProfileFault(profile, isWeights: false)
        case .density: break
        }
        if let outputs {
            let maps = Dimensions(
                ["N", "K", "Ho", "Wo"], [shape.batch, shape.filters, shape.outputHeight, shape.outputWidth])
            let rows = Dimensions(["N", "K"], [shape.batch, shape.filters])
            try findFault(in: outputs, "outputs", expected: operation == .linear ? [rows, maps] : [maps])
        }
    }

    /// A linear layer takes maps too, flattened: any `[N, C, H, W]` with as many elements a row as it has features.
    private func inputDimensions(of tensor: Tensor) -> [Dimensions] {
        guard operation == .linear else {
            return [Dimensions(["N", "C", "H", "W"], [shape.batch, shape.channels, shape.height, shape.width])]
        }
        let rows = Dimensions(["N", "C"], [shape.batch, shape.channels])
        let found = tensor.shape
        guard found.count == 4, found[0] == shape.batch, tensor.count == shape.batch * shape.channels else {
            return [rows]
        }
        return [rows, Dimensions(["N", "C", "H", "W"], found)]
    }

    private func findFault(
        in reference: TensorReference, _ key: String, expected: [Dimensions], hint: String = ""
    ) throws {
        let types: [ElementType] = [.f32, .f16, .bf16, .i8, .u8]
        guard types.contains(reference.tensor.type) else {
            throw LayerFault(
                "tensor \(quoted(reference.name)) is \(reference.tensor.type.rawValue); expected values in "
                    + types.map(\.rawValue).formattedChoice, at: key, "tensor")
        }
        guard expected.contains(where: { $0.sizes == reference.tensor.shape }) else {
            throw LayerFault(
                "tensor \(quoted(reference.name)) has the shape \(reference.tensor.shape); expected "
                    + expected.map(\.description).formattedChoice + hint, at: key, "tensor")
        }
    }

    private func findFault(inMask reference: TensorReference, _ key: String) throws {
        guard [.u16, .u64].contains(reference.tensor.type) else {
            throw LayerFault(
                "mask \(quoted(reference.name)) is \(reference.tensor.type.rawValue); expected U16 or U64",
                at: key, "mask")
        }
        guard reference.tensor.shape.count == 2 else {
            throw LayerFault(
                "mask \(quoted(reference.name)) has the shape \(reference.tensor.shape); expected "
                    + (key == "weights" ? "[K, G]" : "[groups*G, B]"), at: key, "mask")
        }
    }

    private func findValueFault(_ reference: TensorReference, _ key: String) throws {
        guard let index = reference.tensor.firstNonFinite() else { return }
        var place: [Int] = []
        var rest = index
        for size in reference.tensor.shape.reversed() {
            place.insert(rest % size, at: 0)
            rest /= size
        }
        throw LayerFault(
            "tensor \(quoted(reference.name)) holds NaN or infinity at \(place); expected finite values",
            at: key, "tensor")
    }
}

/// A tensor's dimensions with their names.
struct Dimensions: CustomStringConvertible {
    let names: [String]
    let sizes: [Int]

    init(_ names: [String], _ sizes: [Int]) {
        self.names = names
        self.sizes = sizes
    }

    static func + (left: Dimensions, right: Dimensions) -> Dimensions {
        Dimensions(left.names + right.names, left.sizes + right.sizes)
    }

    var description: String { "[\(names.joined(separator: ", "))] = \(sizes)" }
}
