import Foundation
import Reports
import Tensors
import Traces

extension Trace {
    /// Multiplications of the dense direct convolutions of all layers.
    var denseMultiplies: Int { layers.reduce(0) { $0 + $1.shape.denseMultiplies } }
}

extension Layer {
    /// The layer's tensors and their roles.
    var tensors: [(role: String, reference: TensorReference)] {
        var tensors = [weights.tensor, activations.tensor].enumerated().compactMap { index, reference in
            reference.map { (role: index == 0 ? "weights" : "activations", reference: $0) }
        }
        if let outputs { tensors.append((role: "outputs", reference: outputs)) }
        return tensors
    }

    /// The input map or features, with the batch size if it is above 1: `4 x 32x16x16`.
    var inputText: String {
        let map = operation == .linear ? "\(shape.channels)" : "\(shape.channels)x\(shape.height)x\(shape.width)"
        return shape.batch == 1 ? map : "\(shape.batch) x \(map)"
    }

    /// The output map of one image.
    var outputText: String {
        operation == .linear ? "\(shape.filters)" : "\(shape.filters)x\(shape.outputHeight)x\(shape.outputWidth)"
    }

    /// The kernel with its parameters other than the defaults: `3x3 stride 2 pad 1`.
    var kernelText: String {
        guard operation == .convolution else { return "linear" }
        func pair(_ name: String, _ height: Int, _ width: Int, unless usual: Int) -> String {
            height == usual && width == usual ? "" : " \(name) \(height)" + (height == width ? "" : "x\(width)")
        }
        return "\(shape.kernelHeight)x\(shape.kernelWidth)"
            + pair("stride", shape.strideHeight, shape.strideWidth, unless: 1)
            + pair("pad", shape.paddingHeight, shape.paddingWidth, unless: 0)
            + pair("dilation", shape.dilationHeight, shape.dilationWidth, unless: 1)
            + (shape.groups == 1 ? "" : " groups \(shape.groups)")
    }
}

extension OperandSource {
    /// The tensor of values or masks; nil for a density.
    var tensor: TensorReference? {
        switch self {
        case .tensor(let reference, _), .mask(let reference): reference
        case .density: nil
        }
    }

    /// The operand's source: `tensor, winograd`.
    var text: String {
        switch self {
        case .tensor(_, let domain): "tensor, \(domain.rawValue)"
        case .density(_, let domain, let spread):
            "density, \(domain.rawValue)" + (spread == Spread() ? "" : ", spread")
        case .mask: "masks"
        }
    }

    /// The share of non-zero elements in the trace's domain; nil for masks, whose width depends on the machine.
    var density: Double? {
        switch self {
        case .tensor(let reference, _): reference.tensor.density
        case .density(let density, _, _): density
        case .mask: nil
        }
    }
}

extension Tensor {
    /// The share of non-zero elements; nil without elements.
    var density: Double? {
        let flags = nonZeroFlags()
        return flags.isEmpty ? nil : Double(flags.reduce(0) { $0 + Int($1) }) / Double(flags.count)
    }
}

/// A trace as JSON.
extension Trace {
    /// The layers with their operands, and the tensors. Undefined values are null.
    func json(version: String) -> JSON {
        let tensors = layers.flatMap { layer in
            layer.tensors.map { role, reference -> JSON in
                let tensor = reference.tensor
                return [
                    "name": .text(reference.name), "layer": .text(layer.name), "role": .text(role),
                    "type": .text(tensor.type.rawValue), "shape": .array(tensor.shape.map(JSON.integer)),
                    "bytes": .integer(tensor.count * tensor.type.byteWidth), "density": .optional(tensor.density),
                ]
            }
        }
        return [
            "name": .text(model), "description": .text(description), "path": .optional(path),
            "digest": .text(digest), "seed": .unsigned(seed), "dense_multiplies": .integer(denseMultiplies),
            "layers": .array(layers.map(\.json)), "tensors": .array(tensors),
            "not_exported": .array(notExported.map(\.json)), "program": .program(version),
        ]
    }
}

extension NotExported {
    fileprivate var json: JSON {
        [
            "name": .text(name), "operation": .text(operation),
            "multiplications": multiplications.map(JSON.integer) ?? .null,
        ]
    }
}

extension Layer {
    fileprivate var json: JSON {
        func pair(_ height: Int, _ width: Int) -> JSON { .array([.integer(height), .integer(width)]) }
        let input: JSON = [
            "batch": .integer(shape.batch), "channels": .integer(shape.channels), "height": .integer(shape.height),
            "width": .integer(shape.width),
        ]
        let output: JSON = [
            "channels": .integer(shape.filters), "height": .integer(shape.outputHeight),
            "width": .integer(shape.outputWidth),
        ]
        let kernel: JSON = [
            "size": pair(shape.kernelHeight, shape.kernelWidth),
            "stride": pair(shape.strideHeight, shape.strideWidth),
            "padding": pair(shape.paddingHeight, shape.paddingWidth),
            "dilation": pair(shape.dilationHeight, shape.dilationWidth), "groups": .integer(shape.groups),
        ]
        return [
            "name": .text(name), "operation": .text(operation.rawValue), "input": input, "output": output,
            "kernel": kernel, "relu": .text(relu.rawValue), "weights": weights.json, "activations": activations.json,
            "dense_multiplies": .integer(shape.denseMultiplies),
        ]
    }
}

extension OperandSource {
    fileprivate var json: JSON {
        let (kind, domain): (String, Domain?) =
            switch self {
            case .tensor(_, let domain): ("tensor", domain)
            case .density(_, let domain, _): ("density", domain)
            case .mask: ("mask", nil)
            }
        return [
            "source": .text(kind), "domain": .optional(domain?.rawValue), "tensor": .optional(tensor?.name),
            "density": .optional(density),
        ]
    }
}
