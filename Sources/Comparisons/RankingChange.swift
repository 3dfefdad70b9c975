import Energy
import Engine
import Hardware

/// A run that multiplies less than another one, and takes more cycles or more energy all the same.
public struct RankingChange: Sendable {
    /// By what the ranking changes.
    public enum Measure: String, CaseIterable, Hashable, Sendable {
        /// Time at the accelerator's clock.
        case time
        /// Energy of everything.
        case energy
    }

    /// What a measure is made of.
    public enum Part: Hashable, Sendable {
        /// The time that something held the cycles.
        case holder(CycleHolder)
        /// The energy of a component.
        case component(String)

        /// The name in reports.
        public var name: String {
            switch self {
            case .holder(let holder): holder.name
            case .component(let name): name
            }
        }
    }

    /// By what the ranking changes.
    public let measure: Measure
    /// The run that multiplies less.
    public let fewer: RunResult
    /// The run that multiplies more, and is ahead.
    public let ahead: RunResult
    /// How many times fewer multiplications the first one executes.
    public let multiplyRatio: Double
    /// How many times as long the first one takes, or as much energy.
    public let ratio: Double
    /// What of the difference comes from where, largest first: parts of which the first run has more, and by how much, in us or pJ.
    public let reasons: [(part: Part, excess: Double)]

    /// Smaller differences are no change of ranking: layers' densities are drawn.
    private static let margin = 1.02

    /// Where the ranking of a case's runs changes: for each run that is worse than one which multiplies more, the one that beats
    /// it by most.
    public static func all(in result: CaseResult) -> [RankingChange] {
        Measure.allCases.flatMap { measure in
            result.runs.compactMap { fewer in
                result.runs.compactMap { inversion(fewer, $0, measure) }.max { $0.ratio < $1.ratio }
            }
        }
    }

    private static func inversion(_ fewer: RunResult, _ ahead: RunResult, _ measure: Measure) -> RankingChange? {
        let multiplies = (Double(fewer.total.multiplies), Double(ahead.total.multiplies))
        guard multiplies.0 > 0, multiplies.1 > margin * multiplies.0 else { return nil }
        let values = (measure.value(of: fewer), measure.value(of: ahead))
        guard values.1 > 0, values.0 > margin * values.1 else { return nil }
        return RankingChange(
            measure: measure, fewer: fewer, ahead: ahead, multiplyRatio: multiplies.1 / multiplies.0,
            ratio: values.0 / values.1, reasons: measure.reasons(fewer, ahead))
    }
}

extension RankingChange.Measure {
    /// The measure of a run: us, or pJ.
    public func value(of run: RunResult) -> Double {
        switch self {
        case .time: run.total.microseconds
        case .energy: run.total.energy.value
        }
    }

    /// By what the first run exceeds the second, largest first, as long as they make up most of the difference.
    fileprivate func reasons(_ a: RunResult, _ b: RunResult) -> [(part: RankingChange.Part, excess: Double)] {
        let other = Dictionary(uniqueKeysWithValues: parts(of: b))
        let excesses = parts(of: a).map { (part: $0, excess: $1 - (other[$0] ?? 0)) }
            .filter { $0.excess > 0 }.sorted { $0.excess > $1.excess }
        let whole = excesses.reduce(0) { $0 + $1.excess }
        var explained = 0.0
        return Array(
            excesses.prefix(3).prefix { reason in
                defer { explained += reason.excess }
                return explained < 0.75 * whole
            })
    }

    /// What a run's measure is made of: us by what held the cycles, or pJ by component.
    private func parts(of run: RunResult) -> [(RankingChange.Part, Double)] {
        switch self {
        case .time:
            CycleHolder.allCases.map {
                (.holder($0), Cycles(run.total.activity.timing.held[$0]).seconds(at: run.total.clock) * 1e6)
            }
        case .energy: run.total.components.map { (.component($0.name), $0.energy.value) }
        }
    }
}
