import Hardware
import Synchronization
import Traces

/// What many runs of the same traces on different machines have in common, made once: operands, masked products, what a memory
/// answers to the same requests, and whole layers where machines differ in nothing that a cycle depends on. Results are the same with it and without.
public final class SimulationCache: Sendable {
    private enum Key: Hashable, Sendable {
        case weights(LayerKey, FormKey)
        case activations(LayerKey, FormKey)
        case lowered(LayerKey, FormKey, StepForm, stepWidth: Int)
        case transfers(TransferKey)
        case result(LayerKey, Configuration, next: LayerKey?)
        case candidate(LayerKey, FormKey, Configuration, next: LayerKey?)
    }

    private enum Value: Sendable {
        case weights(WeightZeros)
        case activations(ActivationZeros)
        case lowered(LoweredLayer)
        case transfers(KnownTransfers)
        case result(LayerActivity)
    }

    private let cache: SharedCache<Key, Value>
    private let replayed = Atomic(0)
    private let reuses = Atomic(0)

    /// - Parameter limit: bytes that are kept; what was used longest ago goes first.
    public init(limit: Bytes) { cache = SharedCache(limit: limit.count) }

    /// Bytes that are kept.
    public var bytes: Bytes { Bytes(cache.bytes) }

    func weights(_ layer: LayerKey, _ form: FormKey, make: () throws -> WeightZeros) throws -> WeightZeros {
        let value = try cache.value(.weights(layer, form)) {
            let zeros = try make()
            return (.weights(zeros), zeros.byteCount)
        }
        guard case .weights(let zeros) = value else { preconditionFailure("weights are kept as something else") }
        return zeros
    }

    func activations(
        _ layer: LayerKey, _ form: FormKey, make: () throws -> ActivationZeros
    ) throws -> ActivationZeros {
        let value = try cache.value(.activations(layer, form)) {
            let zeros = try make()
            return (.activations(zeros), zeros.byteCount)
        }
        guard case .activations(let zeros) = value else {
            preconditionFailure("activations are kept as something else")
        }
        return zeros
    }

    func lowered(
        _ layer: LayerKey, _ form: FormKey, _ step: StepForm, stepWidth: Int, make: () throws -> LoweredLayer
    ) throws -> LoweredLayer {
        let value = try cache.value(.lowered(layer, form, step, stepWidth: stepWidth)) {
            let lowered = try make()
            let products = lowered.products.reduce(0) { $0 + $1.byteCount }
            return (.lowered(lowered), products + lowered.weights.byteCount + lowered.activations.byteCount)
        }
        guard case .lowered(let lowered) = value else {
            preconditionFailure("a lowered layer is kept as something else")
        }
        return lowered
    }

    /// What is known of a layer's transfers.
    func transfers(_ key: TransferKey) throws -> KnownTransfers {
        let value = try cache.value(.transfers(key)) { (.transfers(KnownTransfers()), key.layout.byteCount) }
        guard case .transfers(let known) = value else { preconditionFailure("transfers are kept as something else") }
        return known
    }

    /// Keeps transfers that were other than those that are known.
    func keep(_ transfers: FinishedTransfers, in known: KnownTransfers, of key: TransferKey) {
        if known.keep(transfers) { cache.grow(.transfers(key), by: transfers.byteCount) }
    }

    /// Layers whose memory had answered the same requests before.
    var replays: Int { replayed.load(ordering: .relaxed) }

    /// Counts one.
    func countReplay() { replayed.add(1, ordering: .relaxed) }

    /// The result of a layer on a machine, whatever the machine is called and, unless its mapping is sought for them, whatever its
    /// energies are.
    func result(
        _ layer: LayerKey, on configuration: Configuration, next: LayerKey?, make: () throws -> LayerActivity
    ) throws -> LayerActivity {
        var machine = configuration
        machine.name = ""
        if !machine.mapping.search.needsEnergy { machine.energy = EnergySource() }
        return try activity(.result(layer, machine, next: next), make: make)
    }

    /// The result of one mapping of a layer, which searches on several machines may try.
    func candidate(
        _ layer: LayerKey, _ form: LayerForm, on configuration: Configuration, next: LayerKey?,
        make: () throws -> LayerActivity
    ) throws -> LayerActivity {
        var machine = configuration
        (machine.name, machine.energy) = ("", EnergySource())
        (machine.mapping.search, machine.mapping.layers) = (.none, [])
        let form = FormKey(form, machine.datatype)
        var isNew = false
        let result = try activity(.candidate(layer, form, machine, next: next)) {
            isNew = true
            return try make()
        }
        if !isNew { reuses.add(1, ordering: .relaxed) }
        return result
    }

    /// Mappings that a search did not simulate, since another one had.
    var reused: Int { reuses.load(ordering: .relaxed) }

    private func activity(_ key: Key, make: () throws -> LayerActivity) throws -> LayerActivity {
        let value = try cache.value(key) {
            (.result(try make()), MemoryLayout<LayerActivity>.size + MemoryLayout<Configuration>.size)
        }
        guard case .result(let result) = value else { preconditionFailure("a result is kept as something else") }
        return result
    }
}

/// A layer of a trace among all that share a cache.
struct LayerKey: Hashable, Sendable {
    /// The trace's number.
    let trace: Int
    /// The layer's index.
    let layer: Int
}

/// What of a machine the operands depend on.
struct FormKey: Hashable, Sendable {
    /// The edge of the output tiles; nil for the direct form.
    let tile: Int?
    /// Widths to which values are quantized; nil leaves them.
    let weightBits: Int?
    let activationBits: Int?
    /// Which values share a scale then.
    let scales: QuantizerScales

    init(_ form: LayerForm, _ datatype: Datatype) {
        tile = form.matrices?.m
        weightBits = datatype.quantize ? datatype.weights : nil
        activationBits = datatype.quantize ? datatype.activations : nil
        scales = datatype.quantize && form.isWinograd ? datatype.quantizerScales : .tensor
    }
}

extension Datatype {
    /// Which values share a scale, in the words of the operands.
    var quantizerScales: QuantizerScales {
        switch winogradScales {
        case .tensor: .tensor
        case .position: .position
        case .powerOfTwo: .powersOfTwo
        }
    }
}

/// A cache, and the key of a layer in it.
struct LayerShare {
    let cache: SimulationCache
    let key: LayerKey
    /// The layer that reads this one's outputs.
    let next: LayerKey?
}
