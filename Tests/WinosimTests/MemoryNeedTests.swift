import TestSupport
import Testing

/// Layers that do not fit into the computer's memory.
@Suite struct MemoryNeedTests {
    private static let huge = """
        format: winosim-trace/1
        model: m
        layers:
          - name: huge
            operation: linear
            input: {channels: 1, batch: 1099511627776}
            output: {channels: 1}
            relu: none
            weights: {density: 1.0, domain: spatial}
            activations: {density: 1.0, domain: spatial}

        """

    @Test func layersLargerThanMemoryAreRefusedAndWarnedOf() throws {
        let folder = try Folder(["huge.yaml": Self.huge])
        let run = try Program.run("simulate", "huge.yaml", in: folder)
        #expect(run.code == 65 && run.output.isEmpty, "\(run)")
        #expect(run.talk.contains("huge.yaml:4:5: error: layer 'huge' takes about "), "\(run)")
        #expect(run.talk.contains(" TiB of memory, and "), "\(run)")
        let validated = try Program.run("trace", "validate", "huge.yaml", in: folder)
        #expect(validated.code == 0, "\(validated)")
        #expect(
            validated.talk.hasPrefix("huge.yaml:4:5: warning: layer \"huge\" takes about ")
                && validated.output.hasPrefix("huge.yaml: valid: 1 layer, "), "\(validated)")
    }

    /// The process's limit applies; layers that fit it run.
    @Test func theLimitOfTheProcessApplies() throws {
        let folder = try Folder([
            "shapes.csv": "layer,C,K,H_in,W_in,kernel,pad\nwide,3,8,1024,1024,3,1\n",
            "Configs/small.yaml": "name: small\n",
        ])
        try folder.copy("\(repository)/Configs/energy", to: "Configs/energy")
        let made = try Program.run("trace", "synthesize", "shapes.csv", "--output", "wide.yaml", in: folder)
        #expect(made.code == 0, "\(made)")
        let line = "ulimit -v $(( $1 * 1024 )); \"$WINOSIM\" simulate wide.yaml --jobs 1"
        let tight = try Program.shell("set -- 250; " + line, in: folder)
        #expect(tight.code == 65 && tight.talk.contains("layer 'wide' takes about "), "\(tight)")
        let ample = try Program.shell("set -- 4000; " + line, in: folder)
        #expect(ample.code == 0, "\(ample)")
    }
}
