/// A memory: takes requests in order, and returns answers with their memory clocks.
///
/// Time is in memory clocks and never decreases: requests are offered in the order of their cycles. Decisions between two
/// offers are made when they are needed. Equal offers give equal answers.
public final class DRAMController {
    /// The simulated memory.
    public let configuration: DRAMConfiguration
    private let channels: UnsafeMutablePointer<Channel>
    private let channelCount: Int
    private let decoder: AddressDecoder
    /// A pointer, like the channels, so that no access is checked at run time.
    private let completions: UnsafeMutablePointer<CompletionQueue>
    /// Requests so far without a command: reads and writes of a burst that was pending.
    public private(set) var mergedRequests = 0

    /// Makes an idle memory at cycle 0.
    public init(_ configuration: DRAMConfiguration) {
        self.configuration = configuration
        channelCount = configuration.organization.channels
        decoder = AddressDecoder(configuration.mapping, configuration.organization)
        channels = .allocate(capacity: channelCount)
        completions = .allocate(capacity: 1)
        completions.initialize(to: CompletionQueue())
        for i in 0..<channelCount { (channels + i).initialize(to: Channel(configuration)) }
    }

    deinit {
        for i in 0..<channelCount { channels[i].deallocate() }
        channels.deallocate()
        completions.pointee.deallocate()
        completions.deallocate()
    }

    /// Offers the burst at `address` in `cycle`; nil if it is accepted, else the cycle in which it will be.
    ///
    /// A refused request blocks those after it: nothing else may be offered before that cycle. A read's answer has `tag`.
    @inline(__always)
    public func offer(_ address: Int, isWrite: Bool, at cycle: Int, tag: Int) -> Int? {
        let location = decoder.locate(address)
        let channel = channels + location.channel
        channel.pointee.advance(to: cycle, into: &completions.pointee)
        if channel.pointee.accept(location, isWrite: isWrite, tag: tag, at: cycle, into: &completions.pointee) {
            if channel.pointee.isMerged { mergedRequests += 1 }
            return nil
        }
        return channel.pointee.advanceUntilSpace(forWrites: isWrite, into: &completions.pointee)
    }

    /// The next answered read, in the order of decisions.
    @inline(__always)
    public func takeCompletion() -> DRAMCompletion? { completions.pointee.popFirst() }

    /// The next answered read; if no answer is known yet, decides ahead until there is one. Nil if no read waits.
    ///
    /// A later offer for a cycle that has been decided is served after those decisions.
    public func awaitCompletion() -> DRAMCompletion? {
        while completions.pointee.count == 0 {
            var next = Int.max
            var choice = -1
            for i in 0..<channelCount {
                if let cycle = channels[i].nextEvent, cycle < next {
                    next = cycle
                    choice = i
                }
            }
            guard choice >= 0 else { return nil }
            _ = channels[choice].step(to: Int.max - 1, into: &completions.pointee)
        }
        return completions.pointee.popFirst()
    }

    /// The cycle of the next decision that does not depend on further requests; nil if nothing waits.
    public func nextDecision() -> Int? {
        var next: Int?
        for i in 0..<channelCount {
            if let cycle = channels[i].nextEvent { next = min(next ?? cycle, cycle) }
        }
        return next
    }

    /// Performs all events up to `cycle` on all channels.
    public func advance(to cycle: Int) {
        for i in 0..<channelCount { channels[i].advance(to: cycle, into: &completions.pointee) }
    }

    /// Serves all accepted requests, buffered writes included; returns the cycle of the last answer or write.
    public func drain() -> Int {
        var end = 0
        for i in 0..<channelCount { end = max(end, channels[i].drain(into: &completions.pointee)) }
        return end
    }

    /// The counts up to `cycle`.
    public func counters(at cycle: Int) -> DRAMCounters {
        advance(to: cycle)
        var sum = DRAMCounters()
        for i in 0..<channelCount { sum += channels[i].counters(at: cycle) }
        return sum
    }
}

/// A read that has been answered.
public struct DRAMCompletion: Hashable, Sendable {
    /// The caller's identification of the read.
    public var tag: Int
    /// The memory clock of its data.
    public var cycle: Int
}

/// A ring of answers, which grows when it is full.
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

/// Counts of a memory's commands and idle clocks.
public struct DRAMCounters: Hashable, Sendable {
    /// Read commands, one per burst; reads answered from buffered writes, or by a read of the same burst, have none.
    public var reads = 0
    /// Write commands; writes merged with a buffered one have none.
    public var writes = 0
    /// Reads and writes that found their row open.
    public var rowHits = 0
    /// Rows opened.
    public var activates = 0
    /// Rows closed, before refreshes too.
    public var precharges = 0
    /// Refreshes of ranks.
    public var refreshes = 0
    /// Changes of the data bus from reads to writes or back.
    public var readWriteSwitches = 0
    /// Clocks in which a rank had all its rows closed; the sum over ranks.
    public var prechargedCycles = 0
    /// Clocks in which a data bus was idle, by the cause that delayed the next burst; sums over channels.
    public var idle = DRAMIdleCycles()

    /// Makes counters at zero.
    public init() {}

    /// Adds another channel's counts.
    public static func += (sum: inout DRAMCounters, other: DRAMCounters) {
        sum.reads += other.reads
        sum.writes += other.writes
        sum.rowHits += other.rowHits
        sum.activates += other.activates
        sum.precharges += other.precharges
        sum.refreshes += other.refreshes
        sum.readWriteSwitches += other.readWriteSwitches
        sum.prechargedCycles += other.prechargedCycles
        sum.idle += other.idle
    }
}
