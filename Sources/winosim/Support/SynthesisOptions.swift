import ArgumentParser
import Files
import Traces

/// Options of the commands that make a trace of densities.
struct SynthesisOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The share of non-zero weights, 0 to 1.", valueName: "density"))
    var weights = 1.0

    @Option(help: ArgumentHelp("The share of non-zero activations, 0 to 1.", valueName: "density"))
    var activations = 1.0

    @Option(help: ArgumentHelp("The domain of the weights' density, if not --domain.", valueName: "domain"))
    var weightDomain: Domain?

    @Option(help: ArgumentHelp("The domain of the activations' density, if not --domain.", valueName: "domain"))
    var activationDomain: Domain?

    @Option(help: ArgumentHelp("The edge m of the Winograd output tile.", valueName: "m"))
    var tile = 2

    @Option(
        help: ArgumentHelp("The first layer's densities, as weights,activations.", valueName: "w,a"))
    var first: DensityPair?

    @Option(
        help: ArgumentHelp(
            "The spatial densities of layers without a Winograd form, as weights,activations. (default: 1,1)",
            valueName: "w,a"))
    var others: DensityPair?

    @Option(help: ArgumentHelp("The seed of all drawn values.", valueName: "n"))
    var seed = 1

    @Option(help: ArgumentHelp("The batch size, instead of that of the shapes.", valueName: "n"))
    var batch: Int?

    @Option(help: ArgumentHelp("The model's name. (default: the name of the shapes)", valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("A description of the trace in one line.", valueName: "text"))
    var description = ""

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("Write the manifest to this file instead of standard output.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var file: String?

    func validate() throws {
        try requirePaths(("--output", file))
        for (option, density) in [("weights", weights), ("activations", activations)]
        where !(0...1).contains(density) {
            throw ValidationError("--\(option) is \(density), expected a density from 0 to 1.")
        }
        guard seed >= 0 else { throw ValidationError("--seed is \(seed), expected at least 0.") }
        if let batch, !(1...1 << 20).contains(batch) {
            throw ValidationError("--batch is \(batch), expected a whole number from 1 to \(1 << 20).")
        }
        guard (1...7).contains(tile) else { throw ValidationError("--tile is \(tile), expected 1 to 7.") }
        if model?.isEmpty == true { throw ValidationError("--model is empty, expected a name.") }
    }

    /// The settings of a trace.
    ///
    /// - Parameters:
    ///   - name: the model's name, where the options give none.
    ///   - domain: the domain of the densities, where the options give none for an operand.
    func settings(model name: String, domain: Domain) -> TraceSynthesizer.Settings {
        var settings = TraceSynthesizer.Settings(model: model ?? name)
        settings.description = description
        settings.seed = seed
        settings.weights = weights
        settings.activations = activations
        settings.weightDomain = weightDomain ?? domain
        settings.activationDomain = activationDomain ?? domain
        settings.tile = tile
        settings.first = first.map { ($0.weights, $0.activations) }
        settings.others = others.map { ($0.weights, $0.activations) }
        return settings
    }

    /// Whether an option gives a density.
    var hasDensities: Bool { weights != 1 || activations != 1 || first != nil || others != nil }

    /// Writes a manifest of some layers to the file that is asked for, or to standard output.
    func write(_ manifest: String, layers: Int) throws {
        guard let file else { return try Console.print(manifest) }
        try OutputFile.write(Array(manifest.utf8), to: file)
        Console.say("written: \(file), \(layers) \(layers == 1 ? "layer" : "layers")")
    }
}

extension Domain: ExpressibleByArgument {}

/// An option's two densities: `0.8,1`.
struct DensityPair: ExpressibleByArgument {
    let weights: Double
    let activations: Double

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.trimmingCharacters(in: .whitespaces))
        }
        guard numbers.count == 2, let weights = numbers[0], let activations = numbers[1],
            (0...1).contains(weights), (0...1).contains(activations)
        else { return nil }
        (self.weights, self.activations) = (weights, activations)
    }
}
