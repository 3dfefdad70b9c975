import ArgumentParser
import DRAM
import Files
import Foundation
import Hardware
import Traces

/// Options that select the machine.
struct MachineOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The machine: a YAML file, or a shipped name such as mobile. (default: the default machine)",
            valueName: "file"), completion: Completions.machine)
    var file: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change one key of the machine, such as pe_array.rows=32. May be repeated; the last value applies.",
            valueName: "key=value"),
        transform: Override.init(_:))
    var overrides: [Override] = []

    @OptionGroup var shipped: LibraryOptions

    func validate() throws { try requirePaths(("--config", file)) }

    /// The machine's configuration.
    ///
    /// - Throws: `FileError`, `InputError`.
    func configuration(_ library: ConfigurationLibrary) throws -> Configuration {
        if file == nil { Console.say("no --config: the default machine runs") }
        return try Configuration.load(path: file.map(library.resolve), overrides: overrides, library: library)
    }
}

/// The option that selects the folder of shipped traces.
struct TraceLibraryOptions: ParsableArguments {
    @Option(
        name: .customLong("traces"),
        help: ArgumentHelp("The folder of shipped traces. (default: it is searched for)", valueName: "folder"),
        completion: .directory)
    var folder: String?

    func validate() throws { try requirePaths(("--traces", folder)) }

    /// The shipped traces.
    ///
    /// - Throws: `FileError` if the given folder does not exist.
    func library() throws -> TraceLibrary { try Self.library(in: folder) }

    /// The shipped traces of a folder, or of the folder that is found.
    ///
    /// - Throws: `FileError` if the given folder does not exist.
    static func library(in folder: String?) throws -> TraceLibrary {
        try TraceLibrary(
            directory: folder, environment: ProcessInfo.processInfo.environment,
            executable: Bundle.main.executablePath, workingDirectory: FileManager.default.currentDirectoryPath)
    }

    /// Reads a trace by its manifest, its folder, or a shipped name.
    ///
    /// - Throws: `FileError`, `InputError`.
    func load(_ argument: String) throws -> Trace { try Trace.load(path: library().resolve(argument)) }
}

/// The option that selects the folder of shipped configurations.
struct LibraryOptions: ParsableArguments {
    @Option(
        name: .customLong("configs"),
        help: ArgumentHelp(
            "The folder of shipped configurations and energy tables. (default: it is searched for)",
            valueName: "folder"), completion: .directory)
    var folder: String?

    func validate() throws { try requirePaths(("--configs", folder)) }

    /// The shipped configurations.
    ///
    /// - Throws: `FileError` if the given folder does not exist.
    func library() throws -> ConfigurationLibrary { try Self.library(in: folder) }

    /// The shipped configurations of a folder, or of the folder that is found.
    ///
    /// - Throws: `FileError` if the given folder does not exist.
    static func library(in folder: String?) throws -> ConfigurationLibrary {
        try ConfigurationLibrary(
            directory: folder, environment: ProcessInfo.processInfo.environment,
            executable: Bundle.main.executablePath, workingDirectory: FileManager.default.currentDirectoryPath)
    }
}

extension DRAMConfiguration {
    /// The shipped memory of this name, with overrides `dram.key=value`.
    ///
    /// - Throws: `FileError` for an unknown name, with the nearest one; `InputError`.
    static func named(
        _ name: String, overrides: [Override], _ library: ConfigurationLibrary
    ) throws -> DRAMConfiguration {
        let names = try library.memoryPresets().names
        guard names.contains(name) else {
            let near = didYouMean(nearestName(to: name, among: names), otherwise: ";")
            let shipped = names.isEmpty ? "none is shipped" : "expected one of \(names.joined(separator: ", "))"
            throw FileError(
                .read, path: "--dram \(name)", reason: "there is no shipped memory of this name\(near) \(shipped)")
        }
        return try Configuration.memory(
            standard: name, origin: "--dram \(name)", overrides: overrides, presets: library.memoryPresets())
    }
}
