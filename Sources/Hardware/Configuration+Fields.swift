import YAML

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
            .text("name", \.name)
                .about("The name of the machine in reports", page: "Configurations"),
            .frequency("clock", \.clock, in: 1...1e12)
                .about(
                    "The accelerator's clock: it turns cycles into time, and sets the ratio to the memory's clock",
                    page: "BuffersAndTraffic"),
            .section("datatype", \.datatype)
                .about("Widths and forms of the numbers", page: "Operands"),
            .section("pe_array", \.peArray)
                .about("The array of processing elements (PEs)", page: "ArrayTiming"),
            .operand("weight_buffer", \.weightBuffer)
                .about("The buffer of weights", page: "BuffersAndTraffic"),
            .operand("input_buffer", \.inputBuffer)
                .about("The buffer of inputs", page: "BuffersAndTraffic"),
            .section("operand_buffer", \.operandBuffer)
                .about("One buffer that weights and inputs share by whole banks", page: "BuffersAndTraffic"),
            .section("output_buffer", \.outputBuffer)
                .about("The buffer in which outputs wait for the memory", page: "BuffersAndTraffic"),
            .section("input_transform", \.inputTransform)
                .about("The input transform units", page: "Fetch"),
            .section("output_transform", \.outputTransform)
                .about("The output units, through which direct layers leave too", page: "ArrayTiming"),
            .section("vector_unit", \.vectorUnit)
                .about(
                    "The unit that runs what does not multiply: pools, functions of single values, moves",
                    page: "VectorUnit"),
            .section("mapping", \.mapping)
                .about("How layers are laid on the machine", page: "Workload"),
            // Read by `decode`, which has the presets.
            Field(name: "dram") { _, _ in
            } write: {
                $0.dram.lines().map { "\n  " + $0 }.joined()
            }
            .typed(KeyEntry.mapping).about("The memory behind the buffers", page: "BuffersAndTraffic"),
            .section("energy", \.energy)
                .about("Where energies and areas come from", page: "Figures"),
        ]
    }
}

extension Datatype: ConfigurationSection {
    static var fields: [Field<Datatype>] {
        [
            .choice("format", \.format)
                .about(
                    "The form of a number, which sets the energy of arithmetic: integer, or a floating-point form by its width",
                    page: "Figures"),
            .bits("weights", \.weights, in: 1...64)
                .about("Bits of a weight, in either domain", page: "Operands"),
            .bits("activations", \.activations, in: 1...64)
                .about("Bits of an activation and of an output, in either domain", page: "Operands"),
            .bits("accumulators", \.accumulators, in: 1...64)
                .about("Bits of an accumulator; it governs energy and area alone", page: "Components"),
            .flag("quantize", \.quantize)
                .about(
                    "Whether operands are rounded to integers of their width before their zeros are counted",
                    page: "Operands"),
            .choice("winograd_scales", \.winogradScales)
                .about(
                    "Which values share a scale where `quantize` rounds operands of Winograd layers: all, or those of one position of the tile, freely or by powers of two",
                    page: "Operands"),
        ]
    }
}

extension PEArray: ConfigurationSection {
    static var fields: [Field<PEArray>] {
        [
            .integer("rows", \.rows, in: 1...1024)
                .about("Rows of PEs; a row holds filters", unit: "PEs", page: "ArrayTiming"),
            .integer("columns", \.columns, in: 1...1024)
                .about("Columns of PEs; a column holds tiles", unit: "PEs", page: "ArrayTiming"),
            .integer("filters_per_pe", \.filtersPerPE, in: 1...64)
                .about("Filters that a row holds in a pass (Q)", unit: "filters", page: "ArrayTiming"),
            .integer("tiles_per_pe", \.tilesPerPE, in: 1...64)
                .about("Tiles that a column holds in a pass (T)", unit: "tiles", page: "ArrayTiming"),
            .integer("multipliers", \.multipliers, in: 1...64)
                .about("Multipliers of a PE (M)", unit: "multipliers", page: "ArrayTiming"),
            .integer("fifo_depth", \.fifoDepth, in: 1...1024)
                .about("Entries that a PE's FIFO holds (D)", unit: "entries", page: "ArrayTiming"),
            .integer("lookahead", \.lookahead, in: 1...64)
                .about(
                    "Entries at the head of the FIFO from which products are taken in a cycle (L)", unit: "entries",
                    page: "ArrayTiming"),
            .integer("broadcast_steps", \.broadcastSteps, in: 1...1024)
                .about(
                    "Steps that go out together in a bundle (S); at most `fifo_depth`", unit: "steps",
                    page: "ArrayTiming"),
            .integer("accumulator_sets", \.accumulatorSets, in: 1...64)
                .about(
                    "Sets of accumulators of a PE (A): with 2, one drains while the other fills", unit: "sets",
                    page: "ArrayTiming"),
            .integer("stall_latency", \.stallLatency, in: 0...1024)
                .about("Cycles by which a full FIFO is noticed late (c)", unit: "cycles", page: "ArrayTiming"),
            .integer("pipeline", \.pipeline, in: 0...1024)
                .about(
                    "Stages from dispatch to accumulator (pl), which delay the drain of a pass", unit: "cycles",
                    page: "ArrayTiming"),
            .choice("zero_skipping", \.zeroSkipping)
                .about("Which products are executed: those that are left out take no time", page: "ArrayTiming"),
            .flag("gating", \.gating)
                .about("Whether executed products with a zero operand cost no multiply energy", page: "ArrayTiming"),
            .choice("skip_empty_steps", \.skipEmptySteps)
                .about("Which steps of a pass are neither fetched nor issued", page: "ArrayTiming"),
            .choice("balance", \.balance)
                .about("The order in which filters fill the rows of all passes", page: "ArrayTiming"),
        ]
    }
}

extension OperandBuffer: ConfigurationSection {
    static var fields: [Field<OperandBuffer>] {
        [
            .bytes("capacity", \.capacity, in: Bound.capacity)
                .about(
                    "What the buffer holds; it decides how often operands are read from DRAM",
                    page: "BuffersAndTraffic"),
            .bytes("chunk", or: "auto", \.chunk, in: Bound.capacity)
                .about(
                    "What is loaded and held at a time: the buffer is capacity / chunk places; auto: 4 KiB, or a quarter of a smaller buffer or of a smaller bank of a shared one",
                    page: "BuffersAndTraffic"),
            .bytes("bandwidth", \.bandwidth, in: Bound.bandwidth)
                .about("What the buffer delivers in a cycle (r)", page: "Fetch"),
            .integer("banks", \.banks, in: Bound.units)
                .about(
                    "Banks that it is built from; a bank's port is the bandwidth over the banks, rounded up to bytes",
                    unit: "banks", page: "Components"),
            .integer("prefetch", \.prefetch, in: 1...64)
                .about(
                    "Bundles that are fetched ahead of their issue (F); 1 stages one", unit: "bundles", page: "Fetch"),
            .encoding("encoding", \.encoding, vectors: true)
                .about("How operands are stored in the buffer; for weights also in DRAM", page: "Fetch"),
        ]
    }
}

extension OutputBuffer: ConfigurationSection {
    static var fields: [Field<OutputBuffer>] {
        [
            .bytes("capacity", \.capacity, in: Bound.capacity)
                .about("What the buffer holds: a pass drains when its outputs have room", page: "BuffersAndTraffic"),
            .integer("banks", \.banks, in: Bound.units)
                .about(
                    "Banks that it is built from; their ports together take what the output units make in a cycle",
                    unit: "banks", page: "Components"),
        ]
    }
}

extension InputTransform: ConfigurationSection {
    static var fields: [Field<InputTransform>] {
        [
            .integer("units", \.units, in: Bound.units)
                .about("Units side by side", unit: "units", page: "Fetch"),
            .integer("interval", \.interval, in: 1...Bound.cycles)
                .about("Cycles from one tile of one channel to the next in a unit", unit: "cycles", page: "Fetch"),
            .integer("latency", \.latency, in: 0...Bound.cycles)
                .about("Cycles from the last cycle of a tile in a unit to its result", unit: "cycles", page: "Fetch"),
            .choice("placement", \.placement)
                .about(
                    "Where the units stand: between DRAM and the input buffer (load), or behind the buffer (read)",
                    page: "Fetch"),
        ]
    }
}

extension OutputTransform: ConfigurationSection {
    static var fields: [Field<OutputTransform>] {
        [
            .integer("units", \.units, in: Bound.units)
                .about("Pairs that leave the accumulators side by side", unit: "units", page: "ArrayTiming"),
            .integer("interval", \.interval, in: 1...Bound.cycles)
                .about("Cycles from one pair to the next in a unit", unit: "cycles", page: "ArrayTiming"),
            .integer("latency", \.latency, in: 0...Bound.cycles)
                .about("Cycles from a drained pair to its outputs", unit: "cycles", page: "ArrayTiming"),
        ]
    }
}

extension Mapping: ConfigurationSection {
    static var fields: [Field<Mapping>] {
        [
            .choice("search", \.search)
                .about(
                    "Whether each layer runs as written, or in the mapping with the fewest cycles, the least energy, or the least product of both",
                    page: "MappingSearch"),
            .choice("algorithm", \.algorithm)
                .about(
                    "How layers are computed: auto keeps the tile that the operands belong to, winograd takes that of `tile`",
                    page: "Workload"),
            .integer("tile", \.tile, in: 1...7)
                .about("The edge m of the output tile under `algorithm: winograd`", unit: "outputs", page: "Workload"),
            .integersOrAuto("tiles", \.tiles, in: 1...7)
                .about(
                    "The edges that the transform units have, `tile` among them; auto: `tile` alone", unit: "outputs",
                    page: "MappingSearch"),
            .choice("step", \.step)
                .about(
                    "What a reduction step holds: all positions (taps) of a channel, or channels at one of them",
                    page: "Workload"),
            .integer("step_width", \.stepWidth, in: 1...64)
                .about("Channels of a step under `step: channels` (w)", unit: "channels", page: "Workload"),
            .choice("loop_order", \.loopOrder)
                .about(
                    "The order of passes: blocks of filters (weights) or of tiles (inputs) outside; auto moves the fewest bytes, fast is estimated to end first",
                    page: "BuffersAndTraffic"),
            .integerOrAuto("loop_block", \.loopBlock, in: 1...1_000_000)
                .about(
                    "Row groups (weights outside) or column groups (inputs outside) of a block of passes; auto: chosen with the order",
                    unit: "groups", page: "BuffersAndTraffic"),
            .integerOrAuto("loop_strip", \.loopStrip, in: 1...1_000_000)
                .about(
                    "Groups of what stands inside, of which a block of passes takes each of its groups in turn; auto: chosen with the order",
                    unit: "groups", page: "BuffersAndTraffic"),
            .choice("step_order", \.stepOrder)
                .about(
                    "The order of steps under `step: channels`: positions (taps) or channels outside; auto moves the fewest bytes",
                    page: "BuffersAndTraffic"),
            .storage("activation_storage", \.activationStorage)
                .about(
                    "How activations and outputs are stored in DRAM: pixels in an encoding, or the transformed tiles of Winograd layers in a bitmask",
                    page: "BuffersAndTraffic"),
            .layerPins("layers", \.layers)
                .about(
                    "What is fixed for layers by their names: {\"conv4_*\": {algorithm: direct}}", page: "MappingSearch"
                ),
        ]
    }
}

extension EnergySource: ConfigurationSection {
    static var fields: [Field<EnergySource>] {
        [
            .length("technology", \.technology, in: 1...1000, place: \.technologyPlace)
                .about("The technology node to which figures are scaled", page: "Figures"),
            .quantityOrTable("voltage", \.voltage, .voltage, in: 0.1...10, place: \.voltagePlace)
                .about("The supply of the logic; table: that of the energy table", page: "Figures"),
            .nameOrPath("table", \.table, place: \.tablePlace)
                .about(
                    "The table of energies and areas: the name of one that ships, or a path from the folder of the file",
                    page: "Figures"),
            .choice("sram", \.sram)
                .about("The transistors of the buffers", page: "Figures"),
            .quantityOrTable(
                "memory_per_bit", \.memoryPerBit, .energy, in: 0...1000, place: \.memoryPlace
            )
            .about(
                "Energy of a bit that a memory without a standard moves; table: that of the energy table",
                page: "Figures"),
        ]
    }
}
