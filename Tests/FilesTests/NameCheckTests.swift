import Testing

@testable import Files

@Suite struct NameCheckTests {
    @Test(arguments: [
        "conv1", "layer1.0.conv1", "/layer1/conv1/Conv", "a=1", "a+b", "a-b", "a@b", "caf\u{E9}", "\u{5C42}", "a;=1+1",
        "'=1+1",
        "_x", "1x1", "",
    ]) func ordinaryNamesAreAccepted(_ name: String) {
        #expect(NameCheck.fault(in: name, what: "a name") == nil)
    }

    @Test(arguments: [
        ("=1+1", "="), ("+SUM(A1)", "+"), ("-1", "-"), ("@x", "@"), (" =1+1", "="), ("\u{A0}@x", "@"),
        ("\u{FF1D}1+1", "\u{FF1D}"), ("\u{FF0B}1", "\u{FF0B}"), ("\u{FF0D}1", "\u{FF0D}"), ("\u{FF20}x", "\u{FF20}"),
    ]) func formulasAreRefused(_ name: String, _ start: String) {
        #expect(
            NameCheck.fault(in: name, what: "a name")
                == "found \(quoted(name)), which a spreadsheet would run as a formula: expected a name that does not begin with "
                + start)
    }

    /// Controls, marks and overrides of the writing direction, characters without width, and ends of lines.
    @Test(
        arguments: [
            "\t", "\r", "\u{0}", "\u{1B}", "\u{85}", "\u{AD}", "\u{61C}", "\u{200B}", "\u{200E}", "\u{202A}",
            "\u{202E}", "\u{2028}",
            "\u{2029}", "\u{2060}", "\u{2066}", "\u{2069}", "\u{FEFF}", "\u{FFF9}", "\u{E0041}",
        ] as [Unicode.Scalar]) func hiddenCharactersAreRefused(_ scalar: Unicode.Scalar)
    {
        let name = "a" + String(scalar) + "b"
        let fault = NameCheck.fault(in: name, what: "a name")
        #expect(fault == "found \(quoted(name)), expected a name without control and format characters")
        #expect(fault?.unicodeScalars.contains(scalar) == false)
        let error = InputError("x", at: Mark(file: "f", line: 1, column: 1), excerpt: name)
        #expect(scalar == "\t" || !error.description.unicodeScalars.contains(scalar))
    }

    @Test func gitLFSPointersAreRefused() throws {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        let error = try #require(throws: InputError.self) {
            try GitLFS.refusePointer(Array(pointer.utf8), file: "t.yaml")
        }
        #expect(
            error.description
                == "t.yaml:1:1: error: found a Git LFS pointer, expected the file itself, which has 12345 bytes: run "
                + "\"git lfs pull\" in the repository to fetch it")
        let short = "version https://git-lfs.github.com/spec/v1\n"
        #expect(throws: InputError.self) { try GitLFS.refusePointer(Array(short.utf8), file: "t.yaml") }
        try GitLFS.refusePointer(Array("version https://git-lfs.github.com/spec".utf8), file: "t.yaml")
        try GitLFS.refusePointer([], file: "t.yaml")
    }
}
