import Files
import Foundation
import TestSupport
import Testing

@testable import Traces

@Suite struct ImportSCALESimTests {
    static let header =
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"

    private func network(_ lines: String..., file: String = "t.csv") throws -> ImportedNetwork {
        try imported(lines.joined(separator: "\n"), file: file)
    }

    private func error(_ lines: String...) throws -> String {
        try #require(throws: InputError.self) { try imported(lines.joined(separator: "\n"), file: "t.csv") }.description
    }

    /// SCALE-Sim's count (`topo_calc_hyperparams`): outputs rounded up, times taps, channels and filters.
    private static func multiplies(_ sizes: [Int], strides: (Int, Int)) -> Int {
        func outputs(_ size: Int, _ filter: Int, _ stride: Int) -> Int {
            Int((Double(size - filter + stride) / Double(stride)).rounded(.up))
        }
        return outputs(sizes[0], sizes[2], strides.0) * outputs(sizes[1], sizes[3], strides.1) * sizes[2] * sizes[3]
            * sizes[4] * sizes[5]
    }

    @Test(arguments: [
        // AlexNet's first layer, where 213 / 4 is rounded up.
        [224, 224, 11, 11, 3, 96, 4], [27, 31, 5, 3, 96, 256, 1], [7, 9, 3, 3, 5, 7, 2], [8, 9, 3, 4, 5, 7, 3],
        [5, 5, 5, 5, 2, 3, 4], [6, 5, 5, 5, 2, 3, 9], [1, 1, 1, 1, 512, 1000, 1], [1, 1, 1, 1, 4, 6, 2],
        [9, 1, 2, 1, 4, 6, 4],
    ]) func multipliesAreThoseOfSCALESim(_ sizes: [Int]) throws {
        let row = try #require(
            network(Self.header, "a, " + sizes.map(String.init).joined(separator: ", ") + ",").rows.first)
        #expect(row.shape.denseMultiplies == Self.multiplies(sizes, strides: (sizes[6], sizes[6])))
        #expect(row.shape.height == sizes[0] && row.shape.width == sizes[1])
        #expect(row.shape.paddingHeight == 0 && row.shape.paddingWidth == 0)
        #expect((row.operation == .linear) == (sizes[0] == 1 && sizes[2] == 1 && sizes[1] == 1))
    }

    @Test func outputsAreRoundedUpWithZerosBelowAndRight() throws {
        let network = try network(Self.header, "whole, 227, 227, 11, 11, 3, 96, 4,", "cut, 224, 225, 11, 11, 3, 96, 4,")
        let (whole, cut) = (network.rows[0].shape, network.rows[1].shape)
        #expect(whole.paddingBottom == nil && whole.paddingRight == nil && whole.outputHeight == 55)
        // 224 - 11 = 4 * 53 + 1 and 225 - 11 = 4 * 53 + 2.
        #expect(cut.paddingBottom == 3 && cut.paddingRight == 2 && cut.outputHeight == 55 && cut.outputWidth == 55)
        #expect(
            network.notes == [
                "scale-sim files have no padding: the maps are taken as padded already",
                "SCALE-Sim rounds output sizes up, so zeros are added below and right of the map: \"cut\"",
            ])
        let text = try TraceSynthesizer.manifest(
            LayerTable(rows: network.rows), TraceSynthesizer.Settings(model: "m"))
        #expect(text.contains("kernel: {height: 11, width: 11, stride: 4, padding: [0, 0, 3, 2]}"), "\(text)")
        let trace = try TraceFolder().load(text)
        #expect(trace.layers.map(\.shape.denseMultiplies) == [whole, cut].map(\.denseMultiplies))
    }

    /// SCALE-Sim runs a layer with DP in its name once a channel, each time with all filters.
    @Test(arguments: [1, 2, 32]) func depthwiseLayersKeepTheirCount(_ filters: Int) throws {
        let network = try network(Self.header, "Conv2DP, 112, 112, 3, 3, 32, \(filters), 1,")
        let shape = network.rows[0].shape
        #expect(shape.groups == 32 && shape.channels == 32 && shape.filters == 32 * filters)
        let one = Self.multiplies([112, 112, 3, 3, 1, filters], strides: (1, 1))
        #expect(shape.denseMultiplies == 32 * one)
        let note = try #require(network.notes.last)
        #expect(note.contains("\"DP\" in a name means depthwise") && note.hasSuffix(": \"Conv2DP\""), "\(note)")
        #expect(note.contains("Num Filter times as many multiplications") == (filters > 1), "\(note)")
    }

    @Test func depthwiseInOtherWordsIsNamed() throws {
        let network = try network(
            Self.header, "Conv2_dw, 8, 8, 3, 3, 1, 1, 1,", "DepthwiseConv2D_1, 8, 8, 3, 3, 8, 1, 1,",
            "dwell, 8, 8, 3, 3, 8, 1, 1,")
        #expect(network.rows.map(\.shape.groups) == [1, 1, 1] && network.rows[1].shape.denseMultiplies == 36 * 9 * 8)
        #expect(network.notes.count == 3 && network.notes[1].hasSuffix("one channel is all: \"Conv2_dw\""))
        #expect(network.notes[2].hasSuffix("the sums are other ones than the network's: \"DepthwiseConv2D_1\""))
    }

    @Test func productsBecomeLinearLayers() throws {
        let network = try network("Layer, M, N, K,", "qkv, 128, 1536, 512,", "fc, 1, 10, 64,")
        #expect(network.rows.map(\.operation) == [.linear, .linear] && network.notes.isEmpty)
        let shape = network.rows[0].shape
        #expect(shape.batch == 128 && shape.filters == 1536 && shape.channels == 512)
        #expect(network.rows.map(\.shape.denseMultiplies) == [128 * 1536 * 512, 640])
        let trace = try TraceFolder().load(
            TraceSynthesizer.manifest(LayerTable(rows: network.rows), TraceSynthesizer.Settings(model: "m")))
        #expect(trace.layers.map(\.shape.denseMultiplies) == [128 * 1536 * 512, 640])
    }

    @Test func aBatchOfProductsIsAMatmul() throws {
        // SCALE-Sim takes a whole number in the fifth place as the batch, whatever the header says.
        let unnamed = try self.network("Layer,M,N,K,", "a,7,5,16,3,", "b,7,5,16,1:2,3")
        #expect(unnamed.rows.map(\.shape.groups) == [3, 3] && unnamed.densities["b"]?.weights == 0.5)
        let network = try network("Layer,M,N,K,Sparsity,Batch,", "scores,7,5,16,,3,", "b,7,5,16,1:2,,")
        #expect(network.rows.map(\.operation) == [.matmul, .linear])
        #expect(network.rows[0].shape.denseMultiplies == 3 * 7 * 5 * 16)
        let trace = try TraceFolder().load(
            TraceSynthesizer.manifest(LayerTable(rows: network.rows), TraceSynthesizer.Settings(model: "m")))
        #expect(trace.layers[0].shape == network.rows[0].shape)
    }

    @Test func aRatioBecomesADensity() throws {
        var network = try network(
            "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,Sparsity",
            "a,8,8,3,3,4,4,1,2:4", "b,8,8,3,3,4,4,1,1:1,", "c,8,8,3,3,4,4,1,", "d,8,8,3,3,4,4,1, 1 : 4 ,")
        #expect(network.densities.mapValues(\.weights) == ["a": 0.5, "d": 0.25])
        #expect(
            network.notes.suffix(2) == [
                "a trace has no N:M pattern, so weights of 2:4 are drawn with a density of 0.5, spatial: \"a\"",
                "a trace has no N:M pattern, so weights of 1:4 are drawn with a density of 0.25, spatial: \"d\"",
            ])
        // SCALE-Sim takes the ratio by its place, whatever the header says.
        network = try self.network(Self.header, "a,8,8,3,3,4,4,1,3:4,")
        #expect(network.densities["a"]?.weights == 0.75)
        var settings = TraceSynthesizer.Settings(model: "m")
        (settings.layers, settings.weights, settings.activations) = (network.densities, 0.1, 0.5)
        let text = try TraceSynthesizer.manifest(LayerTable(rows: network.rows), settings)
        #expect(text.contains("weights: {density: 0.75}\n"), "\(text)")
        #expect(text.contains("activations: {density: 0.5, domain: winograd}\n"), "\(text)")
        #expect(try TraceFolder().load(text).layers.count == 1)
    }

    @Test func stridesOfBothDirectionsAndABatchAreRead() throws {
        let network = try network(
            "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Stride Height,Stride "
                + "Width,Batch Size,", "a,9,12,3,2,4,5,2,3,6,")
        let shape = network.rows[0].shape
        #expect(shape.strideHeight == 2 && shape.strideWidth == 3 && shape.batch == 6)
        #expect(shape.denseMultiplies == 6 * Self.multiplies([9, 12, 3, 2, 4, 5], strides: (2, 3)))
    }

    @Test(arguments: ["\n", "\r\n"], ["", "\u{FEFF}"]) func textFormsMakeNoDifference(_ end: String, _ start: String)
        throws
    {
        let lines = [
            " layer NAME ,ifmap_height,\tIFMAP Width,filter height,Filter-Width,Channel,Num Filters,Stride",
            "", "a , 8,\t9, 3,3 ,4, 5, 1", ",,,,,,,,", "b,8,9,3,3,4,5,1,,", "a,8,9,3,3,4,5,1,# twice", "",
        ]
        let network = try imported(start + lines.joined(separator: end), file: "t.csv")
        #expect(network.rows.map(\.name) == ["a", "b", "a#2"])
        #expect(Set(network.rows.map(\.shape)).count == 1 && network.rows[0].shape.width == 9)
        #expect(
            network.notes.suffix(2) == [
                "cells that begin with # are not read",
                "a name that is there already gets a number behind it: \"a#2\"",
            ])
    }

    @Test func otherColumnsAreNamedOrRefused() throws {
        let network = try network(Self.header + "Target,", "a,8,8,3,3,4,5,1,NPU,")
        #expect(network.notes.contains("the column \"Target\" is not read") && network.rows.count == 1)
        #expect(
            try error(Self.header + "Sparcity,", "a,8,8,3,3,4,5,1,1:2,").hasPrefix(
                "t.csv:1:99: error: unknown column \"Sparcity\": did you mean \"Sparsity\"?"))
    }

    @Test(arguments: [
        (
            "a, 8, 8, 9, 3, 4, 5, 1,",
            "t.csv:2:9: error: the kernel spans 9 rows, the padded input has 8; expected at most"
        ),
        (
            "a, 8, 8, 3, 9, 4, 5, 1,",
            "t.csv:2:12: error: the kernel spans 9 columns, the padded input has 8; expected at"
        ),
        (
            "a, 8, x, 3, 3, 4, 5, 1,",
            "t.csv:2:6: error: found \"x\" as IFMAP Width, expected a whole number from 1 to 2^20"
        ),
        (
            "a, 8, 8, 3, 3, 4, 5, 0,",
            "t.csv:2:21: error: found \"0\" as Strides, expected a whole number from 1 to 2^20"
        ),
        ("a, 8, 8, 3, 3, 4, 5", "t.csv:2:20: error: found \"\" as Strides, expected a whole number from 1 to 2^20"),
        (
            "a, 8, 8, 3, 3, 4, 5, 1, 2",
            "t.csv:2:24: error: found \"2\" in a column without a name, expected a ratio N:M or"
        ),
        (
            "a, 8, 8, 3, 3, 4, 5, 1, 5:4,",
            "t.csv:2:24: error: found \"5:4\" as Sparsity, expected N:M, such as 2:4 for two"
        ),
        ("a, 8, 8, 3, 3, 4, 5, 1, 0:4,", "t.csv:2:24: error: found \"0:4\" as Sparsity, expected N:M"),
        (", 8, 8, 3, 3, 4, 5, 1,", "t.csv:2:1: error: the layer has no name"),
        ("total, 8, 8, 3, 3, 4, 5, 1,", "t.csv:2:1: error: found the layer's name \"total\", which is that of"),
        ("", "t.csv:1:1: error: the file has no layers"),
    ]) func wrongRowsGiveTheirMessage(_ row: String, _ expected: String) throws {
        let text = try error(Self.header, row)
        #expect(text.hasPrefix(expected), "\(text)")
    }

    @Test(arguments: [
        (
            "Layer, M, K, N,",
            "t.csv:1:10: error: found \"K\" as column 3, expected N: SCALE-Sim takes columns by their place, Layer "
                + "name, M, N, K"
        ),
        (
            "Layer name, IFMAP Width, IFMAP Height, Filter Height, Filter Width, Channels, Num Filter, Strides,",
            "t.csv:1:12: error: found \"IFMAP Width\" as column 2, expected IFMAP Height: SCALE-Sim takes columns by "
                + "their place"
        ),
        (
            "Layer name, IFMAP Height, IFMAP Widht, Filter Height, Filter Width, Channels, Num Filter, Strides",
            "t.csv:1:26: error: found \"IFMAP Widht\" as column 3, expected IFMAP Width"
        ),
        (
            "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter",
            "t.csv:1:89: error: found \"\" as column 8, expected Strides"
        ),
        (
            "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Stride Height,",
            "t.csv:1:105: error: found \"\" as column 9, expected Stride Width"
        ),
        ("Layer, M, N, K, Batch, Batch", "t.csv:1:23: error: the column \"Batch\" is there twice or in a wrong place"),
        (
            "a, 8, 8, 3, 3, 4, 5, 1,",
            "t.csv:1:1: error: this looks like no workload that is known; name its format with"
        ),
    ]) func wrongHeadersGiveTheirMessage(_ header: String, _ expected: String) throws {
        let text = try error(header, "a, 8, 8, 3")
        #expect(text.hasPrefix(expected), "\(text)")
    }

    @Test func imagesMultiplyConvolutionsOnly() throws {
        var network = try network(Self.header, "a, 8, 8, 3, 3, 4, 5, 1,", "fc, 1, 1, 1, 1, 4, 5, 1,")
        try network.setBatch(6)
        #expect(network.rows.map(\.shape.batch) == [6, 6])
        network = try self.network("Layer, M, N, K,", "qkv, 128, 1536, 512,")
        let error = #expect(throws: InputError.self) { try network.setBatch(6) }
        #expect(error?.message.hasPrefix("layer \"qkv\" is a product of matrices, and the file does not say") == true)
    }
}

/// The network of a workload file with this text.
func imported(_ text: String, file: String, as format: String? = nil) throws -> ImportedNetwork {
    let file = try WorkloadFile(Array(text.utf8), path: file)
    return try WorkloadFormat.network(file, as: format)
}
