import Files
import Hardware
import TestSupport
import Testing
import YAML

/// One buffer for both operands: what it stands in for, and what follows from its keys.
@Suite struct SharedBufferTests {
    private static let own = """
        name: own
        weight_buffer: {capacity: 64 KiB, chunk: 2 KiB, bandwidth: 32 B, banks: 4, prefetch: 3}
        input_buffer: {capacity: 16 KiB, bandwidth: 48 B, banks: 8}

        """
    private static let shared = "extends: own.yaml\noperand_buffer: {capacity: 96 KiB, banks: 16}\n"

    private func load(_ files: [String: String], _ name: String, set: [Override] = []) throws -> Configuration {
        try withFiles(files.merging(["own.yaml": Self.own, "shared.yaml": Self.shared]) { own, _ in own }) {
            try Configuration.load(path: $0 + "/" + name, overrides: set)
        }
    }

    /// What is inherited is replaced, and the keys of the operands that keep their meaning stay.
    @Test func aSharedBufferReplacesThoseThatAreInherited() throws {
        let machine = try load([:], "shared.yaml")
        let banks = try #require(machine.sharedBanks)
        #expect(banks.count == 16 && banks.bank == .kibibytes(6) && banks.port == Bytes(48))
        #expect(machine.weightBuffer.prefetch == 3 && machine.weightBuffer.bandwidth == Bytes(32))
        #expect(machine.chunkSize(machine.weightBuffer) == .kibibytes(2))
        #expect(machine.port(machine.weightBuffer) == Bytes(48) && machine.port(machine.inputBuffer) == Bytes(48))
        let set = try load([:], "own.yaml", set: ["operand_buffer={capacity: 96 KiB, banks: 16}", "name=own"])
        #expect(set == machine)
    }

    /// `none` goes back to the buffers that were inherited.
    @Test func noneUndoesIt() throws {
        let files = ["undone.yaml": "extends: shared.yaml\noperand_buffer: {capacity: none}\n"]
        let machine = try load(files, "undone.yaml")
        #expect(machine.sharedBanks == nil)
        #expect(machine.weightBuffer.capacity == .kibibytes(64) && machine.weightBuffer.banks == 4)
        #expect(machine.port(machine.weightBuffer) == Bytes(8) && machine.port(machine.inputBuffer) == Bytes(6))
        #expect(machine.chunkSize(machine.inputBuffer) == .kibibytes(4))
        let own = try load(
            ["own.yaml": Self.own + "operand_buffer: {capacity: none, banks: 16}\n"], "own.yaml")
        #expect(own == machine)
    }

    /// The keys without effect are not printed, and make no difference.
    @Test func keysWithoutEffectAreNotPrinted() throws {
        let machine = try load([:], "shared.yaml")
        let text = try Document.parse(machine.yaml(), file: "yaml")
        for name in ["weight_buffer", "input_buffer"] {
            #expect(text[name]?.entries?.map(\.name) == ["chunk", "bandwidth", "prefetch", "encoding"])
            for key in ["capacity", "banks"] {
                #expect(machine.keys.contains("\(name).\(key)"))
                #expect(try machine.value(of: "\(name).\(key)") == nil)
            }
        }
        #expect(try decoded(machine.yaml()) == machine)
        #expect(try load(["own.yaml": Self.own.replacing("64 KiB", with: "60 KiB")], "shared.yaml") == machine)
    }

    /// Unless chosen: 4 KiB, or a quarter of a smaller bank, and at least a byte.
    @Test(arguments: [("2 B", 1), ("32 B", 4), ("16 KiB", 2048), ("32 KiB", 4096), ("1 MiB", 4096)])
    func chunksAreAQuarterOfASmallBank(capacity: String, chunk: Int) throws {
        let machine = try decoded("operand_buffer: {capacity: \(capacity), banks: 2}")
        #expect(machine.chunkSize(machine.weightBuffer) == Bytes(chunk))
        #expect(machine.chunkSize(machine.inputBuffer) == Bytes(chunk))
    }

    /// Weights of 32 B a cycle, inputs of 48.
    @Test(arguments: [
        (5, 16, true), (4, 16, false), (3, 31, false), (4, 32, true), (3, 32, true), (2, 32, false), (2, 48, true),
    ])
    func portsMustDeliverBothBandwidths(banks: Int, port: Int, isPossible: Bool) {
        let text = """
            {weight_buffer: {bandwidth: 32 B}, input_buffer: {bandwidth: 48 B},
             operand_buffer: {capacity: 64 KiB, banks: \(banks), port: \(port) B}}
            """
        #expect(((try? decoded(text)) != nil) == isPossible)
    }

    /// A chunk of weights of three banks beside one of inputs.
    @Test(arguments: [(4, true), (3, false)]) func chunksMustFitTheBanks(banks: Int, isPossible: Bool) {
        let text =
            "{weight_buffer: {chunk: 2049 B}, operand_buffer: {capacity: \(banks) KiB, banks: \(banks)}}"
        #expect(((try? decoded(text)) != nil) == isPossible)
    }
}
