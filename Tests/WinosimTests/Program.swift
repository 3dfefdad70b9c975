import Foundation
import TestSupport

/// The outcome of a run of the program.
struct Outcome: CustomStringConvertible {
    let code: Int32
    let output: String
    let talk: String

    var description: String { "exit code \(code)\n--- standard output\n\(output)--- standard error\n\(talk)---" }
}

/// The built program.
enum Program {
    /// Its file, in the folder of the test bundle, in debug and in release builds.
    static let path: String = {
        let bundle = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return (bundle as NSString).deletingLastPathComponent + "/winosim"
    }()

    /// Runs it to its end.
    static func run(_ arguments: String..., in folder: Folder? = nil, environment: [String: String] = [:]) throws
        -> Outcome
    {
        try run(executable: path, arguments, in: folder, environment: environment)
    }

    /// Runs it with a list of arguments.
    static func run(_ arguments: [String], in folder: Folder) throws -> Outcome {
        try run(executable: path, arguments, in: folder, environment: [:])
    }

    /// Runs a line of shell in which `$WINOSIM` is the program.
    static func shell(_ line: String, in folder: Folder) throws -> Outcome {
        try run(executable: "/bin/bash", ["-c", line], in: folder, environment: [:])
    }

    private static func run(
        executable: String, _ arguments: [String], in folder: Folder?, environment: [String: String]
    ) throws -> Outcome {
        let captured = try Folder()
        let process = process(executable, arguments, in: folder, environment: environment)
        let streams = try ["out", "err"].map { name in
            let path = try captured.write("", to: name)
            return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
        process.standardOutput = streams[0]
        process.standardError = streams[1]
        try process.run()
        process.waitUntilExit()
        for stream in streams { try stream.close() }
        return Outcome(
            code: process.terminationStatus, output: try captured.text("out"), talk: try captured.text("err"))
    }

    private static func process(
        _ executable: String, _ arguments: [String], in folder: Folder?, environment: [String: String]
    ) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder.path) }
        var variables = ProcessInfo.processInfo.environment
        variables["COLUMNS"] = "80"
        variables["WINOSIM"] = path
        variables["WINOSIM_CONFIGS"] = nil
        variables["WINOSIM_TRACES"] = nil
        process.environment = variables.merging(environment) { $1 }
        return process
    }
}
