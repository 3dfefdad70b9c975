import Files
import Hardware
import Testing
import Traces

@testable import Engine

@Suite struct LayerFormTests {
    /// A 3 x 3 convolution with weight densities in a domain.
    private func layer(
        _ domain: Domain = .spatial, tile: Int? = nil, operation: Traces.Operation = .convolution,
        change: (inout LayerShape) -> Void = { _ in }
    ) -> Layer {
        var shape = LayerShape(channels: 20, filters: 4)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (11, 9, 3, 3)
        change(&shape)
        return Layer(
            name: "l", operation: operation, shape: shape, winograd: tile.map { WinogradModel(tile: $0) },
            weights: .density(1, domain, Spread()), activations: .density(1, .spatial, Spread()))
    }

    private func mapping(_ algorithm: AlgorithmChoice, tile: Int = 2, step: StepForm = .positions) -> Mapping {
        var mapping = Mapping()
        (mapping.algorithm, mapping.tile, mapping.step) = (algorithm, tile, step)
        return mapping
    }

    private func oneTap(_ shape: inout LayerShape) { (shape.kernelHeight, shape.kernelWidth) = (1, 1) }

    /// A note states why the requested algorithm was not possible.
    @Test func mappingAndLayerChooseTheAlgorithm() throws {
        let winograd = Algorithm.winograd(tile: 2, kernel: 3)
        let strided = layer { $0.strideHeight = 2 }
        for (layer, mapping, algorithm, note) in [
            (layer(), mapping(.auto), winograd, nil), (layer(), mapping(.winograd), winograd, nil),
            (layer(), mapping(.auto, tile: 4), .winograd(tile: 4, kernel: 3), nil),
            (layer(), mapping(.direct), .direct, nil), (strided, mapping(.direct), .direct, nil),
            (strided, mapping(.auto), .direct, "runs direct: its stride is 2x1, not 1"),
            (
                layer(), mapping(.winograd, tile: 7), .direct,
                "runs direct: F(7x7,3x3) has 9x9 positions, and a mask holds 64"
            ),
            (layer(change: oneTap), mapping(.winograd), .direct, nil),
            // Operands of the Winograd domain keep their tile.
            (layer(.winograd, tile: 4), mapping(.auto), .winograd(tile: 4, kernel: 3), nil),
            (layer(.winograd), mapping(.winograd), winograd, nil),
            (layer(tile: 4), mapping(.auto), winograd, nil),
        ] as [(Layer, Mapping, Algorithm, String?)] {
            let form = try LayerForm(layer, mapping: mapping)
            #expect(form.algorithm == algorithm && form.note == note, "\(form.algorithm), \(form.note ?? "no note")")
            #expect(form.isWinograd == (form.grid.edge > 1))
        }
        let linear = layer(operation: .linear) { $0 = LayerShape(channels: 7, filters: 3) }
        let form = try LayerForm(linear, mapping: mapping(.winograd))
        #expect(form.algorithm == .linear && form.note == nil)
    }

    @Test(arguments: [
        (
            Domain.winograd, AlgorithmChoice.direct, 2,
            "so it has no direct form: that would be a different function"
        ),
        (.winograd, .winograd, 4, "belongs to Winograd tiles of 2x2, and mapping.tile asks for 4x4"),
    ])
    func formsThatAreAnotherFunctionAreRefused(domain: Domain, algorithm: AlgorithmChoice, tile: Int, words: String) {
        let error = #expect(throws: InputError.self) {
            try LayerForm(layer(domain), mapping: mapping(algorithm, tile: tile))
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    /// Operands of the Winograd domain have no direct form.
    @Test func winogradOperandsThatCannotRunAreRefused() {
        let strided = layer(.winograd) { $0.strideHeight = 2 }
        let error = #expect(throws: InputError.self) { try LayerForm(strided, mapping: mapping(.auto)) }
        #expect(
            error?.message == "layer 'l' lives in the Winograd domain, where it cannot run: its stride is 2x1, not 1")
    }

    /// Positions of one channel, or channels at one position, cut as in the table of page `Workload`.
    @Test func stepsHoldPositionsOrChannels() throws {
        for (layer, mapping, width, slices, steps) in [
            (layer(), mapping(.auto), 16, 20, 20), (layer(), mapping(.auto, step: .channels), 16, 2, 2 * 16),
            (layer(), mapping(.direct), 9, 20, 20), (layer(change: oneTap), mapping(.direct), 16, 2, 2),
            (layer { ($0.kernelHeight, $0.kernelWidth) = (9, 8) }, mapping(.direct), 36, 20, 40),
        ] as [(Layer, Mapping, Int, Int, Int)] {
            let layout = StepLayout(try LayerForm(layer, mapping: mapping), mapping: mapping)
            #expect(layout.width == width && layout.slices == slices && layout.steps == steps)
            #expect(layout.lanes.reduce(0, +) == layout.channels * layout.positions)
            for channel in 0..<layout.channels {
                for position in 0..<layout.positions {
                    let (step, bit) = layout.place(channel: channel, position: position)
                    let slice = layout.slice(ofStep: step)
                    #expect(layout.positions(ofStep: step).contains(position) && bit < layout.lanes[step])
                    #expect(channel / layout.channelsOfSlice == slice && layout.steps(ofSlice: slice).contains(step))
                }
            }
        }
    }
}
