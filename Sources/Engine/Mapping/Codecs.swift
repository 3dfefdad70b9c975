import Hardware

/// What encoders and decoders do: one stands wherever two neighbours on an operand's way store values in different encodings. An encoder
/// examines every value and keeps the non-zero ones; a decoder puts stored ones back to their places.
extension OperandMovement {
    /// - Parameter transforms: where the input transform stands on the way from DRAM; nil where there is none.
    mutating func countCodecs(_ groups: [ChannelGroup], transforms: Placement?, configuration: Configuration) {
        let skipping = configuration.peArray.zeroSkipping
        let inDRAM = groups.first?.inputSizes.inDRAM.encoding ?? .dense
        let inBuffer = groups.first?.inputSizes.inBuffer.encoding ?? .dense
        let (sentWeights, sentInputs) = (skipping.sentWeights, skipping.sentActivations)
        // Weights come encoded as the buffer holds them.
        weights.convert(weights.read, from: configuration.weightBuffer.encoding, to: sentWeights)
        switch transforms {
        case .load?:
            inputs.convert(inputs.moved, from: inDRAM, to: .dense)
            inputs.convert(inputs.written, from: .dense, to: inBuffer)
            inputs.convert(inputs.read, from: inBuffer, to: sentInputs)
        case .read?:
            inputs.convert(inputs.moved, from: inDRAM, to: .dense)
            inputs.convert(inputs.broadcast, from: .dense, to: sentInputs)
        case nil:
            if inDRAM != inBuffer {
                inputs.convert(inputs.moved, from: inDRAM, to: .dense)
                inputs.convert(inputs.written, from: .dense, to: inBuffer)
            }
            inputs.convert(inputs.read, from: inBuffer, to: sentInputs)
        }
    }
}

extension OperandLedger {
    /// Counts what turns values from one encoding into another: a decoder where the first leaves out zeros, an encoder where the
    /// second does. From any of the others into a mask the stored values stay packed, and only their places are worked out.
    fileprivate mutating func convert(_ count: ValueCount, from: Encoding, to: Encoding) {
        if from == to { return }
        if !from.keepsZeros { decoded += from.stored(of: count).values }
        if !to.keepsZeros && (from.keepsZeros || to != .bitmask) { encoded += count }
    }
}

extension ZeroSkipping {
    /// How weights go to the array and lie in its FIFOs: what is skipped by comes as a mask and the non-zero values.
    public var sentWeights: Encoding { masksWeights ? .bitmask : .dense }

    /// How activations do.
    public var sentActivations: Encoding { masksActivations ? .bitmask : .dense }
}
