import Files
import Hardware
import TestSupport
import Testing
import YAML

@Suite struct ConfigurationTests {
    /// The text of the page, which shows the defaults.
    private static let page = """
        name: mobile
        clock: 800 MHz
        datatype: {format: integer, weights: 16 bit, activations: 16 bit, accumulators: 32 bit, quantize: false, winograd_scales: tensor}
        pe_array: {rows: 16, columns: 16, filters_per_pe: 2, tiles_per_pe: 1, multipliers: 4, fifo_depth: 8, lookahead: 2, broadcast_steps: 1,
                   accumulator_sets: 2, stall_latency: 1, pipeline: 4, zero_skipping: both, gating: false, skip_empty_steps: weights, balance: pairs}
        weight_buffer: {capacity: 512 KiB, chunk: auto, bandwidth: 384 B, banks: 32, prefetch: 2, encoding: bitmask}
        input_buffer: {capacity: 512 KiB, chunk: auto, bandwidth: 192 B, banks: 32, prefetch: 2, encoding: bitmask}
        operand_buffer: {capacity: none, banks: 32, port: auto}
        output_buffer: {capacity: 128 KiB, banks: 8}
        input_transform: {units: 16, interval: 1, latency: 2, placement: load}
        output_transform: {units: 16, interval: 1, latency: 2}
        vector_unit: {lanes: 16, operations: 1, latency: 4}
        mapping: {search: none, algorithm: auto, tile: 2, tiles: auto, step: channels, step_width: 16, loop_order: auto, loop_block: auto, loop_strip: auto, step_order: auto, activation_storage: bitmask, layers: {}}
        dram: {model: ideal}
        energy: {technology: 45 nm, voltage: table, table: default, sram: lstp, memory_per_bit: table}
        """

    @Test func thePageShowsTheDefaults() throws {
        var expected = Configuration()
        expected.name = "mobile"
        #expect(try decoded(Self.page) == expected)
        #expect(try decoded("{}") == Configuration())
        #expect(try decoded(Configuration().yaml()) == Configuration())
    }

    @Test func everyKeyOfThePageIsPrinted() throws {
        func keys(_ node: Node, _ path: String = "") -> Set<String> {
            guard let entries = node.entries else { return [path] }
            return entries.reduce(into: []) { $0.formUnion(keys($1.value, "\(path).\($1.name)")) }
        }
        let page = keys(try Document.parse(Self.page, file: "page"))
        #expect(keys(try Document.parse(Configuration().yaml(), file: "yaml")) == page)
        #expect(page.count == 67)
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func everyValueRoundTrips(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let configuration = random.configuration()
        #expect(try decoded(configuration.yaml()) == configuration, "seed \(seed)")
    }

    /// Each key is read into its own property: one override per key gives the same machine.
    @Test func overridesOfAllKeysGiveTheSameMachine() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<20 {
            let all = random.configuration()
            let root = try Document.parse(all.yaml(), file: "all")
            var lines: [String] = []
            for entry in root.entries ?? [] {
                for inner in entry.value.entries ?? [entry] {
                    let value = yamlScalarOrNumber(inner.value)
                    lines.append(
                        inner.name == entry.name ? "\(entry.name)=\(value)" : "\(entry.name).\(inner.name)=\(value)")
                }
            }
            // Behind a shared buffer four keys are not used, and not written.
            #expect(lines.count == (all.operandBuffer.capacity == nil ? 68 : 64))
            #expect(try Configuration.load(path: nil, overrides: lines.map(Override.init(_:))) == all)
        }
    }

    private func yamlScalarOrNumber(_ node: Node) -> String {
        guard case .scalar(let scalar) = node.content else { return node.flow }
        return scalar.isPlain ? scalar.text : yamlScalar(scalar.text)
    }

    @Test func boundsAreThoseOfThePage() throws {
        let bounds: [(String, ClosedRange<Int>)] = [
            ("rows", 1...1024), ("columns", 1...1024), ("fifo_depth", 1...1024), ("multipliers", 1...64),
            ("lookahead", 1...64), ("filters_per_pe", 1...64), ("tiles_per_pe", 1...64), ("broadcast_steps", 1...8),
            ("accumulator_sets", 1...64), ("stall_latency", 0...1024), ("pipeline", 0...1024),
        ]
        for (key, range) in bounds {
            for value in [range.lowerBound, range.upperBound] { _ = try decoded("pe_array: {\(key): \(value)}") }
            for value in [range.lowerBound - 1, range.upperBound + 1] {
                #expect(throws: InputError.self, "\(key) \(value)") { try decoded("pe_array: {\(key): \(value)}") }
            }
        }
        for (text, isValid) in [
            ("weight_buffer: {prefetch: 64}", true), ("weight_buffer: {prefetch: 65}", false),
            ("input_buffer: {prefetch: 0}", false), ("input_buffer: {bandwidth: 1 B}", true),
            ("input_buffer: {bandwidth: 0 B}", false), ("output_buffer: {banks: 0}", false),
            ("mapping: {step_width: 64}", true), ("mapping: {step_width: 65}", false), ("mapping: {tile: 7}", true),
            ("mapping: {tile: 8}", false), ("datatype: {weights: 64 bit}", true), ("datatype: {weights: 0 bit}", false),
            ("operand_buffer: {banks: 2}", true), ("operand_buffer: {banks: 1}", false),
            ("operand_buffer: {banks: 1025}", false), ("operand_buffer: {capacity: 8 B, banks: 8}", true),
            ("operand_buffer: {capacity: 7 B, banks: 8}", false),
            ("output_transform: {latency: 0}", true), ("output_transform: {interval: 0}", false),
            ("input_transform: {placement: read}", false),
            ("{input_transform: {placement: read}, mapping: {step: positions}}", true),
            (
                "{input_transform: {placement: read}, mapping: {step: positions, activation_storage: transformed}}",
                false
            ),
            ("mapping: {activation_storage: transformed}", true),
        ] {
            #expect(((try? decoded(text)) != nil) == isValid, "\(text)")
        }
    }

    /// Unless chosen: 4 KiB, or a quarter of a smaller buffer, and at least a byte.
    @Test(arguments: [("3 B", 1), ("31 B", 7), ("1 KiB", 256), ("16 KiB", 4096), ("512 KiB", 4096)])
    func chunksAreAQuarterOfASmallBuffer(capacity: String, chunk: Int) throws {
        let machine = try decoded("{weight_buffer: {capacity: \(capacity)}, input_buffer: {capacity: \(capacity)}}")
        #expect(machine.weightBuffer.chunkSize == Bytes(chunk))
        #expect(machine.inputBuffer.chunkSize == Bytes(chunk))
        let chosen = try decoded("{weight_buffer: {capacity: \(capacity), chunk: 2 B}}")
        #expect(chosen.weightBuffer.chunkSize == Bytes(2))
    }

    @Test(arguments: 0..<4) func mutatedConfigurationsLoadOrThrow(part: Int) {
        var outcomes = (loaded: 0, refused: 0)
        let pieces = ["0", "9", "-", ":", " ", "\n", "{", "}", "KiB", "[", "\"", "extends: x", "\t", "#"]
        for seed in UInt64(part * 500)..<UInt64(part * 500 + 500) {
            var random = SeededGenerator(seed: seed)
            var bytes = Array(random.configuration().yaml().utf8)
            for _ in 0...random.below(2) {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next() & 0x7F)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.number(1...12)))
                default: bytes.insert(contentsOf: Array(pieces[random.below(pieces.count)].utf8), at: place)
                }
            }
            do {
                _ = try Configuration.decode(Document.parse(bytes: bytes, file: "f"))
                outcomes.loaded += 1
            } catch let error as InputError {
                outcomes.refused += 1
                #expect(error.mark != nil, "seed \(seed): \(error)")
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
        #expect(outcomes.loaded > 5 && outcomes.refused > 20)
    }
}
