import Hardware
import Traces

/// One way to lay a layer on the machine: its form, and the machine with as much of it as the mapping takes.
struct MappingCandidate {
    let form: LayerForm
    let configuration: Configuration

    var mapping: LayerMapping { LayerMapping(form.algorithm, form.shape, configuration) }

    /// The same with a change of the machine.
    func with(_ change: (inout Configuration) -> Void) -> MappingCandidate {
        var machine = configuration
        change(&machine)
        return MappingCandidate(form: form, configuration: machine)
    }
}

/// The mappings of a layer that the hardware can do and its operands allow (page `MappingSearch`).
struct MappingSpace {
    /// The machine with the layer's mapping as written.
    let written: MappingCandidate
    /// The machine with all that it has.
    let hardware: Configuration
    /// What is fixed for the layer.
    let pins: LayerPins?

    private var machine: Configuration { written.configuration }

    /// Forms, steps, and filters and tiles a PE; the mapping as written first.
    func shapes() -> [MappingCandidate] {
        var shapes = [written]
        var known: Set<LayerMapping> = [written.mapping]
        for form in forms() {
            for (step, width) in steps(form) {
                for (filters, tiles) in pairs(form) {
                    let candidate = MappingCandidate(form: form, configuration: machine).with {
                        ($0.mapping.step, $0.mapping.stepWidth) = (step, width)
                        ($0.peArray.filtersPerPE, $0.peArray.tilesPerPE) = (filters, tiles)
                    }
                    if known.insert(candidate.mapping).inserted { shapes.append(candidate) }
                }
            }
        }
        return shapes
    }

    /// The other ways to fill rows, and the other orders of passes and steps.
    ///
    /// - Parameter filtersDiffer: whether some weights are zero.
    func variants(of shape: MappingCandidate, filtersDiffer: Bool) -> [MappingCandidate] {
        var variants = balanced(shape, filtersDiffer: filtersDiffer)
        guard machine.dram != .ideal else { return variants }
        variants += fastest(of: shape)
        if machine.mapping.loopOrder == .auto && pins?.loopOrder == nil {
            variants += [LoopOrder.weights, .inputs].map { order in shape.with { $0.mapping.loopOrder = order } }
        }
        let layout = StepLayout(shape.form, mapping: shape.configuration.mapping)
        if machine.mapping.stepOrder == .auto, pins?.stepOrder == nil, layout.form == .channels,
            layout.stepsPerSlice > 1, layout.slices > 1
        {
            variants.append(shape.with { $0.mapping.stepOrder = .positions })
        }
        return variants
    }

    /// The shape with its filters in the other orders.
    func balanced(_ shape: MappingCandidate, filtersDiffer: Bool) -> [MappingCandidate] {
        (filtersDiffer ? balances() : []).filter { $0 != shape.configuration.peArray.balance }.map { balance in
            shape.with { $0.peArray.balance = balance }
        }
    }

    /// The shape in the order of passes that is estimated to end first, where the order is open and there is a memory.
    func fastest(of shape: MappingCandidate) -> [MappingCandidate] {
        guard machine.dram != .ideal, machine.mapping.loopOrder == .auto, pins?.loopOrder == nil else { return [] }
        return [shape.with { $0.mapping.loopOrder = .fast }]
    }

    /// The orders of passes that the keys leave open; nil where one is fixed, or there is no memory.
    var openOrders: LoopChoice? {
        let mapping = machine.mapping
        guard machine.dram != .ideal, mapping.loopBlock == nil, mapping.loopOrder != .fast, pins?.loopOrder != .auto
        else {
            return nil
        }
        return mapping.loop
    }

    /// A candidate in an order of passes.
    func candidate(_ shape: MappingCandidate, in order: PassOrder) -> MappingCandidate {
        shape.with {
            $0.mapping.loopOrder = order.outside == .filters ? .weights : .inputs
            ($0.mapping.loopBlock, $0.mapping.loopStrip) = (order.block, order.strip)
        }
    }

    /// The form as written; where the mapping leaves it open, Winograd's algorithm at every tile of the transform units, and direct
    /// convolution.
    private func forms() -> [LayerForm] {
        let layer = written.form.layer
        let mapping = machine.mapping
        let algorithm = pins?.algorithm ?? mapping.algorithm
        // Tiles that the layer before has stored belong to the form as written.
        guard !layer.isWinogradOnly, algorithm != .direct, mapping.activationStorage != .transformed else {
            return [written.form]
        }
        let sizes = pins?.tile.map { [$0] } ?? mapping.tileSizes
        var forms = sizes.compactMap { tile in
            layer.winogradObstacle(tile: tile) == nil ? try? LayerForm(winograd: layer, tile: tile) : nil
        }
        if algorithm == .auto || forms.isEmpty, let direct = try? LayerForm(direct: layer) {
            forms.append(direct)
        }
        return forms.filter { MemoryNeed($0, configuration: machine).obstacle() == nil }
    }

    /// Positions, or channels up to the bits of a PE's mask: all of them, and a half and a quarter.
    private func steps(_ form: LayerForm) -> [(StepForm, Int)] {
        let mapping = machine.mapping
        let bits = min(64, hardware.maskBits)
        var steps: [(StepForm, Int)] = [(mapping.step, mapping.stepWidth)]
        if pins?.step != .positions {
            var widths = pins?.stepWidth.map { [$0] } ?? [bits, mapping.stepWidth]
            if pins?.stepWidth == nil { widths += [bits / 2, bits / 4].filter { $0 >= 4 } }
            // Steps wider than the group's channels are the same.
            let channels = form.shape.groupChannels
            let widest = widths.filter { $0 >= channels }.min()
            steps += Set(widths.filter { $0 < channels } + [widest].compactMap { $0 }).sorted().reversed().map {
                (.channels, $0)
            }
        }
        if pins?.step != .channels, form.shape.taps > 1, form.grid.positions <= bits {
            steps.append((.positions, mapping.stepWidth))
        }
        // Behind the buffer a patch is transformed into all of its positions.
        let readsPatches = form.isWinograd && machine.inputTransform.placement == .read
        return steps.filter { !readsPatches || $0.0 == .positions || form.shape.taps == 1 }
    }

    /// Filters and tiles a PE: those of the hardware, and the fewest with which a layer has one, a half, a third, ... more passes.
    private func pairs(_ form: LayerForm) -> [(filters: Int, tiles: Int)] {
        let array = hardware.peArray
        let filters =
            pins?.filtersPerPE.map { [$0] }
            ?? Self.shares(of: array.filtersPerPE, over: form.shape.groupFilters, units: array.rows)
        let tiles =
            pins?.tilesPerPE.map { [$0] }
            ?? Self.shares(of: array.tilesPerPE, over: form.grid.tiles, units: array.columns)
        return filters.flatMap { filters in tiles.map { (filters, $0) } }
    }

    /// What a PE holds, at most `most`, so that `count` things over `units` PEs take few passes and none is nearly empty.
    static func shares(of most: Int, over count: Int, units: Int) -> [Int] {
        let fewest = (count + units * most - 1) / (units * most)
        var shares: Set<Int> = [most]
        for passes in [fewest, fewest + 1, fewest * 3 / 2, fewest * 2, fewest * 3, fewest * 4, fewest * 8, .max] {
            shares.insert(passes == .max ? 1 : max(1, (count + units * passes - 1) / (units * passes)))
        }
        return shares.filter { $0 <= most }.sorted(by: >)
    }

    /// The orders of filters; they differ where weights are skipped.
    private func balances() -> [Balance] {
        if let balance = pins?.balance { return [balance] }
        let array = machine.peArray
        let differ = array.zeroSkipping.masksWeights || array.skipEmptySteps == .weights
        return differ ? Balance.allCases : [array.balance]
    }
}
