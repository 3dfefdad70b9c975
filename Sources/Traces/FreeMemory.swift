import Foundation

/// Memory that is free for this program: of the machine, of the control groups that it runs in, and of its own limits.
public enum FreeMemory {
    /// Bytes that can still be taken.
    public static var bytes: Int {
        let least = min(ofMachine ?? ProcessInfo.processInfo.physicalMemory, ofGroup ?? .max, ofProcess ?? .max)
        return Int(clamping: least)
    }

    /// What Linux says is available without swapping.
    private static var ofMachine: UInt64? {
        let line = text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 * 1024 }
    }

    /// What is left of the limits of the control groups that this process is in; nil without any.
    private static var ofGroup: UInt64? {
        text("/proc/self/cgroup").flatMap { left(groups: $0, root: "/sys/fs/cgroup") }
    }

    /// What is left of the process's limits on its address space and its data (`ulimit -v` and `-d`); nil without any.
    private static var ofProcess: UInt64? {
        guard let limits = text("/proc/self/limits"), let status = text("/proc/self/status") else { return nil }
        return left(limits: limits, status: status)
    }

    /// What is left of the limits that Linux lists of a process.
    ///
    /// - Parameters:
    ///   - limits: as in `/proc/self/limits`: `Max address space  1048576  unlimited  bytes`, the softer limit first.
    ///   - status: as in `/proc/self/status`: `VmSize:  1024 kB`.
    static func left(limits: String, status: String) -> UInt64? {
        [("Max address space", "VmSize:"), ("Max data size", "VmData:")].compactMap { limit, used -> UInt64? in
            let line = limits.split(separator: "\n").first { $0.hasPrefix(limit) }
            let usage = status.split(separator: "\n").first { $0.hasPrefix(used) }
            guard let most = line?.dropFirst(limit.count).split(separator: " ").first.flatMap({ UInt64($0) }),
                let taken = usage?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ UInt64($0) })
            else { return nil }
            return most > taken * 1024 ? most - taken * 1024 : 0
        }.min()
    }

    /// What is left of the limits of some control groups, and of those that they lie in.
    ///
    /// - Parameters:
    ///   - groups: a line a group, `0::/a/b` in the second version of control groups, `7:memory:/a/b` in the first.
    ///   - root: the folder that shows them.
    static func left(groups: String, root: String) -> UInt64? {
        groups.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 2) }.compactMap { line -> UInt64? in
            guard let group = line.last, group.hasPrefix("/") else { return nil }
            if line.first == "0" { return left(below: root, group, limit: "memory.max", used: "memory.current") }
            guard line.count == 3, line[1].split(separator: ",").contains("memory") else { return nil }
            return left(
                below: root + "/memory", group, limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes")
        }.min()
    }

    /// The least that is left by a group and those that it lies in. Inside a container the root is the group itself.
    private static func left(below root: String, _ group: Substring, limit: String, used: String) -> UInt64? {
        func number(_ path: String) -> UInt64? {
            text(path).flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        var parts = group.split(separator: "/")
        var least: UInt64?
        while true {
            let folder = ([root] + parts.map(String.init)).joined(separator: "/")
            if let limit = number("\(folder)/\(limit)"), let used = number("\(folder)/\(used)") {
                least = min(least ?? .max, limit > used ? limit - used : 0)
            }
            if parts.isEmpty { return least }
            parts.removeLast()
        }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
