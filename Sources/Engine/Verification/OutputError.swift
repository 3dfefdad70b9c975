import Foundation

/// How far computed outputs lie from expected ones.
public struct OutputError: Hashable, Sendable {
    /// The largest difference over the largest expected magnitude; 0 where all agree.
    public let largest: Double
    /// Energy of the expected outputs over that of the differences, in dB; infinite where all agree.
    public let signalToNoise: Double

    /// Compares outputs of the same shape, element by element.
    init(computed: [Double], expected: [Double]) {
        precondition(computed.count == expected.count, "outputs of different shapes")
        var largestDifference = 0.0
        var largestExpected = 0.0
        var signal = 0.0
        var noise = 0.0
        for i in computed.indices {
            let difference = computed[i] - expected[i]
            largestDifference = max(largestDifference, abs(difference))
            largestExpected = max(largestExpected, abs(expected[i]))
            signal += expected[i] * expected[i]
            noise += difference * difference
        }
        largest = largestDifference == 0 ? 0 : largestDifference / largestExpected
        signalToNoise = noise == 0 ? .infinity : 10 * log10(signal / noise)
    }
}
