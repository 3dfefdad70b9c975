import Files
import TestSupport
import Testing

@testable import Traces

/// Tables of networks: what is read, what is refused, and the sizes that follow.
@Suite struct NetworkTableTests {
    private static let head =
        "# title: T\n# input: 3 x 16 x 12\nname,operation,inputs,filters,kernel,stride,padding,fused\n"

    private func shapes(_ rows: String, resolution: NetworkResolution? = nil, batch: Int = 1) throws -> NetworkShapes {
        try NetworkShapes(NetworkTable(csv: Self.head + rows, file: "n.csv"), batch: batch, resolution: resolution)
    }

    private func message(_ text: String, resolution: Int? = nil) throws -> String {
        try #require(throws: InputError.self) {
            try NetworkShapes(
                NetworkTable(csv: text, file: "n.csv"),
                resolution: resolution.map { NetworkResolution(height: $0, width: $0) })
        }.description
    }

    @Test func sizesGoThroughTheRows() throws {
        let rows = """
            a,convolution,,8,3,2,1,bias relu
            p,max_pool,,,2,2,,
            b,convolution,p,4,3x1,,1x0,batch_norm
            c,convolution,p,4,1,,,batch_norm add:b relu
            d,concat,p c,,,,,
            u,upsample,,,,2,,
            f,linear,,10,,,,bias
            """
        let network = try shapes(rows, batch: 5)
        #expect(network.layers.rows.map(\.name) == ["a", "b", "c", "f"])
        #expect(network.layers.rows.map(\.inputs) == [["input"], ["p"], ["p"], ["u"]])
        #expect(network.layers.rows[2].fused.map(\.operation) == ["batch_norm", "add", "relu"])
        #expect(network.layers.rows[2].fused.map(\.input) == [nil, "b", nil])
        #expect(network.graph.inputs.map(\.shape) == [[5, 3, 16, 12]] && network.graph.outputs == ["f"])
        #expect(network.graph.operations.map(\.name) == ["p", "d", "u"])
        #expect(network.graph.operations.map(\.kind) == [.pool, .move, .move])
        #expect(network.graph.operations.map(\.outputShapes) == [[[5, 8, 4, 3]], [[5, 12, 4, 3]], [[5, 12, 8, 6]]])
        #expect(network.graph.operations[1].inputShapes == [[5, 8, 4, 3], [5, 4, 4, 3]])
        #expect(network.graph.operations[1].bytesRead == 4 * 5 * 12 * 12)
        #expect(network.graph.operations[2].bytesWritten == 4 * 5 * 12 * 48)
        #expect(
            network.layers.rows.map(\.shape.denseMultiplies) == [
                5 * 8 * 8 * 6 * 27, 5 * 4 * 12 * 24, 5 * 4 * 12 * 8, 5 * 576 * 10,
            ])
    }

    /// What floor, `same` and `ceil` make of sizes; as frameworks document them, and counted by hand.
    @Test(arguments: [
        ("max_pool,,,3,2,", 16, 7, 0), ("max_pool,,,3,2,1", 16, 8, 1), ("max_pool,,,3,2,ceil", 16, 8, 0),
        ("max_pool,,,3,2,ceil", 15, 7, 0), ("max_pool,,,2,1,same", 13, 13, 0), ("max_pool,,,3,2,same", 15, 8, 1),
        ("max_pool,,,2,2,same", 13, 7, 0), ("average_pool,,,3,1,same", 9, 9, 1),
        // Windows of two rows every three: the third would begin behind the map of six.
        ("max_pool,,,2,3,ceil", 6, 2, 0), ("max_pool,,,3,2,ceil", 2, 1, 0),
    ])
    func windowsOfPoolsAreCounted(_ cells: String, _ size: Int, _ expected: Int, _ padding: Int) throws {
        let network = try shapes(
            "p,\(cells),\na,convolution,,1,1,,,", resolution: NetworkResolution(height: size, width: size))
        #expect(network.graph.operations[0].outputShapes == [[1, 3, expected, expected]])
        #expect(network.windows["p"]?.paddingTop == padding)
    }

    @Test func samePaddingOfAConvolutionStandsBelow() throws {
        let layer = try shapes("a,convolution,,4,3,2,same,").layers.rows[0].shape
        #expect(layer.outputHeight == 8 && layer.outputWidth == 6)
        #expect(layer.paddingHeight == 0 && layer.paddingBottom == 1 && layer.paddingRight == 1)
    }

    @Test func productsOfRowsHaveAGroupAHead() throws {
        let text = """
            # input: 12 x 5
            name,operation,inputs,filters,groups,fused
            q,linear,input,8,,bias
            v,linear,input,6,,bias
            s,matmul_transposed,q q,,2,scale
            w,softmax,,,,
            c,matmul,w v,,2,
            n,first,,,,
            o,linear,,3,,bias tanh
            """
        let network = try NetworkShapes(NetworkTable(csv: text, file: "n.csv"), batch: 3)
        let shapes = network.layers.rows.map(\.shape)
        #expect(shapes.map(\.batch) == [15, 15, 1, 1, 3])
        #expect(shapes[2].groups == 6 && shapes[2].groupChannels == 4 && shapes[2].groupFilters == 5)
        #expect(shapes[3].groups == 6 && shapes[3].groupChannels == 5 && shapes[3].groupFilters == 3)
        #expect(shapes[2].height == 5 && shapes[3].height == 5)
        #expect(
            shapes.map(\.denseMultiplies) == [15 * 12 * 8, 15 * 12 * 6, 6 * 25 * 4, 6 * 25 * 3, 3 * 6 * 3])
        #expect(network.graph.operations.map(\.outputShapes) == [[[3, 2, 5, 5]], [[3, 2, 1, 3]]])
        let manifest = try TraceSynthesizer.manifest(network, TraceSynthesizer.Settings(model: "m"))
        #expect(try TraceFolder().load(manifest).layers.map(\.operation) == network.layers.rows.map(\.operation))
    }

    @Test func tablesOfNetworksAreTold() {
        #expect(NetworkTable.isNetwork(csv: "\u{FEFF}\n# title: T\n"))
        #expect(NetworkTable.isNetwork(csv: "operation, name\n"))
        #expect(!NetworkTable.isNetwork(csv: "name,op,C,K\n") && !NetworkTable.isNetwork(csv: "layer,C,K\n"))
        #expect(!NetworkTable.isNetwork(csv: ""))
    }

    @Test(arguments: [
        ("a,convolutoin,,8,3,,,", "4:3: error: found the operation \"convolutoin\", expected one of convolution, "),
        ("a,convolutoin,,8,3,,,", "first: did you mean \"convolution\"?"),
        (
            "a,convolution,imput,8,3,,,",
            "4:15: error: no row before this one has the name \"imput\": did you mean \"input\"?"
        ),
        ("a,convolution,b,8,3,,,\nb,convolution,,8,3,,,", "4:15: error: no row before this one has the name \"b\""),
        ("a,convolution,,,3,,,", "4:16: error: convolution has to give its filters"),
        ("a,max_pool,,,3,,,", "4:16: error: max_pool has to give its stride"),
        ("a,linear,,8,3,,,", "4:13: error: found \"3\" as kernel, which linear does not have; expected an empty cell"),
        ("a,convolution,,8,0,,,", "4:18: error: found \"0\" as kernel, expected a whole number from 1 to 2^40, or two"),
        ("a,convolution,,8,3,,ceil,", "found \"ceil\" as padding, expected a whole number from 0"),
        ("a,convolution,,x,3,,,", "4:16: error: found \"x\" as filters"),
        ("a,convolution,,8,3,,,rellu", "4:22: error: found \"rellu\", expected one of bias, batch_norm, add, relu, "),
        ("a,convolution,,8,3,,,add", "4:22: error: add has to name its second operand, as add:NAME"),
        ("a,convolution,,8,3,,,relu:input", "relu has no second operand, found \"input\""),
        ("a,convolution,,8,3,,,add:b", "4:22: error: no row before this one has the name \"b\""),
        (
            "a,convolution,,8,3,,1,add:input",
            "4:23: error: \"a\" makes 8 channels of 16 x 12, and \"input\", which is added, is 3"
        ),
        ("a,add,,,,,,", "4:7: error: add has at least 2 inputs, and the cell is empty"),
        ("a,concat,input,,,,,", "4:10: error: found 1 inputs, expected at least 2"),
        ("a b,convolution,,8,3,,,", "4:1: error: found the name \"a b\", expected one without spaces"),
        ("input,convolution,,8,3,,,", "4:1: error: found the name \"input\""),
        (",convolution,,8,3,,,", "4:1: error: the row has no name"),
        ("total,convolution,,8,3,,,", "4:1: error: found the layer's name \"total\""),
        ("a,convolution,,8,3,,,\na,convolution,,8,3,,,", "5:1: error: the name \"a\" stands already in line 4"),
        ("a,convolution,,8,3,,,,7", "4:23: error: found \"7\" behind the last of 8 columns"),
        ("a,convolution,,8,13x3,,,\n", "4:1: error: \"a\": the kernel spans 13 rows"),
        ("# late: x\n", "4:1: error: lines that begin with # stand before the columns"),
        ("a,max_pool,,,3,2,,", "1:1: error: the table has no row that multiplies"),
        ("a,first,,,,,,\nb,linear,,8,,,,", "4:9: error: \"a\" reads rows, and 3 channels of 16 x 12 enter"),
        (
            "p,max_pool,,,2,2,,\nc,concat,input p,,,,,\na,convolution,,8,1,,,",
            "5:10: error: \"c\" joins maps of 16 x 12 of \"input\" and of 8 x 6 of \"p\", expected one size"
        ),
        (
            "p,max_pool,,,2,2,,\nc,crop,p input,,,,,\na,convolution,,8,1,,,",
            "5:8: error: \"c\" crops 3 channels of 8 x 6 to 16 x 12, which is more"
        ),
    ])
    func brokenRowsAreRefused(_ rows: String, _ expected: String) throws {
        let fits = rows.hasPrefix("a,convolution,,8,13x3")
        let text = try message(Self.head + rows, resolution: fits ? 12 : nil)
        #expect(text.contains(expected), "\(text)")
    }

    @Test(arguments: [
        (
            "# titel: T\n",
            "n.csv:1:1: error: found \"titel\", expected \"# key: text\" with one of title, source, input, "
        ),
        ("# titel: T\n", "note: did you mean \"title\"?"),
        ("# input: 3 by 4\n", "n.csv:1:1: error: found the input \"3 by 4\", expected channels x height x width, or"),
        ("# input: 3 x 0 x 4\n", "found the input \"3 x 0 x 4\""),
        ("name,operation\na,first\n", "n.csv:1:1: error: the table has no line \"# input: channels x height x width\""),
        (
            "name,operation,kernal\n",
            "n.csv:1:16: error: \"kernal\" is no column of a table of a network: did you mean \"kernel\"?"
        ),
        ("name,operation,name\n", "n.csv:1:16: error: the column \"name\" is there twice"),
        ("name,inputs\n", "n.csv:1:1: error: the column operation is missing"),
    ])
    func brokenHeadsAreRefused(_ text: String, _ expected: String) throws {
        let found = try message(text)
        #expect(found.contains(expected), "\(found)")
    }

    @Test func sizesBeyondTheFormatAreRefused() throws {
        let wide = NetworkResolution(height: 1 << 20, width: 1 << 20)
        for (rows, resolution, batch) in [
            ("a,convolution,,8,1,,,", wide, 1), ("a,convolution,,1099511627776,1,,,", nil, 1),
            ("u,upsample,,,,1099511627776,,\na,convolution,,8,1,,,", nil, 1), ("a,linear,,8,,,,", nil, 1 << 40),
        ] {
            let error = #expect(throws: InputError.self) { try shapes(rows, resolution: resolution, batch: batch) }
            let text = error?.description ?? ""
            #expect(text.contains("2^40") && !text.contains("next larger"), "\(text)")
        }
        #expect(throws: InputError("found a batch of 0, expected at least 1", at: nil)) {
            try shapes("a,linear,,8,,,,", batch: 0)
        }
    }
}
