import Hardware
import YAML

/// Operands that are read from DRAM more than twice as often as they would have to be: the buffers do not suit the layer.
extension TraceActivity {
    /// A sentence for the weights and one for the inputs, with the key to change; none where all traffic is within twice what
    /// is compulsory.
    public var repeatedLoads: [String] {
        if let shared = configuration.operandBuffer.capacity {
            return [
                sentence("weights", \.weights, buffer: "operand_buffer", shared),
                sentence("inputs", \.inputs, buffer: "operand_buffer", shared),
            ].compactMap { $0 }
        }
        return [
            sentence("weights", \.weights, buffer: "weight_buffer", configuration.weightBuffer.capacity),
            sentence("inputs", \.inputs, buffer: "input_buffer", configuration.inputBuffer.capacity),
        ].compactMap { $0 }
    }

    private func sentence(
        _ operand: String, _ path: KeyPath<Activity, OperandLedger>, buffer: String, _ capacity: Bytes
    ) -> String? {
        let found = layers.filter { layer in
            let activity = layer.activity[keyPath: path]
            return activity.loadedBytes > 2 * activity.compulsoryBytes
        }
        let worst = found.max {
            ($0.activity[keyPath: path].loadRatio ?? 0) < ($1.activity[keyPath: path].loadRatio ?? 0)
        }
        guard let worst else { return nil }
        let activity = worst.activity[keyPath: path]
        let ratio = activity.loadRatio ?? 0
        let others = found.count == 1 ? "" : ", and \(found.count - 1) more layers over twice"
        // Of a shared buffer the other operand takes a part too.
        let least =
            configuration.sharedBanks == nil
            ? found.map { $0.activity[keyPath: path].wholeGroupsCapacity }.max() ?? 0 : 0
        let change =
            least > capacity.count
            ? "\(buffer).capacity of \(QuantityKind.capacity.format(Double((least + 1023) / 1024 * 1024))) "
                + "would keep each of their groups between its passes"
            : "raise \(buffer).capacity, or set mapping.loop_order"
        return
            "\(operand) of \(worst.name) are read from DRAM \((ratio * 10).rounded() / 10) times (\(Self.grouped(activity.loadedBytes)) "
            + "bytes, and \(Self.grouped(activity.compulsoryBytes)) are compulsory)\(others): \(change)"
    }

    /// `1,234,567`.
    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return String(
            digits.enumerated().flatMap { index, digit in
                index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
            })
    }
}
