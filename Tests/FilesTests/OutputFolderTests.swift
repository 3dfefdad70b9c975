import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct OutputFolderTests {
    private func files(_ texts: (String, String)...) -> [(name: String, bytes: [UInt8])] {
        texts.map { ($0.0, Array($0.1.utf8)) }
    }

    private func contents(_ folder: Folder, _ name: String = "run") throws -> [String: String] {
        try Dictionary(uniqueKeysWithValues: folder.names(in: name).map { ($0, try folder.text("\(name)/\($0)")) })
    }

    @Test func aSetReplacesAnOlderSetAndKeepsOtherFiles() throws {
        let folder = try Folder(["run/a": "old a", "run/b": "old b", "run/stale": "old", "run/mine": "mine"])
        try OutputFolder.write(
            files(("a", "new a"), ("c", "new c")), to: folder.file("run"), optional: ["stale", "gone"])
        #expect(try contents(folder) == ["a": "new a", "b": "old b", "c": "new c", "mine": "mine"])
    }

    /// After any failure the older files are unchanged, and there are no others.
    @Test(arguments: ["a", "b", "c"]) func oneUnwritableFileLeavesTheSetUnchanged(_ obstacle: String) throws {
        let old = ["run/a": "old a", "run/b": "old b", "run/stale": "old"].filter { $0.key != "run/\(obstacle)" }
        let folder = try Folder(old.merging(["run/\(obstacle)/x": ""]) { $1 })
        let error = try #require(throws: FileError.self) {
            try OutputFolder.write(
                files(("a", "new"), ("b", "new"), ("c", "new")), to: folder.file("run"), optional: ["stale"])
        }
        #expect(
            error.operation == .write && error.reason == "it is a folder" && error.path.hasSuffix("/run/\(obstacle)"))
        #expect(folder.names(in: "run") == Set(old.keys.map { String($0.dropFirst(4)) } + [obstacle]).sorted())
        for (name, text) in old { #expect(try folder.text(name) == text) }
    }

    @Test func foldersOfAFailedWriteAreRemoved() throws {
        let folder = try Folder(["here/x": ""])
        // A name that no file system takes.
        let name = String(repeating: "n", count: 300)
        #expect(throws: FileError.self) {
            try OutputFolder.write(files(("a", "new"), (name, "new")), to: folder.file("here/there/run"))
        }
        #expect(folder.names(in: "here") == ["x"])
    }

    @Test func irregularFilesAreRefused() throws {
        let folder = try Folder(["run/a": "old"])
        #expect(mkfifo(folder.file("run/b"), 0o600) == 0)
        let error = try #require(throws: FileError.self) {
            try OutputFolder.write(files(("a", "new"), ("b", "new")), to: folder.file("run"))
        }
        #expect(error.reason == "it is not a regular file" && error.path.hasSuffix("run/b"))
        #expect(try folder.text("run/a") == "old")
    }

    @Test func linksStayLinks() throws {
        let folder = try Folder(["run/x": "", "elsewhere": "old"])
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("run/a"), withDestinationPath: folder.file("elsewhere"))
        try OutputFolder.write(files(("a", "new")), to: folder.file("run"))
        #expect(try folder.text("elsewhere") == "new" && folder.names() == ["elsewhere", "run"])
    }

    /// A failure after some of the files were replaced: the older ones are restored.
    @Test func aPartlyCommittedSetIsUndone() throws {
        let folder = try Folder(["a": "old a", "c": "old c"])
        var staged = try ["a", "b", "c"].map { name in
            try StagedFile(folder.file(name)) { append in try Array("new".utf8).withUnsafeBytes(append) }
        }
        for index in staged.indices { try staged[index].keep() }
        staged[2].removeOld()
        #expect(!folder.names().contains("c"))
        for file in staged.dropLast() { try file.commit() }
        #expect(try folder.text("a") == "new" && folder.text("b") == "new")
        for (index, file) in staged.enumerated() { file.restore(isCommitted: index < 2) }
        #expect(folder.names() == ["a", "c"])
        #expect(try folder.text("a") == "old a" && folder.text("c") == "old c")
    }
}
