import Files
import Foundation
import Hardware
import Synchronization
import TestSupport
import Testing

@testable import Sweeps

@Suite struct JournalTests {
    private func journal(
        _ folder: Folder, _ plan: SweepPlan, shard: Shard = .whole, version: String = "1", resumes: Bool = true
    ) throws -> Journal {
        try Journal(folder: folder.file("out"), plan: plan, shard: shard, version: version, resumes: resumes)
    }

    private func run(_ plan: SweepPlan, _ journal: Journal, shard: Shard = .whole) async throws -> SweepResult {
        try await SweepRunner(plan, version: "1", shard: shard, jobs: 2, memory: .kibibytes(64)).run(journal: journal)
    }

    /// From every prefix of a journal, byte by byte, the sweep resumes to the same rows.
    @Test func everyPrefixOfAJournalResumes() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        let whole = try await run(plan, journal(folder, plan)).text
        let bytes = try folder.bytes("out/sweep.journal")
        #expect(whole == (try await plan.result().text))
        let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
        #expect(ends.count == plan.count + 1)
        let seed: UInt64 = 2
        var random = SeededGenerator(seed: seed)
        let cuts = ends + ends.map { $0 + 1 } + [0, 1, 20] + (0..<25).map { _ in random.below(bytes.count) }
        for cut in cuts {
            try bytes.prefix(cut).write(to: URL(fileURLWithPath: folder.file("out/sweep.journal")))
            let journal = try journal(folder, plan)
            let done = ends.count { $0 < cut }
            #expect(journal.found.rows.count == max(0, done - 1), "seed \(seed), cut \(cut)")
            #expect(try await run(plan, journal).text == whole, "seed \(seed), cut \(cut)")
            #expect(JournalContents([UInt8](try folder.bytes("out/sweep.journal"))).rows.count == plan.count)
        }
    }

    /// A damaged line loses only its point.
    @Test func pointsOfDamagedLinesRunAgain() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        let whole = try await run(plan, journal(folder, plan)).text
        var bytes = [UInt8](try folder.bytes("out/sweep.journal"))
        let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
        bytes[ends[3] + 40] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: folder.file("out/sweep.journal")))
        let journal = try journal(folder, plan)
        #expect(journal.found.damaged == 1 && journal.found.rows.count == plan.count - 1)
        #expect(try await run(plan, journal).text == whole)
    }

    /// A whole line whose figures are not of their columns' kinds is damaged too.
    @Test func figuresOfAnotherKindAreDoneAgain() throws {
        let folder = try Folder.withSweep()
        let identity = try SweepIdentity(folder.plan(), version: "1")
        let head = JournalHead(format: JournalHead.format, identity: identity, shard: Shard.whole.description)
        let axes = ["trace.yaml", "1", "1", "4 KiB"]
        let figures = identity.figures.map { $0 == "bound_by" ? "array" : "12" }
        func rows(_ figures: [String], error: String = "") throws -> JournalContents {
            try JournalContents(JournalLine.bytes(head) + JournalLine.bytes(["3"] + axes + figures + [error]))
        }
        let whole = try rows(figures)
        #expect(
            whole.damaged == 0 && whole.rows[3]?[.cycles] == .integer(12) && whole.rows[3]?[.utilization] == .real(12))
        for wrong in [["1.5"] + figures.dropFirst(), ["x"] + figures.dropFirst(), Array(figures.dropLast())] {
            #expect(try rows(wrong).damaged == 1 && rows(wrong).rows.isEmpty)
        }
        #expect(try rows(figures, error: "it failed").damaged == 1)
        #expect(try rows(figures.map { _ in "" }, error: "it failed").rows[3]?.error == "it failed")
    }

    /// A journal that cannot be identified is not overwritten.
    @Test func aDamagedFirstLineIsKept() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        _ = try await run(plan, journal(folder, plan))
        let path = folder.file("out/sweep.journal")
        var damaged = [UInt8](try folder.bytes("out/sweep.journal"))
        damaged[100] ^= 1
        let newer = String(decoding: damaged, as: UTF8.self).replacing("journal/1", with: "journal/2")
        for contents in [damaged, Array(newer.utf8), Array("my diary\n".utf8), Array("my diary".utf8)] {
            try Data(contents).write(to: URL(fileURLWithPath: path))
            for resumes in [true, false] {
                let error = #expect(throws: InputError.self) { try journal(folder, plan, resumes: resumes) }
                #expect(error?.message.contains("nobody knows what its points are") == true)
            }
            #expect([UInt8](try folder.bytes("out/sweep.journal")) == contents)
        }
    }

    @Test func aPipeIsRefusedAsAJournal() throws {
        let folder = try Folder.withSweep()
        try FileManager.default.createDirectory(atPath: folder.file("out"), withIntermediateDirectories: true)
        #expect(mkfifo(folder.file("out/sweep.journal"), 0o600) == 0)
        #expect(throws: FileError.self) { try journal(folder, folder.plan()) }
    }

    /// A user's table is identified by its contents and those of the tables that it extends, not by its path.
    @Test func ownTablesAreIdentifiedByContents() throws {
        let folder = try Folder.withSweep()
        try folder.write(
            """
            traces: [trace.yaml]
            base: machine.yaml
            set: [energy.table=./mine.yaml]
            axes: {pe_array.rows: [1, 2]}
            """, to: "sweep.yaml")
        let wires = "name: logic\nextends: logic-40nm\ndescription: wires of our own"
        try folder.write(wires, to: "logic.yaml")
        try folder.write("name: over\nextends: default\ncompanion: logic", to: "over.yaml")
        try folder.write("name: mine\nextends: over", to: "mine.yaml")
        func identity(_ path: String = "sweep.yaml") throws -> SweepIdentity {
            try SweepIdentity(folder.plan(path), version: "1")
        }
        let begun = try identity()
        #expect(begun.parts.contains { $0.name == "table mine.yaml" })
        // Another way to the same folder.
        try FileManager.default.createDirectory(atPath: folder.file("deep"), withIntermediateDirectories: true)
        #expect(try identity("deep/../sweep.yaml") == begun)
        for (file, text) in [
            ("logic.yaml", wires + ", others"),
            ("over.yaml", "name: over\nextends: default\ncompanion: logic\ndescription: another"),
            ("mine.yaml", "name: mine\nextends: default"),
        ] {
            let was = String(decoding: try folder.bytes(file), as: UTF8.self)
            try folder.write(text, to: file)
            #expect(try identity().difference(from: begun)?.contains("table mine.yaml was sha256") == true, "\(file)")
            try folder.write(was, to: file)
            #expect(try identity() == begun)
        }
    }

    /// A finished point is in the file when it is reported, with a complete line.
    @Test func pointsAreOnDiskWhenTheNextBegins() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        let journal = try journal(folder, plan)
        let path = folder.file("out/sweep.journal")
        let short = Mutex(0)
        let runner = try SweepRunner(plan, version: "1", jobs: 2, memory: .kibibytes(64))
        _ = try await runner.run(journal: journal) { done, _ in
            let bytes = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
            if JournalContents([UInt8](bytes)).rows.count < done { short.withLock { $0 += 1 } }
        }
        #expect(short.withLock { $0 } == 0)
    }

    @Test func anotherSweepIsRefusedWithTheDifference() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        _ = try await run(plan, journal(folder, plan))
        func refused(_ expected: String, _ version: String = "1") throws {
            let error = try #require(throws: InputError.self) {
                try journal(folder, try folder.plan(), version: version)
            }
            #expect(error.message.contains(expected), "\(error)")
            #expect(error.mark?.file == folder.file("out/sweep.journal"))
        }
        func changed(_ name: String, _ old: String, _ new: String, _ expected: String) throws {
            let text = try folder.text(name)
            try folder.write(text.replacing(old, with: new), to: name)
            try refused(expected)
            try folder.write(text, to: name)
        }
        try changed("sweep.yaml", "[1, 2, 4]", "[1, 2]", "axis pe_array.rows was 1, 2, 4 and is 1, 2 now")
        try changed("sweep.yaml", "<= 8", "<= 4", "constraint was pe_array.rows * pe_array.multipliers <= 8 and is")
        try changed(
            "sweep.yaml", "traces: [trace.yaml]", "traces: [trace.yaml]\nset: [clock=1 GHz]",
            "set is clock=1 GHz now and was missing")
        try changed(
            "sweep.yaml", "constraints:", "objectives: {cycles: minimize}\nconstraints:",
            "objective energy_pJ was minimize and has been removed")
        try changed(
            "sweep.yaml", "constraints:", "sample: {method: random, count: 3}\nconstraints:",
            "sample was grid and is random, count 3, seed 1 now")
        try changed("machine.yaml", "columns: 2", "columns: 4", "base pe_array.columns was 2 and is 4 now")
        try changed("trace.yaml", "density: 0.4", "density: 0.5", "trace trace.yaml was sha256 ")
        try refused("program was 1 and is 2 now", "2")
        // And all as it was goes on.
        _ = try journal(folder, folder.plan())
    }

    @Test func aJournalResumesOnlyOnRequest() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        _ = try await run(plan, journal(folder, plan, resumes: false))
        let error = #expect(throws: InputError.self) { try journal(folder, plan, resumes: false) }
        #expect(
            error?.message.contains("16 of 16 points of this sweep are done in this folder: --resume goes on") == true)
        try folder.write("", to: "out/sweep.journal")
        _ = try journal(folder, plan, resumes: false)
    }

    /// A second process in a folder is refused while the first one runs.
    @Test func aFolderAdmitsOneProcess() throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        let first = try journal(folder, plan)
        withExtendedLifetime(first) {
            let error = #expect(throws: FileError.self) { try journal(folder, plan) }
            #expect(error?.reason.contains("another winosim works on this sweep") == true, "\(error as Any)")
        }
    }

    // MARK: Shards

    @Test(arguments: ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "-1/2", ""]) func invalidShardsAreRefused(text: String)
    {
        #expect(Shard(text) == nil)
    }

    /// All shards together have each point once, and their merge is equal to the whole sweep's file, byte for byte.
    @Test(arguments: [1, 2, 3, 5, 16, 20]) func shardsMergeToTheWhole(count: Int) async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        var folders: [String] = []
        for index in 1...count {
            let shard = try #require(Shard("\(index)/\(count)"))
            folders.append(folder.file("shard \(index)"))
            let journal = try Journal(
                folder: folders[index - 1], plan: plan, shard: shard, version: "1", resumes: false)
            let part = try await run(plan, journal, shard: shard)
            #expect(part.rows.map(\.number) == Array(stride(from: index, through: plan.count, by: count)))
        }
        let merged = try SweepMerge.result(of: folders.reversed())
        let whole = try await plan.result()
        #expect(merged.text == whole.text)
        #expect(merged.json() == whole.json())
        guard count > 1 else { return }
        let missing = #expect(throws: InputError.self) { try SweepMerge.result(of: Array(folders.dropFirst())) }
        #expect(missing?.message == "of \(count) shards 1/\(count) are missing")
        let twice = #expect(throws: InputError.self) { try SweepMerge.result(of: folders + [folders[0]]) }
        #expect(twice?.message.hasPrefix("shard 1/\(count) stands in ") == true)
    }

    @Test func mergesOfUnrelatedShardsAreRefused() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        func shard(_ text: String, _ name: String, _ plan: SweepPlan, rows: Int = .max) async throws {
            let shard = try #require(Shard(text))
            let journal = try Journal(folder: folder.file(name), plan: plan, shard: shard, version: "1", resumes: false)
            _ = try await run(plan, journal, shard: shard)
            guard rows < .max else { return }
            let lines = try folder.text("\(name)/sweep.journal").split(separator: "\n").prefix(rows + 1)
            try folder.write(lines.map { $0 + "\n" }.joined(), to: "\(name)/sweep.journal")
        }
        try await shard("1/2", "a", plan)
        try await shard("2/2", "short", plan, rows: 3)
        try await shard("2/3", "third", plan)
        try folder.write(Folder.sweep.replacing("4 KiB, 8 KiB", with: "4 KiB"), to: "other.yaml")
        try await shard("2/2", "other", folder.plan("other.yaml"))
        func message(_ names: String...) -> String {
            do {
                _ = try SweepMerge.result(of: names.map(folder.file))
                return ""
            } catch { return "\(error)" }
        }
        #expect(
            message("a", "short").contains("shard 2/2 is not finished: 5 of its 8 points are missing, the first is "))
        #expect(message("a", "third").contains("it is one of 3 shards"))
        #expect(message("a", "other").contains("axis weight_buffer.capacity"))
        #expect(message("a", "nowhere").contains("cannot be read"))
        let other = try folder.text("a/sweep.journal").split(separator: "\n").map { line -> String in
            let line = line.dropFirst(17).replacing("\"multiplies\"", with: "\"products\"")
            return "\(sha256(Array(line.utf8)).prefix(16)) \(line)\n"
        }
        try folder.write(other.joined(), to: "version/sweep.journal")
        #expect(message("version").contains("its figures are not those of this version of winosim"))
        try folder.write("nonsense\n", to: "bad/sweep.journal")
        #expect(message("a", "bad").contains("of no sweep that this program knows"))
    }
}
