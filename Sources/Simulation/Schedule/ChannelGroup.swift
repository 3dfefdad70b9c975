import Hardware

/// One group of channels, laid on the array: its masked product, the cut into passes, what fetches read, and what its operands
/// take of buffers and DRAM.
struct ChannelGroup {
    let index: Int
    let product: MaskedProduct
    let grouping: Grouping
    let fetch: InputFetch
    let weightSizes: WeightSizes
    let inputSizes: InputSizes
    /// By column group, the real outputs of a filter.
    let outputs: [Int]

    /// - Parameter ownership: nil where the activations have no pixels.
    init(
        _ lowered: LoweredLayer, index: Int, store: InputStore, ownership: TileOwnership?, distinct: DistinctPixels,
        configuration: Configuration
    ) {
        self.index = index
        let product = lowered.products[index]
        let grouping = Grouping(product, array: configuration.peArray)
        self.product = product
        self.grouping = grouping
        fetch = InputFetch(
            product, lowered: lowered, group: index, grouping: grouping, store: store,
            distinct: distinct, valueBits: configuration.datatype.activations)
        weightSizes = WeightSizes(
            product, grouping: grouping,
            stored: StoredValues(
                encoding: configuration.weightBuffer.encoding, valueBits: configuration.datatype.weights))
        inputSizes = InputSizes(
            product, lowered: lowered, group: index, grouping: grouping, store: store, fetch: fetch,
            ownership: ownership, distinct: distinct, configuration: configuration)
        outputs = (0..<grouping.columnGroups).map { columnGroup in
            lowered.grid.outputs(of: grouping.tiles(ofColumnGroup: columnGroup))
        }
    }

    /// The passes in their order where nothing is loaded: row group by row group, tiles innermost.
    var passes: [PlannedPass] {
        grouping.rowGroups.indices.flatMap { rowGroup in
            (0..<grouping.columnGroups).map {
                PlannedPass(channelGroup: index, rowGroup: rowGroup, columnGroup: $0, loads: [])
            }
        }
    }
}
