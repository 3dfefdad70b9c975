import ArgumentParser
import Files
import Traces

/// Which layers of a trace are wanted.
struct LayerSelection: ParsableArguments {
    @Option(
        name: .customLong("layers"),
        help: ArgumentHelp(
            "These layers alone: names with *, ? and [a-c], parted by commas; \\, is a comma in a name. May be repeated.",
            valueName: "glob"))
    var arguments: [String] = []

    /// Checks what can be checked without a trace.
    func validate() throws {
        for argument in arguments where Glob.list(argument).contains(where: { $0.text.isEmpty }) {
            throw ValidationError("--layers \(quoted(argument)) holds an empty name.")
        }
    }

    /// The indices of the layers that are wanted, in the trace's order.
    ///
    /// - Throws: `InputError` for a pattern that no layer's name matches.
    func indices(in trace: Trace) throws -> [Int] {
        guard !arguments.isEmpty else { return Array(trace.layers.indices) }
        var wanted: Set<Int> = []
        for argument in arguments {
            // A whole name is that layer, whatever is in it.
            if let exact = trace.layers.firstIndex(where: { $0.name == argument }) {
                wanted.insert(exact)
                continue
            }
            for glob in Glob.list(argument) {
                let found = trace.layers.indices.filter { glob.matches(trace.layers[$0].name) }
                guard !found.isEmpty else { throw Self.error(glob, argument, trace.layers.map(\.name)) }
                wanted.formUnion(found)
            }
        }
        return wanted.sorted()
    }

    private static func error(_ glob: Glob, _ argument: String, _ names: [String]) -> InputError {
        let nearest = nearestName(to: argument, among: names) ?? nearestName(to: glob.text, among: names)
        let near = nearest.map { ": did you mean \(quoted($0))?" } ?? ";"
        let shown = names.prefix(40).joined(separator: ", ") + (names.count > 40 ? ", ..." : "")
        return InputError(
            "no layer matches \(quoted(glob.text))\(near) the trace's layers are \(shown)",
            at: Mark(file: "--layers \(argument)", line: 1, column: 1))
    }
}
