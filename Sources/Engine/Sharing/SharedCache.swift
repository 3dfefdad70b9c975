import Synchronization

/// Values that are made once for all who ask, and kept as long as they fit a limit: who asks for one that is being made waits for it.
final class SharedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The place of one value. Its lock is held while the value is made.
    private final class Slot: Sendable {
        let value = Mutex<Value?>(nil)
    }

    private struct Entry: Sendable {
        let slot: Slot
        /// Bytes; nil until the value is made.
        var cost: Int?
        var lastUse: Int
    }

    private struct Contents: Sendable {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var uses = 0

        /// Removes what was used longest ago where the rest does not fit: at least an eighth of the limit, so that the oldest
        /// values are searched for now and then, not for every value.
        mutating func shrink(to limit: Int) {
            guard bytes > limit else { return }
            let made = entries.compactMap { key, entry in
                entry.cost.map { (key: key, cost: $0, lastUse: entry.lastUse) }
            }
            for oldest in made.sorted(by: { $0.lastUse < $1.lastUse }) where bytes > limit - limit / 8 {
                bytes -= oldest.cost
                entries[oldest.key] = nil
            }
        }
    }

    private let limit: Int
    private let contents = Mutex(Contents())

    /// - Parameter limit: bytes of values that are kept; those used last stay.
    init(limit: Int) { self.limit = limit }

    /// Bytes of the values that are kept.
    var bytes: Int { contents.withLock { $0.bytes } }

    /// The value of a key; `make` is called where there is none, and says what it costs in bytes. What it throws is not kept.
    func value(_ key: Key, make: () throws -> (value: Value, cost: Int)) throws -> Value {
        let slot = contents.withLock { contents in
            contents.uses += 1
            let slot = contents.entries[key]?.slot ?? Slot()
            contents.entries[key, default: Entry(slot: slot, lastUse: 0)].lastUse = contents.uses
            return slot
        }
        return try slot.value.withLock { stored in
            if let stored { return stored }
            let (value, cost): (Value, Int)
            do {
                (value, cost) = try make()
            } catch {
                contents.withLock { contents in
                    if contents.entries[key]?.slot === slot { contents.entries[key] = nil }
                }
                throw error
            }
            stored = value
            keep(key, slot, cost: cost)
            return value
        }
    }

    /// Counts more bytes for a value that has grown, if it is still kept.
    func grow(_ key: Key, by bytes: Int) {
        contents.withLock { contents in
            guard let cost = contents.entries[key]?.cost else { return }
            contents.entries[key]?.cost = cost + bytes
            contents.bytes += bytes
            contents.shrink(to: limit)
        }
    }

    /// Counts a value, and removes others where they do not fit together.
    private func keep(_ key: Key, _ slot: Slot, cost: Int) {
        contents.withLock { contents in
            guard contents.entries[key]?.slot === slot else { return }
            contents.entries[key]?.cost = cost
            contents.bytes += cost
            contents.shrink(to: limit)
        }
    }
}
