import Files
import TestSupport
import Testing

@Suite struct SHA256Tests {
    /// Examples of FIPS 180-4 and of NIST's validation system.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]) func publishedVectorsMatch(text: String, digest: String) {
        #expect(sha256(Array(text.utf8)) == digest)
    }

    @Test func updatesInPartsGiveTheSameDigest() {
        var random = SeededGenerator(seed: 3)
        for seed in 0..<200 {
            let bytes = (0..<random.below(400)).map { _ in random.byte() }
            var digest = SHA256()
            var start = 0
            while start < bytes.count {
                let end = min(start + 1 + random.below(130), bytes.count)
                digest.update(Array(bytes[start..<end]))
                start = end
            }
            #expect(digest.hexadecimal() == sha256(bytes), "case \(seed) of seed 3")
        }
    }

    @Test func filesAreDigestedInOrder() throws {
        try withFiles([:]) { folder in
            let path = folder + "/x"
            try AtomicFile.write("ab", to: path)
            try AtomicFile.write("c", to: path + "2")
            #expect(try sha256(ofFiles: [path, path + "2"]) == sha256(Array("abc".utf8)))
        }
    }
}
