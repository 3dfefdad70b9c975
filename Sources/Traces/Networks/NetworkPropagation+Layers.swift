import Files

/// A map of one image.
struct NetworkMap {
    let channels: Int
    let height: Int
    let width: Int
}

extension NetworkPropagation {
    /// The map that a row reads.
    ///
    /// - Throws: `InputError` where rows enter.
    func map(_ row: NetworkRow, _ value: NetworkValue) throws -> NetworkMap {
        guard case .map(let channels, let height, let width) = value else {
            throw row.error("\(quoted(row.name)) reads a map, and \(value.text) enter", at: .inputs)
        }
        return NetworkMap(channels: channels, height: height, width: width)
    }

    /// The shape of a row that multiplies, and what it makes. The shape is not checked.
    func layer(_ row: NetworkRow, _ operands: [NetworkValue]) throws -> (LayerShape, NetworkValue) {
        switch row.operation {
        case .linear: linear(row, operands[0])
        case .matmul, .matmulTransposed: try matmul(row, operands)
        case .transposedConvolution: try transposed(row, map(row, operands[0]))
        default: try convolution(row, map(row, operands[0]))
        }
    }

    private func shape(_ row: NetworkRow, _ map: NetworkMap) -> LayerShape {
        var shape = LayerShape(channels: map.channels, filters: row.filters)
        (shape.batch, shape.height, shape.width) = (batch, map.height, map.width)
        (shape.kernelHeight, shape.kernelWidth) = (row.kernel.height, row.kernel.width)
        (shape.dilationHeight, shape.dilationWidth) = (row.dilation.height, row.dilation.width)
        shape.groups = row.groups
        return shape
    }

    private func convolution(_ row: NetworkRow, _ map: NetworkMap) throws -> (LayerShape, NetworkValue) {
        var shape = shape(row, map)
        (shape.strideHeight, shape.strideWidth) = (row.stride.height, row.stride.width)
        switch row.padding {
        case .zeros(let pair): (shape.paddingHeight, shape.paddingWidth) = (pair.height, pair.width)
        case .same, .ceil:
            guard let rows = NetworkValue.product([row.kernel.height - 1, row.dilation.height]),
                let columns = NetworkValue.product([row.kernel.width - 1, row.dilation.width])
            else { throw row.error("\(quoted(row.name)): the kernel spans more than 2^40", at: .kernel) }
            (shape.paddingHeight, shape.paddingBottom) = Self.same(map.height, rows + 1, row.stride.height)
            (shape.paddingWidth, shape.paddingRight) = Self.same(map.width, columns + 1, row.stride.width)
        }
        return (
            shape, .map(channels: row.filters, height: shape.safeOutputHeight, width: shape.safeOutputWidth)
        )
    }

    /// Zeros before and behind, for ceil(size / stride) outputs; nil behind where they are as many.
    private static func same(_ size: Int, _ span: Int, _ stride: Int) -> (before: Int, behind: Int?) {
        let all = max(0, (size - 1) / stride * stride + span - size)
        return (all / 2, all % 2 == 0 ? nil : all - all / 2)
    }

    /// A convolution of its input with stride - 1 zeros between the pixels, and d (k - 1) - p zeros at the borders.
    private func transposed(_ row: NetworkRow, _ map: NetworkMap) throws -> (LayerShape, NetworkValue) {
        var shape = shape(row, map)
        guard case .zeros(let padding) = row.padding,
            let height = NetworkValue.product([map.height - 1, row.stride.height]),
            let width = NetworkValue.product([map.width - 1, row.stride.width]),
            let rows = NetworkValue.product([row.kernel.height - 1, row.dilation.height]),
            let columns = NetworkValue.product([row.kernel.width - 1, row.dilation.width])
        else { throw row.error("\(quoted(row.name)) makes more than 2^40 rows or columns", at: .stride) }
        guard padding.height <= rows, padding.width <= columns else {
            throw row.error(
                "\(quoted(row.name)): found a padding of \(padding.height) x \(padding.width), expected at most "
                    + "dilation * (kernel - 1) = \(rows) x \(columns)", at: .padding)
        }
        (shape.insertionHeight, shape.insertionWidth) = (row.stride.height, row.stride.width)
        (shape.height, shape.width) = (height + 1, width + 1)
        (shape.paddingHeight, shape.paddingWidth) = (rows - padding.height, columns - padding.width)
        return (
            shape, .map(channels: row.filters, height: shape.safeOutputHeight, width: shape.safeOutputWidth)
        )
    }

    private func linear(_ row: NetworkRow, _ value: NetworkValue) -> (LayerShape, NetworkValue) {
        switch value {
        case .map(let channels, let height, let width):
            var shape = LayerShape(channels: channels * height * width, filters: row.filters)
            shape.batch = batch
            return (shape, .map(channels: row.filters, height: 1, width: 1))
        case .rows(let count, let features, _):
            var shape = LayerShape(channels: features, filters: row.filters)
            shape.batch = batch * count
            return (shape, .rows(count: count, features: row.filters, heads: 1))
        }
    }

    /// A 1 x 1 convolution of an M x 1 map in a group a product.
    private func matmul(_ row: NetworkRow, _ operands: [NetworkValue]) throws -> (LayerShape, NetworkValue) {
        guard case .rows(let rows, let features, let heads) = operands[0],
            case .rows(let others, let otherFeatures, let otherHeads) = operands[1]
        else {
            throw row.error(
                "\(quoted(row.name)) multiplies rows by rows, and \(operands[0].text) and \(operands[1].text) enter",
                at: .inputs)
        }
        let groups = row.groups
        guard features % groups == 0, otherFeatures % groups == 0, [1, groups].contains(heads),
            [1, groups].contains(otherHeads)
        else {
            throw row.error(
                "\(quoted(row.name)): \(groups) groups do not divide \(operands[0].text) and \(operands[1].text)",
                at: .groups)
        }
        let isTransposed = row.operation == .matmulTransposed
        let depth = features / groups
        let (otherDepth, columns) = isTransposed ? (otherFeatures / groups, others) : (others, otherFeatures / groups)
        guard depth == otherDepth else {
            throw row.error(
                "\(quoted(row.name)) multiplies [\(rows), \(depth)] by [\(otherDepth), \(columns)], expected equal "
                    + "sizes inside", at: .inputs)
        }
        guard let products = NetworkValue.product([batch, groups]),
            let channels = NetworkValue.product([products, depth]),
            let filters = NetworkValue.product([products, columns])
        else { throw row.error("\(quoted(row.name)) has more than 2^40 columns", at: .groups) }
        var shape = LayerShape(channels: channels, filters: filters)
        (shape.height, shape.groups) = (rows, products)
        return (shape, .rows(count: rows, features: groups * columns, heads: groups))
    }
}

extension LayerShape {
    /// Rows of the output map; 1 where the kernel does not fit, which the check of the shape finds.
    fileprivate var safeOutputHeight: Int { paddedHeight > span(kernelHeight, dilationHeight) ? outputHeight : 1 }

    /// Columns of the output map, likewise.
    fileprivate var safeOutputWidth: Int { paddedWidth > span(kernelWidth, dilationWidth) ? outputWidth : 1 }

    private func span(_ kernel: Int, _ dilation: Int) -> Int {
        let (reach, overflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
        return overflow ? .max : reach
    }
}
