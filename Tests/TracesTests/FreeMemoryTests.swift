import TestSupport
import Testing

@testable import Traces

@Suite struct FreeMemoryTests {
    /// The limit of the group itself or of an enclosing one, in both versions of control groups.
    @Test func theTightestControlGroupLimitCounts() throws {
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

    /// The limits are those on the address space and on data.
    @Test func theTighterProcessLimitCounts() {
        let status = "Name:\twinosim\nVmSize:\t    2000 kB\nVmData:\t     500 kB\n"
        func left(_ space: String, _ data: String) -> UInt64? {
            FreeMemory.left(
                limits: """
                    Limit                     Soft Limit           Hard Limit           Units
                    Max data size             \(data)            unlimited            bytes
                    Max address space         \(space)            unlimited            bytes
                    """, status: status)
        }
        #expect(left("unlimited", "unlimited") == nil)
        #expect(left("2049000", "unlimited") == 1000)
        #expect(left("2049000", "512900") == 900)
        #expect(left("100", "unlimited") == 0)
    }
}
