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
        var tensors: [JSON] = []
        for layer in layers {
            for (role, reference) in layer.tensors {
                let tensor = reference.tensor
                tensors.append(
                    .object([
                        ("name", .text(reference.name)), ("layer", .text(layer.name)), ("role", .text(role)),
                        ("type", .text(tensor.type.rawValue)), ("shape", .array(tensor.shape.map(JSON.integer))),
                        ("bytes", .integer(tensor.count * tensor.type.byteWidth)),
                        ("density", tensor.density.map(JSON.real) ?? .null),
                    ]))
            }
        }
        return .object([
            ("name", .text(model)), ("description", .text(description)), ("path", path.map(JSON.text) ?? .null),
            ("digest", .text(digest)), ("seed", .unsigned(seed)), ("dense_multiplies", .integer(denseMultiplies)),
            ("layers", .array(layers.map(\.json))), ("tensors", .array(tensors)),
            ("not_exported", .array(notExported.map(\.json))),
            ("program", .object([("name", .text("winosim")), ("version", .text(version))])),
        ])
    }
}

extension NotExported {
    fileprivate var json: JSON {
        .object([
            ("name", .text(name)), ("operation", .text(operation)),
            ("multiplications", multiplications.map(JSON.integer) ?? .null),
        ])
    }
}

extension Layer {
    fileprivate var json: JSON {
        func numbers(_ numbers: KeyValuePairs<String, Int>) -> JSON {
            .object(numbers.map { ($0.key, .integer($0.value)) })
        }
        func pair(_ height: Int, _ width: Int) -> JSON { .array([.integer(height), .integer(width)]) }
        return .object([
            ("name", .text(name)), ("operation", .text(operation.rawValue)),
            (
                "input",
                numbers([
                    "batch": shape.batch, "channels": shape.channels, "height": shape.height, "width": shape.width,
                ])
            ),
            (
                "output",
                numbers([
                    "channels": shape.filters, "height": shape.outputHeight, "width": shape.outputWidth,
                ])
            ),
            (
                "kernel",
                .object([
                    ("size", pair(shape.kernelHeight, shape.kernelWidth)),
                    ("stride", pair(shape.strideHeight, shape.strideWidth)),
                    ("padding", pair(shape.paddingHeight, shape.paddingWidth)),
                    ("dilation", pair(shape.dilationHeight, shape.dilationWidth)),
                    ("groups", .integer(shape.groups)),
                ])
            ),
            ("relu", .text(relu.rawValue)), ("weights", weights.json), ("activations", activations.json),
            ("dense_multiplies", .integer(shape.denseMultiplies)),
        ])
    }
}

extension OperandSource {
    fileprivate var json: JSON {
        let kind =
            switch self {
            case .tensor: "tensor"
            case .density: "density"
            case .mask: "mask"
            }
        let domain: Domain? =
            switch self {
            case .tensor(_, let domain), .density(_, let domain, _): domain
            case .mask: nil
            }
        return .object([
            ("source", .text(kind)), ("domain", domain.map { .text($0.rawValue) } ?? .null),
            ("tensor", tensor.map { .text($0.name) } ?? .null), ("density", density.map(JSON.real) ?? .null),
        ])
    }
}
