import Files
import Foundation
import TestSupport
import Testing

@testable import Traces

@Suite struct LayerTableTests {
    private func shape(_ header: String, _ row: String) throws -> LayerShape {
        try #require(LayerTable(csv: "\(header)\n\(row)\n", file: "t.csv").rows.first).shape
    }

    private func message(_ header: String, _ rows: String...) throws -> String {
        let text = ([header] + rows).joined(separator: "\n")
        return try #require(throws: InputError.self) { try LayerTable(csv: text, file: "t.csv") }.description
    }

    /// An ignored column once changed a network's multiplies by a factor of fifteen.
    @Test func unknownColumnsAreRefusedWithTheNearestOnes() throws {
        let text = try message("layer,C,K,H_in,W_in,kernel,Strides,padding", "Conv1,3,96,227,227,11,4,0")
        #expect(
            text.hasPrefix(
                "t.csv:1:28: error: \"Strides\" (did you mean \"stride\"?), \"padding\" (did you mean \"pad\"?) are no columns of "
                    + "a table of shapes; the columns are layer, C, K, H_in, W_in, kernel, "), "\(text)")
        let right = try shape("layer,C,K,H_in,W_in,kernel,stride,pad", "Conv1,3,96,227,227,11,4,0")
        #expect(right.denseMultiplies == 105_415_200)
    }

    @Test(arguments: [
        ("layer,C,K,H_in,W_in,kernel,krenel", "\"krenel\" is no column"),
        ("layer,C,K,H_in,W_in,krenel", "\"krenel\" (did you mean \"kernel\"?) is no column"),
        ("layer,c,k,H_in,W_in,kernel", "\"c\" (did you mean \"C\"?), \"k\" (did you mean \"K\"?) are no columns"),
        (
            "layer,C,k,H_in,W_in,filters",
            "\"k\" (did you mean \"kernel\"?), \"filters\" (did you mean \"K\"?) are no columns"
        ),
        (
            "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,",
            "\"Layer name\" (did you mean \"layer\"?), \"IFMAP Height\" (did you mean \"H_in\"?), \"IFMAP Width\" (did you mean "
                + "\"W_in\"?), \"Filter Height\" (did you mean \"kernel_height\"?), \"Filter Width\" (did you mean "
                + "\"kernel_width\"?), \"Channels\" (did you mean \"C\"?), \"Num Filter\" (did you mean \"K\"?), \"Strides\" (did "
                + "you mean \"stride\"?) are no columns"
        ),
        ("layer,C,K,H_in,W_in,kernel,xyzzy", "\"xyzzy\" is no column"),
        ("layer;C;K;H_in", "the columns are separated by \";\", expected commas"),
        ("layer\tC\tK\tH_in", "the columns are separated by tabs, expected commas"),
        ("layer,C,K,H_in,W_in,kernel,Kernel", "the column \"Kernel\" is there twice"),
        ("layer,C,K,H_in,W_in,kernel_height", "the column kernel_width is missing; this one requires it"),
        ("layer,C,K,H_in,W_in,kernel,pad_width", "the column pad_height is missing; this one requires it"),
        ("layer,C,K,H_in,W_in,stride", "the column kernel is missing; expected layer, C, K"),
        (
            "layer,C,K,H_in,W_in,kernel,stride,stride_height,stride_width",
            "stride gives both directions, and stride_height or stride_width gives one of them again; expected either form"
        ),
    ]) func wrongHeadersGiveTheirMessage(_ header: String, _ expected: String) throws {
        let text = try message(header, "a,1,1,1,1,1")
        #expect(text.contains("error: \(expected)"), "\(text)")
    }

    @Test func depthwiseStridedBatchedRowsAreRead() throws {
        let shape = try shape("layer,C,K,H_in,W_in,kernel,Stride,Pad,Groups,batch", "dw,32,32,112,112,3,2,1,32,8")
        #expect(shape.groups == 32 && shape.batch == 8 && shape.strideHeight == 2 && shape.outputWidth == 56)
        #expect(shape.denseMultiplies == 8 * 903_168)
    }

    @Test(arguments: [
        ("layer,C,K,H_in,W_in,kernel,stride,pad,dilation", "a,3,4,20,24,3x5,2x1,0x2,1x3"),
        ("LAYER,C,K,h_in,w-in,KERNEL,Stride,PAD,Dilation", "a,3,4,20,24,3 X 5,2\u{D7}1,\"0x2\",1 x 3"),
        (
            "layer,C,K,H_in,W_in,kernel_height,Kernel Width,stride_height,stride_width,pad_height,pad_width,"
                + "dilation_height,dilation_width", "a,3,4,20,24,3,5,2,1,0,2,1,3"
        ),
        (
            "stride_width,stride_height,K,W_in,H_in,pad_width,pad_height,C,kernel,layer,dilation_height,dilation_width",
            "1,2,4,24,20,2,0,3,3x5,a,,3"
        ),
    ]) func heightAndWidthMayDiffer(_ header: String, _ row: String) throws {
        var expected = LayerShape(channels: 3, filters: 4)
        (expected.height, expected.width) = (20, 24)
        (expected.kernelHeight, expected.kernelWidth) = (3, 5)
        (expected.strideHeight, expected.strideWidth) = (2, 1)
        (expected.paddingHeight, expected.paddingWidth) = (0, 2)
        (expected.dilationHeight, expected.dilationWidth) = (1, 3)
        #expect(try shape(header, row) == expected)
        #expect(expected.outputHeight == 9 && expected.outputWidth == 16)
    }

    @Test func redundantColumnsAreChecked() throws {
        let header = "layer,C,K,H_in,W_in,kernel,pad,groups,batch,H_out,W_out,dense_mults,weights,note"
        // 8 images of 16 x 30 outputs, 10 filters of 3 channels and 9 taps.
        let one = 16 * 30 * 10 * 3 * 9
        for multiplies in [one, 8 * one] {
            #expect(try shape(header, "a,6,10,16,30,3,1,2,8,16,30,\(multiplies),270,as it is").batch == 8)
        }
        #expect(try shape(header, "a,6,10,16,30,3,1,2,8,,,,,").groups == 2)
        for (row, expected) in [
            ("a,6,10,16,30,3,1,2,8,15,30,,,", "2:22: error: found 15 as H_out, expected 16 from the layer's shape"),
            ("a,6,10,16,30,3,1,2,8,16,31,,,", "2:25: error: found 31 as W_out, expected 30 from the layer's shape"),
            (
                "a,6,10,16,30,3,1,2,8,,,\(one * 2),,",
                "2:24: error: found \(one * 2) as dense_mults, expected \(one) or \(8 * one) from the layer's shape"
            ),
            ("a,6,10,16,30,3,1,2,8,,,,540,", "2:25: error: found 540 as weights, expected 270 from the layer's shape"),
            ("a,6,10,16,30,3,1,2,8,,,x,,", "2:24: error: found \"x\" as dense_mults, expected a whole number"),
        ] {
            let text = try message(header, row)
            #expect(text.hasPrefix("t.csv:\(expected)"), "\(text)")
        }
    }

    /// The tile edge is not in the table, so all columns must agree on one.
    @Test func winogradColumnsFitOneTile() throws {
        let header = "layer,C,K,H_in,W_in,kernel,pad,winograd,tiles,wino_dense_mults,wino_weights,wino_act_elems"
        // F(2x2,3x3): 16 positions of 4 * 6 tiles; F(4x4,3x3): 36 of 2 * 3.
        for row in [
            "1,24,\(24 * 16 * 15),\(16 * 15),\(24 * 16 * 3)", "1,6,\(6 * 36 * 15),\(36 * 15),\(6 * 36 * 3)", "0,24,,,",
            ",,,,",
        ] {
            #expect(try shape(header, "a,3,5,8,12,3,1,\(row)").channels == 3)
        }
        for (row, expected) in [
            ("a,3,5,8,12,3,1,1,25,,,", "2:18: error: found 25 as tiles, expected 24 at a tile of 2 x 2"),
            (
                "a,3,5,8,12,3,1,1,24,,,\(6 * 36 * 3)",
                "found 648 as wino_act_elems, expected 1152 like the columns before it"
            ),
            ("a,3,5,8,12,1,0,1,,,,", "found 1 as winograd, but its kernel is 1x1"),
            ("a,3,5,8,12,1,0,0,24,,,", "found 24 as tiles, but its kernel is 1x1"),
            ("a,3,5,8,12,3,1,yes,,,,", "found \"yes\" as winograd, expected 0 or 1"),
        ] {
            let text = try message(header, row)
            #expect(text.contains(expected), "\(text)")
        }
    }

    @Test(arguments: [
        ("a,3,4,5,5,3x", "2:11: error: found \"3x\" as kernel, expected a whole number from 1 to 2^40, or two as"),
        ("a,3,4,5,5,3x3x3", "found \"3x3x3\" as kernel"), ("a,3,4,5,5,x", "found \"x\" as kernel"),
        ("a,3,4,5,5,same", "found \"same\" as kernel"), ("a,3,4,5,5,0x3", "found \"0x3\" as kernel"),
        ("a,3,4,5,5,3,2", "2:13: error: found \"2\" behind the last of 6 columns; a text with a comma stands in"),
        ("a,3,4,5,5,3,,,", nil), ("\"a\"\"b, c\",3,4,5,5,3", nil),
        ("a,3,4,5,5,\"3", "2:11: error: the quote that begins here"),
        (
            "total,3,4,5,5,3",
            "2:1: error: found the layer's name \"total\", which is that of the reports' row of all layers"
        ),
        ("=1+1,3,4,5,5,3", "2:1: error: found \"=1+1\", which a spreadsheet would run as a formula"),
        (
            "a\u{202E}b,3,4,5,5,3",
            "2:1: error: found \"a\\u{202e}b\", expected a layer's name without control and format"
        ),
    ]) func rowsAreReadOrGiveTheirMessage(_ row: String, _ expected: String?) throws {
        let header = "layer,C,K,H_in,W_in,kernel"
        guard let expected else {
            #expect(try shape(header, row).taps == 9)
            return
        }
        let text = try message(header, row)
        #expect(text.contains(expected), "\(text)")
    }

    @Test func quotedNamesAreReadExactly() throws {
        let table = try LayerTable(csv: "\u{FEFF}layer,C,K,H_in,W_in,kernel\n\"a\"\"b, c\",3,4,5,5,3\n", file: "t.csv")
        #expect(table.rows.map(\.name) == ["a\"b, c"])
    }

    @Test func valuesInUnnamedColumnsAreRefused() throws {
        let text = try message("layer,C,K,H_in,W_in,,kernel", "a,3,4,5,5,7,3")
        #expect(text.contains("2:11: error: found \"7\" in a column without a name"), "\(text)")
    }

    /// A 1 x 1 kernel on a 1 x 1 map is a matrix product, which has no stride.
    @Test func oneByOneKernelsOnOnePixelAreLinear() throws {
        let header = "layer,C,K,H_in,W_in,kernel,stride,pad,groups,dilation"
        func operation(_ row: String) throws -> Traces.Operation {
            try #require(LayerTable(csv: "\(header)\n\(row)\n", file: "t.csv").rows.first).operation
        }
        #expect(try operation("fc,8,4,1,1,1,1,0,1,1") == .linear)
        #expect(try operation("fc,8,4,1,1,1,1x1,0,,") == .linear)
        for row in ["a,8,4,2,1,1,1,0,1,1", "a,8,4,1,1,1,1,1,1,1", "a,8,4,1,1,1,2,0x1,1,1", "a,8,4,1,1,1,1,0,2,1"] {
            #expect(try operation(row) == .convolution, "\(row)")
        }
        for (row, expected) in [
            (
                "fc,8,4,1,1,1,2,0,1,1",
                "2:14: error: a 1 x 1 kernel on a 1 x 1 map is a linear layer, which has no stride: found 2x2"
            ),
            ("fc,8,4,1,1,1,1x2,0,1,1", "which has no stride: found 1x2, expected 1"),
            ("fc,8,4,1,1,1,1,0,1,2", "which has no dilation: found 2x2, expected 1"),
        ] {
            let text = try message(header, row)
            #expect(text.contains(expected), "\(text)")
        }
    }

    /// The shipped tables are read, and their redundant columns agree.
    @Test(arguments: ["vgg-nagadomi", "convpool-cnn-c", "resnet-18"]) func shippedTablesAreReadAndChecked(
        _ network: String
    ) throws {
        let path = "\(repository)/Traces/\(network)/layers.csv"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let rows = try LayerTable(csv: text, file: path).rows
        let shapes = try Trace.load(path: "\(repository)/Traces/\(network)/dense.yaml").layers.map(\.shape)
        #expect(rows.map(\.shape) == shapes)
        // The last digit of H_out or of dense_mults is changed.
        for (old, new) in [(",1,32,32,1,", ",1,32,33,1,"), (",1769472,", ",1769473,"), (",118013952,", ",118013953,")]
        where text.contains(old) {
            #expect(throws: InputError.self) { try LayerTable(csv: text.replacing(old, with: new), file: path) }
        }
    }
}
