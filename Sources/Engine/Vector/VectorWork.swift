import Hardware
import Traces

/// What an operation that does not multiply asks of the machine (page `VectorUnit`).
struct VectorWork: Hashable {
    /// Values that are read and written.
    var read: Int
    var written: Int
    /// Additions, comparisons and their like.
    var operations: Int
    /// The operands and the results as they are stored.
    var readCount = ValueCount()
    var writtenCount = ValueCount()
    /// What is stored beside the values, in bits.
    var readIndexBits = 0
    var writtenIndexBits = 0
    /// Bytes of the operands and of the results.
    var readBytes: Int
    var writtenBytes: Int

    /// Turns of a lane: an operation takes one, and so does each value on its way in or out where there are fewer operations.
    var turns: Int { max(operations, read, written) }
}

extension VectorWork {
    /// The work of an operation of a trace.
    ///
    /// - Parameters:
    ///   - operation: the operation, with its shapes.
    ///   - density: by the name of a value, how much of it is stored.
    ///   - datatype: the widths of values.
    ///   - storage: how activations are stored.
    /// - Returns: nil where the trace does not say the shapes.
    init?(
        _ operation: StandaloneOperation, density: (String) -> OutputDensity, datatype: Datatype,
        storage: ActivationStorage
    ) {
        guard operation.bytesRead != nil else { return nil }
        let stored = StoredForm(storage.encoding, valueBits: datatype.activations)
        let results = operation.outputShapes.map { $0.reduce(1, *) }
        self.init(
            read: 0, written: results.reduce(0, +), operations: operation.arithmetic, readBytes: 0, writtenBytes: 0)
        for (index, shape) in operation.inputShapes.enumerated() {
            let values = operation.valuesRead(of: shape.reduce(1, *))
            // Constants stand behind the producers' values, and have no zeros that are known.
            let density = index < operation.inputs.count ? density(operation.inputs[index]) : .unknown
            let count = density.values(of: values)
            read += values
            readBytes += density.bytes(of: values, stored: stored)
            readCount += count
            readIndexBits += stored.indexBits(of: count)
        }
        let own = density(operation.name)
        writtenCount = own.values(of: written)
        writtenBytes = own.bytes(of: written, stored: stored)
        writtenIndexBits = stored.indexBits(of: writtenCount)
    }
}

extension StandaloneOperation {
    /// Additions, comparisons, multiplications by a constant and looked-up functions that the operation takes.
    ///
    /// A pool takes one for each value of each window. A function of single values takes one a result and operand behind the first, at
    /// least one. Those that look at a whole row take a pass for each step of their definition. A move takes none.
    var arithmetic: Int {
        let results = outputShapes.first?.reduce(1, *) ?? 0
        switch kind {
        case .pool:
            guard let window else { return inputShapes.first?.reduce(1, *) ?? 0 }
            // Windows may be larger than maps with much padding.
            let (product, overflow) = window.multipliedReportingOverflow(by: results)
            return overflow ? .max : product
        case .move: return 0
        case .elementwise: return results * (Self.passes[source] ?? max(1, inputShapes.count - 1))
        }
    }

    /// What is read of an operand: of the only one of a move (a crop, a slice) as much as the bytes say.
    func valuesRead(of values: Int) -> Int {
        guard kind == .move, inputShapes.count == 1, let bytesRead, let bytesWritten, bytesWritten > 0 else {
            return values
        }
        let results = outputShapes.reduce(0) { $0 + $1.reduce(1, *) }
        return min(values, Int((Double(results) * Double(bytesRead) / Double(bytesWritten)).rounded()))
    }

    /// Passes over the values of functions that take more than one: softmax finds the largest, subtracts it, takes the exponential, adds
    /// up and divides; a normalization of its own statistics adds up, subtracts, squares, adds up, scales, and has two parameters; one of
    /// given statistics scales and shifts; one of five neighbouring channels squares, adds up four times, scales, shifts, takes a power
    /// and divides.
    private static let passes: [String: Int] = {
        var passes = ["batch_norm": 2, "native_batch_norm": 2, "local_response_norm": 9]
        for name in ["softmax", "_softmax", "log_softmax", "_log_softmax", "_safe_softmax"] { passes[name] = 5 }
        for name in ["layer_norm", "native_layer_norm", "group_norm", "native_group_norm", "instance_norm"] {
            passes[name] = 7
        }
        return passes
    }()
}
