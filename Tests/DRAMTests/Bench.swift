@testable import DRAM

/// A channel whose bookings can be examined one by one.
struct Bench {
    private var channel: Channel
    private var completions = CompletionQueue()
    private(set) var bookings: [Booking] = []
    let configuration: DRAMConfiguration

    /// A memory of two ranks, two bank groups and two banks each, whose timings do not bind.
    static var loose: DRAMConfiguration {
        var configuration = DRAMConfiguration()
        configuration.organization.ranks = 2
        configuration.organization.bankGroups = 2
        configuration.organization.banksPerGroup = 2
        configuration.organization.burstCycles = 2
        for name in DRAMTimings.names { configuration.timings[keyPath: name.path] = name.name == "tRTRS" ? 0 : 1 }
        configuration.timings.readLatency = 4
        configuration.timings.writeLatency = 4
        configuration.timings.tREFI = 1_000_000_000
        return configuration
    }

    init(_ configuration: DRAMConfiguration) {
        self.configuration = configuration
        channel = Channel(configuration)
        channel.closing = true
    }

    func deallocate() {
        channel.deallocate()
        completions.deallocate()
    }

    /// Accepts a request for a bank (rank * 4 + group * 2 + bank), row and column in `cycle`.
    mutating func accept(bank: Int, row: Int, column: Int = 0, isWrite: Bool = false, at cycle: Int = 0) {
        run(to: cycle)
        let burst = (row * configuration.organization.banks + bank) * configuration.organization.columns + column
        let location = DRAMLocation(channel: 0, bank: bank, row: row, burst: burst)
        _ = channel.accept(location, isWrite: isWrite, tag: bookings.count, at: cycle, into: &completions)
    }

    /// Books everything up to `horizon`.
    mutating func run(to horizon: Int = 1_000_000) {
        while true {
            channel.decide()
            let (cycle, list) = channel.nextMove()
            if cycle < channel.best {
                guard cycle <= horizon else { return }
                channel.move(list, at: cycle)
            } else if channel.nextRefresh <= min(channel.best, horizon), channel.best < Int.max {
                channel.refresh()
            } else {
                guard channel.best <= horizon else { return }
                bookings.append(channel.book(into: &completions))
            }
        }
    }

    /// The counters up to the last data.
    var counters: DRAMCounters { channel.counters(at: channel.lastData) }
    var lastData: Int { channel.lastData }

    mutating func takeCompletion() -> DRAMCompletion? { completions.popFirst() }
}
