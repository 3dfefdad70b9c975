import Foundation
import Hardware

/// Memory that is free for this program: of the machine, and of the control group that it runs in.
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

    /// What is left of a limit of the second version of control groups.
    private static var ofGroup: UInt64? {
        func number(_ name: String) -> UInt64? {
            text("/sys/fs/cgroup/memory.\(name)").flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        guard let limit = number("max"), let used = number("current") else { return nil }
        return limit > used ? limit - used : 0
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
