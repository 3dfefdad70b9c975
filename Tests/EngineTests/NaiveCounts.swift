import Hardware

/// The counts of the energy model, value by value (page `Components`).
extension NaiveMachine {
    mutating func count(_ name: String, _ number: Int) { result.counts[name, default: 0] += number }

    /// Under Winograd with a step of positions, each product of a pair has an accumulator of its own.
    var updatesEveryProduct: Bool { workload.accumulators > 1 && configuration.mapping.step == .positions }

    /// Counts buffers, buses, FIFOs, encoders and decoders, and omitted products, when a bundle is issued.
    mutating func countBundle(_ bundle: Bundle, _ pass: Pass) {
        let skipping = configuration.peArray.zeroSkipping
        let skipsWeights = skipping == .both || skipping == .weights
        let skipsActivations = skipping == .both || skipping == .activations
        let filters = Array(pass.rows.joined())
        for isNonZero in workload.weightVectors(pass.group, bundle.steps, filters).joined() {
            countSent("weights", isNonZero, copies: pass.columns.count)
        }
        let weights = buffers.weights(pass.group, bundle.steps, filters)
        countRead("weight", weights, .weights)
        countToArray("weights", weights, from: buffers.weightEncoding, isSkipped: skipsWeights)
        for step in bundle.steps {
            for tile in pass.columns.joined() {
                for bit in workload.operands[step] {
                    let isNonZero = workload.activations[pass.group][step][tile] >> UInt64(bit) & 1 == 1
                    countSent("inputs", isNonZero, copies: pass.rows.count)
                    if isBehindTransform && skipsActivations { countEncoded("inputs", isNonZero) }
                }
            }
        }
        let inputs = buffers.inputs(pass.group, bundle.steps, Array(pass.columns.joined()))
        countRead("input", inputs, .inputs)
        if !isBehindTransform {
            countToArray("inputs", inputs, from: buffers.inputEncoding, isSkipped: skipsActivations)
        }
    }

    private mutating func countRead(_ name: String, _ stored: NaiveStored, _ operand: NaiveOperand) {
        for isNonZero in stored.values { count(isNonZero ? "\(name)s read" : "zero \(name)s read", 1) }
        count("\(name) mask bits read", stored.indexBits)
        count("\(name) buffer bytes", stored.bytes)
        count("\(name) buffer reads", accesses(stored.bytes, operand))
    }

    /// The encoder or decoder between a buffer and the array. The array takes a bitmask of operands that it skips by,
    /// or all values.
    private mutating func countToArray(
        _ operand: String, _ stored: NaiveStored, from encoding: NaiveEncoding, isSkipped: Bool
    ) {
        switch (encoding, isSkipped) {
        case (.dense, false), (.bitmask, true): break
        case (.dense, true): for isNonZero in stored.values { countEncoded(operand, isNonZero) }
        // Padding is also a stored value.
        default: count("\(operand) decoded", stored.values.count)
        }
    }

    /// Whether a transform between buffer and array makes the array's inputs.
    private var isBehindTransform: Bool {
        workload.accumulators > 1 && configuration.inputTransform.placement == .read
    }

    private mutating func countSent(_ operand: String, _ isNonZero: Bool, copies: Int) {
        count("\(operand) broadcast", 1)
        count("\(operand) queued", copies)
        guard isNonZero else { return }
        count("non-zero \(operand) broadcast", 1)
        count("non-zero \(operand) queued", copies)
    }

    private mutating func countEncoded(_ operand: String, _ isNonZero: Bool) {
        count("\(operand) encoded", 1)
        if isNonZero { count("non-zero \(operand) encoded", 1) }
    }

    private func accesses(_ bytes: Int, _ operand: NaiveOperand) -> Int {
        ceilDivide(bytes, configuration.naivePort(operand))
    }

    /// Counts what was moved from DRAM, written into buffers, encoded and decoded, and the banks of a shared buffer.
    mutating func countLoads() {
        count("weight banks", split?[.weights] ?? 0)
        count("input banks", split?[.inputs] ?? 0)
        for (operand, chunk) in loads.map({ ($0.operand, $0.chunk) }) + everything {
            let name = operand == .weights ? "weight" : "input"
            count("\(name)s moved", chunk.moved)
            count("non-zero \(name)s moved", chunk.moved - chunk.movedZeros)
            count("\(name) mask bits moved", chunk.movedIndexBits)
            count("\(name)s written", chunk.held.count)
            let written = chunk.held.filter { $0 }.count
            count("non-zero \(name)s written", written)
            count("\(name) buffer writes", accesses(chunk.heldBytes, operand))
            guard operand == .inputs else { continue }
            // A bitmask in DRAM and one in the buffer need no codec between them, except around a transform.
            let isTransformed = workload.accumulators > 1 && !workload.storesTiles
            let staysEncoded = !isTransformed && !workload.movesAllInputs && buffers.inputEncoding == .bitmask
            if !workload.movesAllInputs && !staysEncoded { count("inputs decoded", chunk.moved - chunk.movedZeros) }
            if buffers.inputEncoding != .dense && !staysEncoded {
                count("inputs encoded", chunk.held.count)
                count("non-zero inputs encoded", written)
            }
        }
        let jobs = loads.reduce(0) { $0 + $1.chunk.jobs.count }
        let broadcast = bundles.reduce(0) { $0 + $1.steps.count * passes[$1.pass].columns.joined().count }
        let once = workload.tilesOfChannels
        count("input tiles transformed", workload.transformsOnRead ? broadcast : jobs > 0 ? jobs : once)
    }

    /// Accumulators, outputs and the output buffer.
    mutating func countOutputs() {
        let perUnit =
            configuration.mapping.algorithm == .direct ? 1 : configuration.mapping.tile * configuration.mapping.tile
        let transform = configuration.outputTransform
        let bitsPerCycle = ceilDivide(
            transform.units * perUnit * configuration.datatype.activations, transform.interval)
        let port = ceilDivide(bitsPerCycle, 8 * configuration.outputBuffer.banks)
        for pass in passes {
            let filters = pass.rows.joined().count
            count("accumulators drained", filters * pass.columns.joined().count * workload.accumulators)
            count("output buffer writes", ceilDivide(pass.outputBytes, port))
            let outputs = filters * pass.columns.joined().reduce(0) { $0 + workload.outputs($1) }
            count("outputs", outputs)
        }
        if configuration.mapping.activationStorage != .dense {
            let encoded = workload.next.values(result.counts["outputs"] ?? 0)
            count("outputs encoded", encoded.all)
            count("output mask bits", encoded.all)
            count("non-zero outputs encoded", encoded.nonZeros)
        }
        for group in workload.weights.indices { countLeftOut(group) }
    }

    /// Counts products that no PE executes, and values that no fetch reads.
    private mutating func countLeftOut(_ group: Int) {
        for weights in workload.weights[group] {
            for step in weights.indices {
                for activations in workload.activations[group][step] {
                    for bit in workload.operands[step] {
                        let w = weights[step] >> UInt64(bit) & 1 == 1
                        let a = activations >> UInt64(bit) & 1 == 1
                        let isExecuted =
                            switch configuration.peArray.zeroSkipping {
                            case .both: w && a
                            case .weights: w
                            case .activations: a
                            case .none: true
                            }
                        if !isExecuted { count("products skipped", 1) }
                    }
                }
            }
        }
        for pass in passes where pass.group == group {
            let filters = pass.rows.joined().count
            let tiles = Array(pass.columns.joined())
            for step in workload.activations[group].indices {
                count("weights of the algorithm", filters * workload.operands[step].count)
                count("inputs of the algorithm", workload.inputVectors(group, [step], tiles).joined().count)
                // Without skipping, the products of a step that is left out are skipped too.
                guard configuration.peArray.zeroSkipping == .none || configuration.peArray.zeroSkipping == .activations,
                    !pass.steps.contains(step)
                else { continue }
                for tile in tiles {
                    let mask = workload.activations[group][step][tile]
                    let executed =
                        configuration.peArray.zeroSkipping == .none
                        ? workload.operands[step].count : mask.nonzeroBitCount
                    count("products skipped", filters * executed)
                }
            }
        }
    }
}
