import ArgumentParser
import Comparisons
import Files
import Foundation
import Hardware
import Traces
import YAML

/// What the words of `winosim compare` mean: runs, or one comparison file.
struct RunArguments {
    let arguments: [String]
    let baseline: String?
    let overrides: [Override]
    let library: ConfigurationLibrary
    let traces: TraceLibrary

    /// The comparison that they describe.
    ///
    /// - Throws: `ValidationError` for words that do not go together; `FileError`, `InputError` for a comparison file.
    func comparison() throws -> Comparison {
        if arguments.count == 1 { return try comparison(named: arguments[0]) }
        let words = arguments.map(RunWord.init)
        let names = RunWord.names(of: words)
        let runs = try zip(words, names).map { word, name in
            ComparisonRun(
                name: name, trace: try manifest(word.trace),
                configuration: try word.configuration.map(library.resolve), overrides: overrides + word.overrides)
        }
        let base = try baseline.map { try chosen($0, among: arguments) } ?? arguments[0]
        let index = arguments.firstIndex(of: base) ?? 0
        return Comparison(name: "comparison", baseline: names[index], cases: [ComparisonCase(name: "", runs: runs)])
    }

    /// Refuses words of which a part is missing.
    static func check(_ arguments: [String]) throws {
        for argument in arguments where argument.hasPrefix("@") || argument.hasSuffix("@") {
            let missing = argument.hasPrefix("@") ? "trace before its" : "configuration or setting behind its last"
            throw ValidationError("\(quoted(argument)) has no \(missing) @, expected \(RunWord.form).")
        }
        if arguments.count == 1, arguments[0].contains("@") { throw alone(arguments[0]) }
    }

    private static func alone(_ argument: String) -> ValidationError {
        ValidationError("\(quoted(argument)) has nothing to be held against: name another run, or a comparison alone.")
    }

    private func comparison(named argument: String) throws -> Comparison {
        var comparison = try Comparison.load(path: comparisonFile(argument), library: library, traces: traces)
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
        if InputFile.isFile(argument) {
            let format = try Document.load(path: argument)["format"]?.text
            if format?.hasPrefix("winosim-trace/") == true { throw Self.alone(argument) }
            return argument
        }
        if let item = library.comparisons().first(where: { $0.name == argument }) { return item.path }
        if InputFile.isFolder(argument) || (try? traces.resolve(argument)) != nil { throw Self.alone(argument) }
        if argument.contains("/") { return argument }
        return try library.item(argument, among: library.comparisons(), what: "comparison").path
    }

    /// The manifest of a run's trace.
    private func manifest(_ trace: String) throws -> String {
        do {
            return try traces.resolve(trace)
        } catch let error as FileError {
            guard library.comparisons().contains(where: { $0.name == trace }) else { throw error }
            throw ValidationError("\(quoted(trace)) is a comparison: it stands alone, without runs beside it.")
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
