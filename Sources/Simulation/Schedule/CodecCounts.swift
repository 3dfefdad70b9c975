import Hardware

/// What encoders and decoders do: an encoder looks at every value and keeps the non-zero ones behind a mask, a decoder puts the
/// kept ones back to their places. One stands wherever two neighbours on an operand's way hold values differently.
struct CodecCounts {
    private(set) var encoded = ValueCount()
    private(set) var decoded = 0

    /// - Parameters:
    ///   - transforms: where the input transform of the layer stands; nil where it has none.
    ///   - outputs: real outputs, and those of them that the next layer's density makes non-zero.
    init(
        _ movement: OperandMovement, inputs: [InputSizes], transforms: Placement?, outputs: ValueCount,
        configuration: Configuration
    ) {
        let skipping = configuration.peArray.zeroSkipping
        let inDRAM = inputs.first?.inDRAM.encoding ?? .dense
        let inBuffer = inputs.first?.inBuffer.encoding ?? .dense
        // Weights come encoded as the buffer holds them.
        send(movement.weights, from: configuration.weightBuffer.encoding, isMasked: skipping.masksWeights)
        switch transforms {
        case .load?:
            if inDRAM == .bitmask { decoded += movement.inputs.moved.nonZeros }
            if inBuffer == .bitmask { encoded += movement.inputs.written }
            send(movement.inputs, from: inBuffer, isMasked: skipping.masksActivations)
        case .read?:
            if inDRAM == .bitmask { decoded += movement.inputs.moved.nonZeros }
            if skipping.masksActivations { encoded += movement.inputs.broadcast }
        case nil:
            if inDRAM == .bitmask && inBuffer == .dense { decoded += movement.inputs.moved.nonZeros }
            if inDRAM == .dense && inBuffer == .bitmask { encoded += movement.inputs.written }
            send(movement.inputs, from: inBuffer, isMasked: skipping.masksActivations)
        }
        if configuration.mapping.activationStorage == .bitmask { encoded += outputs }
    }

    /// From a buffer to the array, which wants a mask of the operands that it skips by.
    private mutating func send(_ operand: OperandActivity, from encoding: Encoding, isMasked: Bool) {
        switch (encoding, isMasked) {
        case (.dense, true): encoded += operand.read
        case (.bitmask, false): decoded += operand.read.nonZeros
        case (.dense, false), (.bitmask, true): break
        }
    }
}
