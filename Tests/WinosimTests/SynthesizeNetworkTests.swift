import TestSupport
import Testing

/// `winosim trace synthesize` with the networks that ship.
@Suite struct SynthesizeNetworkTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func run(_ arguments: String...) throws -> Outcome {
        try Program.run(["trace", "synthesize"] + arguments, in: folder)
    }

    @Test func aNameBecomesATraceWithAGraph() throws {
        let made = try run(
            "resnet-18", "--batch", "2", "--resolution", "64x32", "--domain", "spatial", "--weights", "0.4",
            "--first", "1,1", "--others", "0.5,0.25", "--output", "net.yaml")
        #expect(made.code == 0 && made.talk == "written: net.yaml, 21 layers\n", "\(made)")
        let text = try folder.text("net.yaml")
        #expect(text.contains("model: resnet-18\ndescription: \"ResNet-18, input 2 x 3 x 64 x 32\"\n"), "\(text)")
        #expect(text.contains("inputs:\n  - {name: input, shape: [2, 3, 64, 32]}\noutputs: [fc]\nlayers:\n"))
        #expect(text.contains("fused: [{operation: batch_norm}, {operation: add, input: maxpool}, {operation: relu}]"))
        #expect(
            text.contains(
                "\n  - name: maxpool\n    operation: pool\n    kind: max_pool2d\n    inputs: [conv1]\n"
                    + "    input: [[2, 64, 32, 16]]\n    output: [[2, 64, 16, 8]]\n"
                    + "    bytes: {read: 262144, written: 65536}\n"
                    + "    kernel: {height: 3, width: 3, stride: 2, padding: 1}\n"), "\(text)")
        #expect(text.contains("weights: {density: 0.4}") && text.contains("activations: {density: 0.25}"))
        let valid = try Program.run("trace", "validate", "net.yaml", in: folder)
        // 64 x 32 pixels have no sizes to round: 2 * 2048 / 50176 of the convolutions at 224, and twice the linear layer.
        let count = 2 * ((1_814_073_344 - 512_000) * 2048 / 50176 + 512_000)
        #expect(valid.code == 0 && valid.output.filter { $0 != "," }.contains(" \(count) dense"), "\(valid)")
    }

    @Test func networksAreListed() throws {
        let list = try Program.run("trace", "list", in: folder)
        #expect(list.output.contains("\nNetworks for trace synthesize: alexnet, alexnet-227, bert-base,"), "\(list)")
        let json = try Program.run("trace", "list", "--json", in: folder)
        #expect(json.output.contains("\"mobilenet-v2\""))
    }

    /// Pools run, and stand behind the layers and in the total.
    @Test func aNetworkRunsWhole() throws {
        _ = try run("resnet-18", "--resolution", "32", "--domain", "spatial", "--output", "net.yaml")
        let result = try Program.run("simulate", "net.yaml", "--output", "out", in: folder)
        #expect(
            result.code == 0 && result.output.contains("Time by operation, in shares of all cycles: "),
            "\(result)")
        #expect(!result.output.contains("not simulated"))
        let rows = try folder.text("out/layers.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(rows.suffix(3).map { $0[0] } == ["maxpool", "avgpool", "total"])
        // 64 channels of 8 x 8 windows of 9 values, 16 at a time, and the latency.
        #expect(rows[rows.count - 3][1...2] == ["pool", "2308"])
        let cycles = rows.dropFirst().compactMap { Int($0[2]) }
        #expect(cycles.dropLast().reduce(0, +) == cycles.last)
        // Other layers alone leave them out, and say so.
        let part = try Program.run("simulate", "net.yaml", "--layers", "conv1", "--output", "part", in: folder)
        #expect(part.output.contains("2 operations that do not multiply are not simulated: 2 pool"), "\(part)")
    }

    /// A folder of results may have the name; one with a trace takes precedence.
    @Test func whatIsInTheFolderTakesPrecedence() throws {
        try folder.write("{}", to: "unet/results.json")
        #expect(try run("unet", "--resolution", "188").output.contains("model: unet\n"))
        try folder.write(
            """
            format: winosim-trace/1
            model: mine
            layers:
              - {name: a, operation: linear, input: {channels: 4}, output: {channels: 2}, weights: {density: 1},
                 activations: {density: 1}}
            """, to: "unet/trace.yaml")
        #expect(try run("unet").output.contains("model: mine\n"))
    }

    @Test func anOwnTableOfANetworkIsRead() throws {
        try folder.write(
            "# input: 1 x 8 x 8\nname,operation,filters,kernel\na,convolution,4,3\nb,linear,10,\n", to: "own.csv")
        let made = try run("own.csv", "--batch", "3", "--model", "m")
        #expect(made.code == 0 && made.output.contains("model: m\ndescription: input 3 x 1 x 8 x 8\n"), "\(made)")
        #expect(made.output.contains("input: {channels: 144, batch: 3}"), "\(made)")
        let small = try run("own.csv", "--resolution", "2")
        #expect(
            small.code == 65 && small.talk.hasPrefix("own.csv:3:1: error: \"a\": the kernel spans 3 rows"), "\(small)")
        #expect(small.talk.contains("; the next larger resolution that works is 3\n"), "\(small)")
    }

    @Test(arguments: [
        ("resnet50", "did you mean \"resnet-50\"?"), ("mobilenet", "did you mean \"mobilenet-v1\"?"),
        ("qqq", "of this name; shipped networks: alexnet, alexnet-227, bert-base, "),
    ]) func anUnknownNameListsTheNetworks(_ name: String, _ expected: String) throws {
        let outcome = try run(name)
        #expect(outcome.code == 66 && outcome.talk.contains(expected), "\(outcome)")
        #expect(outcome.talk.contains("vgg-19, yolov3-tiny; winosim trace list has the traces\n"), "\(outcome)")
    }

    @Test(arguments: ["0", "x", "3x", "1x2x3", "-5", "2000000"]) func aResolutionIsOneOrTwoSizes(_ size: String) throws
    {
        let outcome = try run("vgg-16", "--resolution=\(size)")
        #expect(outcome.code == 64 && outcome.talk.contains("--resolution"), "\(outcome)")
    }

    @Test(arguments: [("vgg-16", "of this name; winosim"), ("resnet-18", "name one of resnet-18/dense, ")])
    func aNetworkIsNoTrace(_ name: String, _ expected: String) throws {
        let outcome = try Program.run("trace", "info", name, in: folder)
        #expect(outcome.code == 66 && outcome.talk.contains(expected), "\(outcome)")
        #expect(
            outcome.talk.contains("; winosim trace synthesize \(name) makes one of the network \(name)\n"), "\(outcome)"
        )
    }

    @Test func shapesHaveNoResolution() throws {
        try folder.write("layer,C,K,H_in,W_in,kernel\na,3,4,8,8,3\n", to: "shapes.csv")
        let outcome = try run("shapes.csv", "--resolution", "32")
        #expect(outcome.code == 65 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.talk.contains(
                "error: --resolution goes with a network, and shapes.csv gives the size of every map\n"), "\(outcome)")
    }
}
