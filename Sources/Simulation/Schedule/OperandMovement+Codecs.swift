import Hardware

/// What encoders and decoders do: an encoder looks at every value and keeps the non-zero ones behind a mask, a decoder puts the
/// kept ones back to their places. One stands wherever two neighbours on an operand's way hold values differently.
extension OperandMovement {
    /// - Parameter transforms: where the input transform of the layer stands; nil where it has none.
    mutating func countCodecs(_ groups: [ChannelGroup], transforms: Placement?, configuration: Configuration) {
        let skipping = configuration.peArray.zeroSkipping
        let inDRAM = groups.first?.inputSizes.inDRAM.encoding ?? .dense
        let inBuffer = groups.first?.inputSizes.inBuffer.encoding ?? .dense
        // Weights come encoded as the buffer holds them.
        weights.send(from: configuration.weightBuffer.encoding, isMasked: skipping.masksWeights)
        switch transforms {
        case .load?:
            if inDRAM == .bitmask { inputs.decoded += inputs.moved.nonZeros }
            if inBuffer == .bitmask { inputs.encoded += inputs.written }
            inputs.send(from: inBuffer, isMasked: skipping.masksActivations)
        case .read?:
            if inDRAM == .bitmask { inputs.decoded += inputs.moved.nonZeros }
            if skipping.masksActivations { inputs.encoded += inputs.broadcast }
        case nil:
            if inDRAM == .bitmask && inBuffer == .dense { inputs.decoded += inputs.moved.nonZeros }
            if inDRAM == .dense && inBuffer == .bitmask { inputs.encoded += inputs.written }
            inputs.send(from: inBuffer, isMasked: skipping.masksActivations)
        }
    }
}

extension OperandActivity {
    /// From a buffer to the array, which wants a mask of the operands that it skips by.
    fileprivate mutating func send(from encoding: Encoding, isMasked: Bool) {
        switch (encoding, isMasked) {
        case (.dense, true): encoded += read
        case (.bitmask, false): decoded += read.nonZeros
        case (.dense, false), (.bitmask, true): break
        }
    }
}
