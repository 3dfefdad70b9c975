import Files
import Foundation
import Synchronization

/// The finished points of a sweep, on disk one by one: what is there when a process dies is there when the next one goes on.
///
/// Lines of JSON, each behind the check sum of the rest of it: first what the sweep is, then a line a point. A line counts once it
/// is flushed to the disk; what a dying process left of its last one is cut off.
public final class Journal: Sendable {
    /// The file's name in a sweep's folder.
    public static let name = "sweep.journal"

    /// The path of the file.
    let path: String
    /// What was there when it was opened.
    let found: JournalContents
    private let file: Mutex<JournalFile>

    /// Opens the journal of a folder for a shard of a sweep, or begins it.
    ///
    /// - Parameters:
    ///   - folder: the folder's path.
    ///   - plan: the sweep.
    ///   - shard: the points that run in this folder.
    ///   - version: the program's version.
    ///   - resumes: whether to go on where one has been begun.
    /// - Throws: `FileError` where it cannot be written, or another process works on it; `InputError` where one has been begun that
    ///   is not to go on, or is another sweep's.
    public convenience init(folder: String, plan: SweepPlan, shard: Shard, version: String, resumes: Bool) throws {
        try self.init(folder: folder, identity: SweepIdentity(plan, version: version), shard: shard, resumes: resumes)
    }

    init(folder: String, identity: SweepIdentity, shard: Shard, resumes: Bool) throws {
        try OutputFolder.make(folder)
        path = (folder.hasSuffix("/") ? folder : folder + "/") + Self.name
        var file = try JournalFile(path: path)
        let contents = JournalContents(try file.bytes())
        let head = JournalHead(format: JournalHead.format, identity: identity, shard: shard.description)
        let place = Mark(file: path, line: 1, column: 1)
        if contents.head?.identity != identity, let begun = contents.head, resumes || !contents.rows.isEmpty {
            let difference = identity.difference(from: begun.identity) ?? "it is another one"
            throw InputError(
                "another sweep was begun in this folder: \(difference); put it back, or name another folder", at: place)
        }
        if let begun = contents.head, begun.shard != head.shard {
            throw InputError(
                "shard \(begun.shard) was begun in this folder, not \(head.shard): each shard wants a folder of its own",
                at: place)
        }
        if !resumes && !contents.rows.isEmpty {
            let mine = (1...identity.points).count { shard.holds($0) }
            throw InputError(
                "\(contents.rows.count) of \(mine) points of this sweep are done in this folder: --resume goes on with them; or "
                    + "name another folder", at: place)
        }
        if contents.head == nil && !contents.isBegun {
            throw InputError(
                "its first line is damaged, or no journal's of this program, so nobody knows what its points are; move the file "
                    + "away, or name another folder", at: place)
        }
        if contents.head == nil || contents.rows.isEmpty {
            try file.cut(to: 0)
            try file.append(JournalLine.bytes(head))
            found = JournalContents(head: head)
        } else {
            try file.cut(to: contents.length)
            found = contents
        }
        self.file = Mutex(file)
    }

    /// Lines that are damaged: their points run again.
    public var damagedLines: Int { found.damaged }

    /// Adds a finished point; it is on disk when this returns.
    ///
    /// - Throws: `FileError`; the journal is then as it was before.
    func append(_ row: SweepRow) throws {
        let bytes = try JournalLine.bytes(row.texts)
        try file.withLock { try $0.append(bytes) }
    }
}

/// What a journal's points belong to.
struct JournalHead: Hashable, Codable, Sendable {
    static let format = "winosim-sweep-journal/1"

    let format: String
    let identity: SweepIdentity
    let shard: String
}

/// What a journal holds.
struct JournalContents: Sendable {
    /// What its points belong to; nil where nothing whole is there.
    var head: JournalHead?
    /// The rows by their points' numbers.
    var rows: [Int: SweepRow] = [:]
    /// Whole lines that are damaged: their points are not there.
    var damaged = 0
    /// Bytes up to the end of the last whole line.
    var length = 0
    /// Whether no line is whole, and what is there may be what a dying process left of its first one.
    var isBegun = true

    init(head: JournalHead?) { self.head = head }

    init(_ bytes: [UInt8]) {
        isBegun = !bytes.contains(UInt8(ascii: "\n")) && JournalLine.begins(bytes)
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            length += line.count + 1
            guard let text = JournalLine.contents(line) else {
                damaged += 1
                continue
            }
            if head == nil, rows.isEmpty, damaged == 0 {
                head = try? JSONDecoder().decode(JournalHead.self, from: text)
                if head?.format != JournalHead.format { head = nil }
            } else if let texts = try? JSONDecoder().decode([String].self, from: text),
                let row = SweepRow(texts: texts, axes: head?.identity.axes.count ?? 0)
            {
                rows[row.number] = row
            } else {
                damaged += 1
            }
        }
    }
}

/// A line of a journal: 16 hexadecimal digits, a space, JSON, a line end.
enum JournalLine {
    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = try encoder.encode(value)
        return Array(sum(text).utf8) + [UInt8(ascii: " ")] + text + [UInt8(ascii: "\n")]
    }

    /// The JSON of a line; nil where the check sum is not its.
    static func contents(_ line: some Collection<UInt8>) -> Data? {
        let text = Data(line.dropFirst(17))
        return line.count > 17 && Array(line.prefix(17)) == Array("\(sum(text)) ".utf8) ? text : nil
    }

    /// Whether bytes may be the beginning of a line.
    static func begins(_ bytes: [UInt8]) -> Bool {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.prefix(16).allSatisfy(digits.contains)
            && [[], Array(" ".utf8)].contains(Array(bytes.dropFirst(16).prefix(1)))
    }

    /// 64 bits of SHA-256.
    private static func sum(_ text: Data) -> String { String(sha256(Array(text)).prefix(16)) }
}
