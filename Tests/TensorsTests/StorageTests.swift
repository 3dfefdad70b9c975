import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct StorageTests {
    /// Truncating, writing or removing a file after it was read has no effect.
    @Test func bytesStayAsRead() throws {
        var writer = SafetensorsWriter()
        let values = (0..<100_000).map(Float.init)
        writer.add("x", Tensor(values, shape: [100_000]))
        try withTemporaryFile { path in
            try writer.write(to: path)
            let digest = try sha256(ofFiles: [path])
            let file = try SafetensorsFile(path: path)
            #expect(truncate(path, 10_000) == 0)
            #expect(try file.tensor("x")?.doubles() == values.map(Double.init))
            var read = SHA256()
            file.update(&read)
            #expect(read.hexadecimal() == digest)
            let error = try #require(throws: InputError.self) { try SafetensorsFile(path: path) }
            #expect(error.message.contains("is the file truncated?"))
        }
    }

    /// Files of /proc may have a size of 0, or less contents than their size.
    @Test func aFileThatChangesItsSizeIsAnError() throws {
        let path = "/sys/kernel/mm/transparent_hugepage/enabled"
        guard FileManager.default.fileExists(atPath: path) else { return }
        let error = try #require(throws: FileError.self) { try Storage(reading: path) }
        #expect(error.path == path && error.reason.hasPrefix("it had 4096 bytes and has "), "\(error)")
        #expect(error.reason.hasSuffix(" now: another program is writing it"))
    }

    @Test func gitLFSPointersAndOtherFilesAreRefused() throws {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        let error = try #require(throws: InputError.self) { try opened(Array(pointer.utf8)) }
        #expect(error.description.hasPrefix("t:1:1: error: found a Git LFS pointer, expected the file"))
        for (header, message) in [
            (" {}", "a header that begins with the byte 0x20, expected one that begins with {"),
            ("[]", "a header that begins with \"[\", expected one that begins with {"),
            ("", "an empty header, expected one that begins with {"),
        ] {
            let error = try #require(throws: InputError.self) { try opened(safetensors(header)) }
            #expect(error.description == "t:1:9: error: not a safetensors file: \(message)")
        }
        // Space behind the object is how headers are filled up.
        #expect(try opened(safetensors("{}  ")).names.isEmpty)
    }
}
