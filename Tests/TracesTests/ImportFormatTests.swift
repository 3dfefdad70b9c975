import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct ImportFormatTests {
    private func message(_ bytes: [UInt8], _ path: String) throws -> String {
        let error = #expect(throws: InputError.self) {
            try WorkloadFormat.network(WorkloadFile(bytes, path: path), as: nil)
        }
        return String((error?.description ?? "").prefix { $0 != "\n" })
    }

    @Test func formatsAreRecognized() throws {
        for (text, expected) in [
            ("L,M,N,K,Sparsity,\na,1,2,3,1:2,", "scale-sim"), ("problem: {}", "timeloop"),
            ("// a comment\nNetwork A {\n}", "maestro"), ("Constant A 3;\nNetwork {}", "maestro"),
            ("- {id: 0, equation: x}", "zigzag"),
        ] {
            #expect(try WorkloadFile(Array(text.utf8), path: "f").format().name == expected)
        }
        #expect(WorkloadFormat.all.map(\.name) == ["scale-sim", "timeloop", "zigzag", "maestro"])
    }

    @Test(arguments: [
        (
            "format: winosim-trace/1\nmodel: m\n", "t.yaml",
            "this looks like a trace already, which winosim simulate reads"
        ),
        (
            "layer,C,K,H_in,W_in,kernel\na,1,1,1,1,1\n", "t.csv",
            "this looks like a table of layer shapes, which winosim trace synthesize reads"
        ),
        ("pe_array: {rows: 2}\n", "t.yaml", "this looks like a machine of winosim, which its option --config reads"),
        (
            "architecture: {version: 0.4}\n", "t.yaml",
            "this looks like Timeloop's architecture, which is no workload: expected the file with problem"
        ),
        (
            "mapper: {timeout: 4}\n", "t.yaml",
            "this looks like Timeloop's mapper, which is no workload: expected the file with problem"
        ),
        (
            "name: a\nmemories: {}\n", "t.yaml",
            "this looks like ZigZag's hardware, which is no workload: expected the list of layers"
        ),
        (
            "- {name: Conv, spatial_mapping: {}}\n", "t.yaml",
            "this looks like ZigZag's mapping, which is no workload: expected the list of layers"
        ),
        ("L;M;N;K\n", "t.csv", "this looks like a table whose columns are separated by \";\"; expected commas"),
        ("{\"layers\": []}\n", "t.json", "this looks like JSON, which no workload format here is"),
        (
            "a letter\n", "t.txt",
            "this looks like no workload that is known; name its format with --format scale-sim, timeloop, zigzag or "
                + "maestro"
        ),
        (
            "", "t.csv",
            "this looks like no workload that is known; name its format with --format scale-sim, timeloop, zigzag or "
                + "maestro"
        ),
    ]) func otherTextsSayWhatTheyLookLike(_ text: String, _ path: String, _ expected: String) throws {
        #expect(try message(Array(text.utf8), path) == "\(path):1:1: error: \(expected)")
    }

    @Test(
        arguments: [
            (
                Array("PK\u{3}\u{4}archive/data.pkl\0".utf8), "net.bin",
                "this looks like a PyTorch file, which the package in"
            ),
            (
                [0x80, 2, 0], "net.pt",
                "this looks like a PyTorch file, which the package in Traces/exporter makes a trace of"
            ),
            (
                [8, 9, 0x12, 0, 0xFF], "net.bin",
                "this looks like an ONNX model, which the package in Traces/exporter makes"
            ),
            (
                [0xFF, 0], "net.onnx",
                "this looks like an ONNX model, which the package in Traces/exporter makes a trace of"
            ),
            (
                [0xFF, 0xFE, 0x41, 0], "net.csv",
                "this is no text in UTF-8, expected a workload file of scale-sim, timeloop,"
            ),
        ] as [([UInt8], String, String)]) func bytesSayWhatTheyLookLike(
            _ bytes: [UInt8], _ path: String, _ expected: String
        ) throws
    {
        let found = try message(bytes, path)
        #expect(found.hasPrefix("\(path):1:1: error: \(expected)"), "\(found)")
    }

    @Test func invalidYAMLGivesItsOwnError() throws {
        #expect(try message(Array("a: 1\nb: [\n".utf8), "t.yaml").hasPrefix("t.yaml:2:5: error: invalid YAML: "))
    }

    @Test func aGivenFormatReadsWithItsOwnMessages() throws {
        for (name, expected) in [
            ("scale-sim", "f:1:1: error: expected the names of SCALE-Sim's columns, Layer name, IFMAP Height, "),
            ("timeloop", "f:1:1: error: the key \"problem\" is missing, which a Timeloop workload has"),
            ("zigzag", "f:1:1: error: found a mapping, expected a list"),
            ("maestro", "f:1:1: error: found \"a\", expected Network, Constant or Accelerator"),
        ] {
            let error = #expect(throws: InputError.self) { try imported("a: 1\n", file: "f", as: name) }
            #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
        }
    }

    @Test func layersOfSeveralFilesFollowEachOther() throws {
        let folder = try Folder()
        let paths = try ["one", "two"].map { name in
            try folder.write(
                "problem: {shape: gemm-ABZ, instance: {M: 1, N: 2, K: 3, densities: {B: 0.5}}}\n", to: "\(name)/fc.yaml"
            )
        }
        let network = try WorkloadFormat.network(paths)
        #expect(network.rows.map(\.name) == ["fc", "fc#2"] && network.name == "fc")
        #expect(network.densities.mapValues(\.weights) == ["fc": 0.5, "fc#2": 0.5])
        #expect(network.notes.filter { $0.hasPrefix("a problem without a name") }.count == 1)
    }
}
