import ArgumentParser
import Comparisons
import Foundation
import Hardware
import YAML

/// What the words of `winosim compare` mean: runs, or one comparison file.
struct RunArguments {
    let arguments: [String]
    let baseline: String?
    let overrides: [Override]
    let library: ConfigurationLibrary

    /// The comparison that they describe.
    ///
    /// - Throws: `ValidationError` for words that do not go together; `FileError`, `InputError` for a comparison file.
    func comparison() throws -> Comparison {
        if arguments.count == 1 { return try comparison(named: arguments[0]) }
        let names = names
        let runs = try zip(arguments, names).map { argument, name in
            let (trace, configuration) = split(argument)
            return ComparisonRun(
                name: name, trace: try manifest(trace), configuration: try configuration.map(library.resolve),
                overrides: overrides)
        }
        let base = try baseline.map { try chosen($0, among: arguments) } ?? arguments[0]
        let index = arguments.firstIndex(of: base) ?? 0
        return Comparison(name: "comparison", baseline: names[index], cases: [ComparisonCase(name: "", runs: runs)])
    }

    /// Refuses words of which a part is missing.
    static func check(_ arguments: [String]) throws {
        for argument in arguments where argument.hasPrefix("@") || argument.hasSuffix("@") {
            let missing = argument.hasPrefix("@") ? "trace before" : "configuration behind"
            throw ValidationError("\(quoted(argument)) has no \(missing) its @, expected TRACE@CONFIG.")
        }
        if arguments.count == 1, arguments[0].contains("@") { throw alone(arguments[0]) }
    }

    private static func alone(_ argument: String) -> ValidationError {
        ValidationError("\(quoted(argument)) has nothing to be held against: name another run, or a comparison alone.")
    }

    private func comparison(named argument: String) throws -> Comparison {
        var comparison = try Comparison.load(path: comparisonFile(argument))
        for index in comparison.cases.indices {
            for run in comparison.cases[index].runs.indices { comparison.cases[index].runs[run].overrides += overrides }
        }
        if let baseline {
            comparison.baseline = try chosen(baseline, among: comparison.cases[0].runs.map(\.name))
        }
        return comparison
    }

    /// The file of a comparison: one that is there, or a shipped one.
    private func comparisonFile(_ argument: String) throws -> String {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) {
            let format = isFolder.boolValue ? "" : try Document.load(path: argument)["format"]?.text
            if isFolder.boolValue || format?.hasPrefix("winosim-trace/") == true { throw Self.alone(argument) }
            return argument
        }
        guard !argument.contains("/") else { return argument }
        return try library.item(argument, among: library.comparisons(), what: "comparison").path
    }

    /// The manifest of a run's trace.
    private func manifest(_ trace: String) throws -> String {
        if library.comparisons().contains(where: { $0.name == trace }), !FileManager.default.fileExists(atPath: trace) {
            throw ValidationError("\(quoted(trace)) is a comparison: it stands alone, without runs beside it.")
        }
        return try TraceFile.manifest(trace)
    }

    /// A trace and the machine behind the last `@`.
    private func split(_ argument: String) -> (trace: String, configuration: String?) {
        guard let at = argument.lastIndex(of: "@") else { return (argument, nil) }
        return (String(argument[..<at]), String(argument[argument.index(after: at)...]))
    }

    /// Names of the runs: as short as they stay different.
    private var names: [String] {
        func short(_ path: String) -> String {
            let name = (path as NSString).lastPathComponent
            return name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
        }
        let shortened = arguments.map { argument -> String in
            let (trace, configuration) = split(argument)
            return short(trace) + (configuration.map { "@" + short($0) } ?? "")
        }
        let isUnique = Set(shortened).count == shortened.count
        guard !isUnique else { return shortened }
        return arguments.enumerated().map { index, argument in
            arguments[..<index].contains(argument) ? "\(argument) (\(index + 1))" : argument
        }
    }

    private func chosen(_ name: String, among names: [String]) throws -> String {
        guard names.contains(name) else {
            let near = nearestName(to: name, among: names).map { ": did you mean \(quoted($0))?" } ?? ";"
            throw ValidationError(
                "--baseline \(quoted(name)) is none of the runs\(near) they are \(names.joined(separator: ", ")).")
        }
        return name
    }
}
