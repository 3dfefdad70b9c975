import Engine
import Hardware
import Traces

/// Reads and writes of a buffer's banks.
struct BufferAccesses: Sendable {
    let reads: Int
    let writes: Int
    /// Of the bits that are read, those that the encoding stores beside values.
    let indexBits: Int
    let bits: Int
}

extension BufferAccesses {
    init(_ operand: OperandLedger) {
        self.init(
            reads: operand.bufferReads, writes: operand.bufferWrites, indexBits: operand.readIndexBits,
            bits: 8 * operand.bufferReadBytes)
    }

    /// Those of both operands.
    init(_ weights: OperandLedger, _ inputs: OperandLedger) {
        self.init(
            reads: weights.bufferReads + inputs.bufferReads, writes: weights.bufferWrites + inputs.bufferWrites,
            indexBits: weights.readIndexBits + inputs.readIndexBits,
            bits: 8 * (weights.bufferReadBytes + inputs.bufferReadBytes))
    }

    init(_ outputs: OutputLedger) {
        self.init(
            reads: outputs.bufferWrites, writes: outputs.bufferWrites, indexBits: outputs.indexBits,
            bits: 8 * outputs.bytes)
    }
}

/// A buffer of SRAM banks: accesses of one bank at its port's width, and what all banks leak.
struct Buffer: EnergyComponent {
    static let weights = Component(
        "weight_buffer", "banks of the buffer of weights",
        keys: "weight_buffer.capacity", "weight_buffer.banks", "weight_buffer.encoding", "energy.sram")
    static let inputs = Component(
        "input_buffer", "banks of the buffer of inputs",
        keys: "input_buffer.capacity", "input_buffer.banks", "input_buffer.encoding", "input_transform.placement",
        "energy.sram")
    static let operands = Component(
        "operand_buffer", "banks of the buffer that weights and inputs share, where they do",
        keys: "operand_buffer.capacity", "operand_buffer.banks", "operand_buffer.port", "weight_buffer.encoding",
        "input_buffer.encoding", "energy.sram")
    static let outputs = Component(
        "output_buffer", "banks of the buffer of outputs",
        keys: "output_buffer.capacity", "output_buffer.banks", "energy.sram")
    static let parts = [weights, inputs, operands, outputs]

    let part: Component
    let banks: Int
    let bank: SRAMBank
    /// The name of the table that gives the bank.
    let table: String
    let clock: Hertz
    /// How it stores values.
    let encodings: [Encoding]
    /// What a layer does with its banks.
    let accesses: @Sendable (Activity) -> BufferAccesses

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let accesses = accesses(activity)
        let read = source.withIndices(accesses.indexBits, of: accesses.bits, encodings)
        return [
            EnergyEntry(
                component: part.name, action: "read", count: accesses.reads,
                figure: EnergyFigure(energy: bank.readEnergy, source: read), family: .sram),
            EnergyEntry(
                component: part.name, action: "write", count: accesses.writes,
                figure: EnergyFigure(energy: bank.writeEnergy, source: source), family: .sram),
            EnergyEntry(
                component: part.name, action: "leakage", count: activity.cycles,
                figure: .leakage(bank.leakage * banks, clock: clock, source: source, words: "\(banks) banks"),
                family: .sram, isSwitching: false),
        ]
    }

    var areas: [AreaEntry] {
        [
            AreaEntry(
                component: part.name, part: "bank", count: banks,
                figure: AreaFigure(area: bank.area, source: source))
        ]
    }

    private var source: FigureSource {
        FigureSource(derivation: bank.derivation, publication: bank.publication, origin: "SRAM \(table)")
    }

    /// What to say where a bank takes longer from access to access than the clock's period.
    var warning: String? {
        let period = 1e9 / clock.value
        guard bank.cycleTime > period else { return nil }
        return
            "a bank of \(part.name) takes \(NumberForm.significant(bank.cycleTime)) ns from access to access, and a cycle has "
            + "\(NumberForm.significant(period)) ns: more banks, a narrower port or faster transistors (energy.sram) would help"
    }
}

extension FigureSource {
    /// The same source, with the share of what encodings store beside values in what is moved; unchanged where that is nothing.
    func withIndices(_ indexBits: Int, of bits: Int, _ encodings: [Encoding]) -> FigureSource {
        guard indexBits > 0, bits > 0 else { return self }
        let share = NumberForm.hundredths(Double(indexBits) / Double(bits) * 100)
        let names = encodings.filter { !$0.keepsZeros }.map(\.indexName).unique().joined(separator: " or ")
        return preceded(by: "\(share) % of the bits are \(names)")
    }
}

extension EnergyFigure {
    /// What leaks in a cycle of a clock.
    static func leakage(_ power: Milliwatts, clock: Hertz, source: FigureSource, words: String) -> EnergyFigure {
        // mW * ns = pJ.
        EnergyFigure(
            energy: Picojoules(power.value * 1e9 / clock.value),
            source: source.preceded(by: "\(words), \(NumberForm.significant(power.value)) mW, a cycle"))
    }
}
