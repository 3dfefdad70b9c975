/// Bounds without a counterpart in hardware: they keep sums of cycles and bytes far from the limits of an integer.
private enum Bound {
    static let units = 1...(1 << 16)
    static let cycles = 1 << 16
    static let capacity = 1...(1 << 40)
    static let bandwidth = 1...(1 << 30)
}

extension Configuration: ConfigurationSection {
    static var fields: [Field<Configuration>] {
        [
            .text("name", \.name),
            .frequency("clock", \.clock, in: 1...1e12),
            .section("datatype", \.datatype),
            .section("pe_array", \.peArray),
            .section("weight_buffer", \.weightBuffer),
            .section("input_buffer", \.inputBuffer),
            .section("output_buffer", \.outputBuffer),
            .section("input_transform", \.inputTransform),
            .section("output_transform", \.outputTransform),
            .section("mapping", \.mapping),
            // Read by `decode`, which has the presets.
            Field(name: "dram") { _, _ in
            } write: {
                $0.dram.lines().map { "\n  " + $0 }.joined()
            },
            .section("energy", \.energy),
        ]
    }
}

extension Datatype: ConfigurationSection {
    static var fields: [Field<Datatype>] {
        [
            .choice("format", \.format),
            .bits("weights", \.weights, in: 1...64),
            .bits("activations", \.activations, in: 1...64),
            .bits("accumulators", \.accumulators, in: 1...64),
            .flag("quantize", \.quantize),
        ]
    }
}

extension PEArray: ConfigurationSection {
    static var fields: [Field<PEArray>] {
        [
            .integer("rows", \.rows, in: 1...1024),
            .integer("columns", \.columns, in: 1...1024),
            .integer("filters_per_pe", \.filtersPerPE, in: 1...64),
            .integer("tiles_per_pe", \.tilesPerPE, in: 1...64),
            .integer("multipliers", \.multipliers, in: 1...64),
            .integer("fifo_depth", \.fifoDepth, in: 1...1024),
            .integer("lookahead", \.lookahead, in: 1...64),
            .integer("broadcast_steps", \.broadcastSteps, in: 1...1024),
            .integer("accumulator_sets", \.accumulatorSets, in: 1...64),
            .integer("stall_latency", \.stallLatency, in: 0...1024),
            .integer("pipeline", \.pipeline, in: 0...1024),
            .choice("zero_skipping", \.zeroSkipping),
            .flag("gating", \.gating),
            .choice("skip_empty_steps", \.skipEmptySteps),
            .choice("balance", \.balance),
        ]
    }
}

extension OperandBuffer: ConfigurationSection {
    static var fields: [Field<OperandBuffer>] {
        [
            .bytes("capacity", \.capacity, in: Bound.capacity),
            .bytes("bandwidth", \.bandwidth, in: Bound.bandwidth),
            .integer("banks", \.banks, in: Bound.units),
            .integer("prefetch", \.prefetch, in: 1...64),
            .choice("encoding", \.encoding),
        ]
    }
}

extension OutputBuffer: ConfigurationSection {
    static var fields: [Field<OutputBuffer>] {
        [
            .bytes("capacity", \.capacity, in: Bound.capacity),
            .integer("banks", \.banks, in: Bound.units),
        ]
    }
}

extension InputTransform: ConfigurationSection {
    static var fields: [Field<InputTransform>] {
        [
            .integer("units", \.units, in: Bound.units),
            .integer("interval", \.interval, in: 1...Bound.cycles),
            .integer("latency", \.latency, in: 0...Bound.cycles),
            .choice("placement", \.placement),
        ]
    }
}

extension OutputTransform: ConfigurationSection {
    static var fields: [Field<OutputTransform>] {
        [
            .integer("units", \.units, in: Bound.units),
            .integer("interval", \.interval, in: 1...Bound.cycles),
            .integer("latency", \.latency, in: 0...Bound.cycles),
        ]
    }
}

extension Mapping: ConfigurationSection {
    static var fields: [Field<Mapping>] {
        [
            .choice("algorithm", \.algorithm),
            .integer("tile", \.tile, in: 1...7),
            .choice("step", \.step),
            .integer("step_width", \.stepWidth, in: 1...64),
            .choice("loop_order", \.loopOrder),
            .choice("activation_storage", \.activationStorage),
        ]
    }
}

extension EnergySource: ConfigurationSection {
    static var fields: [Field<EnergySource>] {
        [
            .length("technology", \.technology, in: 1...1000, place: \.technologyPlace),
            .quantityOrTable("voltage", \.voltage, .voltage, in: 0.1...10, place: \.voltagePlace),
            .nameOrPath("table", \.table, place: \.tablePlace),
            .choice("sram", \.sram),
            .quantityOrTable(
                "memory_per_bit", \.memoryPerBit, .energy, in: 0...1000, place: \.memoryPlace),
        ]
    }
}
