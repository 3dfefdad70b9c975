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
    ]) func glob(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(Glob(pattern).matches(name) == expected, "\(pattern) on \(name)")
    }

    @Test(arguments: [
        ("a,b", ["a", "b"]), ("a", ["a"]), ("a[,b],c", ["a[,b]", "c"]), ("a\\,b,c", ["a\\,b", "c"]),
        ("a[,b", ["a[", "b"]), ("a,", ["a", ""]),
    ]) func globList(_ text: String, _ expected: [String]) {
        #expect(Glob.list(text).map(\.text) == expected)
    }

    /// A pattern of many stars ends soon on a name that nearly matches.
    @Test func globDoesNotExplode() {
        let stars = String(repeating: "*a", count: 2000)
        #expect(!Glob(stars + "b").matches(String(repeating: "a", count: 4000)))
    }
}

@Suite("Free memory") struct FreeMemoryTests {
    /// The tightest limit counts, be it the group's or that of one around it, in either version of control groups.
    @Test func whatControlGroupsLeave() throws {
        let folder = try Folder([
            "memory.max": "max", "memory.current": "5000", "slurm/memory.max": "3000", "slurm/memory.current": "1000",
            "slurm/job/memory.max": "9000", "slurm/job/memory.current": "500",
            "memory/a/memory.limit_in_bytes": "700\n", "memory/a/memory.usage_in_bytes": "800\n",
        ])
        func left(_ groups: String) -> UInt64? { FreeMemory.left(groups: groups, root: folder.path) }
        #expect(left("0::/slurm/job\n") == 2000)
        #expect(left("0::/slurm\n") == 2000)
        #expect(left("0::/\n") == nil)
        #expect(left("7:memory:/a/b\n3:cpu,cpuacct:/slurm\n") == 0)
        #expect(left("") == nil && left("nonsense") == nil)
        try folder.write("100", to: "slurm/memory.current")
        #expect(left("0::/slurm/job\n") == 2900)
    }
}
