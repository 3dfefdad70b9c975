import Hardware

/// An operand of the multiplies. Each comes from DRAM through its own buffer.
enum Operand: Int, CaseIterable, Sendable {
    case weights
    case inputs
}

/// Something that weights and inputs each have.
struct PerOperand<Value> {
    var weights: Value
    var inputs: Value

    subscript(_ operand: Operand) -> Value {
        get { operand == .weights ? weights : inputs }
        set { if operand == .weights { weights = newValue } else { inputs = newValue } }
    }

    /// Changes one in place, which the subscript would copy.
    @inline(__always)
    mutating func update(_ operand: Operand, _ change: (inout Value) -> Void) {
        if operand == .weights { change(&weights) } else { change(&inputs) }
    }

    /// The same of what is made from each.
    func map<Result>(_ transform: (Value) throws -> Result) rethrows -> PerOperand<Result> {
        PerOperand<Result>(weights: try transform(weights), inputs: try transform(inputs))
    }
}

extension PerOperand: Sendable where Value: Sendable {}

extension Operand {
    /// The buffer's name in a configuration.
    var buffer: String { self == .weights ? "weight_buffer" : "input_buffer" }
}

extension Configuration {
    /// The buffer of an operand.
    subscript(_ operand: Operand) -> OperandBuffer { operand == .weights ? weightBuffer : inputBuffer }
}
