import Files

/// A product of two operands, summed over dimensions, as loop nests of other tools state it: `O[n][k][p] += W[k][c][r]
/// * I[n][c][p + r]`.
///
/// What a dimension is follows from the operands that it indexes, whatever its name:
///
/// | weights | inputs | output | the dimension is |
/// | --- | --- | --- | --- |
/// | yes | yes | yes | groups |
/// | yes | yes | no | channels |
/// | yes | no | yes | filters |
/// | no | yes | yes | images, or rows of a matrix |
///
/// An axis of the inputs that adds a dimension of the weights and one of the output is a row or column of a map: the
/// sum of kernel position times dilation and output position times stride.
struct ImportedEquation {
    /// An axis of an operand: one dimension, or a sum of dimensions times coefficients.
    typealias Axis = [(dimension: String, coefficient: Int)]

    /// One direction of a convolution.
    struct Window {
        var kernel: Int
        var outputs: Int
        var stride: Int
        var dilation: Int
        /// The dimensions' names.
        var names: (kernel: String, outputs: String)

        /// Elements of the padded map that the windows span.
        var span: Int { (outputs - 1) * stride + (kernel - 1) * dilation + 1 }
    }

    /// A fault of the equation, in words.
    struct Fault: Error {
        let message: String
    }

    /// The sums in the inputs, in their order.
    private(set) var windows: [Window] = []
    private(set) var groups = 1
    private(set) var channels = 1
    private(set) var filters = 1
    /// Images, or rows of a matrix.
    private(set) var rows = 1

    /// Sorts the dimensions.
    ///
    /// - Parameters:
    ///   - weights: the axes of the operand that is constant, or of the second factor.
    ///   - inputs: the axes of the other one.
    ///   - output: the axes of the result.
    ///   - sizes: the sizes of all dimensions.
    /// - Throws: `Fault` for an equation that is neither a convolution in at most two directions nor a product.
    init(weights: [Axis], inputs: [Axis], output: [Axis], sizes: [String: Int]) throws {
        func names(_ axes: [Axis]) -> Set<String> { Set(axes.joined().map(\.dimension)) }
        guard weights.allSatisfy({ $0.count == 1 }), output.allSatisfy({ $0.count == 1 }) else {
            throw Fault(message: "a sum of dimensions is not in the inputs, where a convolution has it")
        }
        let (inWeights, inInputs, inOutput) = (names(weights), names(inputs), names(output))
        var summed: Set<String> = []
        for axis in inputs where axis.count > 1 {
            guard axis.count == 2,
                let kernel = axis.first(where: { inWeights.contains($0.dimension) && !inOutput.contains($0.dimension) }
                ),
                let outer = axis.first(where: { inOutput.contains($0.dimension) && !inWeights.contains($0.dimension) })
            else {
                let text = axis.map(\.dimension).joined(separator: " + ")
                throw Fault(
                    message: "the inputs add \(text), expected a dimension of the weights and one of the output")
            }
            summed.formUnion([kernel.dimension, outer.dimension])
            windows.append(
                Window(
                    kernel: sizes[kernel.dimension] ?? 1, outputs: sizes[outer.dimension] ?? 1,
                    stride: outer.coefficient, dilation: kernel.coefficient,
                    names: (kernel.dimension, outer.dimension)))
        }
        guard windows.count <= 2 else {
            throw Fault(message: "the inputs slide in \(windows.count) directions; a trace has convolutions in two")
        }
        for (name, size) in sizes.sorted(by: { $0.key < $1.key }) where !summed.contains(name) {
            switch (inWeights.contains(name), inInputs.contains(name), inOutput.contains(name)) {
            case (true, true, true): groups = try Self.product(groups, size, name)
            case (true, true, false): channels = try Self.product(channels, size, name)
            case (true, false, true): filters = try Self.product(filters, size, name)
            case (false, true, true): rows = try Self.product(rows, size, name)
            default:
                throw Fault(
                    message:
                        "the dimension \(quoted(name)) is in fewer than two of the operands, expected it in two or "
                        + "three"
                )
            }
        }
    }

    private static func product(_ value: Int, _ size: Int, _ name: String) throws -> Int {
        let (product, overflow) = value.multipliedReportingOverflow(by: size)
        guard !overflow, product <= Layer.productLimit else {
            throw Fault(message: "the sizes with \(quoted(name)) multiply to more than 2^40")
        }
        return product
    }

    /// Whether this is a product of matrices, and no convolution.
    var isMatrix: Bool { windows.isEmpty }

    /// The layer, as a convolution of a map that its windows span.
    ///
    /// - Parameters:
    ///   - name: the layer's name.
    ///   - isProduct: whether both operands are activations.
    ///   - isWidthFirst: whether the first window is along the width, and not along the height; one window alone is.
    /// - Throws: `Fault` for sizes that multiply to more than 2^40.
    func row(_ name: String, isProduct: Bool = false, isWidthFirst: Bool = false) throws -> LayerTable.Row {
        let allChannels = try Self.product(groups, channels, "channels")
        let allFilters = try Self.product(groups, filters, "filters")
        if isMatrix {
            return LayerTable.Row(
                name: name, rows: rows, channels: channels, filters: filters, products: groups,
                isMatmul: isProduct || groups > 1)
        }
        var shape = LayerShape(channels: allChannels, filters: allFilters)
        (shape.groups, shape.batch) = (groups, rows)
        let (vertical, horizontal) = directions(isWidthFirst: isWidthFirst)
        if let vertical {
            (shape.height, shape.kernelHeight) = (vertical.span, vertical.kernel)
            (shape.strideHeight, shape.dilationHeight) = (vertical.stride, vertical.dilation)
        }
        if let horizontal {
            (shape.width, shape.kernelWidth) = (horizontal.span, horizontal.kernel)
            (shape.strideWidth, shape.dilationWidth) = (horizontal.stride, horizontal.dilation)
        }
        return LayerTable.Row(name: name, unnamedOperationOf: shape.withoutIdleSteps)
    }

    /// The windows along height and width.
    func directions(isWidthFirst: Bool) -> (vertical: Window?, horizontal: Window?) {
        guard windows.count == 2 else { return (nil, windows.first) }
        return isWidthFirst ? (windows[1], windows[0]) : (windows[0], windows[1])
    }
}

extension LayerShape {
    /// Takes zeros out of a padded map, where a file gives the size of the map without them.
    ///
    /// - Parameters:
    ///   - rows: rows of the map itself; nil where only the padding is known.
    ///   - columns: columns of the map itself.
    ///   - top: rows of zeros above it.
    ///   - left: columns of zeros left of it.
    ///   - bottom: rows of zeros below it.
    ///   - right: columns of zeros right of it.
    /// - Returns: the shape, with as much padding at bottom and right as its outputs read; nil where map and padding
    ///   do not give these outputs.
    func unpadded(
        rows: Int?, columns: Int?, top: Int, left: Int, bottom: Int, right: Int
    ) -> LayerShape? {
        var shape = self
        guard let (height, below) = Self.unpadded(self.height, rows, top, bottom, stride: strideHeight),
            let (width, beside) = Self.unpadded(self.width, columns, left, right, stride: strideWidth)
        else { return nil }
        (shape.height, shape.width) = (height, width)
        (shape.paddingHeight, shape.paddingWidth) = (top, left)
        if below != top || beside != left { (shape.paddingBottom, shape.paddingRight) = (below, beside) }
        return shape
    }

    private static func unpadded(
        _ span: Int, _ size: Int?, _ before: Int, _ after: Int, stride: Int
    ) -> (size: Int, after: Int)? {
        guard let size else { return span > before + after ? (span - before - after, after) : nil }
        let rest = size + before + after - span
        // A rest of less than a stride adds no window.
        guard size > 0, rest >= 0, rest < stride else { return nil }
        return (size, max(0, span - size - before))
    }
}
