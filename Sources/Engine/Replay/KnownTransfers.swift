import DRAM
import Hardware
import Synchronization

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
