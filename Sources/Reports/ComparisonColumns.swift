import Comparisons
import Energy
import Engine
import Hardware
import Simulation

/// What a line of `compare.csv` is made from: a layer of a run, or all of them, beside the baseline's.
struct ComparisonRow: FigureRow {
    let caseName: String
    let run: RunResult
    let figures: Figures
    /// The baseline's figures of the same layer; nil where it has no such layer.
    let baseline: Figures?

    var activity: Activity { figures.activity }
    var clock: Hertz { figures.clock }
    var energies: [LayerEnergy] { figures.energies }

    /// The rows of a case: run by run its layers and their total.
    static func rows(of result: CaseResult) -> [ComparisonRow] {
        result.runs.flatMap { layers(of: $0, in: result) + [total(of: $0, in: result)] }
    }

    /// The layers of a run.
    static func layers(of run: RunResult, in result: CaseResult) -> [ComparisonRow] {
        run.layers.map {
            ComparisonRow(caseName: result.name, run: run, figures: $0, baseline: result.baseline.layer($0.layer))
        }
    }

    /// All layers of a run together.
    static func total(of run: RunResult, in result: CaseResult) -> ComparisonRow {
        ComparisonRow(caseName: result.name, run: run, figures: run.total, baseline: result.baseline.total)
    }

    /// A figure over the baseline's.
    fileprivate func ratio(_ value: (Figures) -> Double) -> Double? {
        baseline.flatMap { Reports.ratio(value(figures), value($0)) }
    }
}

extension Column<ComparisonRow> {
    static let run = text("run", "name of the run") { $0.run.name }
    static let layer = text("layer", "name of the layer, or total") { $0.figures.layer }
    static let speedup = measure("speedup", "", "the baseline's time over this one's") { row in
        row.baseline.flatMap { Reports.ratio($0.microseconds, row.figures.microseconds) }
    }
    static let executed = count(
        "executed_multiplies", "products", "products that are executed and not gated"
    ) { $0.figures.multiplies }
    static let multiplyReduction = measure(
        "multiply_reduction", "", "products of the dense direct convolution over executed_multiplies"
    ) { $0.activity.multiplyReduction }
    static let energyRatio = measure("energy_ratio", "", "energy_pJ over the baseline's") {
        $0.ratio { $0.energy.value }
    }
    static let dramBytes = count("dram_bytes", "B", "bytes moved between DRAM and the chip") {
        $0.activity.memory.bytes
    }
    static let area = measure("area_mm2", "mm2", "area of the chip") { $0.run.area.squareMillimetres }

    /// The columns of `compare.csv`, in their order.
    static let all: [Column<ComparisonRow>] = [
        .text("case", "conditions that the runs share") { $0.caseName }, run, layer, cycles, time, speedup, multiplies,
        executed, multiplyReduction, energy, energyRatio, multiplyEnergy, dramEnergy, dramBytes,
        .measure("dram_ratio", "", "dram_bytes over the baseline's") { $0.ratio { Double($0.activity.memory.bytes) } },
        utilization,
        .text("bound_by", "what held most cycles, in the words of layers.csv") {
            $0.activity.timing.held.largest?.name
        },
        area,
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
    static let energyRatio = measure(
        "energy_ratio", "", "energy_pJ over the baseline's, whose figures are changed likewise"
    ) { ratio($0.energy.value, $0.baseline.value) }

    /// The columns of a comparison's `sensitivity.csv`, in their order.
    static let all: [Column<ComparisonSensitivityRow>] = [
        .text("case", "conditions that the runs share") { $0.caseName },
        .text("run", "name of the run") { $0.run.name },
        .text("figures", "family of figures that is changed; none in the first rows") {
            $0.change?.family.rawValue ?? "none"
        },
        .measure("factor", "", "what they are multiplied by") { $0.change?.factor ?? 1 },
        .measure("energy_pJ", "pJ", "energy of all layers") { $0.energy.value },
        energyRatio,
        .count("rank", "", "place by energy among the case's runs") { $0.rank },
    ]
}
