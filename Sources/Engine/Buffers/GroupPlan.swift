import Files
import Hardware

/// The passes of a channel group with its operands in chunks, in one order of steps.
struct GroupPlan {
    let grouping: Grouping
    let weights: WeightChunks
    let inputs: InputChunks
    /// Whether every pass broadcasts every step.
    let usesAllSteps: Bool
    private let inputUses: InputUses
    private let bundleSize: Int
    /// The most chunks that a bundle uses, and one more.
    let staged: PerOperand<Int>
    /// Chunks that may be held from one use to the next; nil where all fit.
    private(set) var held = PerOperand<Int?>(weights: nil, inputs: nil)
    /// Places of the buffers.
    private(set) var places = PerOperand(weights: Int.max, inputs: Int.max)

    /// All chunks fit until the plan is given its places.
    ///
    /// - Parameters:
    ///   - order: all steps in the order of broadcast.
    ///   - chunk: bytes of a place of weights.
    init(
        _ group: ChannelGroup, inputs: InputChunks, order: [Int], layout: StepLayout, bundleSize: Int, chunk: Int
    ) {
        grouping = group.grouping.ordered(by: order)
        weights = WeightChunks(
            group.weightSizes, grouping: grouping, order: order, chunk: Bytes(chunk), bundleSize: bundleSize)
        self.inputs = inputs
        usesAllSteps = grouping.rowGroups.allSatisfy { $0.steps.count == order.count }
        self.bundleSize = bundleSize
        inputUses = InputUses(inputs, grouping: grouping, layout: layout, bundleSize: bundleSize)
        staged = PerOperand(
            weights: weights.uses.reduce(1) { max($0, $1.mostOfBundle + 1) }, inputs: inputUses.mostOfBundle + 1)
    }

    /// The same in buffers of so many places, of which none has fewer than the fewest.
    func placed(in places: PerOperand<Int>) -> GroupPlan {
        var plan = self
        plan.places = places
        for operand in Operand.allCases {
            let fits = chunks[operand] <= places[operand]
            plan.held[operand] = fits ? nil : places[operand] - staged[operand]
        }
        return plan
    }

    /// How many chunks there are.
    var chunks: PerOperand<Int> { PerOperand(weights: weights.table.count, inputs: inputs.table.count) }

    /// The fewest places with which every bundle has its chunks.
    var fewestPlaces: PerOperand<Int> {
        PerOperand(weights: min(chunks.weights, staged.weights), inputs: min(chunks.inputs, staged.inputs))
    }

    /// The chunks of an operand.
    func table(_ operand: Operand) -> ChunkTable { operand == .weights ? weights.table : inputs.table }

    /// The uses of an operand by a pass.
    func uses(_ operand: Operand, rowGroup: Int, columnGroup: Int) -> GroupUses {
        operand == .weights ? weights.uses[rowGroup] : inputUses.of(rowGroup: rowGroup, columnGroup: columnGroup)
    }

    /// What stays in a buffer between the uses of an order of passes.
    ///
    /// - Parameter visit: told each use with the index of its pass and its number; a use that goes on from the pass before keeps its
    ///   number.
    func residency(
        _ operand: Operand, _ passes: [(rowGroup: Int, columnGroup: Int)],
        visit: (_ pass: Int, _ number: Int) -> Void = { _, _ in }
    ) -> Residency {
        var chunks: [Int32] = []
        // The uses that reach the end of the last pass that had bundles.
        var ending: [(chunk: Int32, number: Int)] = []
        for (index, pass) in passes.enumerated() {
            let bundles = bundles(of: pass.rowGroup)
            if bundles == 0 { continue }
            let before = ending
            ending.removeAll(keepingCapacity: true)
            for use in uses(operand, rowGroup: pass.rowGroup, columnGroup: pass.columnGroup).uses {
                var number = chunks.count
                if use.first == 0, let open = before.first(where: { $0.chunk == use.chunk }) {
                    number = open.number
                } else {
                    chunks.append(use.chunk)
                }
                if Int(use.last) == bundles - 1 { ending.append((use.chunk, number)) }
                visit(index, number)
            }
        }
        return Residency(chunks, chunks: table(operand).count, held: held[operand])
    }

    /// The fewest places at which the chunks of each group stay between its passes.
    func placesOfWholeGroup(_ operand: Operand) -> Int {
        let table = table(operand)
        let largest = (1..<table.first.count).reduce(0) { max($0, table.first[$1] - table.first[$1 - 1]) }
        return min(table.count, largest + staged[operand])
    }

    /// Bundles of a pass.
    func bundles(of rowGroup: Int) -> Int {
        (grouping.rowGroups[rowGroup].steps.count + bundleSize - 1) / bundleSize
    }
}

/// A buffer that has fewer places than a bundle needs.
struct StagingError: Error {
    let operand: Operand
    let staged: Int
    let places: (count: Int, bytes: Int)

    /// The error for the user.
    func error(layer: String, buffer: OperandBuffer, mark: Mark?) -> InputError {
        let name = operand.buffer
        let chunks = staged == 2 ? "1 chunk" : "\(staged - 1) chunks"
        // A place is larger than a chunk where a slice of channels is.
        let change =
            places.bytes > buffer.chunkSize.count
            ? "a smaller mapping.step_width, or fewer pe_array.columns or tiles_per_pe"
            : "a smaller \(name).chunk or pe_array.broadcast_steps"
        return InputError(
            "layer '\(layer)': a bundle of steps needs \(chunks) of \(name) and one more to load ahead, "
                + "\(staged * places.bytes) bytes in \(staged) places of \(places.bytes), and \(name).capacity is "
                + "\(buffer.capacity.count) bytes; expected a larger one, or \(change)",
            at: mark)
    }
}
