import ArgumentParser
import Comparisons
import Files
import Foundation
import Hardware
import Traces
import YAML

/// The arguments of `winosim compare`: runs, or one comparison file.
struct RunArguments {
    let arguments: [String]
    let baseline: String?
    let overrides: [Override]
    let library: ConfigurationLibrary
    let traces: TraceLibrary

    /// The comparison of the arguments.
    ///
    /// - Throws: `ValidationError` for invalid arguments; `FileError`, `InputError` for a comparison file.
    func comparison() throws -> Comparison {
        if arguments.count == 1 { return try comparison(named: arguments[0]) }
        let parsed = arguments.map(RunArgument.init)
        let names = RunArgument.names(of: parsed)
        let runs = try zip(parsed, names).map { run, name in
            ComparisonRun(
                name: name, trace: try manifest(run.trace),
                configuration: try run.configuration.map(library.resolve), overrides: overrides + run.overrides)
        }
        let base = try baseline.map { try chosen($0, among: arguments) } ?? arguments[0]
        let index = arguments.firstIndex(of: base) ?? 0
        return Comparison(name: "comparison", baseline: names[index], cases: [ComparisonCase(name: "", runs: runs)])
    }

    /// Refuses arguments with a missing part.
    static func check(_ arguments: [String]) throws {
        for argument in arguments where argument.hasPrefix("@") || argument.hasSuffix("@") {
            let missing = argument.hasPrefix("@") ? "trace before its" : "configuration or setting after its last"
            throw ValidationError("\(quoted(argument)) has no \(missing) @, expected \(RunArgument.form).")
        }
        if arguments.count == 1, arguments[0].contains("@") { throw alone(arguments[0]) }
    }

    private static func alone(_ argument: String) -> ValidationError {
        ValidationError("\(quoted(argument)) has no run to be compared with: expected a second run, or a comparison.")
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

    /// The file of a comparison: an existing one, or a shipped one.
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
            throw ValidationError("\(quoted(trace)) is a comparison: expected no other runs with it.")
        }
    }

    private func chosen(_ name: String, among names: [String]) throws -> String {
        guard names.contains(name) else {
            let near = didYouMean(nearestName(to: name, among: names), otherwise: ";")
            throw ValidationError(
                "--baseline \(quoted(name)) is not a run\(near) expected one of \(names.joined(separator: ", ")).")
        }
        return name
    }
}

/// A run on the command line of `winosim compare`: `TRACE`, `TRACE@CONFIG`, or either with settings,
/// `TRACE@CONFIG@KEY=VALUE@KEY=VALUE`.
struct RunArgument {
    /// The syntax of a run.
    static let form = "TRACE, TRACE@CONFIG or TRACE@CONFIG@KEY=VALUE"

    /// As written.
    let text: String
    /// The trace.
    let trace: String
    /// The machine after the `@`; nil for the default machine.
    let configuration: String?
    /// Settings of this run, in order.
    let overrides: [Override]

    /// Splits a run: from its end, parts with a key and an equals sign are settings, then the last `@` separates the machine from
    /// the trace.
    init(_ text: String) {
        self.text = text
        var rest = Substring(text)
        var overrides: [Override] = []
        while let at = rest.lastIndex(of: "@"), Self.isSetting(rest[rest.index(after: at)...]) {
            let start = rest.index(after: at)
            overrides.insert(Override(String(rest[start...]), behind: String(text[..<start]), of: text), at: 0)
            rest = rest[..<at]
        }
        self.overrides = overrides
        if let at = rest.lastIndex(of: "@") {
            (trace, configuration) = (String(rest[..<at]), String(rest[rest.index(after: at)...]))
        } else {
            (trace, configuration) = (String(rest), nil)
        }
    }

    private static func isSetting(_ part: Substring) -> Bool {
        guard let sign = part.firstIndex(of: "=") else { return false }
        return part[..<sign].allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
    }

    /// The shortest names of runs that are different.
    static func names(of runs: [RunArgument]) -> [String] {
        for shortened in [runs.map { $0.name(\.lastKey) }, runs.map { $0.name(\.text) }]
        where Set(shortened).count == shortened.count {
            return shortened
        }
        return runs.indices.map { index in
            let text = runs[index].text
            return runs[..<index].contains { $0.text == text } ? "\(text) (\(index + 1))" : text
        }
    }

    private func name(_ setting: KeyPath<Override, String>) -> String {
        func short(_ path: String) -> String {
            (path as NSString).lastPathComponent.withoutYAML
        }
        return ([short(trace)] + (configuration.map { [short($0)] } ?? []) + overrides.map { $0[keyPath: setting] })
            .joined(separator: "@")
    }
}

extension Override {
    /// The setting without the sections of its key: `rows=32`.
    fileprivate var lastKey: String {
        let sign = text.firstIndex(of: "=") ?? text.endIndex
        guard let dot = text[..<sign].lastIndex(of: ".") else { return text }
        return String(text[text.index(after: dot)...])
    }
}
