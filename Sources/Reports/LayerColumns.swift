import Energy
import Hardware
import Simulation

/// What a line of `layers.csv` is made from: a layer, or all of them.
struct LayerRow: Sendable {
    /// The layer's name, or `total`.
    let layer: String
    /// How it was computed; nil for the total.
    let algorithm: String?
    /// What the user asked for and did not get.
    let note: String?
    /// The counts.
    let activity: Activity
    /// The accelerator's clock.
    let clock: Hertz
    /// The energy of all components.
    let energy: Picojoules
    /// The multipliers' part of it.
    let multiplyEnergy: Picojoules
    /// The energy of the dense direct convolution's multiplies.
    let denseMultiplyEnergy: Picojoules
    /// The DRAM's part of the energy.
    let dramEnergy: Picojoules

    /// The time at the accelerator's clock, in microseconds.
    var microseconds: Double { Cycles(activity.cycles).seconds(at: clock) * 1e6 }

    /// A layer's row.
    init(_ result: LayerResult, energy: LayerEnergy, clock: Hertz) {
        layer = result.name
        algorithm = result.algorithm.description
        note = result.note
        activity = result.activity
        self.clock = clock
        self.energy = energy.total
        multiplyEnergy = energy.multiply
        denseMultiplyEnergy = energy.denseMultiply
        dramEnergy = energy.dram
    }

    /// The row of all layers: sums, from which ratios are made anew.
    init(totalOf result: SimulationResult, energy: [LayerEnergy]) {
        layer = "total"
        algorithm = nil
        note = nil
        activity = result.total
        clock = result.configuration.clock
        self.energy = energy.map(\.total).sum()
        multiplyEnergy = energy.map(\.multiply).sum()
        denseMultiplyEnergy = energy.map(\.denseMultiply).sum()
        dramEnergy = energy.map(\.dram).sum()
    }
}

extension Column<LayerRow> {
    /// The columns of `layers.csv`, in their order: those that users rely on, then others.
    static let all: [Column<LayerRow>] =
        [
            .text("layer", "name of the layer") { $0.layer },
            .text("algorithm", "how the layer is computed") { $0.algorithm },
            .count("cycles", "cycles", "cycles of the accelerator's clock") { $0.activity.cycles },
            .measure("time_us", "us", "time at the accelerator's clock") { $0.microseconds },
            .measure("utilization", "", "useful slots over all slots") { $0.activity.array.utilization },
            .count("multiplies", "products", "products of two non-zero operands") { $0.activity.array.usefulProducts },
            .count("ineffectual_multiplies", "products", "products executed although an operand is zero") {
                $0.activity.array.ineffectualProducts
            },
            .count("dense_multiplies", "products", "products of the dense direct convolution") {
                $0.activity.workload.denseMultiplies
            },
            .measure("multiply_reduction", "", "dense_multiplies over multiplies executed and not gated") {
                $0.activity.multiplyReduction
            },
            .measure("weight_density", "", "weights that are not zero over all, as they are multiplied") {
                $0.activity.workload.weightDensity
            },
            .measure("activation_density", "", "activations that are not zero over all, as they are multiplied") {
                $0.activity.workload.activationDensity
            },
            .count("slots", "slots", "multipliers times cycles") { $0.activity.array.slots.total },
        ] + CycleClass.allCases.map(slots) + [boundBy] + CycleHolder.allCases.map(cycles) + memory + energies + others

    private static func slots(of kind: CycleClass) -> Column {
        count(kind.name, "slots", kind.explanation) { $0.activity.array.slots[kind] }
    }

    private static let boundBy = text(
        "bound_by", "the largest of the columns cycles_..., which add up to the cycles; on a tie the first"
    ) { $0.activity.timing.held.largest?.name }

    private static func cycles(of holder: CycleHolder) -> Column {
        count("cycles_\(holder.name)", "cycles", holder.explanation) { $0.activity.timing.held[holder] }
    }

    private static let memory: [Column<LayerRow>] = [
        .count("dram_read_bytes", "B", "weights and activations read from DRAM") {
            $0.activity.memory.weightBytes + $0.activity.memory.inputBytes
        },
        .count("dram_write_bytes", "B", "outputs written to DRAM") { $0.activity.memory.outputBytes },
        .measure("dram_bandwidth_utilization", "", "bytes moved over what DRAM can move; empty with ideal memory") {
            $0.activity.memory.bandwidthUtilization
        },
        .measure("dram_row_hit_rate", "", "DRAM accesses that found their row open; empty with ideal memory") {
            $0.activity.memory.rowHitRate
        },
    ]

    private static let energies: [Column<LayerRow>] = [
        .measure("multiply_energy_pJ", "pJ", "energy of the multipliers") { $0.multiplyEnergy.value },
        .measure("energy_pJ", "pJ", "energy of all components") { $0.energy.value },
    ]

    private static let others: [Column<LayerRow>] =
        [
            .measure("dense_multiply_energy_pJ", "pJ", "energy of the dense direct convolution's multiplies") {
                $0.denseMultiplyEnergy.value
            },
            .count("gated_multiplies", "products", "ineffectual products whose multiplier is gated") {
                $0.activity.array.gatedProducts
            },
            .count("passes", "passes", "passes over the array") { $0.activity.array.passes },
            .count("bundles", "bundles", "bundles of steps that were broadcast") { $0.activity.array.bundles },
            .count("busy_cycles", "PE cycles", "cycles in which a PE dispatched or popped, over all PEs") {
                $0.activity.array.busyCycles
            },
            .count("weight_buffer_read_bytes", "B", "bytes that the weight buffer delivered") {
                $0.activity.weights.bufferReadBytes
            },
            .count("input_buffer_read_bytes", "B", "bytes that the input buffer delivered") {
                $0.activity.inputs.bufferReadBytes
            },
            .count("dram_payload_bytes", "B", "bytes moved that were wanted: DRAM moves whole bursts") {
                $0.activity.memory.payloadBytes
            },
            .count("compute_bound_cycles", "cycles", "fewest cycles for the products: products over multipliers") {
                $0.activity.timing.computeBoundCycles
            },
            .count("memory_bound_cycles", "cycles", "fewest cycles for the bytes: bytes over peak bandwidth") {
                $0.activity.memory.boundCycles
            },
            .text("note", "what was asked for and not done") { $0.note },
            .count(
                "algorithmic_multiplies", "products", "products of the algorithm at hand, zeros and padding included"
            ) {
                $0.activity.workload.algorithmicProducts
            },
            .count("skipped_multiplies", "products", "of these, those that were not executed") {
                $0.activity.skippedProducts
            },
            .count("accumulator_updates", "updates", "updates of accumulators") {
                $0.activity.array.accumulatorUpdates
            },
            .measure("dram_energy_pJ", "pJ", "energy of the memory behind the chip") { $0.dramEnergy.value },
            .count("dram_mask_bits", "bit", "masks of the encodings among what DRAM moves") {
                $0.activity.dramIndexBits
            },
        ] + operands("weight", \.weights) + operands("input", \.inputs)

    /// What an operand's values did at its buffer: those of the algorithm are read, as zeros or not, or skipped.
    private static func operands(
        _ name: String, _ path: KeyPath<Activity, OperandLedger> & Sendable
    ) -> [Column<LayerRow>] {
        [
            .measure("\(name)_load_ratio", "", "bytes of \(name)s loaded from DRAM over those that are compulsory") {
                $0.activity[keyPath: path].loadRatio
            },
            .count("\(name)_reads", "values", "\(name) values read that are not zero") {
                $0.activity[keyPath: path].read.nonZeros
            },
            .count("\(name)_zero_reads", "values", "\(name) values read that are zero") {
                $0.activity[keyPath: path].read.zeros
            },
            .count("\(name)_skipped_reads", "values", "\(name) values of the algorithm that are not read") {
                $0.activity[keyPath: path].skippedReads
            },
            .count("\(name)_read_mask_bits", "bit", "masks among what the \(name) buffer delivered") {
                $0.activity[keyPath: path].readIndexBits
            },
            .count("\(name)_buffer_accesses", "accesses", "reads and writes of one bank of the \(name) buffer") {
                $0.activity[keyPath: path].bufferReads + $0.activity[keyPath: path].bufferWrites
            },
        ]
    }
}

extension CycleHolder {
    /// What the cycles belong to, in one line.
    fileprivate var explanation: String {
        switch self {
        case .array: "cycles in which a full FIFO held the next bundle, or all have gone out and the array still works"
        case .issue: "cycles in which nothing held the next bundle: one goes out a cycle"
        case .weightFetch: "cycles in which a read of the weight buffer held the next bundle"
        case .inputFetch: "cycles in which a read of the input buffer held the next bundle"
        case .inputTransform: "cycles in which the input transform held the next bundle"
        case .dramWeights: "cycles in which weights from DRAM held the next bundle"
        case .dramInputs: "cycles in which inputs from DRAM held the next bundle"
        case .dramOutputs: "cycles in which outputs on their way to DRAM held the next bundle, or the layer's end"
        case .drain: "cycles in which accumulators that drain held the next bundle, or the layer's end"
        }
    }
}

extension CycleClass {
    /// What the class holds, in one line.
    fileprivate var explanation: String {
        switch self {
        case .useful: "slots of products of two non-zero operands"
        case .ineffectual: "slots of products executed with a zero operand"
        case .underfill: "other slots of PEs that dispatched or popped something"
        case .unmapped: "slots of PEs without a filter or without a tile"
        case .imbalance: "idle slots: a slower PE's FIFO was full"
        case .weightFetch: "idle slots: the weight buffer was read"
        case .inputFetch: "idle slots: the input buffer was read"
        case .inputTransform: "idle slots: the input transform was at work"
        case .dramWeights: "idle slots: weights came from DRAM"
        case .dramInputs: "idle slots: inputs came from DRAM"
        case .dramOutputs: "idle slots: outputs waited for DRAM"
        case .drain: "idle slots: accumulators drained"
        }
    }
}
