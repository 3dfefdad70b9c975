import Files
import Reports

/// Puts the shards of one sweep back together.
public enum SweepMerge {
    /// The sweep whose shards stand in these folders.
    ///
    /// - Throws: `FileError` for a folder without a journal; `InputError` where shards belong to different sweeps, or are not all
    ///   there and whole.
    public static func result(of folders: [String]) throws -> SweepResult {
        var rows: [Int: SweepRow] = [:]
        var first: (head: JournalHead, path: String)?
        var seen: [Shard: String] = [:]
        for folder in folders {
            let path = (folder.hasSuffix("/") ? folder : folder + "/") + Journal.name
            let contents = JournalContents(try InputFile.bytes(of: path, limit: 1 << 32))
            let place = Mark(file: path, line: 1, column: 1)
            guard let head = contents.head, let shard = Shard(head.shard) else {
                throw InputError("the first line says of no sweep that this program knows", at: place)
            }
            guard head.identity.figures == RunTotals.Figure.all.map(\.column.name) else {
                throw InputError("its figures are not those of this version of winosim: merge with its own", at: place)
            }
            if let first, let difference = first.head.identity.difference(from: head.identity) {
                throw InputError("it is not of the sweep of \(first.path): \(difference)", at: place)
            }
            if let other = seen.keys.first, other.count != shard.count {
                throw InputError(
                    "it is one of \(shard.count) shards, and that of \(seen[other] ?? "") one of \(other.count)",
                    at: place)
            }
            if let other = seen[shard] { throw InputError("shard \(shard) stands in \(other) too", at: place) }
            let all = (1...max(1, head.identity.points)).filter(shard.holds)
            let missing = all.filter { contents.rows[$0] == nil }
            guard missing.isEmpty else {
                throw InputError(
                    "shard \(shard) is not finished: \(missing.count) of its \(all.count) points are missing, the first is "
                        + "\(missing[0]); winosim sweep --shard \(shard) --resume goes on with it", at: place)
            }
            seen[shard] = path
            first = first ?? (head, path)
            rows.merge(contents.rows) { _, new in new }
        }
        guard let identity = first?.head.identity, let count = seen.keys.first?.count else {
            preconditionFailure("a merge of no folders")
        }
        let missing = (1...count).compactMap { Shard("\($0)/\(count)") }.filter { seen[$0] == nil }
        guard missing.isEmpty else {
            throw InputError(
                "of \(count) shards \(missing.map(\.description).joined(separator: ", ")) are missing", at: nil)
        }
        return SweepResult(identity, rows: rows.values.sorted { $0.number < $1.number })
    }
}
