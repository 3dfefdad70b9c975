import Winograd
import YAML

/// Reads one layer of a manifest.
struct LayerReader {
    private let node: Node
    private let library: TensorLibrary

    init(_ node: Node, _ library: TensorLibrary) {
        self.node = node
        self.library = library
    }

    /// The layer, checked.
    func layer() throws -> Layer {
        let keys = try MappingDecoder(node, what: "the layer")
        let name = try readName(keys.required("name"))
        let operation = try keys.required("operation").choice(Operation.self, what: "the operation")
        let input = try keys.required("input")
        let output = try keys.required("output")
        let kernel = keys.optional("kernel")
        let relu = try keys.optional("relu")?.choice(Relu.self, what: "relu") ?? .none
        let model = keys.optional("winograd")
        let weights = try keys.required("weights")
        let activations = try keys.required("activations")
        let outputs = keys.optional("outputs")
        try keys.finish()

        let shape = try readShape(operation, input: input, output: output, kernel: kernel)
        let layer = Layer(
            name: name, operation: operation, shape: shape, relu: relu,
            winograd: try model.map { try readModel($0, r: shape.kernelHeight) },
            weights: try readOperand(weights, "weights"), activations: try readOperand(activations, "activations"),
            outputs: try outputs.map(readOutputs), mark: node.mark)
        try placingFaults { try layer.findShapeFault() }
        try checkOutput(output, shape)
        try placingFaults { try layer.findFaults() }
        return layer
    }

    /// Turns faults of a layer into errors at the keys that they are about.
    private func placingFaults(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let fault as LayerFault {
            var place = node
            for key in fault.keys {
                guard let next = place[key] else { break }
                place = next
            }
            throw place.error(fault.message)
        }
    }

    private func readName(_ node: Node) throws -> String {
        let name = try node.string()
        guard name.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw node.error("the layer's name is empty")
        }
        if let fault = Layer.fault(ofName: name) { throw node.error(fault) }
        return name
    }

    // MARK: Shape

    private static let sizes = 1...Layer.productLimit

    private func readShape(_ operation: Operation, input: Node, output: Node, kernel: Node?) throws -> LayerShape {
        let inputs = try MappingDecoder(input, what: "input")
        let channels = try inputs.required("channels").integer(in: Self.sizes)
        // A convolution's map has no size that goes without saying.
        func edge(_ key: String) throws -> Int {
            let node = operation == .convolution ? try inputs.required(key) : inputs.optional(key)
            return try node?.integer(in: Self.sizes) ?? 1
        }
        let (height, width) = (try edge("height"), try edge("width"))
        let batch = try inputs.optional("batch")?.integer(in: Self.sizes) ?? 1
        try inputs.finish()

        let outputs = try MappingDecoder(output, what: "output")
        let filters = try outputs.required("channels").integer(in: Self.sizes)
        outputs.allow("height", "width")
        try outputs.finish()

        var shape = LayerShape(channels: channels, filters: filters)
        shape.batch = batch
        if operation == .linear {
            let (pixels, overflow) = height.multipliedReportingOverflow(by: width)
            let (features, overflowFeatures) = channels.multipliedReportingOverflow(by: pixels)
            guard !overflow, !overflowFeatures, features <= Layer.productLimit else {
                throw input.error(
                    "C * H * W = \(channels) * \(height) * \(width) is too large; at most 2^40 is expected")
            }
            shape.channels = features
        } else {
            (shape.height, shape.width) = (height, width)
        }
        if let kernel { try readKernel(kernel, into: &shape) }
        return shape
    }

    private func readKernel(_ node: Node, into shape: inout LayerShape) throws {
        guard case .mapping = node.content else {
            (shape.kernelHeight, shape.kernelWidth) = try pair(node, in: Self.sizes)
            return
        }
        let keys = try MappingDecoder(node, what: "kernel")
        switch (keys.optional("height"), keys.optional("width")) {
        case (let height?, let width?):
            shape.kernelHeight = try height.integer(in: Self.sizes)
            shape.kernelWidth = try width.integer(in: Self.sizes)
        case (nil, nil): break
        case (let height, _):
            throw node.error("the kernel has a \(height == nil ? "width and no height" : "height and no width")")
        }
        if let stride = keys.optional("stride") {
            (shape.strideHeight, shape.strideWidth) = try pair(stride, in: Self.sizes)
        }
        if let padding = keys.optional("padding") {
            (shape.paddingHeight, shape.paddingWidth) = try pair(padding, in: 0...Layer.productLimit)
        }
        if let dilation = keys.optional("dilation") {
            (shape.dilationHeight, shape.dilationWidth) = try pair(dilation, in: Self.sizes)
        }
        if let groups = keys.optional("groups") { shape.groups = try groups.integer(in: Self.sizes) }
        try keys.finish()
    }

    /// One number for both directions, or `[h, w]`.
    private func pair(_ node: Node, in range: ClosedRange<Int>) throws -> (Int, Int) {
        guard case .sequence(let elements) = node.content else {
            let value = try node.integer(in: range)
            return (value, value)
        }
        guard elements.count == 2 else {
            throw node.error("found a list of \(elements.count), expected one number or [height, width]")
        }
        return (try elements[0].integer(in: range), try elements[1].integer(in: range))
    }

    private func checkOutput(_ node: Node, _ shape: LayerShape) throws {
        for (key, computed) in [("height", shape.outputHeight), ("width", shape.outputWidth)] {
            guard let given = node[key] else { continue }
            let found = try given.integer()
            guard found == computed else {
                throw given.error("found an output \(key) of \(found), expected \(computed) from input and kernel")
            }
        }
    }

    // MARK: Operands

    private func readOperand(_ node: Node, _ what: String) throws -> OperandSource {
        let keys = try MappingDecoder(node, what: what)
        let sources = ["tensor", "density", "mask"].compactMap { key in keys.optional(key).map { (key, $0) } }
        let (domainNode, spreadNode) = (keys.optional("domain"), keys.optional("spread"))
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
        switch key {
        case "tensor": return .tensor(try library.tensor(source), domain)
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

    private func readOutputs(_ node: Node) throws -> TensorReference {
        let keys = try MappingDecoder(node, what: "outputs")
        let tensor = try keys.required("tensor")
        try keys.finish()
        return try library.tensor(tensor)
    }
}
