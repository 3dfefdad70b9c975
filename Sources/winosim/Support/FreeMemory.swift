import Foundation
import Hardware

/// Memory that is free for this program: of the machine, and of the control groups that it runs in.
enum FreeMemory {
    /// Half of it.
    static var half: Bytes { Bytes(Int(available / 2)) }

    private static var available: UInt64 {
        min(ofMachine ?? ProcessInfo.processInfo.physicalMemory, ofGroup ?? .max)
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
