import Files

/// Rows and columns of the image that enters a network; of a sequence its length in `height`.
public struct NetworkResolution: Hashable, Sendable, CustomStringConvertible {
    /// Rows, or the length of a sequence.
    public var height: Int
    /// Columns; 1 of a sequence.
    public var width: Int

    /// Makes a resolution.
    public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

    /// `224`, or `224x320` where both differ.
    public var description: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// A network at a batch and a resolution: its layers with their shapes, and the graph around them.
///
/// Sizes go from the input through the rows in their order. An output of a convolution or pool of kernel k, stride s, dilation d and
/// padding p has floor((size + 2 p - d (k - 1) - 1) / s) + 1 rows. A row that no other one reads leaves the network.
public struct NetworkShapes: Sendable {
    /// The layers, in order, with their producers and what is fused into them.
    public let layers: LayerTable
    /// What enters and leaves the network, and the operations that do not multiply. Bytes are those of values of 32 bits.
    public let graph: TraceGraph
    /// The windows of pools, by name.
    public let windows: [String: PoolWindow]
    /// Images or sequences.
    public let batch: Int

    /// Multiplications of all layers, with dense operands.
    public var denseMultiplies: Int { layers.rows.reduce(0) { $0 + $1.shape.denseMultiplies } }

    /// Finds the sizes.
    ///
    /// - Parameters:
    ///   - batch: images or sequences.
    ///   - resolution: that of the input; nil for the table's own.
    /// - Throws: `InputError` at the row whose sizes do not fit, such as one whose map would be empty. Where a larger resolution
    ///   works, the error gives the smallest one.
    public init(_ table: NetworkTable, batch: Int = 1, resolution: NetworkResolution? = nil) throws {
        let propagation = try NetworkPropagation(table, batch, resolution)
        do {
            self = try propagation.result()
        } catch var error as InputError {
            // A network that works with one image is too large for the format, and a larger resolution does not help.
            guard let resolution, !Self.works(table, resolution), let next = Self.next(after: resolution, table) else {
                throw error
            }
            error.message += "; the next larger resolution that works is \(next)"
            throw error
        }
    }

    private static func works(_ table: NetworkTable, _ resolution: NetworkResolution) -> Bool {
        (try? NetworkPropagation(table, 1, resolution).result()) != nil
    }

    init(layers: LayerTable, graph: TraceGraph, windows: [String: PoolWindow], batch: Int) {
        (self.layers, self.graph, self.windows, self.batch) = (layers, graph, windows, batch)
    }

    /// The next resolution at which the sizes fit, up to the table's own or a little more.
    private static func next(after resolution: NetworkResolution, _ table: NetworkTable) -> Int? {
        let least = max(1, min(resolution.height, resolution.width))
        let usual: Int
        switch table.input {
        case .map(_, let height, _): usual = height
        case .rows(let count, _, _): usual = count
        }
        return (least + 1...max(usual, least + 64)).first { edge in
            works(table, NetworkResolution(height: edge, width: edge))
        }
    }
}

/// Windows that become one value each.
public struct PoolWindow: Hashable, Sendable {
    /// Rows of a window.
    public var height: Int
    /// Columns of a window.
    public var width: Int
    /// Rows from one window to the next.
    public var strideHeight: Int
    /// Columns from one window to the next.
    public var strideWidth: Int
    /// Rows of the first window above the map.
    public var paddingTop: Int
    /// Columns of the first window left of the map.
    public var paddingLeft: Int
}
