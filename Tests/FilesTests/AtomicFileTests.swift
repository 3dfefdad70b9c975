import Files
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    @Test func writesReplaceWholeFiles() throws {
        try withTemporaryFile("out.csv") { path in
            try AtomicFile.write("one", to: path)
            try AtomicFile.write("two", to: path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out.csv"])
        }
    }

    @Test func failedWritesLeaveNothing() throws {
        struct Stop: Error {}
        try withTemporaryFile("out.csv") { path in
            try AtomicFile.write("one", to: path)
            #expect(throws: Stop.self) {
                try AtomicFile.write(to: path) { append in
                    try Array("half".utf8).withUnsafeBytes(append)
                    throw Stop()
                }
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "one")
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out.csv"])
        }
    }

    @Test func linksStayLinks() throws {
        try withTemporaryFile("out.csv") { path in
            try AtomicFile.write("one", to: path)
            try FileManager.default.createSymbolicLink(atPath: path + ".link", withDestinationPath: path)
            try AtomicFile.write("two", to: path + ".link")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path + ".link") == path)
        }
    }

    @Test func unwritablePathsAreErrors() throws {
        for path in ["/nonexistent/x", "/tmp", "/proc/x"] {
            let error = try #require(throws: FileError.self) { try AtomicFile.write("x", to: path) }
            #expect(error.operation == .write && error.path == path)
        }
        try AtomicFile.write("x", to: "/dev/null")
    }
}

/// Calls `body` with a path in a temporary folder, which is removed afterwards.
private func withTemporaryFile<R>(_ name: String, _ body: (String) throws -> R) throws -> R {
    try withFiles([:]) { folder in try body("\(folder)/\(name)") }
}
