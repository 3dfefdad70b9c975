import ArgumentParser
import Engine
import Files
import Hardware
import Reports
import Traces

/// `winosim trace`.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "List, show and check traces, measure their fill-in, and make or import traces of densities.",
        discussion: """
            Example:
              winosim trace info digits
            """,
        subcommands: [
            TraceListCommand.self, TraceInfoCommand.self, TraceFillInCommand.self, TraceValidateCommand.self,
            TraceSynthesizeCommand.self, TraceImportCommand.self,
        ])
}

/// `winosim trace validate`.
struct TraceValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check traces: the manifest, the tensors' types, shapes and values.",
        discussion: """
            Example:
              winosim trace validate mine.yaml digits resnet-18/dense

            Checks all traces; the exit code is that of the first with an error. Warns of layers whose simulation on the \
            default machine needs more memory than is free.
            """)

    @Argument(
        help: ArgumentHelp("Manifests, folders with a trace.yaml, or shipped names.", valueName: "trace"),
        completion: Completions.trace)
    var paths: [String]

    @OptionGroup var traces: TraceLibraryOptions

    func validate() throws {
        for path in paths { try requirePaths(("<trace>", path)) }
    }

    func run() throws {
        let library = try traces.library()
        var first: Failure.Code?
        for path in paths {
            let line: String
            do {
                let trace = try Trace.load(path: library.resolve(path))
                for layer in trace.layers {
                    let machine = Configuration()
                    let form = try? LayerForm(layer, mapping: machine.mapping)
                    if let obstacle = form.flatMap({ MemoryNeed($0, configuration: machine).obstacle() }) {
                        let place = layer.mark.map { "\($0): " } ?? ""
                        Console.say("\(place)warning: layer \(quoted(layer.name)) \(obstacle)")
                    }
                }
                let layers = trace.layers.count
                let tensors = trace.layers.reduce(0) { $0 + $1.tensors.count }
                line =
                    "\(path): valid: \(layers) \(layers == 1 ? "layer" : "layers"), "
                    + "\(tensors) \(tensors == 1 ? "tensor" : "tensors"), "
                    + "\(NumberText.grouped(trace.denseMultiplies)) dense multiplies\n"
            } catch {
                guard let code = Failure.report(error) else { throw error }
                first = first ?? code
                continue
            }
            try Console.print(line)
        }
        if let first { throw ExitCode(first.rawValue) }
    }
}
