import Reports
import Traces

/// What is in a trace, for programs.
extension Trace {
    /// The layers with their operands, and the tensors. What is not defined is null.
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
