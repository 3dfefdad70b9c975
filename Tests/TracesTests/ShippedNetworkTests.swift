import Files
import Foundation
import TestSupport
import Testing

@testable import Traces

/// The networks of `Traces/networks`, against counts that were made without this program.
@Suite struct ShippedNetworkTests {
    private static let folder = "\(repository)/Traces/networks"

    /// A row of `macs.csv`. A PyTorch model of each network, written from the same publication, was run on the meta device, and the
    /// sizes of its convolutions and products were multiplied.
    struct Pin: Sendable, CustomTestStringConvertible {
        let network: String
        let resolution: Int
        let batch: Int
        let macs: Int
        let layers: Int
        let published: String

        var testDescription: String { "\(network) at \(resolution), batch \(batch)" }
    }

    static let pins: [Pin] = {
        guard let text = try? String(contentsOfFile: "\(folder)/macs.csv", encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst().enumerated().compactMap { index, line in
            guard let record = try? CSVRecord(line: String(line), number: index + 2, file: "macs.csv") else {
                return nil
            }
            let numbers = [2, 3, 4, 5].compactMap { Int(record.text($0)) }
            guard numbers.count == 4, record.fields.count == 9 else { return nil }
            return Pin(
                network: record.text(0), resolution: numbers[0], batch: numbers[1], macs: numbers[2],
                layers: numbers[3], published: record.text(6))
        }
    }()

    private static var library: NetworkLibrary {
        get throws {
            NetworkLibrary(
                try TraceLibrary(
                    directory: "\(repository)/Traces", environment: [:], executable: nil, workingDirectory: "/"))
        }
    }

    private func table(_ name: String) throws -> NetworkTable {
        let path = try #require(try Self.library.path(of: name))
        return try NetworkTable(csv: String(contentsOfFile: path, encoding: .utf8), file: path)
    }

    private func network(_ name: String, batch: Int = 1, _ edge: Int? = nil) throws -> NetworkShapes {
        try NetworkShapes(
            table(name), batch: batch, resolution: edge.map { NetworkResolution(height: $0, width: $0) })
    }

    private func operation(_ name: String, of network: NetworkShapes) throws -> StandaloneOperation {
        try #require(network.graph.operations.first { $0.name == name })
    }

    private func shape(_ name: String, of network: NetworkShapes) throws -> LayerShape {
        try #require(network.layers.rows.first { $0.name == name }).shape
    }

    @Test func everyLineIsReadAndEveryNetworkIsPinned() throws {
        let lines = try String(contentsOfFile: "\(Self.folder)/macs.csv", encoding: .utf8).split(separator: "\n")
        #expect(Self.pins.count == lines.count - 1)
        let names = try Self.library.names
        #expect(names.count == 16 && Set(Self.pins.map(\.network)) == Set(names))
        for name in names {
            let own = try network(name)
            let shape = try #require(own.graph.inputs.first).shape
            let edge = shape.count == 4 ? shape[2] : shape[1]
            // Each at its own resolution, at another one, and with another batch.
            let pins = Self.pins.filter { $0.network == name }
            #expect(
                pins.contains { $0.resolution == edge && $0.batch == 1 && $0.macs == own.denseMultiplies }, "\(name)")
            #expect(pins.contains { $0.resolution != edge } && pins.contains { $0.batch != 1 }, "\(name)")
        }
    }

    @Test(arguments: pins) func multiplicationsAreThePinnedOnes(_ pin: Pin) throws {
        let network = try network(pin.network, batch: pin.batch, pin.resolution)
        #expect(network.denseMultiplies == pin.macs)
        #expect(network.layers.rows.count == pin.layers)
    }

    /// `4.09 G` is the integer over 10^9, rounded to the nearest at that many digits. Of `operations` a multiplication and its
    /// addition are two.
    @Test(arguments: pins.filter { !$0.published.isEmpty }) func publishedFiguresAreRoundings(_ pin: Pin) throws {
        let words = pin.published.split(separator: " ").map(String.init)
        let digits = words[0].split(separator: ".").dropFirst().first?.count ?? 0
        let unit = try #require(["M": 1_000_000, "G": 1_000_000_000][words[1]])
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let count = words.dropFirst(2).first == "operations" ? 2 * pin.macs : pin.macs
        let rounded = (count * scale + unit / 2) / unit
        #expect(rounded == Int(words[0].filter { $0 != "." }), "\(count) is published as \(pin.published)")
    }

    /// The manifest passes the check of the graph, in both domains, and holds what was asked for.
    @Test(arguments: pins.filter { $0.resolution <= 300 && ($0.batch > 1 || $0.resolution != 224) })
    func manifestsLoad(_ pin: Pin) throws {
        let network = try network(pin.network, batch: pin.batch, pin.resolution)
        for domain in [Domain.spatial, .winograd] {
            var settings = TraceSynthesizer.Settings(model: pin.network)
            (settings.weights, settings.activations) = (0.4, 0.5)
            (settings.weightDomain, settings.activationDomain) = (domain, domain)
            let trace = try TraceFolder().load(TraceSynthesizer.manifest(network, settings))
            #expect(trace.layers.reduce(0) { $0 + $1.shape.denseMultiplies } == pin.macs)
            #expect(trace.layers.map(\.inputs) == network.layers.rows.map(\.inputs))
            #expect(trace.layers.map(\.fused) == network.layers.rows.map(\.fused))
            #expect(trace.graph.outputs == network.graph.outputs && !trace.graph.outputs.isEmpty)
            #expect(trace.graph.operations.map(\.outputShapes) == network.graph.operations.map(\.outputShapes))
            #expect(trace.graph.inputs.map(\.shape) == network.graph.inputs.map(\.shape))
        }
    }

    /// Convolutions of VGG grow with the pixels, and its last layers see 7 x 7 always.
    @Test func resolutionScalesConvolutions() throws {
        let linear = 25088 * 4096 + 4096 * 4096 + 4096 * 1000
        let convolutions = try network("vgg-16").denseMultiplies - linear
        for factor in [2, 3] {
            #expect(try network("vgg-16", 224 * factor).denseMultiplies == convolutions * factor * factor + linear)
        }
        let wide = try NetworkShapes(table("vgg-16"), resolution: NetworkResolution(height: 224, width: 448))
        #expect(wide.denseMultiplies == convolutions * 2 + linear)
    }

    /// Of a sequence of L: four products of 768 x 768 and two of 768 x 3072 a row, and two of L x L x 768 in each of 12 layers.
    @Test(arguments: [1, 64, 128, 512]) func sequencesScaleAttention(_ length: Int) throws {
        let layer = length * (4 * 768 * 768 + 2 * 768 * 3072) + 2 * length * length * 768
        for batch in [1, 5] {
            let network = try network("bert-base", batch: batch, length)
            #expect(network.denseMultiplies == batch * (12 * layer + 768 * 768))
            #expect(try shape("layer.11.scores", of: network).groups == 12 * batch)
        }
    }

    @Test func graphsAreThoseOfTheModels() throws {
        let squeeze = try operation("features.3.cat", of: network("squeezenet-1.0", batch: 2))
        #expect(squeeze.inputs == ["features.3.expand1x1", "features.3.expand3x3"])
        #expect(
            squeeze.inputShapes == [[2, 64, 54, 54], [2, 64, 54, 54]] && squeeze.outputShapes == [[2, 128, 54, 54]])
        let google = try network("googlenet")
        #expect(try operation("pool1", of: google).outputShapes == [[1, 64, 56, 56]])
        #expect(try operation("inception_5b.concat", of: google).outputShapes == [[1, 1024, 7, 7]])
        let yolo = try network("yolov3-tiny")
        #expect(try operation("pool11", of: yolo).outputShapes == [[1, 512, 13, 13]])
        #expect(yolo.graph.outputs == ["conv15", "conv22"])
        #expect(try shape("conv21", of: yolo).channels == 384)
        let dense = try network("densenet-121")
        let norm = try operation("features.denseblock1.denselayer2.norm1", of: dense)
        #expect(norm.kind == .elementwise && norm.source == "batch_norm")
        #expect(norm.inputs == ["features.denseblock1.denselayer1.cat"] && norm.outputShapes == [[1, 96, 56, 56]])
        #expect(try shape("features.denseblock4.denselayer16.conv1", of: dense).channels == 992)
        #expect(try shape("classifier", of: dense).channels == 1024)
        let unet = try network("unet")
        let crop = try operation("up1.crop", of: unet)
        #expect(crop.inputs == ["down1.conv2"] && crop.outputShapes == [[1, 64, 392, 392]])
        #expect(try shape("head", of: unet).outputHeight == 388)
        let mobile = try network("mobilenet-v2").layers.rows
        #expect(mobile.filter { $0.fused.contains { $0.operation == "add" } }.count == 10)
        #expect(mobile.filter { $0.shape.groups > 1 }.count == 17)
        let residual = try network("resnet-50").layers.rows.filter { $0.fused.contains { $0.operation == "add" } }
        #expect(residual.count == 16)
        #expect(residual[0].name == "layer1.0.downsample.0" && residual[0].fused[1].input == "layer1.0.conv3")
        #expect(residual[1].name == "layer1.1.conv3" && residual[1].fused[1].input == "layer1.0.downsample.0")
        #expect(try shape("conv2", of: network("alexnet-227")).groups == 2)
    }

    /// The error names the operation whose map would be empty, and the smallest resolution that works.
    @Test(arguments: [
        ("vgg-16", 3, "vgg-16.csv:11:22: error: \"features.9\": the window spans 2 rows, the padded map has 1", 32),
        ("alexnet", 40, "\"features.12\": the window spans 3 rows, the padded map has", 63),
        ("unet", 100, "\"down5.conv1\": the kernel spans 3 rows, the padded input has 2", 188),
        ("yolov3-tiny", 420, "\"route20\" joins maps of 28 x 28 of \"upsample19\" and of 27 x 27 of \"conv8\"", 433),
    ])
    func resolutionsThatAreTooSmallAreNamed(_ name: String, _ edge: Int, _ expected: String, _ next: Int) throws {
        let text = try #require(throws: InputError.self) { try network(name, edge) }.description
        #expect(
            text.contains(expected) && text.contains("; the next larger resolution that works is \(next)\n"), "\(text)")
        #expect(throws: InputError.self) { try network(name, next - 1) }
        #expect(try network(name, next).layers.rows.isEmpty == false)
    }

    /// torchvision states the smallest resolution of its models as `min_size`.
    @Test(arguments: [
        ("alexnet", 63), ("vgg-16", 32), ("vgg-19", 32), ("squeezenet-1.0", 21), ("squeezenet-1.1", 17),
        ("densenet-121", 29), ("resnet-18", 1), ("resnet-50", 1), ("mobilenet-v2", 1),
    ])
    func smallestResolutionsAreThoseOfTheModels(_ name: String, _ least: Int) throws {
        #expect(try network(name, least).layers.rows.isEmpty == false)
        guard least > 1 else { return }
        let text = try #require(throws: InputError.self) { try network(name, 1) }.description
        #expect(text.contains("; the next larger resolution that works is \(least)\n"), "\(text)")
    }

    @Test func sequencesHaveOneLength() throws {
        let table = try table("bert-base")
        let text = try #require(throws: InputError.self) {
            try NetworkShapes(table, resolution: NetworkResolution(height: 64, width: 32))
        }.description
        #expect(
            text.hasSuffix("bert-base.csv:1:1: error: found a resolution of 64x32; a sequence has one length"),
            "\(text)")
    }

    @Test func namesAreThoseOfTables() throws {
        let library = try Self.library
        #expect(library.path(of: "macs") == nil && library.path(of: "../resnet-18/layers") == nil)
        #expect(library.path(of: "") == nil && library.path(of: "resnet-51") == nil)
        #expect(library.path(of: "resnet-50") == "\(Self.folder)/resnet-50.csv")
    }
}
