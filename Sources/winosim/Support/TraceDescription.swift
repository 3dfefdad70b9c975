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
        let map =
            switch operation {
            case .linear: "\(shape.channels)"
            case .matmul: "\(shape.groups)x\(shape.height)x\(shape.groupChannels)"
            case .convolution, .transposedConvolution:
                "\(shape.channels)x\(pixels(shape.height, shape.insertionHeight))"
                    + "x\(pixels(shape.width, shape.insertionWidth))"
            }
        return shape.batch == 1 ? map : "\(shape.batch) x \(map)"
    }

    /// The output map of one image.
    var outputText: String {
        switch operation {
        case .linear: "\(shape.filters)"
        case .matmul: "\(shape.groups)x\(shape.height)x\(shape.groupFilters)"
        case .convolution, .transposedConvolution: "\(shape.filters)x\(shape.outputHeight)x\(shape.outputWidth)"
        }
    }

    /// Rows or columns of a map before zeros are inserted.
    fileprivate func pixels(_ size: Int, _ insertion: Int) -> Int { (size - 1) / insertion + 1 }

    /// The kernel with its parameters other than the defaults: `3x3 stride 2 pad 1`.
    var kernelText: String {
        if operation == .linear || operation == .matmul { return operation.rawValue }
        let isTransposed = operation == .transposedConvolution
        func pair(_ name: String, _ height: Int, _ width: Int, unless usual: Int) -> String {
            height == usual && width == usual ? "" : " \(name) \(height)" + (height == width ? "" : "x\(width)")
        }
        let own = [
            shape.paddingHeight, shape.paddingWidth, shape.paddingBottom ?? shape.paddingHeight,
            shape.paddingRight ?? shape.paddingWidth,
        ]
        let (padding, more) = isTransposed ? shape.transposedPadding : (own, [0, 0])
        let stride =
            isTransposed
            ? (shape.insertionHeight, shape.insertionWidth) : (shape.strideHeight, shape.strideWidth)
        return (isTransposed ? "transposed " : "") + "\(shape.kernelHeight)x\(shape.kernelWidth)"
            + pair("stride", stride.0, stride.1, unless: 1)
            + (padding[..<2] == padding[2...]
                ? pair("pad", padding[0], padding[1], unless: 0)
                : " pad \(padding.map(String.init).joined(separator: ","))")
            + pair("output pad", more[0], more[1], unless: 0)
            + pair("dilation", shape.dilationHeight, shape.dilationWidth, unless: 1)
            + (shape.groups == 1 ? "" : " groups \(shape.groups)")
    }
}

extension OperandSource {
    /// The tensor of values or masks; nil for a density.
    var tensor: TensorReference? {
        switch self {
        case .tensor(let reference, _), .mask(let reference): reference
        case .density, .profile: nil
        }
    }

    /// The operand's source: `tensor, winograd`.
    var text: String {
        switch self {
        case .tensor(_, let domain): "tensor, \(domain.rawValue)"
        case .density(_, let domain, let spread):
            "density, \(domain.rawValue)" + (spread == Spread() ? "" : ", spread")
        case .profile(let profile): "measured densities, \(profile.domain.rawValue)"
        case .mask: "masks"
        }
    }

    /// The share of non-zero elements in the trace's domain; nil for masks, whose width depends on the machine.
    var density: Double? {
        switch self {
        case .tensor(let reference, _): reference.tensor.density
        case .density(let density, _, _): density
        case .profile(let profile): profile.density
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
                let tensor = reference.stored
                return [
                    "name": .text(reference.name), "layer": .text(layer.name), "role": .text(role),
                    "type": .text(tensor.type.rawValue), "shape": .array(tensor.shape.map(JSON.integer)),
                    "bytes": .integer(tensor.count * tensor.type.byteWidth),
                    "density": .optional(reference.tensor.density),
                ]
            }
        }
        return [
            "name": .text(model), "description": .text(description), "path": .optional(path),
            "digest": .text(digest), "seed": .unsigned(seed), "dense_multiplies": .integer(denseMultiplies),
            "layers": .array(layers.map(\.json)), "tensors": .array(tensors),
            "not_exported": .array(notExported.map(\.json)),
            "operations": .array(
                graph.operations.map {
                    [
                        "name": .text($0.name), "operation": .text($0.kind.rawValue), "kind": .text($0.source),
                        "bytes_read": $0.bytesRead.map(JSON.integer) ?? .null,
                        "bytes_written": $0.bytesWritten.map(JSON.integer) ?? .null,
                    ]
                }), "program": .program(version),
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
            "padding_end": pair(
                shape.paddingBottom ?? shape.paddingHeight, shape.paddingRight ?? shape.paddingWidth),
            "insertion": pair(shape.insertionHeight, shape.insertionWidth),
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
            case .profile(let profile): ("profile", profile.domain)
            case .mask: ("mask", nil)
            }
        return [
            "source": .text(kind), "domain": .optional(domain?.rawValue), "tensor": .optional(tensor?.name),
            "density": .optional(density),
        ]
    }
}
