/// A read that has been answered.
public struct DRAMCompletion: Hashable, Sendable {
    /// What the caller knows the read by.
    public var tag: Int
    /// The memory clock in which its data is there.
    public var cycle: Int
}

/// A ring of answers, which grows only when nobody takes them.
struct CompletionQueue {
    private var buffer: UnsafeMutablePointer<DRAMCompletion>
    private var mask: Int
    private var head = 0
    private(set) var count = 0

    init(capacity: Int = 1024) {
        buffer = .allocate(capacity: capacity)
        mask = capacity - 1
    }

    func deallocate() { buffer.deallocate() }

    @inline(__always)
    mutating func append(_ completion: DRAMCompletion) {
        if count > mask { grow() }
        (buffer + ((head + count) & mask)).initialize(to: completion)
        count += 1
    }

    @inline(__always)
    mutating func popFirst() -> DRAMCompletion? {
        guard count > 0 else { return nil }
        let completion = buffer[head]
        head = (head + 1) & mask
        count -= 1
        return completion
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<DRAMCompletion>.allocate(capacity: 2 * (mask + 1))
        for i in 0..<count { (larger + i).initialize(to: buffer[(head + i) & mask]) }
        buffer.deallocate()
        buffer = larger
        mask = 2 * mask + 1
        head = 0
    }
}
