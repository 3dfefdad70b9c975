import Hardware

/// Traces on machines, compared with one of them: what a comparison file describes, or the runs of a command line.
public struct Comparison: Sendable {
    /// The comparison's name.
    public var name: String
    /// One line on what is compared.
    public var description: String
    /// The name of the run that the others are compared with.
    public var baseline: String
    /// The conditions under which all runs are compared, in order; at least one.
    public var cases: [ComparisonCase]
    /// What was published about the same networks; nil where there is nothing to compare with.
    public var published: PublishedFigures?

    /// Makes a comparison.
    public init(
        name: String, description: String = "", baseline: String, cases: [ComparisonCase],
        published: PublishedFigures? = nil
    ) {
        self.name = name
        self.description = description
        self.baseline = baseline
        self.cases = cases
        self.published = published
    }
}

/// Runs that are comparable: they differ in method, and share the conditions that the name tells.
public struct ComparisonCase: Sendable {
    /// The case's name, such as `1,024 multipliers, LPDDR4, batch 1`; empty where there is one case alone.
    public var name: String
    /// The runs, in order, with different names.
    public var runs: [ComparisonRun]

    /// Makes a case.
    public init(name: String, runs: [ComparisonRun]) {
        self.name = name
        self.runs = runs
    }
}

/// A trace on a machine.
public struct ComparisonRun: Hashable, Sendable {
    /// The run's name, such as `winograd-relu`.
    public var name: String
    /// The trace's manifest.
    public var trace: String
    /// The configuration's file; nil runs the default machine.
    public var configuration: String?
    /// Keys that are changed, `pe_array.rows=32`, in order.
    public var overrides: [Override]
    /// Images of the batch; nil keeps the trace's.
    public var batch: Int?
    /// Where a file names the trace.
    public var tracePlace = SettingPlace()
    /// Where a file names the configuration.
    public var configurationPlace = SettingPlace()

    /// Makes a run.
    public init(
        name: String, trace: String, configuration: String?, overrides: [Override] = [], batch: Int? = nil
    ) {
        self.name = name
        self.trace = trace
        self.configuration = configuration
        self.overrides = overrides
        self.batch = batch
    }
}

/// What a publication reports of the networks that are compared.
public struct PublishedFigures: Hashable, Sendable {
    /// Where it was published.
    public var source: String
    /// The run of the published method.
    public var run: String
    /// How many times fewer multiplications it needs than dense direct convolution.
    public var reduction: Double
    /// Layers that this count leaves out.
    public var without: [String]
    /// Where a file names each of them.
    public var withoutPlaces: [SettingPlace]
    /// How many times fewer it needs than earlier methods.
    public var overEarlier: ClosedRange<Double>
    /// The runs of earlier methods.
    public var earlier: [String]

    /// Makes published figures.
    public init(
        source: String, run: String, reduction: Double, without: [String] = [],
        overEarlier: ClosedRange<Double>, earlier: [String]
    ) {
        self.source = source
        self.run = run
        self.reduction = reduction
        self.without = without
        withoutPlaces = without.map { _ in SettingPlace() }
        self.overEarlier = overEarlier
        self.earlier = earlier
    }
}
