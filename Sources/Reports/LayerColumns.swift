import Energy
import Engine
import Hardware
import Simulation

/// A row with the figures of one layer, or of several.
protocol FigureRow: Sendable {
    /// The counts.
    var activity: Activity { get }
    /// The accelerator's clock.
    var clock: Hertz { get }
    /// The energy of each layer.
    var energies: [LayerEnergy] { get }
}

extension FigureRow {
    /// The energy of all components.
    var energy: Picojoules { energies.map(\.total).sum() }
    /// The multipliers' part of it.
    var multiplyEnergy: Picojoules { energies.map(\.multiply).sum() }
}

extension Column where Row: FigureRow {
    static var cycles: Column { count("cycles", "cycles", "cycles of the accelerator's clock") { $0.activity.cycles } }
    static var time: Column {
        measure("time_us", "us", "time at the accelerator's clock") {
            Cycles($0.activity.cycles).seconds(at: $0.clock) * 1e6
        }
    }
    static var utilization: Column {
        measure("utilization", "", "useful slots over all slots") { $0.activity.array.utilization }
    }
    static var multiplies: Column {
        count("multiplies", "products", "products of two non-zero operands") { $0.activity.array.usefulProducts }
    }
    static var energy: Column { measure("energy_pJ", "pJ", "energy of all components") { $0.energy.value } }
    static var multiplyEnergy: Column {
        measure("multiply_energy_pJ", "pJ", "energy of the multipliers") { $0.multiplyEnergy.value }
    }
    static var dramEnergy: Column {
        measure("dram_energy_pJ", "pJ", "energy of the memory behind the chip") { $0.energies.map(\.dram).sum().value }
    }
}

/// What a line of `layers.csv` is made from: a layer, or all of them.
struct LayerRow: FigureRow {
    /// The layer's name, or `total`.
    let layer: String
    /// How it was computed; nil for the total.
    let algorithm: String?
    /// What the user asked for and did not get.
    let remark: String?
    /// How the banks of a shared buffer were split.
    let split: String?
    let activity: Activity
    let clock: Hertz
    let energies: [LayerEnergy]

    /// A layer's row.
    init(_ result: LayerResult, clock: Hertz) {
        (layer, algorithm, remark) = (result.name, result.run.algorithm.description, result.run.note)
        split = result.run.split
        (activity, self.clock, energies) = (result.activity, clock, [result.energy])
    }

    /// The row of an operation that does not multiply.
    init(_ result: OperationResult, clock: Hertz) {
        (layer, algorithm, remark, split) = (result.name, result.run.kind.rawValue, nil, nil)
        (activity, self.clock, energies) = (result.activity, clock, [result.energy])
    }

    /// The row of all layers and operations: sums, from which ratios are made anew.
    init(totalOf result: SimulationResult) {
        (layer, algorithm, remark, split) = (result.total.layer, nil, nil, nil)
        (activity, clock, energies) = (result.total.activity, result.total.clock, result.total.energies)
    }

    /// All that there is to say.
    var note: String? {
        let parts = [remark, split].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// The energy of the dense direct convolution's multiplies.
    var denseMultiplyEnergy: Picojoules { energies.map(\.denseMultiply).sum() }
}

/// The columns that tables, sweeps and other columns name.
extension Column<LayerRow> {
    static let layer = text("layer", "name of the layer, or of an operation that does not multiply") { $0.layer }
    static let algorithm = text(
        "algorithm", "how the layer is computed; of an operation that does not multiply its kind"
    ) { $0.algorithm }
    static let note = text(
        "note", "what was asked for and not done, and how the banks of a shared operand buffer were split"
    ) { $0.note }
    static let multiplyReduction = measure(
        "multiply_reduction", "", "dense_multiplies over multiplies executed and not gated"
    ) { $0.activity.multiplyReduction }
    static let weightDensity = measure(
        "weight_density", "", "weights that are not zero over all, as they are multiplied"
    ) { $0.activity.workload.weightDensity }
    static let activationDensity = measure(
        "activation_density", "", "activations that are not zero over all, as they are multiplied"
    ) { $0.activity.workload.activationDensity }
    static let weightLoadRatio = loadRatio("weight") { $0.activity.weights }
    static let inputLoadRatio = loadRatio("input") { $0.activity.inputs }

    /// A count of a unit's ledger, with the ledger's own words.
    fileprivate static func counter<Unit: Ledger>(
        _ name: String, _ ledger: KeyPath<Activity, Unit> & Sendable, _ path: KeyPath<Unit, Int> & Sendable
    ) -> Column {
        guard let counter = Unit.counters.first(where: { $0.path == path }) else {
            preconditionFailure("\(name) is no counter of \(Unit.self)")
        }
        return count(name, counter.unit, counter.definition) { $0.activity[keyPath: ledger][keyPath: path] }
    }

    /// The cycles that something held.
    static func cycles(of holder: CycleHolder) -> Column {
        count("cycles_\(holder.name)", "cycles", holder.explanation) { $0.activity.timing.held[holder] }
    }

    private static func loadRatio(
        _ name: String, _ operand: @escaping @Sendable (LayerRow) -> OperandLedger
    ) -> Column {
        measure("\(name)_load_ratio", "", "bytes of \(name)s loaded from DRAM over those that are compulsory") {
            operand($0).loadRatio
        }
    }
}

extension Column<LayerRow> {
    /// The columns of `layers.csv`, in their order: those that users rely on, then others.
    static let all = [layer, algorithm] + main + [note] + others

    /// Those that have a value in the row of all layers.
    static let ofTotals = main + others

    private static let main: [Column<LayerRow>] =
        [
            cycles, time, utilization, multiplies,
            .counter("ineffectual_multiplies", \.array, \.ineffectualProducts),
            .counter("dense_multiplies", \.workload, \.denseMultiplies),
            multiplyReduction, weightDensity, activationDensity,
            .count("slots", "slots", "multipliers times cycles") { $0.activity.array.slots.total },
        ] + CycleClass.allCases.filter { $0 != .vectorUnit }.map(slots) + [boundBy]
        + CycleHolder.allCases.filter { $0 != .vectorUnit }.map(cycles) + memory
        + [multiplyEnergy, energy] + work

    private static func slots(of kind: CycleClass) -> Column {
        count(kind.name, "slots", kind.explanation) { $0.activity.array.slots[kind] }
    }

    private static let boundBy = text(
        "bound_by", "the largest of the columns cycles_..., which add up to the cycles; on a tie the first"
    ) { $0.activity.timing.held.largest?.name }

    private static let memory: [Column<LayerRow>] = [
        .count("dram_read_bytes", "B", "weights and activations read from DRAM") {
            $0.activity.memory.weightBytes + $0.activity.memory.inputBytes
        },
        .counter("dram_write_bytes", \.memory, \.outputBytes),
        .measure("dram_bandwidth_utilization", "", "bytes moved over what DRAM can move; empty with ideal memory") {
            $0.activity.memory.bandwidthUtilization
        },
        .measure("dram_row_hit_rate", "", "DRAM accesses that found their row open; empty with ideal memory") {
            $0.activity.memory.rowHitRate
        },
    ]

    private static let work: [Column<LayerRow>] = [
        .measure("dense_multiply_energy_pJ", "pJ", "energy of the dense direct convolution's multiplies") {
            $0.denseMultiplyEnergy.value
        },
        .counter("gated_multiplies", \.array, \.gatedProducts),
        .counter("passes", \.array, \.passes),
        .counter("bundles", \.array, \.bundles),
        .counter("busy_cycles", \.array, \.busyCycles),
        .count("weight_buffer_read_bytes", "B", "bytes that the weight buffer delivered") {
            $0.activity.weights.bufferReadBytes
        },
        .count("input_buffer_read_bytes", "B", "bytes that the input buffer delivered") {
            $0.activity.inputs.bufferReadBytes
        },
        .counter("dram_payload_bytes", \.memory, \.payloadBytes),
        .counter("compute_bound_cycles", \.timing, \.computeBoundCycles),
        .counter("memory_bound_cycles", \.memory, \.boundCycles),
    ]

    private static let others: [Column<LayerRow>] =
        [
            .counter("algorithmic_multiplies", \.workload, \.algorithmicProducts),
            .count("skipped_multiplies", "products", "of these, those that were not executed") {
                $0.activity.skippedProducts
            },
            .counter("accumulator_updates", \.array, \.accumulatorUpdates),
            dramEnergy,
            .count("dram_mask_bits", "bit", "masks of the encodings among what DRAM moves") {
                $0.activity.dramIndexBits
            },
        ] + operands("weight", weightLoadRatio) { $0.activity.weights }
        + operands("input", inputLoadRatio) { $0.activity.inputs } + vector

    /// The vector unit came later than the columns before it, which keep their places.
    private static let vector = [
        slots(of: .vectorUnit), cycles(of: .vectorUnit), counter("vector_operations", \.vector, \.operations),
    ]

    /// What an operand's values did at its buffer: those of the algorithm are read, as zeros or not, or skipped.
    private static func operands(
        _ name: String, _ loadRatio: Column, _ operand: @escaping @Sendable (LayerRow) -> OperandLedger
    ) -> [Column<LayerRow>] {
        [
            loadRatio,
            .count("\(name)_reads", "values", "\(name) values read that are not zero") { operand($0).read.nonZeros },
            .count("\(name)_zero_reads", "values", "\(name) values read that are zero") { operand($0).read.zeros },
            .count("\(name)_skipped_reads", "values", "\(name) values of the algorithm that are not read") {
                operand($0).skippedReads
            },
            .count("\(name)_read_mask_bits", "bit", "masks among what the \(name) buffer delivered") {
                operand($0).readIndexBits
            },
            .count("\(name)_buffer_accesses", "accesses", "reads and writes of one bank of the \(name) buffer") {
                operand($0).bufferReads + operand($0).bufferWrites
            },
        ]
    }
}
