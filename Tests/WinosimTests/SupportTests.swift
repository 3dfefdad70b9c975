import Files
import TestSupport
import Testing

@testable import winosim

@Suite struct SupportTests {
    @Test(arguments: [
        ("conv1", "conv1", true), ("conv1", "conv10", false), ("conv*", "conv", true), ("*1*1", "a1b1", true),
        ("*1*1", "a1b1c", false), ("c?nv", "conv", true), ("c?nv", "cnv", false), ("conv[12]", "conv2", true),
        ("conv[12]", "conv3", false), ("conv[!12]", "conv3", true), ("conv[^12]", "conv1", false),
        ("conv[1-3]", "conv2", true), ("conv[3-1]", "conv2", false), ("[]a]x", "]x", true), ("[a-]", "-", true),
        ("a[", "a[", true), ("a\\*", "a*", true), ("a\\*", "ab", false), ("x[1]", "x[1]", true), ("*", "", true),
        ("", "a", false), ("a*b*c*d", "axbxcxbxd", true), ("?*", "", false),
    ]) func globsMatchNames(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(Glob(pattern).matches(name) == expected, "\(pattern) on \(name)")
    }

    @Test(arguments: [
        ("a,b", ["a", "b"]), ("a", ["a"]), ("a[,b],c", ["a[,b]", "c"]), ("a\\,b,c", ["a\\,b", "c"]),
        ("a[,b", ["a[", "b"]), ("a,", ["a", ""]),
    ]) func listsAreSplitAtCommas(_ text: String, _ expected: [String]) {
        #expect(Glob.list(text).map(\.text) == expected)
    }

    /// A pattern of many stars takes little time on a name that nearly matches.
    @Test func globsOfManyStarsEndSoon() {
        let stars = String(repeating: "*a", count: 2000)
        #expect(!Glob(stars + "b").matches(String(repeating: "a", count: 4000)))
    }
}
