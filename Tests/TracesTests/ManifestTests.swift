import Files
import Foundation
import Testing

@testable import Traces

@Suite struct ManifestTests {
    @Test func everythingIsRead() throws {
        let folder = try TraceFolder()
        let trace = try folder.load(TraceFolder.manifest)
        #expect(trace.model == "test" && trace.seed == 7 && trace.description.isEmpty)
        #expect(trace.path == folder.file("trace.yaml"))
        #expect(trace.digest == (try sha256(ofFiles: [folder.file("trace.yaml"), folder.file("t.safetensors")])))
        let layer = trace.layers[0]
        var shape = LayerShape(channels: 4, filters: 8)
        (shape.batch, shape.height, shape.width) = (2, 6, 5)
        (shape.kernelHeight, shape.kernelWidth, shape.groups) = (3, 3, 2)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        #expect(layer.name == "conv1" && layer.shape == shape && layer.relu == .winograd)
        #expect(layer.winograd?.tile == 2 && layer.winograd?.matrices == nil)
        #expect(layer.weights.domain == .winograd && layer.outputs?.name == "conv1.output")
        #expect(layer.mark?.line == 6)
        guard case .tensor(let input, .spatial) = layer.activations else {
            Issue.record("activations are no tensor")
            return
        }
        #expect(input.tensor.shape == [2, 4, 6, 5] && input.mark?.line == 14)
        let linear = trace.layers[1]
        shape = LayerShape(channels: 12, filters: 5)
        shape.batch = 2
        #expect(linear.operation == .linear && linear.shape == shape && linear.relu == .none)
        guard case .density(0.5, .spatial, let spread) = linear.weights else {
            Issue.record("weights are no density")
            return
        }
        var filters = Spread()
        filters.filters = 0.1
        #expect(spread == filters)
    }

    @Test func defaultsAreThoseOfAPlainConvolution() throws {
        let folder = try TraceFolder()
        let trace = try folder.load(
            """
            format: winosim-trace/1
            model: 3
            seed: -2
            description: a line
            source: {exporter: hand, version: 1}
            layers:
              - {name: a, operation: convolution, input: {channels: 4, height: 6, width: 5}, output: {channels: 8},
                 weights: {density: 1}, activations: {density: 0}}
              - {name: b, operation: linear, input: {channels: 4}, output: {channels: 8}, weights: {density: 1},
                 activations: {density: 0}}
              - {name: c, operation: convolution, input: {channels: 4, height: 6, width: 5}, output: {channels: 8},
                 kernel: [3, 2], weights: {density: 1}, activations: {density: 0}}
            """)
        #expect(trace.seed == .max - 1 && trace.model == "3" && trace.description == "a line")
        var shape = LayerShape(channels: 4, filters: 8)
        #expect(trace.layers[1].shape == shape)
        (shape.height, shape.width) = (6, 5)
        #expect(trace.layers[0].shape == shape)
        (shape.kernelHeight, shape.kernelWidth) = (3, 2)
        #expect(trace.layers[2].shape == shape)
        #expect(trace.layers.allSatisfy { $0.relu == .none && $0.winograd == nil && $0.outputs == nil })
    }

    /// The exporter's list of omitted operations is kept; for another batch their numbers are unknown.
    @Test func whatIsNotExportedIsKept() throws {
        let folder = try TraceFolder()
        let entries =
            "[{name: up, operation: ConvTranspose2d, multiplications: 9007199254740993}, {name: a b, operation: c}]"
        let text = TraceFolder.manifest.replacing("seed: 7", with: "seed: 7\nnot_exported: \(entries)")
        let large = NotExported(name: "up", operation: "ConvTranspose2d", multiplications: 9_007_199_254_740_993)
        let unknown = NotExported(name: "a b", operation: "c")
        #expect(try folder.load(text).notExported == [large, unknown])
        #expect(try folder.load(TraceFolder.manifest).notExported.isEmpty)
        let drawn = try folder.load(
            """
            format: winosim-trace/1
            model: m
            not_exported: \(entries)
            layers:
              - {name: a, operation: linear, input: {channels: 4}, output: {channels: 8}, weights: {density: 1},
                 activations: {density: 0}}
            """)
        #expect(try drawn.with(batch: 1).notExported == [large, unknown])
        #expect(
            try drawn.with(batch: 2).notExported == [NotExported(name: "up", operation: "ConvTranspose2d"), unknown])
    }

    @Test func pairsAreHeightThenWidth() throws {
        let folder = try TraceFolder()
        let trace = try folder.load(
            """
            format: winosim-trace/1
            model: m
            layers:
              - name: a
                operation: convolution
                input: {channels: 4, height: 9, width: 12}
                output: {channels: 8, height: 4, width: 6}
                kernel: {height: 2, width: 3, stride: [3, 2], padding: [1, 2], dilation: [1, 2]}
                weights: {density: 1}
                activations: {density: 0}
            """)
        let shape = trace.layers[0].shape
        #expect(shape.strideHeight == 3 && shape.strideWidth == 2 && shape.paddingHeight == 1)
        #expect(shape.paddingWidth == 2 && shape.dilationHeight == 1 && shape.dilationWidth == 2)
    }

    @Test func matricesMayBeFractions() throws {
        let folder = try TraceFolder()
        let text = TraceFolder.manifest.replacing(
            "winograd: {tile: 2}",
            with: "winograd: {tile: 2, g: [[1, 0, 0], [\"1/2\", 1/2, 0.5], [1/2, -1/2, 1/2], [0, 0, 1]]}")
        let matrices = try folder.load(text).layers[0].winograd?.matrices
        #expect(matrices == (try .cookToom(m: 2, r: 3)))
        // Fractions and decimals are kept exactly; a rounded decimal of a sixth is not a sixth.
        let sixth = [1, 6].map { "1/\($0)" }.joined(separator: ", ")
        let exact = TraceFolder.manifest.replacing(
            "winograd: {tile: 2}",
            with: "winograd: {g: [[0.3, 0, 0], [\(sixth), 0.25], [0.1666666667, 0, 0], [0, 0, 1]]}")
        let g = try #require(try folder.load(exact).layers[0].winograd?.matrices?.g)
        #expect(g.scales == [10, 12, 1, 1])
        #expect(g.scaled == [3, 0, 0, 12, 2, 3, 0.1666666667, 0, 0, 0, 0, 1])
        // Weights trained with other signs than those of a convolution.
        let odd = TraceFolder.manifest.replacing(
            "winograd: {tile: 2}", with: "winograd: {at: [[1, 1, 1, 0], [0, 1, -1, 1]]}")
        let layer = try folder.load(odd).layers[0]
        #expect(layer.winograd?.matrices?.computesConvolution == false)
        #expect(try layer.matrices(tile: 2).at[1, 3] == 1)
        #expect(try layer.matrices(tile: 4) == .cookToom(m: 4, r: 3))
    }

    @Test func linearTensorsComeInSeveralShapes() throws {
        let folder = try TraceFolder()
        let text = TraceFolder.manifest.replacing(
            "weights: {density: 0.5, spread: {filters: 0.1}}", with: "weights: {tensor: fc.weight}")
        #expect(folder.outcome(text) == "loaded 2 layers")
    }

    @Test func masksAreRead() throws {
        let folder = try TraceFolder()
        let text = TraceFolder.manifest.replacing("{tensor: conv1.weight, domain: winograd}", with: "{mask: mask}")
        guard case .mask(let mask) = try folder.load(text).layers[0].weights else {
            Issue.record("weights are no mask")
            return
        }
        #expect(mask.tensor.words() == [1, 2, 3, 4])
    }

    @Test func emptyAndMissingManifestsAreRefused() throws {
        let folder = try TraceFolder()
        #expect(
            folder.outcome("format: winosim-trace/1\nmodel: m\nlayers: []\n")
                == "3:9: the list of layers is empty, expected at least one")
        #expect(throws: FileError.self) { try Trace.load(path: folder.file("none.yaml")) }
    }

    /// Damaged bytes, lines and numbers: loading returns or throws an error with a place, and never traps.
    @Test func mutationsNeverTrap() throws {
        let folder = try TraceFolder()
        let valid = Array(TraceFolder.manifest.utf8)
        let numbers = ["0", "-1", "1", "9223372036854775807", "1099511627776", "1e3", "0.5", "[1, 2]", "~", "{}"]
        var loaded = 0
        for seed in 0..<2500 as Range<UInt64> {
            let random = SplitMix64(seed: seed)
            var draws = 0
            func pick(_ count: Int) -> Int {
                draws += 1
                return Int(random.output(draws) % UInt64(count))
            }
            var bytes = valid
            for _ in 0..<pick(3) + 1 {
                switch pick(4) {
                case 0: bytes[pick(bytes.count)] = UInt8(pick(256))
                case 1: bytes.remove(at: pick(bytes.count))
                case 2:
                    let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
                    let place = digits[pick(digits.count)]
                    bytes.replaceSubrange(place...place, with: Array(numbers[pick(numbers.count)].utf8))
                default:
                    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
                    lines.swapAt(pick(lines.count), pick(lines.count))
                    bytes = Array(lines.joined(separator: [0x0A]))
                }
            }
            do {
                let path = folder.file("trace.yaml")
                if seed == 0 { try AtomicFile.write(valid, to: path) }
                _ = try Trace.read(bytes, path: path)
                loaded += 1
            } catch let error as InputError {
                #expect(error.mark != nil, "seed \(seed): \(error)")
            } catch is FileError {
                continue
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
        #expect(loaded > 50 && loaded < 1500, "\(loaded)")
    }
}
