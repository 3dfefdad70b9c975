import Winograd
import YAML

/// Reads one layer of a manifest.
struct LayerReader {
    private let node: Node
    let library: TensorLibrary

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
        let producers = keys.optional("inputs")
        let fused = keys.optional("fused")
        try keys.finish()

        let shape = try readShape(operation, input: input, output: output, kernel: kernel)
        let arrangement = Arrangement(operation, shape)
        var layer = Layer(
            name: name, operation: operation, shape: shape, relu: relu,
            winograd: try model.map { try readModel($0, r: shape.kernelHeight) },
            weights: .density(1, .spatial, Spread()), activations: .density(1, .spatial, Spread()), mark: node.mark)
        layer.inputs = try producers?.elements().map { try $0.string() } ?? []
        layer.fused = try fused?.elements().map(FusedOperation.init) ?? []
        // Tensors are rearranged to the shape, which has to be a valid one.
        try placingFaults { try layer.findShapeFault() }
        layer.weights = try readOperand(weights, .weights, shape, arrangement)
        layer.activations = try readOperand(activations, .activations, shape, arrangement)
        layer.outputs = try outputs.map { try readOutputs($0, shape, arrangement) }
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
        // A map has no size that goes without saying, and a product of matrices has rows in the place of one.
        let hasMap = operation == .convolution || operation == .transposedConvolution
        func edge(_ key: String, isRequired: Bool) throws -> Int {
            let node = isRequired ? try inputs.required(key) : inputs.optional(key)
            return try node?.integer(in: Self.sizes) ?? 1
        }
        let height = try edge("height", isRequired: hasMap || operation == .matmul)
        let width = operation == .matmul ? 1 : try edge("width", isRequired: hasMap)
        let batch = try inputs.optional("batch")?.integer(in: Self.sizes) ?? 1
        try inputs.finish()

        let outputs = try MappingDecoder(output, what: "output")
        let filters = try outputs.required("channels").integer(in: Self.sizes)
        outputs.allow("height", "width")
        try outputs.finish()

        var shape = LayerShape(channels: channels, filters: filters)
        shape.batch = batch
        (shape.height, shape.width) = (height, width)
        switch operation {
        case .convolution: if let kernel { try readKernel(kernel, into: &shape) }
        case .linear:
            shape.channels = try product([channels, height, width], "C * H * W", input)
            (shape.height, shape.width) = (1, 1)
            if let kernel { try readKernel(kernel, into: &shape) }
        case .matmul:
            if let kernel { throw kernel.error("a product of matrices has no kernel, found one") }
            (shape.batch, shape.groups) = (1, batch)
            shape.channels = try product([batch, channels], "B * K", input)
            shape.filters = try product([batch, filters], "B * N", output)
        case .transposedConvolution:
            guard let kernel else { throw node.error("a transposed convolution has to give its kernel") }
            try readTransposed(kernel, input, into: &shape)
        }
        return shape
    }

    private func product(_ sizes: [Int], _ formula: String, _ place: Node) throws -> Int {
        var product = 1
        for size in sizes {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow, next <= Layer.productLimit else {
                throw place.error(
                    "\(formula) = \(sizes.map(String.init).joined(separator: " * ")) is too large; at most 2^40 is expected"
                )
            }
            product = next
        }
        return product
    }

    /// A transposed convolution as one of its input with zeros inserted (``Arrangement``): stride 1, and d (R - 1) - p rows of padding
    /// where it has p.
    private func readTransposed(_ node: Node, _ input: Node, into shape: inout LayerShape) throws {
        var given = shape
        try readKernel(node, isTransposed: true, into: &given)
        let more = try node["output_padding"].map { try pair($0, in: 0...Layer.productLimit) } ?? (0, 0)
        func side(_ name: String, dilation: Int, kernel: Int, padding: Int, more: Int) throws -> Int {
            let reach = try product([dilation, kernel - 1], "dilation * (R - 1)", node)
            guard padding <= reach + more else {
                throw (node["padding"] ?? node).error(
                    "found a padding of \(padding) at the \(name), expected at most dilation * (R - 1) = \(reach): more would cut "
                        + "off outputs")
            }
            return reach + more - padding
        }
        shape = given
        (shape.insertionHeight, shape.insertionWidth) = (given.strideHeight, given.strideWidth)
        (shape.strideHeight, shape.strideWidth) = (1, 1)
        shape.height = try product([given.height - 1, given.strideHeight], "(H - 1) * stride", input) + 1
        shape.width = try product([given.width - 1, given.strideWidth], "(W - 1) * stride", input) + 1
        let (rows, columns) = ((given.dilationHeight, given.kernelHeight), (given.dilationWidth, given.kernelWidth))
        shape.paddingHeight = try side(
            "top", dilation: rows.0, kernel: rows.1, padding: given.paddingHeight, more: 0)
        shape.paddingWidth = try side(
            "left", dilation: columns.0, kernel: columns.1, padding: given.paddingWidth, more: 0)
        shape.paddingBottom = try side(
            "bottom", dilation: rows.0, kernel: rows.1, padding: given.paddingBottom ?? given.paddingHeight,
            more: more.0)
        shape.paddingRight = try side(
            "right", dilation: columns.0, kernel: columns.1, padding: given.paddingRight ?? given.paddingWidth,
            more: more.1)
    }

    private func readKernel(_ node: Node, isTransposed: Bool = false, into shape: inout LayerShape) throws {
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
            try readPadding(padding, into: &shape)
        }
        if let dilation = keys.optional("dilation") {
            (shape.dilationHeight, shape.dilationWidth) = try pair(dilation, in: Self.sizes)
        }
        if isTransposed { keys.allow("output_padding") }
        if let groups = keys.optional("groups") { shape.groups = try groups.integer(in: Self.sizes) }
        try keys.finish()
    }

    /// One number, `[vertical, horizontal]`, or `[top, left, bottom, right]`.
    private func readPadding(_ node: Node, into shape: inout LayerShape) throws {
        let range = 0...Layer.productLimit
        guard case .sequence(let sides) = node.content, sides.count == 4 else {
            if case .sequence(let sides) = node.content, sides.count != 2 {
                throw node.error(
                    "found a list of \(sides.count), expected one number, [vertical, horizontal] or [top, left, bottom, right]"
                )
            }
            (shape.paddingHeight, shape.paddingWidth) = try pair(node, in: range)
            return
        }
        shape.paddingHeight = try sides[0].integer(in: range)
        shape.paddingWidth = try sides[1].integer(in: range)
        shape.paddingBottom = try sides[2].integer(in: range)
        shape.paddingRight = try sides[3].integer(in: range)
    }

    /// One number for both directions, or `[h, w]`.
    func pair(_ node: Node, in range: ClosedRange<Int>) throws -> (Int, Int) {
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
}
