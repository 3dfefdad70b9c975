import Foundation
import Hardware
import TestSupport

@testable import Sweeps

/// The shipped configurations.
func shippedLibrary() throws -> ConfigurationLibrary {
    try ConfigurationLibrary(
        directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
}

/// A machine and a trace small enough for a thousand points, and a sweep over them.
extension Folder {
    static let machine = """
        name: tiny
        pe_array: {rows: 2, columns: 2, multipliers: 2, fifo_depth: 4}
        weight_buffer: {capacity: 8 KiB, banks: 2}
        dram: {standard: LPDDR4-3200}

        """

    static let trace = """
        format: winosim-trace/1
        model: tiny
        layers:
          - name: conv1
            operation: convolution
            input: {channels: 6, height: 6, width: 6}
            output: {channels: 5}
            kernel: {height: 3, width: 3, padding: 1}
            relu: winograd
            weights: {density: 0.5, domain: winograd}
            activations: {density: 0.4, domain: winograd}
          - name: fc
            operation: linear
            input: {channels: 40}
            output: {channels: 7}
            relu: spatial
            weights: {density: 0.3}
            activations: {density: 0.5}

        """

    static let sweep = """
        base: machine.yaml
        traces: [trace.yaml]
        axes:
          pe_array.rows: [1, 2, 4]
          pe_array.multipliers: {from: 1, to: 4, times: 2}
          weight_buffer.capacity: [4 KiB, 8 KiB]
        constraints: ["pe_array.rows * pe_array.multipliers <= 8"]

        """

    /// A folder with the machine, the trace, and a sweep.
    static func withSweep(_ sweep: String = sweep) throws -> Folder {
        try Folder(["machine.yaml": machine, "trace.yaml": trace, "sweep.yaml": sweep])
    }

    /// The sweep of a file, ready to run.
    func plan(_ name: String = "sweep.yaml") throws -> SweepPlan {
        try SweepPlan(Sweep.load(path: file(name)), library: shippedLibrary())
    }
}

extension SweepPlan {
    /// Runs all points, without a journal.
    func result(jobs: Int = 2, memory: Bytes = .kibibytes(1 << 16)) async throws -> SweepResult {
        try await SweepRunner(self, version: "1", jobs: jobs, memory: memory).run(journal: nil)
    }

    /// The values of each point.
    var values: [[String]] { points.map(texts) }
}

extension SweepResult {
    var text: String { String(decoding: csv(), as: UTF8.self) }
}
