import Hardware

/// One channel group, laid on the array: its masked product, the cut into passes, what fetches read, and what its operands and outputs
/// take of buffers and DRAM.
struct ChannelGroup {
    let index: Int
    let product: MaskedProduct
    private(set) var grouping: Grouping
    let fetch: InputFetch
    let weightSizes: WeightSizes
    let inputSizes: InputSizes
    /// By column group, the real outputs of a filter.
    let outputs: [Int]
    /// By row group and column group, the bytes of the outputs.
    let outputBytes: [[Int]]
    /// By row group and step, the bits of weights.
    private let weightBits: [Int]

    /// - Parameters:
    ///   - grouping: the cut into passes.
    ///   - ownership: nil where no pixels are moved.
    ///   - nextDensity: how much of the outputs is stored.
    init(
        _ lowered: LoweredLayer, index: Int, grouping: Grouping, store: InputStore, ownership: TileOwnership?,
        distinct: DistinctPixels, configuration: Configuration, nextDensity: OutputDensity
    ) {
        self.index = index
        self.grouping = grouping
        let product = lowered.products[index]
        self.product = product
        let datatype = configuration.datatype
        fetch = InputFetch(
            product, lowered: lowered, group: index, grouping: grouping, store: store,
            distinct: distinct, valueBits: datatype.activations)
        weightSizes = WeightSizes(
            product, grouping: grouping,
            stored: StoredForm(configuration.weightBuffer.encoding, valueBits: datatype.weights))
        inputSizes = InputSizes(
            product, lowered: lowered, group: index, grouping: grouping, store: store, fetch: fetch,
            ownership: ownership, distinct: distinct, configuration: configuration)
        weightBits = grouping.rowGroups.indices.flatMap { [weightSizes] in weightSizes.bufferBits(group: $0) }
        let outputs = (0..<grouping.columnGroups).map { columnGroup in
            lowered.grid.outputs(of: grouping.tiles(ofColumnGroup: columnGroup))
        }
        self.outputs = outputs
        let stored = StoredForm(configuration.mapping.activationStorage.encoding, valueBits: datatype.activations)
        outputBytes = grouping.rowGroups.map { rowGroup in
            outputs.map { nextDensity.bytes(of: rowGroup.filters * $0, stored: stored) }
        }
    }

    /// What an operand takes of its buffer and of DRAM.
    func sizes(_ operand: Operand) -> any OperandSizes { operand == .weights ? weightSizes : inputSizes }

    /// The same with the steps of passes in another order.
    func ordered(_ grouping: Grouping) -> ChannelGroup {
        var group = self
        group.grouping = grouping
        return group
    }

    /// The passes in their order where nothing is loaded: row group by row group, tiles innermost.
    var passes: [PlannedPass] {
        PassOrder.filtersOutside.passes(
            rowGroups: grouping.rowGroups.count, columnGroups: grouping.columnGroups
        ).map { PlannedPass(channelGroup: index, rowGroup: $0.rowGroup, columnGroup: $0.columnGroup) }
    }

    /// What one pass asks of the machine.
    ///
    /// - Parameter shared: by column group and bundle, bits of inputs that a bundle reads once; nil where none are shared.
    func work(_ pass: PlannedPass, shared: [Int]?, array: PEArray) -> PassWork {
        let rowGroup = grouping.rowGroups[pass.rowGroup]
        let tiles = grouping.tiles(ofColumnGroup: pass.columnGroup).count
        let steps = product.steps
        let bundles = (rowGroup.steps.count + array.broadcastSteps - 1) / array.broadcastSteps
        return PassWork(
            plan: pass, steps: rowGroup.steps, rows: rowGroup.rows.count,
            columns: grouping.columns(ofColumnGroup: pass.columnGroup, array), tiles: tiles,
            pairs: rowGroup.filters * tiles, outputBytes: outputBytes[pass.rowGroup][pass.columnGroup],
            demand: PerOperand(
                weights: FetchDemand(bits: weightBits[pass.rowGroup * steps..<(pass.rowGroup + 1) * steps]),
                inputs: FetchDemand(
                    bits: fetch.bits[pass.columnGroup * steps..<(pass.columnGroup + 1) * steps],
                    shared: shared?[pass.columnGroup * bundles..<(pass.columnGroup + 1) * bundles] ?? [])))
    }
}
