import Reports
import Traces

/// What is in a trace, for programs.
extension Trace {
    /// The layers with their operands, and the tensors. What is not defined is null.
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
