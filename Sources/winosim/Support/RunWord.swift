import Foundation
import Hardware

/// A run on the command line of `winosim compare`: `TRACE`, `TRACE@CONFIG`, or either with settings of its own behind it,
/// `TRACE@CONFIG@KEY=VALUE@KEY=VALUE`.
struct RunWord {
    /// How a run is written.
    static let form = "TRACE, TRACE@CONFIG or TRACE@CONFIG@KEY=VALUE"

    /// As it was written.
    let text: String
    /// The trace.
    let trace: String
    /// The machine behind the `@`; nil for the default machine.
    let configuration: String?
    /// Settings of this run alone, in order.
    let overrides: [Override]

    /// Takes a run apart: from its end, what has a key before an equals sign is a setting, then the last `@` parts the machine
    /// from the trace.
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

    /// Names of runs: as short as they stay different.
    static func names(of words: [RunWord]) -> [String] {
        for shortened in [words.map { $0.name(\.lastKey) }, words.map { $0.name(\.text) }]
        where Set(shortened).count == shortened.count {
            return shortened
        }
        return words.indices.map { index in
            let text = words[index].text
            return words[..<index].contains { $0.text == text } ? "\(text) (\(index + 1))" : text
        }
    }

    private func name(_ setting: KeyPath<Override, String>) -> String {
        func short(_ path: String) -> String {
            let name = (path as NSString).lastPathComponent
            return name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
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
