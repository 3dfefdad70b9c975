import Comparisons
import Energy
import Simulation

/// What a line of `compare.csv` is made from: a layer of a run, or all of them, beside the baseline's.
struct ComparisonRow: Sendable {
    let caseName: String
    let run: RunResult
    let figures: RunFigures
    /// The baseline's figures of the same layer; nil where it has no such layer.
    let baseline: RunFigures?

    /// The rows of a case: run by run its layers and their total.
    static func rows(of result: CaseResult) -> [ComparisonRow] {
        result.runs.flatMap { run in
            run.layers.map { row(result, run, $0, result.baseline.layer($0.layer)) } + [total(result, run)]
        }
    }

    /// One row a run, of all its layers.
    static func totals(of result: CaseResult) -> [ComparisonRow] { result.runs.map { total(result, $0) } }

    private static func total(_ result: CaseResult, _ run: RunResult) -> ComparisonRow {
        row(result, run, run.total, result.baseline.total)
    }

    private static func row(
        _ result: CaseResult, _ run: RunResult, _ figures: RunFigures, _ baseline: RunFigures?
    ) -> ComparisonRow {
        ComparisonRow(caseName: result.name, run: run, figures: figures, baseline: baseline)
    }

    /// The baseline's time over this one's.
    var speedup: Double? { baseline.flatMap { ratio($0.microseconds, figures.microseconds) } }
    /// The energy over the baseline's.
    var energyRatio: Double? { baseline.flatMap { ratio(figures.energy.value, $0.energy.value) } }

    fileprivate func ratio(_ a: Double, _ b: Double) -> Double? { b > 0 ? a / b : nil }
}

extension Column<ComparisonRow> {
    /// The columns of `compare.csv`, in their order.
    static let all: [Column<ComparisonRow>] = [
        .text("case", "conditions that the runs share") { $0.caseName },
        .text("run", "name of the run") { $0.run.name },
        .text("layer", "name of the layer, or total") { $0.figures.layer },
        .count("cycles", "cycles", "cycles of the accelerator's clock") { $0.figures.activity.cycles },
        .measure("time_us", "us", "time at the accelerator's clock") { $0.figures.microseconds },
        .measure("speedup", "", "the baseline's time over this one's") { $0.speedup },
        .count("multiplies", "products", "products of two non-zero operands") {
            $0.figures.activity.array.usefulProducts
        },
        .count("executed_multiplies", "products", "products that are executed and not gated") {
            $0.figures.multiplies
        },
        .measure("multiply_reduction", "", "products of the dense direct convolution over executed_multiplies") {
            $0.figures.activity.multiplyReduction
        },
        .measure("energy_pJ", "pJ", "energy of all components") { $0.figures.energy.value },
        .measure("energy_ratio", "", "energy_pJ over the baseline's") { $0.energyRatio },
        .measure("multiply_energy_pJ", "pJ", "energy of the multipliers") { $0.figures.multiplyEnergy.value },
        .measure("dram_energy_pJ", "pJ", "energy of the memory behind the chip") { $0.figures.dramEnergy.value },
        .count("dram_bytes", "B", "bytes moved between DRAM and the chip") { $0.figures.activity.memory.bytes },
        .measure("dram_ratio", "", "dram_bytes over the baseline's") { row in
            row.baseline.flatMap {
                row.ratio(Double(row.figures.activity.memory.bytes), Double($0.activity.memory.bytes))
            }
        },
        .measure("utilization", "", "useful slots over all slots") { $0.figures.activity.array.utilization },
        .text("bound_by", "what held most cycles, in the words of layers.csv") {
            $0.figures.activity.timing.held.largest?.name
        },
        .measure("area_mm2", "mm2", "area of the chip") { $0.run.area.squareMillimetres },
        .count("multipliers", "multipliers", "multipliers of the array") { $0.run.configuration.multipliers },
        .text("configuration", "name of the machine") { $0.run.configuration.name },
    ]
}

/// What a line of a comparison's `sensitivity.csv` is made from.
struct ComparisonSensitivityRow: Sendable {
    let caseName: String
    let run: RunResult
    /// What is changed in all runs; nil for the figures as they are.
    let change: FigureChange?
    let energy: Picojoules
    let baseline: Picojoules
    /// The place of the run by energy, 1 for the one that takes least.
    let rank: Int

    /// The rows of a case: for each change, all runs.
    static func rows(of result: CaseResult) -> [ComparisonSensitivityRow] {
        ([nil] + FigureChange.all.map { $0 }).flatMap { change -> [ComparisonSensitivityRow] in
            func energy(_ run: RunResult) -> Picojoules {
                change.map { run.total.changed(by: $0).energy } ?? run.total.energy
            }
            let energies = result.runs.map(energy)
            return zip(result.runs, energies).map { run, mine in
                ComparisonSensitivityRow(
                    caseName: result.name, run: run, change: change, energy: mine, baseline: energy(result.baseline),
                    rank: 1 + energies.filter { $0 < mine }.count)
            }
        }
    }
}

extension Column<ComparisonSensitivityRow> {
    /// The columns of a comparison's `sensitivity.csv`, in their order.
    static let all: [Column<ComparisonSensitivityRow>] = [
        .text("case", "conditions that the runs share") { $0.caseName },
        .text("run", "name of the run") { $0.run.name },
        .text("figures", "family of figures that is changed; none in the first rows") {
            $0.change?.family.rawValue ?? "none"
        },
        .measure("factor", "", "what they are multiplied by") { $0.change?.factor ?? 1 },
        .measure("energy_pJ", "pJ", "energy of all layers") { $0.energy.value },
        .measure("energy_ratio", "", "energy_pJ over the baseline's, whose figures are changed likewise") {
            $0.baseline > .zero ? $0.energy.value / $0.baseline.value : nil
        },
        .count("rank", "", "place by energy among the case's runs") { $0.rank },
    ]
}
