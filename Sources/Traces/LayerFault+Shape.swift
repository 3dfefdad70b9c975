extension Layer {
    /// The largest product of sizes that is taken.
    static var productLimit: Int { 1 << 40 }

    /// Finds sizes that are out of range, do not fit each other, or multiply to more than 2^40.
    func findShapeFault() throws {
        let sizes = [
            (shape.batch, ["input", "batch"]), (shape.channels, ["input", "channels"]),
            (shape.height, ["input", "height"]), (shape.width, ["input", "width"]),
            (shape.filters, ["output", "channels"]), (shape.kernelHeight, ["kernel", "height"]),
            (shape.kernelWidth, ["kernel", "width"]), (shape.strideHeight, ["kernel", "stride"]),
            (shape.strideWidth, ["kernel", "stride"]), (shape.dilationHeight, ["kernel", "dilation"]),
            (shape.dilationWidth, ["kernel", "dilation"]), (shape.groups, ["kernel", "groups"]),
            (shape.paddingHeight, ["kernel", "padding"]), (shape.paddingWidth, ["kernel", "padding"]),
            (shape.paddingBottom ?? 0, ["kernel", "padding"]), (shape.paddingRight ?? 0, ["kernel", "padding"]),
        ]
        for (size, keys) in sizes {
            let least = keys[1] == "padding" ? 0 : 1
            guard size >= least, size <= Self.productLimit else {
                throw LayerFault("found \(size), expected \(least) to 2^40", at: keys[0], keys[1])
            }
        }
        if operation == .linear,
            shape.taps != 1 || shape.height != 1 || shape.width != 1 || shape.groups != 1
                || shape.strideHeight != 1 || shape.strideWidth != 1 || shape.paddingHeight != 0
                || shape.paddingWidth != 0 || shape.paddingBottom ?? 0 != 0 || shape.paddingRight ?? 0 != 0
        {
            throw LayerFault(
                "a linear layer is a matrix product: no kernel other than 1 x 1, no stride, padding or groups is expected",
                at: "kernel")
        }
        try findGroupFault()
        try findKernelFault(
            "rows", padded: shape.paddedHeight, kernel: shape.kernelHeight,
            dilation: shape.dilationHeight, key: "height")
        try findKernelFault(
            "columns", padded: shape.paddedWidth, kernel: shape.kernelWidth,
            dilation: shape.dilationWidth, key: "width")
        try findProductFault(
            [shape.batch, shape.channels, shape.height, shape.width], "N * C * H * W", at: "input")
        try findProductFault(
            [
                shape.batch, shape.filters, shape.outputHeight, shape.outputWidth, shape.groupChannels,
                shape.kernelHeight, shape.kernelWidth,
            ], "N * K * Ho * Wo * C/groups * R * S", at: "output")
    }

    private func findGroupFault() throws {
        for (count, what) in [(shape.channels, "input channels"), (shape.filters, "output channels")]
        where count % shape.groups != 0 {
            throw LayerFault(
                "\(shape.groups) groups do not divide the \(count) \(what); expected a divisor of both channel counts",
                at: "kernel", "groups")
        }
    }

    private func findKernelFault(
        _ what: String, padded: Int, kernel: Int, dilation: Int, key: String
    ) throws {
        // Both factors are at most 2^40 and may multiply to more than fits.
        let (reach, overflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
        guard !overflow, reach < padded else {
            let span = overflow ? "more than 2^63" : "\(reach + 1)"
            throw LayerFault(
                "the kernel spans \(span) \(what), the padded input has \(padded); expected at most as many",
                at: "kernel", key)
        }
    }

    private func findProductFault(_ factors: [Int], _ formula: String, at key: String) throws {
        var product = 1
        for factor in factors {
            let (next, overflow) = product.multipliedReportingOverflow(by: factor)
            guard !overflow, next <= Self.productLimit else {
                let sizes = factors.map(String.init).joined(separator: " * ")
                throw LayerFault("\(formula) = \(sizes) is too large; at most 2^40 is expected", at: key)
            }
            product = next
        }
    }
}
