import ArgumentParser
import Comparisons
import Foundation
import Hardware
import YAML

/// What the words of `winosim compare` mean: runs, or one comparison file.
struct RunArguments {
    let arguments: [String]
    let baseline: String?
    let overrides: [String]
    let library: ConfigurationLibrary

    /// The comparison that they describe.
    ///
    /// - Throws: `ValidationError` for words that do not go together; `FileError`, `InputError` for a comparison file.
    func comparison() throws -> Comparison {
        if arguments.count == 1, let path = try comparisonFile(arguments[0]) {
            var comparison = try Comparison.load(path: path)
            for index in comparison.cases.indices {
                for run in comparison.cases[index].runs.indices {
                    comparison.cases[index].runs[run].overrides += overrides
                }
            }
            if let baseline {
                let names = comparison.cases[0].runs.map(\.name)
                comparison.baseline = try chosen(baseline, among: names)
            }
            return comparison
        }
        guard arguments.count >= 2 else {
            throw ValidationError(
                "one run has nothing to be held against: name another one, or a comparison file "
                    + "(shipped are \(library.comparisons().map(\.name).joined(separator: ", "))).")
        }
        let names = names
        let runs = try zip(arguments, names).map { argument, name in
            let (trace, configuration) = split(argument)
            return ComparisonRun(
                name: name, trace: try TraceFile.manifest(trace), configuration: try configuration.map(library.resolve),
                overrides: overrides)
        }
        let base = try baseline.map { try chosen($0, among: arguments) } ?? arguments[0]
        let index = arguments.firstIndex(of: base) ?? 0
        return Comparison(name: "comparison", baseline: names[index], cases: [ComparisonCase(name: "", runs: runs)])
    }

    /// The file of a comparison, where the word means one: a file with its format, or a shipped one's name.
    private func comparisonFile(_ argument: String) throws -> String? {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) {
            guard !isFolder.boolValue, let format = try Document.load(path: argument)["format"]?.text else {
                return nil
            }
            return format.hasPrefix("winosim-comparison/") ? argument : nil
        }
        guard !argument.contains("/"), !argument.contains("@") else { return nil }
        let items = library.comparisons()
        let name = argument.hasSuffix(".yaml") ? String(argument.dropLast(5)) : argument
        if let item = items.first(where: { $0.name == name }) { return item.path }
        guard let near = nearestName(to: name, among: items.map(\.name)) else { return nil }
        throw FileError(
            .read, path: argument,
            reason: "there is no such trace, and no shipped comparison of this name: did you mean \(quoted(near))?")
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
