import ArgumentParser
import Comparisons
import DRAM
import Energy
import Files
import Hardware
import Reports
import Simulation
import Sweeps
import Traces
import YAML

/// `winosim config check`.
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check files: configurations, sweeps, comparisons, traces, energy tables, memories.",
        discussion: """
            Example:
              winosim config check mine.yaml sweep.yaml mobile

            The kind of a file is found from its contents. Files that it names are checked too: those that a configuration \
            extends, its energy table and its memory; the traces and machines of a sweep or a comparison, and every value \
            of a sweep. Checks all files; the exit code is that of the first file with an error.
            """)

    @Argument(help: ArgumentHelp("Files, or shipped names.", valueName: "file"), completion: Completions.any)
    var files: [String]

    @OptionGroup var shipped: LibraryOptions
    @OptionGroup var traces: TraceLibraryOptions

    func validate() throws {
        for file in files { try requirePaths(("<file>", file)) }
    }

    func run() throws {
        let checker = try FileChecker(library: shipped.library(), traces: traces.library())
        var first: Failure.Code?
        for file in files {
            do {
                try Console.print("\(file): valid: \(checker.check(file))\n")
            } catch {
                let isOutput = (error as? FileError)?.operation == .write
                guard !isOutput, let code = Failure.report(error) else { throw error }
                first = first ?? code
            }
        }
        if let first { throw ExitCode(first.rawValue) }
    }
}

/// Checks files of every kind that winosim reads.
struct FileChecker {
    let library: ConfigurationLibrary
    let traces: TraceLibrary

    /// The kind of a file.
    private enum Kind: CaseIterable {
        case configuration, sweep, comparison, trace, energyTable, memory, scalingTable, sramTable

        /// Top-level keys that distinguish it from the others.
        var keys: [String] {
            switch self {
            case .configuration:
                [
                    "clock", "datatype", "pe_array", "weight_buffer", "input_buffer", "operand_buffer",
                    "output_buffer", "input_transform", "output_transform", "mapping", "dram", "energy",
                ]
            case .sweep:
                ["base", "set", "traces", "axes", "together", "apart", "constraints", "objectives", "sample"]
            case .comparison: ["baseline", "runs", "cases", "published"]
            case .trace: ["model", "seed", "tensors", "layers"]
            case .energyTable: ["companion", "operations", "memory", "wire", "leakage", "clock_and_control"]
            case .memory: ["standard", "clock_period", "organization", "address_mapping", "timings"]
            case .scalingTable: ["voltages"]
            case .sramTable: ["temperature", "columns"]
            }
        }

        /// The kind of a document: from its format, or else the kind of which it has most keys.
        init(_ root: Node) {
            if let format = root["format"]?.text, let dash = format.lastIndex(of: "/") {
                switch format[..<dash] {
                case "winosim-trace": self = .trace
                case "winosim-comparison": self = .comparison
                default: self = Self.likeliest(root)
                }
            } else {
                self = Self.likeliest(root)
            }
        }

        private static func likeliest(_ root: Node) -> Kind {
            let names = Set((root.entries ?? []).map(\.name))
            var best = (kind: Kind.configuration, count: 0)
            for kind in allCases {
                let count = kind.keys.count(where: names.contains)
                if count > best.count { best = (kind, count) }
            }
            return best.kind
        }
    }

    /// Checks a file or a shipped name.
    ///
    /// - Returns: a description of the file.
    /// - Throws: `FileError`, `InputError`.
    func check(_ nameOrPath: String) throws -> String {
        let path = try resolve(nameOrPath)
        switch try Kind(Document.load(path: path)) {
        case .configuration:
            let configuration = try Configuration.load(path: path, library: library)
            _ = try Machine(configuration, library: library)
            return
                "the configuration \(quoted(configuration.name)), "
                + "\(NumberText.grouped(configuration.multipliers)) multipliers"
        case .sweep:
            let plan = try SweepPlan(Sweep.load(path: path, library: library), library: library, traces: traces)
            return "a sweep of \(Self.counted(plan.count, "point"))" + (plan.note.map { "; \($0)" } ?? "")
        case .comparison:
            let comparison = try Comparison.load(path: path, library: library, traces: traces)
            try ComparisonRunner(library: library).check(comparison)
            let runs = Self.counted(comparison.cases[0].runs.count, "run")
            return
                "the comparison \(quoted(comparison.name)) of \(runs) in \(Self.counted(comparison.cases.count, "case"))"
        case .trace:
            let trace = try Trace.load(path: path)
            return "the trace \(quoted(trace.model)) of \(Self.counted(trace.layers.count, "layer"))"
        case .energyTable:
            let table = try EnergyTable.load(path: path, library: library)
            let companion = try table.loadCompanion(library: library)
            return "the energy table \(quoted(table.name))" + (companion.map { ", with \(quoted($0.name))" } ?? "")
        case .memory:
            let memory = try memory(at: path)
            return "the memory \(quoted(memory.standard)), \(NumberText.figures(memory.peakBandwidth, digits: 4)) GB/s"
        case .scalingTable: return "the scaling table \(quoted(try TechnologyScaling.load(path: path).name))"
        case .sramTable: return "the SRAM table \(quoted(try SRAMTable.load(path: path).name))"
        }
    }

    /// The file at a path, or else the shipped file of any kind with this name.
    private func resolve(_ name: String) throws -> String {
        if InputFile.isFile(name) { return name }
        let wanted = name.withoutYAML
        let items =
            try library.list() + library.published() + library.sweeps() + library.comparisons()
            + library.energyTables() + library.memories()
        if let item = items.first(where: { $0.name == wanted }) { return item.path }
        if traces.folder != nil, let trace = try? traces.resolve(name) { return trace }
        let names = try items.map(\.name) + (traces.folder == nil ? [] : traces.list().map(\.name))
        let nearest = InputFile.nearest(to: name) ?? nearestName(to: wanted, among: names)
        let near = didYouMean(nearest, otherwise: "; winosim config list has the shipped names")
        throw FileError(.read, path: name, reason: "there is no such file, and no shipped one of this name\(near)")
    }

    /// The memory of a preset's file.
    private func memory(at path: String) throws -> DRAMConfiguration {
        let folder = InputFile.folder(of: path)
        let name = path.dropFirst(folder.count).withoutYAML
        return try DRAMConfiguration.decode(
            Document.parse("{standard: \(yamlScalar(name))}", file: path),
            presets: DRAMPresets(folder: folder.isEmpty ? "." : String(folder.dropLast())))
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(NumberText.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }
}
