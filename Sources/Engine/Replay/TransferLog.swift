import DRAM
import Hardware
import Synchronization

/// The transfers of a layer as a memory saw them, in their order, and their outcomes.
struct TransferLog: Sendable {
    /// Where in time bursts may be offered: the memory clock, and the bursts that were offered in it already.
    struct Place: Hashable, Sendable {
        var clock = 0
        var offered = 0

        /// Goes on to a clock, if it lies ahead.
        @inline(__always)
        mutating func move(to clock: Int) {
            guard clock > self.clock else { return }
            self = Place(clock: clock)
        }
    }

    /// A transfer that begins.
    struct Transfer: Hashable, Sendable {
        /// The load; nil for the next store.
        var load: Int?
        var bytes: Int
        var begin: Place
    }

    /// The outcome of one: the time after it, and the bytes that its own commands moved.
    struct Outcome: Hashable, Sendable {
        var end: Place
        var moved: Int
    }

    private(set) var transfers: [Transfer] = []
    private(set) var outcomes: [Outcome] = []

    mutating func append(_ transfer: Transfer, _ outcome: Outcome) {
        transfers.append(transfer)
        outcomes.append(outcome)
    }

    /// Whether the same transfers begin another log.
    func begins(_ other: TransferLog, first count: Int) -> Bool {
        transfers.count >= count && transfers[..<count] == other.transfers[..<count]
    }
}

/// A layer's transfers from the first to the last, and all that a memory answered.
final class FinishedTransfers: Sendable {
    let log: TransferLog
    /// By burst of the loads, the memory clock by which it and all of its load before it is there.
    private let arrivals: [UInt32]
    /// The memory clock in which the last request was served.
    let end: Int
    /// What the memory did until some clock.
    let counters: DRAMCounters
    let clocks: Int

    /// Nil where the layer took too long for it.
    init?(_ log: TransferLog, arrivals: [Int], end: Int, counters: DRAMCounters, clocks: Int) {
        guard clocks <= UInt32.max else { return nil }
        self.log = log
        self.arrivals = arrivals.map { UInt32($0) }
        (self.end, self.counters, self.clocks) = (end, counters, clocks)
    }

    /// The memory clock by which a burst is there.
    @inline(__always)
    func arrival(burst: Int) -> Int { Int(arrivals[burst]) }

    /// Bytes that it takes.
    var byteCount: Int {
        let transfer = MemoryLayout<TransferLog.Transfer>.stride + MemoryLayout<TransferLog.Outcome>.stride
        return log.transfers.count * transfer + arrivals.count * MemoryLayout<UInt32>.stride
    }
}

/// A memory and what is to be moved: layers with the same transfers at the same times get the same answers.
struct TransferKey: Hashable, Sendable {
    let memory: DRAMConfiguration
    let clock: Hertz
    let layout: AddressLayout
}

/// What memories answered to the transfers of a key, up to a limit.
final class KnownTransfers: Sendable {
    /// The most that are kept: all of them are searched where a layer differs from one.
    static let limit = 16

    private let logs = Mutex<[FinishedTransfers]>([])

    /// Those that are there.
    var all: [FinishedTransfers] { logs.withLock { $0 } }

    /// Keeps one below the limit that is not known.
    ///
    /// - Returns: whether it was kept.
    func keep(_ log: FinishedTransfers) -> Bool {
        logs.withLock { logs in
            guard logs.count < Self.limit, !logs.contains(where: { $0.log.transfers == log.log.transfers }) else {
                return false
            }
            logs.append(log)
            return true
        }
    }
}
