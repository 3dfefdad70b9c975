import Hardware

/// Cuts the operands of channel groups into chunks, and chooses the order of their passes (page `BuffersAndTraffic`).
struct GroupPlanner {
    /// Places of the buffers, and the bytes of each, for all channel groups of the layer. In a buffer that both operands share the
    /// layer's split says how many there are.
    private(set) var places: PerOperand<(count: Int, bytes: Int)>
    /// The split of a shared buffer, once it is chosen.
    private(set) var split: BankSplit?
    private let layout: StepLayout
    private let mapping: Mapping
    private let array: PEArray
    private let bytesPerCycle: Double
    private let slices: [InputSlices]

    init(_ groups: [ChannelGroup], layout: StepLayout, configuration: Configuration) {
        self.layout = layout
        mapping = configuration.mapping
        array = configuration.peArray
        bytesPerCycle = configuration.dram.peakBytesPerCycle(clock: configuration.clock) ?? 1
        slices = groups.map { InputSlices($0.inputSizes, layout: layout) }
        let chunk = PerOperand(
            weights: configuration.chunkSize(configuration.weightBuffer).count,
            inputs: configuration.chunkSize(configuration.inputBuffer).count)
        let place = slices.reduce(chunk.inputs) { max($0, $1.largest) }
        let bytes = PerOperand(weights: chunk.weights, inputs: place)
        func places(_ operand: Operand) -> (count: Int, bytes: Int) {
            (configuration[operand].capacity.count / bytes[operand], bytes[operand])
        }
        self.places = PerOperand(weights: places(.weights), inputs: places(.inputs))
    }

    /// The chunks of all channel groups of a layer, their steps in order, and the orders of their passes.
    ///
    /// - Throws: `InputError` where a buffer has too few places.
    mutating func choose(
        _ groups: [ChannelGroup], layer: LoweredLayer, configuration: Configuration
    ) throws -> [(plan: GroupPlan, order: PassOrder)] {
        guard let shared = configuration.sharedBanks else {
            do throws(StagingError) {
                var chosen: [(plan: GroupPlan, order: PassOrder)] = []
                for group in groups { chosen.append(try choose(group)) }
                return chosen
            } catch {
                throw error.error(layer: layer.name, buffer: configuration[error.operand], mark: layer.mark)
            }
        }
        let unplaced = groups.map(cut)
        let choice = BankSplitChoice(shared, place: places.map(\.bytes), configuration: configuration)
        do throws(SplitError) {
            let split = try choice.choose(unplaced)
            self.split = split
            for operand in Operand.allCases { places[operand].count = split.places[operand] }
            return unplaced.map { group in
                let plan = group.plan.placed(in: split.places)
                return (plan, plan.bestOrder(mapping.loop, group.pace))
            }
        } catch {
            throw error.error(layer: layer.name, configuration: configuration, mark: layer.mark)
        }
    }

    /// The chunks of a channel group, its steps in order, and the order of its passes.
    ///
    /// - Throws: `StagingError` where a buffer has too few places.
    func choose(_ group: ChannelGroup) throws(StagingError) -> (plan: GroupPlan, order: PassOrder) {
        let cut = cut(group)
        for operand in Operand.allCases where places[operand].count < cut.plan.fewestPlaces[operand] {
            throw StagingError(operand: operand, staged: cut.plan.staged[operand], places: places[operand])
        }
        let plan = cut.plan.placed(in: places.map(\.count))
        return (plan, plan.bestOrder(mapping.loop, cut.pace))
    }

    /// The chunks of a channel group, before it is given places.
    func cut(_ group: ChannelGroup) -> UnplacedGroup {
        let pace = PassPace(group, array: array, bytesPerCycle: bytesPerCycle)
        let inputs = InputChunks(
            slices[group.index], groups: group.grouping.columnGroups, layout: layout, place: places.inputs.bytes)
        // With positions outside a chunk of inputs is used again at each position of a pass.
        let order = layout.order(channelsOutside: mapping.stepOrder != .positions)
        return UnplacedGroup(
            plan: GroupPlan(
                group, inputs: inputs, order: order, layout: layout, bundleSize: array.broadcastSteps,
                chunk: places.weights.bytes),
            pace: pace)
    }
}
