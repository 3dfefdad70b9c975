import ArgumentParser
import Files
import Traces

/// Selects layers of a trace.
struct LayerSelection: ParsableArguments {
    @Option(
        name: .customLong("layers"),
        help: ArgumentHelp(
            "Only these layers: names with *, ? and [a-c], separated by commas; \\, is a comma in a name. May be repeated.",
            valueName: "glob"))
    var arguments: [String] = []

    /// Checks what can be checked without a trace.
    func validate() throws {
        for argument in arguments where Glob.list(argument).contains(where: { $0.text.isEmpty }) {
            throw ValidationError("--layers \(quoted(argument)) has an empty name.")
        }
    }

    /// The indices of the selected layers, in the trace's order.
    ///
    /// - Throws: `InputError` for a pattern that matches no layer.
    func indices(in trace: Trace) throws -> [Int] {
        guard !arguments.isEmpty else { return Array(trace.layers.indices) }
        return try Self.indices(of: arguments, option: "--layers", in: trace)
    }

    /// The indices of the layers that the patterns of an option match, in the trace's order; errors as for `indices(in:)`.
    static func indices(of arguments: [String], option: String, in trace: Trace) throws -> [Int] {
        var selected: Set<Int> = []
        for argument in arguments {
            // A layer's exact name selects it, whatever characters it has.
            if let exact = trace.layers.firstIndex(where: { $0.name == argument }) {
                selected.insert(exact)
                continue
            }
            for glob in Glob.list(argument) {
                let found = trace.layers.indices.filter { glob.matches(trace.layers[$0].name) }
                guard !found.isEmpty else {
                    throw error(glob, "\(option) \(argument)", argument, trace.layers.map(\.name))
                }
                selected.formUnion(found)
            }
        }
        return selected.sorted()
    }

    private static func error(
        _ glob: Glob, _ place: String, _ argument: String, _ names: [String]
    ) -> InputError {
        let nearest = nearestName(to: argument, among: names) ?? nearestName(to: glob.text, among: names)
        let near = didYouMean(nearest, otherwise: ";")
        let shown = names.prefix(40).joined(separator: ", ") + (names.count > 40 ? ", ..." : "")
        return InputError(
            "no layer matches \(quoted(glob.text))\(near) expected one of the trace's layers: \(shown)",
            at: Mark(file: place, line: 1, column: 1))
    }
}
