import Files
import Tensors
import YAML

extension LayerReader {
    /// Where the weights or the activations come from.
    func readOperand(
        _ node: Node, _ role: Arrangement.Role, _ shape: LayerShape, _ arrangement: Arrangement
    ) throws -> OperandSource {
        let what = role == .weights ? "weights" : "activations"
        let keys = try MappingDecoder(node, what: what)
        let sources = ["tensor", "density", "mask"].compactMap { key in keys.optional(key).map { (key, $0) } }
        let (domainNode, spreadNode) = (keys.optional("domain"), keys.optional("spread"))
        let profiles = keys.optional("profiles")
        let (scale, zeroPoint) = (keys.optional("scale"), keys.optional("zero_point"))
        try keys.finish()
        guard let (key, source) = sources.first else {
            throw node.error("\(what) has no source, expected one of tensor, density or mask")
        }
        if sources.count > 1 {
            throw sources[1].1.error("\(what) has a \(key) and a \(sources[1].0), expected one of them")
        }
        let domain = try domainNode?.choice(Domain.self, what: "the domain") ?? .spatial
        if let spreadNode, key != "density" {
            throw spreadNode.error("a spread goes with a density, found it with a \(key)")
        }
        if let node = scale ?? zeroPoint, key != "tensor" {
            throw node.error("a scale and a zero point go with a tensor, found one with a \(key)")
        }
        if let profiles, key != "density" {
            throw profiles.error("profiles go with a density, found them with a \(key)")
        }
        switch key {
        case "tensor":
            let stored = try library.tensor(source)
            var reference = try arrange(stored, role, shape, arrangement, key: source) {
                // Zeros that are inserted stand for no value, so that values are scaled first.
                role == .activations ? try dequantize($0, scale: scale, zeroPoint: zeroPoint, filters: nil) : $0
            }
            if role == .weights {
                reference.tensor = try dequantize(
                    reference.tensor, scale: scale, zeroPoint: zeroPoint, filters: shape.filters)
            }
            return .tensor(reference, domain)
        case "density" where profiles != nil:
            if let spreadNode { throw spreadNode.error("a spread beside profiles, which say how densities differ") }
            return .profile(try readProfile(profiles ?? node, density: source.real(in: 0...1), domain))
        case "density": return .density(try source.real(in: 0...1), domain, try spreadNode.map(readSpread) ?? Spread())
        default:
            if let domainNode {
                throw domainNode.error("masks are what the machine multiplies: they have no domain, found one")
            }
            return .mask(try library.tensor(source))
        }
    }

    private func readSpread(_ node: Node) throws -> Spread {
        let keys = try MappingDecoder(node, what: "spread")
        var spread = Spread()
        spread.filters = try keys.optional("filters")?.real(in: 0...1) ?? 0
        spread.channels = try keys.optional("channels")?.real(in: 0...1) ?? 0
        spread.tiles = try keys.optional("tiles")?.real(in: 0...1) ?? 0
        spread.positions = try keys.optional("positions")?.real(in: 0...1) ?? 0
        try keys.finish()
        return spread
    }

    /// By form, the prefix of the names of two tensors: `NAME.channels` and `NAME.outer`.
    private func readProfile(_ node: Node, density: Double, _ domain: Domain) throws -> DensityProfile {
        var (direct, tiles): (DensityProfile.Rates?, [Int: DensityProfile.Rates]) = (nil, [:])
        _ = try MappingDecoder(node, what: "profiles")
        for entry in node.entries ?? [] {
            let (key, value) = (entry.key, entry.value)
            let name = try value.string()
            let rates = DensityProfile.Rates(
                channels: try library.tensor("\(name).channels", at: value),
                outer: try library.tensor("\(name).outer", at: value))
            let form = try key.string()
            if form == "direct" {
                direct = rates
            } else if let tile = (1..<8).first(where: { form == "winograd-\($0)x\($0)" }) {
                tiles[tile] = rates
            } else {
                throw key.error("found the form \(quoted(form)), expected direct, or winograd-2x2 and the like")
            }
        }
        guard direct != nil || !tiles.isEmpty else { throw node.error("profiles has no form, expected at least one") }
        return DensityProfile(density: density, domain: domain, direct: direct, tiles: tiles)
    }

    /// The recorded outputs.
    func readOutputs(_ node: Node, _ shape: LayerShape, _ arrangement: Arrangement) throws -> TensorReference {
        let keys = try MappingDecoder(node, what: "outputs")
        let tensor = try keys.required("tensor")
        try keys.finish()
        return try arrange(library.tensor(tensor), .outputs, shape, arrangement, key: tensor) { $0 }
    }

    /// A tensor as a convolution takes it.
    private func arrange(
        _ stored: TensorReference, _ role: Arrangement.Role, _ shape: LayerShape, _ arrangement: Arrangement, key: Node,
        _ change: (Tensor) throws -> Tensor
    ) throws -> TensorReference {
        var reference = stored
        if let expected = arrangement.stored(role, shape), expected.sizes != stored.tensor.shape {
            throw key.error(
                "tensor \(quoted(stored.name)) has the shape \(stored.tensor.shape); expected \(expected)")
        }
        reference.tensor = try arrangement.arranged(change(stored.tensor), role)
        return reference
    }

    /// The values (q - zero point) * scale of quantized elements q, as F32; the tensor itself where neither is given.
    ///
    /// - Parameter filters: how many there are, where each may have its own: the first dimension; nil for one of both in all.
    private func dequantize(_ tensor: Tensor, scale: Node?, zeroPoint: Node?, filters: Int?) throws -> Tensor {
        guard let scale else {
            if let zeroPoint {
                throw zeroPoint.error("found a zero_point and no scale, expected both or a scale alone")
            }
            return tensor
        }
        guard [.i8, .u8].contains(tensor.type) else {
            throw scale.error("found a scale of a tensor of \(tensor.type.rawValue), expected one of I8 or U8")
        }
        let scales = try factors(scale, filters) { $0 > 0 && $0 < .infinity }
        let zeros = try zeroPoint.map { try factors($0, filters) { $0 == $0.rounded() && abs($0) <= 255 } } ?? [0]
        let perFilter = tensor.count / max(1, filters ?? 1)
        let values = tensor.doubles().enumerated().map { index, value in
            let filter = index / max(1, perFilter)
            return Float((value - zeros[zeros.count == 1 ? 0 : filter]) * scales[scales.count == 1 ? 0 : filter])
        }
        return Tensor(values, shape: tensor.shape)
    }

    /// One number, or a tensor with one a filter.
    private func factors(_ node: Node, _ filters: Int?, _ isValid: (Double) -> Bool) throws -> [Double] {
        guard case .mapping = node.content else {
            let value = try node.real(in: -1e38...1e38)
            guard isValid(value) else {
                throw node.error("found \(node.found), expected a scale above 0, or a zero point of a byte")
            }
            return [value]
        }
        let keys = try MappingDecoder(node, what: "the factor")
        let source = try keys.required("tensor")
        try keys.finish()
        let reference = try library.tensor(source)
        guard let filters, reference.tensor.shape == [filters] else {
            throw source.error(
                "tensor \(quoted(reference.name)) has the shape \(reference.tensor.shape); expected "
                    + (filters.map { "[K] = [\($0)]" } ?? "one number for all activations"))
        }
        let values = reference.tensor.doubles()
        if let index = values.firstIndex(where: { !isValid($0) }) {
            throw source.error(
                "tensor \(quoted(reference.name)) holds \(values[index]) at [\(index)]; expected scales above 0, or zero points "
                    + "of a byte")
        }
        return values
    }
}
