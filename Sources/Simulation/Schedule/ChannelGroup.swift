import Hardware

/// One group of channels, laid on the array: its masked product, the cut into passes, and what fetches read.
struct ChannelGroup {
    let index: Int
    let product: MaskedProduct
    let grouping: Grouping
    let fetch: InputFetch
    /// By column group, the real outputs of a filter.
    let outputs: [Int]

    init(_ lowered: LoweredLayer, index: Int, store: InputStore, configuration: Configuration) {
        self.index = index
        let product = lowered.product(group: index)
        let grouping = Grouping(product, array: configuration.peArray)
        self.product = product
        self.grouping = grouping
        fetch = InputFetch(
            product, lowered: lowered, group: index, grouping: grouping, store: store,
            valueBits: configuration.datatype.activations)
        outputs = (0..<grouping.columnGroups).map { columnGroup in
            lowered.windows.outputs[grouping.tiles(ofColumnGroup: columnGroup)].reduce(0, +)
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
