import Hardware

/// The streams that bring the operands of bundles to the array (page `Fetch`).
struct OperandFetch {
    private var weights: FetchStream
    private var inputs: FetchStream
    /// The transform behind the input buffer, where the layer has one.
    private var transform: FetchStream?
    private let transformInterval: Int
    private let prefetch: PerOperand<Int>
    /// The issues of the last bundles.
    private var issues: [Int]
    private var bundle = 0

    init(_ configuration: Configuration, transformsOnRead: Bool) {
        let (weightBuffer, inputBuffer) = (configuration.weightBuffer, configuration.inputBuffer)
        weights = FetchStream(rate: weightBuffer.bandwidth.count, port: configuration.port(weightBuffer).count)
        inputs = FetchStream(rate: inputBuffer.bandwidth.count, port: configuration.port(inputBuffer).count)
        let input = configuration.inputTransform
        transform = transformsOnRead ? FetchStream(rate: input.units, startLatency: input.latency) : nil
        transformInterval = input.interval
        prefetch = PerOperand(weights: weightBuffer.prefetch, inputs: inputBuffer.prefetch)
        issues = [Int](repeating: -1, count: max(prefetch.weights, prefetch.inputs))
    }

    /// Fetches the operands of a bundle, which waits for them.
    ///
    /// - Parameters:
    ///   - bytes: bytes that the bundle reads of each buffer.
    ///   - tiles: tiles of one channel that are transformed behind the buffer.
    ///   - ready: when the last byte of each operand is on chip.
    @inline(__always)
    mutating func fetch(
        _ bytes: PerOperand<Int>, tiles: Int, ready: (weights: Int, inputs: InputTransformQueue.Ready),
        for time: inout IssueTime
    ) {
        let fetchedWeights = weights.fetch(bytes.weights, after: issue(prefetch.weights), ready: ready.weights)
        time.wait(until: fetchedWeights, for: weights.waitedForMemory ? .dramWeights : .weightFetch)
        let inputIssue = issue(prefetch.inputs)
        // Without a byte to fetch the first bundle still takes cycle 0.
        let fetchedInputs = max(0, inputs.fetch(bytes.inputs, after: inputIssue, ready: ready.inputs.cycle))
        let arrival: CycleHolder = ready.inputs.waited ? .inputTransform : .dramInputs
        time.wait(until: fetchedInputs, for: inputs.waitedForMemory ? arrival : .inputFetch)
        // The transform behind the buffer works on the same inputs as their fetch.
        if let transformed = transform?.fetch(tiles * transformInterval, after: inputIssue, ready: ready.inputs.cycle) {
            time.wait(
                until: transformed, for: transform?.waitedForMemory == true ? .dramInputs : .inputTransform)
        }
    }

    /// The bundle that was fetched last has been issued.
    @inline(__always)
    mutating func issued(at cycle: Int) {
        issues[bundle % issues.count] = cycle
        bundle += 1
    }

    /// Bundles so far.
    var bundles: Int { bundle }

    /// Tiles of one channel that were transformed behind the input buffer.
    var tilesTransformed: Int { (transform?.work ?? 0) / transformInterval }

    /// What the buffers delivered.
    func count(_ weightLedger: inout OperandLedger, _ inputLedger: inout OperandLedger) {
        weights.count(&weightLedger)
        inputs.count(&inputLedger)
    }

    /// The issue of the bundle that lies so many before the current one.
    @inline(__always)
    private func issue(_ distance: Int) -> Int { bundle < distance ? -1 : issues[(bundle - distance) % issues.count] }
}

extension FetchStream {
    fileprivate func count(_ ledger: inout OperandLedger) {
        ledger.bufferReadBytes = work
        ledger.bufferReads = accesses
    }
}
