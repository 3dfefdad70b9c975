/// One of the streams that bring a bundle's operands to the array: weights, inputs, or the transform behind the buffer.
///
/// Positions are counted in units of `1 / rate` cycles, so that several small fetches share a cycle.
struct FetchStream {
    /// Bytes, or tiles, a cycle (r).
    let rate: Int
    /// Where the work so far ends (e_x), in units.
    private(set) var end: Int
    /// Whether the last fetch began only when its operands had arrived.
    private(set) var waitedForMemory = false
    /// All work so far: bytes, or tile intervals.
    private(set) var work = 0
    /// Bytes of an access to one bank.
    private let port: Int
    /// Accesses so far, each bundle's rounded up.
    private(set) var accesses = 0
    /// Cycles that the first bundle takes longer.
    private var startLatency: Int

    init(rate: Int, port: Int = 1, startLatency: Int = 0) {
        self.rate = rate
        self.port = port
        self.startLatency = startLatency
        end = -rate
    }

    /// Takes up a bundle's work, not before the issue of the bundle `prefetch` places earlier, nor before its operands are on
    /// chip.
    ///
    /// - Parameter ready: the cycle in which the last byte of the operands arrives on chip.
    /// - Returns: the cycle in which the bundle's operands have been fetched.
    @inline(__always)
    mutating func fetch(_ amount: Int, after issue: Int, ready: Int = -1) -> Int {
        let start = max(end, rate * issue)
        waitedForMemory = rate * ready > start
        end = max(start, rate * ready) + amount
        work += amount
        accesses += (amount + port - 1) / port
        defer { startLatency = 0 }
        // ceil(end / rate), and end may lie down to one cycle below zero.
        return (end <= 0 ? -(-end / rate) : (end + rate - 1) / rate) + startLatency
    }
}

/// What a pass reads of one operand's buffer.
struct FetchDemand {
    /// By step, bits.
    let bits: ArraySlice<Int>
    /// By bundle, bits that two steps of it share and that are read once; empty where none do.
    var shared: ArraySlice<Int> = []

    /// Bytes of a bundle.
    @inline(__always)
    func bytes(_ steps: ArraySlice<Int>, bundle: Int) -> Int {
        var sum = shared.isEmpty ? 0 : -shared[shared.startIndex + bundle]
        for step in steps { sum += bits[bits.startIndex + step] }
        return (sum + 7) / 8
    }
}
