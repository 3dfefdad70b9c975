/// A memory: requests go in in order, answers come out with the clock in which they are there.
///
/// Time is in memory clocks and only goes on: requests are offered in the order of their cycles. What the controller
/// decides between two offers costs nothing until it is asked for. The same offers always give the same answers.
public final class DRAMController {
    /// What it simulates.
    public let configuration: DRAMConfiguration
    private let channels: UnsafeMutablePointer<Channel>
    private let channelCount: Int
    private let decoder: AddressDecoder
    /// Behind a pointer like the channels, so that no access is checked at run time.
    private let completions: UnsafeMutablePointer<CompletionQueue>
    /// Requests so far that have no command of their own: reads and writes of a burst that was pending.
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

    /// Offers the burst at `address` in `cycle`; nil where it is accepted, else the cycle in which it will be.
    ///
    /// A refused request holds all behind it: nothing else may be offered before that cycle. A read's answer carries `tag`.
    @inline(__always)
    public func offer(_ address: Int, isWrite: Bool, at cycle: Int, tag: Int) -> Int? {
        let location = decoder.locate(address)
        let channel = channels + location.channel
        channel.pointee.advance(to: cycle, into: &completions.pointee)
        if channel.pointee.accept(location, isWrite: isWrite, tag: tag, at: cycle, into: &completions.pointee) {
            if channel.pointee.isMerged { mergedRequests += 1 }
            return nil
        }
        return channel.pointee.advanceUntilRoom(forWrites: isWrite, into: &completions.pointee)
    }

    /// The next answered read, in the order of the decisions.
    @inline(__always)
    public func takeCompletion() -> DRAMCompletion? { completions.pointee.popFirst() }

    /// The next answered read; where no answer is known yet, decides as far ahead as it takes. Nil where no read waits.
    ///
    /// What is offered after that for a cycle that has been decided on is served behind it.
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

    /// The cycle of the next decision that does not depend on further requests; nil where nothing waits.
    public func nextDecision() -> Int? {
        var next: Int?
        for i in 0..<channelCount {
            if let cycle = channels[i].nextEvent { next = min(next ?? cycle, cycle) }
        }
        return next
    }

    /// Does everything that happens up to `cycle` on all channels.
    public func advance(to cycle: Int) {
        for i in 0..<channelCount { channels[i].advance(to: cycle, into: &completions.pointee) }
    }

    /// Serves every request that was accepted, few writes too; the cycle in which the last read is answered, the last write written.
    public func drain() -> Int {
        var end = 0
        for i in 0..<channelCount { end = max(end, channels[i].drain(into: &completions.pointee)) }
        return end
    }

    /// What has been done by `cycle`.
    public func counters(at cycle: Int) -> DRAMCounters {
        advance(to: cycle)
        var sum = DRAMCounters()
        for i in 0..<channelCount { sum += channels[i].counters(at: cycle) }
        return sum
    }
}
