import Engine
import Hardware
import Traces

/// Encoders and decoders between neighbours that store values in different encodings. An encoder compares every value with zero and
/// packs the others; a decoder moves them back to their places.
struct Codecs: EnergyComponent {
    private static let encoder = Component(
        "encoder", "examines values and packs those that are not zero",
        keys: "weight_buffer.encoding", "input_buffer.encoding", "mapping.activation_storage")
    private static let decoder = Component(
        "decoder", "puts stored values back to their places",
        keys: "weight_buffer.encoding", "input_buffer.encoding", "mapping.activation_storage")
    static let parts = [encoder, decoder]

    let book: FigureBook
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let sides = [
            ("weight", activity.weights.encoded, activity.weights.decoded, shape.datatype.weights),
            ("input", activity.inputs.encoded, activity.inputs.decoded, shape.datatype.activations),
            ("output", activity.outputs.encoded, 0, shape.datatype.activations),
        ]
        var entries: [EnergyEntry] = []
        for (operand, encoded, decoded, width) in sides {
            let compare = book.energy(.compare, width: Double(width))
            let move = book.energy(.shift, width: Double(width))
            if encoded.values > 0 {
                entries += [
                    entry(Self.encoder, "test_\(operand)", encoded.values, compare),
                    entry(Self.encoder, "pack_\(operand)", encoded.nonZeros, move),
                ]
            }
            if decoded > 0 { entries.append(entry(Self.decoder, "unpack_\(operand)", decoded, move)) }
        }
        return entries
    }

    private func entry(_ component: Component, _ action: String, _ count: Int, _ figure: EnergyFigure) -> EnergyEntry {
        EnergyEntry(component: component.name, action: action, count: count, figure: figure, family: .logic)
    }

    /// Lanes of an encoder are as many as values can come in a cycle: out of the transforms, or at the buffer's bandwidth.
    var areas: [AreaEntry] {
        let configuration = shape.configuration
        let datatype = shape.datatype
        let skipping = shape.array.zeroSkipping
        var encoders = 0
        var decoders = 0
        func atBandwidth(_ buffer: OperandBuffer, _ bits: Int) -> Int { buffer.bandwidth.count * 8 / bits }
        let input = configuration.inputBuffer
        let storage = configuration.mapping.activationStorage
        let isStoragePacked = !storage.keepsZeros
        let storesTiles = storage == .transformed
        if let matrices = shape.matrices {
            let transform = configuration.inputTransform
            let values = (transform.units * matrices.n * matrices.n + transform.interval - 1) / transform.interval
            // Tiles are packed where they are made, whatever the buffer's encoding.
            if transform.placement == .load ? storesTiles || !input.encoding.keepsZeros : skipping.masksActivations {
                encoders += values
            }
            if isStoragePacked && !storesTiles { decoders += values }
        }
        if isStoragePacked && (storesTiles || shape.matrices == nil) && input.encoding != storage.encoding {
            decoders += atBandwidth(input, datatype.activations)
            if !input.encoding.keepsZeros { encoders += atBandwidth(input, datatype.activations) }
        }
        for (buffer, bits, sent) in [
            (configuration.weightBuffer, datatype.weights, skipping.sentWeights),
            (input, datatype.activations, skipping.sentActivations),
        ] where buffer.encoding != sent {
            if buffer.encoding.keepsZeros {
                encoders += atBandwidth(buffer, bits)
            } else {
                decoders += atBandwidth(buffer, bits)
            }
        }
        if isStoragePacked {
            let output = configuration.outputTransform
            let perUnit = shape.matrices.map { $0.m * $0.m } ?? 1
            encoders += (output.units * perUnit + output.interval - 1) / output.interval
        }
        let width = Double(datatype.activations)
        return [
            AreaEntry(
                component: Self.encoder.name, part: "comparator", count: encoders,
                figure: book.area(.compare, width: width)),
            AreaEntry(
                component: Self.encoder.name, part: "shifter", count: encoders, figure: book.area(.shift, width: width)),
            AreaEntry(
                component: Self.decoder.name, part: "shifter", count: decoders, figure: book.area(.shift, width: width)),
        ].filter { $0.count > 0 }
    }
}
